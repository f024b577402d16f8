"""Where reports go: files in a folder, and GitHub's own places."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..denials.model import Session
from ..paths import write_atomically
from . import github, gitlab, jsonl
from .errors import ReportError
from .locations import Locations
from .markdown import markdown
from .page import page

FORMATS: dict[str, Callable[[Session, Locations], str]] = {
    "denials.jsonl": lambda session, _: jsonl.text(session),
    "denials.md": lambda session, _: markdown(session),
    "denials.html": lambda session, _: page(session),
    "gl-code-quality-report.json": gitlab.code_quality,
}
"""Reports by file name. A further format is a module here and a row."""


def write_reports(session: Session, folder: Path, locations: Locations) -> list[Path]:
    """Write the reports into a folder, each as a whole or not at all; return their paths.

    Args:
        session: What to tell.
        folder: Made if need be; reports of an earlier session in it are replaced.
        locations: Where the tests stand, from the repository's root.

    Raises:
        ReportError: The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / name for name in FORMATS]
        for path, content in zip(paths, FORMATS.values(), strict=True):
            write_atomically(path, content(session, locations))
        return paths
    except OSError as error:
        raise ReportError(
            f"The reports of denials could not be written to {folder}: {error.strerror}. The session's result stands, "
            "but nobody can read it up there. Name a folder that can be written to."
        ) from error


def publish(session: Session, environ: Mapping[str, str], locations: Locations) -> list[str]:
    """Append the job summary, if GitHub Actions asks for one, and return the lines that annotate the tests.

    Args:
        session: What to tell.
        environ: This process's environment: ``GITHUB_ACTIONS`` and ``GITHUB_STEP_SUMMARY`` (GitHub Docs, Variables).
        locations: Where the tests stand, from the repository's root.

    Returns:
        Lines for standard output, each at the start of a line; none outside GitHub Actions.

    Raises:
        ReportError: The job summary cannot be written to.
    """
    if environ.get("GITHUB_ACTIONS") != "true" or not _worth_telling(session):
        return []
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        _append_summary(session, Path(path))
    return github.annotations(session, locations)


def _worth_telling(session: Session) -> bool:
    return bool(session.denials or session.notices or session.left_out)


def _append_summary(session: Session, path: Path) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            summary = github.job_summary(session, github.SUMMARY_LIMIT - file.tell() - 1)
            if file.tell() and summary:
                file.write("\n")
            file.write(summary)
    except OSError as error:
        raise ReportError(
            f"The job summary {path}, which GITHUB_STEP_SUMMARY names, could not be written to: {error.strerror}. "
            "Unset the variable where this is not GitHub Actions."
        ) from error
