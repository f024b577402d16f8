"""A run's program: a project folder, or a function of the caller's."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..errors import LeaseholdError, RunError
from . import settings
from .stack_id import current_folder

Program = Callable[[], object]

PROJECT = "leasehold"
"""Pulumi project of programs that are functions."""


@dataclass(frozen=True)
class Source:
    """Where a run's program is from: a project folder, or a function of the caller's.

    Attributes:
        folder: The project folder; None for a function.
        program: The function; None for a folder.
    """

    folder: Path | None = None
    program: Program | None = None

    @property
    def engine(self) -> str:
        """The engine that its project declares; empty for none."""
        return settings.engine_of(self.folder) if self.folder else ""


def find_source(program: Program | Path | str | None) -> Source:
    """Make out what a caller means by a program.

    Args:
        program: A function, ``module:function``, a project folder, or None for the project of the current folder.

    Raises:
        RunError: There is no such program.
    """
    if callable(program):
        return Source(program=program)
    if isinstance(program, str) and ":" in program:
        module, _, name = program.partition(":")
        try:
            return Source(program=getattr(import_module(module), name))
        except (ImportError, AttributeError) as error:
            raise RunError(f"There is no program {program!r} ({error}). Name it as `module:function`.") from None
    start = Path(program) if program else current_folder()
    for folder in [start, *([] if program else start.absolute().parents)]:
        if settings.project_file(folder):
            return Source(folder=folder.resolve())
    raise RunError(
        f"There is no Pulumi project in {start}. Name a project folder or a `module:function` as the program."
    )


def engine_of(program: str | None) -> str:
    """Return the engine that a program's project declares; empty for none, and for a function, which has no project.

    Args:
        program: ``module:function``, a project folder, or None for the project of the current folder.

    Raises:
        RunError: There is no such folder.
    """
    return "" if program and ":" in program else source_of(program or None).engine


def source_of(program: Program | Path | str | None) -> Source:
    """Return the program that a caller names, or else the current folder's, if there is one.

    Raises:
        RunError: One is named, and is not there.
    """
    try:
        return find_source(program)
    except LeaseholdError:
        if program is not None:
            raise
        return Source()
