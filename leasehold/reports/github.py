"""Annotations and the job summary of GitHub Actions (GitHub Docs, Workflow commands for GitHub Actions)."""

from collections.abc import Iterator

from ..denials.model import Denial, Notice, Session
from .explained import explained
from .locations import Locations, location
from .markdown import markdown
from .text import one_line, tried

MOST = 10
"""Annotations of one level that GitHub shows of a step."""

SUMMARY_LIMIT = 1024 * 1024
"""Bytes that a step's summary may have; a larger one is not shown at all."""

_MOST_ROWS = 1000  # of a job summary; far fewer where their text is long
_LONGEST_TITLE = 200  # terminal columns


def annotations(session: Session, locations: Locations) -> list[str]:
    """Return the lines that make GitHub annotate the tests: an error for each unexpected denial, a warning a notice.

    At most ten of a level, then one notice that says how many more, which counts for neither.

    Args:
        session: What to tell.
        locations: Where the tests stand, from the repository's root.
    """
    return [
        *(_error(denial, locations) for denial in session.unexpected[:MOST]),
        *_more(len(session.unexpected) - MOST, "unexpected denials"),
        *(_warning(notice, locations) for notice in session.notices[:MOST]),
        *_more(len(session.notices) - MOST, "notices"),
    ]


def job_summary(session: Session, room: int = SUMMARY_LIMIT) -> str:
    """Return the job summary, as much of it as there is room for.

    Args:
        session: What to tell.
        room: Bytes that are left of a step's summary.
    """
    most = _MOST_ROWS
    text = markdown(session, most)
    while len(text.encode()) > room and most:
        most //= 2
        text = markdown(session, most)
    return text if len(text.encode()) <= room else ""


def command(name: str, message: str, **properties: str) -> str:
    """Return a workflow command, escaped as GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts).

    Args:
        name: ``error``, ``warning`` or ``notice``.
        message: Its text; may have several lines.
        properties: ``title``, ``file``, ``line``.
    """
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name}{' ' if told else ''}{told}::{_data(message)}"


def _error(denial: Denial, locations: Locations) -> str:
    title = one_line(f"denied: {tried(denial)}", _LONGEST_TITLE)
    return command("error", "\n".join(explained(denial)), title=title, **_place(denial.test, locations))


def _warning(notice: Notice, locations: Locations) -> str:
    return command("warning", one_line(notice.message), title=notice.kind, **_place(notice.test, locations))


def _place(test: str | None, locations: Locations) -> dict[str, str]:
    found = location(test, locations)
    return {"file": one_line(found[0]), "line": str(found[1])} if found else {}


def _more(count: int, of: str) -> Iterator[str]:
    if count > 0:
        yield command("notice", f"{count} more {of}; the job summary and the reports have them.", title=f"more {of}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
