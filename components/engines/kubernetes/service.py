"""Services: the names of a run's servers, and the way to its gateway."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from leasehold.contract import GATEWAY, PART_LABEL
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.balancer import await_address
from leasehold.engines.kubernetes.forward import free_ports
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, LISTENS, PORTS_ANNOTATION, metadata_of
from leasehold.engines.kubernetes.published import ports_annotation
from leasehold.engines.kubernetes.reach import SERVICES, Access, access, known_host

from ...declared.mocks import under_mocks
from ...declared.run import Run
from ..protocol import Reached

FIXED = ["metadata.labels", "metadata.annotations", "spec.type"]
"""Labels, and the way to the gateway, are those of the first `pulumi up`: a second one from another place changes
neither."""


@dataclass(frozen=True)
class ReachedService(Reached):
    """Where a run's gateway is reached.

    Attributes:
        annotations: What its Pod tells of that.
    """

    annotations: Mapping[str, pulumi.Input[str]]


def service_spec(part: str, kind: str = "ClusterIP") -> dict[str, Any]:
    """Return the Service of a server: its name in the namespace, and what its type adds to that.

    Args:
        part: Which part of its run it is.
        kind: The type (Kubernetes API, ServiceSpec).
    """
    ports = [{"name": f"tcp-{port}", "port": port, "targetPort": port, "protocol": "TCP"} for port in LISTENS[part]]
    return {"type": kind, "selector": selector(part), "ports": ports}


def selector(part: str) -> dict[str, str]:
    """Return the labels by which a Service finds a server's Pod, in the run's own namespace."""
    return {PART_LABEL: part}


def declare_service(
    name: str,
    run: Run,
    part: str,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    *,
    way: Access | None = None,
) -> Any:
    """Declare the Service of a server.

    Args:
        name: Logical name.
        run: The run.
        part: Which part of the run it is.
        namespace: Where.
        opts: Parent and dependencies.
        way: How it is reached from outside the run; None if it is not.
    """
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    labels, annotations = metadata_of(run.labels)
    told = {ACCESS_ANNOTATION: str(way)} if way else {}
    about: Any = {
        "name": part,
        "namespace": namespace,
        "labels": labels,
        # Pulumi would wait for a server behind it, which is made later.
        "annotations": {**annotations, **told, "pulumi.com/skipAwait": "true"},
    }
    spec: Any = service_spec(part, way.service_type if way else "ClusterIP")
    fixed = pulumi.ResourceOptions(parent=opts.parent, ignore_changes=FIXED, depends_on=opts.depends_on)
    return kubernetes.core.v1.Service(name, metadata=about, spec=spec, opts=fixed)


def reached(name: str, run: Run, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> ReachedService:
    """Declare the gateway's Service, before there is a server: all servers' certificates carry its address.

    Args:
        name: Logical name.
        run: The run.
        namespace: Where.
        opts: Parent and dependencies.
    """
    service = declare_service(name, run, GATEWAY, namespace, opts, way=access())
    mocked = under_mocks()  # there is no cluster to ask

    async def host(metadata: Any) -> str:
        way, called, inside = _made_for(metadata), str(metadata["name"]), str(metadata["namespace"])
        if way is Access.SERVICE or mocked:
            return f"{called}.{inside}{SERVICES}"
        if found := await asyncio.to_thread(known_host, way):
            return found
        pulumi.log.info(f"waiting until the load balancer of Service {inside}/{called} has an address", service)
        return await asyncio.to_thread(await_address, connect(), inside, called)

    annotations = {
        ACCESS_ANNOTATION: service.metadata.apply(lambda told: str(_made_for(told))),
        PORTS_ANNOTATION: pulumi.Output.all(service.metadata, service.spec).apply(lambda told: _ports(*told)),
    }
    return ReachedService(service.metadata.apply(host), annotations)


def _made_for(metadata: Any) -> Access:
    """Return how a gateway is reached: as the first `up` made it, from wherever there is another."""
    return Access(metadata["annotations"][ACCESS_ANNOTATION])


def _ports(metadata: Any, spec: Any) -> str:
    """Return at which port each of the gateway's own is reached, as its Pod tells it."""
    way = _made_for(metadata)
    if way is Access.PORT_FORWARD:
        return ports_annotation(free_ports(LISTENS[GATEWAY]))
    return ports_annotation(
        {int(one["port"]): int(one["port"] if way.has_own_ports else one["node_port"]) for one in spec["ports"]}
    )
