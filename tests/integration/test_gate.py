"""The gate catches every way past it, and nothing that is as it should be."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.denials.model import Session
from leasehold.reports import jsonl
from leasehold.run import destroy

from .support import PROJECT

SUITE = Path(__file__).parent / "suites" / "mutants.py"
INI = f"""
[pytest]
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
"""
ALLOWED = """
[[allow]]
role = "auditor"
on = "orders"
reason = "agreed upon for this test"
until = 2999-12-31

[[allow]]
role = "writer"
test = "*past_its_end"
reason = "agreed upon until long ago"
until = 2001-01-01

[[allow]]
role = "writer"
test = "*::test_of_another_name"
reason = "agreed upon for another test"
until = 2999-12-31
"""
QUIET = {"test_quiet", "test_expected_and_there", "test_allowed"}
BESIDES = {"test_in_teardown", "test_in_teardown_when_its_database_is_gone", "test_once_its_lease_has_ended"}
"""They pass, and an error of theirs is told beside that."""
MUTANTS = re.findall(r"^def (test_\w+)", SUITE.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def warm() -> Iterator[str]:
    name = f"gate-{os.getpid()}"
    yield name
    destroy(name, program=PROJECT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    return tmp_path


def session(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--leasehold-report=reports", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)


def told(folder: Path) -> Session:
    return jsonl.read((folder / "reports" / "denials.jsonl").read_text().splitlines())


@pytest.fixture(scope="module")
def outcomes(warm: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Session]:
    """What a session with all mutants prints, and what it tells."""
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "pytest.ini").write_text(INI)
    (folder / "leasehold-allow.toml").write_text(ALLOWED)
    shutil.copy(SUITE, folder / "test_mutants.py")
    done = session(folder, f"--leasehold-run={warm}")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout, told(folder)


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in QUIET])
def test_a_mutant_is_caught(outcomes: tuple[str, Session], name: str) -> None:
    printed, _ = outcomes
    word = "ERROR" if name in BESIDES else "FAILED"
    assert re.search(rf"^{word} test_mutants.py::{name}\b", printed, re.MULTILINE), printed[-4000:]


@pytest.mark.parametrize("name", sorted(QUIET))
def test_what_is_as_it_should_be_passes(outcomes: tuple[str, Session], name: str) -> None:
    printed, _ = outcomes
    assert re.search(rf"^PASSED test_mutants.py::{name}$", printed, re.MULTILINE), printed[-4000:]
    assert not re.search(rf"^(FAILED|ERROR) test_mutants.py::{name}\b", printed, re.MULTILINE)


def test_each_denial_is_told_once(outcomes: tuple[str, Session]) -> None:
    _, found = outcomes
    counts = dict.fromkeys(MUTANTS, 0)
    for denial in found.denials:
        counts[str(denial.test).partition("::")[2]] += 1
    none = {"test_quiet", "test_expected_and_not_there", "test_marked_and_not_there", "test_marked_without_a_run"}
    twice = {"test_outside_the_block"}
    assert counts == {name: 0 if name in none else 2 if name in twice else 1 for name in MUTANTS}


def test_phases(outcomes: tuple[str, Session]) -> None:
    _, found = outcomes
    phases = {str(denial.test).partition("::")[2]: denial.phase.value for denial in found.denials}
    assert {name: phase for name, phase in phases.items() if phase != "call"} == {
        "test_in_a_fixture_before": "setup",
        "test_in_teardown": "teardown",
        "test_in_teardown_when_its_database_is_gone": "teardown",
        "test_once_its_lease_has_ended": "after",
    }


def test_verdicts(outcomes: tuple[str, Session]) -> None:
    _, found = outcomes
    verdicts = {str(denial.test).partition("::")[2]: denial.verdict.value for denial in found.denials}
    assert verdicts["test_expected_and_there"] == "expected"
    assert verdicts["test_allowed"] == "allowed"
    assert verdicts["test_allowed_by_a_line_past_its_end"] == "unexpected"
    remarks = [notice.message for notice in found.notices if notice.kind == "allow-list"]
    assert any("ended on 2001-01-01" in remark for remark in remarks)
    assert any("allowed nothing: agreed upon for another test" in remark for remark in remarks)


def test_a_failure_shows_what_a_reader_needs(outcomes: tuple[str, Session]) -> None:
    printed, _ = outcomes
    shown = printed.partition("_ test_swallowed _")[2].partition("\n____")[0]
    for part in (
        "reader was refused SELECT on shop.payroll (42501)",
        "permission denied for table payroll",
        "SELECT salary FROM payroll",
        '"name": "reader"',
        '{"schema": "shop", "tables": ["payroll"], "privileges": ["SELECT"]}',
        "A test is no reason to grant it",
    ):
        assert part in shown, shown


QUIET_TROUBLE = """
def test_wide(connect):
    connect("auditor").execute("SELECT count(*) FROM orders")
