"""Name locks: a run's name belongs to one process at a time, until the run is destroyed.

A name lock is a file below the user's state. It is there before anything of the run is, and goes last, so a run that
was cut short at any moment can be found again. Its id is on whatever is made of the run. Whoever changes or ends a name
lock does so as its holder (`held`): one at a time, and only while the name's name lock is still the one that was meant.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from .. import paths
from ..clock import now
from ..errors import RunError, RunExistsError, RunNotFoundError
from ..pulumi.settings import settings_file
from ..pulumi.stack_id import StackId
from ..shell import user
from .exclusive import TEARDOWN, exclusive
from .name_lock import NameLock
from .processes import Process, boot_id, running, this_process


def acquire(
    stack: StackId,
    project: str = "",
    owner: Process | None = None,
    *,
    session: str = "",
    engine_name: str = "",
    engine: str = "",
    engine_at: str = "",
    **told: Any,
) -> NameLock:
    """Name lock a stack's name for this process, or for one that this one works for.

    Args:
        stack: The stack.
        project: The project folder of its program; empty for a program of the caller's own.
        owner: The process with which it ends; this one, when not given.
        session: The session of tests that it is for.
        engine_name: Which kind of engine it is made on, as users name it.
        engine: What the engine that it is made on calls itself.
        engine_at: Where that engine is reached.
        told: More of what it tells, where the run was made on another machine: its fields by name, ``id`` among them.

    Raises:
        RunExistsError: The name is locked; says by which process.
    """
    name_lock = NameLock(uuid4().hex, stack, user(), owner or this_process(), now(), project, "", session)
    name_lock = replace(name_lock, engine_name=engine_name, engine=engine, engine_at=engine_at, **told)
    name_lock = replace(name_lock, settings=str(_settings(name_lock)), found=tuple(map(str, stack.files())))
    with _written(name_lock) as fresh:
        try:
            os.link(fresh, path_of(stack.name))  # appears whole, and only if nobody has the name
        except FileExistsError:
            holder = find(stack.name)
            raise RunExistsError(
                f"There is a run {stack.name!r} already, created by {holder or 'somebody'}"
                f"{_elsewhere(holder, stack)}. Take another name, or end it with `leasehold down {stack.name}`."
            ) from None
    return name_lock


def keep(name_lock: NameLock) -> NameLock:
    """Let a run outlive the process that created it, until its term ends.

    Raises:
        RunNotFoundError: It is destroyed.
    """
    with held(name_lock) as current:
        return change(current, kept=True)


@contextmanager
def held(name_lock: NameLock) -> Iterator[NameLock]:
    """Hold a name lock for the length of a block: nobody changes or ends it meanwhile. Gives it as it stands now.

    Raises:
        RunNotFoundError: The name is free, or somebody else's by now.
    """
    with exclusive(name_lock.name, TEARDOWN):
        current = find(name_lock.name)
        if current is None or current.id != name_lock.id:
            raise RunNotFoundError(f"Run {name_lock.name!r} is gone: somebody else destroyed it at the same time.")
        yield current


def change(name_lock: NameLock, **fields: Any) -> NameLock:
    """Change what a name lock tells; only whoever holds it does."""
    changed = replace(name_lock, **fields)
    with _written(changed) as fresh:
        os.replace(fresh, path_of(name_lock.name))
    return changed


def release(name_lock: NameLock) -> None:
    """Give a name up; only whoever holds its name lock does."""
    path_of(name_lock.name).unlink(missing_ok=True)


def release_unused(name_lock: NameLock) -> None:
    """Give a name up on which nothing has been made yet."""
    with held(name_lock) as current:
        release(current)


def find(name: str) -> NameLock | None:
    """Return the name lock on a name, if there is one that can be read."""
    try:
        return _parse(json.loads(path_of(name).read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_readable(name: str) -> NameLock | None:
    """Return the name lock on a name, if there is one.

    Raises:
        RunError: It cannot be read.
    """
    name_lock, path = find(name), path_of(name)
    if name_lock is None and path.exists() and find(name) is None:
        raise RunError(
            f"The name lock on run {name!r} cannot be read, so nobody knows what is the run's, and nothing was "
            f"touched. Remove {path} when `leasehold list` and your stacks show that nothing of it is wanted."
        )
    return name_lock


def half_written(name: str) -> list[Path]:
    """Return files of name locks on a name that whoever wrote them never finished, because it was killed."""
    files = [file for file in sorted(_folder().glob(f".{name}.*.*.*")) if file.suffix[1:].isdigit()]
    return [file for file in files if file.name.split(".")[3] == boot_id() and not running(int(file.suffix[1:]))]


def every() -> Iterator[NameLock]:
    """Yield all name locks of this user on this machine."""
    for path in sorted(_folder().glob("[!.]*.json")):
        if name_lock := find(path.stem):
            yield name_lock


def of_session(session: str) -> NameLock | None:
    """Return the name lock on the run that a session of tests owns, if it owns one."""
    return next((name_lock for name_lock in every() if name_lock.session == session), None)


def path_of(name: str) -> Path:
    """Return where the name lock on a name is."""
    return _folder() / f"{name}.json"


def printed(name_lock: NameLock) -> Path:
    """Return the file with what the process prints that destroys a run in the background."""
    return paths.endings() / f"{name_lock.name}.{name_lock.id}.txt"


@contextmanager
def _written(name_lock: NameLock) -> Iterator[Path]:
    """Give a file with a name lock; it is gone afterwards, under this name."""
    fresh = paths.private(_folder()) / f".{name_lock.name}.{uuid4().hex}.{boot_id()}.{os.getpid()}"
    try:
        fresh.write_text(json.dumps(asdict(name_lock)))
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _settings(name_lock: NameLock) -> Path:
    folder = Path(name_lock.project) if name_lock.project else name_lock.home / "work"
    return settings_file(folder, name_lock.name)


def _elsewhere(holder: NameLock | None, stack: StackId) -> str:
    return "" if holder is None or holder.stack == stack else f", as {holder.stack}"


def _parse(value: dict[str, Any]) -> NameLock:
    process, stack = Process(**value["process"]), StackId(**value["stack"])
    ending = Process(**value["ending"]) if value.get("ending") else None
    return NameLock(**{**value, "process": process, "stack": stack, "found": tuple(value["found"]), "ending": ending})


def _folder() -> Path:
    return paths.state() / "runs"
