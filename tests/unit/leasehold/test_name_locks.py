import math
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold import RunError, RunExistsError, RunNotFoundError
from leasehold.runs import name_locks, processes
from leasehold.runs.exclusive import TEARDOWN, exclusive, remove_lock_files
from leasehold.runs.processes import Helper, Process, boot_id, running, this_process

from .conftest import stack


def ended_process() -> Process:
    child = subprocess.Popen(["true"])
    child.wait()
    return replace(this_process(), pid=child.pid)


def test_a_name_is_locked_once(state: Path) -> None:
    name_lock = name_locks.acquire(stack("a"), "/project")
    assert name_locks.find("a") == name_lock
    with pytest.raises(RunExistsError, match=rf"created by \w+, process {name_lock.process.pid} on .*, \d+ s ago"):
        name_locks.acquire(stack("a"), "/project")
    name_locks.release(name_lock)
    assert name_locks.find("a") is None
    name_locks.acquire(stack("a"), "/project")


def test_name_locks_are_this_users_alone(state: Path) -> None:
    name_locks.acquire(stack("a"))
    assert (state / "runs").stat().st_mode & 0o077 == 0


def test_a_name_lock_is_abandoned_when_its_process_is_gone_and_it_is_not_kept(state: Path) -> None:
    assert not name_locks.acquire(stack("mine")).abandoned
    name_lock = name_locks.acquire(stack("gone"), owner=ended_process())
    assert name_lock.abandoned
    assert not name_locks.keep(name_lock).abandoned
    assert [found.name for found in name_locks.every() if found.abandoned] == []


def test_who_destroys_a_run_stands_in_its_name_lock(state: Path) -> None:
    name_lock = name_locks.keep(name_locks.acquire(stack("a"), owner=ended_process()))
    assert (name_lock.is_ending, name_lock.trouble, name_lock.abandoned) == (False, "", False)
    name_locks.change(name_lock, ending=this_process())
    at_it = name_locks.find("a")
    assert at_it
    assert at_it.ending == this_process()
    assert (at_it.is_ending, at_it.trouble, at_it.abandoned) == (True, "", False)


def test_one_whose_destruction_ended_too_early_is_abandoned_kept_or_not(state: Path) -> None:
    name_lock = name_locks.keep(name_locks.acquire(stack("a")))
    gone = ended_process()
    killed = name_locks.change(name_lock, ending=gone)
    assert (killed.is_ending, killed.abandoned) == (False, True)
    assert killed.trouble == f"its destruction was cut short: process {gone.pid} on {gone.host} is gone"
    failed = name_locks.change(name_lock, ending=this_process(), failed="no engine")
    assert (failed.is_ending, failed.trouble, failed.abandoned) == (False, "its destruction failed: no engine", True)


def test_who_destroys_it_on_another_host_is_not_known_to_be_gone(state: Path) -> None:
    elsewhere = replace(this_process(), host="another", pid=1, started=1)
    assert name_locks.change(name_locks.acquire(stack("a")), ending=elsewhere).is_ending


def test_a_process_of_a_container_is_not_judged_by_process_ids_of_the_host() -> None:
    """One that has the host's network has the host's name and boot."""
    assert ended_process().provably_gone
    contained = replace(ended_process(), pids="pid:[1]")
    assert not contained.provably_gone
    assert replace(contained, boot_id="an earlier boot").provably_gone


def test_a_name_lock_that_cannot_be_read_is_nobodys_but_still_in_the_way(state: Path) -> None:
    name_locks.acquire(stack("a"))
    (state / "runs" / "a.json").write_text("{")
    assert name_locks.find("a") is None
    with pytest.raises(RunExistsError, match="created by somebody"):
        name_locks.acquire(stack("a"))


def test_only_the_dead_leave_name_locks_half_written(state: Path) -> None:
    name_locks.acquire(stack("a"))
    (state / "runs" / f".a.1.{boot_id()}.{this_process().pid}").touch()
    (state / "runs" / f".a.1.another-boot.{ended_process().pid}").touch()
    (state / "runs" / f".ab.1.{boot_id()}.{ended_process().pid}").touch()
    dead = state / "runs" / f".a.1.{boot_id()}.{ended_process().pid}"
    dead.touch()
    assert name_locks.half_written("a") == [dead]


def test_threads_that_change_name_locks_do_not_meet(state: Path) -> None:
    """The names of files that a name lock is written with were of the process alone."""
    held = [name_locks.acquire(stack(f"a{number}")) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        assert all(name_lock.kept for name_lock in pool.map(name_locks.keep, held * 20))
    assert len(list((state / "runs").iterdir())) == len(held)


def test_a_name_lock_is_changed_only_while_it_is_the_one_on_its_name(state: Path) -> None:
    before = name_locks.acquire(stack("a"))
    name_locks.release(before)
    anew = name_locks.acquire(stack("a"))
    for act in (name_locks.keep, name_locks.release_unused):
        with pytest.raises(RunNotFoundError, match="is gone"):
            act(before)
    assert name_locks.find("a") == anew


def test_a_name_lock_that_cannot_be_read_says_where_it_is(state: Path) -> None:
    name_locks.acquire(stack("a"))
    (state / "runs" / "a.json").write_text("{")
    with pytest.raises(RunError, match=r"cannot be read.*runs/a\.json"):
        name_locks.find_readable("a")


def test_turns_are_cleared_when_nobody_name_locks_the_name(state: Path) -> None:
    with exclusive("a"):
        remove_lock_files()
        assert (state / "runs" / "a.turn").exists(), "somebody is at it"
    name_locks.acquire(stack("b"))
    with exclusive("b"):
        pass
    remove_lock_files()
    assert list((state / "runs").glob("*.turn")) == [], "a turn that is over leaves no file"
    (state / "runs" / "a.down").touch()  # as a killed process leaves it
    (state / "runs" / "b.turn").touch()
    remove_lock_files()
    assert [path.name for path in (state / "runs").glob("*.[td]*")] == ["b.turn"]


def test_one_at_a_time(state: Path) -> None:
    at_it: list[int] = []

    def take_a_turn(number: int) -> int:
        with exclusive("a", TEARDOWN):
            at_it.append(number)
            time.sleep(0.01)
            here = len(at_it)
            at_it.remove(number)
        return here

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(take_a_turn, range(24))) == {1}


def test_turns_of_different_kinds_do_not_wait_for_each_other(state: Path) -> None:
    with exclusive("a"), exclusive("a", TEARDOWN), exclusive("b"):
        assert len(list((state / "runs").iterdir())) == 3


def test_a_process_that_nobody_has_asked_how_it_ended_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is not waited for in vain: whoever did would wait for ever here."""
    monkeypatch.setattr(processes, "_PATIENCE", math.inf)
    with subprocess.Popen(["sleep", "60"]) as process:
        assert running(process.pid)
        Helper(process.pid, "sleep").end()
        assert Path(f"/proc/{process.pid}").exists(), "it is a zombie"
        assert not running(process.pid)


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({}, False),
        ({"started": 1}, True),
        ({"boot_id": "another"}, True),
        ({"boot_id": ""}, False),
        ({"host": "another", "pid": 1, "started": 1}, False),
    ],
)
def test_a_process_is_provably_gone(change: dict[str, object], gone: bool) -> None:
    assert replace(this_process(), **change).provably_gone is gone  # type: ignore[arg-type]
