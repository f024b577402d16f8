"""Ending runs whose holder is dead: its lock ran out. Whoever has the rights may, and only one does."""

import time
from collections.abc import Callable
from dataclasses import replace

from ...clock import now
from ...engines import labelled
from ...engines.current import current
from ...engines.locks import ENDING, Lock, LockLostError, Locks
from ...errors import LeaseholdError
from .. import name_locks
from ..exclusive import TEARDOWN, exclusive
from ..swept import Swept
from .locking import Observer, holder

_PAUSE = 1.0  # seconds between two looks


def remove(lock: Lock) -> list[str]:
    """Remove a run: with its stack, if it is this machine's, or else by its labels alone.

    Raises:
        LeaseholdError: It could not be.
    """
    name_lock = name_locks.find(lock.run)
    if name_lock and name_lock.id == lock.name_lock:
        from ..teardown import tear_down  # noqa: PLC0415 - slow to import

        return tear_down(name_lock).notes
    with exclusive(lock.run, TEARDOWN):
        return labelled.remove_all(lock.name_lock)


def seize(locks: Locks, lock: Lock, by: str) -> bool:
    """Take the lock on a run over, to end the run; return False if it has changed since it was seen.

    A holder that renews it just now is alive, and keeps the run.

    Args:
        locks: The engine's.
        lock: The lock, which has run out.
        by: What the caller calls itself.
    """
    at = now()
    try:
        locks.replace(replace(lock, holder=by, state=ENDING, acquired=at, renewed=at))
    except LockLostError:
        return False
    return True


class Reaper:
    """Ends such runs, for a process that goes on."""

    def __init__(self, locks: Locks, by: str) -> None:
        self._locks, self._by, self._observer = locks, by, Observer()

    def look(self, on_run: Callable[[Lock], None] = lambda lock: None) -> list[Swept]:
        """End what has run out by now; return what came of each.

        Args:
            on_run: Called with the lock on each that is ended, before.

        Raises:
            EngineError: The engine cannot be reached.
        """
        return [swept for lock in self._observer.look(self._locks.every) if (swept := self._end(lock, on_run))]

    def _end(self, lock: Lock, on_run: Callable[[Lock], None]) -> Swept | None:
        try:
            if not seize(self._locks, lock, self._by):
                return None
            on_run(lock)
            return Swept(lock.run, reason(lock), tuple(remove(lock)))
        except LeaseholdError as error:  # the lock runs out again, and the next one tries
            return Swept(lock.run, reason(lock), error=str(error))


def reason(lock: Lock) -> str:
    """Return why a run is ended, as a clause."""
    return f"its holder, {lock.holder}, has not renewed its lock for {lock.duration} s"


def sweep(on_run: Callable[[str, str], None], on_wait: Callable[[str], None]) -> list[Swept]:
    """End every run whose lock has run out; return once each lock was seen to be renewed, or is gone.

    Args:
        on_run: Called with name and reason before each.
        on_wait: Called with a sentence, if there are any locks.

    Raises:
        EngineError: The engine cannot be reached.
    """
    locks = current().locks
    waiting = {lock.name_lock: lock for lock in locks.every() if lock.is_held} if locks else {}
    if locks is None or not waiting:
        return []
    longest = max(lock.duration for lock in waiting.values())
    on_wait(f"Waiting until the holders of {len(waiting)} runs renew their locks, at most {longest} s ...")
    reaper, swept = Reaper(locks, holder()), list[Swept]()
    while waiting:
        swept += reaper.look(lambda lock: on_run(lock.run, reason(lock)))
        there = {lock.name_lock: lock for lock in locks.every()}
        done = {one.run for one in swept}
        waiting = {key: lock for key, lock in waiting.items() if there.get(key) == lock and lock.run not in done}
        time.sleep(_PAUSE if waiting else 0)
    return swept
