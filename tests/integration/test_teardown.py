"""Destroying converges from any state, says what it met, and leaves nothing: each condition by name."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import docker
import psycopg
import pytest

from leasehold import NotOursError, Run, RunBusyError, RunError, RunExistsError, RunNotFoundError
from leasehold.engines.labelled import take_inventories, take_inventory
from leasehold.pulumi.programs import Source
from leasehold.runs import name_locks
from leasehold.runs.lookup import stack_of
from leasehold.runs.processes import this_process
from leasehold.runs.run import destroy
from leasehold.runs.sweep import candidates, sweep

from .support import PARTS, PROJECT, container, inspect_run, stack_files

pytestmark = pytest.mark.usefixtures("own_state")

MakeRun = Callable[..., Run]


def state_file(run: Run) -> Path:
    return next(path for path in stack_files(run.name) if path.name == f"{run.name}.json")


def lock(run: str, *, pid: int, host: str = "") -> Path:
    folder = stack_of(run, Source(PROJECT)).folder
    assert folder
    path = folder / "locks" / "organization" / "leasehold" / run / f"{secrets.token_hex(8)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": pid,
        "username": "root",
        "hostname": host or this_process().host,
        "timestamp": "2026-01-01T00:00:00Z",
    }
    path.write_text(json.dumps(content))
    return path


def dead_pid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def gone(name: str) -> bool:
    return inspect_run(name).empty and name_locks.find(name) is None


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    """A run that the test destroys."""
    return make_run()


@pytest.fixture(scope="module")
def living() -> Iterator[Run]:
    """A run that the tests leave as it was."""
    with Run.create(program=PROJECT) as made:
        yield made


def test_its_state_is_missing_and_the_lock_of_a_dead_process_is_there(run: Run) -> None:
    for path in stack_files(run.name):
        if path.is_file():
            path.unlink()
    pid = dead_pid()
    lock(run.name, pid=pid)
    notes = destroy(run.name).notes
    removed = [note for note in notes if "was removed from the engine directly" in note]
    assert len(removed) == 3 + 2, "three containers and two networks"
    unlocked, unknown = (note for note in notes if note not in removed)
    assert f"the lock of process {pid} on" in unlocked
    assert unlocked.endswith("was removed")
    assert unknown == "it had no stack"
    assert gone(run.name)


def test_its_state_is_corrupt(run: Run) -> None:
    state_file(run).write_text('{"version": 3, "checkpoint": {')
    assert any("Pulumi could not destroy it" in note for note in destroy(run.name).notes)
    assert gone(run.name)


def attributes(run: Run) -> Path:
    path = state_file(run)
    return path.with_name(f"{path.name}.attrs")


def test_the_attributes_of_its_state_are_cut_off_and_its_containers_were_restarted(
    run: Run, engine: docker.DockerClient
) -> None:
    """As by who was killed between making the file and writing it; the state itself is whole.

    And as after a restart of the Docker daemon: the broker has forgotten everything, the database too.
    """
    attributes(run).write_text("")
    for name in take_inventory(run.name).servers:
        engine.containers.get(name).restart(timeout=1)
    notes = destroy(run.name).notes
    assert notes == [f"{run.name}.json.attrs, which a killed Pulumi had only begun to write, was removed"]
    assert gone(run.name)


def test_a_run_is_found_though_the_attributes_of_its_state_are_cut_off(living: Run) -> None:
    attributes(living).write_text('{"user.cache_control": "", ')
    assert Run.get(living.name).outputs == living.outputs


def test_a_lock_of_a_living_process(living: Run) -> None:
    path = lock(living.name, pid=os.getpid())
    with pytest.raises(RunBusyError, match="is being changed by process"):
        living.destroy()
    path.unlink()
    assert take_inventory(living.name).running == 3


def test_a_lock_of_another_hosts_process(living: Run) -> None:
    """Nobody here can prove that its owner is gone."""
    path = lock(living.name, pid=dead_pid(), host="another")
    with pytest.raises(RunBusyError):
        destroy(living.name, program=PROJECT)
    path.unlink()
    assert take_inventory(living.name).running == len(PARTS)


def test_nobody_has_a_name_lock_on_it(living: Run) -> None:
    """A stack and containers of the name are there, and no name lock says that they are ours: they are left alone."""
    assert living.name_lock
    name_locks.release(living.name_lock)
    try:
        before = {path: path.read_bytes() for path in stack_files(living.name)}
        for program in (PROJECT, None):
            with pytest.raises(NotOursError, match=rf"so nothing was touched\. There is the stack '{living.name}'"):
                destroy(living.name, program=program)
        assert {path: path.read_bytes() for path in stack_files(living.name)} == before
        assert take_inventory(living.name).running == len(PARTS)
    finally:
        name_locks.path_of(living.name).write_text(json.dumps(asdict(living.name_lock)))


@pytest.mark.soak
@pytest.mark.parametrize("part", ["database", "broker", "gateway"])
def test_up_failed_half_way(new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setenv(f"LEASEHOLD_IMAGE_{part.upper()}", "leasehold/no-such-image:0")
    name = new_name()
    with pytest.raises(RunError, match=f"Run '{name}' could not be created: .*no-such-image"):
        Run.create(name, program=PROJECT)
    assert gone(name)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A backend on a disk of its own that can be filled."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk to fill")
def test_the_disk_of_the_backend_is_full(make_run: MakeRun, full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", full_disk.as_uri())
    run = make_run()
    with pytest.raises(OSError, match="No space left"):
        (full_disk / "filler").write_bytes(bytes(5 * 1024 * 1024))
    assert run.destroy().notes
    assert gone(run.name)


def test_a_second_run_of_one_name_is_refused_with_its_owner(living: Run) -> None:
    with pytest.raises(RunExistsError, match=rf"created by \w+, process {os.getpid()} on .*, \d+ s ago"):
        Run.create(living.name, program=PROJECT)
    assert take_inventory(living.name).running == 3


def test_a_looked_up_run_gives_leases(living: Run) -> None:
    held = Run.get(living.name).issuer.lease("reader")
    with held.connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (held.user,)


def test_a_program_of_the_callers_with_a_foreign_container_and_a_session_in_a_transaction(
    new_name: Callable[[], str], engine: docker.DockerClient
) -> None:
    run = Run.create(new_name(), program="stacks.shop:declare")
    with pytest.raises(RunError, match="is a function of whoever created it"):
        Run.get(run.name).up()
    held, inner = run.issuer.lease("migrator"), f"leasehold-{run.name}-inner"
    with held.connect() as connection, container(engine, "sleep 900", network=inner) as foreign:
        connection.execute("CREATE TABLE shop.t AS SELECT 1")
        [note] = run.destroy().notes
        foreign.reload()
        assert foreign.status == "running"
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
    assert f"{foreign.name}, which is not the run's, was taken off network {inner}" in note
    assert gone(run.name)
    with pytest.raises(RunNotFoundError):
        destroy(run.name, program=PROJECT)


def left_by_a_killed_process(name: str, engine: docker.DockerClient) -> set[str | None]:
    """Have a process create a run and be killed; return the ids of the run's containers."""
    code = f"import leasehold, os, signal; leasehold.Run.create({name!r}); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False, capture_output=True)
    containers = take_inventory(name).servers
    assert len(containers) == len(PARTS)
    return {engine.containers.get(container).id for container in containers}


def test_the_next_up_clears_what_a_killed_process_left_and_so_does_a_sweep(
    living: Run, new_name: Callable[[], str], engine: docker.DockerClient
) -> None:
    name = new_name()
    first = left_by_a_killed_process(name, engine)
    assert not first & left_by_a_killed_process(name, engine), "the next one cleared it, and was killed itself"
    assert name in candidates()
    assert living.name not in candidates()
    assert [swept.error for swept in sweep() if swept.run == name] == [""]
    assert gone(name)
    assert take_inventories()[living.name].running == len(PARTS)
