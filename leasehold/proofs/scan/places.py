"""Where a credential could have leaked to, on this machine."""

import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ...contract import LOGS
from ...engines import labelled
from ...engines.current import current
from ...runs import name_locks
from ...runs.inventory import stack_files
from ...runs.run import Run

LARGEST = 64 * 1024 * 1024
"""Largest file that is looked at, in bytes."""


@dataclass(frozen=True)
class Place:
    """Somewhere to look.

    Attributes:
        name: What it is, for people.
        content: What stands there.
    """

    name: str
    content: bytes


def places_of(run: Run, more: Iterable[Path] = (), *, debug: bool = False) -> Iterator[Place]:
    """Yield everywhere that a run's secrets could stand.

    Args:
        run: The run.
        more: Files and folders beside those that runs always use.
        debug: Whether to look at Pulumi's debug log, too.

    Raises:
        EngineError: The engine cannot be reached.
        RunError: Pulumi failed.
    """
    yield from _files("the stack's", stack_files(run.name_lock) if run.name_lock else run.stack.files())
    yield from _files("the run's", [run.home, *[name_locks.path_of(run.name)] * (run.name_lock is not None)])
    yield Place("the stack's exported state", run.state().encode())
    yield Place("what Pulumi prints of a preview", run.preview().encode())
    if debug:
        yield Place("Pulumi's debug log of a preview", run.preview(debug=True).encode())
    for name in labelled.take_inventory(run.name).servers:
        for what, content in current().shown(name):
            yield Place(f"{what} of server {name}", content)
        for file, content in current().files(name, LOGS).items():
            yield Place(f"log file {file} of server {name}", content)
    yield from _processes()
    given = [path.absolute() for path in more]
    yield from _files("given", given)
    yield from _files("temporary", _temporary(), but=given)


def _files(whose: str, paths: Iterable[Path], but: Sequence[Path] = ()) -> Iterator[Place]:
    for path in paths:
        if path.is_symlink() or path in but:
            continue
        if path.is_dir():
            yield from _files(whose, _inside(path), but)
            continue
        try:
            if not path.is_file() or path.stat().st_size > LARGEST:
                continue
            content = path.read_bytes()
        except OSError:
            continue  # gone, or not ours to read: then it is no leak
        packed = _unpacked(content) if path.suffix == ".gz" else b""
        yield Place(f"{whose} file {path}", content + packed)


def _unpacked(content: bytes) -> bytes:
    """Return what gzip has packed, as far as it can be unpacked, and no more than `LARGEST`."""
    found = b""
    while content and len(found) < LARGEST:
        part = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # of gzip's own format (zlib manual, inflateInit2)
        try:
            found += part.decompress(content, LARGEST - len(found))
        except zlib.error:
            break  # only called so, or damaged
        content = part.unused_data
    return found


def _inside(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing, if it is gone meanwhile."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _temporary() -> Iterator[Path]:
    """Yield what this user has in the folders for temporary files, in which things come and go."""
    for folder in {Path(tempfile.gettempdir()), Path("/dev/shm")}:  # noqa: S108 - only looked at
        for path in _inside(folder):
            with suppress(FileNotFoundError):
                if path.lstat().st_uid == os.getuid():
                    yield path


def _processes() -> Iterator[Place]:
    """Yield command line and environment of every other process that this user may look at."""
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        for what, read in (("command line", process.cmdline), ("environment", process.environ)):
            try:
                value, name = read(), process.name()
            except (psutil.Error, OSError):
                continue  # gone, or not ours to look at
            words = value if isinstance(value, list) else [f"{key}={item}" for key, item in value.items()]
            yield Place(f"{what} of process {process.pid} ({name})", "\0".join(words).encode())
