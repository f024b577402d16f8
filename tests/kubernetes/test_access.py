"""The ways to a run: from a Pod of the cluster its Service, from elsewhere a forwarded port or a load balancer."""

import contextlib
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kubernetes import client

from leasehold.contract import DATABASE_PORT, resource_name
from leasehold.engines.kubernetes.engine import KubernetesEngine
from leasehold.engines.kubernetes.reach import ACCESS, Access
from tests.integration import lifecycle
from tests.integration.support import COMMAND

from . import account
from .job import job
from .support import Namespace, command, node, there, told, until

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]

CONNECT = (sys.executable, "-c", lifecycle.CONNECT)


@pytest.fixture
def shell(namespace: Namespace, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of commands of an account that has the rights that we print; their state is a test's own."""
    with account.with_printed_rights(namespace.name, tmp_path) as file:
        backend = tmp_path / "backend"
        backend.mkdir()
        own = {"XDG_STATE_HOME": str(tmp_path / "state"), "PULUMI_BACKEND_URL": f"file://{backend}"}
        yield {**os.environ, **own, "KUBECONFIG": str(file)}


@pytest.fixture
def name() -> Iterator[str]:
    made = f"c-{secrets.token_hex(3)}"
    yield made
    assert not there(lambda: client.CoreV1Api().read_namespace(f"leasehold-{made}"))


def test_from_a_pod_with_the_printed_rights_a_run_does_all_that_it_does_elsewhere(
    namespace: Namespace, tmp_path: Path, name: str
) -> None:
    host = f"{resource_name(name, 'gateway')}.leasehold-{name}.svc"
    with account.with_printed_rights(namespace.name, tmp_path), job(namespace, account.NAME) as made:
        try:
            lifecycle.run_through(made.told, name, host)
        finally:
            made.told(*COMMAND, "down", "--wait", name)  # what did not get so far


def test_who_is_outside_is_told_that_a_run_is_for_pods(shell: dict[str, str], name: str) -> None:
    server = resource_name(name, "gateway")
    shell[ACCESS] = Access.SERVICE
    assert "knows no such name" in command(shell, "up", name, status=8)
    del shell[ACCESS]
    command(shell, "up", name)
    try:
        patch = {"metadata": {"annotations": {"dev.leasehold.access": Access.SERVICE}}}
        client.CoreV1Api().patch_namespaced_pod(server, f"leasehold-{name}", patch)
        why = KubernetesEngine().out_of_reach(server, f"{server}.leasehold-{name}.svc", DATABASE_PORT)
        assert "Such a name is known in the cluster's Pods alone" in why
    finally:
        command(shell, "down", "--wait", name)


def forwarders(name: str) -> list[psutil.Process]:
    """Return the processes that forward ports to a run."""
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = " ".join(one.cmdline())
            if "kubernetes.forwarder" in words and resource_name(name, "gateway") in words:
                found.append(one)
    return found


def test_by_a_forwarded_port_a_run_does_all_that_it_does_elsewhere(shell: dict[str, str], name: str) -> None:
    shell[ACCESS] = Access.PORT_FORWARD
    try:
        lifecycle.run_through(lambda *words: told(shell, *words), name, "127.0.0.1", noted=True)
    finally:
        told(shell, *COMMAND, "down", "--wait", name)
    until(lambda: not forwarders(name))
    assert not [*Path(shell["XDG_STATE_HOME"], "leasehold", "forwards").iterdir()]


def test_a_forward_is_one_process_that_is_started_again_once_it_was_killed(shell: dict[str, str], name: str) -> None:
    shell[ACCESS] = Access.PORT_FORWARD
    lease = ("exec", name, "--role", "reader", "--", *CONNECT)
    command(shell, "up", name)
    try:
        before = json.loads(command(shell, "show", name, "--json"))
        (first,) = forwarders(name)
        first.send_signal(signal.SIGKILL)
        until(lambda: not forwarders(name))
        del shell[ACCESS]  # a run keeps how it was made
        assert "(42,)" in command(shell, *lease)
        assert json.loads(command(shell, "show", name, "--json"))["host"] == before["host"] == "127.0.0.1"
        (second,) = forwarders(name)
        assert second.pid != first.pid
    finally:
        command(shell, "down", "--wait", name)
    until(lambda: not forwarders(name))


def balance(name: str, address: str) -> None:
    """Do what a load balancer's controller does: give the gateway's Service an address."""
    core, namespace, service = client.CoreV1Api(), f"leasehold-{name}", resource_name(name, "gateway")
    until(lambda: there(lambda: core.read_namespaced_service(service, namespace)))
    given = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    core.patch_namespaced_service_status(service, namespace, given)


def test_by_a_load_balancer_a_run_is_reached_at_the_address_that_it_is_given(shell: dict[str, str], name: str) -> None:
    service = resource_name(name, "gateway")
    shell[ACCESS] = Access.LOAD_BALANCER
    controller = threading.Thread(target=balance, args=(name, node()))
    controller.start()
    try:
        said = command(shell, "up", name)
        controller.join()
        assert f"waiting until the load balancer of Service leasehold-{name}/{service} has an address" in said
        outputs = json.loads(command(shell, "show", name, "--json"))
        assert outputs["host"] == node()
        assert "(42,)" in command(shell, "exec", name, "--role", "reader", "--", *CONNECT)
        probed, _ = json.JSONDecoder().raw_decode(command(shell, "probe", name, "--json"))
        assert [note for note in probed["notes"] if "at the load balancer" in note]
    finally:
        command(shell, "down", "--wait", name)
