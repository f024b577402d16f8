"""A name for a new run: free, or freed, and then this process's; and where a run's program is from."""

from pathlib import Path

from . import claims, engine
from .claims import Claim
from .errors import LeaseholdError, RunExistsError
from .processes import Process
from .teardown import tear_down
from .workspace import Program, Source, Workspace, find_source


def claim_name(name: str, source: Source, process: Process | None) -> Claim:
    """Claim a name for a new run; what is left of one that nobody will come back for is cleared first.

    Args:
        name: The name.
        source: The new run's program.
        process: The process with which it ends; this one, when None.

    Raises:
        RunExistsError: There is a run of this name; says whose.
        EngineError: The Docker Engine cannot be reached.
    """
    project = str(source.folder or "")
    engine.take_inventory(name)  # a clear error, before anything else, if there is no engine
    try:
        claim = claims.acquire(name, project, process)
    except RunExistsError:
        owner, left = claims.find(name), engine.take_inventory(name)
        if not (left.expired or (owner and owner.abandoned)):
            raise
        tear_down(Workspace(name, source_of(owner, source.folder or source.program)))
        claim = claims.acquire(name, project, process)
    left = engine.take_inventory(name)
    if left.expired:
        tear_down(Workspace(name, source))
        claim = claims.acquire(name, project, process)
    elif not left.empty:
        claims.release(name)
        raise RunExistsError(
            f"There is a run {name!r} on this Docker Engine already, created by {left.owner or 'somebody'}. "
            f"Take another name, or end it with `leasehold down {name}`."
        )
    return claim


def source_of(claim: Claim | None, program: Program | Path | str | None) -> Source:
    """Return a run's source as its claim tells, or as the caller does."""
    if program is not None:
        return find_source(program)
    if claim is not None:
        return Source(folder=Path(claim.project) if claim.project else None)
    try:
        return find_source(None)
    except LeaseholdError:
        return Source()
