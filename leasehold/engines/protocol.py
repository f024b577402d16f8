"""What is asked of an engine: the smallest that Docker and a Kubernetes namespace can both serve.

`docs/engines.md` holds each method against both. Names of servers and networks are those of `contract.resource_name`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from .locks import Locks
from .resources import Resource


class Pipe(Protocol):
    """A command that runs in a server: its standard input and output. It ends when the pipe is closed."""

    def send(self, data: bytes) -> None:
        """Send something to the command.

        Raises:
            OSError: It has ended.
        """

    def receive(self, patience: float) -> bytes:
        """Return what the command has written; empty if it has ended.

        Args:
            patience: How long to wait for something, in seconds.

        Raises:
            TimeoutError: It has written nothing in that time.
            OSError: The connection broke.
        """

    def close(self) -> None:
        """Have the command end."""


@dataclass(frozen=True)
class File:
    """A file that is put into a workload before it starts.

    Attributes:
        content: What it holds.
        mode: Its permissions.
    """

    content: str = field(repr=False)
    mode: int


@dataclass(frozen=True)
class Workload:
    """A command that joins a run's inner network. It belongs to the run, and is removed with it.

    Attributes:
        run: The run's name.
        image: The image that it is run in.
        command: Program and arguments; the image's own when empty.
        environment: Environment variables, none of them secret.
        files: Files by path, which the workload's user owns.
    """

    run: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    files: Mapping[str, File]


class Running(Protocol):
    """A workload that runs."""

    def output(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield what it writes to standard output and standard error, until it ends."""

    def signal(self, number: int) -> None:
        """Send it a signal."""

    def wait(self) -> int:
        """Return its exit status once it has ended."""


@dataclass(frozen=True)
class Attempt:
    """One try to reach something. A datagram carries the word, and is looked for where it should arrive.

    Attributes:
        host: Name or address.
        port: Its port.
        protocol: ``tcp`` or ``udp``.
        word: What a datagram says; no other says it.
    """

    host: str
    port: int
    protocol: str
    word: str = ""


class Listener(Protocol):
    """Listens on one port for connections and datagrams."""

    address: str
    """Where it listens; empty where it has a server's own addresses."""

    port: int
    """At which port: none of a server's own."""

    def heard(self) -> str:
        """Return what datagrams have said so far."""


class Vantages(Protocol):
    """Places on and beside a run's networks from which a probe tries connections. A place is a server of the run,
    ``workload`` on its inner network, or ``outsider`` on a network that has nothing to do with it."""

    routed: bool
    """Whether the engine has a route to every address, and policies alone decide who reaches whom; else a try from
    elsewhere at an inner address would leave this machine."""

    def faults(self) -> list[str]:
        """Return what of the run's network is not set up as declared, a sentence each."""

    def notes(self) -> list[str]:
        """Return what of it is as declared, and should be known, a sentence each: that others than this host reach
        what it publishes, say."""

    def addresses(self, run: str, server: str) -> Mapping[str, str]:
        """Return the addresses of a run's server, by network.

        Raises:
            RunNotFoundError: There is no such server.
        """

    def listen(self, places: Iterable[str]) -> AbstractContextManager[Mapping[str, Listener]]:
        """Give a listener at each place for the length of a block."""

    def reach(self, place: str, attempts: Sequence[Attempt], patience: int) -> set[int]:
        """Make all attempts from one place, side by side; return the numbers of the connections that were made.

        Args:
            place: From where.
            attempts: What to try.
            patience: How long one may take, in seconds.

        Raises:
            EngineError: They were not made to their end.
        """


class Engine(Protocol):
    """An engine that runs stand on. Each method raises `EngineError` if it cannot be reached, or fails."""

    name: str
    """What people call it."""

    plugins: tuple[str, ...]
    """Names of Pulumi's plugins that declare resources on it."""

    server_type: str
    """Pulumi's type of the resource that a server is."""

    chosen_by: str
    """How a user chooses it, for messages."""

    @property
    def id(self) -> str:
        """What the engine calls itself, whichever way it is reached; no other engine does."""

    def where(self) -> str:
        """Return the address at which this process reaches it; nothing is asked of it."""

    def check_reach(self) -> None:
        """Refuse to go on where this process could reach no server of a run.

        Raises:
            EngineError: It could not; says what to do.
        """

    def reached_at(self) -> str:
        """Return the address, or the name, at which this process reaches what a run made from here publishes."""

    def out_of_reach(self, server: str, host: str, port: int) -> str:
        """Return why this process cannot reach a running server's port, which whoever made the run reached, as the end
        of a sentence; empty if it may.

        Args:
            server: Its physical name.
            host: Where it was reached.
            port: At which port.
        """

    @property
    def locks(self) -> Locks | None:
        """Its locks on runs, which whoever reaches the engine sees; None if it has none, and no pool can be shared."""

    def version(self) -> tuple[str, str]:
        """Return its version, and where it is."""

    def variables(self) -> Mapping[str, str]:
        """Return environment variables by which another program, such as Pulumi's provider, reaches the same engine."""

    def resources(self, label: str) -> list[Resource]:
        """List what carries a label: ``key`` with any value, or ``key=value``. Stopped servers count."""

    def remove(self, resource: Resource) -> bool:
        """Remove a resource; return False if it was gone already, or is a lock on the run, which goes with it."""

    def guests(self, resource: Resource) -> list[Resource]:
        """List the servers on a network; none if it is gone, or no network."""

    def detach(self, network: Resource, server: Resource) -> bool:
        """Take a server off a network; return False if either was gone already."""

    def address(self, server: str, port: int) -> tuple[str, int] | None:
        """Return host and port at which this process reaches a server's port; None if there is no such server."""

    def open_pipe(self, server: str, command: Sequence[str]) -> Pipe:
        """Start a command in a server, as the server's own user. It has to be silent until it is sent something.

        Raises:
            EngineError: There is no such server, or it is not running.
        """

    def is_running(self, server: str) -> bool | None:
        """Return whether a server runs; None if there is none of the name."""

    def files(self, server: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a server that may have ended, by name, sorted; none if it is not there."""

    def shown(self, server: str) -> Iterator[tuple[str, bytes]]:
        """Yield what the engine shows of a server to everybody who asks: what it is, and the content."""

    def start(self, workload: Workload) -> AbstractContextManager[Running]:
        """Start a workload; it is removed at the end of the block.

        Raises:
            EngineError: There is no such image.
        """

    def vantages(self, run: str) -> AbstractContextManager[Vantages]:
        """Give the places from which a probe of a run tries connections, for the length of a block.

        Raises:
            RunNotFoundError: It has no network here.
        """

    def collided(self, error: str) -> bool:
        """Return whether an error that Pulumi has reported means that somebody else took the same at that moment, so
        that another try chooses something else."""

    def advice(self, error: str) -> str:
        """Return what to do about an error of the engine's that Pulumi has reported; empty if nothing is known."""
