"""Containers, networks and volumes as resources of an engine, and their removal."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import docker
import docker.errors
from docker.models.resource import Model

from ..resources import Resource

CONTAINER, NETWORK, VOLUME = "container", "network", "volume"
"""Kinds, in the order in which they are removed."""


def labelled(client: docker.DockerClient, label: str) -> list[Resource]:
    """List what carries a label, stopped containers too."""
    found: dict[str, str | list[str] | bool] = {"label": label}
    kinds: dict[str, Sequence[Model]] = {
        CONTAINER: client.containers.list(all=True, filters=found, ignore_removed=True),
        NETWORK: client.networks.list(filters=found),
        VOLUME: client.volumes.list(filters=found),
    }
    return [_resource(kind, model) for kind, models in kinds.items() for model in models]


def remove(client: docker.DockerClient, resource: Resource) -> bool:
    """Remove a resource; return False if it was gone already."""
    if resource.kind == CONTAINER:
        return _unless_gone(lambda: client.containers.get(resource.id).remove(force=True, v=True))
    if resource.kind == NETWORK:
        return _unless_gone(lambda: client.networks.get(resource.id).remove())
    return _unless_gone(lambda: client.volumes.get(resource.id).remove(force=True))


def guests(client: docker.DockerClient, network: Resource) -> list[Resource]:
    """List the containers on a network; none if it is gone."""
    try:
        found = client.networks.get(network.id)
        attached = [client.containers.get(container) for container in found.attrs.get("Containers") or {}]
    except docker.errors.NotFound:
        return []
    return [_resource(CONTAINER, container) for container in attached]


def detach(client: docker.DockerClient, network: Resource, container: Resource) -> bool:
    """Take a container off a network; return False if either was gone already."""
    try:
        found = client.networks.get(network.id)
    except docker.errors.NotFound:
        return False
    return _unless_gone(partial(found.disconnect, container.id, force=True))


def _resource(kind: str, model: Model) -> Resource:
    is_server = kind == CONTAINER
    running = is_server and getattr(model, "status", "") == "running"
    return Resource(kind, str(model.id), str(getattr(model, "name", model.id)), _labels(model), is_server, running)


def _labels(model: Model) -> Mapping[str, str]:
    attributes: dict[str, Any] = model.attrs or {}
    return (attributes.get("Labels") or attributes.get("Config", {}).get("Labels")) or {}


def _unless_gone(remove: Callable[[], object]) -> bool:
    """Remove something; return False if it was gone already, or is going."""
    try:
        remove()
    except docker.errors.NotFound:
        return False
    except docker.errors.APIError as error:
        if "already in progress" in str(error):
            return False
        raise
    return True
