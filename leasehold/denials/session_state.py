"""The state of a session, from its log: leases and databases of each test, and where its phases end in the logs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ..outputs import Role
from .expectations import Expectation
from .model import Phase
from .session_log import Line
from .sources.entries import Source
from .sources.log_reader import Position

PHASES = {"setup": Phase.SETUP, "call": Phase.CALL, "teardown": Phase.TEARDOWN}


@dataclass
class HeldLease:
    """One lease that a process of the session took.

    Attributes:
        login: Its login.
        role: Its role.
        term: Its term when it was taken, in seconds.
        worker: The worker that took it.
        test: The test that it is for; None if it outlives one.
        began: When it was taken, in seconds since the epoch.
        ends: When it ends unless it is renewed.
        revoked: When it was revoked; None if it was not.
    """

    login: str
    role: str
    term: int
    worker: str
    test: str | None
    began: float
    ends: float
    revoked: float | None = None


@dataclass(frozen=True)
class PhaseEnd:
    """The end of a phase of a test: its mark in the logs, and its time, in seconds since the epoch."""

    test: str
    phase: Phase
    mark: str
    at: float


@dataclass
class SessionState:
    """The session log, added up.

    Attributes:
        roles: How roles are declared, by name; none before the run is there.
        leases: By login.
        static_logins: Roles that are logins themselves, and were asked for.
        databases: The tests that databases are for, by database.
        tests: Node ids by client.
        workers: By test, the worker that runs it.
        running: By worker, the test that it began last.
        ends: By worker, the ends of its tests' phases, in order.
        over: Tests that have been torn down, and have not begun again.
        expectations: By test, what it expects.
        sealed: Refusals that only the client saw: a sealed broker writes no log.
        run: The run's name, once it is there.
        database: The run's own database, which every lease may enter.
        keys: What its processes add to requests for their own needs.
        log_ends: Where its logs ended when the session's first process came.
    """

    roles: dict[str, Role] = field(default_factory=dict)
    leases: dict[str, HeldLease] = field(default_factory=dict)
    static_logins: set[str] = field(default_factory=set)
    databases: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    ends: dict[str, list[PhaseEnd]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    expectations: dict[str, list[Expectation]] = field(default_factory=dict)
    sealed: list[Line] = field(default_factory=list)
    run: str = ""
    database: str = ""
    keys: set[str] = field(default_factory=set)
    log_ends: dict[Source, Position | None] = field(default_factory=dict)

    def enter(self, lines: Iterable[Line]) -> None:
        """Take lines of the session log."""
        for line in lines:
            _HANDLERS[line["is"]](self, line)

    def died(self, worker: str, at: float) -> None:
        """Take the test that a worker was at as ended: the worker was killed, and wrote no end down."""
        if test := self.running.pop(worker, None):
            ends = self.ends.setdefault(worker, [])
            ended = {end.phase for end in ends if end.test == test}
            self.over.add(test)
            ends.extend(PhaseEnd(test, phase, "", at) for phase in PHASES.values() if phase not in ended)

    def _run(self, line: Line) -> None:
        self.run, self.database = line["run"], line["database"]
        self.keys.add(line["key"])
        for source, end in line.get("ends", {}).items():
            self.log_ends[source] = Position(**end) if end else None
        self.roles = {name: Role.model_validate(role) for name, role in line["roles"].items()}

    def _test(self, line: Line) -> None:
        self.tests[line["client_id"]] = self.running[line["worker"]] = line["test"]
        self.workers[line["test"]] = line["worker"]
        self.over.discard(line["test"])

    def _lease(self, line: Line) -> None:
        role = self.roles.get(line["role"])
        if role and role.is_static:  # others log in as it too: their database tells whose they are
            self.static_logins.add(line["role"])
            return
        self.leases[line["login"]] = HeldLease(
            line["login"],
            line["role"],
            line["term"],
            line["worker"],
            None,
            line["at"],
            line["at"] + line["term"],
        )

    def _bound(self, line: Line) -> None:
        if held := self.leases.get(line["login"]):
            held.test = line["test"]

    def _renewed(self, line: Line) -> None:
        if held := self.leases.get(line["login"]):
            held.ends = line["at"] + line["left"]

    def _revoked(self, line: Line) -> None:
        if held := self.leases.get(line["login"]):
            held.revoked = line["at"]

    def _database(self, line: Line) -> None:
        self.databases[line["database"]] = line["test"]

    def _mark(self, line: Line) -> None:
        ended = PhaseEnd(line["test"], PHASES[line["phase"]], line["mark"], line["at"])
        self.ends.setdefault(line["worker"], []).append(ended)
        if ended.phase is Phase.TEARDOWN:
            self.over.add(ended.test)

    def _expected(self, line: Line) -> None:
        told = Expectation(**line["expectation"])
        known = self.expectations.setdefault(told.test, [])
        begun = replace(told, end="")
        if told.end and begun in known:
            known[known.index(begun)] = told
        else:
            known.append(told)

    def _sealed(self, line: Line) -> None:
        self.sealed.append(line)


_HANDLERS: dict[str, Callable[[SessionState, Line], None]] = {
    "run": SessionState._run,
    "test": SessionState._test,
    "lease": SessionState._lease,
    "bound": SessionState._bound,
    "renewed": SessionState._renewed,
    "revoked": SessionState._revoked,
    "database": SessionState._database,
    "mark": SessionState._mark,
    "expected": SessionState._expected,
    "sealed": SessionState._sealed,
}
"""What takes a line of the session log, by the line's kind."""
