"""A run by name: created, looked up, destroyed."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pulumi import automation

from . import claims, engine, names
from .claims import Claim
from .diagnostics import diagnostics
from .errors import LeaseholdError, RunError, RunExistsError, RunNotFoundError
from .leases import LeaseIssuer
from .outputs import Outputs
from .teardown import OnEvent, Teardown, tear_down
from .workspace import Program, Source, Workspace, find_source


class Run:
    """One run. `create` makes one, `get` finds one; as a context manager it is destroyed at the end of the block.

    Attributes:
        name: The run's name, also the Pulumi stack's.
        outputs: Where it is and how each role logs in.
        issuer: Asks its broker for leases.
        claim: Who created it; None if that was somebody else's Pulumi.
    """

    def __init__(self, name: str, outputs: Outputs, source: Source, claim: Claim | None) -> None:
        self.name, self.outputs, self.claim = name, outputs, claim
        self.issuer = LeaseIssuer(outputs)
        self._source = source

    @classmethod
    def create(
        cls,
        name: str | None = None,
        *,
        program: Program | Path | str | None = None,
        term: int | None = None,
        keep: bool = False,
        on_event: OnEvent | None = None,
    ) -> Self:
        """Create a run.

        What is left of a run of this name whose term is over, or whose creator is provably gone, is cleared first. If
        anything fails, nothing half-made is left.

        Args:
            name: Its name; a readable new one when not given.
            program: A function, ``module:function``, or a project folder; the current folder's project by default.
            term: How long it may live, in seconds; what the program says, when not given.
            keep: Let it outlive this process, until its term ends.
            on_event: Takes the engine's events, for progress.

        Raises:
            RunError: The name cannot be used, or Pulumi failed; the message holds its diagnostics.
            RunExistsError: There is a run of this name; says whose.
            OutputsError: The program does not export an environment.
            EngineError: The Docker Engine cannot be reached.
        """
        name = names.check(name if name is not None else names.invent())
        source = find_source(program)
        claim = _claim(name, source)
        try:
            outputs = _up(name, source, term, on_event)
            return cls(name, outputs, source, claims.keep(claim) if keep else claim)
        except BaseException:
            tear_down(name, source)
            raise

    @classmethod
    def get(cls, name: str, *, program: Program | Path | str | None = None) -> Self:
        """Look a run up.

        Args:
            name: Its name.
            program: Its program, where another user or plain Pulumi created it.

        Raises:
            RunNotFoundError: There is no run of this name.
            OutputsError: Its stack does not describe an environment.
        """
        claim = claims.find(names.check(name))
        source = _source_of(claim, program)
        try:
            values = Workspace(name, source).stack(create=False).outputs()
        except automation.StackNotFoundError:
            raise RunNotFoundError(f"There is no run {name!r}. `leasehold list` shows those there are.") from None
        except automation.CommandError as error:
            raise RunError(f"Run {name!r} could not be read: {diagnostics(error)}") from None
        return cls(name, _parse(values), source, claim)

    def destroy(self, on_event: OnEvent | None = None) -> Teardown:
        """Destroy the run; see `destroy`."""
        return tear_down(self.name, self._source, on_event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.destroy()


def destroy(name: str, *, program: Program | Path | str | None = None, on_event: OnEvent | None = None) -> Teardown:
    """Destroy a run by name, in whatever state it is.

    Raises:
        RunNotFoundError: There is nothing of such a run.
        RunBusyError: A living process is changing it.
        LeftBehindError: Something is still there; says what.
    """
    claim = claims.find(names.check(name))
    source = _source_of(claim, program)
    if claim is None and engine.take_inventory(name).empty and not exists(name, source):
        raise RunNotFoundError(f"There is no run {name!r}. `leasehold list` shows those there are.")
    return tear_down(name, source, on_event)


def exists(name: str, source: Source) -> bool:
    """Return whether there is a stack of this name."""
    try:
        Workspace(name, source).stack(create=False)
    except automation.StackNotFoundError:
        Workspace(name, source).remove()
        return False
    return True


def _claim(name: str, source: Source) -> Claim:
    project = str(source.folder or "")
    try:
        claim = claims.acquire(name, project)
    except RunExistsError:
        owner, left = claims.find(name), engine.take_inventory(name)
        if not (left.expired or (owner and owner.abandoned)):
            raise
        tear_down(name, _source_of(owner, source.folder or source.program))
        claim = claims.acquire(name, project)
    left = engine.take_inventory(name)
    if left.expired:
        tear_down(name, source)
        claim = claims.acquire(name, project)
    elif not left.empty:
        claims.release(name)
        raise RunExistsError(
            f"There is a run {name!r} on this Docker Engine already, created by {left.owner or 'somebody'}. "
            f"Take another name, or end it with `leasehold down {name}`."
        )
    return claim


def _up(name: str, source: Source, term: int | None, on_event: OnEvent | None) -> Outputs:
    engine.take_inventory(name)  # a clear error, before anything else, if there is no engine
    try:
        stack = Workspace(name, source).stack(create=True)
        if term is not None:
            stack.set_config("term", automation.ConfigValue(str(term)))
        result = stack.up(on_event=on_event, color="never", suppress_outputs=True)
    except automation.StackAlreadyExistsError:
        raise RunExistsError(
            f"There is a stack {name!r} already. Take another name, or end it with `leasehold down {name}`."
        ) from None
    except automation.CommandError as error:
        raise RunError(f"Run {name!r} could not be created: {diagnostics(error)}") from None
    return _parse(result.outputs)


def _parse(values: Mapping[str, Any]) -> Outputs:
    return Outputs.parse({name: output.value for name, output in values.items()})


def _source_of(claim: Claim | None, program: Program | Path | str | None) -> Source:
    """Return a run's source as its claim tells, or as the caller does."""
    if program is not None:
        return find_source(program)
    if claim is not None:
        return Source(folder=Path(claim.project) if claim.project else None)
    try:
        return find_source(None)
    except LeaseholdError:
        return Source()
