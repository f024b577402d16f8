"""Runs in a cluster: what a run does on every engine, with all rights and with no more than are printed."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from leasehold.contract import LOGS
from leasehold.engines.kubernetes import resources
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.enforced import UNENFORCED, check_policies
from leasehold.engines.kubernetes.engine import KubernetesEngine
from leasehold.engines.kubernetes.execs import run
from leasehold.engines.kubernetes.pods import await_running
from leasehold.engines.resources import Resource
from leasehold.errors import EngineError
from tests.integration import lifecycle

from . import account
from .support import Namespace, command, kill_stuck_session, node, there, told, until

pytestmark = pytest.mark.kubernetes


def test_a_cluster_that_does_not_enforce_policies_is_refused(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace.pod("open", container={"name": "server"})  # a namespace without policies is as one in such a cluster
    with pytest.raises(EngineError, match="The cluster does not enforce NetworkPolicies"):
        check_policies(connect(), (namespace.name, "open"), limit=0)
    monkeypatch.setenv(UNENFORCED, "allow")
    check_policies(connect(), (namespace.name, "open"), limit=0)


def test_a_pod_for_which_no_node_has_room_is_told(namespace: Namespace) -> None:
    namespace.pod("large", ready=False, container={"name": "server", "resources": {"requests": {"cpu": "1000"}}})
    with pytest.raises(EngineError, match=r"Insufficient cpu.*No node has a processor to give"):
        await_running(connect(), (namespace.name, "large"), limit=5)


def test_a_pod_is_awaited_until_it_runs(namespace: Namespace) -> None:
    namespace.pod("small", ready=False, container={"name": "server"})
    found = await_running(connect(), (namespace.name, "small"), limit=60)
    assert found["metadata"]["name"] == "small"


def test_a_namespace_that_stays_says_what_it_waits_for(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Namespace(f"t-{secrets.token_hex(4)}", image)
    made.create()
    made.core.create_namespaced_config_map(
        made.name, {"metadata": {"name": "kept", "finalizers": ["example.org/nobody"]}}
    )
    uid = made.core.read_namespace(made.name).metadata.uid
    monkeypatch.setattr(resources, "LIMIT", 10.0)
    try:
        with pytest.raises(EngineError, match=r"still there.*example\.org/nobody"):
            resources.remove(connect(), Resource(resources.NAMESPACE, uid, made.name))
    finally:
        made.core.patch_namespaced_config_map("kept", made.name, {"metadata": {"finalizers": None}})
    until(lambda: not there(lambda: made.core.read_namespace(made.name)))


@pytest.fixture
def with_printed_rights(namespace: Namespace, shell: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The same as `shell`, as an account that has the rights that we print, and no others."""
    with account.with_printed_rights(namespace.name, tmp_path) as file:
        yield {**shell, "KUBECONFIG": str(file)}


def test_a_run_does_all_that_it_does_elsewhere_with_the_rights_that_are_printed(
    with_printed_rights: dict[str, str], name: str
) -> None:
    lifecycle.run_through(lambda *words: told(with_printed_rights, *words), name, node())


def test_nothing_secret_is_shown_and_a_policy_that_is_gone_is_caught(shell: dict[str, str], name: str) -> None:
    command(shell, "up", name)
    assert "; 0 hits" in command(shell, "scan", name)
    rules: Any = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    networking = client.NetworkingV1Api()
    networking.delete_namespaced_network_policy(f"leasehold-{name}-closed", f"leasehold-{name}")
    networking.create_namespaced_network_policy(f"leasehold-{name}", {"metadata": {"name": "open"}, "spec": rules})
    said = command(shell, "probe", name, status=12)
    assert "outsider reaches database" in said
    assert "database reaches outside" in said
    assert f"the policy 'leasehold-{name}-closed' is gone" in said


def test_the_log_of_a_server_that_has_ended_is_read(shell: dict[str, str], name: str) -> None:
    command(shell, "up", name)
    server, engine = f"leasehold-{name}-database", KubernetesEngine()
    assert engine.is_running(server)
    run(connect(), (f"leasehold-{name}", server), ["sh", "-c", "kill -TERM 1"])
    until(lambda: not engine.is_running(server))
    found = engine.files(server, LOGS)
    assert any(b"database system is shut down" in content for content in found.values())


def test_what_a_killed_session_leaves_is_swept(shell: dict[str, str], tmp_path: Path) -> None:
    state = tmp_path / "state"
    backend = tmp_path / "backend"
    backend.mkdir()
    own = {**shell, "XDG_STATE_HOME": str(state), "PULUMI_BACKEND_URL": f"file://{backend}"}
    kill_stuck_session(tmp_path, own)
    rows = json.loads(command(own, "list", "--json"))
    killed = [row["run"] for row in rows if (state / "leasehold" / "runs" / f"{row['run']}.json").exists()]
    assert len(killed) == 1
    command(own, "sweep")
    assert not there(lambda: client.CoreV1Api().read_namespace(f"leasehold-{killed[0]}"))
