"""What code reads while it runs, by Python's audit events.

They are ``open``, ``os.listdir`` and ``os.scandir`` (Python manual, Audit events table). What another process reads is
not seen, so code that starts one is known by nothing.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import source_from_cache
from pathlib import Path
from types import FrameType
from typing import Any

_PROCESSES = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system"})
NOT_ITS_OWN = frozenset({".git", ".venv", "venv", "node_modules", ".pytest_cache", ".mypy_cache", "site-packages"})


_DEEP = 5
"""So many frames lie between Python's import and what lists a folder, at most."""
_WRITTEN = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass
class Seen:
    """What was read below a folder.

    Attributes:
        root: The folder; absolute.
        counts: Tells which paths below it count.
        paths: Files that were opened to be read, and folders that were listed.
        complete: Whether nothing else can have read anything: no process was started.
    """

    root: Path
    counts: Callable[[Path], bool] = lambda path: True
    paths: set[Path] = field(default_factory=set)
    complete: bool = True

    def take(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of an audit event."""
        if event in _PROCESSES:
            self.complete = False
        elif event == "open":
            named, _, flags = arguments
            if not flags & _WRITTEN:
                self._read(named)
        elif event in ("os.listdir", "os.scandir") and not _is_import(sys._getframe(2)):
            self._read(arguments[0] if arguments[0] is not None else ".")

    def _read(self, named: object) -> None:
        if not isinstance(named, str | bytes):
            return  # a descriptor: its file was opened before
        path = Path(named if isinstance(named, str) else named.decode(errors="surrogateescape")).absolute()
        if path.suffix == ".pyc":
            try:
                path = Path(source_from_cache(str(path)))
            except ValueError:
                return
        below = path.is_relative_to(self.root) and NOT_ITS_OWN.isdisjoint(path.relative_to(self.root).parts)
        if below and self.counts(path):
            self.paths.add(path)


_watching: list[Seen] = []
_hooked = False


@contextmanager
def watched(seen: Seen) -> Iterator[Seen]:
    """Take note of what this process reads while the block runs."""
    global _hooked  # noqa: PLW0603 - a process has a hook for good: it cannot be taken away
    if not _hooked:
        sys.addaudithook(_take)
        _hooked = True
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


def _take(event: str, arguments: tuple[Any, ...]) -> None:
    for seen in _watching:
        seen.take(event, arguments)


def _is_import(frame: FrameType | None) -> bool:
    """Return whether it is Python's import that lists a folder: the modules that it finds there count by themselves."""
    for _ in range(_DEEP):
        if frame is None:
            break
        if str(frame.f_globals.get("__name__")).startswith(("importlib", "_frozen_importlib")):
            return True
        frame = frame.f_back
    return False
