"""Runs that are kept ready: a session gets one that is what it would have made, and nothing is left of any."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leasehold import RunExistsError, paths
from leasehold.engines.labelled import take_inventories
from leasehold.runs import name_locks
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import running

from .gated import INI, session
from .support import COMMAND, PROJECT, leasehold, until

pytestmark = pytest.mark.usefixtures("own_state")

PROGRAM = """
import pulumi
from components import Environment
from roles import ROLES

def declare():
    environment = Environment("environment", {"roles": ROLES})
    for name, value in environment.outputs.items():
        pulumi.export(name, value)
"""
ROLES = "from stacks.shop.roles import ROLES\n"
TESTS = """
import pytest
@pytest.mark.parametrize("number", range(4))
def test_reading(connect, number):
    with connect("reader") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
@pytest.mark.expect_denial("reader", on="orders")
def test_denied(connect):
    with pytest.raises(Exception), connect("reader") as connection:
        connection.execute("DELETE FROM orders")
"""
STUCK = """
def test_stuck(connect):
    connect("reader")
    print("STUCK", flush=True)
    input()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose program and roles are modules of its own."""
    ini = INI.replace(
        f"leasehold_program = {PROJECT}", f"leasehold_program = program:declare\npythonpath = . {PROJECT}"
    )
    for name, text in {"pytest.ini": ini, "program.py": PROGRAM, "roles.py": ROLES, "test_it.py": TESTS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@contextmanager
def pool(folder: Path, size: int = 1) -> Iterator[subprocess.Popen[str]]:
    """Keep runs ready for the length of a block; all that was not taken is gone afterwards."""
    with (folder / "pool.log").open("w") as log:
        keeper = subprocess.Popen(
            [*COMMAND, "pool", f"--size={size}"], cwd=folder, stdout=log, stderr=log, text=True, start_new_session=True
        )
    try:
        yield keeper
    finally:
        if keeper.poll() is None:
            leasehold("pool", "--stop", cwd=folder)
        keeper.wait()
    assert list(name_locks.every()) == [], (folder / "pool.log").read_text()
    leasehold("sweep")  # takes away what killed ones have left
    assert not list((paths.state() / "pool").iterdir())


def ready(folder: Path, keeper: subprocess.Popen[str] | None = None, *, but: str = "") -> NameLock:
    """Wait for a run that is ready, other than one."""
    found: list[NameLock] = []

    def is_there() -> bool:
        assert keeper is None or keeper.poll() is None, (folder / "pool.log").read_text()
        found[:] = [one for one in name_locks.every() if one.pool and one.name != but]
        return bool(found)

    until(is_there, pause=0.2)
    return found[0]


def of(done: subprocess.CompletedProcess[str]) -> str:
    """Return which run a session had."""
    assert "5 passed" in done.stdout, done.stdout + done.stderr
    [name] = set(re.findall(r"leasehold: denials in run (\S+)", done.stdout))
    return str(name)


def test_each_session_gets_one_that_is_ready(folder: Path) -> None:
    with pool(folder) as keeper:
        first = ready(folder, keeper)
        second_keeper = leasehold("pool", cwd=folder)
        assert second_keeper.returncode == RunExistsError.exit_code
        assert second_keeper.stderr.splitlines()[-1].startswith("leasehold: Another process keeps runs of this kind")
        listed = leasehold("list")
        assert re.search(rf"{first.name} +│ ready", listed.stdout), listed.stdout
        assert of(session(folder, "-n", "2")) == first.name
        second = ready(folder, keeper, but=first.name)
        assert of(session(folder)) == second.name
        assert {first.name, second.name}.isdisjoint(take_inventories())


def test_nobody_gets_one_that_he_would_not_have_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pool(folder) as keeper:
        first = ready(folder, keeper)
        monkeypatch.setenv("LEASEHOLD_SUBNETS", "10.213.0.0/16")
        other = session(folder)
        assert of(other) != first.name
        assert "No run of the pool was taken: LEASEHOLD_SUBNETS is another one." in other.stdout
        monkeypatch.delenv("LEASEHOLD_SUBNETS")
        (folder / "roles.py").write_text(ROLES + "ROLES = [*ROLES, {**ROLES[1], 'name': 'more'}]\n")
        changed = session(folder)
        assert of(changed) != first.name
        assert "No run of the pool was taken: " in changed.stdout
        assert "No test took a lease of more." in changed.stdout
        second = ready(folder, keeper, but=first.name)
        again = session(folder)
        assert of(again) == second.name
        assert "No test took a lease of more." in again.stdout


def test_a_session_starts_one_behind_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of(session(folder, "--leasehold-pool=1")).startswith("pytest-")  # a pipeline's starts none
    assert not list(name_locks.every())
    monkeypatch.delenv("CI")
    assert of(session(folder, "--leasehold-pool=1", "-n", "2")).startswith("pytest-")
    first = ready(folder)
    assert of(session(folder)) == first.name
    assert leasehold("pool", "--stop", cwd=folder).returncode == 0
    until(lambda: not running(first.process.pid), pause=0.2)
    until(lambda: not list(name_locks.every()), pause=0.2)  # the sessions' runs end behind them
    assert "Nobody keeps runs ready here." in leasehold("pool", "--stop", cwd=folder).stderr


@pytest.mark.parametrize("when", ["making", "ready"])
def test_a_killed_keeper_leaves_nothing_that_the_next_session_does_not_clear(folder: Path, when: str) -> None:
    keeper = subprocess.Popen([*COMMAND, "pool"], cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True)
    until(lambda: [one for one in name_locks.every() if one.pool or when == "making"], pause=0.2)
    [left] = name_locks.every()
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.wait()
    done = session(folder)
    assert of(done).startswith("pytest-")
    until(lambda: not list(name_locks.every()), pause=0.2)
    assert left.name not in take_inventories()


def test_a_killed_sessions_run_is_swept_like_any_other(folder: Path) -> None:
    (folder / "test_it.py").write_text(
        "def test_stuck(connect):\n    connect('reader')\n    print('STUCK', flush=True)\n    input()\n"
    )
    with pool(folder) as keeper:
        first = ready(folder, keeper)
        output = folder / "session.txt"
        with output.open("w") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
            )
        until(lambda: "STUCK" in output.read_text() or child.poll() is not None, pause=0.2)
        held = name_locks.find(first.name)
        assert held, output.read_text()
        assert held.process.pid == child.pid
        child.kill()
        child.communicate()
        assert f"{first.name}: gone" in leasehold("sweep").stdout
