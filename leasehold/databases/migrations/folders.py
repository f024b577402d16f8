"""Which kind a folder of migrations is of, and what of it runs in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import MigrationError
from . import flyway, foreign, halves, pairs, plain, subfolders
from .script import Script, read

_SUFFIX = ".sql"


@dataclass(frozen=True)
class _Kind:
    name: str
    claims: Callable[[Script], bool]
    ordered: Callable[[Path, Sequence[Script]], list[Script]]


_KINDS = (
    *(_Kind(tool.name, tool.claims, tool.ordered) for tool in halves.TOOLS),
    *(_Kind(kind.NAME, kind.claims, kind.ordered) for kind in (flyway, pairs, plain)),
)
"""The first that claims a file has it."""


def find_scripts(path: Path) -> list[Script]:
    """Return what runs, in its order.

    Args:
        path: A folder, or one file.

    Raises:
        MigrationError: There is no such folder or file, it holds nothing to run, it mixes kinds, or only its own tool
            can run it.
    """
    if path.is_file():
        script = read(path, path.parent)
        foreign.refuse_script(script)
        return _kind_of(script).ordered(path.parent, [script])
    if not path.is_dir():
        raise MigrationError(f"There is no folder or file {path}.")
    names = {one.name for one in path.iterdir() if one.is_file()}
    foreign.refuse_tool(path, names)
    files = [one for one in sorted(path.iterdir()) if one.suffix == _SUFFIX and one.is_file()]
    if not files and (found := subfolders.find(path)):
        return subfolders.scripts(path, found)
    scripts = [read(file, path) for file in files or sorted(path.rglob(f"*{_SUFFIX}"))]
    kind = _kind_of_all(path, scripts)
    if kind.name == flyway.NAME and files:  # it looks into folders below, too (Flyway's documentation, Locations)
        scripts = [read(file, path) for file in sorted(path.rglob(f"*{_SUFFIX}"))]
        _kind_of_all(path, scripts)
    elif not files and kind.name != flyway.NAME:
        raise MigrationError(
            f"{path} holds SQL files in folders below it alone, such as {scripts[0].name}, and it is not known in "
            "which order they run. Name one of these folders."
        )
    foreign.refuse_code(path, names, beside_sql=True)
    return kind.ordered(path, scripts)


def inputs(path: Path) -> list[Path]:
    """Return the files that decide what runs, some of which may not be there.

    Raises:
        MigrationError: As `find_scripts`.
    """
    of = [script.path for script in find_scripts(path)]
    return [*of, *map(flyway.settings_file, of), *map(subfolders.settings_file, of)]


def _kind_of(script: Script) -> _Kind:
    return next(kind for kind in _KINDS if kind.claims(script))


def _kind_of_all(folder: Path, scripts: Sequence[Script]) -> _Kind:
    if not scripts:
        foreign.refuse_code(folder, {one.name for one in folder.iterdir()}, beside_sql=False)
        raise MigrationError(f"{folder} holds no SQL file (*.sql), so there is nothing to run.")
    for script in scripts:
        foreign.refuse_script(script)
    first = {_kind_of(script).name: script for script in reversed(scripts)}
    if len(first) > 1:
        told = " and ".join(f"{name} ({script.name})" for name, script in sorted(first.items()))
        raise MigrationError(
            f"{folder} mixes kinds of migrations, {told}, so it is not known which run in which order. "
            "Move those of one kind to a folder of their own."
        )
    return _kind_of(scripts[0])
