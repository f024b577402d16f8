"""Sweep: destroys abandoned runs, and never one that is alive."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..clock import moment
from ..contract import MAX_TERM
from ..denials.session_log import remove_old_logs
from ..engines import labelled
from ..engines.resources import Inventory
from ..errors import LeaseholdError
from ..leases.authority import authority_files, is_over
from . import name_locks
from .ended import why_abandoned
from .exclusive import TEARDOWN, exclusive, remove_lock_files
from .name_lock import NameLock
from .other_engines import made_elsewhere
from .swept import Swept
from .teardown import tear_down

AT_ONCE = 3
"""How many runs are destroyed side by side: most of the time goes into waiting."""


@dataclass(frozen=True)
class Candidate:
    """An abandoned run.

    Attributes:
        reason: Why it counts as abandoned.
        name_lock: Our name lock on it; None for one that was created by others, and whose term is over.
    """

    reason: str
    name_lock: NameLock | None = None


def candidates() -> dict[str, Candidate]:
    """Return the abandoned runs, by name.

    These are runs whose term is over, and runs of this user's on this host whose creator is provably gone, unless they
    are kept, or whose destruction failed or was cut short, kept or not. One that a living process destroys is left to
    it. What was made on another engine is left to be swept there; what is not labelled ours, and what somebody else
    created, is left to its term.

    Raises:
        EngineError: The engine cannot be reached.
    """
    resources = labelled.resources_of_runs()
    found = {resource.run: Candidate("its term is over") for resource in resources if resource.expired}
    for name_lock in name_locks.every():
        if made_elsewhere(name_lock):
            continue
        own = Inventory.of(resource for resource in resources if resource.name_lock == name_lock.id)
        if why := why_abandoned(name_lock, own):
            found[name_lock.name] = Candidate(why, name_lock)
        elif name_lock.age > MAX_TERM and own.empty:
            found[name_lock.name] = Candidate("it is older than any term", name_lock)
    return found


def sweep(on_run: Callable[[str, str], None] = lambda run, reason: None) -> list[Swept]:
    """Destroy every abandoned run, a few at a time.

    Whether it still is that run is looked at again when its turn has come. What goes wrong with one is told with it,
    and keeps none of the others.

    Args:
        on_run: Called with name and reason before each.
    """
    swept = _destroy_all(candidates(), on_run)
    remove_lock_files()
    remove_old_logs(MAX_TERM)
    _clear_authorities()
    return swept


def clear_killed(on_note: Callable[[str], None] = lambda line: None) -> None:
    """Destroy the runs of this user's whose creator, or whoever was destroying them, is provably gone, or failed at it:
    they take addresses that a new run needs.

    What goes wrong with one is told, and keeps nobody from creating another.

    Args:
        on_note: Called with a sentence about each.
    """
    killed = [one for one in name_locks.every() if one.abandoned and not made_elsewhere(one)]
    found = {one.name: Candidate(why_abandoned(one, Inventory()), one) for one in killed}
    for swept in _destroy_all(found):
        if swept.error:
            on_note(f"Run {swept.run!r} could not be cleared: {swept.error}")
        else:
            on_note(f"Run {swept.run!r} was cleared: {swept.reason}.")


def _destroy_all(
    found: Mapping[str, Candidate], on_run: Callable[[str, str], None] = lambda run, reason: None
) -> list[Swept]:
    """Destroy runs, a few at a time; what goes wrong with one is told with it."""

    def destroy_one(run: str, candidate: Candidate) -> Swept:
        on_run(run, candidate.reason)
        try:
            return Swept(run, candidate.reason, tuple(_destroy(run, candidate.name_lock)))
        except LeaseholdError as error:
            return Swept(run, candidate.reason, error=str(error))
        except Exception as error:  # whatever it is, the other runs' results are wanted
            return Swept(run, candidate.reason, error=f"It could not be destroyed: {type(error).__name__}: {error}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(destroy_one, found, found.values()))


def _destroy(run: str, name_lock: NameLock | None) -> list[str]:
    notes = tear_down(name_lock).notes if name_lock else []
    with exclusive(run, TEARDOWN):
        return [*notes, *labelled.remove_expired(run)]


def _clear_authorities() -> None:
    """Remove certificates of runs that plain Pulumi has destroyed, once they are worth nothing to anybody."""
    for path in authority_files():
        if is_over(path, moment()):
            path.unlink(missing_ok=True)
