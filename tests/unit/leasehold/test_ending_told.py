"""What the process that destroys a run in the background leaves, if it fails or is killed, and who tries again."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold import EngineError, LeftBehindError, RunBusyError
from leasehold.engines import labelled
from leasehold.runs import ending, name_locks
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process
from leasehold.runs.run import destroy
from leasehold.runs.sweep import clear_killed, sweep

from ...worlds.world import World
from .ending_runs import found, made, set_ending
from .test_outputs import GOOD


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, GOOD)
    with made.entered():
        yield made


def run_main(monkeypatch: pytest.MonkeyPatch, name_lock: NameLock) -> int:
    monkeypatch.setattr(sys, "argv", ["ending", name_lock.name, name_lock.id])
    return ending.main()


def test_the_process_destroys_the_run_and_its_own_output(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name_lock = made(world)
    name_locks.printed(name_lock).parent.mkdir()
    name_locks.printed(name_lock).touch()
    assert run_main(monkeypatch, name_lock) == 0
    assert world.left(name_lock) == []


def test_the_process_leaves_a_later_run_of_the_name_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made(world)
    destroy("dev")
    anew = made(world)
    assert run_main(monkeypatch, before) == 0
    assert name_locks.find("dev") == anew
    destroy("dev")


def test_why_it_failed_stands_in_the_name_lock_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_lock = made(world)
    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(labelled, "remove_all", raiser(EngineError("The engine does\nnot answer.")))
        assert run_main(monkeypatch, name_lock) == 1
        assert found().trouble == "its destruction failed: The engine does not answer"
        clear_killed(said.append)
    assert said == ["Run 'dev' could not be cleared: The engine does\nnot answer."]
    clear_killed(said.append)
    assert said[1:] == ["Run 'dev' was cleared: its destruction failed: The engine does not answer."]
    assert world.left(name_lock) == []


def raiser(error: BaseException) -> object:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_program_that_could_not_destroy_its_run_leaves_it_to_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_lock = made(world)
    with monkeypatch.context() as patch:
        patch.setattr(labelled, "remove_all", raiser(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            destroy("dev")
    assert found().trouble == "its destruction failed: KeyboardInterrupt"
    assert [(swept.run, swept.error) for swept in sweep()] == [("dev", "")]
    assert world.left(name_lock) == []


def test_a_destruction_that_was_refused_leaves_the_run_to_whoever_uses_it(world: World) -> None:
    name_lock = made(world)
    with world.pulumi.locked(name_lock.stack):
        with pytest.raises(RunBusyError):
            destroy("dev")
        assert name_locks.find("dev") == name_lock
        set_ending(this_process())
        with pytest.raises(RunBusyError):
            destroy("dev")
        assert "is being changed" in found().trouble, "somebody was told that it is ending"
    assert sweep()
    assert name_locks.find("dev") is None


@pytest.mark.parametrize("point", ["locked", "destroy half", "removed"])
def test_killed_half_way_the_sweep_finishes_it(world: World, point: str) -> None:
    name_lock = made(world)
    assert world.killed(point, lambda: destroy("dev"))
    assert found().trouble.startswith("its destruction was cut short: process ")
    assert [(swept.run, swept.error) for swept in sweep()] == [("dev", "")]
    assert world.left(name_lock) == []


def test_something_left_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name_lock = made(world)
    with monkeypatch.context() as patch:
        patch.setattr(labelled, "remove_all", lambda of: [])
        patch.setattr(world.pulumi, "destroy", lambda of: None)
        with pytest.raises(LeftBehindError):
            destroy("dev")
    assert "something is still there" in found().trouble
    sweep()
    assert world.left(name_lock) == []
