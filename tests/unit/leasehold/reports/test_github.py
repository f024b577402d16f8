from pathlib import Path
from urllib.parse import unquote

import pytest

from leasehold.denials.model import Notice, Verdict
from leasehold.reports import ReportError, github, publish
from leasehold.reports.text import one_line
from tests.sessions import denial, sample, session

from .hostile import ALL, COMMAND

TEST = "tests/test_orders.py::test_cancel"


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as GitHub's runner does (actions/runner, src/Runner.Common/ActionCommand.cs)."""
    head, _, data = line.removeprefix("::").partition("::")
    name, _, properties = head.partition(" ")
    pairs = [pair.partition("=") for pair in properties.split(",") if pair]
    return name, {key: unquote(value) for key, _, value in pairs}, unquote(data)


def test_a_command_is_escaped() -> None:
    assert github.command("error", "50%\r\nof: all, say", title="a,b:c", file="x%y.py") == (
        "::error title=a%2Cb%3Ac,file=x%25y.py::50%25%0D%0Aof: all, say"
    )
    assert github.command("notice", "") == "::notice::"


def test_errors_for_denials_and_warnings_for_notices() -> None:
    told = session(
        denial(),
        denial(number=2, verdict=Verdict.EXPECTED),
        denial(number=3, test=None),
        denial(number=4, test="tests/test_new.py::test_x[a::b]"),
        notices=[Notice(kind="unused role", message="No test took a lease of auditor.")],
    )
    lines = github.annotations(told, {TEST: ("suite/tests/test_orders.py", 12)})
    assert [parsed(line)[0] for line in lines] == ["error", "error", "error", "warning"]
    assert parsed(lines[0])[1] == {
        "title": "denied: DELETE on shop.orders as reader",
        "file": "suite/tests/test_orders.py",
        "line": "12",
    }
    assert "\n  smallest grant: " in parsed(lines[0])[2]
    assert parsed(lines[1])[1] == {"title": "denied: DELETE on shop.orders as reader"}
    assert parsed(lines[2])[1]["file"] == "tests/test_new.py"
    assert lines[3] == "::warning title=unused role::No test took a lease of auditor."
    assert parsed(github.annotations(told, {"": ("pytest.ini", 1)})[1])[1]["file"] == "pytest.ini"


def test_no_more_than_github_shows() -> None:
    told = session(
        *(denial(number=n) for n in range(1, 24)), notices=[Notice(kind="log", message=str(n)) for n in range(11)]
    )
    names = [parsed(line)[0] for line in github.annotations(told, {})]
    assert names == ["error"] * 10 + ["notice"] + ["warning"] * 10 + ["notice"]
    assert "13 more unexpected denials" in github.annotations(told, {})[10]
    assert "1 more notices" in github.annotations(told, {})[21]


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_forges_no_command(text: str) -> None:
    hostile = denial(action=text, on=text, message=text, statement=text, test=f"tests/{text}.py::test")
    told = session(hostile, notices=[Notice(kind="log", message=text, test=text)])
    lines = github.annotations(told, {})
    assert len(lines) == len("\n".join(lines).splitlines()) == 2
    for line, name in zip(lines, ("error", "warning"), strict=True):
        found = parsed(line)
        assert found[0] == name
        assert set(found[1]) == {"title", "file", "line"}
    assert parsed(lines[0])[1]["file"] == one_line(f"tests/{text}.py".partition("::")[0])


def test_a_summary_fits_in_what_github_takes() -> None:
    told = session(*(denial(number=number, statement="x" * 3000) for number in range(1, 501)))
    text = github.job_summary(told)
    assert 100_000 < len(text.encode()) <= github.SUMMARY_LIMIT
    assert "more are not shown here." in text
    assert len(github.job_summary(told, 5000).encode()) <= 5000
    assert github.job_summary(told, 10) == ""


def test_nothing_is_published_elsewhere(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    assert publish(sample(5), {"GITHUB_STEP_SUMMARY": str(summary)}, {}) == []
    assert publish(session(), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, {}) == []
    assert not summary.exists()


def test_a_summary_is_appended(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("earlier")
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    told = session(denial(message=COMMAND))
    assert publish(told, environ, {}) == github.annotations(told, {})
    assert summary.read_text().startswith("earlier\n# Denials\n")
    summary.write_text("x" * (github.SUMMARY_LIMIT - 100))
    publish(told, environ, {})
    assert summary.stat().st_size <= github.SUMMARY_LIMIT


def test_a_summary_that_cannot_be_written(tmp_path: Path) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary")}
    with pytest.raises(ReportError, match="could not be written to: No such file or directory"):
        publish(sample(5), environ, {})
