"""The gate: adds each test's denials to its report, and fails the test if one was not expected."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo

from ..clock import now
from ..denials.allowlist import AllowList
from ..denials.collector import LOGS, Collector
from ..denials.expectations import Expectation
from ..denials.judging import Judge
from ..denials.model import Denial, LeaseSpan, Notice, Phase, Session, Verdict
from ..denials.notices import notices, outages
from ..denials.session_log import Reader
from ..denials.session_state import SessionState
from ..denials.sources.entries import Source
from ..denials.sources.final_marks import final_marks
from ..reports import section
from .lazy_session import LazySession

AT_WORK: tuple[Source, ...] = ("database", "broker")
"""Logs that are read for each report. The gateway's holds outages alone, and is read in the background."""

_ORDER = [Phase.SETUP, Phase.CALL, Phase.TEARDOWN, Phase.AFTER]


class DeniedError(AssertionError):
    """A denial was not expected, or an expected one did not come."""


class Gate:
    """The controller's part. It does nothing as long as no process has a run.

    Attributes:
        settings: What the session was asked for.
        session_state: What the processes hold.
        locations: By test, its file and line.
        told: The session's report, once it is over.
    """

    def __init__(self, session: LazySession, allowed: AllowList) -> None:
        self.settings, self.session_state, self.locations = session.settings, SessionState(), session.locations
        self._reader, self._allowed, self._began = Reader(session.id), allowed, session.began
        self._collector: Collector | None = None
        self._judge: Judge | None = None
        self._waiting: dict[str, list[Denial]] = {}
        self._by_test: dict[str, list[Denial]] = {}
        self._told_unmet: set[object] = set()
        self.told: Session | None = None

    def report(self, report: pytest.TestReport) -> None:
        """Tell with a report what was refused in its test until then."""
        marks = [(source, mark) for source, mark in getattr(report, "leasehold", [])]
        if report.when == "setup" and report.passed:
            return  # told with the call's
        if not (marks or self._judge):
            return
        self._read(marks)
        if self._judge is None:
            return
        expects = bool(getattr(report, "leasehold_expects", False))
        if expects or self._waiting or (self._collector and self._collector.refused):
            self._judge_new()  # most tests have nothing to tell, and the session log need not be read for them
        at_call = report.when == "call"
        unmet = self._judge.unmet(report.nodeid, over=at_call and not report.skipped) if marks else []
        self._tell(report, self._due(report), [one for one in unmet if one not in self._told_unmet])
        self._told_unmet.update(unmet)

    def died(self, worker: str) -> None:
        """A worker was killed: what is refused from now on is not its test's."""
        self.session_state.enter(self._reader.new())
        self.session_state.died(worker, now())

    @property
    def faults(self) -> list[str]:
        """Logs that could not be read to the end: then a denial may be missing."""
        return self._collector.faults if self._collector else []

    def take(self, test: str) -> list[Denial]:
        """Return a test's denials, each once, with any verdict."""
        return self._by_test.pop(test, [])

    def finish(self) -> list[pytest.TestReport]:
        """Read the logs to their end; return a failing report for each test with something yet to tell."""
        if self._judge is None:
            self._enter()
        if self.session_state.run:
            self._read(final_marks(self.session_state.run), LOGS)
        if self._collector:
            self._collector.close()
        self._judge_new()
        late = []
        for test in list(self._waiting):
            told = self._waiting.pop(test)
            path, line = self.locations.get(test, (test.partition("::")[0], 1))
            report = pytest.TestReport(test, (path, line - 1, test), {}, "passed", None, "teardown")
            self._tell(report, told, [])
            if report.failed:
                late.append(report)
        return late

    def session(self) -> Session | None:
        """Return the session's report; None if it had no run."""
        if self._collector is None or self._judge is None:
            return None
        ended = now()
        self.told = Session(
            run=self.session_state.run,
            began=_moment(self._began),
            ended=_moment(ended),
            tests=len(self.locations),
            roles=sorted(self.session_state.roles),
            denials=self._judge.denials,
            leases=[
                self._span(login, ended)
                for login, held in self.session_state.leases.items()
                if held.role in self.session_state.roles
            ],
            notices=[
                *notices(self.session_state, self._collector, {denial.login for denial in self._judge.denials}),
                *self._remarks(),
            ],
            left_out=self._judge.left_out,
        )
        return self.told

    def close(self) -> None:
        """Give the session log back."""
        self._reader.remove()

    def _read(self, marks: Sequence[tuple[Source, str]], logs: Iterable[Source] = AT_WORK) -> None:
        if self._judge is None:
            self._enter()
        if self._collector and (marks or logs is LOGS):
            self._collector.read(marks, logs)

    def _enter(self) -> None:
        self.session_state.enter(self._reader.new())
        if self.session_state.run and self._judge is None:
            self._collector = Collector(self.session_state.run, self.session_state.log_ends)
            self._judge = Judge(self.session_state, self._collector, self._allowed, shared_run=bool(self.settings.run))

    def _judge_new(self) -> None:
        if self._collector and self._judge:
            # In this order: what a lease is refused is never older than its line in the session log.
            refusals = self._collector.take()
            self.session_state.enter(self._reader.new())
            sealed, self.session_state.sealed = self.session_state.sealed, []
            for denial in [*self._judge.judge(refusals), *self._judge.judge_sealed(sealed)]:
                if denial.test:
                    self._waiting.setdefault(denial.test, []).append(denial)
                    self._by_test.setdefault(denial.test, []).append(denial)

    def _due(self, report: pytest.TestReport) -> list[Denial]:
        """Return a test's denials up to the phase that a report is of; later ones wait for the next."""
        waiting = self._waiting.pop(report.nodeid, [])
        last = _ORDER.index(Phase(report.when)) if report.when in ("setup", "call", "teardown") else len(_ORDER)
        due = [denial for denial in waiting if _ORDER.index(denial.phase) <= last]
        if later := [denial for denial in waiting if denial not in due]:
            self._waiting[report.nodeid] = later
        return due

    def _tell(self, report: pytest.TestReport, denials: list[Denial], unmet: Iterable[Expectation]) -> None:
        unexpected = [denial for denial in denials if denial.verdict is Verdict.UNEXPECTED]
        lines = [_unmet(one) for one in unmet]
        if not (unexpected or lines):
            return
        text = "\n".join([*lines, *([section(unexpected)] if unexpected else [])])
        if self.settings.denials == "fail" and not report.failed:
            report.outcome = "failed"
            if hasattr(report, "wasxfail"):
                del report.wasxfail
            report.longrepr = _failure(lines[0] if lines else _headline(unexpected), text)
        else:
            report.sections.append(("leasehold: denials", text))

    def _span(self, login: str, now: float) -> LeaseSpan:
        held = self.session_state.leases[login]
        use = self._collector.uses.get(login) if self._collector else None
        ended = held.revoked if held.revoked is not None else held.ends if held.ends < now else None
        return LeaseSpan(
            login=login,
            role=held.role,
            test=held.test,
            worker=held.worker,
            began=_moment(held.began),
            ended=_moment(ended) if ended else None,
            end="revoked" if held.revoked is not None else "expired" if ended else "open",
            term=held.term,
            connections=use.connections if use else 0,
        )

    def _remarks(self) -> list[Notice]:
        return [
            *(Notice(kind="allow-list", message=remark) for remark in self._allowed.remarks()),
            *(Notice(kind="log", message=fault) for fault in self.faults),
            *(outages(self._collector) if self._collector else []),
        ]


def _failure(headline: str, text: str) -> Any:
    """Return what pytest shows of a failure: the text in full, its headline in the short summary."""
    try:
        raise DeniedError(headline)
    except DeniedError:
        shown = ExceptionInfo.from_current().getrepr(style="value")
    if shown.reprcrash:
        shown.reprcrash.message = headline  # not the error's module before it
    shown.addsection("leasehold: denials", text)
    return shown


def _unmet(expected: Expectation) -> str:
    raised = f" Its block was ended by {expected.raised}." if expected.raised else ""
    return f"Expected, but nothing of the kind was refused: {expected}.{raised}"


def _headline(unexpected: list[Denial]) -> str:
    first = unexpected[0]
    who = first.role or first.login or "somebody"
    more = f" (and {len(unexpected) - 1} more)" if len(unexpected) > 1 else ""
    code = f" ({first.code})" if first.code else ""
    return (
        f"{who} was refused {first.action or 'something'} on {first.on or first.source}{code}: {first.kind.value}{more}"
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
