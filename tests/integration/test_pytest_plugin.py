"""The pytest plugin on a run that its sessions reuse."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from leasehold import Databases, Run
from leasehold.pytest_plugin import guard

from .gated import INI, PASSING
from .support import Live, leasehold

Session = Callable[..., subprocess.CompletedProcess[str]]


def test_repeating_the_last_failures(session: Session, suite: Path, warm: str) -> None:
    (suite / "test_passing.py").write_text(PASSING.replace("count == 2", "count == 2 and number != 3"))
    assert "1 failed, 5 passed" in session(f"--leasehold-run={warm}").stdout
    again = session(f"--leasehold-run={warm}", "--lf").stdout
    assert "1 failed" in again
    assert "passed" not in again.splitlines()[-1]


def test_clones_of_a_crashed_session_are_dropped(session: Session, suite: Path, warm: str) -> None:
    crash = "import os\ndef test_crash(database):\n    print(database, flush=True)\n    os._exit(1)\n"
    (suite / "test_crash.py").write_text(crash)
    crashed = session(f"--leasehold-run={warm}", "-s", "test_crash.py")
    clone = re.search(r"t_[0-9a-f]{8}_[0-9a-f]{8}", crashed.stdout)
    assert clone, crashed.stdout
    assert clone[0] in Databases(Run.get(warm).issuer).names()
    assert "6 passed" in session(f"--leasehold-run={warm}", "test_passing.py").stdout
    assert clone[0] not in Databases(Run.get(warm).issuer).names()


def test_a_session_without_our_fixtures_starts_nothing(session: Session, suite: Path) -> None:
    """It does not even look for an engine, or for Pulumi."""
    (suite / "test_plain.py").write_text("def test_plain():\n    pass\n")
    done = session("test_plain.py", DOCKER_HOST="unix:///nowhere/docker.sock", PATH=str(suite))
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "leasehold: run" not in done.stdout
    assert done.returncode == 0


def test_a_warm_run_is_reused(session: Session, suite: Path, warm: str) -> None:
    first, second = (session(f"--leasehold-run={warm}", "-n", workers) for workers in ("0", "2"))
    assert "6 passed" in first.stdout, first.stdout
    assert "6 passed" in second.stdout
    assert "\nup " not in second.stdout, "it was not created again"
    assert Run.get(warm).name_lock


@pytest.mark.parametrize("scope", ["module", "session"])
def test_a_database_for_longer_than_a_test(session: Session, suite: Path, warm: str, scope: str) -> None:
    (suite / "test_passing.py").write_text(
        "def test_writing(connect):\n"
        "    connect('writer', autocommit=True).execute('UPDATE orders SET quantity = 7')\n"
        "def test_reading(connect):\n"
        "    assert connect('reader').execute('SELECT DISTINCT quantity FROM orders').fetchone() == (7,)\n"
    )
    done = session(f"--leasehold-run={warm}", f"--leasehold-database-scope={scope}")
    assert "2 passed" in done.stdout, done.stdout


def test_an_owners_connection_fails_the_test(session: Session, suite: Path, warm: str) -> None:
    (suite / "test_passing.py").write_text("def test_owner(connect):\n    connect('migrator')\n")
    done = session(f"--leasehold-run={warm}")
    assert "1 failed" in done.stdout
    assert "which owns" in done.stdout


def test_a_connection_that_is_not_the_tests_own(live: Live) -> None:
    held = live.issuer.lease("reader")
    with held.connect() as connection:
        guard.check(connection, user=held.user)
        with pytest.raises(guard.TooPrivilegedError, match="not this test's own lease, somebody"):
            guard.check(connection, user="somebody")


def test_an_unknown_migration(session: Session, suite: Path, warm: str) -> None:
    (suite / "pytest.ini").write_text(INI.replace("/stacks/shop/migrations", "/no/such/folder"))
    done = session("-k", "0", f"--leasehold-run={warm}")
    assert "no/such/folder" in done.stdout


FAILING = """
def test_failing(connect):
    with connect("migrator", owner=True, autocommit=True) as connection:
        connection.execute("CREATE TABLE shop.evidence AS SELECT 42 AS answer")
    assert False
def test_denied(connect):
    import contextlib, psycopg
    with contextlib.suppress(psycopg.Error):
        connect("reader").execute("SELECT * FROM payroll")
def test_passing(connect):
    connect("reader")
"""


def test_the_databases_of_failed_tests_can_be_kept(session: Session, suite: Path, warm: str) -> None:
    (suite / "test_failing.py").write_text(FAILING)
    words = [f"--leasehold-run={warm}", "-p", "no:cacheprovider", "test_failing.py"]
    assert "its database is kept" not in session(*words).stdout
    done = session(*words, "--leasehold-keep-failed")
    told = re.findall(r"(test_\w+) failed; its database is kept: `leasehold psql (.*)`", done.stdout)
    assert [test for test, _ in told] == ["test_failing", "test_denied"], done.stdout
    name, *_, database = told[0][1].split()
    assert name == warm
    look = ["exec", warm, "--role", "migrator", "--database", database, "--", sys.executable, "-c", LOOK]
    assert leasehold(*look).stdout == "42\n"
    again = session(*words, "--leasehold-keep-failed", "-n", "1", "-k", "test_failing")
    assert len(re.findall("its database is kept", again.stdout)) == 1
    gone = leasehold(*look)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert f"has no database '{database}'" in gone.stderr


LOOK = """
import psycopg
print(psycopg.connect().execute("SELECT answer FROM shop.evidence").fetchone()[0])
"""


WRONG = """
from leasehold.components import Environment

def declare():
    grants = [{"schema": "app", "tables": ["*"], "privileges": ["SELCT"]}]
    Environment("mine", {"roles": [{"name": "owner", "owns": ["app"]}, {"name": "reader", "grants": grants}]})
"""


def test_what_fails_in_our_fixtures_is_told_in_its_first_line(session: Session, suite: Path) -> None:
    (suite / "wrong.py").write_text(WRONG)
    done = session("--leasehold-program=wrong:declare", "-p", "no:cacheprovider", "test_passing.py::test_reading[0]")
    _, _, after = done.stdout.partition("ERROR at setup of test_reading[0]")
    first, *_ = [line for line in after.splitlines()[1:] if line]
    assert re.match(
        r"leasehold: Run 'pytest-\w+' could not be created: Role 'reader', grants\[0\] has the unknown privilege", first
    )
    assert "Traceback" not in done.stdout
    assert "site-packages" not in done.stdout
    file = re.search(r"All that Pulumi printed is in (\S+)\.\n", done.stdout)
    assert file
    assert "SELCT" in Path(file[1]).read_text()


def test_a_fixture_of_theirs_that_fails_is_shown_without_us(session: Session, suite: Path) -> None:
    (suite / "test_theirs.py").write_text(
        "import pytest\n@pytest.fixture\ndef broken():\n    raise ValueError('theirs')\ndef test_it(broken): pass\n"
    )
    done = session("-p", "no:cacheprovider", "test_theirs.py")
    assert "ValueError: theirs" in done.stdout
    assert "leasehold" not in done.stdout.partition("ERRORS")[2]
