"""Whatever PostgreSQL lets an administrator grant can be declared: it works, the audit is clean, and more is found."""

from collections.abc import Callable, Iterator

import psycopg
import pulumi
import pytest
from psycopg import errors

from components import Environment, RoleArgs
from leasehold import Lease, Run
from leasehold.databases.clones import Databases
from leasehold.proofs.audit import audit

SCHEMA, ODD = "Größe &\nMaß", 'the "odd"\n rôle;'
ROLES: list[RoleArgs] = [
    {"name": "owner", "owns": ["app", SCHEMA], "database": ["CREATE"], "search_path": ["app"]},
    {
        "name": "clerk",
        "grants": [
            {"schema": "app", "tables": ["people"], "columns": ["id", "name"], "privileges": ["SELECT"]},
            {"schema": "app", "tables": ["people"], "columns": ["name"], "privileges": ["UPDATE"]},
            {"schema": "app", "tables": ["orders"], "privileges": ["INSERT"]},
            {"schema": "app", "sequences": ["tickets"], "privileges": ["USAGE"]},
            {"schema": "app", "functions": ["secret(integer)", "twice"], "privileges": ["EXECUTE"]},
            {"schema": "app", "types": ["mood"], "privileges": ["USAGE"]},
            {"schema": "made", "tables": ["*"], "privileges": ["SELECT"]},
            {"schema": SCHEMA, "tables": ["Order Lines"], "privileges": ["SELECT"]},
            {"parameters": ["log_min_duration_statement"], "privileges": ["SET"]},
            {"schema": "app", "tables": ["posts"], "privileges": ["SELECT"], "granted_by": "migrations"},
        ],
    },
    {
        "name": ODD,
        "grants": [
            {"schemas": ["app"], "privileges": ["CREATE"]},
            {"schema": "app", "tables": ["people"], "privileges": ["SELECT"], "grant_option": True},
        ],
        "settings": {"statement_timeout": "7s", "app.tenant": "it's"},
    },
    {
        "name": "readers",
        "login": "none",
        "grants": [{"schema": "app", "tables": ["*"], "privileges": ["SELECT"]}],
    },
    {
        "name": "inheriting",
        "member_of": [{"role": "readers"}],
        "search_path": ["app"],
        "attributes": {"BYPASSRLS": "a nightly export"},
    },
    {"name": "becoming", "member_of": [{"role": "readers", "inherit": False}, {"role": "clerk", "set": False}]},
]
MIGRATION = (
    "CREATE TABLE app.people (id int PRIMARY KEY, name text, salary int)",
    "CREATE SEQUENCE app.order_number",
    "CREATE TABLE app.orders (number bigint DEFAULT nextval('app.order_number'), item text)",
    "CREATE SEQUENCE app.tickets",
    "CREATE FUNCTION app.secret(n integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = app"
    " AS 'SELECT sum(salary) * n FROM people'",
    "REVOKE EXECUTE ON FUNCTION app.secret FROM PUBLIC",
    "CREATE FUNCTION app.twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n'",
    "CREATE FUNCTION app.other() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE app.mood AS ENUM ('fine')",
    "CREATE SCHEMA made CREATE TABLE made.thing (id serial)",
    f'CREATE TABLE "{SCHEMA}"."Order Lines" ("the ""id""" int)',
    "CREATE TABLE app.posts (id int)",
    "GRANT SELECT ON app.posts TO clerk",
    "CREATE EXTENSION IF NOT EXISTS plpgsql",
)

Take = Callable[[str], psycopg.Connection]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    def program() -> None:
        environment = Environment(
            "environment", {"roles": ROLES, "revoked_from_public": ["EXECUTE ON ROUTINES", "USAGE ON TYPES"]}
        )
        for name, output in environment.outputs.items():
            pulumi.export(name, output)

    with Run.create(program=program) as made:
        lease = made.issuer.lease("owner")
        with lease.connect(autocommit=True) as connection:
            for statement in MIGRATION:
                connection.execute(statement.encode())
        made.issuer.revoke(lease)
        yield made


@pytest.fixture
def connect(run: Run) -> Iterator[Take]:
    """Connect to a clone of the test's own, each time with a new lease."""
    databases, leases = Databases(run.issuer), list[Lease]()
    with databases.clone() as clone:

        def take(role: str) -> psycopg.Connection:
            leases.append(run.issuer.lease(role, clone))
            databases.admit(clone, leases[-1])
            return leases[-1].connect(autocommit=True)

        yield take
        for lease in leases:
            run.issuer.revoke(lease)
    databases.close()


