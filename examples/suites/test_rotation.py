"""Drills: a planned rotation costs no failed request, an emergency ends every session of the lease."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Self

import psycopg
import pytest
from sqlalchemy import text

import leasehold
from examples.suites.rotating import Credentials, asyncpg_pool, psycopg_pool, sqlalchemy_engine
from leasehold.pytest_plugin.fixtures import Drills, TakeLease

WHO = "SELECT session_user::text, count(*) FROM orders"
WORKERS = 4


class Work:
    """What serves an application's workers: which login served each of them last, and how often."""

    def __init__(self) -> None:
        self.served: Counter[str] = Counter()
        self.last: dict[int, str] = {}
        self.times: Counter[int] = Counter()
        self.failed: list[Exception] = []

    def enter(self, worker: int, user: str) -> None:
        """Take note that a login has served a worker."""
        self.served[user] += 1
        self.last[worker] = user
        self.times[worker] += 1

    def all_by(self, user: str) -> Callable[[], bool]:
        """Return what tells whether a login served every worker last."""
        return lambda: bool(self.failed) or [self.last.get(worker) for worker in range(WORKERS)] == [user] * WORKERS

    def all_again(self) -> Callable[[], bool]:
        """Return what tells whether every worker was served twice from now on: one may have begun before."""
        before = self.times.copy()
        return lambda: bool(self.failed) or all(self.times[one] >= before[one] + 2 for one in range(WORKERS))


class Threads(Work):
    """Workers that are threads, and send requests all the time."""

    def __init__(self, request: Callable[[], str]) -> None:
        super().__init__()
        self._request, self._stop, self._turn = request, threading.Event(), threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(WORKERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.failed == []

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait."""
        with self._turn:
            self._turn.wait_for(reached)

    def _work(self, number: int) -> None:
        while not self._stop.is_set():
            try:
                user = self._request()
            except Exception as error:
                with self._turn:
                    self.failed.append(error)
                    self._turn.notify_all()
                return
            with self._turn:
                self.enter(number, user)
                self._turn.notify_all()


def test_psycopg_pool(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)
    with psycopg_pool(credentials) as pool:

        def request() -> str:
            with pool.connection() as connection:
                row = connection.execute(WHO).fetchone()
            assert row is not None
            return str(row[0])

        with Threads(request) as work:
            work.until(work.all_by(old.user))
            credentials.lease = lease("reader")
            work.until(work.all_by(credentials.lease.user))  # so long is the grace period
            rotation.planned(old, grace=0)
            rotation.wait()
            work.until(work.all_again())
    assert set(work.served) == {old.user, credentials.lease.user}


def test_sqlalchemy(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)
    engine = sqlalchemy_engine(credentials)

    def request() -> str:
        with engine.connect() as connection:
            return str(connection.execute(text(WHO)).one()[0])

    with Threads(request) as work:
        work.until(work.all_by(old.user))
        credentials.lease = lease("reader")
        engine.dispose(close=False)
        work.until(work.all_by(credentials.lease.user))
        rotation.planned(old, grace=0)
        rotation.wait()
        work.until(work.all_again())
    engine.dispose()
    assert set(work.served) == {old.user, credentials.lease.user}


def test_asyncpg(lease: TakeLease, rotation: Drills) -> None:
    old = lease("reader")
    credentials = Credentials(old)
    work = Work()

    async def run() -> None:
        done = asyncio.Event()
        async with await asyncpg_pool(credentials) as pool:

            async def requests(number: int) -> None:
                while not done.is_set():
                    try:
                        row = await pool.fetchrow(WHO)
                    except Exception as error:
                        work.failed.append(error)
                        return
                    assert row is not None
                    work.enter(number, str(row[0]))

            async def until(reached: Callable[[], bool]) -> None:
                while not reached():
                    await asyncio.sleep(0)

            workers = [asyncio.create_task(requests(number)) for number in range(WORKERS)]
            await until(work.all_by(old.user))
            credentials.lease = await asyncio.to_thread(lease, "reader")
            await pool.expire_connections()
            await until(work.all_by(credentials.lease.user))
            rotation.planned(old, grace=0)
            await asyncio.to_thread(rotation.wait)
            await until(work.all_again())
            done.set()
            await asyncio.gather(*workers)

    asyncio.run(run())
    assert work.failed == []
    assert set(work.served) == {old.user, credentials.lease.user}


@pytest.mark.parametrize("before", ["SELECT 1", "BEGIN; SELECT count(*) FROM orders"])
def test_an_emergency_ends_every_session(lease: TakeLease, rotation: Drills, before: str) -> None:
    held = lease("reader")
    sessions = [held.connect(autocommit=True) for _ in range(3)]
    for session in sessions:
        session.execute(before.encode())
    rotation.emergency(held)
    for session in sessions:
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
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
