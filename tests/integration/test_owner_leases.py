"""An owner's lease behaves as an ordinary login that owns its objects, and what it makes belongs to its role."""

from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest
from psycopg import errors

from leasehold import Lease, LeaseIssuer
from leasehold.databases.clones import Databases

Take = Callable[[str], Lease]

CLASS = "SELECT relowner::regrole::text FROM pg_class WHERE relname = %s"
ROUTINE = "SELECT proowner::regrole::text FROM pg_proc WHERE proname = %s"
TYPE = "SELECT typowner::regrole::text FROM pg_type WHERE typname = %s"
COLLATION = "SELECT collowner::regrole::text FROM pg_collation WHERE collname = %s"
MADE = {
    "CREATE TABLE {} (id serial PRIMARY KEY)": CLASS,
    "CREATE TABLE {} AS SELECT 1 AS id": CLASS,
    "SELECT 1 AS id INTO {}": CLASS,
    "CREATE VIEW {} AS SELECT 1": CLASS,
    "CREATE MATERIALIZED VIEW {} AS SELECT 1": CLASS,
    "CREATE SEQUENCE {}": CLASS,
    "CREATE FUNCTION {}() RETURNS int LANGUAGE sql AS 'SELECT 1'": ROUTINE,
    "CREATE PROCEDURE {}() LANGUAGE sql AS 'SELECT 1'": ROUTINE,
    "CREATE TYPE {} AS ENUM ('a')": TYPE,
    "CREATE TYPE {} AS (a int)": TYPE,
    "CREATE DOMAIN {} AS text": TYPE,
    "CREATE COLLATION {} (locale = 'C')": COLLATION,
    "DO $$ BEGIN EXECUTE 'CREATE TABLE {} (id int)'; END $$": CLASS,
}
LEFT = (
    "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend"
    " WHERE refclassid = 'pg_authid'::regclass AND refobjid = quote_ident(session_user)::regrole AND deptype = 'o'"
)


@pytest.fixture
def clone(issuer: LeaseIssuer) -> Iterator[str]:
    databases = Databases(issuer)
    try:
        with databases.clone() as name:
            yield name
    finally:
        databases.close()


@pytest.fixture
def connect(issuer: LeaseIssuer, clone: str) -> Iterator[Callable[..., psycopg.Connection]]:
    """Connect to a database of the test's own, each time with a new lease."""
    databases, leases = Databases(issuer), list[Lease]()

    def take(role: str = "migrator") -> psycopg.Connection:
        lease = issuer.lease(role, clone)
        leases.append(lease)
        databases.admit(clone, lease)
        return lease.connect(autocommit=True)

    # One object admits all: it remembers whom it has let in.
    yield take
    for lease in leases:
        issuer.revoke(lease)
    databases.close()


Connect = Callable[..., psycopg.Connection]


def test_it_is_one_login_from_begin_to_end(lease: Take) -> None:
    held = lease("migrator")
    with held.connect() as connection:
        row = connection.execute("SELECT session_user, current_user, pg_has_role('migrator', 'USAGE')").fetchone()
    assert row == (held.user, held.user, True)


def test_it_sees_and_ends_its_own_sessions(lease: Take) -> None:
    held = lease("migrator")
    with held.connect(autocommit=True) as one, held.connect(autocommit=True) as other:
        one.execute("SELECT 'a word of its own'")
        asked = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        assert other.execute(asked, [one.info.backend_pid]).fetchone() == ("SELECT 'a word of its own'",)
        assert other.execute("SELECT pg_terminate_backend(%s)", [one.info.backend_pid]).fetchone() == (True,)
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")


def test_its_name_needs_no_quotes(connect: Connect) -> None:
    """Where it stands in a statement, and where it stands in a value."""
    connection = connect()
    connection.execute("CREATE TABLE shop.named (id int)")
    row = connection.execute("SELECT session_user, quote_ident(session_user)").fetchone()
    assert row
    assert row[0] == row[1]
    for verb, who in (("GRANT", "TO"), ("REVOKE", "FROM")):
        connection.execute(f"SET ROLE migrator; {verb} SELECT ON shop.named {who} {row[0]}; RESET ROLE".encode())
    item = connection.execute("SELECT ('{' || session_user || '=r/migrator}')::aclitem[]").fetchone()
    assert item == ([f"{row[0]}=r/migrator"],)


