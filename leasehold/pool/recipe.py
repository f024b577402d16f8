"""What a keeper's runs are made of: a session gets one only if it would have made the same."""

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..engines.current import current
from ..runs.desk import folder

_DECIDE = ("pulumi", "pulumi-kubernetes", "pulumi-random", "pulumi-vault")
"""Packages whose versions decide what a program declares."""


@dataclass(frozen=True)
class Recipe:
    """What a run is made of.

    Attributes:
        program: ``module:function``, or an absolute project folder.
        folder: The folder from which modules and files are found.
        term: How long the run may live, in seconds; None for what its program says.
        prepared: What is done to its databases: settings of whoever prepares them, by name.
    """

    program: str
    folder: str
    term: int | None
    prepared: Mapping[str, object]

    @property
    def key(self) -> str:
        """What changes with it, with the engine, the interpreter, and our own code."""
        told = json.dumps([asdict(self), current().where(), sys.prefix, sys.version, code()], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:16]

    def shared_key(self, checkout: Path) -> str:
        """What changes with it, and with the versions of Python, of Pulumi's packages and of our own code; it is the
        same on every machine.

        Args:
            checkout: Where this machine has the project: paths below it count as relative.
        """
        versions = [platform.python_version(), *map(_version, _DECIDE), content()]
        told = [_below(asdict(self), checkout), versions]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def desk_of(key: str) -> Path:
    """Return where a keeper of a recipe is asked.

    Args:
        key: The recipe's.
    """
    return folder() / f"{key}.sock"


def code() -> str:
    """Return what changes when another version of Leasehold is installed, or its files are edited."""
    told = sha256()
    for _, path in _ours():
        told.update(f"{path}\0{path.stat().st_mtime_ns}\0{path.stat().st_size}\n".encode())
    return told.hexdigest()


def content() -> str:
    """Return what changes with the content of our files, wherever they are installed."""
    told = sha256()
    for name, path in _ours():
        told.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest()


def _ours() -> Iterator[tuple[str, Path]]:
    """Yield our files, each with its name in the package that it is of."""
    ours = Path(__file__).parents[1]
    for package in (ours, ours.parent / "components"):
        for path in sorted(package.rglob("*.py")) if package.is_dir() else []:
            yield path.relative_to(package).as_posix(), path


def _below(value: Any, checkout: Path) -> Any:
    """Return a value with each path below a folder told relative to it."""
    if isinstance(value, dict):
        return {key: _below(one, checkout) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_below(one, checkout) for one in value]
    if isinstance(value, str) and Path(value).is_relative_to(checkout):
        return Path(value).relative_to(checkout).as_posix()
    return value


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
