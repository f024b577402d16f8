"""File locks: one process of this user at a time works on a run's name for one purpose."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import paths

TEARDOWN = "down"
"""The purpose of `exclusive` for making a run's stack, changing its name lock, and destroying the run."""

_TURNS = ("turn", TEARDOWN)


@contextmanager
def exclusive(name: str, what: str = "turn") -> Iterator[None]:
    """Keep other processes of this user out for the length of a block, if they use the same name and purpose.

    Args:
        name: The run's name.
        what: The purpose; a different one is not kept out.
    """
    path = paths.private(_folder()) / f"{name}.{what}"
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _names(path, file.fileno()):  # else whoever had it has removed it, and others lock another file
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return


def remove_lock_files(name: str = "*") -> None:
    """Remove files of `exclusive` for names that nobody locks, whose processes may have been killed."""
    for path in (path for what in _TURNS for path in _folder().glob(f"{name}.{what}")):
        with suppress(BlockingIOError, FileNotFoundError), path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.with_suffix(".json").exists() and _names(path, file.fileno()):  # else it is another's by now
                path.unlink(missing_ok=True)


def _names(path: Path, file: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _folder() -> Path:
    """Return the folder, in which name locks are, too: `<name>.json`."""
    return paths.state() / "runs"