def test_it_ends_nobody_elses(lease: Take) -> None:
    with lease("reader").connect() as theirs, lease("migrator").connect() as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT pg_terminate_backend(%s)", [theirs.info.backend_pid])
        assert theirs.execute("SELECT 1").fetchone() == (1,)


def test_what_it_makes_belongs_to_its_role(connect: Connect) -> None:
    connection, numbers = connect(), count()
    for statement, owner in MADE.items():
        name = f"made_{next(numbers)}"
        connection.execute(statement.format(f"shop.{name}").encode())
        found = connection.execute(owner, [name])
        assert found.fetchall() == [("migrator",)], statement
    assert connection.execute(LEFT).fetchall() == []


@pytest.mark.parametrize("kind", ["TABLE", "FUNCTION", "TYPE"])
def test_what_it_takes_over_is_handed_over_too(connect: Connect, kind: str) -> None:
    connection = connect()
    connection.execute("CREATE TABLE shop.a (id int)")
    connection.execute("CREATE FUNCTION shop.a() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    connection.execute("CREATE TYPE shop.b AS ENUM ('a')")
    what = {"TABLE": "shop.a", "FUNCTION": "shop.a()", "TYPE": "shop.b"}[kind]
    connection.execute(f"ALTER {kind} {what} OWNER TO SESSION_USER".encode())
    assert connection.execute(LEFT).fetchall() == []


def test_another_lease_of_the_role_alters_and_drops_it(connect: Connect) -> None:
    connect().execute("CREATE TABLE shop.passed_on (id int); CREATE INDEX ON shop.passed_on (id)")
    second = connect()
    second.execute("ALTER TABLE shop.passed_on ADD COLUMN name text")
    second.execute("ALTER TABLE shop.passed_on OWNER TO migrator")
    second.execute("DROP TABLE shop.passed_on")


def test_default_privileges_count_for_the_role(connect: Connect) -> None:
    """Those that one lease sets hold for what the next one makes, in a schema and in all of them."""
    first = connect()
    first.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO reader WITH GRANT OPTION")
    first.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT USAGE ON SEQUENCES TO reader")
    first.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    first.execute("ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC")
    second = connect()
    second.execute("CREATE TABLE shop.later (id serial)")
    second.execute("CREATE FUNCTION shop.later() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    second.execute("CREATE DOMAIN shop.late AS text")
    asked = (
        "has_table_privilege('reader', 'shop.later', 'SELECT WITH GRANT OPTION')",
        "has_sequence_privilege('reader', 'shop.later_id_seq', 'USAGE')",
        "NOT has_function_privilege('reader', 'shop.later()', 'EXECUTE')",
        "NOT has_type_privilege('reader', 'shop.late', 'USAGE')",
        "has_table_privilege('auditor', 'shop.later', 'SELECT')",  # as declared
    )
    assert second.execute(f"SELECT {', '.join(asked)}".encode()).fetchone() == (True,) * len(asked)
    owners = second.execute("SELECT DISTINCT defaclrole::regrole::text FROM pg_default_acl").fetchall()
    assert owners == [("migrator",)]
    assert second.execute(LEFT).fetchall() == []


def test_an_index_made_without_a_transaction(connect: Connect) -> None:
    connection = connect()
    connection.execute("CREATE TABLE shop.wide (a int)")
    connection.execute("CREATE INDEX CONCURRENTLY wide_a ON shop.wide (a)")
    assert connection.execute(LEFT).fetchall() == []


def test_whoever_acts_as_the_role_makes_it_for_the_role(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET ROLE migrator")
    connection.execute("CREATE TABLE shop.acted (id int)")
    found = connection.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'acted'").fetchone()
    assert found == ("migrator",)
