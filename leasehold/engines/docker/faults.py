"""Faults of a run's networks and containers, by inspection: what is not set up as declared."""

from collections.abc import Iterator

import docker
import docker.errors

from ...contract import EDGE, GATEWAY, INNER, PUBLISHED_LABEL, RUN_LABEL, SERVERS, resource_name
from .reach import LOOPBACK, is_loopback

MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
INHIBIT = "com.docker.network.bridge.inhibit_ipv4"
PARTS = {INNER: set(SERVERS), EDGE: {GATEWAY}}
"""The members of each network."""


def faults_of(client: docker.DockerClient, run: str) -> Iterator[str]:
    """Yield what is not as declared, a line each."""
    return iter([*_networks(client, run), *_members(client, run), *_published(client, run)])


def notes_of(client: docker.DockerClient, run: str) -> Iterator[str]:
    """Yield what is as declared, and yet should be known, a line each."""
    declared = _declared_address(client, run)
    if not is_loopback(declared):
        yield (
            f"the gateway's ports are published on {declared} of the engine's host: whoever has a way to that address "
            "has one to them, not that host alone"
        )


def _networks(client: docker.DockerClient, run: str) -> Iterator[str]:
    inner, edge = (client.networks.get(resource_name(run, part)).attrs for part in (INNER, EDGE))
    if not inner["Internal"]:
        yield "the inner network has a way out: it is not internal"
    if inner["Options"].get(INHIBIT) != "true":
        yield "the host has an address on the inner network"
    if edge["Options"].get(MASQUERADE) != "false":
        yield "masquerading is on in the edge network: the gateway's packets can leave with the host's address"


def _members(client: docker.DockerClient, run: str) -> Iterator[str]:
    for network, parts in PARTS.items():
        made = client.networks.get(resource_name(run, network))
        attached = {str(member["Name"]) for member in (made.attrs.get("Containers") or {}).values()}
        for name in sorted(attached - {resource_name(run, part) for part in parts}):
            if not _is_ours(client, name, run):
                yield f"container {name} is on the {network} network, and is not the run's"


def _declared_address(client: docker.DockerClient, run: str) -> str:
    """Return the address on which the gateway was to be published when the run was made."""
    labels = client.containers.get(resource_name(run, GATEWAY)).labels
    return str(labels.get(PUBLISHED_LABEL, LOOPBACK))


def _published(client: docker.DockerClient, run: str) -> Iterator[str]:
    declared = _declared_address(client, run)
    for part in PARTS[INNER]:
        ports = client.containers.get(resource_name(run, part)).attrs["NetworkSettings"]["Ports"] or {}
        for port, bindings in sorted(ports.items()):
            for binding in bindings or []:
                if part != GATEWAY:
                    yield f"the {part} publishes {port} on the host"
                elif binding["HostIp"] != declared:
                    yield f"the gateway publishes {port} on {binding['HostIp']}, not on {declared} alone"


def _is_ours(client: docker.DockerClient, name: str, run: str) -> bool:
    try:
        return client.containers.get(name).labels.get(RUN_LABEL) == run
    except docker.errors.NotFound:
        return True  # it has just gone
