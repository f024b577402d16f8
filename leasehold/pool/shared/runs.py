"""The runs of a keeper whose pool is shared: each is locked and offered in the cluster, and sessions take it there."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...clock import now
from ...engines.locks import ENDING, READY, Lock, Locks
from ...errors import EngineError, LeaseholdError, RunNotFoundError
from ...inputs import fingerprints
from ...runs import name_locks
from ...runs.ended import inventory_under, why_abandoned
from ...runs.held.dead import Reaper, remove
from ...runs.held.locking import DURATION, Renewal, holder, move
from ...runs.teardown import tear_down
from ..protocol import Asker, Warm
from ..runs import MadeRuns
from . import offer as offers
from .offer import Offer, with_login
from .taking import deciding

SOMEBODY = "somebody"
"""Has taken a run that is gone by now."""


class SharedRuns:
    """See `protocol.Runs`.

    A run's lock is there before the run is offered, and the keeper is its first holder: if the keeper dies, the lock
    runs out. From then on the lock alone says whose the run is, and no more the process in the name lock.
    """

    def __init__(
        self, made: MadeRuns, locks: Locks, tell: Callable[[str], None], *, pool: str, recipe: str, checkout: Path
    ) -> None:
        """Begin; nothing is made yet.

        Args:
            made: Makes them.
            locks: The engine's.
            tell: Called with a sentence about what it does.
            pool: The pool's name.
            recipe: The recipe's key.
            checkout: Where this machine has the project.
        """
        self._made, self._locks, self._pool, self._recipe = made, locks, pool, recipe
        self._checkout, self._tell = checkout, tell
        self._shell = deciding(fingerprints(os.environ))
        self._holder = holder()
        self._reaper = Reaper(locks, self._holder)
        self.renewal = Renewal(locks, tell)

    def make(self) -> Warm:
        """Make a run, lock it, and put what it offers into it.

        Raises:
            LeaseholdError: It could not be made.
        """
        run = self._made.make()
        try:
            self._lock_and_offer(run)
        except BaseException:
            self.renewal.drop(run.name)
            self._made.discard(run)
            raise
        return run

    def _lock_and_offer(self, run: Warm) -> None:
        lock = Lock(run.name, run.name_lock, self._holder, self._pool, self._recipe, DURATION)
        self.renewal.add(self._locks.create(replace(lock, acquired=now(), renewed=now())))
        found = name_locks.find(run.name)
        if found is None or found.id != run.name_lock:
            raise RunNotFoundError(f"Run {run.name!r} is gone: somebody destroyed it.")
        with name_locks.held(found) as current:
            name_locks.change(current, kept=True, shared=self._pool)
        inputs = run.inputs.below(self._checkout)
        offer = Offer(with_login(run.outputs, ""), inputs, self._shell, run.made, run.ends)
        offers.put(run.name, offer, str(run.outputs["orchestrator"]["secret_id"]))
        if why := run.inputs.changed():
            raise RunNotFoundError(f"Run {run.name!r} was made for nothing: {why} meanwhile.")

    def stop(self) -> None:
        """End what is being made."""
        self._made.stop()

    def mark_ready(self, run: Warm) -> None:
        """Let sessions take a run.

        Raises:
            RunNotFoundError: Somebody has ended it.
        """
        lock = self.renewal.drop(run.name)
        ready = move(self._locks, lock, state=READY) if lock else None
        if ready is None:
            self._made.discard(run)
            raise RunNotFoundError(f"Run {run.name!r} was ended by somebody: its lock was not renewed in time.")
        self.renewal.add(ready)

    def outdated(self) -> str:
        """Return why nobody can want what this process makes any more, as a sentence."""
        return self._made.outdated()

    def unfit(self, run: Warm) -> str:
        """Return why a run serves nobody any more, as a clause; see `Runs.unfit`."""
        self._locks.find(run.name)  # where that fails nobody can take it, either
        return self._made.unfit(run)

    def other(self, run: Warm, asker: Asker) -> str:
        """Refuse: a session takes a run in the cluster."""
        return f"it is of the shared pool {self._pool!r}"

    def taken(self, run: Warm, asker: Asker) -> bool:
        """Return False: nobody is offered one here."""
        return False

    def taker(self, run: Warm) -> str:
        """Return who has taken a run."""
        try:
            lock = self._lock(run)
        except EngineError:
            return ""
        if lock is None:
            return SOMEBODY
        return "" if lock.holder == self._holder else lock.holder

    def discard(self, run: Warm) -> None:
        """Destroy a run, unless somebody has just taken it."""
        self.renewal.drop(run.name)
        lock = self._lock(run)
        if lock is not None:
            mine = move(self._locks, lock, state=ENDING) if lock.holder == self._holder else None
            if mine is None:
                self._tell(f"Run {run.name!r} stays: it was taken at that moment.")
                return
        remove(lock or Lock(run.name, run.name_lock, "", self._pool, self._recipe, DURATION))

    def over(self, run: Warm) -> bool:
        """Return whether a run that was taken has ended."""
        try:
            return self._lock(run) is None
        except EngineError:
            return False

    def tidy(self) -> None:
        """End the runs whose holders are dead, of every pool; clear what is here of those that have ended elsewhere."""
        try:
            for swept in self._reaper.look():
                self._tell(f"Run {swept.run!r} was ended: {swept.error or swept.reason}.")
            self._clear()
        except LeaseholdError as error:
            self._tell(str(error))

    def _clear(self) -> None:
        for name_lock in name_locks.every():
            if name_lock.shared and not name_lock.desk and not name_lock.is_ending:
                there = inventory_under(name_lock)
                if there.empty and why_abandoned(name_lock, there):
                    tear_down(name_lock)

    def _lock(self, run: Warm) -> Lock | None:
        found = self._locks.find(run.name)
        return found if found and found.name_lock == run.name_lock else None
