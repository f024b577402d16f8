"""Folders that only their own tool can run: refused, with the way to let it."""

import re
from pathlib import Path

from ...errors import MigrationError
from .script import BY_COMMAND, Script

_CODE = {".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".php", ".go", ".java", ".kt", ".clj", ".ex", ".exs", ".cs"}
_CHANGE_LOGS = {".xml", ".yaml", ".yml", ".json"}
_NUMBERED = re.compile(r"[VURB]?[0-9]+[._-]|R__")
"""How names of migrations begin, and names of other code do not."""

_LIQUIBASE = re.compile(r"\s*--\s*liquibase\s+formatted\s+sql", re.IGNORECASE)


def refuse_tool(folder: Path, names: set[str]) -> None:
    """Refuse a folder whose order stands in a file of its tool's.

    Raises:
        MigrationError: It is one.
    """
    if "sqitch.plan" in names:
        raise MigrationError(f"{folder} is a project of Sqitch's, whose order stands in sqitch.plan. {BY_COMMAND}")


def refuse_code(folder: Path, names: set[str], *, beside_sql: bool) -> None:
    """Refuse migrations that are code.

    Args:
        folder: Where they are.
        names: What is in it.
        beside_sql: Whether there are SQL files, too: then names that no migration has do not count.

    Raises:
        MigrationError: There are some.
    """
    code = sorted(name for name in names if Path(name).suffix in _CODE and name != "__init__.py")
    code = [name for name in code if _NUMBERED.match(name)] if beside_sql else code
    code = code or ([] if beside_sql else sorted(name for name in names if Path(name).suffix in _CHANGE_LOGS))
    if code:
        raise MigrationError(
            f"{folder} holds migrations that are no SQL ({code[0]}), so only their own tool can run them. {BY_COMMAND}"
        )


def refuse_script(script: Script) -> None:
    """Refuse a file whose order stands elsewhere.

    Raises:
        MigrationError: It is one.
    """
    if _LIQUIBASE.match(script.text):
        raise MigrationError(f"{script.path} is Liquibase's, and its order stands in a change log. {BY_COMMAND}")
