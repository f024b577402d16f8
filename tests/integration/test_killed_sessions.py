"""Sessions that are killed one after the other leave nothing that stops the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leasehold.engines.labelled import take_inventories
from leasehold.runs import name_locks
from tests.soak import soak

from .gated import INI, session
from .support import until

STUCK = """
import time
def test_stuck(leasehold_connect):
    leasehold_connect("reader")
    print("STUCK", flush=True)
    time.sleep(600)
"""
FREE = """
def test_free(leasehold_connect):
    leasehold_connect("reader")
"""


MANY = soak(4, 40)


def killed(folder: Path, at: int) -> str:
    """Begin a session of its own and kill it with a test in it; return its run's name."""
    output = folder / f"session-{at}.txt"
    with output.open("w") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "test_stuck.py"],
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until(lambda: "STUCK" in output.read_text() or child.poll() is not None, pause=0.25)
    assert child.poll() is None, output.read_text()
    [name_lock] = [one for one in name_locks.every() if one.process.pid == child.pid]
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return name_lock.name


@pytest.mark.timeout(MANY * 60 + 900)
@pytest.mark.parametrize("times", [pytest.param(2), pytest.param(MANY, marks=pytest.mark.soak)])
def test_killed_in_a_row(tmp_path: Path, own_state: None, times: int) -> None:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_stuck.py").write_text(STUCK)
    (tmp_path / "test_free.py").write_text(FREE)
    names = [killed(tmp_path, at) for at in range(times)]
    there = set(take_inventories())
    assert there.isdisjoint(names[:-1]), "each clears what the one before it has left"
    assert names[-1] in there
    done = session(tmp_path, "test_free.py")
    assert "1 passed" in done.stdout, done.stdout
    assert f"leasehold: Run '{names[-1]}' was cleared: its creator" in done.stdout
    assert set(take_inventories()).isdisjoint(names)
    assert list(name_locks.every()) == []
