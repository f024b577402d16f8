"""Locks on runs in memory, for tests of code that shares runs: of two changes of one version one is made."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from .locks import Lock, LockLostError


class MemoryLocks:
    """See `locks.Locks`."""

    def __init__(self, is_there: Callable[[Lock], bool] = lambda lock: True) -> None:
        """Begin without any.

        Args:
            is_there: Whether a lock's run is there: the lock goes with it.
        """
        self._is_there, self._turn = is_there, threading.Lock()
        self._locks: dict[str, Lock] = {}
        self._versions = count(1)

    def every(self, pool: str = "") -> list[Lock]:
        """List the locks on the runs of a pool; of all pools, where none is named."""
        with self._turn:
            return [lock for lock in self._locks.values() if pool in ("", lock.pool) and self._is_there(lock)]

    def find(self, run: str) -> Lock | None:
        """Return the lock on a run; None if there is none."""
        return next((lock for lock in self.every() if lock.run == run), None)

    def create(self, lock: Lock) -> Lock:
        """Lock a run that is there and has no lock.

        Raises:
            LockLostError: It has one, or the run is gone.
        """
        with self._turn:
            there = self._locks.get(lock.run)
            if (there and self._is_there(there)) or not self._is_there(lock):
                raise LockLostError(f"Run {lock.run!r} has a lock, or is gone.")
            return self._write(lock)

    def replace(self, lock: Lock) -> Lock:
        """Write a lock, if it still has the version that the caller has seen.

        Raises:
            LockLostError: It has another by now, or is gone.
        """
        with self._turn:
            there = self._locks.get(lock.run)
            if there is None or there.version != lock.version or not self._is_there(there):
                raise LockLostError(f"The lock on run {lock.run!r} was changed by somebody else.")
            return self._write(lock)

    def _write(self, lock: Lock) -> Lock:
        self._locks[lock.run] = replace(lock, version=str(next(self._versions)))
        return self._locks[lock.run]
