"""Large objects: whoever is declared to make them does, they belong to its role, and everybody else is refused."""

from collections.abc import Iterator

import psycopg
import pulumi
import pytest
from psycopg import errors

from components import Environment, RoleArgs
from leasehold import Lease, Run
from leasehold.databases.clones import Databases
from leasehold.denials.collector import Collector
from leasehold.denials.model import Kind
from leasehold.denials.sources.final_marks import final_marks
from leasehold.denials.sources.whole_logs import ends_of_logs
from leasehold.proofs.audit import audit

ROLES: list[RoleArgs] = [
    {"name": "filer", "owns": ["files"], "large_objects": True},
    {"name": "heir", "member_of": [{"role": "filer"}]},
    {"name": "archive", "login": "static", "large_objects": True},
    {"name": "viewer", "grants": [{"large_objects": ["*"], "privileges": ["SELECT"]}]},
    {"name": "stranger", "grants": [{"schema": "files", "tables": ["*"], "privileges": ["SELECT"]}]},
]
MAKERS = ("filer", "heir", "archive")
MAKING = ("lo_creat(-1)", "lo_create(0)", "lo_from_bytea(0, 'kept')")


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    def program() -> None:
        for name, output in Environment("environment", {"roles": ROLES}).outputs.items():
            pulumi.export(name, output)

    with Run.create(program=program) as made:
        yield made


class Clone:
    """A database of the test's own; each connection is a new lease's."""

    def __init__(self, run: Run, databases: Databases, name: str) -> None:
        self.name, self._run, self._databases = name, run, databases
        self.leases: list[Lease] = []

    def connect(self, role: str) -> psycopg.Connection:
        self.leases.append(self._run.issuer.lease(role, self.name))
        self._databases.admit(self.name, self.leases[-1])
        return self.leases[-1].connect(autocommit=True)

    def end(self) -> None:
        for lease in self.leases:
            self._run.issuer.revoke(lease)
        self.leases.clear()


@pytest.fixture
def clone(run: Run) -> Iterator[Clone]:
    databases = Databases(run.issuer)
    with databases.clone() as name:
        made = Clone(run, databases, name)
        yield made
        made.end()
    databases.close()


def made(connection: psycopg.Connection, how: str = MAKING[2]) -> int:
    row = connection.execute(f"SELECT {how}".encode()).fetchone()
    assert row
    return int(row[0])


OWNER = "SELECT lomowner::regrole::text FROM pg_largeobject_metadata WHERE oid = %s"


@pytest.mark.parametrize("role", MAKERS)
@pytest.mark.parametrize("how", MAKING)
def test_it_belongs_to_the_role(clone: Clone, role: str, how: str) -> None:
    connection = clone.connect(role)
    assert connection.execute(OWNER, [made(connection, how)]).fetchone() == (role,)


def test_another_lease_reads_writes_and_unlinks_it(clone: Clone) -> None:
    oid = made(clone.connect("filer"))
    second = clone.connect("filer")
    second.execute("SELECT lo_put(%s, 0, 'K')", [oid])
    assert second.execute("SELECT lo_get(%s)", [oid]).fetchone() == (b"Kept",)
    assert second.execute("SELECT lo_unlink(%s)", [oid]).fetchone() == (1,)


def test_its_lease_is_itself_when_it_asks_to(clone: Clone) -> None:
    """As the role it may not end its sessions, which are its login's."""
    one, other = clone.connect("filer"), clone.leases[-1].connect(autocommit=True)
    assert one.execute("SELECT session_user, current_user").fetchone() == (clone.leases[-1].user, "filer")
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied to terminate process"):
        one.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid])
    one.execute("SET ROLE NONE")
    assert one.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid]).fetchone() == (True,)


def test_what_it_makes_as_itself_keeps_nobody_in(run: Run) -> None:
    """Its login stays for what it owns, and lets nobody in; the next clone has neither."""
    databases = Databases(run.issuer)
    with databases.clone() as name:
        odd = Clone(run, databases, name)
        with odd.connect("filer") as connection:
            connection.execute("SET ROLE NONE")
            made(connection)
        [lease] = odd.leases
        odd.end()
        with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|not permitted to log in"):
            lease.connect()
        assert f"{lease.user}: OWNER on ownership" in "\n".join(audit(run.issuer, name).lines())
    databases.close()


