"""The gate catches every way past it, and nothing that is as it should be."""

import re
import shutil
from pathlib import Path

import pytest

from leasehold.denials.model import Session

from .gated import INI, session, told

SUITE = Path(__file__).parent / "suites" / "mutants.py"
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
