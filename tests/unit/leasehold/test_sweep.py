"""Who is swept: runs whose term is over, and runs of dead processes; never another."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from leasehold.contract import EXPIRES_LABEL, MAX_TERM, NAME_LOCK_LABEL, RUN_LABEL
from leasehold.engines.current import use
from leasehold.engines.memory import SERVER, MemoryEngine
from leasehold.runs import name_locks, sweep
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process

from .conftest import stack


@pytest.fixture(autouse=True)
def memory() -> Iterator[MemoryEngine]:
    made = MemoryEngine()
    with use(made):
        yield made


def name_lock(name: str, *, dead: bool = False, kept: bool = False) -> NameLock:
    child = subprocess.Popen(["true"])
    child.wait()
    made = name_locks.acquire(stack(name), owner=replace(this_process(), pid=child.pid) if dead else None)
    return name_locks.keep(made) if kept else made


def put(memory: MemoryEngine, name: str, expires_in: float, on: NameLock | None = None) -> None:
    labels = {RUN_LABEL: name, EXPIRES_LABEL: str(time.time() + expires_in)}
    memory.put(SERVER, f"{name}-{time.time_ns()}", labels | ({NAME_LOCK_LABEL: on.id} if on else {}))


def test_only_what_nobody_will_come_back_for(memory: MemoryEngine) -> None:
    put(memory, "over", -1)
    put(memory, "anothers", 60)
    put(memory, "mine", 60, name_lock("mine"))
    put(memory, "kept", 60, name_lock("kept", dead=True, kept=True))
    put(memory, "ended", -1, name_lock("ended", kept=True))
    put(memory, "killed", 60, name_lock("killed", dead=True))
    name_lock("unborn", dead=True)
    assert set(sweep.candidates()) == {"over", "killed", "unborn", "ended"}


def test_a_kept_run_that_is_long_gone() -> None:
    for name, age in (("old", MAX_TERM + 1), ("young", 0)):
        name_locks.change(name_lock(name, kept=True), created=time.time() - age)
    assert set(sweep.candidates()) == {"old"}


def test_whose_end_was_cut_short_or_failed_and_none_that_is_ending(memory: MemoryEngine) -> None:
    gone = replace(this_process(), started=1)
    for name, kept, ending, failed in (
        ("cut-short", True, gone, ""),
        ("failed", False, gone, "the engine does not answer"),
        ("failed-here", True, this_process(), "the engine does not answer"),
        ("ending", True, this_process(), ""),
    ):
        put(memory, name, 60, name_locks.change(name_lock(name, kept=kept), ending=ending, failed=failed))
    creator_gone = name_locks.change(name_lock("session", dead=True), ending=this_process())
    put(memory, "session", 60, creator_gone)
    why = {name: candidate.reason for name, candidate in sweep.candidates().items()}
    assert why == {
        "cut-short": f"its destruction was cut short: {gone} is gone",
        "failed": "its destruction failed: the engine does not answer",
        "failed-here": "its destruction failed: the engine does not answer",
    }


def test_what_has_no_term_is_nobodys_to_sweep(memory: MemoryEngine) -> None:
    memory.put(SERVER, "c", {RUN_LABEL: "strange"})
    memory.put(SERVER, "d", {RUN_LABEL: "strange", EXPIRES_LABEL: "soon"})
    assert sweep.candidates() == {}
    assert sweep.sweep() == []
    assert len(memory.every()) == 2


def test_of_two_who_have_one_name_only_the_one_whose_term_is_over_goes(memory: MemoryEngine) -> None:
    put(memory, "dev", -1)
    put(memory, "dev", 60)
    assert [swept.run for swept in sweep.sweep()] == ["dev"]
    assert [resource.expired for resource in memory.every()] == [False]
