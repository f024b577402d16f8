"""Acquires the name of a new run, and removes what has a name without a name lock."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..engines import labelled
from ..engines.current import current
from ..engines.resources import Inventory
from ..errors import NotOursError, RunExistsError, RunNotFoundError
from ..pulumi.programs import Program, Source, source_of
from ..pulumi.stack_id import StackId
from . import name_locks
from .ended import inventory_under, why_ended
from .ending import wait_for_end
from .exclusive import TEARDOWN, exclusive
from .lookup import stack_of
from .name_lock import NameLock
from .other_engines import engine_here, made_elsewhere
from .processes import Process
from .teardown import Teardown, tear_down
from .workspace import Workspace


def lock_name(
    name: str,
    source: Source,
    process: Process | None,
    session: str = "",
    *,
    on_note: Callable[[str], None] = lambda line: None,
) -> NameLock:
    """Lock a name for a new run; a run of that name which can serve nobody any more is destroyed first, and the end of
    one that is ending is waited for.

    Args:
        name: The name.
        source: The new run's program.
        process: The process with which it ends; this one, when None.
        session: The session of tests that it is for.
        on_note: Called with a sentence about a run that is destroyed, or whose end is waited for, first.

    Raises:
        RunExistsError: There is a run of this name; names its owner.
        RunBusyError: One of this name is ending, and that takes too long.
        EngineError: The engine cannot be reached, or what is made on it could not.
    """
    labelled.take_inventory(name)  # a clear error, before anything else, if there is no engine
    stack = stack_of(name, source)
    current().check_reach()
    lock = partial(name_locks.acquire, stack, str(source.folder or ""), process, session=session, **engine_here())
    try:
        name_lock = lock()
    except RunExistsError:
        if (held := name_locks.find(name)) and (there := made_elsewhere(held)):
            raise RunExistsError(
                f"There is a run {name!r} already, on another engine ({there}), created by {held}. Take another name, "
                "or end it from a shell that names that engine."
            ) from None
        if held := wait_for_end(name, on_note):
            why = why_ended(held, inventory_under(held))
            if not why or (held.kept and held.stack != stack):
                raise  # a run that was kept is its own program's to make anew
            on_note(f"Run {name!r} is made anew: {why}.")
            tear_down(held)
        name_lock = lock()
    try:
        labelled.remove_expired(name)
        left = Inventory.of(labelled.resources_named(name))
    except BaseException:
        name_locks.release_unused(name_lock)
        raise
    if not left.empty:
        name_locks.release_unused(name_lock)
        raise RunExistsError(
            f"There is a run {name!r} on this engine already, created by {left.owner or 'somebody'}. Nothing of "
            "it was changed. Take another name."
        )
    return name_lock


def destroy_unlocked(name: str, program: Program | Path | str | None) -> Teardown:
    """Remove what carries a run's name without a name lock, if its term is over.

    Raises:
        RunNotFoundError: There is nothing of the name.
        NotOursError: There is, and nothing proves that it may go; says what it is and whose.
    """
    source = source_of(program)
    stack = stack_of(name, source)
    with exclusive(name, TEARDOWN):
        resources, there = labelled.resources_named(name), _exists(stack, source)
        alive = [resource for resource in resources if not resource.expired]
        if not (resources or there):
            raise RunNotFoundError(f"There is no run {name!r}. `leasehold list` shows those there are.")
        if alive or there:
            raise NotOursError(_whose(name, stack if there else None, Inventory.of(alive)))
        return Teardown(name, labelled.remove_expired(name))


def _exists(stack: StackId, source: Source) -> bool:
    there = stack.exists()
    return Workspace.without_lock(stack, source).exists() if there is None else there


def _whose(name: str, stack: StackId | None, alive: Inventory) -> str:
    name_lock = name_locks.find(name)
    found = [
        *([f"the {stack}"] if stack else []),
        *([] if alive.empty else [f"{alive}, created by {alive.owner or 'somebody'}"]),
    ]
    return (
        f"{name!r} is no run that you created with `leasehold` here, so nothing was touched. There is "
        f"{'; and '.join(found)}. Destroy it with what made it (`pulumi destroy --remove --stack {name}` in its "
        "project and backend), or let its creator do so; what outlives its term, `leasehold sweep` takes away."
        + (f" A run of this name that you did create is the {name_lock.stack}." if name_lock else "")
    )
