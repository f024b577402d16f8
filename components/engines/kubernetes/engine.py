"""A Kubernetes cluster: the one that the user's shell means."""

from collections.abc import Mapping
from typing import Any

import pulumi

from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes import pods
from leasehold.engines.kubernetes.answers import out_of_reach
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.execs import run
from leasehold.engines.kubernetes.files import put
from leasehold.engines.kubernetes.names import SERVER, namespace_of
from leasehold.engines.kubernetes.published import port_of
from leasehold.engines.kubernetes.quantities import mebibytes
from leasehold.errors import EngineError

from ...declared.run import Run
from ...servers.start import FOLDER
from ..protocol import Networks, Server, ServerArgs
from ..sockets import TABLES, listens
from .network import namespaced
from .server import KubernetesServer

GRACE = 10.0
"""How long a cluster may take to forward a port of its nodes to a new Pod, in seconds."""

_LAST_LINES = 10


class KubernetesEngine:
    """Pods in a namespace, and policies. See `protocol.Engine`."""

    resolver = None
    neighbours = "all"

    def memory(self) -> int | None:
        """Return how much memory the smallest node has to give, in MiB; None if the cluster does not tell."""
        try:
            nodes = connect().listed("/api/v1/nodes")
        except EngineError:
            return None
        return min((mebibytes(str(one["status"]["allocatable"]["memory"])) for one in nodes), default=None)

    def chosen(self, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """Return the options as they are: Pulumi's provider finds the cluster as kubectl does."""
        return opts

    def server(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> Server:
        """Declare a Pod and its Service."""
        return KubernetesServer(name, args, opts)

    def networks(self, name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
        """Declare a namespace and its policies; there is no network driver that would take options."""
        return namespaced(name, run, opts)

    def published(self, outputs: Mapping[str, Any], port: int) -> int:
        """Return the port at which one of a server's own is reached, from the Pod's outputs."""
        return port_of(outputs["metadata"]["annotations"], port)

    def host_of(self, outputs: Mapping[str, Any]) -> str:
        """Return where whoever made a Pod reaches its ports, from the Pod's outputs."""
        return str(outputs["metadata"]["annotations"][HOST_LABEL])

    def name_of(self, outputs: Mapping[str, Any]) -> str:
        """Return a Pod's name, from its outputs."""
        return str(outputs["metadata"]["name"])

    def last_words(self, server: str) -> tuple[bool, str]:
        """Return whether a server has ended, and the end of its log, as far as the cluster can be asked."""
        try:
            found = pods.find(server)
            if found is None:
                return True, "(there is no such Pod)"
            query = {"container": SERVER, "tailLines": _LAST_LINES}
            log = connect().request("GET", f"{pods.path_of(server)}/log", query)
        except EngineError as error:
            return False, f"(its log cannot be read: {error})"
        return not pods.is_running(found), log.decode(errors="replace").strip()

    def out_of_reach(self, server: str, inner: int, host: str, port: int, waited: float) -> str:
        """Return why nothing here can reach a Pod's port: both ends prove it. Empty if something may."""
        if waited < GRACE or not self.listens(server, inner):
            return ""
        why = out_of_reach(server, host, port)
        return f"The gateway listens, and {why}." if why else ""

    def listens(self, server: str, port: int) -> bool:
        """Return whether a server listens at a port; False if it cannot be asked."""
        try:
            _, table, _ = run(connect(), (namespace_of(server), server), ["cat", *TABLES])
        except EngineError:
            return False
        return listens(table.decode(), port)

    def replace_files(self, server: str, files: Mapping[str, str], then: str) -> None:
        """Replace files of a running server, and have it read them.

        Raises:
            RuntimeError: They could not be replaced.
            EngineError: The cluster refused.
        """
        api, pod = connect(), (namespace_of(server), server)
        put(api, pod, FOLDER, {name: (content.encode(), 0o600) for name, content in files.items()})
        # Process 1 is `timeout`, which passes it on, or a shell that does.
        for script in filter(None, (then, "kill -HUP 1")):
            status, _, said = run(api, pod, ["sh", "-c", script])
            if status:
                raise RuntimeError(f"In {server}, files could not be replaced: {said.decode(errors='replace').strip()}")
