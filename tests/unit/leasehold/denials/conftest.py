"""A collector whose lines tests give."""

from collections.abc import Callable

import pytest

from leasehold.denials import collector
from leasehold.denials.collector import Collector


class Fake:
    """Stands for a follower: a test gives the lines."""

    def __init__(self, container: str, since: float, take: Callable[[str], None], pause: Callable[[], object]) -> None:
        self.container, self.since, self.take, self.closed = container, since, take, False
        self.faults = [f"{container} broke off"] if "door" in container else []

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Collector:
    """A collector of a run that nobody has."""
    monkeypatch.setattr(collector, "Follower", Fake)
    return Collector("t", since=5)
