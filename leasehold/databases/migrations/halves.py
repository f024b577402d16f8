"""Folders whose files hold two halves, the way up and the way down: only the way up runs.

dbmate, goose, sql-migrate and node-pg-migrate mark them by comments (their documentation, and their parsers).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import MigrationError
from .script import Script, Transaction, asks_for_none, natural

_LINE = re.IGNORECASE | re.MULTILINE


@dataclass(frozen=True)
class Halves:
    """A tool that marks halves.

    Attributes:
        name: The tool's.
        up: The line that begins the way up.
        down: The line that begins the way down.
        none: Asks, anywhere in a file, for no transaction.
        ask: How a file asks for that.
        key: Of a name, by which files are sorted.
    """

    name: str
    up: re.Pattern[str]
    down: re.Pattern[str]
    none: re.Pattern[str]
    ask: str
    key: Callable[[str], object]

    def claims(self, script: Script) -> bool:
        """Return whether a file is this tool's, by its marks."""
        return bool(self.up.search(script.text) or self.down.search(script.text))

    def ordered(self, folder: Path, scripts: Sequence[Script]) -> list[Script]:
        """Return the ways up, in the tool's order.

        Raises:
            MigrationError: A file has no way up, or two.
        """
        by_name = {script.name: script for script in scripts}
        names: list[str] = sorted(by_name, key=lambda name: (self.key(name), name))
        return [self._way_up(by_name[name]) for name in names]

    def _way_up(self, script: Script) -> Script:
        ups = list(self.up.finditer(script.text))
        if len(ups) != 1:
            raise MigrationError(
                f"{script.path} has {len(ups)} lines that begin {self.name}'s way up, so it is not known what runs. "
                "Give it one."
            )
        begin = ups[0].start()
        end = min((down.start() for down in self.down.finditer(script.text) if down.start() > begin), default=None)
        way_up = script.part(begin, len(script.text) if end is None else end)
        asked = script.transaction is Transaction.NONE or self.none.search(script.text) or asks_for_none(way_up.text)
        return replace(way_up, transaction=Transaction.NONE if asked else Transaction.ONE, ask=self.ask)


def _written(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, _LINE)


TOOLS = (
    Halves(
        "dbmate",
        up=_written(r"^--\s*migrate:up(?!\S)"),
        down=_written(r"^--\s*migrate:down(?!\S)"),
        none=_written(r"^--\s*migrate:up[ \t]+(?:\S+[ \t]+)*transaction:false(?!\S)"),
        ask="`-- migrate:up transaction:false`",
        key=lambda name: name,
    ),
    Halves(
        "goose",
        up=_written(r"^--\s*\+goose\s+up(?!\S)"),
        down=_written(r"^--\s*\+goose\s+down(?!\S)"),
        none=_written(r"^--\s*\+goose\s+no\s+transaction(?!\S)"),
        ask="a line `-- +goose NO TRANSACTION`",
        key=natural,
    ),
    Halves(
        "sql-migrate",
        up=_written(r"^--\s*\+migrate\s+up(?!\S)"),
        down=_written(r"^--\s*\+migrate\s+down(?!\S)"),
        none=_written(r"^--\s*\+migrate\s+up[ \t]+(?:\S+[ \t]+)*notransaction(?!\S)"),
        ask="`-- +migrate Up notransaction`",
        key=natural,
    ),
    Halves(
        "node-pg-migrate",
        up=_written(r"^\s*--[\s-]*up\s+migration"),
        down=_written(r"^\s*--[\s-]*down\s+migration"),
        none=_written(r"(?!)"),  # its SQL files cannot ask
        ask=Script.ask,
        key=natural,
    ),
)
