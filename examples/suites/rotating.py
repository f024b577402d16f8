"""How an application lives through a rotation: it asks for its credentials when it connects, and never keeps them.

Each pool below opens its connections with whatever `Credentials` holds at that moment. When a rotation is announced,
the application takes a new lease; connections of the old one are replaced before they are used again.
"""

from typing import Any

import asyncpg
import psycopg
from psycopg_pool import ConnectionPool
from sqlalchemy import URL, Engine, create_engine, event

from leasehold import Lease
from leasehold.databases import drivers


class Credentials:
    """The lease that the application works with now."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease


def psycopg_pool(credentials: Credentials) -> "ConnectionPool[psycopg.Connection[Any]]":
    """Return a pool, which needs no word of a rotation: it looks at each connection before it is used."""

    def check(connection: psycopg.Connection[Any]) -> None:
        if connection.info.user != credentials.lease.user:
            connection.close()  # the pool opens another in its place
            raise psycopg.OperationalError("these credentials have been replaced")

    return ConnectionPool(
        kwargs=lambda: drivers.libpq(credentials.lease), check=check, min_size=2, max_size=4, open=True
    )


def sqlalchemy_engine(credentials: Credentials) -> Engine:
    """Return an engine; `engine.dispose(close=False)` after the lease has been replaced."""
    engine = create_engine(URL.create("postgresql+psycopg"), pool_size=4)

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, args: Any, parameters: dict[str, Any]) -> None:
        parameters.update(drivers.libpq(credentials.lease))

    return engine


async def asyncpg_pool(credentials: Credentials) -> "asyncpg.Pool[asyncpg.Record]":
    """Return a pool; `await pool.expire_connections()` after the lease has been replaced."""

    async def connect(*_: Any, **more: Any) -> "asyncpg.Connection[asyncpg.Record]":
        parameters = {name: more[name] for name in ("loop", "connection_class", "record_class")}
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            **drivers.asyncpg(credentials.lease), **parameters
        )
        return connection

    return await asyncpg.create_pool(connect=connect, min_size=2, max_size=4)