ALLOWED = [
    ("clerk", "SELECT id, name FROM app.people"),
    ("clerk", "UPDATE app.people SET name = 'x'"),
    ("clerk", "INSERT INTO app.orders (item) VALUES ('x')"),
    ("clerk", "SELECT nextval('app.tickets')"),
    ("clerk", "SELECT app.secret(2), app.twice(2)"),
    ("clerk", "SELECT 'fine'::app.mood"),
    ("clerk", "CREATE TEMPORARY TABLE moods (mood app.mood)"),
    ("clerk", "SELECT * FROM made.thing"),
    ("clerk", f'TABLE "{SCHEMA}"."Order Lines"'),
    ("clerk", "SET log_min_duration_statement = 1000"),
    ("clerk", "SELECT * FROM app.posts"),
    ("clerk", "CREATE TEMP TABLE staged AS SELECT 1 AS id"),
    (ODD, "CREATE TABLE app.mine (id int)"),
    (ODD, "GRANT SELECT ON app.people TO clerk"),
    ("inheriting", "SELECT salary FROM people"),
    ("becoming", "SET ROLE readers; SELECT salary FROM app.people"),
    ("becoming", "SELECT name FROM app.people"),
    ("owner", "CREATE SCHEMA IF NOT EXISTS app"),
    ("owner", "CREATE SCHEMA more"),
]
REFUSED = [
    ("clerk", "SELECT salary FROM app.people", "permission denied for table people"),
    ("clerk", "UPDATE app.people SET id = 1", "permission denied for table people"),
    ("clerk", "SELECT app.other()", "permission denied for function other"),
    ("clerk", "CREATE TABLE app.mine (id int)", "permission denied for schema app"),
    ("clerk", "CREATE SCHEMA more", "permission denied for database"),
    ("clerk", "SET log_duration = on", "permission denied to set parameter"),
    ("clerk", "SET ROLE readers", "permission denied to set role"),
    ("inheriting", "INSERT INTO people VALUES (1)", "permission denied for table people"),
    ("becoming", "SELECT salary FROM app.people", "permission denied for table people"),
    ("becoming", "SET ROLE clerk", "permission denied to set role"),
    (ODD, "DROP TABLE app.people", "must be owner of table people"),
]


@pytest.mark.parametrize(("role", "statement"), ALLOWED)
def test_what_is_declared_works(connect: Take, role: str, statement: str) -> None:
    connect(role).execute(statement.encode())


@pytest.mark.parametrize(("role", "statement", "message"), REFUSED)
def test_what_is_not_is_refused(connect: Take, role: str, statement: str, message: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match=message):
        connect(role).execute(statement.encode())


OWNERS = (
    "ALTER DATABASE %I SET work_mem = '8MB'",
    "COMMENT ON DATABASE %I IS 'hello'",
    "ALTER DATABASE %I IS_TEMPLATE true",
    "ALTER DATABASE %I RENAME TO mine",
    "REINDEX DATABASE %I",
)


@pytest.mark.parametrize("statement", OWNERS)
def test_nobody_owns_a_database(connect: Take, statement: str) -> None:
    """Who may make schemas in it is not its owner: that one could let every lease into it."""
    connection = connect("owner")
    row = connection.execute("SELECT format(%s, current_database())", [statement]).fetchone()
    assert row
    with pytest.raises(errors.InsufficientPrivilege, match="must be owner of database"):
        connection.execute(row[0].encode())


def test_nor_grants_on_it(connect: Take) -> None:
    """The server says so in a warning, and grants nothing."""
    connection, said = connect("owner"), list[str]()
    connection.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    row = connection.execute("SELECT format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database())").fetchone()
    assert row
    connection.execute(row[0].encode())
    assert [one.partition(" for ")[0] for one in said] == ["no privileges were granted"]


def test_settings_are_those_of_the_roles_sessions(connect: Take) -> None:
    row = connect(ODD).execute("SHOW statement_timeout; ").fetchone()
    assert row == ("7s",)
    assert connect(ODD).execute("SELECT current_setting('app.tenant')").fetchone() == ("it's",)


def test_the_audit_finds_nothing(run: Run) -> None:
    assert audit(run.issuer).lines() == []


SURPLUS = {
    "GRANT SELECT (salary) ON app.people TO clerk": "too much: clerk: SELECT on column app.people.salary",
    "GRANT EXECUTE ON FUNCTION app.other() TO clerk": "too much: clerk: EXECUTE on function app.other()",
    "GRANT EXECUTE ON FUNCTION app.secret TO inheriting": (
        "too much: inheriting: EXECUTE as owner on function app.secret(integer)"
    ),
    "GRANT USAGE ON TYPE app.mood TO readers": "too much: readers: USAGE on type app.mood",
    "GRANT SELECT ON app.tickets TO clerk": "too much: clerk: SELECT on sequence app.tickets",
    "GRANT CREATE ON SCHEMA app TO clerk": "too much: clerk: CREATE on schema app",
    "GRANT USAGE ON SCHEMA made TO readers": "too much: readers: USAGE on schema made",
    "GRANT SELECT ON made.thing TO clerk WITH GRANT OPTION": "too much: clerk: SELECT on grant option made.thing",
    "REVOKE SELECT (name) ON app.people FROM clerk": "too little: clerk: SELECT on column app.people.name",
    "REVOKE EXECUTE ON FUNCTION app.twice FROM clerk": "too little: clerk: EXECUTE on function app.twice(integer)",
    "REVOKE SELECT ON app.posts FROM clerk": "too little: clerk: SELECT on table app.posts",
}


def test_what_differs_is_found(run: Run, connect: Take) -> None:
    databases = Databases(run.issuer)
    with databases.clone() as clone:
        owner = run.issuer.lease("owner", clone)
        databases.admit(clone, owner)
        with owner.connect(autocommit=True) as connection:
            for statement in SURPLUS:
                connection.execute(statement.encode())
        run.issuer.revoke(owner)
        lines = audit(run.issuer, clone).lines()
    databases.close()
    assert set(SURPLUS.values()) - set(lines) == set()
