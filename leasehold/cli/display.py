"""What the commands print: tables for people, JSON for programs, progress on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..pulumi.stages import StageClock

progress = Console(stderr=True, highlight=False, soft_wrap=True)
"""Colours only where it is a terminal; plain lines in a pipeline's log."""


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    print(json.dumps(value, indent=2, default=str))


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Print rows as a table on standard output."""
    if not rows:
        print(empty)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(table)


def stage_clock(what: str) -> "StageClock":
    """Return a clock that tells each stage as it begins, and what it waits for."""
    from ..pulumi.stages import StageClock  # noqa: PLC0415 - slow to import

    def tell(line: str) -> None:
        progress.print(f"{what}: {line} ...", style="dim")

    return StageClock(on_stage=tell, on_note=tell)


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
