"""Lines for pytest's terminal summary, as plain data: the caller writes them, in colour or not."""

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from ..denials.model import Notice, Session, Verdict
from .grouped import Group, counted, groups
from .text import ending, one_line, padded, shortened

MOST = 40
"""Rows of the table, and notices, that are shown."""

_HEADS = ("verdict", "role", "on", "code", "count", "first test")
_COUNT, _TEST = _HEADS.index("count"), _HEADS.index("first test")
_SHORTEST, _GAP = 12, "  "
_COLOURS: Mapping[Verdict, dict[str, bool]] = {
    Verdict.UNEXPECTED: {"red": True},
    Verdict.ALLOWED: {"yellow": True},
    Verdict.EXPECTED: {},
}


class Line(NamedTuple):
    """A line, and how to write it: ``terminalreporter.write_line(line.text, **line.markup)``."""

    text: str
    markup: dict[str, bool]


def summary(session: Session, width: int = 120, most: int = MOST) -> list[Line]:
    """Return the table of denials by role, relation and code, then the notices; nothing if there are neither.

    Args:
        session: What to tell.
        width: Of the terminal, in columns.
        most: Rows of the table that are shown at most, and notices; a line says how many more there are.
    """
    lines: list[Line] = []
    if session.denials or session.left_out:
        found = groups(session.denials)
        lines += [Line(headline(session), {"bold": True}), *_table(found[:most], width)]
        lines += _more(len(found) - most, "rows")
    noticed = _noticed(session.notices)
    for text in noticed[:most]:
        lines += [Line(part, {"yellow": True}) for part in wrap(one_line(text), width, subsequent_indent="  ")]
    return lines + _more(len(noticed) - most, "notices")


def _noticed(notices: Iterable[Notice]) -> list[str]:
    """Return a line for each thing noticed, with its first test and how many more there are."""
    tests: dict[str, list[str]] = {}
    for notice in notices:
        tests.setdefault(f"{notice.kind}: {notice.message}", []).append(notice.test or "")
    lines = []
    for text, where in tests.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        lines.append(f"{text} ({where[0]}{more})" if where[0] else text)
    return lines


def headline(session: Session) -> str:
    """Return the counts in one sentence."""
    counts = ", ".join(f"{count} {verdict.value}" for verdict, count in counted(session.denials).items())
    left_out = f"; {session.left_out} more were counted and not kept" if session.left_out else ""
    return f"{_counted(len(session.denials), 'denial')} in {_counted(session.tests, 'test')}: {counts}{left_out}"


def _table(found: list[Group], width: int) -> list[Line]:
    rows = [_cells(group) for group in found]
    widths = _widths([_HEADS, *rows], width)
    heads = Line(_row(_HEADS, widths), {"bold": True})
    return [heads, *(Line(_row(row, widths), _COLOURS[g.verdict]) for row, g in zip(rows, found, strict=True))]


def _cells(group: Group) -> tuple[str, ...]:
    return (group.verdict.value, group.role or "-", group.on or "-", group.what, str(group.count), group.first)


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    written = [_cell(column, *pair) for column, pair in enumerate(zip(cells, widths, strict=True))]
    return _GAP.join(written).rstrip()


def _cell(column: int, cell: str, width: int) -> str:
    if column == _COUNT:
        return cell.rjust(width)
    # Of a node id, the end says most.
    return padded(ending(cell, width) if column == _TEST else shortened(cell, width), width)


def _widths(rows: list[tuple[str, ...]], width: int) -> list[int]:
    """Return the columns' widths: as wide as their cells, or, where there is no room, the widest ones narrowed."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    room = max(width - len(_GAP) * (len(widths) - 1), _SHORTEST * len(widths))
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _more(count: int, of: str) -> list[Line]:
    return [Line(f"... and {count} more {of}; the reports have them all", {})] if count > 0 else []


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
