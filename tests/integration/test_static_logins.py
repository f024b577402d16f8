"""Static logins: one login of the role's own name, whose password the broker keeps and rotates.

The system is built as those are that put an API before a database: `authenticator` logs in, has no rights of its own,
and becomes `anonymous` or `member`; row security decides by a setting which rows a member sees.
"""

from collections.abc import Callable, Iterator

import psycopg
import pulumi
import pytest
from psycopg import errors

from components import Environment, RoleArgs
from leasehold import Run
from leasehold.databases.clones import Databases
from leasehold.leases.rotation import Rotation
from leasehold.proofs.audit import audit

ROLES: list[RoleArgs] = [
    {"name": "owner", "owns": ["api"], "login": "static", "connection_limit": 5},
    {
        "name": "authenticator",
        "login": "static",
        "connection_limit": 3,
        "settings": {"statement_timeout": "9s"},
        "member_of": [{"role": "anonymous", "inherit": False}, {"role": "member", "inherit": False}],
    },
    {
        "name": "anonymous",
        "login": "none",
        "grants": [{"schema": "api", "tables": ["notices"], "privileges": ["SELECT"]}],
    },
    {
        "name": "member",
        "login": "none",
        "grants": [{"schema": "api", "tables": ["notes", "notices"], "privileges": ["SELECT", "INSERT"]}],
    },
]
MIGRATION = """
CREATE TABLE api.notices (text text);
INSERT INTO api.notices VALUES ('hello');
CREATE TABLE api.notes (person text DEFAULT current_setting('request.person', true), text text);
ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_notes ON api.notes USING (person = current_setting('request.person', true));
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    def program() -> None:
        environment = Environment("environment", {"roles": ROLES})
        for name, output in environment.outputs.items():
            pulumi.export(name, output)

    with Run.create(program=program) as made:
        with made.issuer.lease("owner").connect(autocommit=True) as connection:
            connection.execute(MIGRATION)
        yield made


@pytest.fixture
def connect(run: Run) -> Iterator[Callable[[str], psycopg.Connection]]:
    """Connect to a clone of the test's own. Its sessions need not be closed: dropping the clone ends them."""
    databases = Databases(run.issuer)
    with databases.clone() as clone:

        def take(role: str) -> psycopg.Connection:
            lease = run.issuer.lease(role, clone)
            databases.admit(clone, lease)
            return lease.connect(autocommit=True)

        yield take
    databases.close()


Connect = Callable[[str], psycopg.Connection]


def test_it_is_an_ordinary_login(connect: Connect) -> None:
    connection = connect("owner")
    assert connection.execute("SELECT session_user, current_user").fetchone() == ("owner", "owner")
    connection.execute("CREATE TABLE api.more (id serial)")
    found = connection.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'more'").fetchone()
    assert found == ("owner",)
    assert connect("authenticator").execute("SHOW statement_timeout").fetchone() == ("9s",)


def test_it_becomes_other_roles_and_has_none_of_their_rights_as_itself(connect: Connect) -> None:
    connection = connect("authenticator")
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for schema api"):
        connection.execute("SELECT * FROM api.notices")
    connection.execute("SET ROLE anonymous")
    assert connection.execute("SELECT * FROM api.notices").fetchall() == [("hello",)]
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table notes"):
        connection.execute("SELECT * FROM api.notes")
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied to set role"):
        connection.execute("SET ROLE owner")


def test_row_security_decides_what_a_member_sees(connect: Connect) -> None:
    ada, bob = connect("authenticator"), connect("authenticator")
    for connection, person in ((ada, "ada"), (bob, "bob")):
        connection.execute("SET ROLE member")
        connection.execute("SELECT set_config('request.person', %s, false)", [person])
    ada.execute("INSERT INTO api.notes (text) VALUES ('mine')")
    assert ada.execute("SELECT text FROM api.notes").fetchall() == [("mine",)]
    assert bob.execute("SELECT text FROM api.notes").fetchall() == []
    with pytest.raises(errors.InsufficientPrivilege, match="violates row-level security"):
        bob.execute("INSERT INTO api.notes VALUES ('ada', 'forged')")


def test_no_other_database_lets_it_in(run: Run, connect: Connect) -> None:
    connect("owner")
    databases = Databases(run.issuer)
    with databases.clone() as closed:
        with pytest.raises(psycopg.OperationalError, match="another test's"):
            run.issuer.lease("owner", closed).connect()
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            run.issuer.lease("owner", "postgres").connect()
    databases.close()


def test_a_rotation_gives_it_another_password_and_its_sessions_go_on(run: Run) -> None:
    before = run.issuer.lease("owner")
    with before.connect() as session:
        Rotation(run.issuer).password("owner")
        assert session.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            before.connect()
        after = run.issuer.lease("owner")
        assert after.password != before.password
        after.connect().close()


def test_a_client_reads_its_own_password_alone(run: Run) -> None:
    client = run.issuer.client("authenticator")
    assert client.read("database/static-creds/authenticator")["data"]["username"] == "authenticator"
    for path in ("database/static-creds/owner", "database/static-roles/authenticator", "database/creds/owner"):
        with pytest.raises(Exception, match="permission denied"):
            client.read(path)


def test_the_audit_finds_nothing(run: Run) -> None:
    assert audit(run.issuer).lines() == []


def test_a_lease_of_a_role_without_leases_is_one_sentence(run: Run) -> None:
    with pytest.raises(Exception, match=r"Role 'member' has no leases.*authenticator, owner"):
        run.issuer.lease("member")
