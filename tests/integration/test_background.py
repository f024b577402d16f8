"""Runs that end in the background: nobody waits, whoever asks is told, and nothing is left whatever happens to it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from leasehold import Run
from leasehold.engines.current import current
from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks
from leasehold.runs.name_lock import NameLock

from .gated import INI, PASSING, session
from .support import COMMAND, PARTS, PROJECT, inspect_run, leasehold, until

pytestmark = pytest.mark.usefixtures("own_state")

BACKGROUND = ("-o", "leasehold_wait=false")


def begun(name: str) -> int:
    """Begin to end a run; return the id of the process that does it."""
    done = leasehold("down", name, "--no-wait", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"run": name, "state": "ending"}
    assert "is ending in the background" in done.stderr
    name_lock = name_locks.find(name)
    assert name_lock
    assert name_lock.is_ending
    assert name_lock.ending
    return name_lock.ending.pid


def listed(name: str) -> dict[str, Any]:
    done = leasehold("list", "--json")
    assert done.returncode == 0, done.stderr
    [row] = [row for row in json.loads(done.stdout) if row["run"] == name]
    return dict(row)


def test_up_of_a_name_that_is_ending_waits_for_it(make_run: Callable[..., Run], tmp_path: Path) -> None:
    before = make_run(keep=True)
    ending = begun(before.name)
    os.kill(ending, signal.SIGSTOP)  # so that it is ending for as long as this looks at it
    assert listed(before.name)["state"] == "ending"
    assert begun(before.name) == ending, "a further one begins nothing"
    assert leasehold("show", before.name).returncode == 3, "nobody can use it any more"
    assert "nothing to sweep" in leasehold("sweep").stdout, "its process lives"
    printed = tmp_path / "up.txt"
    command = [*COMMAND, "up", before.name, "--program", "stacks.shop:declare"]
    with printed.open("w") as file, subprocess.Popen(command, cwd=PROJECT, stdout=file, stderr=file) as up:
        until(lambda: "is ending (process" in printed.read_text() or up.poll() is not None)
        assert up.poll() is None, printed.read_text()
        os.kill(ending, signal.SIGCONT)
    assert up.returncode == 0, printed.read_text()
    after = listed(before.name)
    assert (after["state"], after["trouble"]) == ("up", "")
    assert take_inventory(before.name).running == len(PARTS)
    assert name_locks.find(before.name) != before.name_lock


def test_killed_half_way_list_tells_and_sweep_finishes_it(make_run: Callable[..., Run]) -> None:
    name = make_run(keep=True).name
    ending = begun(name)
    until(lambda: len(take_inventory(name).servers) < len(PARTS))
    os.kill(ending, signal.SIGKILL)
    row = listed(name)
    assert row["state"] == "abandoned"
    assert f"its destruction was cut short: process {ending} on" in row["trouble"]
    assert f"Run '{name}' is still there: its destruction was cut short" in leasehold("list").stdout
    swept = json.loads(leasehold("sweep", "--json").stdout)
    assert [(one["run"], one["error"]) for one in swept] == [(name, "")]
    assert name_locks.find(name) is None
    assert inspect_run(name).empty


def test_one_that_fails_is_told_of_and_tried_again(tmp_path: Path, new_name: Callable[[], str]) -> None:
    name, other, engine = new_name(), new_name(), tmp_path / "docker.sock"
    engine.symlink_to(current().where().removeprefix("unix://"))
    here = {**os.environ, "DOCKER_HOST": f"unix://{engine}"}
    assert leasehold("up", name, "--program", "stacks.shop:declare", env=here).returncode == 0
    engine.unlink()
    assert leasehold("down", name, "--no-wait", env=here).returncode == 0, "it is told later"

    def failed() -> NameLock | None:
        now = name_locks.find(name)
        return now if now and now.failed else None

    until(failed)
    row = listed(name)
    assert row["state"] == "abandoned"
    assert row["trouble"].startswith("its destruction failed: The Docker Engine does not answer")
    assert f"Run '{name}' is still there: its destruction failed: The Docker Engine" in leasehold("list").stdout
    done = leasehold("up", other, "--program", "stacks.shop:declare")
    assert done.returncode == 0, done.stderr
    assert f"Run '{name}' was cleared: its destruction failed: The Docker Engine does not answer" in done.stderr
    assert name_locks.find(name) is None
    assert inspect_run(name).empty
    assert listed(other)["state"] == "up"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_passing.py").write_text(PASSING)
    return tmp_path


def test_sessions_that_end_at_once_leave_their_runs_to_the_background(folder: Path) -> None:
    words = [("-n", "2"), ("--leasehold-no-audit",)]
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda more: session(folder, "-v", *BACKGROUND, *more), words))
    names = []
    for done in ended:
        assert "6 passed" in done.stdout, done.stdout
        assert done.returncode == 0
        [line] = [line for line in done.stdout.splitlines() if "is ending; `leasehold list` shows" in line]
        names.append(line.split()[1])
    assert len(set(names)) == 2
    until(lambda: not list(name_locks.every()), pause=0.25)
    for name in names:
        assert inspect_run(name).empty


def test_a_run_that_a_session_keeps_is_not_ending(folder: Path) -> None:
    done = session(folder, "-v", *BACKGROUND, "--leasehold-keep", "--leasehold-no-audit")
    assert "6 passed" in done.stdout, done.stdout
    assert "is ending" not in done.stdout
    [name_lock] = name_locks.every()
    assert (name_lock.kept, name_lock.ending) == (True, None)
    begun(name_lock.name)
    again = session(folder, f"--leasehold-run={name_lock.name}", "--leasehold-no-audit")
    assert "6 passed" in again.stdout, again.stdout
    assert f"Run '{name_lock.name}' is ending" in again.stdout, "it was waited for"
    assert leasehold("down", name_lock.name, "--wait").returncode == 0
    assert inspect_run(name_lock.name).empty
