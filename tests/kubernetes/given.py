"""Namespaces that were given: somebody else has made them, and works in them, too."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from leasehold.contract import RUN_LABEL
from leasehold.engines.kubernetes.manifests import CONTAINER_SECURITY, NAMESPACE_LABELS, USER
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.engines.kubernetes.reach import GATEWAY

from .account import with_printed_role
from .support import PORT, Namespace

FOREIGN, WEB = "foreign", "web"
"""A Pod of somebody else's, and a server of theirs."""

RESTRICTED: dict[str, Any] = {"container": {"securityContext": {**CONTAINER_SECURITY, "runAsUser": USER}}}


class Given(Namespace):
    """One namespace, which holds its Pods to the standard `restricted`."""

    def create(self) -> None:
        super().create()
        labels = {**NAMESPACE_LABELS, RUN_LABEL: None, "dev.leasehold.owner": None}
        self.core.patch_namespace(self.name, {"metadata": {"labels": labels}})

    def settle(self) -> None:
        """Have others in it: a client, a server, and a policy of the server's."""
        self.pod(FOREIGN, **RESTRICTED)
        self.pod(WEB, f"socat TCP-LISTEN:{PORT},fork,reuseaddr SYSTEM:'echo hello from the pod'", **RESTRICTED)
        ports = [{"port": PORT}]
        self.core.create_namespaced_service(
            self.name, {"metadata": {"name": WEB}, "spec": {"selector": {"name": WEB}, "ports": ports}}
        )
        self.policy(WEB, WEB, ingress=[{"from": [{"podSelector": {"matchLabels": {"name": FOREIGN}}}]}])

    def there(self) -> dict[str, str]:
        """Return the id of each object that a run could have made, or harmed, by kind and name."""
        found = {
            "pod": self.core.list_namespaced_pod(self.name).items,
            "service": self.core.list_namespaced_service(self.name).items,
            "account": self.core.list_namespaced_service_account(self.name).items,
            "policy": self.networking.list_namespaced_network_policy(self.name).items,
            "job": client.BatchV1Api().list_namespaced_job(self.name).items,
            "lease": client.CoordinationV1Api().list_namespaced_lease(self.name).items,
        }
        return {f"{kind} {one.metadata.name}": one.metadata.uid for kind, every in found.items() for one in every}

    def shell(self, shell: dict[str, str], folder: Any, gateway: str) -> dict[str, str]:
        """Return the environment of commands whose runs go into it, by an account with the printed Role of it."""
        file = with_printed_role(self.name, folder)
        return {**shell, "KUBECONFIG": str(file), NAMESPACE: self.name, GATEWAY: gateway}


@contextmanager
def given(image: str) -> Iterator[Given]:
    """Have a namespace for the length of a block."""
    made = Given(f"t-{secrets.token_hex(4)}", image)
    made.create()
    try:
        yield made
    finally:
        made.delete()
