"""What a statement needs beyond what it names: for functions that it calls, triggers that it sets off, and the like.

Bodies are in any language, so of a table that one names it cannot be told what is needed: anything may be.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from ...databases.statements import folded

FUNCTION, TABLE = "function", "table"


class Behind(NamedTuple):
    """What stands behind a name and runs with the rights of whoever uses it.

    Attributes:
        kind: ``function`` or ``table``.
        name: Its name, without its schema.
        on_write: Whether it runs when the table is changed, and not when it is read.
        text: A function's body; of a table, the name of a function or of another table.
    """

    kind: str
    name: str
    on_write: bool
    text: str


def behind(connection: psycopg.Connection) -> list[Behind]:
    """Read from a database's catalogs what stands behind its functions and tables."""
    statement = Path(__file__).with_name("indirect.sql").read_bytes()
    return connection.cursor(row_factory=class_row(Behind)).execute(statement).fetchall()


def words(text: str) -> set[str]:
    """Return what may be names in a text: each word as it is (it may stand in quotes), and as the server folds it."""
    found = {word[0] for word in re.finditer(r"[^\W\d]\w*", text)}
    return found | {folded(word) for word in found}


class Reach:
    """Finds the tables that statements may reach beyond those that they name themselves."""

    def __init__(self, tables: Iterable[str], there: Iterable[Behind] = ()) -> None:
        """Make one.

        Args:
            tables: Names of tables, without their schemas.
            there: What stands behind functions and tables.
        """
        self._tables = frozenset(tables)
        self._bodies: dict[str, set[str]] = {}
        self._read: dict[str, set[str]] = {}
        self._written: dict[str, set[str]] = {}
        for one in there:
            kept = self._bodies if one.kind == FUNCTION else self._written if one.on_write else self._read
            kept.setdefault(one.name, set()).update(words(one.text))
        self._dynamic = {name for name, body in self._bodies.items() if "execute" in body}
        self._known = {*self._tables, *self._bodies, *self._read, *self._written}

    def of_text(self, text: str) -> set[str]:
        """Return the tables that a text names, which may do anything, and those that it reaches by them."""
        return self._followed(words(text))

    def of_statement(self, statement: str, needed: Iterable[tuple[str, str]]) -> set[str]:
        """Return the tables that a statement reaches by functions that it calls, and by the tables that it uses.

        Args:
            statement: The statement.
            needed: The tables that it names, each with a privilege that it needs there.
        """
        begin: set[str] = set(self._bodies.keys() & words(statement))
        for table, privilege in needed:
            name = table.rpartition(".")[2]
            begin |= self._read.get(name, set())
            if privilege != "SELECT":
                begin |= self._written.get(name, set())
        return self._followed(begin)

    def is_dynamic(self, statement: str) -> bool:
        """Return whether a function that a statement calls makes statements of its own, from what it is given."""
        return bool(self._seen(self._bodies.keys() & words(statement)) & self._dynamic)

    def _followed(self, begin: set[str]) -> set[str]:
        return self._seen(begin) & self._tables

    def _seen(self, begin: set[str]) -> set[str]:
        seen: set[str] = set()
        waiting = begin & self._known
        while waiting:
            seen.add(word := waiting.pop())
            for beyond in (self._bodies, self._read, self._written):
                waiting |= (beyond.get(word, set()) & self._known) - seen
        return seen
