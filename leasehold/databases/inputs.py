"""What a migration reads: files and folders, by which a template is known to be up to date.

A migration may say what it reads. Of one that does not, what it opens and lists while it runs is taken note of, by
Python's audit events (``open``, ``os.listdir``, ``os.scandir``; Python manual, Audit events table). What another
process reads is not seen, so a migration that starts one is known by nothing.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

_PROCESSES = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system"})
_NOT_ITS_OWN = frozenset({".git", ".venv", "venv", "node_modules", ".pytest_cache", ".mypy_cache", "site-packages"})


@dataclass
class Seen:
    """What was read below a folder.

    Attributes:
        root: The folder.
        paths: Files that were opened to be read, and folders that were listed.
        complete: Whether nothing else can have read anything: no process was started.
    """

    root: Path
    paths: set[Path] = field(default_factory=set)
    complete: bool = True

    def take(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of an audit event."""
        if event in _PROCESSES:
            self.complete = False
        elif event == "open":
            named, mode, _ = arguments
            if not (isinstance(mode, str) and set(mode) & set("wax+")):
                self._read(named)
        elif event in ("os.listdir", "os.scandir"):
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
        if path.is_relative_to(self.root) and _NOT_ITS_OWN.isdisjoint(path.relative_to(self.root).parts):
            self.paths.add(path)


_watching: list[Seen] = []
_hooked = False


@contextmanager
def watched(root: Path) -> Iterator[Seen]:
    """Take note of what this process reads below a folder while the block runs."""
    global _hooked  # noqa: PLW0603 - a process has a hook for good: it cannot be taken away
    if not _hooked:
        sys.addaudithook(_take)
        _hooked = True
    seen = Seen(root.absolute())
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


def _take(event: str, arguments: tuple[Any, ...]) -> None:
    for seen in _watching:
        seen.take(event, arguments)


def digest(root: Path, paths: Iterable[Path]) -> str:
    """Return what changes with the content of files, the names in folders, and whether they are there.

    Args:
        root: Names are relative to it.
        paths: The files and folders.
    """
    told = hashlib.sha256()
    for path in sorted(set(paths)):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        told.update(name.encode(errors="surrogateescape") + b"\0" + hashlib.sha256(_content(path)).digest())
    return told.hexdigest()[:16]


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            names = sorted(one.name for one in path.iterdir() if one.name != "__pycache__")
            return "\0".join(["folder", *names]).encode(errors="surrogateescape")
        return b"file\0" + path.read_bytes()
    except FileNotFoundError:
        return b"none"


@dataclass(frozen=True)
class Note:
    """What stands on a template: by which it is known again.

    Attributes:
        of: Which migrations it was made with.
        paths: What they were seen to read, relative to the root; empty where that is not known.
        digest: Of those.
        session: The session of tests that made it.
    """

    of: str
    paths: tuple[str, ...]
    digest: str
    session: str

    def __str__(self) -> str:
        """Return it as one word: a login guard takes the words of a database's comment for the names of guests."""
        return "reads:" + base64.urlsafe_b64encode(json.dumps(self.__dict__).encode()).decode()

    @classmethod
    def parse(cls, text: str) -> "Note | None":
        """Return what a comment says; None if it is none of these."""
        try:
            told = json.loads(base64.urlsafe_b64decode(text.removeprefix("reads:")))
            return cls(**{**told, "paths": tuple(told["paths"])})
        except (ValueError, TypeError, KeyError):
            return None

    def is_current(self, root: Path, session: str) -> bool:
        """Return whether a template is what the migrations would make now."""
        if self.session == session:
            return True  # made by another process of the session, a moment ago
        return bool(self.paths) and digest(root, [root / path for path in self.paths]) == self.digest
