"""Denials in junit XML: properties of a test case, and what it printed. pytest writes and escapes the XML."""

from collections.abc import Sequence

from ..denials.model import Denial
from .explained import section
from .text import one_line, tried

PREFIX = "leasehold.denial"


def properties(denials: Sequence[Denial]) -> list[tuple[str, str]]:
    """Return a property for each denial of one test, for ``item.user_properties``.

    Names count from 1, because a reader of the file may keep one property of a name only.
    """
    return [(f"{PREFIX}.{number}", compact(denial)) for number, denial in enumerate(denials, start=1)]


def compact(denial: Denial) -> str:
    """Return a denial on one line."""
    said = ", ".join(word for word in (denial.kind.value, denial.code) if word)
    return one_line(f"{denial.verdict.value}: {tried(denial)} ({said}): {denial.message}")


def system_out(denials: Sequence[Denial]) -> str:
    """Return a test case's ``system-out`` about its denials; nothing if there are none."""
    return f"denials:\n{section(denials)}\n" if denials else ""
