"""The Services of a run's servers: an address for each that stays, and the gateway's ports on the nodes.

They are made before any Pod: a Pod has the servers' names in its ``/etc/hosts``, and that is written when it starts.
"""

from collections.abc import Callable
from typing import Any

import pulumi

from leasehold.contract import GATEWAY, PART_LABEL, RUN_LABEL, SERVERS
from leasehold.engines.kubernetes.names import LISTENS

from ...declared.run import Run


def service_spec(run: str, part: str) -> dict[str, Any]:
    """Return the Service of a server: an address in the cluster, and, of the gateway, ports of every node."""
    ports = [{"name": f"tcp-{port}", "port": port, "targetPort": port, "protocol": "TCP"} for port in LISTENS[part]]
    kind = "NodePort" if part == GATEWAY else "ClusterIP"
    return {"type": kind, "selector": {RUN_LABEL: run, PART_LABEL: part}, "ports": ports}


def services(
    name: str, run: Run, metadata: Callable[[str], Any], opts: pulumi.ResourceOptions
) -> list[pulumi.CustomResource]:
    """Declare the Services of a run's servers.

    Args:
        name: Begins their logical names.
        run: The run.
        metadata: Returns an object's metadata for its part of the run.
        opts: Their options.
    """
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    specs: dict[str, Any] = {part: service_spec(run.name, part) for part in SERVERS}
    return [
        kubernetes.core.v1.Service(f"{name}-{part}", metadata=metadata(part), spec=spec, opts=opts)
        for part, spec in specs.items()
    ]
