import pytest

from leasehold.pytest_plugin import timings
from leasehold.pytest_plugin.timings import Timings


def test_times_of_workers_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([7.0, 7.25])
    monkeypatch.setattr(timings, "steady", lambda: next(clock))
    mine, theirs = Timings(), Timings()
    with mine.measure("lease"):
        pass
    theirs.add({"lease": 0.5})
    theirs.add({"lease": 1.5})
    mine.add(theirs.seconds, counts=theirs.counts)
    assert mine.counts == {"lease": 3}
    assert mine.seconds == {"lease": 2.25}
    [line] = mine.lines()
    assert "lease" in line
    assert "(3 times, " in line


def test_stages_come_under_a_prefix() -> None:
    taken = Timings()
    taken.add({"network": 2.0}, prefix="up: ")
    assert taken.lines() == ["up: network          2.00 s"]
