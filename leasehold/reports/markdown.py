"""Markdown, for GitHub, GitLab and any other reader of CommonMark with tables."""

import re
from collections.abc import Iterator

from ..denials.model import Denial, Session
from .explained import facts, phase, warned
from .grouped import counted, groups
from .text import ORDER, WARNING, block, its_test, one_line

# What is markup in the middle of a line, the extensions of GitHub and GitLab included: mathematics, bare addresses.
_MARKS = re.compile(r"([\\`*_\[\]<>|~&@$]|:(?=//)|(?<=www)\.)")
_TICKS = re.compile("`+")
_LONGEST_CELL = 300  # characters
_CODE = ("role", "login", "server's words", "declared", "ran then")


def markdown(session: Session, most: int | None = None) -> str:
    """Return a report: counts, the table by role, relation and code, notices, every denial, the unexpected explained.

    Args:
        session: What to tell.
        most: Rows of each table, notices and explanations at most, with a line that says how many more there are.
    """
    return "\n".join(
        [
            "# Denials",
            "",
            f"{_counts(session)} Run {code(session.run)}, {session.tests} tests, {len(session.leases)} leases.",
            *_section("By role, relation and code", _summary(session), most),
            *_section("Notices", _notices(session), most),
            *_section("Every denial", _every(session), most),
            *_explanations(session, most),
            "",
        ]
    )


def code(text: str) -> str:
    """Return text as a code span that nothing in it ends, usable in a table's cell; empty for no text.

    A fence longer than any run of backticks in it, spaces at the ends where it starts or ends with one (CommonMark,
    Code spans), and backslashes before pipes (GitHub Flavored Markdown, Tables).
    """
    content = one_line(text, _LONGEST_CELL).replace("|", "\\|")
    if not content:
        return ""
    fence = "`" * (1 + max(map(len, _TICKS.findall(content)), default=0))
    room = " " if content[0] == "`" or content[-1] == "`" else ""
    return f"{fence}{room}{content}{room}{fence}"


def prose(text: str) -> str:
    """Return text with backslashes before markup (CommonMark, Backslash escapes); not for the start of a line."""
    return _MARKS.sub(r"\\\1", one_line(text))


def fenced(text: str) -> str:
    """Return text as a code block that nothing in it ends (CommonMark, Fenced code blocks)."""
    content = block(text)
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(content)), default=0))
    return f"{fence}\n{content}\n{fence}"


def _counts(session: Session) -> str:
    counts = ", ".join(f"{count} {verdict.value}" for verdict, count in counted(session.denials).items())
    left_out = f" {session.left_out} more were counted and not kept." if session.left_out else ""
    return f"**{len(session.denials)} denials**: {counts}.{left_out}"


def _summary(session: Session) -> list[str]:
    rows = [
        _row(g.verdict.value, code(g.role), code(g.on), code(g.what), str(g.count), code(g.first))
        for g in groups(session.denials)
    ]
    return [_head("Verdict", "Role", "On", "Code", "Count", "First test"), *rows] if rows else []


def _every(session: Session) -> list[str]:
    rows = [
        _row(
            str(denial.number),
            denial.verdict.value,
            code(denial.role or denial.login),
            f"{code(denial.action)} {code(denial.on)}".strip(),
            denial.kind.value,
            code(denial.code),
            code(its_test(denial)),
            phase(denial),
        )
        for denial in sorted(session.denials, key=lambda denial: (ORDER.index(denial.verdict), denial.number))
    ]
    return [_head("No.", "Verdict", "Role", "Tried", "Kind", "Code", "Test", "When"), *rows] if rows else []


def _notices(session: Session) -> list[str]:
    rows = [_row(n.kind, code(n.role), code(n.test or ""), prose(n.message)) for n in session.notices]
    return [_head("Notice", "Role", "Test", "What"), *rows] if rows else []


def _explanations(session: Session, most: int | None) -> Iterator[str]:
    found = session.unexpected
    if found:
        yield from ("", "## Unexpected denials")
    for denial in found[:most]:
        yield from _explanation(denial)
    if found and any(warned(denial) for denial in found[:most]):
        yield from ("", f"> {WARNING}")
    if most is not None and len(found) > most:
        yield from ("", f"{len(found) - most} more are not explained here.")


def _explanation(denial: Denial) -> Iterator[str]:
    yield from ("", f"### {denial.number}. {code(denial.action or denial.kind.value)} {code(denial.on)}".rstrip(), "")
    yield f"- test: {code(its_test(denial))} ({phase(denial)})"
    yield f"- kind: {denial.kind.value}"
    for label, text in facts(denial):
        if label not in ("statement", "smallest grant"):
            yield f"- {label}: {code(text) if label in _CODE else prose(text)}"
    if denial.statement:
        yield from ("", fenced(denial.statement))
    if denial.remedy and warned(denial):
        yield from ("", "The smallest grant that would allow it:", "", fenced(denial.remedy))


def _section(title: str, table: list[str], most: int | None) -> list[str]:
    if not table:
        return []
    head, rows = table[0], table[1:]
    shown = rows[:most]
    more = [] if len(shown) == len(rows) else ["", f"{len(rows) - len(shown)} more are not shown here."]
    return ["", f"## {title}", "", head, *shown, *more]


def _head(*names: str) -> str:
    return f"{_row(*names)}\n{_row(*('---' for _ in names))}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
