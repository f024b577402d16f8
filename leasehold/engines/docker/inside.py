"""Whether this process runs in a container of the engine's that has a network of its own."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors

_MOUNTS = Path("/proc/self/mountinfo")
_CONTAINER = re.compile(r"/containers/([0-9a-f]{64})/")
"""The engine mounts files of a container's folder over /etc/hosts and others (moby, container/container_unix.go)."""


def own_network(client: docker.DockerClient) -> str:
    """Return the name of the container that this process runs in; empty if it has the host's network, or is in none.

    It has to be the engine's own: the engine knows it by an id that this process reads in its list of mounts.
    """
    for one in _containers():
        with suppress(docker.errors.NotFound):  # another engine's
            found = client.api.inspect_container(one)
            if _mode(client, found) != "host":
                return str(found["Name"]).lstrip("/")
    return ""


def _mode(client: docker.DockerClient, container: Mapping[str, Any]) -> str:
    """Return the mode of a container's network; it may have another container's."""
    mode = str(container["HostConfig"]["NetworkMode"])
    kind, _, other = mode.partition(":")
    return _mode(client, client.api.inspect_container(other)) if kind == "container" else mode


def _containers() -> Iterator[str]:
    try:
        mounts = _MOUNTS.read_text()
    except OSError:
        return
    yield from dict.fromkeys(_CONTAINER.findall(mounts))
