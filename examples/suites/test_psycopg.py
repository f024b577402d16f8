"""psycopg: the plugin's own connections."""

import psycopg
import pytest
from psycopg import errors

import leasehold
from leasehold import Run
from leasehold.pytest_plugin.fixtures import Connect, TakeLease

ROLES = ["reader", "writer", "auditor"]


@pytest.mark.parametrize("role", ROLES)
def test_the_server_sees_this_tests_lease(connect: Connect, role: str) -> None:
    with connect(role) as connection:
        user = connection.execute("SELECT current_user").fetchone()
    assert user is not None
    assert user[0].startswith(f"{role}_")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_reads_orders(connect: Connect, role: str) -> None:
    with connect(role) as connection:
        row = connection.execute("SELECT count(*), current_user FROM orders").fetchone()
    assert row is not None
    assert (row[0], row[1].startswith(role)) == (2, True)


@pytest.mark.parametrize("role", ["reader", "writer"])
def test_payroll_is_closed(connect: Connect, role: str) -> None:
    with connect(role) as connection:
        assert str(connection.execute("SELECT current_user").fetchone()).startswith(f"('{role}_")
        denial = leasehold.expect_denial(role, on="payroll")
        with denial, pytest.raises(errors.InsufficientPrivilege, match="payroll"):
            connection.execute("SELECT * FROM payroll")


def test_payroll_is_open_to_the_auditor(connect: Connect) -> None:
    with connect("auditor") as connection:
        row = connection.execute("SELECT count(*), current_user FROM payroll").fetchone()
    assert row is not None
    assert (row[0], row[1].startswith("auditor_")) == (2, True)


@pytest.mark.parametrize("quantity", range(1, 6))
def test_each_test_has_its_own_database(connect: Connect, quantity: int) -> None:
    with connect("writer") as connection:
        connection.execute("INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'x', %s)", [quantity])
        row = connection.execute("SELECT count(*), max(quantity), current_user FROM orders").fetchone()
    assert row is not None
    assert (row[0], row[1], row[2].startswith("writer_")) == (3, max(3, quantity), True)


def test_two_roles_meet_in_one_database(connect: Connect) -> None:
    with connect("writer", autocommit=True) as writer, connect("reader") as reader:
        writer.execute("UPDATE orders SET item = 'astrolabe'")
        row = reader.execute("SELECT DISTINCT item, current_user FROM orders").fetchone()
    assert row is not None
    assert (row[0], row[1].startswith("reader_")) == ("astrolabe", True)


def test_nobody_elses_lease_gets_in(lease: TakeLease, leasehold_run: Run, database: str) -> None:
    stranger = leasehold_run.issuer.lease("reader", database)
    try:
        denial = leasehold.expect_denial("reader", kind="database")
        with denial, pytest.raises(psycopg.OperationalError, match="it is another test's"):
            stranger.connect()
    finally:
        leasehold_run.issuer.revoke(stranger)
    with lease("reader").connect() as connection:
        assert str(connection.execute("SELECT current_user").fetchone()).startswith("('reader_")


def test_arranging_as_the_owner_is_said_aloud(connect: Connect) -> None:
    with connect("migrator", owner=True) as connection:
        connection.execute("ALTER TABLE customers ADD COLUMN phone text")
        owner = connection.execute(
            "SELECT relowner::regrole::text, pg_has_role(relowner, 'USAGE') FROM pg_class"
            " WHERE oid = 'customers'::regclass"
        ).fetchone()
    assert owner == ("migrator", True)
    with connect("reader") as connection:
        row = connection.execute("SELECT phone, current_user FROM customers").fetchone()
    assert row is not None
    assert row[1].startswith("reader_")
