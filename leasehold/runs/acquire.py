"""A name for a new run: free, or freed, and then this process's; and what a name stands for without a claim."""

from pathlib import Path

from ..engines import labelled as engine
from ..engines.resources import Inventory
from ..errors import NotOursError, RunExistsError, RunNotFoundError
from ..pulumi.programs import Program, Source, find_source, source_of
from ..pulumi.stack_id import StackId
from . import name_lock as claims
from .exclusive import TEARDOWN, one_at_a_time
from .name_lock import Claim
from .processes import Process
from .teardown import Teardown, tear_down
from .workspace import Workspace, stack_of


def claim_name(name: str, source: Source, process: Process | None, session: str = "") -> Claim:
    """Claim a name for a new run; what is left of one that nobody will come back for is cleared first.

    Args:
        name: The name.
        source: The new run's program.
        process: The process with which it ends; this one, when None.
        session: The session of tests that it is for.

    Raises:
        RunExistsError: There is a run of this name; says whose.
        EngineError: The engine cannot be reached.
    """
    engine.take_inventory(name)  # a clear error, before anything else, if there is no engine
    stack, project = stack_of(name, source), str(source.folder or "")
    try:
        claim = claims.acquire(stack, project, process, session=session)
    except RunExistsError:
        held = claims.find(name)
        if held is None or not (held.abandoned or Inventory.of(engine.things_on(held.id)).expired):
            raise
        tear_down(held)
        claim = claims.acquire(stack, project, process, session=session)
    try:
        engine.take_expired_away(name)
        left = Inventory.of(engine.things_named(name))
    except BaseException:
        claims.give_up(claim)
        raise
    if not left.empty:
        claims.give_up(claim)
        raise RunExistsError(
            f"There is a run {name!r} on this Docker Engine already, created by {left.owner or 'somebody'}. Nothing of "
            "it was changed. Take another name."
        )
    return claim


def claim_on(name: str, program: Program | Path | str | None) -> Claim | None:
    """Return the claim on a run, if there is one that is of the caller's program: a run of another project is another.

    Raises:
        RunError: The claim cannot be read, or there is no such program.
    """
    claim = claims.find_readable(name)
    if claim and program is not None and stack_of(name, find_source(program)).project != claim.stack.project:
        return None
    return claim


def destroy_unclaimed(name: str, program: Program | Path | str | None) -> Teardown:
    """Take away what carries the name of a run that nobody here has claimed, if its term is over.

    Raises:
        RunNotFoundError: There is nothing of the name.
        NotOursError: There is, and nothing proves that it may go; says what it is and whose.
    """
    source = source_of(program)
    stack = stack_of(name, source)
    with one_at_a_time(name, TEARDOWN):
        things, there = engine.things_named(name), _exists(stack, source)
        alive = [thing for thing in things if not thing.expired]
        if not (things or there):
            raise RunNotFoundError(f"There is no run {name!r}. `leasehold list` shows those there are.")
        if alive or there:
            raise NotOursError(_whose(name, stack if there else None, Inventory.of(alive)))
        return Teardown(name, engine.take_expired_away(name))


def _exists(stack: StackId, source: Source) -> bool:
    there = stack.exists()
    return Workspace.unclaimed(stack, source).exists() if there is None else there


def _whose(name: str, stack: StackId | None, alive: Inventory) -> str:
    claim = claims.find(name)
    found = [
        *([f"the {stack}"] if stack else []),
        *([] if alive.empty else [f"{alive}, created by {alive.owner or 'somebody'}"]),
    ]
    return (
        f"{name!r} is no run that you created with `leasehold` here, so nothing was touched. There is "
        f"{'; and '.join(found)}. Destroy it with what made it (`pulumi destroy --remove --stack {name}` in its "
        "project and backend), or let its creator do so; what outlives its term, `leasehold sweep` takes away."
        + (f" A run of this name that you did create is the {claim.stack}." if claim else "")
    )
