"""How long the gate waits for the logs: for each test, for none while one has stopped, and at the end in any case."""

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from leasehold.denials.allowlist import AllowList
from leasehold.denials.ledger import Ledger
from leasehold.denials.refusals import Source
from leasehold.pytest_plugin import gate
from leasehold.pytest_plugin.gate import AT_END, PATIENCE, Gate
from leasehold.pytest_plugin.options import Options

pytestmark = pytest.mark.usefixtures("state")


class Logs:
    """Stand for a collector, whose logs have been read in time or not, as a test says."""

    def __init__(self, run: str, since: float = 0.0) -> None:
        self.limits: list[float] = []
        self.in_time: list[bool] = []
        self.uses, self.statements, self.complete, self.refused = dict[str, Any](), dict[str, Any](), True, False
        self.faults: list[str] = []

    def wait(self, marks: Iterable[tuple[Source, str]], limit: float) -> bool:
        self.limits.append(limit)
        return self.in_time.pop(0)

    def take(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Gate, Logs]]:
    monkeypatch.setattr(gate, "Collector", Logs)
    monkeypatch.setattr(gate, "final_marks", lambda run: [("database", "last")])
    ledger = Ledger("s", "")
    ledger.write("run", run="t-1", roles={})
    made = Gate(cast(Options, SimpleNamespace(denials="fail")), "s", AllowList(), own_run=True)
    made.begin("t-1")
    yield made, cast(Logs, made._collector)
    ledger.close()


def report(*marks: tuple[str, str]) -> pytest.TestReport:
    made = pytest.TestReport("t.py::test", ("t.py", 1, "test"), {}, "passed", None, "call")
    made.leasehold = list(marks)  # type: ignore[attr-defined]
    return made


def test_a_log_that_has_stopped_is_waited_for_once_until_it_goes_on(kept: tuple[Gate, Logs]) -> None:
    held, logs = kept
    logs.in_time = [True, False, False, True, True]
    for number in range(5):
        held.report(report(("database", f"m{number}")))
    assert logs.limits == [PATIENCE, PATIENCE, 0, 0, PATIENCE]


def test_a_report_without_a_mark_tells_nothing_of_a_log(kept: tuple[Gate, Logs]) -> None:
    held, logs = kept
    logs.in_time = [False, False]
    held.report(report(("database", "m1")))
    held.report(report())
    held.report(report(("database", "m2")))
    assert logs.limits == [PATIENCE, 0]


@pytest.mark.parametrize("late", [True, False])
def test_the_end_is_waited_for_and_what_was_late_is_said(kept: tuple[Gate, Logs], late: bool) -> None:
    held, logs = kept
    logs.in_time = [not late, True]
    held.report(report(("database", "m1")))
    held.finish()
    assert logs.limits == [PATIENCE, AT_END]
    told = held.session()
    assert told
    assert [notice.kind for notice in told.notices if "up to its mark" in notice.message] == ["log"] * late