def test_fitting(connect):
    connect("auditor").execute("SELECT count(*) FROM payroll")
def test_unused(lease):
    lease("reader")
"""


def test_quiet_trouble_is_noticed_and_fails_nothing(folder: Path, warm: str) -> None:
    (folder / "test_quiet.py").write_text(QUIET_TROUBLE)
    done = session(folder, f"--leasehold-run={warm}")
    assert done.returncode == 0, done.stdout
    noticed = {
        (notice.kind, notice.role, str(notice.test).partition("::")[2])
        for notice in told(folder).notices
        if notice.role != "migrator"
    }
    assert noticed == {
        ("wider role than needed", "auditor", "test_wide"),
        ("unused login", "reader", "test_unused"),
        ("unused role", "writer", ""),
    }
    assert "needed no more than reader may" in done.stdout


KILLED = """
import contextlib, os, signal, psycopg
def test_killed(connect):
    connection = connect("reader", autocommit=True)
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT salary FROM payroll")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker(folder: Path, warm: str) -> None:
    (folder / "test_killed.py").write_text(KILLED)
    done = session(folder, f"--leasehold-run={warm}", "-n", "2")
    assert [denial.test for denial in told(folder).denials] == ["test_killed.py::test_killed"], done.stdout
    assert "reader" in done.stdout
    assert "shop.payroll" in done.stdout


SWALLOWED = """
import contextlib, psycopg
def test_swallowed(connect):
    with contextlib.suppress(psycopg.Error):
        connect("reader", autocommit=True).execute("SELECT salary FROM payroll")
"""


def test_warnings_fail_nothing(folder: Path, warm: str) -> None:
    (folder / "test_one.py").write_text(SWALLOWED)
    done = session(folder, f"--leasehold-run={warm}", "--leasehold-denials=warn")
    assert done.returncode == 0, done.stdout
    assert "1 denials in 1 tests: 1 unexpected" in done.stdout
    assert len(told(folder).denials) == 1


def test_off_reads_nothing(folder: Path, warm: str) -> None:
    (folder / "test_one.py").write_text(SWALLOWED)
    done = session(folder, f"--leasehold-run={warm}", "--leasehold-denials=off")
    assert done.returncode == 0, done.stdout
    assert "denials" not in done.stdout
    assert not (folder / "reports").exists()


OUTSIDE = """
import contextlib, psycopg, pytest
@pytest.fixture(scope="session", autouse=True)
def pool(leasehold_run):
    held = leasehold_run.issuer.lease("reader")
    connection = held.connect(autocommit=True)
    yield connection
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT * FROM pg_authid")
def test_one(pool): pass
def test_two(pool):
    with contextlib.suppress(psycopg.Error):
        pool.execute("SELECT * FROM pg_authid")
def test_three(pool): pass
"""


def test_a_lease_of_the_whole_session(folder: Path, warm: str) -> None:
    """Its denials are those of the test that was running; at the session's end, of the last test's tear-down."""
    (folder / "test_session.py").write_text(OUTSIDE)
    done = session(folder, f"--leasehold-run={warm}")
    found = [(denial.test, denial.phase.value) for denial in told(folder).denials]
    assert found == [("test_session.py::test_two", "call"), ("test_session.py::test_three", "teardown")], done.stdout
    assert "1 failed, 2 passed, 1 error" in done.stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('role = "reader"\nuntil = 2999-01-01', "reason"),
        ('reason = "long enough a reason"\nuntil = 2999-01-01', "it allows everything"),
        ('role = "reader"\nreason = "long enough a reason"', "until"),
        ('role = "reader"\nreason = "no"\nuntil = 2999-01-01', "reason"),
        ("role = ", "is not TOML"),
    ],
)
def test_an_allow_list_that_cannot_be_used(folder: Path, line: str, complaint: str) -> None:
    (folder / "test_one.py").write_text(SWALLOWED)
    (folder / "leasehold-allow.toml").write_text(f"[[allow]]\n{line}\n")
    done = session(folder)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert complaint in done.stderr
