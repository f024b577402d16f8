"""What every format does to foreign text first: one line, nothing invisible, no longer than there is room for."""

import unicodedata

from rich.cells import cell_len, set_cell_size

from ..denials.model import Denial, Kind, Verdict

NO_TEST = "outside any test"
ORDER = (Verdict.UNEXPECTED, Verdict.ALLOWED, Verdict.EXPECTED)
"""Verdicts, those that want a look first."""

GRANTABLE = (
    Kind.TABLE,
    Kind.COLUMN,
    Kind.SCHEMA,
    Kind.FUNCTION,
    Kind.SEQUENCE,
    Kind.DATABASE,
    Kind.OWNERSHIP,
    Kind.ROW_SECURITY,
    Kind.MEMBERSHIP,
    Kind.OTHER_PRIVILEGE,
    Kind.BROKER_PERMISSION,
)
"""Kinds that a grant would mend; the others are no question of privileges."""

WARNING = (
    "A test is no reason to grant it. Grant it if production needs it, where roles are declared and reviewed; "
    "otherwise mend the code, or expect the denial in the test."
)


def one_line(text: str, longest: int | None = None) -> str:
    """Return text on one line, with escapes in place of what would not be seen: control and format characters.

    Whatever ends a line in any program, acts on a terminal or turns the direction of writing is of one of those
    categories (Unicode Standard, 4.5: Cc, Cf, Cs, Co, Cn, Zl, Zp).

    Args:
        text: Anything.
        longest: Width to shorten it to, in terminal columns; None for no limit.
    """
    seen = _all_seen(" ".join(text.split()))
    return seen if longest is None else shortened(seen, longest)


def block(text: str) -> str:
    """Return text with its lines kept and everything else that would not be seen escaped."""
    return "\n".join(_all_seen(line.replace("\t", "    ")) for line in text.splitlines())


def shortened(line: str, width: int) -> str:
    """Return a line with an ellipsis in place of what is too much at its end, for a width in terminal columns."""
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"


def ending(line: str, width: int) -> str:
    """Return a line with an ellipsis in place of what is too much at its start, for a width in terminal columns."""
    while cell_len(line) > width:
        line = "…" + line[max(2, cell_len(line) - width) :]
    return line


def padded(line: str, width: int) -> str:
    """Return a line that fits a width, with spaces after it up to that width in terminal columns."""
    return set_cell_size(line, width)


def what(denial: Denial) -> str:
    """Return the code of a denial, or its kind where there is none."""
    return denial.code or denial.kind.value


def tried(denial: Denial) -> str:
    """Return in a few words what was tried, on what, and as whom: ``SELECT on shop.payroll as reader``."""
    words = one_line(denial.action) or denial.kind.value
    words += f" on {one_line(denial.on)}" if denial.on else ""
    who = one_line(denial.role or denial.login)
    return f"{words} as {who}" if who else words


def its_test(denial: Denial) -> str:
    """Return the node id of a denial's test on one line, or that there is none."""
    return one_line(denial.test) if denial.test else NO_TEST


def _all_seen(line: str) -> str:
    return line if line.isprintable() else "".join(map(_seen, line))  # nearly every line is, and that is quick to tell


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    return ascii(character)[1:-1] if category[0] == "C" or category in ("Zl", "Zp") else character
