"""The fixtures: the session's run, a fresh database, leases and connections for one test.

A session that uses none of them imports nothing of what they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from .lazy_session import SESSION
from .options import options

if TYPE_CHECKING:
    import hvac
    import psycopg

    from ..databases.ahead import Login
    from ..leases.issuer import Lease
    from ..leases.rotation import Rotation
    from ..runs.run import Run
    from .logins import Logins
    from .session import StartedSession
    from .timings import Timings


class TakeLease(Protocol):
    """Takes a new lease of a role for this test, revoked when the test ends."""

    def __call__(self, role: str) -> Lease:
        """Take a lease."""


class Connect(Protocol):
    """Connects as a new lease of a role for this test, revoked when the test ends."""

    def __call__(self, role: str, *, owner: bool = False, **parameters: Any) -> psycopg.Connection[Any]:
        """Connect; `owner` lets the role own tables, to arrange a test; the rest goes to `psycopg.connect`."""


class MakeUrl(Protocol):
    """Takes a new lease of a role for this test, and names it in a URL."""

    def __call__(self, role: str, template: str = "{url}", *, password: bool = False) -> str:
        """Fill a template; `password` lets it ask for the password."""


def database_scope(fixture_name: str, config: pytest.Config) -> Any:
    """Return for how long one database is used, as `leasehold_database_scope` has it."""
    return options(config).scope


@pytest.fixture(scope="session")
def leasehold_run(pytestconfig: pytest.Config) -> Run:
    """The session's run, shared by all workers."""
    return _started(pytestconfig).shared.obtain()


@pytest.fixture(scope=database_scope)
def leasehold_database(
    leasehold_run: Run, pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Name of a fresh database, cloned from the migrated and seeded one; only this test's leases can enter it."""
    shared, timings = _started(pytestconfig).shared, pytestconfig.stash[SESSION].timings
    with timings.measure("database"):
        name = shared.logins.database()
    if shared.settings.scope == "function":
        shared.recorder.database(name)
    yield name
    item = pytestconfig.stash[SESSION].item
    if item and shared.keeps(item):
        shared.keep(name, item)
        return
    mark = shared.recorder.last_mark() if shared.settings.scope == "function" else ""
    with timings.measure("database drop"):
        gone = shared.logins.end(name, mark, now=shared.filled)
    shared.filled = False
    if gone:
        shared.recorder.marked(mark, str(request.fixturename))


class Leases:
    """Takes leases for one test."""

    def __init__(self, logins: Logins, database: str, timings: Timings) -> None:
        self._logins, self._database, self._timings = logins, database, timings
        self.taken: list[Lease] = []

    def __call__(self, role: str) -> Lease:
        """Take a lease."""
        return self.login(role, connected=False).lease

    def login(self, role: str, *, connected: bool = True) -> Login:
        """Take a lease, with a connection if there is one."""
        with self._timings.measure("lease"):
            login = self._logins.take(role, self._database, connected=connected)
            self.taken.append(login.lease)
        return login


@pytest.fixture
def leasehold_lease(leasehold_run: Run, leasehold_database: str, pytestconfig: pytest.Config) -> Iterator[TakeLease]:
    """Take a new lease of a role: ``leasehold_lease("reader")``."""
    logins, timings = _started(pytestconfig).shared.logins, pytestconfig.stash[SESSION].timings
    leases = Leases(logins, leasehold_database, timings)
    yield leases
    with timings.measure("lease revoke", len(leases.taken)), ExitStack() as ends:  # one that fails leaves no other
        for held in leases.taken:
            ends.callback(logins.give_back, held)


@pytest.fixture
def leasehold_connect(leasehold_lease: TakeLease, pytestconfig: pytest.Config) -> Iterator[Connect]:
    """Connect as a new lease of a role: ``leasehold_connect("reader")``."""
    logins, timings = _started(pytestconfig).shared.logins, pytestconfig.stash[SESSION].timings
    opened: list[psycopg.Connection[Any]] = []

    def open_connection(role: str, *, owner: bool = False, **parameters: Any) -> psycopg.Connection[Any]:
        from ..databases.ahead import Login  # noqa: PLC0415 - slow to import

        # A project may have a fixture of its own in the place of ours.
        login = leasehold_lease.login(role) if isinstance(leasehold_lease, Leases) else Login(leasehold_lease(role))
        with timings.measure("connect"):
            connection = login.give(parameters) or login.lease.connect(**parameters)
        opened.append(connection)
        if not (login.harmless and connection is login.connection):
            logins.check(connection, login.lease, owner=owner)
        return connection

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def leasehold_url(leasehold_lease: TakeLease) -> Iterator[MakeUrl]:
    """Name a new lease of a role in a URL: ``leasehold_url("reader")``, for code that knows nothing else.

    It is libpq's, and names a password file in memory that is gone after the test. A template gives another form:
    ``leasehold_url("reader", "postgres://{user}:{password}@{host}:{port}/{database}", password=True)``.
    """
    from ..leases.handover import password_file  # noqa: PLC0415 - slow to import
    from ..leases.urls import fill  # noqa: PLC0415 - slow to import

    with ExitStack() as files:

        def make(role: str, template: str = "{url}", *, password: bool = False) -> str:
            held = leasehold_lease(role)
            passfile = None if password else files.enter_context(password_file(held))
            return fill(template, held, passfile, with_password=password)

        yield make


@pytest.fixture
def leasehold_broker(leasehold_run: Run, pytestconfig: pytest.Config) -> Iterator[Callable[[str], hvac.Client]]:
    """Log in to the broker as a role: ``leasehold_broker("reader")``, for code that asks for credentials itself."""
    opened: list[tuple[hvac.Client, str]] = []
    started = _started(pytestconfig)
    started.recorder.asks_broker()

    def open_client(role: str) -> hvac.Client:
        client = leasehold_run.issuer.client(role)
        opened.append((client, client.token))
        return client

    yield open_client
    for client, token in opened:
        client.token = token
        started.log_out(client)


class Drills:
    """Drills on this test's own leases: other tests' go on undisturbed."""

    def __init__(self, rotation: Rotation) -> None:
        self._rotation = rotation

    def planned(self, *leases: Lease, grace: float) -> None:
        """Have leases end after a grace period, in seconds; returns at once."""
        self._rotation.begin([lease.id for lease in leases], grace)

    def emergency(self, *leases: Lease) -> None:
        """End leases now, with their sessions."""
        self._rotation.emergency(lease.id for lease in leases)

    def password(self, role: str) -> None:
        """Give a static login another password now; its sessions go on. Other tests that log in as it meet that too."""
        self._rotation.password(role)

    def wait(self) -> None:
        """Wait until the planned ends have come."""
        self._rotation.wait()


@pytest.fixture
def leasehold_rotation(leasehold_run: Run, pytestconfig: pytest.Config) -> Iterator[Drills]:
    """Run rotation drills inside a test."""
    drills = Drills(_started(pytestconfig).rotation(leasehold_run))
    yield drills
    drills.wait()


def _started(config: pytest.Config) -> StartedSession:
    return config.stash[SESSION].start()