def test_what_pg_restore_sends(clone: Clone) -> None:
    connection = clone.connect("filer")
    for statement in (
        "SELECT pg_catalog.lo_create('123')",
        "ALTER LARGE OBJECT 123 OWNER TO filer",
        "BEGIN; SELECT pg_catalog.lo_open('123', 131072)",
        "SELECT pg_catalog.lowrite(0, '\\x6b657074')",
        "SELECT pg_catalog.lo_close(0); COMMIT",
        "COMMENT ON LARGE OBJECT 123 IS 'a file'",
        "GRANT SELECT ON LARGE OBJECT 123 TO stranger",
    ):
        connection.execute(statement.encode())
    assert clone.connect("stranger").execute("SELECT lo_get(123)").fetchone() == (b"kept",)


@pytest.mark.parametrize("maker", MAKERS)
def test_a_grant_on_all_is_on_those_to_come(clone: Clone, maker: str) -> None:
    oid, viewer = made(clone.connect(maker)), clone.connect("viewer")
    assert viewer.execute("SELECT lo_get(%s)", [oid]).fetchone() == (b"kept",)
    with pytest.raises(errors.InsufficientPrivilege, match=f"permission denied for large object {oid}"):
        viewer.execute("SELECT lo_put(%s, 0, 'x')", [oid])


def test_the_servers_own_files_stay_closed(clone: Clone) -> None:
    connection = clone.connect("filer")
    for statement in ("SELECT lo_import('/etc/passwd')", f"SELECT lo_export({made(connection)}, '/tmp/x')"):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
            connection.execute(statement.encode())


def test_others_are_refused_and_the_denials_are_theirs(run: Run, clone: Clone) -> None:
    collector = Collector(run.name, ends_of_logs(run.name))
    try:
        oid, stranger = made(clone.connect("filer")), clone.connect("stranger")
        login = clone.leases[-1].user
        refused = [f"SELECT {how}" for how in MAKING]
        refused += [f"SELECT lo_get({oid})", f"SELECT lo_unlink({oid})"]
        for statement in refused:
            with pytest.raises(errors.InsufficientPrivilege):
                stranger.execute(statement.encode())
        collector.read(final_marks(run.name))
        found = [(one.login, one.role, one.kind, one.on) for one in collector.take()]
    finally:
        collector.close()
    functions = [(Kind.FUNCTION, how.partition("(")[0]) for how in MAKING]
    expected = [*functions, (Kind.OTHER_PRIVILEGE, str(oid)), (Kind.OWNERSHIP, str(oid))]
    assert found == [(login, "stranger", kind, on) for kind, on in expected]


def test_an_ended_lease_leaves_nothing_but_the_object(run: Run, clone: Clone) -> None:
    connection = clone.connect("filer")
    oid, login = made(connection), clone.leases[-1].user
    connection.close()
    clone.end()
    later = clone.connect("filer")
    assert later.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).fetchall() == []
    assert later.execute("SELECT lo_get(%s)", [oid]).fetchone() == (b"kept",)


def test_the_audit_expects_what_is_declared_and_no_more(run: Run, clone: Clone) -> None:
    assert audit(run.issuer).lines() == []
    for maker in MAKERS:
        made(clone.connect(maker))
    clone.end()
    assert audit(run.issuer, clone.name).lines() == []
    connection = clone.connect("filer")
    connection.execute(f"GRANT UPDATE ON LARGE OBJECT {made(connection)} TO stranger".encode())
    connection.execute(f"GRANT SELECT ON LARGE OBJECT {made(connection)} TO PUBLIC".encode())
    connection.execute("ALTER DEFAULT PRIVILEGES GRANT UPDATE ON LARGE OBJECTS TO viewer")
    connection.close()
    clone.end()
    assert audit(run.issuer, clone.name).lines() == [
        "too much: PUBLIC: SELECT on large object of filer",
        "too much: stranger: UPDATE on large object of filer",
        "too much: viewer: UPDATE on default privilege every schema, large objects of filer",
    ]
