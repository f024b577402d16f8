"""What a session does as a whole: it notices, warns, is killed in part, runs tests again, refuses a bad allow-list."""

from pathlib import Path

import pytest

from leasehold.denials.sources.entries import MARK
from leasehold.denials.sources.whole_logs import whole_log

from .gated import INI, PASSING, session, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    return tmp_path


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
    assert "1 denial in 1 test: 1 unexpected" in done.stdout
    assert len(told(folder).denials) == 1


def test_off_reads_nothing(folder: Path, warm: str) -> None:
    (folder / "test_one.py").write_text(SWALLOWED)
    done = session(folder, f"--leasehold-run={warm}", "--leasehold-denials=off")
    assert done.returncode == 0, done.stdout
    assert "denials" not in done.stdout
    assert not (folder / "reports").exists()


FLAKY = """
import contextlib, psycopg, pytest
tries = []
@pytest.mark.flaky(reruns=2)
def test_flaky(connect):
    tries.append(1)
    connection = connect("reader", autocommit=True)
    if len(tries) == 2:
        with contextlib.suppress(psycopg.Error):
            connection.execute("SELECT salary FROM payroll")
    assert len(tries) == 3
def test_quiet(connect):
    connect("reader").execute("SELECT 1")
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_test_that_is_run_again(folder: Path, warm: str, workers: str) -> None:
    """It passes in the end, and what it was refused on the way is told all the same."""
    (folder / "test_flaky.py").write_text(FLAKY)
    done = session(folder, f"--leasehold-run={warm}", "-n", workers)
    found = [(denial.test, denial.phase.value) for denial in told(folder).denials]
    assert found == [("test_flaky.py::test_flaky", "call")], done.stdout
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "reader was refused SELECT on shop.payroll (42501)" in done.stdout


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


def test_an_allow_list_that_cannot_be_used(folder: Path) -> None:
    """What else makes it unusable, `tests/unit/leasehold/denials/test_allowlist.py` has."""
    (folder / "test_one.py").write_text(SWALLOWED)
    (folder / "leasehold-allow.toml").write_text('[[allow]]\nrole = "reader"\nreason = "long enough a reason"\n')
    done = session(folder)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "allow.1.until: Field required" in done.stderr
    assert "test_one" not in done.stdout, "no test has run"


def test_the_drop_of_its_database_ends_a_test(folder: Path, warm: str) -> None:
    """Its mark stands in that statement, and no other is sent for the end of a test that drops it last, at once."""
    (folder / "test_passing.py").write_text(PASSING)
    session(folder, f"--leasehold-run={warm}")  # the run is there, and its database is migrated
    before = len(list(whole_log(warm, "database")))
    assert session(folder, f"--leasehold-run={warm}", "-o", "leasehold_ahead=false").returncode == 0
    sent = [line for line in list(whole_log(warm, "database"))[before:] if MARK in line and "statement: " in line]
    drops = [line for line in sent if "DROP DATABASE" in line]
    assert len(drops) == 6
    # One when the session comes to the run, one at the end of each test's own code, and one after the session's own
    # fixtures, which the last test tears down.
    assert len(sent) - len(drops) == 1 + 6 + 1
