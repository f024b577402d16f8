"""Destroying a run, whatever state it is in: with Pulumi as far as that goes, and by our labels for the rest.

Only what is proven to be the run's is touched: what the engine has under its name lock, its own home, and the stack
that was made under the name lock. The name lock is looked at, and all of it done, while nobody else can change or end
that name lock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pulumi import automation
from pulumi.automation.events import EngineEvent

from ..engines import labelled
from ..errors import EngineError, LeaseholdError, LeftBehindError, RunBusyError
from ..pulumi.diagnostics import diagnostics
from ..pulumi.programs import Source
from . import name_locks
from .exclusive import TEARDOWN, exclusive
from .inventory import RunInventory, inspect_run, remove_stack_files, repair_attributes, temporary_files
from .name_lock import NameLock
from .other_engines import check_engine, set_up_anew
from .ownership import is_ours, settings_are_ours
from .processes import orphans_in, this_process
from .pulumi_locks import is_lock_error, locks_to_remove
from .workspace import Workspace

OnEvent = Callable[[EngineEvent], None]

KILLED = 1.0
"""How long helpers of a Pulumi that was killed may take to end by themselves, in seconds: some ask after it seldom."""

ENDING = 15.0
"""How long those may take whose Pulumi has ended them, in seconds."""


@dataclass
class Teardown:
    """What destroying a run met.

    Attributes:
        run: The run's name.
        notes: What was not as expected, a sentence each; empty for a run in good order.
        left: What is still there: nothing, or there would have been an error.
    """

    run: str
    notes: list[str] = field(default_factory=list)
    left: RunInventory = field(default_factory=RunInventory)


def tear_down(name_lock: NameLock, on_event: OnEvent | None = None) -> Teardown:
    """Destroy a run and everything of it. Safe to repeat; converges from any state.

    If the name lock is not the one on the name any more, the run is gone, and a later one of its name is not touched.
    As long as it lasts the name lock names this process; afterwards, why it failed. One that another process keeps from
    beginning is as if it had not been asked for, unless somebody was told before that the run is ending.

    Raises:
        RunBusyError: A living process holds the stack's lock.
        LeftBehindError: Something is still there; says what.
        EngineError: The engine cannot be reached, or fails, or the run was made on another.
        RunError: There is a stack, and no Pulumi to destroy it.
    """
    with exclusive(name_lock.name, TEARDOWN):
        current = name_locks.find(name_lock.name)
        if current is None or current.id != name_lock.id:
            return Teardown(name_lock.name, ["somebody else destroyed it at the same time"])
        check_engine(current)
        marked = name_locks.change(current, ending=this_process(), failed="")
        try:
            return _tear_down(marked, on_event)
        except BaseException as error:
            withdrawn = current if isinstance(error, RunBusyError) and current.ending is None else None
            _not_done(withdrawn or replace(marked, failed=in_one_line(error)))
            raise


def _not_done(name_lock: NameLock) -> None:
    now = name_locks.find(name_lock.name)
    if now and now.id == name_lock.id:
        name_locks.change(name_lock)


def in_one_line(error: BaseException) -> str:
    """Return what an error tells, on one line, without the full stop."""
    said = " ".join(str(error).split()).removesuffix(".")
    return said if isinstance(error, LeaseholdError) else f"{type(error).__name__}{said and f': {said}'}"


def take_back(name_lock: NameLock) -> None:
    """Destroy a run that could not be made.

    Raises:
        EngineError: The engine does not answer any more; says how what was made is cleared.
        LeaseholdError: As `tear_down`.
    """
    try:
        tear_down(name_lock)
    except EngineError as error:
        raise EngineError(
            f"{error} What had been made of run {name_lock.name!r} is cleared by the next `leasehold up`, or by "
            "`leasehold sweep`, once the engine answers."
        ) from None


def _tear_down(name_lock: NameLock, on_event: OnEvent | None) -> Teardown:
    workspace, done = Workspace(name_lock.stack, Source(), name_lock.home), Teardown(name_lock.name)
    if set_up_anew(name_lock) and not labelled.resources_under(name_lock.id):
        done.notes.append(
            f"the engine at {name_lock.engine_at} is another than the one it was made on: what that one may have of it "
            "ends with its term"
        )
    exists, ours = _look_at_stack(workspace, name_lock)
    if not ours:
        done.notes.append(f"the {name_lock.stack} was left alone: it is not the one that was made for this run")
    if ours and _unlock(name_lock, done):
        # Pulumi was killed: its plugins may be at work still, and what they were making is in no state, so Pulumi
        # would try to remove a network with servers on it.
        _end_helpers(name_lock, done, KILLED)
        done.notes.extend(labelled.remove_servers(name_lock.id))
    done.notes.extend(labelled.detach_guests(name_lock.id))
    if ours and exists:
        done.notes.extend(repair_attributes(name_lock.stack, name_lock))
        _destroy(workspace, on_event, done)
    elif not exists:
        done.notes.append("it had no stack")
    done.notes.extend(labelled.remove_all(name_lock.id))
    _end_helpers(name_lock, done, ENDING)
    _forget(workspace, name_lock, done, ours=ours)
    workspace.remove()
    for file in temporary_files(name_lock):
        file.unlink(missing_ok=True)
    done.left = _check(name_lock, ours=ours)
    name_locks.release(name_lock)
    return done


def _look_at_stack(workspace: Workspace, name_lock: NameLock) -> tuple[bool, bool]:
    """Return whether there is a stack, and whether what there is of one is the name lock's."""
    state, exists = name_lock.stack.state(), name_lock.stack.exists()
    if state is None or exists is None:
        exists, state = _ask_for_stack(workspace)
    return exists, is_ours(name_lock, state) if exists or state else True


