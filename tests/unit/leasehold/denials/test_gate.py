"""The gate reads the logs up to the marks of each report, and to their ends when the session is over."""

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from leasehold.denials.allowlist import AllowList
from leasehold.denials.collector import LOGS
from leasehold.denials.session_log import SessionLog
from leasehold.denials.sources.entries import Source
from leasehold.pytest_plugin import gate
from leasehold.pytest_plugin.gate import AT_WORK, Gate
from leasehold.pytest_plugin.lazy_session import LazySession
from leasehold.pytest_plugin.options import Options

pytestmark = pytest.mark.usefixtures("state")


class Logs:
    """Stand for a collector: tell what was read, and that a log failed, if a test says so."""

    made: ClassVar[list["Logs"]] = []

    def __init__(self, run: str, positions: dict[Source, Any]) -> None:
        self.read_up_to: list[tuple[list[tuple[Source, str]], list[Source]]] = []
        self.uses, self.statements, self.complete, self.refused = dict[str, Any](), dict[str, Any](), True, False
        self.faults, self.unanswered, self.starts, self.closed = list[str](), list[Any](), dict[Source, Any](), False
        self.positions = positions
        Logs.made.append(self)

    def read(self, marks: Iterable[tuple[Source, str]], sources: Iterable[Source]) -> None:
        self.read_up_to.append((list(marks), list(sources)))

    def take(self) -> list[Any]:
        return []

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    monkeypatch.setattr(gate, "Collector", Logs)
    monkeypatch.setattr(gate, "final_marks", lambda run: [("database", "last")])
    monkeypatch.setattr(Logs, "made", [])
    session_log = SessionLog("s", "")
    session_log.write(
        "run",
        run="t-1",
        database="app",
        roles={},
        key="k",
        ends={"database": {"file": "7", "offset": 5}, "broker": None},
    )
    yield Gate(
        LazySession(cast(pytest.Config, None), cast(Options, SimpleNamespace(denials="fail", run="")), "s", None, ""),
        AllowList(),
    )
    session_log.close()


def report(*marks: tuple[str, str]) -> pytest.TestReport:
    made = pytest.TestReport("t.py::test", ("t.py", 1, "test"), {}, "passed", None, "call")
    made.leasehold = list(marks)  # type: ignore[attr-defined]
    return made


def test_a_report_reads_up_to_its_marks_and_the_session_to_the_last(held: Gate) -> None:
    held.report(report(("database", "m1")))
    held.report(report())
    held.report(report(("database", "m2"), ("broker", "m2")))
    held.finish()
    [logs] = Logs.made
    assert logs.read_up_to == [
        ([("database", "m1")], list(AT_WORK)),
        ([("database", "m2"), ("broker", "m2")], list(AT_WORK)),
        ([("database", "last")], list(LOGS)),
    ]
    assert logs.closed
    assert (logs.positions["database"].offset, logs.positions["broker"]) == (5, None)


def test_a_log_that_cannot_be_read_is_told(held: Gate) -> None:
    held.report(report(("database", "m1")))
    Logs.made[0].faults.append("the log of the database is silent")
    held.finish()
    told = held.session()
    assert told
    assert held.faults == ["the log of the database is silent"]
    assert [notice.message for notice in told.notices if notice.kind == "log"] == held.faults
