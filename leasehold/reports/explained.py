"""One denial, explained: a section of the failing test."""

from collections.abc import Iterator, Sequence

from ..denials.model import Denial, Phase
from .text import GRANTABLE, WARNING, one_line, tried

LONGEST = 2000
"""Longest line, in characters: a generated statement can be of any length."""


def explained(denial: Denial) -> list[str]:
    """Return a paragraph of lines, each with its label in front.

    No line starts with foreign text: that is where a CI system reads commands (GitHub Docs, Workflow commands).
    """
    where = f"{denial.kind.value}, {denial.verdict.value}, {phase(denial)}"
    return [
        f"denied: {tried(denial)} ({where})",
        *(f"  {label + ':':<15} {one_line(text, LONGEST)}" for label, text in facts(denial)),
        *([f"  {WARNING}"] if warned(denial) else []),
    ]


def section(denials: Sequence[Denial]) -> str:
    """Return the paragraphs of all of a test's denials, for a section of its report."""
    return "\n\n".join("\n".join(explained(denial)) for denial in denials)


def facts(denial: Denial) -> Iterator[tuple[str, str]]:
    """Yield what is known of a denial beside what was tried, each with its label; the text is as it came."""
    said = " ".join(word for word in (denial.source, denial.code) if word)
    told = (
        ("role", denial.role or "none that is declared"),
        ("login", denial.login),
        ("server's words", f"{denial.message} ({said}, {denial.time:%H:%M:%S.%f} UTC)"),
        ("why", denial.reason),
        ("statement", denial.statement),
        ("declared", denial.declaration),
        ("smallest grant" if denial.kind in GRANTABLE else "to mend it", denial.remedy),
        (denial.verdict.value, denial.because),
        ("ran then", ", ".join(denial.candidates)),
    )
    yield from ((label, text) for label, text in told if text)


def warned(denial: Denial) -> bool:
    """Return whether a denial is reported with a grant that would allow it, and so with the warning."""
    return bool(denial.remedy) and denial.kind in GRANTABLE


def phase(denial: Denial) -> str:
    """Return in words when in its test's life it was refused."""
    return {
        Phase.SETUP: "in set-up",
        Phase.CALL: "in the test",
        Phase.TEARDOWN: "in tear-down",
        Phase.AFTER: "after the test",
        Phase.OUTSIDE: "outside any test",
    }[denial.phase]
