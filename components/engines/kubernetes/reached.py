"""Where a run is reached: what its gateway's Service tells, once it is there, and what its Pod says of that."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from leasehold.contract import GATEWAY
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.balancer import await_address
from leasehold.engines.kubernetes.forward import free_ports
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, LISTENS, PORTS_ANNOTATION
from leasehold.engines.kubernetes.published import ports_annotation
from leasehold.engines.kubernetes.reach import SERVICES, Access, known_host

from ...declared.mocks import under_mocks
from ..protocol import Reached


@dataclass(frozen=True)
class ReachedService(Reached):
    """Where a run's gateway is reached.

    Attributes:
        annotations: What its Pod tells of that.
    """

    annotations: Mapping[str, pulumi.Input[str]]


def reached(service: Any) -> ReachedService:
    """Return where a gateway is reached, by its Service, which is there before any server: certificates carry that."""
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
