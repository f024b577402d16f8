"""A Docker-compatible engine: lists what carries a label, and removes one thing at a time, by its id."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import docker.errors
from docker.models.resource import Model

from ..labelled import connected
from ..resources import Kind, Thing


class DockerEngine:
    """The engine that DOCKER_HOST names, or this host's."""

    def things(self, label: str) -> list[Thing]:
        """List what carries a label, stopped containers too; see `engine.Engine`."""
        found: dict[str, str | list[str] | bool] = {"label": label}
        with connected() as client:
            kinds: dict[Kind, Sequence[Model]] = {
                "container": client.containers.list(all=True, filters=found, ignore_removed=True),
                "network": client.networks.list(filters=found),
                "volume": client.volumes.list(filters=found),
            }
        return [_thing(kind, model) for kind, models in kinds.items() for model in models]

    def remove(self, thing: Thing) -> bool:
        """Remove a thing; return False if it was gone already."""
        with connected() as client:
            match thing.kind:
                case "container":
                    return _unless_gone(lambda: client.containers.get(thing.id).remove(force=True, v=True))
                case "network":
                    return _unless_gone(lambda: client.networks.get(thing.id).remove())
                case "volume":
                    return _unless_gone(lambda: client.volumes.get(thing.id).remove(force=True))

    def guests(self, network: Thing) -> list[Thing]:
        """List the containers on a network; none if it is gone."""
        with connected() as client:
            try:
                found = client.networks.get(network.id)
                attached = [client.containers.get(container) for container in found.attrs.get("Containers") or {}]
            except docker.errors.NotFound:
                return []
        return [_thing("container", container) for container in attached]

    def detach(self, network: Thing, container: Thing) -> bool:
        """Take a container off a network; return False if either was gone already."""
        with connected() as client:
            try:
                found = client.networks.get(network.id)
            except docker.errors.NotFound:
                return False
            return _unless_gone(partial(found.disconnect, container.id, force=True))


def _thing(kind: Kind, model: Model) -> Thing:
    name = str(getattr(model, "name", model.id))
    return Thing(kind, str(model.id), name, _labels(model), getattr(model, "status", "") == "running")


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
