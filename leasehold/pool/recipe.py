"""What a keeper's runs are made of: a session gets one only if it would have made the same."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from ..engines.current import current
from .desk import folder


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


def desk_of(key: str) -> Path:
    """Return where a keeper of a recipe is asked.

    Args:
        key: The recipe's.
    """
    return folder() / f"{key}.sock"


def code() -> str:
    """Return what changes when another version of Leasehold is installed, or its files are edited."""
    told = sha256()
    ours = Path(__file__).parents[1]
    for package in (ours, ours.parent / "components"):
        for path in sorted(package.rglob("*.py")) if package.is_dir() else []:
            told.update(f"{path}\0{path.stat().st_mtime_ns}\0{path.stat().st_size}\n".encode())
    return told.hexdigest()
