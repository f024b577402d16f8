"""Locks on runs that stand on the engine itself, so that processes on different machines see the same.

A lock says who has a run, and goes with the run. Whoever changes it names the version that he has seen: of two who
change the same version one succeeds. A holder renews his lock as long as he lives.
"""

from dataclasses import dataclass
from typing import Protocol

from ..errors import EngineError

READY, TAKEN, ENDING, KEPT = "ready", "taken", "ending", "kept"
"""States of a lock: its holder keeps the run for whoever asks; uses it; destroys it; has left it to stand until its
term, and renews the lock no more."""


class LockLostError(EngineError):
    """Somebody else has changed a lock, or it is gone."""


@dataclass(frozen=True)
class Lock:
    """A lock on a run.

    Attributes:
        run: The run's name.
        name_lock: Id of the name lock under which the run was made.
        holder: Who has it: no two processes call themselves the same.
        pool: Name of the pool that it was made for; empty for one that a job has made for itself.
        recipe: The recipe's key; empty likewise.
        duration: How long its holder may be silent before he counts as dead, in seconds.
        state: ``READY``, ``TAKEN``, ``ENDING`` or ``KEPT``; empty while it is made ready.
        acquired: Since when its holder has it, in seconds since the epoch, by his own clock.
        renewed: When he renewed it last, by the same.
        version: The engine's: every change gives it another.
    """

    run: str
    name_lock: str
    holder: str
    pool: str
    recipe: str
    duration: int
    state: str = ""
    acquired: float = 0.0
    renewed: float = 0.0
    version: str = ""

    @property
    def is_held(self) -> bool:
        """Whether somebody is to renew it."""
        return self.state != KEPT


class Locks(Protocol):
    """An engine's locks on runs. Each method raises `EngineError` if the engine cannot be reached, or refuses."""

    def every(self, pool: str = "") -> list[Lock]:
        """List the locks on the runs of a pool; of all pools, where none is named."""

    def find(self, run: str) -> Lock | None:
        """Return the lock on a run; None if there is none."""

    def create(self, lock: Lock) -> Lock:
        """Lock a run that is there and has no lock; return the lock as it stands.

        Raises:
            LockLostError: It has one, or the run is gone.
        """

    def replace(self, lock: Lock) -> Lock:
        """Write a lock's holder, state and times, if it still has the version that the caller has seen; return it as it
        stands.

        Raises:
            LockLostError: It has another by now, or is gone.
        """
