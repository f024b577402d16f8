"""A run that ends in the background: who destroys it, what the name lock says meanwhile, and who is told.

The process that destroys it is a real one where its start is looked at. It cannot see an engine that is in this
process's memory; `tests/integration/test_background.py` has the whole way.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from leasehold import RunBusyError, RunError
from leasehold.runs import ending, name_locks, waiting
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import process_of
from leasehold.runs.run import destroy

from ...worlds.world import World
from .conftest import stack
from .ending_runs import GONE, made
from .test_outputs import GOOD


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, GOOD)
    with made.entered():
        yield made


@pytest.fixture
def waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have the process that destroys a run write down how it was started, and wait; gives where it writes."""
    script, told = tmp_path / "waits", tmp_path / "told"
    script.write_text(
        f"#!/bin/sh\nreadlink /proc/$$/fd/0 > {told}.new\necho arguments: $* >> {told}.new\nenv >> {told}.new\n"
        f"echo printed\nmv {told}.new {told}\nexec sleep 600\n"
    )
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    with ExitStack() as started:
        start = ending._start

        def take_note(name_lock: NameLock) -> int:
            pid = start(name_lock)
            started.callback(os.waitpid, pid, 0)
            started.callback(os.kill, pid, signal.SIGKILL)
            return pid

        monkeypatch.setattr(ending, "_start", take_note)
        yield told


def written(told: Path) -> str:
    """Wait until the process that destroys a run has written down how it was started; return what it wrote."""
    while not told.exists():
        time.sleep(0.01)
    return told.read_text()


def test_it_is_started_and_written_down_when_begin_returns(waits: Path) -> None:
    begun = ending.begin(name_locks.acquire(stack("dev")))
    assert begun
    assert begun == name_locks.find("dev")
    assert begun.ending
    assert begun.ending == process_of(begun.ending.pid), "it lives"
    assert begun.is_ending
    # What the kernel says of its command line is empty until the process has got its memory, after `begin` returned.
    assert f"-m leasehold.runs.ending dev {begun.id}\n" in written(waits)


def test_it_has_no_terminal_none_of_our_files_and_no_secret_that_it_does_not_need(
    waits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unused = {"PGPASSWORD": "hidden-1", "DATABASE_URL": "postgres://a:hidden-2@b/c", "VAULT_TOKEN": "hidden-3"}
    for variable, value in {**unused, "PULUMI_CONFIG_PASSPHRASE": "needed"}.items():
        monkeypatch.setenv(variable, value)
    reads, writes = os.pipe()
    os.set_inheritable(writes, True)
    begun = ending.begin(name_locks.acquire(stack("dev")))
    os.close(writes)
    assert os.read(reads, 1) == b"", "whoever reads from the starter's pipe does not wait for it"
    os.close(reads)
    assert begun
    assert begun.ending
    assert os.getsid(begun.ending.pid) == begun.ending.pid
    told = written(waits)
    assert told.startswith("/dev/null\n")
    assert "hidden" not in told
    assert "PULUMI_CONFIG_PASSPHRASE=needed" in told
    output = name_locks.printed(begun)
    assert output.read_text() == "printed\n"
    assert output.stat().st_mode & 0o077 == 0


def test_who_comes_second_starts_nothing(waits: Path) -> None:
    name_lock = name_locks.acquire(stack("dev"))
    assert ending.begin(name_lock) == ending.begin(name_lock)


def test_several_who_begin_at_once_start_one(waits: Path) -> None:
    name_lock = name_locks.acquire(stack("dev"))
    begun: list[NameLock | None] = []
    threads = [threading.Thread(target=lambda: begun.append(ending.begin(name_lock))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 6
    assert begun.count(begun[0]) == 6


@pytest.mark.parametrize("failed", ["", "no engine"])
def test_one_that_was_cut_short_or_failed_is_begun_anew(waits: Path, failed: str) -> None:
    name_lock = name_locks.change(name_locks.acquire(stack("dev")), ending=GONE, failed=failed)
    begun = ending.begin(name_lock)
    assert begun
    assert begun.is_ending
    assert begun.trouble == ""


def test_a_run_that_is_gone_or_made_anew_is_not_ended(waits: Path) -> None:
    before = name_locks.acquire(stack("dev"))
    name_locks.release(before)
    assert ending.begin(before) is None
    anew = name_locks.acquire(stack("dev"))
    assert ending.begin(before) is None
    assert name_locks.find("dev") == anew


def test_where_nothing_can_be_started_the_run_stands_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    name_lock = name_locks.acquire(stack("dev"))
    with pytest.raises(RunError, match=r"No such file.*--wait dev"):
        ending.begin(name_lock)
    assert name_locks.find("dev") == name_lock


def test_one_that_is_being_changed_is_refused_at_once(world: World, waits: Path) -> None:
    name_lock = made(world)
    with world.pulumi.locked(name_lock.stack), pytest.raises(RunBusyError, match="is being changed by process"):
        ending.begin(name_lock)
    assert name_locks.find("dev") == name_lock
    destroy("dev")


@pytest.mark.parametrize(
    ("variable", "asked", "wanted"),
    [("", None, False), ("true", None, True), ("1", None, True), ("false", None, False), ("true", False, False)],
)
def test_a_pipeline_waits(variable: str, asked: bool | None, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", variable)
    assert waiting.is_wanted(asked) is wanted
    assert waiting.is_wanted(True)
