"""The Services of a run's servers: an address for each that stays, and, of the gateway's, the way to the run.

They are made before any Pod: a Pod has the servers' names in its ``/etc/hosts``, and that is written when it starts.
"""

from collections.abc import Callable
from typing import Any

import pulumi

from leasehold.contract import GATEWAY, PART_LABEL, RUN_LABEL, SERVERS
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, LISTENS
from leasehold.engines.kubernetes.reach import Access

from ...declared.run import Run

KEPT = ["metadata.labels", "metadata.annotations", "spec.type"]
"""The way to a run is that of the first `pulumi up`, too: a second one from another place does not change it."""


def service_spec(run: str, part: str, way: Access) -> dict[str, Any]:
    """Return the Service of a server: an address in the cluster, and, of the gateway, what its type adds to that.

    Args:
        run: The run's name.
        part: Which part of it the server is.
        way: How the gateway is reached.
    """
    ports = [{"name": f"tcp-{port}", "port": port, "targetPort": port, "protocol": "TCP"} for port in LISTENS[part]]
    kind = way.service_type if part == GATEWAY else Access.SERVICE.service_type
    return {"type": kind, "selector": {RUN_LABEL: run, PART_LABEL: part}, "ports": ports}


def services(
    name: str, run: Run, metadata: Callable[[str], Any], way: Access, opts: pulumi.ResourceOptions
) -> dict[str, Any]:
    """Declare the Services of a run's servers; return them by the server's part.

    Args:
        name: Begins their logical names.
        run: The run.
        metadata: Returns an object's metadata for its part of the run.
        way: How the gateway is reached.
        opts: Their options.
    """
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=KEPT))
    about = {part: metadata(part) for part in SERVERS}
    about[GATEWAY]["annotations"] = {**about[GATEWAY]["annotations"], ACCESS_ANNOTATION: str(way)}
    specs: dict[str, Any] = {part: service_spec(run.name, part, way) for part in SERVERS}
    return {
        part: kubernetes.core.v1.Service(f"{name}-{part}", metadata=about[part], spec=spec, opts=kept)
        for part, spec in specs.items()
    }
