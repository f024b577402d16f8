"""Drills: a planned rotation costs no failed request, an emergency ends every session of the lease."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

import leasehold
from examples.suites.rotating import Credentials, asyncpg_pool, psycopg_pool, sqlalchemy_engine
from leasehold.pytest_plugin.fixtures import Drills, TakeLease

WHO = "SELECT session_user::text, count(*) FROM orders"
GRACE = 1.0  # seconds in which the application takes new credentials
BEFORE = 0.5  # seconds that it has worked until then
AFTER = 0.5  # seconds that it works on afterwards
WORKERS = 4


@contextmanager
def at_work(request: Callable[[], str]) -> Iterator[dict[str, int]]:
    """Send requests all the time, from several threads; count them by the login that served them."""
    served: dict[str, int] = {}
    failed: list[Exception] = []
    stop, lock = threading.Event(), threading.Lock()

    def work() -> None:
        while not stop.is_set():
            try:
                user = request()
            except Exception as error:
                failed.append(error)
                return
            with lock:
                served[user] = served.get(user, 0) + 1

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield served
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []


def test_psycopg_pool(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)
    with psycopg_pool(credentials) as pool:

        def request() -> str:
            with pool.connection() as connection:
                row = connection.execute(WHO).fetchone()
            assert row is not None
            return str(row[0])

        with at_work(request) as served:
            time.sleep(BEFORE)
            rotation.planned(old, grace=GRACE)
            credentials.lease = lease("reader")
            rotation.wait()
            time.sleep(AFTER)
    assert set(served) == {old.user, credentials.lease.user}


def test_sqlalchemy(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)
    engine = sqlalchemy_engine(credentials)

    def request() -> str:
        with engine.connect() as connection:
            return str(connection.execute(text(WHO)).one()[0])

    with at_work(request) as served:
        time.sleep(BEFORE)
        rotation.planned(old, grace=GRACE)
        credentials.lease = lease("reader")
        engine.dispose(close=False)
        rotation.wait()
        time.sleep(AFTER)
    engine.dispose()
    assert set(served) == {old.user, credentials.lease.user}


def test_asyncpg(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)

    async def work() -> set[str]:
        served: set[str] = set()
        done = asyncio.Event()
        async with await asyncpg_pool(credentials) as pool:

            async def request() -> None:
                while not done.is_set():
                    row = await pool.fetchrow(WHO)
                    assert row is not None
                    served.add(str(row[0]))

            requests = [asyncio.create_task(request()) for _ in range(WORKERS)]
            await asyncio.sleep(BEFORE)
            rotation.planned(old, grace=GRACE)
            credentials.lease = await asyncio.to_thread(lease, "reader")
            await pool.expire_connections()
            await asyncio.to_thread(rotation.wait)
            await asyncio.sleep(AFTER)
            done.set()
            await asyncio.gather(*requests)
        return served

    assert asyncio.run(work()) == {old.user, credentials.lease.user}


@pytest.mark.parametrize("before", ["SELECT 1", "BEGIN; SELECT count(*) FROM orders"])
def test_an_emergency_ends_every_session(lease: TakeLease, rotation: Drills, before: str) -> None:
    held = lease("reader")
    sessions = [held.connect(autocommit=True) for _ in range(3)]
    for session in sessions:
        session.execute(before.encode())
    began = time.monotonic()
    rotation.emergency(held)
    for session in sessions:
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert time.monotonic() - began < 2
    with leasehold.expect_denial("reader", kind="revoked login"), pytest.raises(psycopg.OperationalError):
        held.connect()


def test_an_emergency_ends_a_session_that_acts_as_its_role(lease: TakeLease, rotation: Drills) -> None:
    held = lease("migrator")
    session = held.connect(autocommit=True)
    session.execute("SET ROLE migrator")
    assert session.execute("SELECT current_user").fetchone() == ("migrator",)
    rotation.emergency(held)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
