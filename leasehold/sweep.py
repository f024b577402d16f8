"""Sweeping: clearing runs that nobody will come back for, and never one that is alive."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import claims, engine
from .authority import authority_files
from .errors import LeaseholdError, RunNotFoundError
from .run import destroy

LONGEST_TERM = 24 * 3600
"""Longest term of a run, in seconds; the components hold to the same."""

AT_ONCE = 3
"""How many runs are destroyed side by side: most of the time goes into waiting."""

_UP = 300.0
"""Seconds until a run's certificate counts as left behind: its containers come after it."""


@dataclass(frozen=True)
class Swept:
    """What came of one run that was to be swept.

    Attributes:
        run: Its name.
        reason: Why it was to be swept.
        notes: What destroying it met.
        error: Why it could not be; empty when it is gone.
    """

    run: str
    reason: str
    notes: tuple[str, ...] = ()
    error: str = ""


def candidates() -> dict[str, str]:
    """Return the runs that nobody will come back for, with the reason.

    These are runs whose term is over, and runs of this user's on this host whose creator is provably gone, unless they
    are kept. What is not labelled ours, and what somebody else created, is left to its term.

    Raises:
        EngineError: The Docker Engine cannot be reached.
    """
    inventories = engine.take_inventories()
    reasons = {name: "its term is over" for name, inventory in inventories.items() if inventory.expired}
    for claim in claims.every():
        if claim.abandoned:
            reasons[claim.name] = f"its creator, {claim.process}, is gone"
        elif claim.age > LONGEST_TERM and claim.name not in inventories:
            reasons[claim.name] = "it is older than any term"
    return reasons


def sweep(on_run: Callable[[str, str], None] = lambda run, reason: None) -> list[Swept]:
    """Destroy every run that nobody will come back for, a few at a time.

    Args:
        on_run: Called with name and reason before each.
    """

    def destroy_one(run: str, reason: str) -> Swept:
        on_run(run, reason)
        try:
            return Swept(run, reason, tuple(destroy(run).notes))
        except RunNotFoundError:
            return Swept(run, reason, ("somebody else swept it at the same time",))
        except LeaseholdError as error:
            return Swept(run, reason, error=str(error))

    found = candidates()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        swept = list(pool.map(destroy_one, found, found.values()))
    claims.clear_turns()
    _clear_authorities()
    return swept


def _clear_authorities() -> None:
    """Remove certificates of runs that plain Pulumi has destroyed."""
    alive = {*engine.take_inventories(), *(claim.name for claim in claims.every())}
    for path in authority_files():
        if path.stem not in alive and time.time() - path.stat().st_mtime > _UP:
            path.unlink(missing_ok=True)
