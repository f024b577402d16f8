"""One file of a folder of migrations: what of it runs, and in which transaction."""

import re
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from ...errors import MigrationError

NO_TRANSACTION = "-- leasehold:no-transaction"
"""Asks for no transaction, among a file's first lines, whatever tool the file is of."""

COMMAND = "by `leasehold migrate NAME -- COMMAND`, or in pytest by the setting leasehold_migrate_command"
"""How another program runs what Leasehold does not."""

BY_COMMAND = f"Let the tool itself run it, {COMMAND} (docs/how-to/migrate.md)."


class Transaction(Enum):
    """In which transaction the statements of a file run."""

    ONE = "one"
    """In one, which is begun even for a single statement: what a server refuses in a transaction is refused."""

    OF_SEVERAL = "of several"
    """As a server runs a string of statements: several are one transaction, a single one needs none that is begun
    (PostgreSQL 18 manual, 54.2.2.1)."""

    NONE = "none"
    """Each statement by itself."""


@dataclass(frozen=True)
class Script:
    """What of a file runs.

    Attributes:
        path: The file.
        name: What it is called in its folder.
        text: What runs.
        line: The line of the file on which that begins.
        transaction: In which transaction.
        ask: How a file of this kind asks for none: ends "The file asks for that by ...".
    """

    path: Path
    name: str
    text: str
    line: int = 1
    transaction: Transaction = Transaction.OF_SEVERAL
    ask: str = f"a line `{NO_TRANSACTION}` at its top"

    def part(self, begin: int, end: int) -> "Script":
        """Return a part of what runs."""
        return replace(self, text=self.text[begin:end], line=self.line + self.text.count("\n", 0, begin))


def read(path: Path, folder: Path) -> Script:
    """Read a file.

    Args:
        path: The file.
        folder: Its name is relative to this.

    Raises:
        MigrationError: It is not text in UTF-8.
    """
    name = path.relative_to(folder).as_posix()
    content = path.read_bytes()
    if content.startswith(b"PGDMP"):
        raise MigrationError(
            f"{path} is a dump in pg_dump's custom format, which is no SQL. Restore it as text with "
            f"`pg_restore --file=NAME.sql {path.name}`, and name that."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MigrationError(f"{path}, line {line}: this is not UTF-8. Save the file as UTF-8.") from None
    script = Script(path, name, text)
    return replace(script, transaction=Transaction.NONE) if asks_for_none(text) else script


def asks_for_none(text: str) -> bool:
    """Return whether the first lines, as far as they are empty or comments, ask for no transaction."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("--"):
            return False
        if " ".join(line.split()) == NO_TRANSACTION:
            return True
    return False


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names as people do: 2 before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"[0-9]+|[^0-9]+", name)]
