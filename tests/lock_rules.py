"""What holds of an engine's locks on runs, in memory and in a cluster."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from leasehold.engines.locks import READY, TAKEN, Lock, LockLostError, Locks
from leasehold.runs.held.locking import move

AT_ONCE = 20


def one_of_two_changes_is_made(locks: Locks, lock: Lock) -> None:
    """Of two changes of one version, the first is made; and there is one lock on a run.

    Args:
        locks: The engine's.
        lock: One on a run that is there and has none.
    """
    made = locks.create(lock)
    assert replace(made, version="") == lock
    assert locks.find(lock.run) == made
    with pytest.raises(LockLostError):
        locks.create(lock)
    taken = locks.replace(replace(made, holder="one", state=TAKEN, renewed=lock.renewed + 1))
    assert taken.version != made.version
    with pytest.raises(LockLostError):
        locks.replace(replace(made, holder="two", state=TAKEN))
    assert locks.find(lock.run) == taken
    assert locks.every(lock.pool) == [taken]
    assert locks.every("another") == []


def no_run_is_taken_twice(locks: Locks, pool: str) -> None:
    """Of many who want the few ready runs of a pool at the same moment, each run has one, also while the keeper renews
    its locks."""
    ready = [lock for lock in locks.every(pool) if lock.state == READY]
    begin = Barrier(AT_ONCE + 1)

    def take(holder: str) -> list[str]:
        begin.wait()
        return [lock.run for lock in ready if move(locks, lock, holder=holder, state=TAKEN)]

    def renew() -> None:
        begin.wait()
        for lock in ready:
            move(locks, lock)

    with ThreadPoolExecutor(AT_ONCE + 1) as pool_of_threads:
        renewing = pool_of_threads.submit(renew)
        got = list(pool_of_threads.map(take, [f"taker-{number}" for number in range(AT_ONCE)]))
        renewing.result()
    assert sorted(run for runs in got for run in runs) == sorted(lock.run for lock in ready)
    holders = {lock.run: lock.holder for lock in locks.every(pool)}
    assert holders == {run: f"taker-{number}" for number, runs in enumerate(got) for run in runs}


def what_is_gone_has_no_lock(locks: Locks, lock: Lock) -> None:
    """A lock goes with its run.

    Args:
        locks: The engine's.
        lock: The lock on a run that has just been removed.
    """
    assert locks.find(lock.run) is None
    with pytest.raises(LockLostError):
        locks.replace(lock)
    with pytest.raises(LockLostError):
        locks.create(lock)
