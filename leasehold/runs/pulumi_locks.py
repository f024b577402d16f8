"""Pulumi's lock on a stack. A process that is killed while it changes the stack leaves its lock behind."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from ..errors import RunBusyError
from ..pulumi.stack_id import StackId
from .name_lock import NameLock
from .processes import running

_MARGIN = 60
"""How exact the time of a boot is, in seconds, with room: clocks are set then."""

_LOCKED = re.compile(r"the stack is currently locked by \d+ lock\(s\)")


@dataclass(frozen=True)
class Lock:
    """One lock of a file backend.

    Attributes:
        path: Its file.
        holder: The process that took it, as far as the file tells.
    """

    path: Path
    holder: str
    stale: bool


def is_lock_error(text: str) -> bool:
    """Return whether Pulumi failed because the stack is locked."""
    return _LOCKED.search(text) is not None


def locks_to_remove(name_lock: NameLock) -> list[Lock]:
    """List the locks of a run's stack, all of which are stale.

    Raises:
        RunBusyError: The process of one is not provably gone.
    """
    locks = locks_of(name_lock.stack, name_lock)
    for lock in locks:
        if not lock.stale:
            raise RunBusyError(
                f"Run {name_lock.name!r} is being changed by {lock.holder}. Wait for it, or, if you know that it is "
                f"gone, remove its lock with `pulumi cancel --stack {name_lock.name}` and try again."
            )
    return locks


def locks_of(stack: StackId, name_lock: NameLock | None) -> list[Lock]:
    """List the locks of a stack, where the backend is a folder.

    A lock tells host and pid (Pulumi's DIY backend, `pkg/backend/diy/lock.go`). It is stale if its process is provably
    gone; the boot that the pid belongs to is the name lock's, so without a name lock nothing is proven.
    """
    if stack.folder is None:
        return []
    found = []
    for path in sorted((stack.folder / "locks" / "organization" / stack.project / stack.name).glob("*.json")):
        host, pid = _holder(path)
        found.append(
            Lock(path, f"process {pid} on {host}" if pid else "an unknown process", _stale(path, host, pid, name_lock))
        )
    return found


def _holder(path: Path) -> tuple[str, int]:
    try:
        content = json.loads(path.read_text())
        return str(content.get("hostname", "")), int(content.get("pid", 0))
    except (OSError, ValueError, AttributeError, TypeError):
        return "", 0


def _stale(path: Path, host: str, pid: int, name_lock: NameLock | None) -> bool:
    if name_lock is None or not pid or name_lock.process.host != host:
        return False
    # A pid that is in use again has another start; the holder's is not known, so that counts as alive, unless the lock
    # is from before this boot: then the pid is another's.
    gone = replace(name_lock.process, pid=pid, started=0).provably_gone
    return gone and (not running(pid) or _is_from_before_this_boot(path))


def _is_from_before_this_boot(path: Path) -> bool:
    try:
        return path.stat().st_mtime < psutil.boot_time() - _MARGIN
    except FileNotFoundError:
        return False  # whoever had it was alive
