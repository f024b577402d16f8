"""An engine in memory, with the functions of the real one: for tests of whatever creates and destroys runs."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from .resources import Kind, Thing


class MemoryEngine:
    """Holds things by id; as on a real engine, no two of a kind have one name, and a network with guests stays.

    Attributes:
        attached: Ids of the containers on each network, by the network's id.
    """

    def __init__(self) -> None:
        self._things: dict[str, Thing] = {}
        self._lock = threading.RLock()
        self.attached: dict[str, set[str]] = {}

    def put(self, kind: Kind, name: str, labels: Mapping[str, str], *, on: Thing | None = None) -> Thing:
        """Make a thing.

        Args:
            kind: Which kind.
            name: Its name.
            labels: Its labels.
            on: The network that a container is on.

        Raises:
            ValueError: There is one of this name.
        """
        with self._lock:
            if any((thing.kind, thing.name) == (kind, name) for thing in self._things.values()):
                raise ValueError(f"Conflict. The name {name!r} is in use by another {kind}.")
            thing = Thing(kind, uuid4().hex, name, dict(labels), kind == "container")
            self._things[thing.id] = thing
            if on:
                self.attach(on, thing)
            return thing

    def attach(self, network: Thing, container: Thing) -> None:
        """Put a container on a network."""
        with self._lock:
            self.attached.setdefault(network.id, set()).add(container.id)

    def relabel(self, thing: Thing, labels: Mapping[str, str]) -> None:
        """Have a thing carry other labels from now on: a real engine never does, so time has no need to pass."""
        with self._lock:
            self._things[thing.id] = replace(thing, labels=dict(labels))

    def snapshot(self) -> tuple[dict[str, Thing], dict[str, set[str]]]:
        """Return all there is, for `restore`, in this process or another."""
        with self._lock:
            return dict(self._things), {network: set(on) for network, on in self.attached.items()}

    def restore(self, snapshot: tuple[dict[str, Thing], dict[str, set[str]]]) -> None:
        """Have what a snapshot holds, and nothing else."""
        with self._lock:
            self._things, self.attached = snapshot

    def every(self) -> list[Thing]:
        """List all there is, of runs and of others."""
        with self._lock:
            return list(self._things.values())

    def things(self, label: str) -> list[Thing]:
        """List what carries a label; see `engine.Engine`."""
        key, _, value = label.partition("=")
        return [thing for thing in self.every() if key in thing.labels and value in ("", thing.labels[key])]

    def remove(self, thing: Thing) -> bool:
        """Remove a thing; return False if it was gone already.

        Raises:
            ValueError: It is a network with containers on it.
        """
        with self._lock:
            if self.attached.get(thing.id):
                raise ValueError(f"network {thing.name} has active endpoints")
            for on in self.attached.values():
                on.discard(thing.id)
            self.attached.pop(thing.id, None)
            return self._things.pop(thing.id, None) is not None

    def guests(self, network: Thing) -> list[Thing]:
        """List the containers on a network; none if it is gone."""
        with self._lock:
            return [self._things[one] for one in sorted(self.attached.get(network.id, ()))]

    def detach(self, network: Thing, container: Thing) -> bool:
        """Take a container off a network; return False if either was gone already."""
        with self._lock:
            there = container.id in self.attached.get(network.id, set())
            self.attached.get(network.id, set()).discard(container.id)
            return there
