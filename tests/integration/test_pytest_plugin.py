"""The pytest plugin, in sessions of its own: whatever happens in one, nothing is left.

They look at all runs of sessions, so they take turns: side by side, files go to one worker each.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leasehold import Databases, Run
from leasehold.engine import take_inventories
from leasehold.pytest_plugin import guard
from leasehold.run import destroy

from .support import PROJECT, Live, spent_by_children

INI = f"""
[pytest]
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
"""
PASSING = """
import pytest
@pytest.mark.parametrize("number", range(6))
def test_reading(connect, number):
    with connect("reader") as connection:
        count, user = connection.execute("SELECT count(*), current_user FROM orders").fetchone()
    assert count == 2 and user.startswith("reader-")
"""
Session = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_passing.py").write_text(PASSING)
    return tmp_path


@pytest.fixture
def session(suite: Path) -> Session:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-v", *words]
        return subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=200, check=False)

    return run


@pytest.fixture
def others() -> Iterator[set[str]]:
    """The sessions' runs that were there before; at the end there are no more. Other tests may sweep some."""
    before = sessions_runs()
    yield before
    assert sessions_runs() <= before


def sessions_runs() -> set[str]:
    return {name for name in take_inventories() if name.startswith("pytest-")}


@pytest.fixture(scope="module")
def warm() -> Iterator[str]:
    """The name of a run that sessions reuse; the first of them creates it."""
    name = f"warm-{os.getpid()}"
    yield name
    destroy(name, program=PROJECT)


def test_a_crashing_worker(session: Session, suite: Path, others: set[str]) -> None:
    crash = "import os\ndef test_crash(connect):\n    connect('reader')\n    os._exit(1)\n"
    (suite / "test_crash.py").write_text(crash)
    done = session("-n", "2")
    assert "6 passed" in done.stdout, done.stdout
    assert "1 failed" in done.stdout
    assert re.search(r"leasehold: run pytest-\w+", done.stdout)


def test_interrupted_by_hand(suite: Path, others: set[str]) -> None:
    (suite / "test_slow.py").write_text(
        "import time\ndef test_slow(connect):\n    connect('reader')\n    time.sleep(60)\n"
    )
    # Whoever runs these tests in the background may have them ignore it.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "pytest", "-v", "test_slow.py"]
    running = subprocess.Popen(command, cwd=suite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while not any(take_inventories()[name].running == 3 for name in sessions_runs() - others):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(2)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert "KeyboardInterrupt" in said


def test_stopping_at_the_first_failure(session: Session, suite: Path, others: set[str]) -> None:
    (suite / "test_a_failure.py").write_text("def test_failure(connect):\n    connect('reader')\n    assert False\n")
    done = session("-x", "test_a_failure.py", "test_passing.py")
    assert "1 failed" in done.stdout
    assert "passed" not in done.stdout


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


def test_a_migration_that_grants_too_much_fails_the_session(session: Session, suite: Path, others: set[str]) -> None:
    shutil.copytree(PROJECT / "stacks" / "shop" / "migrations", suite / "migrations")
    (suite / "migrations" / "999_grant.sql").write_text("GRANT DELETE ON orders TO reader")
    (suite / "pytest.ini").write_text(INI.replace(f"{PROJECT}/stacks/shop/migrations", "migrations"))
    done = session("-n", "2")
    assert "6 passed" in done.stdout
    assert "too much: reader: DELETE on table shop.orders" in done.stdout, done.stdout
    assert done.returncode == 1
    assert session("-k", "0", "--leasehold-no-audit").returncode == 0


def test_a_kept_run(session: Session, others: set[str]) -> None:
    done = session("--leasehold-keep", "-k", "0")
    kept = re.search(r"Run (\S+) is kept; `leasehold down \1` ends it", done.stdout)
    assert kept, done.stdout
    assert sessions_runs() - others == {kept[1]}
    destroy(kept[1])


def test_a_session_without_our_fixtures_creates_no_run(session: Session, suite: Path, others: set[str]) -> None:
    (suite / "test_plain.py").write_text("def test_plain():\n    pass\n")
    before = spent_by_children()
    done = session("test_plain.py")
    assert "1 passed" in done.stdout
    assert "\nup " not in done.stdout
    assert spent_by_children() - before < 5, "it started nothing"


def test_a_warm_run_is_reused(session: Session, suite: Path, warm: str) -> None:
    first, second = (session(f"--leasehold-run={warm}", "-n", "2") for _ in range(2))
    assert "6 passed" in first.stdout, first.stdout
    assert "6 passed" in second.stdout
    assert "\nup " not in second.stdout, "it was not created again"
    assert Run.get(warm).claim


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


def test_an_unknown_migration(session: Session, suite: Path, others: set[str]) -> None:
    (suite / "pytest.ini").write_text(INI.replace("/stacks/shop/migrations", "/no/such/folder"))
    done = session("-k", "0")
    assert "which holds no *.sql file" in done.stdout


def test_the_examples_pass_side_by_side() -> None:
    suites = PROJECT / "examples" / "suites"
    command = [sys.executable, "-m", "pytest", "-v", "-n", "4", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=suites, capture_output=True, text=True, timeout=250, check=False)
    assert re.search(r"= [4-9]\d passed in", done.stdout), done.stdout
