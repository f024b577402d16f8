"""A report for GitLab's merge requests (GitLab Docs, Code Quality, Code Quality report format)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..denials.model import Denial, Session, Verdict
from .junit import compact
from .locations import Locations, location
from .text import NO_TEST, one_line

_SEVERITIES = {Verdict.UNEXPECTED: "major", Verdict.ALLOWED: "minor", Verdict.EXPECTED: "info"}
_NOWHERE = (".", 1)


def code_quality(session: Session, locations: Locations) -> str:
    """Return the report: an issue for each denial, then one for each notice.

    Args:
        session: What to tell.
        locations: Where the tests stand, from the repository's root.
    """
    issues = [*_denials(session, locations), *_notices(session, locations)]
    return json.dumps(issues, indent=1) + "\n"


def _denials(session: Session, locations: Locations) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, ...]] = Counter()
    for denial in session.denials:
        alike = _alike(denial)
        seen[alike] += 1
        yield _issue(
            f"{compact(denial)}, in {one_line(denial.test or NO_TEST)}",
            f"leasehold: {denial.kind.value}",
            (*alike, str(seen[alike])),
            _SEVERITIES[denial.verdict],
            location(denial.test, locations),
        )


def _notices(session: Session, locations: Locations) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, ...]] = Counter()
    for notice in session.notices:
        alike = (notice.kind, notice.role, notice.test or "")
        seen[alike] += 1
        parts = (*alike, str(seen[alike]))
        yield _issue(
            one_line(notice.message), f"leasehold: {notice.kind}", parts, "info", location(notice.test, locations)
        )


def _alike(denial: Denial) -> tuple[str, ...]:
    """Return what is the same in every run; not the login, the time or the server's words, which may name the login.

    The verdict is left out as well: an allowed denial is the same issue as before.
    """
    said = (denial.test or "", denial.phase, denial.source, denial.kind, denial.code)
    return (*said, denial.role, denial.action, denial.on, denial.statement)


def _issue(
    description: str, check: str, parts: tuple[str, ...], severity: str, place: tuple[str, int] | None
) -> dict[str, Any]:
    path, line = place or _NOWHERE
    return {
        "description": description,
        "check_name": check,
        # GitLab shows one issue of a fingerprint only, so those that are alike are counted into it.
        "fingerprint": hashlib.sha256(json.dumps(parts).encode()).hexdigest(),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
