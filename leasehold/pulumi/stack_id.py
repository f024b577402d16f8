"""A Pulumi stack as it is known: by backend, project and name, never by the name alone; and its files in a folder.

A file backend keeps a stack's state at ``.pulumi/stacks/<project>/<name>.json``, and has a folder ``<project>/<name>``
each below ``backups``, ``history`` and ``locks/organization`` (Pulumi, `pkg/backend/diy/store.go` and `lock.go`).
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import RunError

_STATES = (".json", ".json.gz", ".json.zst")
_READABLE = _STATES[:2]
_BESIDE = ("", ".attrs", ".bak", ".bak.attrs")


@dataclass(frozen=True)
class StackId:
    """One stack.

    Attributes:
        backend: URL of the backend that keeps it; of a folder, absolute.
        project: Its Pulumi project.
        name: Its name, which is the run's.
    """

    backend: str
    project: str
    name: str

    @property
    def folder(self) -> Path | None:
        """The folder of a file backend; None for any other."""
        path = folder_of(self.backend)
        return path and path / ".pulumi"

    def state_files(self) -> list[Path]:
        """Return the files that hold its state, each with what belongs to it."""
        if self.folder is None:
            return []
        beside = [*(state + end for state in _STATES for end in _BESIDE), ".pulumi-tags", ".pulumi-tags.attrs"]
        files = [self.folder / "stacks" / self.project / f"{self.name}{end}" for end in beside]
        return [file for file in files if file.exists()]

    def folders(self) -> list[Path]:
        """Return the folders that hold its backups, history and locks."""
        if self.folder is None:
            return []
        kinds = ("backups", "history", "locks/organization")
        return [path for kind in kinds if (path := self.folder / kind / self.project / self.name).is_dir()]

    def files(self) -> list[Path]:
        """Return all its files."""
        return [*self.state_files(), *(file for folder in self.folders() for file in sorted(folder.iterdir()))]

    def exists(self) -> bool | None:
        """Return whether there is such a stack; None where only Pulumi can tell."""
        if self.folder is None:
            return None
        return any(file.name.endswith(_STATES) for file in self.state_files())

    def state(self) -> str | None:
        """Return its state as it stands in a file, or else in its backup; "" if neither can be read; None where only
        Pulumi can tell."""
        if self.folder is None:
            return None
        files = self.state_files()
        for end in ("", ".bak"):
            if found := [file for file in files if file.name.endswith(tuple(state + end for state in _READABLE))]:
                return text_of(found[0])
        return ""

    def __str__(self) -> str:
        return f"stack {self.name!r} of project {self.project!r} in {self.backend}"


def absolute(backend: str, start: Path | None) -> str:
    """Return a backend's URL; that of a folder as seen from everywhere.

    Args:
        backend: The URL; ``file://~`` is below the user's home, and ``file://.`` below `start`, as Pulumi has it.
        start: Where Pulumi is started; the current folder when not given.

    Raises:
        RunError: It is below the current folder, which is gone.
    """
    if not backend.startswith("file://"):
        return backend
    path, question, query = backend.removeprefix("file://").partition("?")
    if path.startswith("~"):
        path = str(Path.home() / path[2:])
    folder = Path(unquote(path))
    if not folder.is_absolute():
        folder = (start or current_folder()) / folder
    return Path(os.path.normpath(folder)).as_uri() + question + query


def current_folder() -> Path:
    """Return the current folder.

    Raises:
        RunError: It is gone.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise RunError("The current folder is gone. Go to another, and name the program's project folder.") from None


def folder_of(backend: str) -> Path | None:
    """Return the folder of a file backend, by its absolute URL; None for any other."""
    parsed = urlsplit(backend)
    return Path(unquote(parsed.path)) if parsed.scheme == "file" else None


def text_of(file: Path) -> str:
    """Return what a file of a stack's holds; "" if it cannot be read."""
    try:
        content = file.read_bytes()
        return (gzip.decompress(content) if ".gz" in file.suffixes else content).decode(errors="replace")
    except (OSError, EOFError):
        return ""
