"""Pulumi's provider on the cluster."""

import secrets
from pathlib import Path

import pulumi_kubernetes as k8s
import pytest
from kubernetes import client
from pulumi import ResourceOptions, automation

from .support import there

pytestmark = pytest.mark.kubernetes


def test_a_stack_makes_a_namespace_with_a_pod_and_leaves_nothing(image: str, tmp_path: Path) -> None:
    name = f"t-{secrets.token_hex(4)}"
    meta = {"namespace": name, "labels": {"name": "one"}}

    def program() -> None:
        # The provider finds the cluster by KUBECONFIG: its administrator's key is not for the state.
        provider = k8s.Provider("cluster")
        made = k8s.core.v1.Namespace("namespace", metadata={"name": name}, opts=ResourceOptions(provider=provider))
        inside = ResourceOptions(provider=provider, parent=made)
        container = {
            "name": "main",
            "image": image,
            "command": ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"],
        }
        pod = {"containers": [container], "terminationGracePeriodSeconds": 1}
        k8s.core.v1.Pod("pod", metadata={"name": "one", **meta}, spec=pod, opts=inside)
        service = {"selector": {"name": "one"}, "ports": [{"port": 80}]}
        k8s.core.v1.Service(
            "service",
            metadata={"name": "one", **meta, "annotations": {"pulumi.com/skipAwait": "true"}},
            spec=service,
            opts=inside,
        )

    options = automation.LocalWorkspaceOptions(
        work_dir=str(tmp_path),
        env_vars={"PULUMI_BACKEND_URL": tmp_path.as_uri()},
        project_settings=automation.ProjectSettings("cluster-test", "python"),
    )
    stack = automation.create_stack(name, "cluster-test", program, opts=options)
    core = client.CoreV1Api()
    try:
        stack.up()
        assert core.read_namespaced_pod("one", name).status.phase == "Running"
        assert core.read_namespaced_service("one", name).spec.cluster_ip
        assert not stack.preview().change_summary.keys() - {automation.OpType.SAME}
        assert "client-key-data" not in str(stack.export_stack().deployment)
    finally:
        stack.destroy(remove=True)
    assert not there(lambda: core.read_namespace(name))
