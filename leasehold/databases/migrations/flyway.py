"""A folder of Flyway's: versions in their numbers' order, then what is repeatable (its documentation, Migrations)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import MigrationError
from .script import BY_COMMAND, Script, Transaction

NAME = "Flyway"
_NAMES = re.compile(r"(?:(?P<kind>[VUB])(?P<version>\d+(?:[._]\d+)*)(?:__.*)?|R__(?P<description>.+))\.sql")


def claims(script: Script) -> bool:
    """Return whether a file is Flyway's, by its name."""
    return _NAMES.fullmatch(script.path.name) is not None


def ordered(folder: Path, scripts: Sequence[Script]) -> list[Script]:
    """Return what runs on an empty database: the latest baseline, the versions after it, and what is repeatable.

    Raises:
        MigrationError: Two files have one version, or a file has placeholders.
    """
    versions: dict[str, dict[tuple[int, ...], Script]] = {"V": {}, "U": {}, "B": {}}
    repeatable: dict[str, Script] = {}
    for script in scripts:
        found = _NAMES.fullmatch(script.path.name)
        if found is None:
            raise ValueError(f"{script.name} is not Flyway's")
        if found["kind"] is None:
            repeatable[found["description"]] = script
            continue
        version = _version(found["version"])
        if (other := versions[found["kind"]].setdefault(version, script)) is not script:
            raise MigrationError(
                f"{folder} has two files of one version, {other.name} and {script.name}, so they have no order. "
                "Give one of them another version."
            )
    first = max(versions["B"], default=None)
    found_in_order = [versions["B"][first]] if first is not None else []
    found_in_order += [versions["V"][one] for one in sorted(versions["V"]) if first is None or one > first]
    return [_configured(one) for one in [*found_in_order, *(repeatable[name] for name in sorted(repeatable))]]


def _version(text: str) -> tuple[int, ...]:
    """Return a version as its numbers; 1.0 is 1."""
    numbers = [int(part) for part in re.split(r"[._]", text)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def settings_file(path: Path) -> Path:
    """Return the file with a migration's own settings, which may not be there (Flyway's Script Configuration)."""
    return path.with_name(f"{path.name}.conf")


def _configured(script: Script) -> Script:
    file = settings_file(script.path)
    lines = file.read_text().splitlines() if file.exists() else []
    settings = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    if "${" in script.text and settings.get("placeholderReplacement") != "false":
        line = script.text.count("\n", 0, script.text.index("${")) + 1
        raise MigrationError(
            f"{script.path}, line {line}: Flyway puts a value in the place of `${{...}}`, and Leasehold does not know "
            f"it. {BY_COMMAND}"
        )
    script = replace(script, ask=f"a line `executeInTransaction=false` in {file.name}")
    return replace(script, transaction=Transaction.NONE) if settings.get("executeInTransaction") == "false" else script
