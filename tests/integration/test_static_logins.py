"""Static logins: one login of the role's own name, whose password the broker keeps and rotates.

The system is `examples/api`: one login that becomes other roles, and row security that decides what a member sees.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import hvac.exceptions
import psycopg
import pytest
from psycopg import errors

from components.declared.row_security import check_row_security
from leasehold import Run, UnknownRoleError
from leasehold.databases.clones import Databases
from leasehold.denials.model import Kind
from leasehold.leases.rotation import Rotation
from leasehold.outputs import RowSecurity
from leasehold.proofs.audit import audit
from leasehold.proofs.audit.row_security import differences, undeclared

from .gated import session, told
from .support import PROJECT as ROOT
from .support import leasehold

PROJECT = ROOT / "examples" / "api"
[MIGRATION] = (PROJECT / "migrations").glob("*.sql")


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Run.create(program=PROJECT) as made:
        with made.issuer.lease("owner").connect(autocommit=True) as connection:
            connection.execute(MIGRATION.read_bytes())
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
    answer = client.adapter.get("/v1/database/static-creds/authenticator")
    assert answer["data"]["username"] == "authenticator"
    for path in ("database/static-creds/owner", "database/static-roles/authenticator", "database/creds/owner"):
        with pytest.raises(hvac.exceptions.Forbidden):
            client.read(path)


def test_the_audit_finds_nothing(run: Run) -> None:
    assert audit(run.issuer).lines() == []


def test_what_the_login_needed_is_no_grant_too_many(run: Run, connect: Connect) -> None:
    """Its statements count for it, and for the roles that it becomes."""
    connection = connect("authenticator")
    for statement in (
        "SET ROLE anonymous",
        "SELECT * FROM api.notices",
        "SET ROLE member",
        "SELECT set_config('request.person', 'ada', false)",
        "INSERT INTO api.notes (text) VALUES ('mine') RETURNING text",
    ):
        connection.execute(statement.encode())
    found = audit(run.issuer)
    enough = [
        {"schema": "api", "tables": ["notes"], "privileges": ["SELECT", "INSERT"]},
        {"schema": "api", "tables": ["notices"], "privileges": ["SELECT"]},
    ]
    assert [json.loads(line) for line in found.unused] == [{"name": "member", "grants": enough}]
    assert (found.untold, found.idle) == ((), ())


def test_a_lease_of_a_role_without_leases_is_one_sentence(run: Run) -> None:
    with pytest.raises(UnknownRoleError, match=r"Role 'member' has no leases.*authenticator, owner"):
        run.issuer.lease("member")


def test_a_migration_without_a_role_names_the_option_and_the_owner(run: Run) -> None:
    done = leasehold("migrate", run.name, "--program", str(PROJECT), "--", "true")
    assert done.returncode == 6
    said = " ".join(done.stderr.split())
    assert "declares no role 'migrator'" in said
    assert "Name one, as `--role owner`" in said


WRONG = {
    "CREATE POLICY own_notes ON api.notes TO PUBLIC USING (true)": (
        "api.notes: policy 'own_notes' is permissive, for ALL, to public; declared is permissive, for ALL, to member"
    ),
    "CREATE POLICY more ON api.notes FOR SELECT TO anonymous USING (true)": (
        "api.notes: policy 'more' is not declared (permissive, for SELECT, to anonymous)"
    ),
    "ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY": "api.notes: row security is not enabled, as it is not declared",
    "ALTER TABLE api.notes FORCE ROW LEVEL SECURITY": "api.notes: row security is forced, as it is not declared",
}


@pytest.mark.parametrize(("statement", "line"), WRONG.items())
def test_a_wrong_policy_is_found(run: Run, statement: str, line: str) -> None:
    databases = Databases(run.issuer)
    with databases.clone() as clone:
        lease = run.issuer.lease("owner", clone)
        databases.admit(clone, lease)
        with lease.connect(autocommit=True) as connection:
            if "own_notes" in statement:
                connection.execute("DROP POLICY own_notes ON api.notes")
            connection.execute(statement.encode())
        lines = audit(run.issuer, clone).lines()
    databases.close()
    assert f"row security: {line}" in lines


FOUND = (
    "CREATE TABLE api.others (person text)",
    "ALTER TABLE api.others FORCE ROW LEVEL SECURITY",
    "ALTER TABLE api.others ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON api.others AS RESTRICTIVE FOR SELECT TO member, anonymous USING (true)",
    "CREATE POLICY every ON api.others USING (true)",
    "CREATE TABLE api.waiting (person text)",
    "CREATE POLICY every ON api.waiting USING (true)",
)
TAKEN_OVER = [
    {
        "schema": "api",
        "table": "others",
        "forced": True,
        "policies": [
            {"name": "every"},
            {"name": "own", "roles": ["anonymous", "member"], "command": "SELECT", "permissive": False},
        ],
    },
    {"schema": "api", "table": "waiting", "enabled": False, "policies": [{"name": "every"}]},
]


def test_row_security_that_nobody_declared_can_be_taken_over(run: Run, connect: Connect) -> None:
    """It is no finding. Declared as it is told, it is no difference."""
    connection = connect("owner")
    for statement in FOUND:
        connection.execute(statement.encode())
    declared = run.outputs.row_security
    assert [json.loads(line) for line in undeclared(connection, declared)] == TAKEN_OVER
    taken = [RowSecurity.model_validate(one) for one in check_row_security(TAKEN_OVER)]
    assert list(undeclared(connection, [*declared, *taken])) == []
    assert list(differences(connection, [*declared, *taken])) == []
    database = connection.info.dbname
    connection.close()
    found = audit(run.issuer, database)
    assert (found.lines(), [json.loads(line) for line in found.undeclared]) == ([], TAKEN_OVER)


SUITE = """
import pytest

