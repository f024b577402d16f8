"""Databases and logins that are made while the test before runs: each test meets its own, and none is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.sql import SQL

from leasehold import Run
from leasehold.contract import LEASE_NAME, TEMPLATE_ADMIN
from leasehold.databases.clones import Databases

from .gated import INI, session, told
from .support import Live

CANARIES = """
import pytest
@pytest.mark.parametrize("number", range(24))
def test_canary(connect, number):
    with connect("writer") as connection:
        connection.execute("INSERT INTO orders (customer_id, item, quantity) VALUES (1, %s, 1)", [f"canary {number}"])
    with connect("reader") as connection:
        found = connection.execute("SELECT item FROM orders WHERE item LIKE 'canary%'").fetchall()
    assert found == [(f"canary {number}",)]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # The run's own database is migrated.
    lines = [line for line in INI.splitlines() if not line.startswith("leasehold_migrations")]
    (tmp_path / "pytest.ini").write_text("\n".join(lines))
    return tmp_path


@pytest.fixture
def mine(quiet: Live) -> Iterator[Run]:
    """A run in which nobody else's tests have databases; nothing is left in it."""
    before = left(quiet.run)
    yield quiet.run
    assert left(quiet.run) <= before


def left(run: Run) -> set[str]:
    """Return what tests have left in a run: databases and logins."""
    databases = Databases(run.issuer)
    try:
        names = {name for name in databases.names() if name.startswith("t_")}
        logins = databases._admin.execute(
            SQL("SELECT rolname FROM pg_roles WHERE rolname ~ {}").format(f"^{LEASE_NAME}$")
        )
        return names | {name for (name,) in logins if not name.startswith(TEMPLATE_ADMIN)}
    finally:
        databases.close()


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_no_test_meets_anothers_rows_and_none_is_left(folder: Path, mine: Run, words: tuple[str, ...]) -> None:
    (folder / "test_canaries.py").write_text(CANARIES)
    done = session(folder, f"--leasehold-run={mine.name}", *words)
    assert "24 passed" in done.stdout, done.stdout


DENIED = """
import contextlib, psycopg, pytest
@pytest.mark.parametrize("number", range(8))
def test_denied(connect, number):
    connection = connect("reader", autocommit=True)
    if number % 3 == 1:
        with contextlib.suppress(psycopg.Error):
            connection.execute("SELECT salary FROM payroll")
"""


def test_a_denial_is_told_of_the_test_that_was_handed_the_login(folder: Path, mine: Run) -> None:
    (folder / "test_denied.py").write_text(DENIED)
    done = session(folder, f"--leasehold-run={mine.name}")
    denied = [denial.test for denial in told(folder).denials]
    assert denied == [f"test_denied.py::test_denied[{number}]" for number in (1, 4, 7)], done.stdout
    unused = [notice for notice in told(folder).notices if notice.kind == "unused login"]
    assert unused == [], "what was made ahead and never handed out is nobody's"


PARAMETERS = """
import psycopg.rows, pytest
@pytest.mark.parametrize("number", range(4))
def test_parameters(connect, number):
    one = connect("reader", autocommit=True, row_factory=psycopg.rows.dict_row)
    assert one.autocommit
    assert one.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    two = connect("reader", application_name="mine", options="-c statement_timeout=1234")
    assert two.execute("SELECT current_setting('application_name'), current_setting('statement_timeout')").fetchone() \\
        == ("mine", "1234ms")
    assert one.info.user != two.info.user
"""


def test_a_connection_is_as_it_was_asked_for(folder: Path, mine: Run) -> None:
    (folder / "test_parameters.py").write_text(PARAMETERS)
    done = session(folder, f"--leasehold-run={mine.name}")
    assert "4 passed" in done.stdout, done.stdout


ROTATED = """
import pytest
from leasehold.leases.rotation import Rotation
@pytest.mark.parametrize("number", range(4))
def test_rotated(leasehold_run, connect, number):
    connect("reader").execute("SELECT 1")
    rotation = Rotation(leasehold_run.issuer)
    rotation.emergency(rotation.leases("reader"))
"""


def test_logins_that_were_ended_meanwhile_are_made_anew(folder: Path, mine: Run) -> None:
    (folder / "test_rotated.py").write_text(ROTATED)
    done = session(folder, f"--leasehold-run={mine.name}")
    assert "4 passed" in done.stdout, done.stdout


STOPPED = """
import os, signal, time
def test_first(connect):
    connect("reader")
def test_stopped(connect):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where pytest was started in the background
    os.kill(os.getpid(), signal.{signal})
    time.sleep(600)
"""


def test_an_interrupted_session_leaves_nothing(folder: Path, mine: Run) -> None:
    (folder / "test_stopped.py").write_text(STOPPED.format(signal="SIGINT"))
    done = session(folder, f"--leasehold-run={mine.name}")
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout


def test_what_a_killed_session_has_left_is_dropped_by_the_next(folder: Path, quiet: Live) -> None:
    (folder / "test_stopped.py").write_text(STOPPED.format(signal="SIGKILL"))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--leasehold-run={quiet.run.name}"]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    (folder / "test_stopped.py").write_text("def test_next(connect):\n    connect('reader')\n")
    assert session(folder, f"--leasehold-run={quiet.run.name}").returncode == 0
    assert not [name for name in left(quiet.run) if name.startswith("t_")], "its logins end with their term"
