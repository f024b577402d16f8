"""Records one process of a session for the controller: tests, leases, databases, and marks in the logs."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

import psycopg
import pytest

from ..contract import TEMPLATE_ADMIN
from ..databases.clones import Databases
from ..denials.expectations import Expectation
from ..denials.model import Kind
from ..denials.session_log import SessionLog, as_line, has_run
from ..denials.sources.entries import MARK, Source
from ..denials.sources.whole_logs import ends_of_logs
from ..errors import BrokerError
from ..leases.client_header import harness_key, set_client_id
from ..leases.issuer import Lease
from ..runs.run import Run
from .options import MARKER

ID = 12
"""So many characters of a session's name begin the names of what it writes into logs, which others may use, too."""


class Recorder:
    """Writes the session log once the process has a run, and marks the end of each phase of each test in the logs."""

    def __init__(self, session: str, worker: str, *, wanted: bool) -> None:
        self._session, self._worker, self._wanted = session, worker, wanted
        self._session_log: SessionLog | None = None
        self._run: Run | None = None
        self._databases: Databases | None = None
        self._test, self._client_id, self._tests, self._marks = "", "", 0, 0
        self._expectations: list[Expectation] = []
        self._asks_broker = self._expects = False
        self._last_mark = ""  # stands in the database's log already, and nothing came after it
        self._marked_by = ""  # the fixture that wrote it
        self._held: set[str] = set()  # logins that are not given back

    @property
    def active(self) -> bool:
        """Whether it has a run to write about."""
        return self._session_log is not None

    @property
    def expects(self) -> bool:
        """Whether the running test has expected a denial, or its process has seen one that is in no log."""
        return self._expects

    def open(self, run: Run, databases: Databases) -> None:
        """Begin to write: the run is there."""
        if self.active or not self._wanted:
            return
        self._run, self._databases = run, databases
        # What stands in the logs when the first process comes is no test's: the run's own set-up, earlier sessions.
        told = {} if has_run(self._session) else {"ends": as_line(ends_of_logs(run.name))}
        self._session_log = SessionLog(self._session, self._worker)
        roles = {name: role.model_dump(by_alias=True) for name, role in run.outputs.roles.items()}
        self._write("run", run=run.name, database=run.outputs.database, roles=roles, key=harness_key(), **told)
        run.issuer.watchers.append(self)
        databases.mark(f"{MARK}{self._session[:ID]}-{self._worker or 'main'}")
        self._write_test()

    def close(self) -> None:
        """Stop writing."""
        if self._run:
            self._run.issuer.watchers.remove(self)
        if self._session_log:
            self._session_log.close()
        self._session_log = self._run = self._databases = None

    def begin(self, item: pytest.Item) -> None:
        """A test begins."""
        self._tests += 1
        self._test, self._asks_broker, self._last_mark = item.nodeid, False, ""
        self._client_id = f"{self._session[:ID]}-{self._worker or 'main'}-{self._tests}"
        set_client_id(self._client_id)
        self._expectations = [_expectation(item.nodeid, mark) for mark in item.iter_markers(MARKER)]
        self._expects = bool(self._expectations)
        self._write_test()

    def end_phase(self, phase: str) -> list[tuple[Source, str]]:
        """A phase of the test has ended; return the marks that now stand in the logs."""
        if not self.active:
            return []
        mark, self._last_mark = self._last_mark, ""
        marked: list[Source] = ["database"] if mark else []
        mark = mark or self._fresh_mark()
        # Before the first lease there is nothing of the test's to refuse, and the clock is good enough.
        if phase != "setup" or self._held:
            marked += self._mark(mark, in_database=not marked)
        self._write("mark", mark=mark, test=self._test, phase=phase)
        return [(source, mark) for source in marked]

    def last_mark(self) -> str:
        """Return a mark of the test's end, for a statement that may be its last; empty if none is wanted."""
        return MARK + self._fresh_mark() if self.active else ""

    def marked(self, mark: str, fixture: str) -> None:
        """That mark stands in the database's log, and ends the test unless `torn_down` follows for a later fixture.

        Args:
            mark: The mark.
            fixture: The name of the fixture that wrote it at its end.
        """
        self._last_mark, self._marked_by = mark.removeprefix(MARK), fixture

    def torn_down(self, fixture: str) -> None:
        """A fixture was torn down."""
        if fixture != self._marked_by:
            self._last_mark = ""  # it may have been refused something after the mark

    def bind(self, lease: Lease) -> None:
        """A lease is for the running test alone."""
        self._write("bound", login=lease.user, test=self._test)

    def database(self, name: str) -> None:
        """A database is for the running test alone."""
        self._write("database", database=name, test=self._test)

    def asks_broker(self) -> None:
        """The running test talks to the broker itself, so the broker's log is waited for, too."""
        self._asks_broker = True

    # What `expect_denial` needs.

    @property
    def reads_logs(self) -> bool:
        """Whether the servers' logs are read for this process's tests."""
        return self._wanted

    def test(self) -> str:
        """Return the node id of the running test."""
        return self._test

    def mark(self) -> str:
        """Write a mark into the servers' logs; return its name."""
        mark = self._fresh_mark()
        if self.active:
            self._asks_broker = True
            self._mark(mark)
        return mark

    def expect(self, expectation: Expectation) -> None:
        """Write an expectation down."""
        self._expects = True
        self._write("expected", expectation=asdict(expectation))

    # What becomes of leases.

    def taken(self, lease: Lease) -> None:
        """A lease was made."""
        if lease.role != TEMPLATE_ADMIN:
            self._held.add(lease.user)
        self._write("lease", login=lease.user, role=lease.role, term=lease.term)

    def renewed(self, lease: Lease, left: int) -> None:
        """A lease was prolonged."""
        self._write("renewed", login=lease.user, left=left)

    def revoked(self, lease: Lease) -> None:
        """A lease was ended."""
        self._held.discard(lease.user)
        self._write("revoked", login=lease.user)

    def refused(self, error: BrokerError) -> None:
        """The broker refused something. It is in its log, unless the broker is sealed."""
        self._asks_broker = True
        if "sealed" in str(error):
            self._expects = True
            self._write("sealed", client_id=self._client_id)

    def _fresh_mark(self) -> str:
        """Return a name that no mark has: a name that stands in the log already cannot be waited for."""
        self._marks += 1
        return f"{self._client_id}-{self._marks}"

    def _write_test(self) -> None:
        if self._test:
            self._write("test", client_id=self._client_id, test=self._test)
            for expectation in self._expectations:
                self.expect(expectation)

    def _write(self, what: str, **fields: Any) -> None:
        if self._session_log:
            self._session_log.write(what, **fields)

    def _mark(self, name: str, *, in_database: bool = True) -> list[Source]:
        """Write a mark; return the logs in which it stands. A server that does not answer has none."""
        marked: list[Source] = []
        if self._databases and in_database:
            with suppress(psycopg.Error, BrokerError):
                self._databases.mark(MARK + name)
                marked.append("database")
        if self._run and self._asks_broker:
            with suppress(BrokerError):
                self._run.issuer.mark(MARK + name)
                marked.append("broker")
        return marked


def _expectation(test: str, mark: pytest.Mark) -> Expectation:
    said = {**({"role": mark.args[0]} if mark.args else {}), **mark.kwargs}
    if len(mark.args) > 1 or not said.keys() <= {"role", "on", "sqlstate", "kind"}:
        raise pytest.UsageError(f"{test}: {MARKER} takes a role, and on=, sqlstate=, kind= by name.")
    if said.get("kind", "") not in ("", *Kind):
        raise pytest.UsageError(f"{test}: {MARKER} knows no kind {said['kind']!r}; it can be {', '.join(Kind)}.")
    return Expectation(test, **{name: str(value) for name, value in said.items()})
