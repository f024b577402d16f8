"""asyncpg: connections and pools of an async application."""

import asyncio

import asyncpg
import pytest

import leasehold
from leasehold import Lease
from leasehold.databases.drivers import asyncpg as parameters
from leasehold.pytest_plugin.fixtures import TakeLease


async def fetch(lease: Lease, statement: str, *arguments: object) -> "asyncpg.Record | None":
    connection = await asyncpg.connect(**parameters(lease))
    try:
        row: asyncpg.Record | None = await connection.fetchrow(statement, *arguments)
        return row
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["reader", "writer", "auditor"])
def test_reading(lease: TakeLease, role: str) -> None:
    row = asyncio.run(fetch(lease(role), "SELECT count(*) AS orders, current_user AS who FROM orders"))
    assert row is not None
    assert (row["orders"], row["who"].startswith(f"{role}_")) == (2, True)


@pytest.mark.parametrize("quantity", range(1, 5))
def test_writing(lease: TakeLease, quantity: int) -> None:
    statement = (
        "INSERT INTO orders (customer_id, item, quantity) VALUES (2, 'map', $1) RETURNING quantity, current_user AS who"
    )
    row = asyncio.run(fetch(lease("writer"), statement, quantity))
    assert row is not None
    assert (row["quantity"], row["who"].startswith("writer_")) == (quantity, True)


@pytest.mark.parametrize("role", ["reader", "writer"])
def test_payroll_is_closed(lease: TakeLease, role: str) -> None:
    held = lease(role)
    row = asyncio.run(fetch(held, "SELECT current_user AS who"))
    assert row is not None
    assert row["who"] == held.user
    denial = leasehold.expect_denial(role, on="payroll")
    with denial, pytest.raises(asyncpg.InsufficientPrivilegeError, match="payroll"):
        asyncio.run(fetch(held, "SELECT * FROM payroll"))


def test_a_pool(lease: TakeLease) -> None:
    held = lease("reader")

    async def work() -> set[str]:
        async with asyncpg.create_pool(**parameters(held), min_size=2, max_size=4) as pool:
            return set(await asyncio.gather(*(pool.fetchval("SELECT current_user") for _ in range(8))))

    assert asyncio.run(work()) == {held.user}


def test_tasks_with_different_roles(lease: TakeLease) -> None:
    leases = [lease("reader"), lease("writer"), lease("auditor")]

    async def work() -> "list[asyncpg.Record | None]":
        return await asyncio.gather(*(fetch(held, "SELECT current_user AS who") for held in leases))

    assert [row["who"] for row in asyncio.run(work()) if row] == [held.user for held in leases]
