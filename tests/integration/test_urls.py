"""A lease in a URL connects, and whom it meets is verified: by each driver that is at hand in Python."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from leasehold import Lease, Run, drivers
from leasehold.leases.authority import authority_file
from leasehold.leases.handover import password_file
from leasehold.leases.urls import fill, url

TakeLease = Callable[[str], Lease]
TEMPLATE = "{user}@{host}:{port}/{database}?sslmode=verify-full&sslrootcert={authority_file}&passfile={passfile}"


@pytest.fixture
def passfile(lease: TakeLease) -> Iterator[Callable[[Lease], Path]]:
    with ExitStack() as files:
        yield lambda held: files.enter_context(password_file(held))


def by_psycopg(held: Lease, file: Path) -> str:
    with psycopg.connect(url(held, file)) as connection:
        assert connection.pgconn.ssl_in_use
        return str(connection.execute("SELECT session_user").fetchone())


def by_asyncpg(held: Lease, file: Path) -> str:
    async def ask() -> str:
        connection = await asyncpg.connect(url(held, file))
        try:
            return str(await connection.fetchval("SELECT session_user"))
        finally:
            await connection.close()

    return asyncio.run(ask())


def _sqlalchemy(named: Any) -> str:
    engine = sqlalchemy.create_engine(named)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(sqlalchemy.text("SELECT session_user")))
    finally:
        engine.dispose()


def by_sqlalchemys_url(held: Lease, file: Path) -> str:
    return _sqlalchemy(fill(f"postgresql+psycopg://{TEMPLATE}", held, file))


def by_sqlalchemy(held: Lease, file: Path) -> str:
    return _sqlalchemy(sqlalchemy.URL.create(**drivers.sqlalchemy(held)))


def by_sqlalchemy_on_asyncpg(held: Lease, file: Path) -> str:
    async def ask() -> str:
        engine = create_async_engine(sqlalchemy.URL.create(**drivers.sqlalchemy(held, "postgresql+asyncpg")))
        try:
            async with engine.connect() as connection:
                return str(await connection.scalar(sqlalchemy.text("SELECT session_user")))
        finally:
            await engine.dispose()

    return asyncio.run(ask())


WAYS = [by_psycopg, by_asyncpg, by_sqlalchemys_url, by_sqlalchemy, by_sqlalchemy_on_asyncpg]
UNTRUSTED = (psycopg.OperationalError, sqlalchemy.exc.OperationalError, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("way", WAYS)
def test_it_connects_to_whom_it_trusts_alone(
    way: Callable[[Lease, Path], str],
    lease: TakeLease,
    passfile: Callable[[Lease], Path],
    short_terms: Run,
) -> None:
    """The other authority is another run's."""
    held = lease("reader")
    file = passfile(held)
    assert held.user in way(held, file)
    with pytest.raises(UNTRUSTED, match="certificate verify failed"):
        way(replace(held, authority_file=authority_file(short_terms.outputs)), file)
