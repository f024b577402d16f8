"""Runs where a quota has not room for all of them at once."""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from leasehold.engines.kubernetes.quantities import amount
from leasehold.engines.kubernetes.queue import TIMEOUT
from tests.integration import lifecycle
from tests.integration.support import COMMAND, PROJECT

from .given import RESTRICTED, Given, given
from .support import command, node, told, until

pytestmark = pytest.mark.kubernetes

Shell = dict[str, str]
PODS = 4
"""Of a run: three servers, and the one that never starts (`components.engines.kubernetes.term`)."""


@pytest.fixture
def bounded(image: str) -> Iterator[Given]:
    """A namespace that has room for one run, and one Pod."""
    with given(image) as made:
        quota(made, pods=PODS + 1)
        yield made


@pytest.fixture
def runner(bounded: Given, shell: Shell, tmp_path: Path) -> Shell:
    return {**bounded.shell(shell, tmp_path, node()), "XDG_STATE_HOME": str(tmp_path / "state")}


def quota(where: Given, **hard: int | str) -> None:
    """Have a quota, as whoever administers the cluster would."""
    spec = {"hard": {name: str(most) for name, most in hard.items()}}
    where.core.create_namespaced_resource_quota(where.name, {"metadata": {"name": "small"}, "spec": spec})
    until(lambda: where.core.read_namespaced_resource_quota("small", where.name).status.used)


def leases(where: Given) -> set[str]:
    return {one.metadata.name for one in client.CoordinationV1Api().list_namespaced_lease(where.name).items}


def begun(shell: Shell, output: Path, *words: str) -> subprocess.Popen[str]:
    """Begin a command; what it says goes to a file."""
    # Whoever runs these tests in the background may have them ignore Ctrl-C's signal.
    command = ["env", "--default-signal=INT", *COMMAND, *words]
    with output.open("w") as file:
        return subprocess.Popen(
            command, env=shell, cwd=PROJECT, stdout=file, stderr=file, text=True, start_new_session=True
        )


def named() -> str:
    return f"g-{secrets.token_hex(3)}"


def test_a_run_waits_until_there_is_room_and_others_behind_it(bounded: Given, runner: Shell, tmp_path: Path) -> None:
    first, second, third = named(), named(), named()
    said = {run: tmp_path / f"{run}.txt" for run in (second, third)}
    try:
        command(runner, "up", first)
        assert leases(bounded) == set()
        waiting = begun(runner, said[second], "up", second)
        until(lambda: "waiting for room" in said[second].read_text() or waiting.poll() is not None)
        behind = begun(runner, said[third], "up", third)
        until(lambda: f"{second} came first" in said[third].read_text() or behind.poll() is not None)
        for run in (second, third):
            assert f"quota small has {PODS + 1} of pods, " in said[run].read_text()
            assert [name for name in bounded.there() if run in name] == [f"lease leasehold-{run}-room"]
        command(runner, "down", first)
        assert waiting.wait() == 0, said[second].read_text()
        assert behind.poll() is None
        command(runner, "down", second)
        assert behind.wait() == 0, said[third].read_text()
    finally:
        for run in (first, second, third):
            told(runner, *COMMAND, "down", "--wait", run)
    assert [name for name in bounded.there() if "leasehold-" in name] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whoever_gives_up_waiting_leaves_nothing_and_who_is_killed_a_place_that_is_swept(
    bounded: Given, runner: Shell, tmp_path: Path, number: signal.Signals
) -> None:
    for at in range(2):
        bounded.pod(f"other-{at}", **RESTRICTED)
    before, run, output = bounded.there(), named(), tmp_path / "output.txt"
    waiting = begun(runner, output, "up", run)
    until(lambda: "waiting for room" in output.read_text() or waiting.poll() is not None)
    os.killpg(waiting.pid, number)
    assert waiting.wait() != 0
    assert "There was no room" not in output.read_text(), "it was given up, and not waited for to its end"
    if number == signal.SIGKILL:
        assert bounded.there().keys() - before.keys() == {f"lease leasehold-{run}-room"}
        command(runner, "sweep")
    assert bounded.there() == before
    assert run not in command(runner, "list")


