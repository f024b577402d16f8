"""Folders of pairs of files, the way up and the way down: golang-migrate's, and any other of such names.

golang-migrate's are ``VERSION_TITLE.up.sql`` (its MIGRATIONS.md), sorted by the number; others have no number.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from ...errors import MigrationError
from .script import Script, natural

NAME = "pairs of up and down"
_NAMES = re.compile(r"(?:.*\.)?(?P<way>up|down)\.sql")
_VERSION = re.compile(r"[0-9]+(?=_)")


def claims(script: Script) -> bool:
    """Return whether a file is one of a pair, by its name."""
    return _NAMES.fullmatch(script.path.name) is not None


def ordered(folder: Path, scripts: Sequence[Script]) -> list[Script]:
    """Return the ways up: by their numbers, else by their names, 2 before 10.

    Raises:
        MigrationError: Two have one number, or all are ways down.
    """
    ups = [script for script in scripts if (found := _NAMES.fullmatch(script.path.name)) and found["way"] == "up"]
    if not ups:
        raise MigrationError(f"{folder} has ways down alone (*.down.sql), so there is nothing to run.")
    versions: dict[int, Script] = {}
    for script in ups:
        if not (number := _VERSION.match(script.path.name)):
            return sorted(ups, key=lambda one: (natural(one.name), one.name))
        if (other := versions.setdefault(int(number[0]), script)) is not script:
            raise MigrationError(
                f"{folder} has two files of one version, {other.name} and {script.name}, so they have no order. "
                "Give one of them another version."
            )
    return [versions[number] for number in sorted(versions)]
