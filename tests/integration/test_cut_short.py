"""A creation cut short by SIGKILL, Pulumi included; and several who destroy one run at the same time."""

import signal
import subprocess
import sys
from collections.abc import Callable

import docker
import psutil

from leasehold import Run, claims
from leasehold.processes import processes_in
from leasehold.run import destroy

from .support import COMMAND, PROJECT, take_stock, until


def cut_short(name: str, engine: docker.DockerClient) -> None:
    """Kill whoever creates a run, and its Pulumi, the moment the run has a container."""
    code = f"import leasehold; leasehold.Run.create({name!r})"
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stderr=subprocess.DEVNULL) as creator:
        filters = {"label": f"dev.leasehold.run={name}"}
        until(lambda: engine.containers.list(all=True, filters=dict(filters), ignore_removed=True))
        process = psutil.Process(creator.pid)
        for victim in [process, *(child for child in process.children(recursive=True) if child.name() == "pulumi")]:
            victim.send_signal(signal.SIGKILL)


def test_plugins_of_a_killed_pulumi_are_ended_before_anything_is_removed(
    new_name: Callable[[], str], engine: docker.DockerClient
) -> None:
    name = new_name()
    cut_short(name, engine)
    claim = claims.find(name)
    assert claim
    assert processes_in(claim.home), "its plugins are at work still"
    notes = destroy(name, program=PROJECT).notes
    removed = [note for note in notes if "was removed from the engine directly" in note]
    ended = [note for note in notes if "which a killed Pulumi had left, was ended" in note]
    assert removed
    assert ended
    assert notes.index(ended[-1]) < notes.index(removed[0])
    assert not [note for note in notes if "Pulumi could not destroy it" in note]
    assert take_stock(name).empty


def test_those_who_destroy_a_run_at_once_take_turns(new_name: Callable[[], str]) -> None:
    run = Run.create(new_name(), program=PROJECT, keep=True)
    command = [*COMMAND, "down", run.name]
    several = [
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(3)
    ]
    said = [one.communicate()[0] for one in several]
    assert [one.returncode for one in several] == [0, 0, 0], said
    assert not [text for text in said if "which a killed Pulumi had left" in text]
    assert take_stock(run.name).empty
