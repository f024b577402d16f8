"""The Docker Engine: what carries our labels, and taking it away."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import docker
import docker.errors
import requests
from docker.models.networks import Network
from docker.models.resource import Model

from .errors import EngineError

RUN_LABEL = "dev.leasehold.run"
OWNER_LABEL = "dev.leasehold.owner"
EXPIRES_LABEL = "dev.leasehold.expires"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Inventory:
    """Names of what carries a run's label, and what the labels say."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    running: int = 0
    owner: str = ""
    expires: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.containers or self.networks or self.volumes)

    @property
    def expired(self) -> bool:
        """Whether its term is over."""
        return not self.empty and self.expires < time.time()

    def __str__(self) -> str:
        kinds = {"container": self.containers, "network": self.networks, "volume": self.volumes}
        return ", ".join(f"{kind} {name}" for kind, names in kinds.items() for name in names) or "nothing"


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """Give a client of the engine.

    Raises:
        EngineError: It cannot be reached.
    """
    try:
        engine = docker.from_env()
        engine.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise EngineError(
            f"The Docker Engine does not answer ({error}). A run's network, database and broker are its containers. "
            "Start it (`sudo systemctl start docker`), or point DOCKER_HOST at one."
        ) from None
    try:
        yield engine
    finally:
        engine.close()


def take_inventory(run: str) -> Inventory:
    """List a run's containers (stopped ones too), networks and volumes.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return take_inventories(run).get(run, Inventory())


def take_inventories(run: str | None = None) -> dict[str, Inventory]:
    """List what there is of every run, or of one, by the run's name.

    Raises:
        EngineError: The engine cannot be reached.
    """
    found: dict[str, str | list[str] | bool] = {"label": f"{RUN_LABEL}={run}" if run else RUN_LABEL}
    with connected() as engine:
        kinds: dict[str, Sequence[Model]] = {
            "containers": engine.containers.list(all=True, filters=found, ignore_removed=True),
            "networks": engine.networks.list(filters=found),
            "volumes": engine.volumes.list(filters=found),
        }
    runs = {_labels(thing).get(RUN_LABEL, "") for things in kinds.values() for thing in things}
    return {name: _inventory(name, kinds) for name in sorted(runs)}


def _inventory(run: str, kinds: dict[str, Sequence[Model]]) -> Inventory:
    own = {kind: [thing for thing in things if _labels(thing).get(RUN_LABEL) == run] for kind, things in kinds.items()}
    labels = [_labels(thing) for things in own.values() for thing in things]
    return Inventory(
        **{kind: tuple(sorted(_name(thing) for thing in things)) for kind, things in own.items()},
        running=sum(getattr(container, "status", "") == "running" for container in own["containers"]),
        owner=next((label[OWNER_LABEL] for label in labels if OWNER_LABEL in label), ""),
        expires=max((float(label.get(EXPIRES_LABEL, 0)) for label in labels), default=0.0),
    )


def take_containers_away(run: str) -> list[str]:
    """Remove the containers that carry a run's label; return which.

    Raises:
        EngineError: The engine cannot be reached.
    """
    notes: list[str] = []
    found: dict[str, str | list[str] | bool] = {"label": f"{RUN_LABEL}={run}"}
    with connected() as engine:
        for container in engine.containers.list(all=True, filters=found, ignore_removed=True):
            if _unless_gone(partial(container.remove, force=True, v=True)):
                notes.append(f"container {container.name} was removed from the engine directly")
    return notes


def take_away(run: str) -> list[str]:
    """Remove whatever carries a run's label, containers first; return what was removed.

    A container of somebody else's on one of the run's networks is taken off it, and otherwise left alone.

    Raises:
        EngineError: The engine cannot be reached.
    """
    notes = take_containers_away(run)
    found: dict[str, str | list[str] | bool] = {"label": f"{RUN_LABEL}={run}"}
    with connected() as engine:
        notes.extend(evict(run))
        for network in engine.networks.list(filters=found):
            if _unless_gone(network.remove):
                notes.append(f"network {network.name} was removed from the engine directly")
        for volume in engine.volumes.list(filters=found):
            if _unless_gone(partial(volume.remove, force=True)):
                notes.append(f"volume {volume.name} was removed from the engine directly")
    return notes


def evict(run: str) -> list[str]:
    """Take containers that are not the run's own off its networks; return which."""
    notes: list[str] = []
    with connected() as engine:
        for network in engine.networks.list(filters={"label": f"{RUN_LABEL}={run}"}):
            for name in _foreign(engine, network, run):
                if _unless_gone(partial(network.disconnect, name, force=True)):
                    notes.append(f"container {name}, which is not the run's, was taken off network {network.name}")
    return notes


def published_ports(container: str) -> dict[int, int]:
    """Return where on this host a container's TCP ports are, by its own; none if there is no such container.

    Raises:
        EngineError: The engine cannot be reached.
    """
    with connected() as engine:
        try:
            ports = engine.containers.get(container).ports
        except docker.errors.NotFound:
            return {}
    return {int(port.partition("/")[0]): int(there[0]["HostPort"]) for port, there in ports.items() if there}


def shown_of(container: str) -> Iterator[tuple[str, bytes]]:
    """Yield what the engine shows of a container to whoever asks: inspection, log, and its image's history.

    Raises:
        EngineError: The engine cannot be reached.
    """
    with connected() as engine:
        try:
            found = engine.containers.get(container)
        except docker.errors.NotFound:
            return
        yield "inspection", json.dumps(found.attrs).encode()
        yield "log", bytes(found.logs())
        yield "image history", json.dumps(found.image.history() if found.image else []).encode()


def _foreign(engine: docker.DockerClient, network: Network, run: str) -> list[str]:
    try:
        network.reload()
        attached = [engine.containers.get(container) for container in network.attrs.get("Containers") or {}]
    except docker.errors.NotFound:
        return []
    return [str(container.name) for container in attached if container.labels.get(RUN_LABEL) != run]


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


def _labels(thing: Model) -> dict[str, Any]:
    attributes = thing.attrs or {}
    return (attributes.get("Labels") or attributes.get("Config", {}).get("Labels")) or {}


def _name(thing: Model) -> str:
    return str(getattr(thing, "name", thing.id))