def _ask_for_stack(workspace: Workspace) -> tuple[bool, str]:
    try:
        return True, workspace.pulumi("stack", "export")
    except automation.StackNotFoundError:
        return False, ""
    except automation.CommandError:
        return True, ""


def _end_helpers(name_lock: NameLock, done: Teardown, patience: float) -> None:
    for helper in orphans_in(name_lock.home, patience):
        helper.end()
        done.notes.append(f"{helper}, which a killed Pulumi had left, was ended")


def _unlock(name_lock: NameLock, done: Teardown) -> bool:
    """Remove locks whose holder is gone; return whether there were any."""
    locks = locks_to_remove(name_lock)
    for lock in locks:
        lock.path.unlink(missing_ok=True)
        done.notes.append(f"the lock of {lock.holder}, which is gone, was removed")
    return bool(locks)


def _destroy(workspace: Workspace, on_event: OnEvent | None, done: Teardown) -> None:
    try:
        stack = workspace.stack(create=False)
        stack.destroy(on_event=on_event, color="never", suppress_outputs=True, remove=True)
    except automation.CommandError as error:
        if is_lock_error(str(error)):
            raise RunBusyError(f"Run {workspace.run!r} is being changed by another process. Wait for it.") from None
        done.notes.append(f"Pulumi could not destroy it: {diagnostics(error, workspace.run)}")
    except OSError as error:
        done.notes.append(f"Pulumi could not be started to destroy it: {error}")


def _forget(workspace: Workspace, name_lock: NameLock, done: Teardown, *, ours: bool) -> None:
    """Remove what is left of the stack itself, which by now stands for nothing any more."""
    with_settings = settings_are_ours(name_lock, stack_is=ours)
    if ours and done.notes and name_lock.stack.exists() is not False:
        try:
            stack = workspace.stack(create=False)
            stack.workspace.remove_stack(workspace.run, force=True)
        except (automation.CommandError, OSError):
            pass  # its state cannot be read; its files go below
    remove_stack_files(name_lock, stack_is_ours=ours)
    if with_settings:
        Path(name_lock.settings).unlink(missing_ok=True)


def _check(name_lock: NameLock, *, ours: bool) -> RunInventory:
    left = inspect_run(name_lock, stack_is_ours=ours)
    if not left.empty:
        raise LeftBehindError(
            f"Of run {name_lock.name!r} something is still there ({left}). Run `leasehold down {name_lock.name}` "
            "again; if that does not help, remove it by hand and tell us how it came about."
        )
    return left
