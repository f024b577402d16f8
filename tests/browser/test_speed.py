"""The page of 10,000 denials and 3,000 leases draws no more than a reader sees: so it opens and filters at once.

How long that takes, the browser's own clock says, which is printed; what a machine manages is no matter of a test.
"""

from pathlib import Path

from selenium.webdriver.support.ui import Select

from .support import Window

LIMIT = 6000
"""Nodes of the page: a thousand bars with a tooltip each, and so many marks and rows as are seen. Ten thousand denials
have more than a hundred thousand."""


def drawn(window: Window) -> int:
    return int(window.run("return document.querySelectorAll('*').length"))


def test_it_draws_no_more_than_is_seen(window: Window, large_page: Path) -> None:
    window.open(large_page)
    window.picture("large")
    print(f"opened in {window.durations('leasehold:open')[0]:.0f} ms, {drawn(window)} nodes")
    assert drawn(window) < LIMIT
    for count, (field, value) in enumerate((("role", "reader"), ("verdict", "unexpected"), ("lanes", "test")), 1):
        Select(window.one(f"#{field}")).select_by_value(value)
        taken = window.durations("leasehold:filter", count)
        print(f"filtered by {field} in {taken[-1]:.0f} ms, {drawn(window)} nodes")
        assert drawn(window) < LIMIT
    window.one("#test").send_keys("i")
    window.durations("leasehold:filter", 4)
    assert drawn(window) < LIMIT


def test_a_filter_draws_once(window: Window, large_page: Path) -> None:
    window.open(large_page)
    Select(window.one("#role")).select_by_value("reader")
    assert len(window.durations("leasehold:filter")) == 1