@pytest.fixture
def member(leasehold_connect):
    with leasehold_connect("authenticator") as connection:
        connection.autocommit = True
        connection.execute("SET ROLE member")
        yield connection

@pytest.mark.parametrize("number", range(4))
def test_forged(member, number):
    member.execute("SELECT set_config('request.person', 'bob', false)")
    with pytest.raises(Exception):
        member.execute("INSERT INTO api.notes VALUES ('ada', 'forged')")

@pytest.mark.parametrize("number", range(4))
def test_honest(member, number):
    member.execute("SELECT set_config('request.person', 'bob', false)")
    member.execute("INSERT INTO api.notes (text) VALUES ('mine')")
    assert member.execute("SELECT count(*) FROM api.notes").fetchone() == (1,)

def test_wrong_password(leasehold_lease):
    with pytest.raises(Exception):
        leasehold_lease("authenticator").connect(password="wrong")
"""


def test_denials_of_one_login_are_told_of_the_tests_that_met_them(tmp_path: Path) -> None:
    """All of them log in as `authenticator`, two at a time; the databases tell them apart."""
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nleasehold_program = {PROJECT}\nleasehold_migrations = {MIGRATION.parent}\n"
        "leasehold_migrator = owner\naddopts = -p no:hypothesispytest\n"
    )
    (tmp_path / "test_api.py").write_text(SUITE)
    done = session(tmp_path, "-n", "2")
    found = told(tmp_path)
    assert done.returncode == 1, done.stdout
    met = sorted((denial.role, denial.kind, denial.test) for denial in found.denials)
    assert met == [
        *(("authenticator", Kind.ROW_SECURITY, f"test_api.py::test_forged[{number}]") for number in range(4)),
        ("authenticator", Kind.WRONG_PASSWORD, "test_api.py::test_wrong_password"),
    ], done.stdout
    assert "4 passed" in done.stdout
    assert not [notice for notice in found.notices if notice.kind in ("unused role", "unused login")], found.notices
