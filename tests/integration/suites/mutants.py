"""Ways past the gate, each in a test of its own that would pass without it. `tests/integration/test_gate.py` runs them.

Denials are swallowed throughout, as applications do.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import hvac
import psycopg
import pytest
from psycopg_pool import ConnectionPool

import leasehold
from leasehold import Lease, Run
from leasehold.databases import drivers

FORBIDDEN = b"SELECT salary FROM payroll"
Connect = Callable[..., psycopg.Connection[Any]]
Take = Callable[[str], Lease]
LATE: list[threading.Thread] = []


def refused(connection: psycopg.Connection[Any], statement: bytes = FORBIDDEN) -> None:
    with contextlib.suppress(psycopg.Error):
        connection.execute(statement)


def test_swallowed(connect: Connect) -> None:
    refused(connect("reader", autocommit=True))


def test_in_a_transaction_that_is_rolled_back_to_a_savepoint(connect: Connect) -> None:
    connection = connect("reader")
    with contextlib.suppress(psycopg.Error), connection.transaction(), connection.transaction():
        connection.execute(FORBIDDEN)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_allowed_by_a_line_past_its_end(connect: Connect) -> None:
    refused(connect("writer", autocommit=True), b"DELETE FROM orders")


def test_allowed_for_another_test(connect: Connect) -> None:
    refused(connect("writer", autocommit=True), b"TRUNCATE orders")


def test_in_a_thread(connect: Connect) -> None:
    thread = threading.Thread(target=refused, args=[connect("reader", autocommit=True)])
    thread.start()
    thread.join()


def test_in_a_task(lease: Take) -> None:
    async def work(held: Lease) -> None:
        connection = await asyncpg.connect(**drivers.asyncpg(held))
        with contextlib.suppress(asyncpg.PostgresError):
            await connection.execute(FORBIDDEN.decode())
        await connection.close()

    asyncio.run(work(lease("reader")))


def test_in_a_pool_of_a_second_lease(lease: Take) -> None:
    first, second = lease("auditor"), lease("reader")
    first.connect().close()
    with ConnectionPool(kwargs=drivers.libpq(second), min_size=1, open=True) as pool, pool.connection() as connection:
        refused(connection)
        connection.rollback()


OTHER_PROCESS = """
import sys, psycopg
try:
    psycopg.connect(sys.stdin.read()).execute("SELECT salary FROM payroll")
except psycopg.Error:
    pass
"""


def test_in_another_process(lease: Take) -> None:
    given = psycopg.conninfo.make_conninfo(**lease("reader").parameters)
    subprocess.run([sys.executable, "-c", OTHER_PROCESS], input=given, text=True, check=True)


@pytest.fixture
def before(connect: Connect) -> None:
    refused(connect("reader", autocommit=True))


def test_in_a_fixture_before(before: None) -> None:
    pass


@pytest.fixture
def after(connect: Connect) -> Iterator[None]:
    connection = connect("reader", autocommit=True)
    yield
    refused(connection)


def test_in_teardown(after: None) -> None:
    pass


@pytest.fixture
def last_of_all(leasehold_run: Run) -> Iterator[None]:
    held = leasehold_run.issuer.lease("reader")
    with held.connect(autocommit=True) as connection:
        yield
        refused(connection, b"SELECT rolpassword FROM pg_authid")
    leasehold_run.issuer.revoke(held)


def test_in_teardown_when_its_database_is_gone(last_of_all: None, connect: Connect) -> None:
    connect("reader")


def test_once_its_lease_has_ended(lease: Take, leasehold_run: Run) -> None:
    held, here = lease("reader"), os.environ["PYTEST_CURRENT_TEST"].split()[0]
    other = leasehold_run.issuer.lease("reader")
    there = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s"

    def late() -> None:
        while os.environ.get("PYTEST_CURRENT_TEST", "").startswith(here):
            time.sleep(0.05)
        with other.connect(autocommit=True) as connection:
            while connection.execute(there, [held.user]).fetchone():
                time.sleep(0.05)
        with contextlib.suppress(psycopg.Error):
            held.connect()
        leasehold_run.issuer.revoke(other)

    LATE.append(threading.Thread(target=late))
    LATE[-1].start()


def test_expected_and_not_there(connect: Connect) -> None:
    with leasehold.expect_denial("reader", on="payroll", sqlstate="42501"):
        connect("reader").execute("SELECT 1")


@pytest.mark.expect_denial("reader", on="payroll")
def test_marked_and_not_there(connect: Connect) -> None:
    connect("reader").execute("SELECT 1")


@pytest.mark.expect_denial("reader", on="payroll")
def test_marked_without_a_run() -> None:
    pass


def test_expected_of_another_role(connect: Connect) -> None:
    with leasehold.expect_denial("reader", on="payroll"):
        refused(connect("writer", autocommit=True))


def test_expected_on_another_table(connect: Connect) -> None:
    with leasehold.expect_denial("reader", on="orders"):
        refused(connect("reader", autocommit=True))


def test_outside_the_block(connect: Connect) -> None:
    connection = connect("reader", autocommit=True)
    with leasehold.expect_denial("reader", on="payroll"):
        refused(connection)
    refused(connection)


@pytest.mark.xfail(reason="another reason")
def test_in_a_test_that_fails_as_it_should(connect: Connect) -> None:
    refused(connect("reader", autocommit=True))
    raise AssertionError


def test_before_it_is_skipped(connect: Connect) -> None:
    refused(connect("reader", autocommit=True))
    pytest.skip("for another reason")


def test_without_tls(lease: Take) -> None:
    with contextlib.suppress(psycopg.Error):
        lease("reader").connect(sslmode="disable")


def test_as_superuser(lease: Take) -> None:
    with contextlib.suppress(psycopg.Error):
        lease("reader").connect(user="postgres")


def test_by_the_broker(broker: Callable[[str], hvac.Client]) -> None:
    with contextlib.suppress(hvac.exceptions.VaultError):
        broker("reader").read("database/creds/auditor")


def test_by_the_broker_to_the_harness(leasehold_run: Run) -> None:
    with contextlib.suppress(leasehold.BrokerError):
        leasehold_run.issuer.request("reader", "GET", "database/creds/auditor")


def test_a_token_that_is_used_up(broker: Callable[[str], hvac.Client]) -> None:
    client = broker("reader")
    for _ in range(1001):  # the last use but one is a mistake to renew, the next finds no token
        with contextlib.suppress(hvac.exceptions.VaultError):
            client.adapter.request("PUT", "/v1/auth/token/renew-self")


def test_quiet(connect: Connect) -> None:
    """Nothing is refused here: whatever is told of it is false."""
    connection = connect("reader")
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT no_such_column FROM orders")


def test_expected_and_there(connect: Connect) -> None:
    connection = connect("reader", autocommit=True)
    with leasehold.expect_denial("reader", on="shop.payroll", sqlstate="42501"):
        connection.execute(FORBIDDEN)


def test_allowed(connect: Connect) -> None:
    refused(connect("auditor", autocommit=True), b"DELETE FROM orders")


def test_last(connect: Connect) -> None:
    """In the last millisecond of the session."""
    for thread in LATE:
        thread.join()
    refused(connect("reader", autocommit=True))
