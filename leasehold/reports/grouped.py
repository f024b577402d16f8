"""Denials by role, relation and code: the table that starts every report."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..denials.model import Denial, Verdict
from .text import ORDER, its_test, one_line, what


@dataclass(frozen=True)
class Group:
    """Denials that are alike.

    Attributes:
        verdict: Of all of them.
        role: The declared role, or the login if it was none.
        on: What it was tried on.
        what: The code, or the kind where there is no code.
        count: How many there are.
        first: The test of the first, or that it was outside any.
    """

    verdict: Verdict
    role: str
    on: str
    what: str
    count: int
    first: str


def groups(denials: Iterable[Denial]) -> list[Group]:
    """Return the groups: unexpected ones first, then by count, then by role, relation and code. Text is on one line."""
    alike: dict[tuple[Verdict, str, str, str], list[Denial]] = {}
    for denial in denials:
        key = (denial.verdict, one_line(denial.role or denial.login), one_line(denial.on), what(denial))
        alike.setdefault(key, []).append(denial)
    found = [Group(*key, len(those), its_test(min(those, key=lambda d: d.number))) for key, those in alike.items()]
    return sorted(found, key=lambda g: (ORDER.index(g.verdict), -g.count, g.role, g.on, g.what))


def counted(denials: Iterable[Denial]) -> dict[Verdict, int]:
    """Return how many denials there are of each verdict, those that want a look first."""
    counts = dict.fromkeys(ORDER, 0)
    for denial in denials:
        counts[denial.verdict] += 1
    return counts
