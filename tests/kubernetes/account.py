"""Accounts of the cluster that may do what a printed role lets them do, and nothing else."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from leasehold.engines.kubernetes.rights import cluster_role
from leasehold.engines.kubernetes.rights import role as role_in

NAME = "runner"
_GROUP = "rbac.authorization.k8s.io"


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
    rbac = client.RbacAuthorizationV1Api()
    file = _account(namespace, folder)
    rbac.create_cluster_role({**role, "metadata": {"name": namespace}})
    ref = {"apiGroup": _GROUP, "kind": "ClusterRole", "name": namespace}
    rbac.create_cluster_role_binding(
        {"metadata": {"name": namespace}, "subjects": [_subject(namespace)], "roleRef": ref}
    )
    try:
        yield file
    finally:
        rbac.delete_cluster_role_binding(namespace)
        rbac.delete_cluster_role(namespace)


def with_printed_role(namespace: str, folder: Path) -> Path:
    """Make an account with the printed Role of a namespace, with which it goes; return the kubeconfig of its user.

    Args:
        namespace: Where the account is, and all that it may do anything in.
        folder: Where the file goes.
    """
    rbac = client.RbacAuthorizationV1Api()
    file, printed = _account(namespace, folder), role_in(namespace)
    rbac.create_namespaced_role(namespace, printed)
    ref = {"apiGroup": _GROUP, "kind": "Role", "name": printed["metadata"]["name"]}
    rbac.create_namespaced_role_binding(
        namespace, {"metadata": {"name": NAME}, "subjects": [_subject(namespace)], "roleRef": ref}
    )
    return file


def _account(namespace: str, folder: Path) -> Path:
    core = client.CoreV1Api()
    core.create_namespaced_service_account(namespace, {"metadata": {"name": NAME}})
    token = core.create_namespaced_service_account_token(NAME, namespace, {"spec": {}}).status.token
    described = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    for user in described["users"]:
        user["user"] = {"token": token}
    return written(described, folder / f"{NAME}-{namespace}.json")


def written(kubeconfig: Mapping[str, Any], file: Path) -> Path:
    """Write a kubeconfig into a file for its owner alone; return that."""
    file.touch(0o600)
    file.write_text(json.dumps(kubeconfig))
    return file


def _subject(namespace: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
