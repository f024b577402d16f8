"""An account of the cluster that may do what the printed ClusterRole lets it do, and nothing else."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from leasehold.engines.kubernetes.rights import cluster_role

NAME = "runner"


@contextmanager
def with_printed_rights(namespace: str, folder: Path) -> Iterator[Path]:
    """Have such an account for the length of a block; give the kubeconfig with which it is used; see `with_role`."""
    with with_role(cluster_role(), namespace, folder) as file:
        yield file


@contextmanager
def with_role(role: Mapping[str, Any], namespace: str, folder: Path) -> Iterator[Path]:
    """Have an account with a role for the length of a block; give the kubeconfig with which it is used.

    Args:
        role: The ClusterRole.
        namespace: Where the account is; the role and its binding have this name, too.
        folder: Where the file goes.
    """
    rbac, core = client.RbacAuthorizationV1Api(), client.CoreV1Api()
    core.create_namespaced_service_account(namespace, {"metadata": {"name": NAME}})
    rbac.create_cluster_role({**role, "metadata": {"name": namespace}})
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": namespace}
    rbac.create_cluster_role_binding({"metadata": {"name": namespace}, "subjects": [subject], "roleRef": ref})
    token = core.create_namespaced_service_account_token(NAME, namespace, {"spec": {}}).status.token
    described = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    for user in described["users"]:
        user["user"] = {"token": token}
    file = folder / "runner.json"
    file.touch(0o600)
    file.write_text(json.dumps(described))
    try:
        yield file
    finally:
        rbac.delete_cluster_role_binding(namespace)
        rbac.delete_cluster_role(namespace)
