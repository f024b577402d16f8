"""Whether this process runs in a container of the engine's that has a network of its own."""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import docker

_MOUNTS = Path("/proc/self/mountinfo")
_WHAT, _WHERE = 3, 4
_FILES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
_CONTAINER = re.compile(r"/(?:overlay-)?containers/([0-9a-f]{64})/")
"""The engine mounts files of a container's folder over /etc/hosts and others (moby, container/container_unix.go;
Podman, container_internal_linux.go)."""


@dataclass(frozen=True)
class Container:
    """A container of the engine's.

    Attributes:
        name: Its name.
        gateways: Addresses of the gateways of its networks, in the order of the networks' names.
    """

    name: str
    gateways: tuple[str, ...]


def own_container(connect: "Callable[[], docker.DockerClient]") -> Container | None:
    """Return the container that this process runs in; None if it has the host's network, or is in none.

    It has to be the engine's own: the engine knows it by an id that this process reads in its list of mounts.

    Args:
        connect: Gives a client of the engine. It is not called where the list of mounts names no container.
    """
    ids = _ids()
    if not ids:
        return None
    import docker.errors  # noqa: PLC0415 - slow to import, and most processes are in no container

    with closing(connect()) as client:
        for one in ids:
            try:
                found = client.api.inspect_container(one)
            except docker.errors.NotFound:  # another engine's
                continue
            network = _whose_network(client, found)
            if network["HostConfig"]["NetworkMode"] != "host":
                return Container(str(found["Name"]).lstrip("/"), _gateways(network))
    return None


def _whose_network(client: "docker.DockerClient", container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the container whose network a container has: it may be another one's."""
    kind, _, other = str(container["HostConfig"]["NetworkMode"]).partition(":")
    return _whose_network(client, client.api.inspect_container(other)) if kind == "container" else container


def _gateways(container: Mapping[str, Any]) -> tuple[str, ...]:
    networks = sorted((container["NetworkSettings"].get("Networks") or {}).items())
    return tuple(str(on["Gateway"]) for _, on in networks if on.get("Gateway"))


def _ids() -> list[str]:
    """Return the ids of the containers that this process may run in.

    The engine's host has mounts below the folders of its containers, too: what counts is which file is mounted, and
    where (proc(5), /proc/pid/mountinfo, fields 4 and 5).
    """
    try:
        mounts = [line.split(" ", 5) for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return []
    found = (_CONTAINER.search(fields[_WHAT]) for fields in mounts if len(fields) > _WHERE and fields[_WHERE] in _FILES)
    return list(dict.fromkeys(one[1] for one in found if one))
