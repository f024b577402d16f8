"""Claims: a run's name belongs to one process at a time, until the run is destroyed.

A claim is a file below the user's state. It is there before anything of the run is, and goes last, so a run that was
cut short at any moment can be found again.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from getpass import getuser
from pathlib import Path
from typing import Any

from . import places
from .errors import RunExistsError
from .processes import Process, this_process

TEARDOWN = "down"
"""What `one_at_a_time` is told by whoever destroys a run."""

_TURNS = ("turn", TEARDOWN)


@dataclass(frozen=True)
class Claim:
    """Who created a run, when, and how.

    Attributes:
        name: The run's name.
        user: Whose it is.
        process: The process that created it.
        created: When, in seconds since the epoch.
        project: The project folder of its program, or empty for a program of the caller's own.
        kept: Whether it is to outlive that process.
    """

    name: str
    user: str
    process: Process
    created: float
    project: str
    kept: bool = False

    @property
    def abandoned(self) -> bool:
        """Whether nobody will come back for it: not kept, and its process provably gone."""
        return not self.kept and self.process.provably_gone

    @property
    def age(self) -> float:
        """Seconds since it was created."""
        return max(0.0, time.time() - self.created)

    def __str__(self) -> str:
        return f"{self.user}, {self.process}, {self.age:.0f} s ago"


def acquire(name: str, project: str, owner: Process | None = None) -> Claim:
    """Claim a name for this process, or for one that this one works for.

    Raises:
        RunExistsError: Somebody has it; says who.
    """
    claim = Claim(name, getuser(), owner or this_process(), time.time(), project)
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = _folder() / f".{name}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(claim)))
    try:
        os.link(fresh, _file(name))  # appears whole, and only if nobody has the name
    except FileExistsError:
        holder = find(name)
        raise RunExistsError(
            f"There is a run {name!r} already, created by {holder or 'somebody'}. Take another name, or end it with "
            f"`leasehold down {name}`."
        ) from None
    finally:
        fresh.unlink()
    return claim


def keep(claim: Claim) -> Claim:
    """Let a run outlive the process that created it, until its term ends."""
    kept = replace(claim, kept=True)
    fresh = _folder() / f".{claim.name}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(kept)))
    fresh.rename(_file(claim.name))
    return kept


def find(name: str) -> Claim | None:
    """Return the claim on a name, if there is one that can be read."""
    try:
        return _parse(json.loads(_file(name).read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def release(name: str) -> None:
    """Give a name up."""
    _file(name).unlink(missing_ok=True)


def half_written(name: str) -> list[Path]:
    """Return files of claims on a name that whoever wrote them never finished, because it was killed."""
    files = sorted(_folder().glob(f".{name}.*"))
    return [file for file in files if not Path("/proc", file.suffix[1:]).exists()]


def every() -> Iterator[Claim]:
    """Yield all claims of this user on this machine."""
    for path in sorted(_folder().glob("[!.]*.json")):
        if claim := find(path.stem):
            yield claim


@contextmanager
def one_at_a_time(name: str, what: str = "turn") -> Iterator[None]:
    """Hold up others of this user that come here with the same name, for the length of a block.

    Args:
        name: The run's name.
        what: What is done with it; who does something else with it is not held up.
    """
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _folder() / f"{name}.{what}"
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _names(path, file.fileno()):  # else whoever had it has removed it, and others lock another file
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return


def clear_turns(name: str = "*") -> None:
    """Remove files of `one_at_a_time` for names that nobody claims, whose processes may have been killed."""
    for path in (path for what in _TURNS for path in _folder().glob(f"{name}.{what}")):
        with path.open("w") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _file(path.stem).exists():
                path.unlink(missing_ok=True)


def _names(path: Path, file: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _parse(value: dict[str, Any]) -> Claim:
    return Claim(**{**value, "process": Process(**value["process"])})


def _file(name: str) -> Path:
    return _folder() / f"{name}.json"


def _folder() -> Path:
    return places.state() / "runs"