def test_a_wait_ends_and_says_what_to_do(bounded: Given, runner: Shell) -> None:
    for at in range(2):
        bounded.pod(f"other-{at}", **RESTRICTED)
    before, run = bounded.there(), named()
    said = command({**runner, TIMEOUT: "2"}, "up", run, status=1)
    assert f"There was no room for run '{run}' in 2 s: quota small" in said
    assert TIMEOUT in said
    assert bounded.there() == before


def test_a_run_does_all_that_it_does_elsewhere_where_processor_and_memory_are_counted(
    image: str, shell: Shell, tmp_path: Path
) -> None:
    """There the cluster takes no Pod that does not say what it asks for, and is held to."""
    with given(image) as counted:
        runner = {**counted.shell(shell, tmp_path, node()), "XDG_STATE_HOME": str(tmp_path / "state")}
        quota(counted, **{"requests.cpu": "200m", "requests.memory": "2Gi", "limits.memory": "16Gi"})
        lifecycle.run_through(lambda *words: told(runner, *words), named(), node())
        first, second = named(), named()
        try:
            command(runner, "up", first)
            counted.pod("other", **_asking("100m", "16Mi"))
            said = command({**runner, TIMEOUT: "2"}, "up", second, status=1)
            assert f"There was no room for run '{second}' in 2 s: quota small has 200m of requests.cpu" in said
            assert [name for name in counted.there() if second in name] == []
        finally:
            for run in (first, second):
                told(runner, *COMMAND, "down", "--wait", run)


def _asking(processor: str, memory: str) -> dict[str, Any]:
    """Return more of a Pod of somebody else's: what it asks for, and is held to."""
    asked = {"cpu": processor, "memory": memory}
    return {"container": {**RESTRICTED["container"], "resources": {"requests": asked, "limits": asked}}}


@pytest.mark.alone
def test_a_run_waits_for_a_node_with_room_and_says_so(image: str, shell: Shell, tmp_path: Path) -> None:
    with given(image) as full:
        runner = {**full.shell(shell, tmp_path, node()), "XDG_STATE_HOME": str(tmp_path / "state")}
        full.pod("hog", **_asking(f"{_free():.0f}m", "16Mi"))
        run, output = named(), tmp_path / "output.txt"
        waiting = begun(runner, output, "up", run)
        try:
            until(lambda: "waiting for a node with room" in output.read_text() or waiting.poll() is not None)
            full.core.delete_namespaced_pod("hog", full.name)
            assert waiting.wait() == 0, output.read_text()
            assert "Insufficient cpu" in output.read_text()
        finally:
            told(runner, *COMMAND, "down", "--wait", run)


def _free() -> float:
    """Return how much processor no Pod of the node has asked for, less half of what a run does, in thousandths."""
    core = client.CoreV1Api()
    [there] = core.list_node().items
    asked = sum(
        amount((container.resources.requests or {}).get("cpu", "0"))
        for pod in core.list_pod_for_all_namespaces(field_selector="status.phase=Running").items
        for container in pod.spec.containers
    )
    return (amount(there.status.allocatable["cpu"]) - asked) * 1000 - 30


@pytest.mark.parametrize("hard", [{"pods": 0}, {"services": 2}, {"pods": PODS - 1}])
def test_a_quota_that_no_wait_helps_against_is_told_at_once(
    hard: dict[str, int], image: str, shell: Shell, tmp_path: Path
) -> None:
    with given(image) as small:
        runner = {**small.shell(shell, tmp_path, node()), "XDG_STATE_HOME": str(tmp_path / "state")}
        quota(small, **hard)
        before = small.there()
        said = command(runner, "up", named(), status=1)
        [(resource, most)] = hard.items()
        assert f"There will be no room for the run, whoever ends theirs: quota small has {most} of {resource}" in said
        assert small.there() == before
