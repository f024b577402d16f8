"""A collector whose logs tests write."""

from collections.abc import Iterator

import pytest

from leasehold.denials import collector
from leasehold.denials.collector import Collector
from leasehold.denials.sources.log_reader import Position
from leasehold.errors import LogError


class Written:
    """Stands for a log's reader: a test writes the lines, some of them only when they are asked for again."""

    def __init__(self, container: str, position: Position | None = None) -> None:
        self.container, self.position, self.ended, self.closed = container, position, False, False
        self.lines: list[str] = []
        self.later: list[list[str]] = []
        self.fault = ""

    def ask(self) -> None:
        pass

    def answer(self, *, wait: bool = True) -> Iterator[str]:
        if self.fault:
            raise LogError(self.fault)
        told, self.lines = self.lines, self.later.pop(0) if self.later else []
        yield from told

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector of a run that nobody has."""
    monkeypatch.setattr(collector, "LogReader", Written)
    made = Collector("t", {"database": Position("7", 5)})
    yield made
    made.close()
