"""The page of 10,000 denials and 3,000 leases opens and filters within a second, by the browser's own clock."""

from collections.abc import Callable
from pathlib import Path

from selenium.webdriver.support.ui import Select

from .support import Window

LIMIT = 1000.0
"""Milliseconds, from the start of the navigation or the event to the pixels."""

TRIES = 3
"""Machines are noisy; a page that is too slow is so three times."""


def best(measured: Callable[[], list[float]]) -> list[float]:
    """Return the quickest try, by its slowest measurement."""
    tries: list[list[float]] = []
    while len(tries) < TRIES and (not tries or max(tries[-1]) > LIMIT):
        tries.append(measured())
    return min(tries, key=max)


def test_it_opens_within_a_second(window: Window, large_page: Path) -> None:
    def opened() -> list[float]:
        window.open(large_page)
        return window.durations("leasehold:open")

    taken = best(opened)
    window.picture("large")
    print(f"opened in {taken[0]:.0f} ms")
    assert max(taken) < LIMIT


def test_it_filters_within_a_second(window: Window, large_page: Path) -> None:
    def filtered() -> list[float]:
        window.open(large_page)
        for count, (field, value) in enumerate((("role", "reader"), ("verdict", "unexpected"), ("lanes", "test")), 1):
            Select(window.one(f"#{field}")).select_by_value(value)
            window.durations("leasehold:filter", count)
        window.one("#test").send_keys("i")
        return window.durations("leasehold:filter", 4)

    taken = best(filtered)
    print(f"filtered in {', '.join(f'{ms:.0f}' for ms in taken)} ms")
    assert max(taken) < LIMIT
