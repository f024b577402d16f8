"""Trouble that a cluster can have: each ends in a sentence that says what to do, and nothing is lost or left behind."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml
from kubernetes import client

from leasehold.engines.kubernetes.rights import cluster_role
from leasehold.errors import EngineError, RunError
from leasehold.runs import processes
from tests.integration.support import COMMAND, PROJECT, name_of
from toolchain.cluster.choice import chosen
from toolchain.cluster.layout import own

from . import account
from .support import Namespace, command, nothing_of, servers_of, told, until

pytestmark = pytest.mark.kubernetes


def with_kubeconfig(shell: dict[str, str], folder: Path, **changes: str) -> dict[str, str]:
    """Return an environment whose kubeconfig is the cluster's, with other fields of the cluster."""
    described = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    for one in described["clusters"]:
        one["cluster"].update(changes)
    return {**shell, "KUBECONFIG": str(account.written(described, folder / "kubeconfig.json"))}


def test_a_cluster_that_nobody_answers_for(shell: dict[str, str], tmp_path: Path) -> None:
    elsewhere = with_kubeconfig(shell, tmp_path, server="https://127.0.0.1:9")
    for words in (("up", "k-nowhere"), ("list",), ("sweep",)):
        status, said = told(elsewhere, *COMMAND, *words)
        assert status == EngineError.exit_code, said
        assert "API at https://127.0.0.1:9 does not answer (Connection refused)" in said
        assert "KUBECONFIG" in said
        assert "Traceback" not in said


def test_a_login_that_has_ended(namespace: Namespace, shell: dict[str, str], name: str, tmp_path: Path) -> None:
    """Its account is gone, which a token does not survive; the run is, and whoever may ends it."""
    with account.with_printed_rights(namespace.name, tmp_path) as file:
        theirs = {**shell, "KUBECONFIG": str(file)}
        command(theirs, "up", name)
        client.CoreV1Api().delete_namespaced_service_account(account.NAME, namespace.name)
        for words in (("audit", name), ("down", "--wait", name), ("up", f"{name}-2")):
            until(lambda: "does not know who asks" in told(theirs, *COMMAND, "list")[1])  # it is asked of a cache
            status, said = told(theirs, *COMMAND, *words)
            assert status == EngineError.exit_code, said
            assert "Log in again as you do for kubectl" in said
            assert "Traceback" not in said
    command(shell, "down", "--wait", name)
    assert nothing_of(name)


def test_a_right_that_is_missing(namespace: Namespace, shell: dict[str, str], name: str, tmp_path: Path) -> None:
    role = cluster_role()
    for rule in role["rules"]:
        if rule["resources"] == ["networkpolicies"]:
            rule["verbs"].remove("create")
    with account.with_role(role, namespace.name, tmp_path) as file:
        status, said = told({**shell, "KUBECONFIG": str(file)}, *COMMAND, "up", name)
    assert status == RunError.exit_code, said
    assert "may not create networkpolicies" in said
    assert nothing_of(name)


def test_an_image_that_nobody_can_pull(shell: dict[str, str], name: str) -> None:
    there_is_none = {**shell, "LEASEHOLD_IMAGE_DATABASE": "registry.invalid/nobody/nothing:1"}
    status, said = told(there_is_none, *COMMAND, "up", name)
    assert status == RunError.exit_code, said
    assert "LEASEHOLD_IMAGE_DATABASE" in said
    assert "does not run (ErrImagePull" in said
    assert "KeyboardInterrupt" not in said
    assert nothing_of(name)


@pytest.mark.alone
@pytest.mark.parametrize("program", ["kubelet", "containerd", "kube-apiserver"])
def test_a_run_outlives_a_program_of_the_node(shell: dict[str, str], name: str, program: str) -> None:
    command(shell, "up", name)
    pods = {pod.metadata.uid for pod in servers_of(name)}
    killed(program)
    until(answers)
    lease = (*COMMAND, "exec", name, "--role", "reader", "--", "psql", "--no-align", "--tuples-only")
    until(lambda: told(shell, *COMMAND, "audit", name)[0] == 0)  # exec into Pods works again
    assert {pod.metadata.uid for pod in servers_of(name)} == pods
    assert told(shell, *lease, "--command", "SELECT 42") == (0, "42\n")


@pytest.mark.alone
def test_commands_while_the_api_server_is_away(shell: dict[str, str], name: str) -> None:
    command(shell, "up", name)
    with away("kube-apiserver"):
        for words in (("list",), ("down", "--wait", name), ("up", f"{name}-2")):
            status, said = told(shell, *COMMAND, *words)
            assert status == EngineError.exit_code, said
            assert "does not answer (Connection refused)" in said
    until(answers)
    command(shell, "down", "--wait", name)
    assert nothing_of(name)
    assert nothing_of(f"{name}-2")


@pytest.mark.alone
def test_an_api_server_that_restarts_while_a_run_is_made(shell: dict[str, str], name: str) -> None:
    """It is up, or it is told, and what was made is taken back as far as can be; a sweep does the rest."""
    words = (*COMMAND, "up", name)
    making = subprocess.Popen(
        words, env=shell, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until(lambda: not nothing_of(name) or making.poll() is not None)
    killed("kube-apiserver")
    said, _ = making.communicate()
    until(answers)
    if making.returncode:
        assert "does not answer" in said or "cluster" in said, said
        assert "Traceback" not in said
        command(shell, "sweep")
        assert nothing_of(name)
    else:
        command(shell, "audit", name)


def killed(program: str) -> None:
    """Kill a program of the node, which its keeper starts again."""
    victim = process_of(program)
    victim.kill()
    until(lambda: not victim.is_running())
    until(lambda: process_of(program) != victim)


@contextmanager
def away(program: str) -> Iterator[None]:
    """Have a program of the node be gone for the length of a block: its keeper is held up meanwhile."""
    keeper, victim = psutil.Process(int(own().alive.read_text())), process_of(program)
    gone = processes.process_of(victim.pid)
    keeper.suspend()
    try:
        victim.kill()
        until(lambda: gone.provably_gone)
        yield
    finally:
        keeper.resume()
    until(lambda: process_of(program) != victim)


def process_of(program: str) -> psutil.Process:
    """Return a program of the node, once there is one."""
    if chosen().name != "own":
        pytest.skip("This cluster's programs are its owner's. It needs a cluster of ours (CLUSTER=own).")
    found: list[psutil.Process] = []

    def look() -> bool:
        keeper = psutil.Process(int(own().alive.read_text()))
        found[:] = [one for one in keeper.children(recursive=True) if name_of(one) == program]
        return bool(found)

    until(look)
    return found[0]


def answers() -> bool:
    """Return whether the API server answers, and its node is ready."""
    try:
        [node] = client.CoreV1Api().list_node().items
    except (client.ApiException, OSError):
        return False
    except Exception as error:  # urllib3's, of any kind
        if "urllib3" not in type(error).__module__:
            raise
        return False
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)
