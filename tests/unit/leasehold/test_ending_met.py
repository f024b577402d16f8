"""Whoever meets a run that is ending: they cannot use it, wait for its end, and are told of what went wrong."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold import Run, RunBusyError, RunNotFoundError
from leasehold.cli import runs
from leasehold.runs import ending, name_locks, run
from leasehold.runs.bring_up import make_stack
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import Process, this_process
from leasehold.runs.run import destroy

from ...worlds.world import World
from .ending_runs import GONE, HERE, made, set_ending
from .test_outputs import GOOD


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, GOOD)
    with made.entered():
        yield made


@pytest.mark.parametrize(
    ("process", "told"),
    [(this_process(), "is ending.*waits for that"), (GONE, "may be half gone: its destruction was cut short")],
)
def test_a_run_that_is_ending_or_half_gone_is_nobodys_to_use(world: World, process: Process, told: str) -> None:
    made(world)
    set_ending(process)
    with world.at(HERE), pytest.raises(RunNotFoundError, match=told):
        Run.get("dev")


@pytest.mark.parametrize("process", [this_process(), GONE])
def test_nothing_is_made_of_a_run_that_is_ending_before_it_was_made(
    world: World, monkeypatch: pytest.MonkeyPatch, process: Process
) -> None:
    def ended_meanwhile(*options: object) -> NameLock:
        set_ending(process)
        return make_stack(*options)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "make_stack", ended_meanwhile)
    with pytest.raises(RunNotFoundError, match="is ending"):
        world.up("dev", HERE)
    assert name_locks.find("dev") is None
    assert world.engine.every() == []


def test_up_waits_for_the_end(world: World) -> None:
    before = made(world)
    set_ending(this_process())
    said: list[str] = []

    def end(line: str) -> None:
        said.append(line)
        threading.Thread(target=destroy, args=("dev",)).start()

    with world.at(HERE) as folder:
        anew = Run.create("dev", program=folder, on_note=end)
    assert said == [f"Run 'dev' is ending ({this_process()}). Waiting until it is gone ..."]
    assert anew.name_lock
    assert anew.name_lock.id != before.id
    anew.destroy()


@pytest.mark.parametrize(
    ("process", "told"),
    [
        (this_process(), "is at it, and has printed to .*/endings/dev"),
        (replace(this_process(), host="elsewhere"), "on elsewhere is at it, or gone: that can be told there only"),
    ],
)
def test_an_end_that_takes_too_long_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, process: Process, told: str
) -> None:
    before = made(world)
    set_ending(process)
    monkeypatch.setattr(ending, "PATIENCE", 0)
    with world.at(HERE) as folder, pytest.raises(RunBusyError, match=rf"(?s){told}.*down --wait dev` then destroys"):
        Run.create("dev", program=folder)
    assert world.resources_under(before.id)
    destroy("dev")
    assert world.left(before) == []


def test_down_that_waits_says_for_whom_and_destroys_what_nobody_is_at(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made(world)
    set_ending(replace(this_process(), host="elsewhere"))
    runs.down("dev", wait=True)
    assert (
        f"Run 'dev' is ending (process {os.getpid()} on elsewhere). Waiting for that process" in capsys.readouterr().err
    )
    assert world.left(before) == []


@pytest.mark.parametrize("failed", ["", "no engine"])
def test_up_of_one_that_was_not_destroyed_does_that_first(world: World, failed: str) -> None:
    made(world)
    set_ending(GONE, failed)
    said: list[str] = []
    with world.at(HERE) as folder:
        Run.create("dev", program=folder, on_note=said.append).destroy()
    assert [line.partition(":")[0] for line in said] == ["Run 'dev' is made anew"]


def test_a_session_tells_of_what_could_not_be_destroyed(world: World) -> None:
    made(world)
    set_ending(GONE, "no engine")
    session = world.session(HERE)
    session.end()
    session.end()
    assert session.notes == [
        "Run 'dev' is still there: its destruction failed: no engine. `leasehold sweep` tries again."
    ]
    destroy("dev")
