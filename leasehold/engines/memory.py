"""An engine in memory, which serves the protocol: for tests of code that creates, reads and destroys runs."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from uuid import uuid4

from ..errors import EngineError
from .locks import Locks
from .protocol import Pipe, Running, Vantages, Workload
from .resources import Resource

SERVER, NETWORK = "server", "network"

Command = Callable[[str, Sequence[str]], Pipe]
"""Takes a server and a command; starts the command."""


class MemoryEngine:
    """Holds resources by id. As on a real engine, no two of a kind have one name, and a network with guests stays.

    Attributes:
        id: What it calls itself.
        attached: Ids of the servers on each network, by the network's id.
        files_of: Files by name, by server and folder.
        run_command: Runs commands in servers; a test may set another.
        locks: Its locks on runs: none, but those that a test gives it (`memory_locks`).
    """

    name = "engine in memory"
    plugins: tuple[str, ...] = ()
    chosen_by = "`use`"
    server_type = "memory:index:Server"

    def __init__(self, where: str = "memory") -> None:
        self.id, self._where = uuid4().hex, where
        self._resources: dict[str, Resource] = {}
        self._lock = threading.RLock()
        self.attached: dict[str, set[str]] = {}
        self.files_of: dict[tuple[str, str], dict[str, bytes]] = {}
        self.run_command: Command = _no_command
        self.locks: Locks | None = None

    def put(self, kind: str, name: str, labels: Mapping[str, str], *, on: Resource | None = None) -> Resource:
        """Make a resource.

        Args:
            kind: `SERVER`, `NETWORK`, or any other.
            name: Its name.
            labels: Its labels.
            on: The network that a server is on.

        Raises:
            ValueError: There is one of this name.
        """
        with self._lock:
            if any((resource.kind, resource.name) == (kind, name) for resource in self._resources.values()):
                raise ValueError(f"Conflict. The name {name!r} is in use by another {kind}.")
            resource = Resource(kind, uuid4().hex, name, dict(labels), kind == SERVER, kind == SERVER)
            self._resources[resource.id] = resource
            if on:
                self.attach(on, resource)
            return resource

    def attach(self, network: Resource, server: Resource) -> None:
        """Put a server on a network."""
        with self._lock:
            self.attached.setdefault(network.id, set()).add(server.id)

    def relabel(self, resource: Resource, labels: Mapping[str, str]) -> None:
        """Give a resource other labels. A real engine never does; a test so ends a term without any time passing."""
        with self._lock:
            self._resources[resource.id] = replace(resource, labels=dict(labels))

    def snapshot(self) -> tuple[dict[str, Resource], dict[str, set[str]]]:
        """Return all there is, for `restore`, in this process or another."""
        with self._lock:
            return dict(self._resources), {network: set(on) for network, on in self.attached.items()}

    def restore(self, snapshot: tuple[dict[str, Resource], dict[str, set[str]]]) -> None:
        """Hold what a snapshot holds, and nothing else."""
        with self._lock:
            self._resources, self.attached = snapshot

    def every(self) -> list[Resource]:
        """List all there is, of runs and of others."""
        with self._lock:
            return list(self._resources.values())

    def variables(self) -> dict[str, str]:
        """Return none: no other program reaches it."""
        return {}

    def where(self) -> str:
        """Return the address at which this process reaches it."""
        return self._where

    def check_reach(self) -> None:
        """Do nothing: every process that has it reaches it."""

    def reached_at(self) -> str:
        """Return the address at which what it publishes would be reached."""
        return "127.0.0.1"

    def out_of_reach(self, server: str, host: str, port: int) -> str:
        """Return nothing: every process that has it reaches it."""
        return ""

    def version(self) -> tuple[str, str]:
        """Return its version, and where it is."""
        return "1", self._where

    def resources(self, label: str) -> list[Resource]:
        """List what carries a label."""
        key, _, value = label.partition("=")
        return [resource for resource in self.every() if key in resource.labels and value in ("", resource.labels[key])]

    def remove(self, resource: Resource) -> bool:
        """Remove a resource; return False if it was gone already.

        Raises:
            ValueError: It is a network with servers on it.
        """
        with self._lock:
            if self.attached.get(resource.id):
                raise ValueError(f"network {resource.name} has active endpoints")
            for on in self.attached.values():
                on.discard(resource.id)
            self.attached.pop(resource.id, None)
            return self._resources.pop(resource.id, None) is not None

    def guests(self, resource: Resource) -> list[Resource]:
        """List the servers on a network; none if it is gone, or no network."""
        with self._lock:
            return [self._resources[one] for one in sorted(self.attached.get(resource.id, ()))]

    def detach(self, network: Resource, server: Resource) -> bool:
        """Take a server off a network; return False if either was gone already."""
        with self._lock:
            there = server.id in self.attached.get(network.id, set())
            self.attached.get(network.id, set()).discard(server.id)
            return there

    def address(self, server: str, port: int) -> tuple[str, int] | None:
        """Return host and port at which this process would reach a server; None if there is no such server."""
        return None if self.is_running(server) is None else ("127.0.0.1", port)

    def open_pipe(self, server: str, command: Sequence[str]) -> Pipe:
        """Start a command in a server.

        Raises:
            EngineError: There is no such server, or it is not running.
        """
        if not self.is_running(server):
            raise EngineError(f"Nothing can be run in server {server}: it does not run.")
        return self.run_command(server, command)

    def is_running(self, server: str) -> bool | None:
        """Return whether a server runs; None if there is none of the name."""
        return next((one.running for one in self.every() if one.is_server and one.name == server), None)

    def files(self, server: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a server, by name, sorted; none if it is not there."""
        return dict(sorted(self.files_of.get((server, folder), {}).items()))

    def shown(self, server: str) -> Iterator[tuple[str, bytes]]:
        """Yield what the engine shows of a server: its labels."""
        for one in self.every():
            if one.is_server and one.name == server:
                yield "inspection", repr(one).encode()

    def start(self, workload: Workload) -> AbstractContextManager[Running]:
        """Refuse: nothing runs in memory.

        Raises:
            EngineError: Always.
        """
        raise EngineError(f"There is no image {workload.image!r}: the engine in memory has none.")

    def vantages(self, run: str) -> AbstractContextManager[Vantages]:
        """Refuse: there is no network in memory to be tried.

        Raises:
            EngineError: Always.
        """
        raise EngineError(f"The network of run {run!r} cannot be tried: it is in memory.")

    def collided(self, error: str) -> bool:
        """Return False: nothing is chosen."""
        return False

    def advice(self, error: str) -> str:
        """Return nothing: the engine in memory has no errors that Pulumi reports."""
        return ""


def _no_command(server: str, command: Sequence[str]) -> Pipe:
    raise EngineError(f"Nothing can be run in server {server}: it is in memory.")
