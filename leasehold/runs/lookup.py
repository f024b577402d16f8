"""What a name stands for: its stack, and its run. Imports little: whoever ends a run waits for no more than this."""

import os
from pathlib import Path

from .. import paths
from ..pulumi import settings
from ..pulumi.programs import PROJECT, Program, Source, find_source
from ..pulumi.stack_id import StackId, absolute
from . import name_locks
from .name_lock import NameLock


def own_backend() -> str:
    """Return the URL of the backend where the user has not set their own: a folder of ours."""
    return paths.private(paths.state() / "backend").as_uri()


def stack_of(name: str, source: Source) -> StackId:
    """Return the stack that a name stands for in a program's project and the backend of this process.

    Raises:
        RunError: The program is of no project.
    """
    url = os.environ.get("PULUMI_BACKEND_URL") or own_backend()
    project = settings.project_of(source.folder) if source.folder else PROJECT
    return StackId(absolute(url, source.folder), project, name)


def name_lock_of(name: str, program: Program | Path | str | None) -> NameLock | None:
    """Return the name lock on a run, if there is one that is of the caller's program: a run of another project is
    another.

    Raises:
        RunError: The name lock cannot be read, or there is no such program.
    """
    name_lock = name_locks.find_readable(name)
    if name_lock and program is not None and stack_of(name, find_source(program)).project != name_lock.stack.project:
        return None
    return name_lock
