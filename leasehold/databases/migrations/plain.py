"""A folder of plain SQL files: all of each, in the order of their names, 2 before 10."""

from collections.abc import Sequence
from pathlib import Path

from .script import Script, natural

NAME = "plain"


def claims(script: Script) -> bool:
    """Return whether a file is of this kind: any is that is of no other."""
    return True


def ordered(folder: Path, scripts: Sequence[Script]) -> list[Script]:
    """Return what runs, in order."""
    return sorted(scripts, key=lambda script: (natural(script.name), script.name))
