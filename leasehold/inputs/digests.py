"""What changes with the content of files and folders."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(root: Path, paths: Iterable[Path]) -> str:
    """Return what changes with the content of files, the names in folders, and whether they are there.

    Args:
        root: Names are relative to it.
        paths: The files and folders.
    """
    told = hashlib.sha256()
    names = {(one.relative_to(root) if one.is_relative_to(root) else one).as_posix(): one for one in paths}
    for name, path in sorted(names.items()):
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
