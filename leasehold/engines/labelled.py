"""The engine that runs stand on: what carries our labels, and taking away what is a run's own.

Nothing is chosen by a run's name alone. What goes is on a claim, or its term is over; each thing is judged by labels of
its own, and removed by its id, so a run made anew under the same name is never meant.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import docker
import docker.errors
import requests

from ..errors import EngineError
from .resources import CLAIM_LABEL, OURS, RUN_LABEL, Inventory, Thing

Ours = Callable[[Thing], bool]
"""Tells whether a thing may be taken away."""


class Engine(Protocol):
    """What is asked of an engine."""

    def things(self, label: str) -> list[Thing]:
        """List what carries a label: ``key`` with any value, or ``key=value``."""

    def remove(self, thing: Thing) -> bool:
        """Remove a thing; return False if it was gone already."""

    def guests(self, network: Thing) -> list[Thing]:
        """List the containers on a network; none if it is gone."""

    def detach(self, network: Thing, container: Thing) -> bool:
        """Take a container off a network; return False if either was gone already."""


_used: list[Engine] = []


@contextmanager
def use(engine: Engine) -> Iterator[None]:
    """Have this process work on another engine for the length of a block."""
    _used.append(engine)
    try:
        yield
    finally:
        _used.remove(engine)


def _engine() -> Engine:
    from .docker.engine import DockerEngine  # noqa: PLC0415 - which needs `connected`

    return _used[-1] if _used else DockerEngine()


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """Give a client of the engine.

    Raises:
        EngineError: It cannot be reached, or fails at what it is asked in the block.
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
    except (docker.errors.APIError, requests.RequestException) as error:
        raise EngineError(
            f"The Docker Engine did not do as it was asked ({error}). Try again; if it stays so, its own log tells "
            "more (`journalctl --unit docker`)."
        ) from None
    finally:
        engine.close()


def take_inventory(run: str) -> Inventory:
    """List what carries a run's name: containers (stopped ones too), networks and volumes, whoever made them.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return Inventory.of(things_named(run))


def take_inventories() -> dict[str, Inventory]:
    """List what there is of every run, by the run's name.

    Raises:
        EngineError: The engine cannot be reached.
    """
    every = _engine().things(RUN_LABEL)
    return {run: Inventory.of(thing for thing in every if thing.run == run) for run in sorted({t.run for t in every})}


def things_of_runs() -> list[Thing]:
    """List what there is of all runs.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _engine().things(RUN_LABEL)


def things_named(run: str) -> list[Thing]:
    """List what carries a run's name, whoever made it.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _engine().things(f"{RUN_LABEL}={run}")


def things_on(claim: str) -> list[Thing]:
    """List what was made on a claim.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _engine().things(f"{CLAIM_LABEL}={claim}")


def evict(claim: str) -> list[str]:
    """Take containers of others off the networks that were made on a claim, and tell which."""
    return [note for network in things_on(claim) for note in _evict(network, lambda guest: guest.claim == claim)]


def take_containers_away(claim: str) -> list[str]:
    """Remove the containers that were made on a claim, and tell which."""
    return [note for thing in things_on(claim) if thing.kind == "container" for note in _remove(thing)]


def take_away(claim: str) -> list[str]:
    """Remove all that was made on a claim, and tell what.

    A container of somebody else's on one of the networks is taken off it, and otherwise left alone.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _take_away(things_on(claim), lambda thing: thing.claim == claim)


def take_expired_away(run: str) -> list[str]:
    """Remove what carries a run's name and a term that is over, and tell what; whatever else has the name stays.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _take_away([thing for thing in things_named(run) if thing.expired], lambda thing: thing.expired)


def labels_beside(client: docker.DockerClient, network: str) -> dict[str, str]:
    """Return our labels of a network, for what is put on it for a while and is to go with its run.

    Raises:
        docker.errors.NotFound: There is no such network.
    """
    labels = client.networks.get(network).attrs.get("Labels") or {}
    return {key: value for key, value in labels.items() if key.startswith(OURS)}


def _take_away(things: list[Thing], ours: Ours) -> list[str]:
    notes = []
    for thing in sorted(things, key=lambda thing: ["container", "network", "volume"].index(thing.kind)):
        notes += [*_evict(thing, ours), *_remove(thing)]
    return notes


def _evict(network: Thing, ours: Ours) -> list[str]:
    foreign = [] if network.kind != "network" else [one for one in _engine().guests(network) if not ours(one)]
    return [
        f"container {one.name}, which is not the run's, was taken off network {network.name}"
        for one in foreign
        if _engine().detach(network, one)
    ]


def _remove(thing: Thing) -> list[str]:
    return [f"{thing} was removed from the engine directly"] * _engine().remove(thing)


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
