"""A run by name: created, looked up, destroyed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pulumi import automation

from ..engines.current import choose
from ..errors import NotOursError, RunBusyError, RunError, RunNotFoundError
from ..outputs import Outputs
from ..pulumi import commands
from ..pulumi.diagnostics import diagnostics
from ..pulumi.programs import Program, Source, find_source, source_of
from ..pulumi.stack_id import StackId
from . import name_locks, names
from .acquire import destroy_unlocked, lock_name
from .at_desk import outputs_at_desk
from .bring_up import bring_up, make_stack, parse_outputs
from .held import job
from .lookup import name_lock_of, stack_of
from .name_lock import NameLock
from .other_engines import check_engine, check_place
from .ownership import repair_state
from .processes import Process
from .pulumi_locks import is_lock_error
from .teardown import OnEvent, Teardown, take_back, tear_down
from .workspace import Workspace

if TYPE_CHECKING:
    from ..leases.issuer import LeaseIssuer


class Run:
    """One run. `create` makes one, `get` finds one; as a context manager it is destroyed at the end of the block.

    Attributes:
        name: The run's name, also the Pulumi stack's.
        outputs: Where it is and how each role logs in.
        name_lock: Who created it; None if that was somebody else, or plain Pulumi: then only they destroy it.
        stack: Its stack, by backend, project and name.
        home: Its PULUMI_HOME.
    """

    def __init__(self, workspace: Workspace, outputs: Outputs, name_lock: NameLock | None) -> None:
        self.name, self.outputs, self.name_lock = workspace.run, outputs, name_lock
        self.stack: StackId = workspace.stack_id
        self.home = workspace.home
        self._workspace = workspace

    @cached_property
    def issuer(self) -> "LeaseIssuer":
        """Asks its broker for leases."""
        from ..leases.issuer import LeaseIssuer  # noqa: PLC0415 - slow to import, and most commands need no lease

        return LeaseIssuer(self.outputs)

    @classmethod
    def create(
        cls,
        name: str | None = None,
        *,
        program: Program | Path | str | None = None,
        term: int | None = None,
        keep: bool = False,
        owner: Process | None = None,
        session: str = "",
        hold: bool = True,
        on_event: OnEvent | None = None,
        on_note: Callable[[str], None] = lambda line: None,
    ) -> Self:
        """Create a run.

        A run of this name that can serve nobody any more is destroyed first: its term is over, its creator is provably
        gone, it was kept and its servers have all stopped, or somebody began to destroy it and did not get it done. The
        end of one that is ending is waited for. If anything fails, what this call has made is taken back,
        and nothing else.

        Args:
            name: Its name; a readable new one when not given.
            program: A function, ``module:function``, or a project folder; the current folder's project by default.
            term: How long it may live, in seconds; what the program says, when not given.
            keep: Let it outlive this process, until its term ends.
            owner: The process with which it ends; this one, when not given.
            session: The session of tests that it is for.
            hold: In a job (``CI`` is set), have anybody with the rights end a run that is not kept if the job's machine
                is gone, on an engine that has locks on runs; a pool has locks of its own.
            on_event: Takes the engine's events, for progress.
            on_note: Takes a sentence about a run that was destroyed, or whose end is waited for, first.

        Raises:
            RunError: The name cannot be used, or Pulumi failed; the message holds its diagnostics.
            RunExistsError: There is a run or a stack of this name; names its owner.
            RunBusyError: A run of this name is ending, and that takes too long.
            RunNotFoundError: It was destroyed while it was being created.
            OutputsError: The program does not export an environment.
            EngineError: The engine cannot be reached.
        """
        name = names.check(name if name is not None else names.invent())
        source = find_source(program)
        choose(source.engine)
        name_lock = lock_name(name, source, owner, session, on_note=on_note)
        try:
            if hold and not keep:
                job.begin(name_lock)
            workspace = Workspace.of(name_lock, source)
            name_lock = make_stack(workspace, name_lock)
            outputs = bring_up(workspace, term, on_event)
            return cls(workspace, outputs, name_locks.keep(name_lock) if keep else name_lock)
        except BaseException:
            take_back(name_lock)
            raise

    @classmethod
    def get(cls, name: str, *, program: Program | Path | str | None = None) -> Self:
        """Look a run up.

        Args:
            name: Its name.
            program: Its program, where another user or plain Pulumi created it.

        Raises:
            RunNotFoundError: There is no run of this name, it is ending, or it may be half gone.
            EngineError: It was made on another engine, or nothing here reaches it.
            OutputsError: Its stack does not describe an environment.
        """
        name_lock = name_lock_of(names.check(name), program)
        source = source_of(program)
        choose(name_lock.engine_name if name_lock else source.engine)
        if name_lock and name_lock.is_ending:
            raise RunNotFoundError(
                f"Run {name!r} is ending, so nobody can use it any more. `leasehold up {name}` waits for that and "
                "makes it anew."
            )
        if name_lock and name_lock.trouble:
            raise RunNotFoundError(
                f"Run {name!r} may be half gone: {name_lock.trouble}. `leasehold up {name}` makes it anew, and "
                "`leasehold sweep` clears it."
            )
        if name_lock:
            check_engine(name_lock)
            workspace = Workspace.of(name_lock, source if program is not None else None)
        else:
            workspace = Workspace.without_lock(stack_of(name, source), source)
        outputs = outputs_at_desk(name_lock) if name_lock and name_lock.desk else _outputs(workspace, name_lock)
        check_place(outputs)
        return cls(workspace, outputs, name_lock)

    @classmethod
    def handed_over(cls, name_lock: NameLock, outputs: Outputs, program: str) -> Self:
        """Return a run that another process has made for the caller.

        Args:
            name_lock: The name lock on it, which is the caller's by now.
            outputs: Its outputs.
            program: Its program: ``module:function``, or a project folder.
        """
        called = Source(program=lambda: _call(program)) if ":" in program else None
        return cls(Workspace.of(name_lock, called), outputs, name_lock)

    def state(self, *, show_secrets: bool = False) -> str:
        """Return the stack's exported state, as JSON.

        Raises:
            RunError: Pulumi could not show it.
        """
        with self._translated_errors():
            return self._workspace.pulumi("stack", "export", *["--show-secrets"] * show_secrets)

    def preview(self, *, debug: bool = False, on_event: OnEvent | None = None) -> str:
        """Return what Pulumi prints of a preview, and its events.

        Args:
            debug: With its debug log and debug events, which show secrets: keep them to yourself.
            on_event: Takes the engine's events too.

        Raises:
            RunError: Pulumi failed.
        """
        with self._translated_errors():
            return commands.preview(self._workspace.stack(create=False), debug=debug, on_event=on_event)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except automation.CommandError as error:
            raise RunError(f"Run {self.name!r} could not be read: {diagnostics(error, self.name)}") from None

    def settings(self) -> dict[str, str]:
        """Return the stack's configuration, by full key such as ``leasehold:term``; secrets are left out.

        Raises:
            RunError: Pulumi could not show it.
        """
        with self._translated_errors():
            held = self._workspace.stack(create=False).get_all_config()
        return {key: value.value for key, value in held.items() if not value.secret}

    def up(self, settings: Mapping[str, str] | None = None, on_event: OnEvent | None = None) -> None:
        """Have Pulumi bring the run in line with its program; `outputs` are those of afterwards.

        Args:
            settings: More of the stack's configuration, by full key; it is kept.
            on_event: Takes the engine's events, for progress.

        Raises:
            RunError: Nobody knows its program, or Pulumi failed; the message holds its diagnostics.
            RunBusyError: Another process is changing it.
            OutputsError: The program does not export an environment any more.
        """
        source = self._workspace.source
        if self.name_lock:
            repair_state(self.name_lock)
        if not (source.folder or source.program):
            raise RunError(
                f"The program of run {self.name!r} is a function of whoever created it. Name it as `module:function`."
            )
        try:
            stack = self._workspace.stack(create=False)
            for key, value in (settings or {}).items():
                stack.set_config(key, automation.ConfigValue(value))
            result = stack.up(on_event=on_event, color="never", suppress_outputs=True)
        except automation.CommandError as error:
            if is_lock_error(str(error)):
                raise RunBusyError(f"Run {self.name!r} is being changed by another process. Wait for it.") from None
            raise RunError(f"Run {self.name!r} could not be changed: {diagnostics(error, self.name)}") from None
        self.outputs = parse_outputs(result.outputs)

    def destroy(self, on_event: OnEvent | None = None) -> Teardown:
        """Destroy the run; see `destroy`."""
        if self.name_lock is None:
            raise NotOursError(
                f"Run {self.name!r} was not created with `leasehold` here, so nothing of it was touched. Destroy it "
                f"with what made it (`pulumi destroy --remove --stack {self.name}`)."
            )
        return tear_down(self.name_lock, on_event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.destroy()


def _outputs(workspace: Workspace, name_lock: NameLock | None) -> Outputs:
    """Return the outputs of a run's stack."""
    name = workspace.run
    if name_lock:
        repair_state(name_lock)
    try:
        values = workspace.outputs()
    except automation.StackNotFoundError:
        raise RunNotFoundError(f"There is no run {name!r}. `leasehold list` shows those there are.") from None
    except automation.CommandError as error:
        raise RunError(f"Run {name!r} could not be read: {diagnostics(error, name)}") from None
    return parse_outputs(values)


def _call(program: str) -> None:
    """Call a run's program, which is imported only if it is needed."""
    if function := find_source(program).program:
        function()


def destroy(name: str, *, program: Program | Path | str | None = None, on_event: OnEvent | None = None) -> Teardown:
    """Destroy a run by name, in whatever state it is.

    Raises:
        RunNotFoundError: There is nothing of such a run.
        NotOursError: What there is of the name is not proven to be a run of ours.
        RunBusyError: A living process is changing it.
        LeftBehindError: Something is still there; says what.
        EngineError: The engine cannot be reached, or fails.
    """
    name_lock = name_lock_of(names.check(name), program)
    choose(name_lock.engine_name if name_lock else source_of(program).engine)
    return tear_down(name_lock, on_event) if name_lock else destroy_unlocked(name, program)
