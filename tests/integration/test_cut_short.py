"""A creation cut short by SIGKILL, Pulumi included; and several who create or destroy one run at the same time."""

import json
import subprocess
import sys
from collections.abc import Callable

import docker
import psutil
import pytest

from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks
from leasehold.runs.processes import processes_in
from leasehold.runs.run import destroy

from .support import COMMAND, PARTS, PROJECT, inspect_run, name_of, until

pytestmark = pytest.mark.usefixtures("own_state")


def cut_short(name: str, engine: docker.DockerClient) -> None:
    """Kill whoever creates a run, and its Pulumi, the moment the run has a container."""
    code = f"import leasehold; leasehold.Run.create({name!r})"
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stderr=subprocess.DEVNULL) as creator:
        filters = {"label": f"dev.leasehold.run={name}"}
        until(lambda: engine.containers.list(all=True, filters=dict(filters), ignore_removed=True))
        process = psutil.Process(creator.pid)
        engines = [child for child in process.children(recursive=True) if name_of(child) == "pulumi"]
        for victim in (process, *engines):
            victim.kill()


def test_plugins_of_a_killed_pulumi_are_ended_before_anything_is_removed(
    new_name: Callable[[], str], engine: docker.DockerClient
) -> None:
    name = new_name()
    cut_short(name, engine)
    name_lock = name_locks.find(name)
    assert name_lock
    assert processes_in(name_lock.home), "its plugins are at work still"
    notes = destroy(name, program=PROJECT).notes
    removed = [note for note in notes if "was removed from the engine directly" in note]
    ended = [note for note in notes if "which a killed Pulumi had left, was ended" in note]
    assert removed
    assert ended
    assert notes.index(ended[-1]) < notes.index(removed[0])
    assert not [note for note in notes if "Pulumi could not destroy it" in note]
    assert inspect_run(name).empty


def at_once(*words: str, times: int) -> list[tuple[int, str, str]]:
    """Start the command so many times at the same moment; return how each ended, and what it printed."""
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen([*COMMAND, *words], cwd=PROJECT, stdout=pipe, stderr=pipe, text=True) for _ in range(times)
    ]
    printed = [one.communicate() for one in started]
    return [(one.returncode, *said) for one, said in zip(started, printed, strict=True)]


def test_of_those_who_create_a_run_at_once_one_does_and_those_who_destroy_it_take_turns(
    new_name: Callable[[], str],
) -> None:
    name = new_name()
    (done, out, _), (refused, _, why) = sorted(at_once("up", name, "--json", "--term", "600", times=2))
    assert (done, refused) == (0, 4), why
    assert f"There is a run '{name}'" in why
    made = json.loads(out)
    assert made["run"] == name
    assert set(made["stages"]) == {"network", "database", "broker", "gateway", "secrets"}
    assert take_inventory(name).running == len(PARTS)
    ended = at_once("down", name, times=3)
    assert [status for status, _, _ in ended] == [0, 0, 0], ended
    assert not [said for _, _, said in ended if "which a killed Pulumi had left" in said]
    assert inspect_run(name).empty
