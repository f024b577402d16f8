"""What each role may do, and PostgreSQL's own refusal of what it may not."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from leasehold import Lease

Take = Callable[[str], Lease]


def test_a_lease_is_a_member_of_its_role_and_of_nothing_else(lease: Take) -> None:
    held = lease("reader")
    with held.connect() as connection:
        row = connection.execute(
            "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        groups = connection.execute(
            "SELECT array_agg(roleid::regrole::text) FROM pg_auth_members WHERE member = current_user::regrole"
        ).fetchone()
    assert row == (held.user, False, False, False, False, False)
    assert groups == (["reader"],)


def test_reader_reads(lease: Take) -> None:
    with lease("reader").connect() as connection:
        assert connection.execute("SELECT name FROM customers ORDER BY id").fetchall()[0] == ("Ada",)


@pytest.mark.parametrize(
    ("role", "statement", "message"),
    [
        (
            "reader",
            "INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'x', 1)",
            "permission denied for table",
        ),
        ("reader", "SELECT * FROM payroll", "permission denied for table payroll"),
        ("reader", "CREATE TABLE shop.mine (id int)", "permission denied for schema shop"),
        ("reader", "CREATE TABLE public.mine (id int)", "permission denied for schema public"),
        ("reader", "SELECT nextval('orders_id_seq')", "permission denied for sequence orders_id_seq"),
        ("reader", "SELECT * FROM leasehold.declared_grant", "permission denied for schema leasehold"),
        ("writer", "SELECT * FROM payroll", "permission denied for table payroll"),
        ("writer", "DELETE FROM orders", "permission denied for table orders"),
        ("writer", "INSERT INTO customers (name, email) VALUES ('x', 'x')", "permission denied for table customers"),
        ("auditor", "UPDATE payroll SET salary = 0", "permission denied for table payroll"),
        ("migrator", "CREATE SCHEMA more", "permission denied for database app"),
        ("migrator", "CREATE ROLE more", "permission denied to create role"),
        ("migrator", "COPY customers TO PROGRAM 'id'", "permission denied to COPY to or from an external program"),
        ("migrator", "SELECT pg_read_file('/leasehold/cluster.sql')", "permission denied for function pg_read_file"),
    ],
)
def test_refused_by_the_database(lease: Take, role: str, statement: str, message: str) -> None:
    with lease(role).connect() as connection, pytest.raises(errors.InsufficientPrivilege, match=message):
        connection.execute(statement.encode())


def test_nobody_takes_another_role(lease: Take) -> None:
    with lease("reader").connect() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SET ROLE auditor")


def test_writer_writes_into_a_table_with_a_serial_column(lease: Take) -> None:
    with lease("writer").connect() as connection:
        cursor = connection.execute("INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'x', 1)")
        assert cursor.rowcount == 1


def test_auditor_alone_reads_payroll_and_what_is_made_later(lease: Take) -> None:
    with lease("migrator").connect() as connection:
        connection.execute("CREATE TABLE bonus (amount int)")
    with lease("auditor").connect() as connection:
        assert connection.execute("SELECT count(*) FROM payroll").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM bonus").fetchone() == (0,)
    with lease("reader").connect() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM bonus")


def test_a_named_table_keeps_its_grants_when_it_is_made_anew(lease: Take) -> None:
    with lease("migrator").connect() as connection:
        connection.execute("ALTER TABLE customers RENAME TO customers_before")
        connection.execute("CREATE TABLE customers AS TABLE customers_before")
    with lease("reader").connect() as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (2,)
    with lease("migrator").connect() as connection:
        connection.execute("DROP TABLE customers")
        connection.execute("ALTER TABLE customers_before RENAME TO customers")


def test_a_lease_holds_no_more_connections_than_declared(lease: Take) -> None:
    held = lease("auditor")
    first, second = held.connect(), held.connect()
    with first, second, pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        held.connect()
