"""Destroying a run, whatever state it is in: with Pulumi as far as that goes, and by our labels for the rest."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pulumi import automation
from pulumi.automation.events import EngineEvent

from . import claims, engine
from .authority import authority_files
from .diagnostics import diagnostics
from .errors import LeftBehindError, RunBusyError
from .locks import backend_folder, is_lock_error, locks_of
from .processes import lingering_in
from .remains import Remains, mend_attributes, stack_files, take_stock
from .workspace import Workspace

OnEvent = Callable[[EngineEvent], None]

_NOT_THE_PROJECTS = {".git", ".venv", "node_modules"}


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
    left: Remains = field(default_factory=Remains)


def tear_down(workspace: Workspace, on_event: OnEvent | None = None) -> Teardown:
    """Destroy a run and everything of it. Safe to repeat; converges from any state.

    Raises:
        RunBusyError: A living process holds the stack's lock.
        LeftBehindError: Something is still there; says what.
        EngineError: The Docker Engine cannot be reached.
    """
    # Else two would take each other's `pulumi` for one that was left behind.
    with claims.one_at_a_time(workspace.run, claims.TEARDOWN):
        if is_gone(workspace):
            return Teardown(workspace.run, ["somebody else destroyed it at the same time"])
        return _tear_down(workspace, on_event)


def is_gone(workspace: Workspace) -> bool:
    """Return whether there is nothing of a run, neither here nor in a backend elsewhere.

    Pulumi is asked only where files cannot tell: it would make the run's home again, for others to find.

    Raises:
        EngineError: The Docker Engine cannot be reached.
    """
    if claims.find(workspace.run) or not take_stock(workspace.run).empty:
        return False
    return backend_folder() is not None or not workspace.exists()


def _tear_down(workspace: Workspace, on_event: OnEvent | None) -> Teardown:
    run = workspace.run
    done = Teardown(run)
    done.notes.extend(engine.evict(run))
    if _unlock(run, done):
        # Pulumi was killed: its plugins may be at work still, and what they were making is in no state, so Pulumi
        # would try to remove a network with containers on it.
        _end_helpers(workspace, done)
        done.notes.extend(engine.take_containers_away(run))
    done.notes.extend(mend_attributes(run))
    _destroy(workspace, on_event, done)
    done.notes.extend(engine.take_away(run))
    _end_helpers(workspace, done)
    _forget(workspace, done)
    workspace.remove()
    for file in [*claims.half_written(run), *authority_files(run)]:
        file.unlink(missing_ok=True)
    done.left = _check(run)
    claims.release(run)
    return done


def _end_helpers(workspace: Workspace, done: Teardown) -> None:
    for helper in lingering_in(workspace.home):
        helper.end()
        done.notes.append(f"{helper}, which a killed Pulumi had left, was ended")


def _unlock(run: str, done: Teardown) -> bool:
    """Remove locks whose holder is gone; return whether there were any."""
    stale = locks_of(run, claims.find(run))
    for lock in stale:
        if not lock.stale:
            raise RunBusyError(
                f"Run {run!r} is being changed by {lock.holder}. Wait for it, or, if you know that it is gone, "
                f"remove its lock with `pulumi cancel --stack {run}` and try again."
            )
        lock.path.unlink(missing_ok=True)
        done.notes.append(f"the lock of {lock.holder}, which is gone, was removed")
    return bool(stale)


def _destroy(workspace: Workspace, on_event: OnEvent | None, done: Teardown) -> None:
    try:
        stack = workspace.stack(create=False)
        stack.destroy(on_event=on_event, color="never", suppress_outputs=True, remove=True)
    except automation.StackNotFoundError:
        done.notes.append("it had no stack")
    except automation.CommandError as error:
        if is_lock_error(str(error)):
            raise RunBusyError(f"Run {workspace.run!r} is being changed by another process. Wait for it.") from None
        done.notes.append(f"Pulumi could not destroy it: {diagnostics(error)}")


def _forget(workspace: Workspace, done: Teardown) -> None:
    """Remove what is left of the stack itself, which by now stands for nothing any more."""
    if done.notes:
        try:
            stack = workspace.stack(create=False)
            stack.workspace.remove_stack(workspace.run, force=True)
        except (automation.CommandError, automation.StackNotFoundError):
            pass  # its state cannot be read; its files go below
    for path in stack_files(workspace.run):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if workspace.source.folder:
        for settings in _settings_files(workspace.source.folder, workspace.run):
            settings.unlink(missing_ok=True)


def _settings_files(project: Path, run: str) -> Iterator[Path]:
    """Yield the stack's settings, wherever the project keeps them (``stackConfigDir``)."""
    for parent, folders, files in os.walk(project):
        folders[:] = [name for name in folders if name not in _NOT_THE_PROJECTS]  # thousands of files
        yield from (Path(parent, name) for name in files if name in {f"Pulumi.{run}.yaml", f"Pulumi.{run}.yml"})


def _check(run: str) -> Remains:
    left = take_stock(run)
    if not left.empty:
        raise LeftBehindError(
            f"Of run {run!r} something is still there ({left}). Run `leasehold down {run}` again; if that does not "
            "help, remove it by hand and tell us how it came about."
        )
    return left
