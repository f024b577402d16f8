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
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from leasehold import EngineError, LeftBehindError, Run, RunBusyError, RunError, RunNotFoundError
from leasehold.engines import labelled
from leasehold.runs import ending, name_locks, run, waiting
from leasehold.runs.bring_up import make_stack
from leasehold.runs.name_locks import NameLock
from leasehold.runs.processes import Process, process_of, this_process
from leasehold.runs.run import destroy
from leasehold.runs.sweep import clear_killed, sweep

from ...worlds.world import Place, World
from .conftest import stack
from .test_outputs import GOOD

HERE = Place("tests", "near")
GONE = replace(this_process(), started=1)


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
        f"#!/bin/sh\nreadlink /proc/$$/fd/0 > {told}.new\nenv >> {told}.new\necho printed\nmv {told}.new {told}\n"
        "exec sleep 600\n"
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


def made(world: World, *, keep: bool = True) -> NameLock:
    name_lock = world.up("dev", HERE, keep=keep).name_lock
    assert name_lock
    return name_lock


def found() -> NameLock:
    name_lock = name_locks.find("dev")
    assert name_lock
    return name_lock


def set_ending(process: Process, failed: str = "") -> None:
    with name_locks.held(found()) as held:
        name_locks.change(held, ending=process, failed=failed)


def test_it_is_started_and_written_down_when_begin_returns(waits: Path) -> None:
    begun = ending.begin(name_locks.acquire(stack("dev")))
    assert begun
    assert begun == name_locks.find("dev")
    assert begun.ending
    assert begun.ending == process_of(begun.ending.pid), "it lives"
    assert begun.is_ending
    command = psutil.Process(begun.ending.pid).cmdline()
    assert "dev" in " ".join(command)


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
    while not waits.exists():
        time.sleep(0.01)
    told = waits.read_text()
    assert told.startswith("/dev/null\n")
    assert "hidden" not in told
    assert "PULUMI_CONFIG_PASSPHRASE=needed" in told
    assert "hidden" not in str(psutil.Process(begun.ending.pid).cmdline())
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


def test_a_run_that_is_ending_is_nobodys_to_use(world: World) -> None:
    made(world)
    set_ending(this_process())
    with world.at(HERE), pytest.raises(RunNotFoundError, match="is ending"):
        Run.get("dev")


def test_nothing_is_made_of_a_run_that_is_ending_before_it_was_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended_meanwhile(*options: object) -> NameLock:
        set_ending(this_process())
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


@pytest.mark.parametrize(
    ("variable", "asked", "wanted"),
    [("", None, False), ("true", None, True), ("1", None, True), ("false", None, False), ("true", False, False)],
)
def test_a_pipeline_waits(variable: str, asked: bool | None, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", variable)
    assert waiting.is_wanted(asked) is wanted
    assert waiting.is_wanted(True)


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
