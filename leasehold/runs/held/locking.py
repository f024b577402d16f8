"""What is done to a run's lock: it is moved from one holder to the next, and renewed; and when it has run out."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ...clock import now, steady
from ...engines.locks import Lock, LockLostError, Locks
from ...errors import EngineError

DURATION, RENEWED_EVERY = 40, 10.0
"""How long a holder may be silent before it counts as dead, and how often it renews its locks, in seconds: as a node's
Lease (Kubernetes manual, Nodes, heartbeats: 40 s, and 10 s)."""


def holder() -> str:
    """Return what this process calls itself, as leader election does: its host, and what nobody else has."""
    return f"{socket.gethostname()}_{uuid4()}"


def move(locks: Locks, lock: Lock, **fields: Any) -> Lock | None:
    """Change a lock that its holder may renew meanwhile; return it, or None if somebody else has changed it.

    Args:
        locks: The engine's.
        lock: The lock as the caller has seen it.
        fields: What becomes of it; another holder has it from now on.
    """
    wanted: Lock | None = lock
    while wanted is not None:  # again only if the same holder has just renewed it
        at = now()
        acquired = at if "holder" in fields else wanted.acquired
        with suppress(LockLostError):
            return locks.replace(replace(wanted, **{"acquired": acquired, "renewed": at, **fields}))
        found = locks.find(lock.run)
        wanted = found if found and _who(found) == _who(lock) else None
    return None


def _who(lock: Lock) -> tuple[str, str, str]:
    return lock.name_lock, lock.holder, lock.state


class Renewal:
    """Renews the locks that a process holds."""

    def __init__(self, locks: Locks, tell: Callable[[str], None]) -> None:
        """Begin without any.

        Args:
            locks: The engine's.
            tell: Called with a sentence, from a thread.
        """
        self._locks, self._tell = locks, tell
        self._held: dict[str, Lock] = {}
        self._turn, self._over = threading.Lock(), threading.Event()

    def add(self, lock: Lock) -> None:
        """Renew a lock from now on, for as long as it is this holder's and in this state."""
        with self._turn:
            self._held[lock.run] = lock

    def drop(self, run: str) -> Lock | None:
        """Renew the lock on a run no more; return it, or None if it was lost, or never there."""
        with self._turn:
            return self._held.pop(run, None)

    def renew(self) -> None:
        """Renew every lock now."""
        with self._turn:  # so that none is renewed that was just dropped
            for lock in [*self._held.values()]:
                try:
                    renewed = move(self._locks, lock)
                except EngineError as error:
                    self._tell(f"The lock on run {lock.run!r} could not be renewed: {error}")
                    continue
                if renewed:
                    self._held[lock.run] = renewed
                else:
                    del self._held[lock.run]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Renew them in time for the length of a block."""
        thread = threading.Thread(target=self._work, name="leasehold renewal", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _work(self) -> None:
        while not self._over.wait(RENEWED_EVERY):
            self.renew()


class Observer:
    """Knows which locks have run out: those that did not change for as long as they last, by this process's own clock.

    Nobody's clock is compared with another's, so that two machines need not agree on the time.
    """

    def __init__(self, clock: Callable[[], float] = steady) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[str, float]] = {}

    def look(self, read: Callable[[], Iterable[Lock]]) -> list[Lock]:
        """Return which have run out, of those that are there and have a holder.

        Args:
            read: Reads them.
        """
        before = self._clock()
        there = [lock for lock in read() if lock.is_held]
        after = self._clock()  # a lock was unchanged from after the first reading until before the last one
        seen = {lock.name_lock: self._seen.get(lock.name_lock, ("", 0.0)) for lock in there}
        self._seen = {
            lock.name_lock: seen[lock.name_lock] if seen[lock.name_lock][0] == lock.version else (lock.version, after)
            for lock in there
        }
        return [lock for lock in there if before - self._seen[lock.name_lock][1] > lock.duration]
