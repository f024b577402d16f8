"""How a server and a network become resources of an engine: what Docker and a Kubernetes namespace can both serve.

`docs/engines.md` holds each method against both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from ..declared.run import Run


@dataclass(frozen=True)
class Reached:
    """Where whoever makes a run reaches what its gateway publishes.

    Attributes:
        host: An address, or a name. It is settled before there are servers, for their certificates carry it.
    """

    host: pulumi.Input[str]


@dataclass(frozen=True)
class ServerArgs:
    """What a server of a run is made from.

    Attributes:
        run: The run it belongs to.
        part: Its part of the run, and its name on the inner network.
        image: The image's name.
        user: The user in the image that it runs as.
        files: Content by file name, below `servers.start.FOLDER`; ``start.sh`` is what runs.
        inner: Name of the inner network; it may be one that is about to be made.
        edge: Name of the edge network, likewise; None for a server that is not on it.
        published: Ports that are reached from outside.
        reached: Where they are, as the run's certificates have it; None if there are none.
        memory: Storage in memory: by path, its largest size in MiB.
        volumes: Storage on the engine's disk, which ends with the run: by path, its part of the run.
        shared_memory: Largest size of the memory that its processes share, in MiB; the engine's default when 0.
        keeps_room: Whether sizes of memory are those of the first `pulumi up`, for they were derived from the engine.
        stop_signal: The signal that ends it in good order; the engine's default when empty.
    """

    run: Run
    part: str
    image: pulumi.Input[str]
    user: str
    files: Mapping[str, pulumi.Input[str]]
    inner: pulumi.Input[str]
    edge: pulumi.Input[str] | None = None
    published: Sequence[int] = ()
    reached: Reached | None = None
    memory: Mapping[str, int] | None = None
    volumes: Mapping[str, str] | None = None
    shared_memory: int = 0
    keeps_room: bool = False
    stop_signal: str = ""


class Server(Protocol):
    """A declared server."""

    @property
    def resource(self) -> pulumi.CustomResource:
        """What stands for it."""

    id: pulumi.Output[str]
    """The engine's id of it."""

    name: pulumi.Output[str]
    """Its physical name."""

    @property
    def host(self) -> pulumi.Output[str]:
        """Where whoever made it reaches its ports from outside: a second `up` from another place changes nothing."""

    def published(self, port: int) -> pulumi.Output[int]:
        """Return the port at which one of its ports is reached from outside."""


@dataclass(frozen=True)
class Networks:
    """A run's networks, by name.

    Attributes:
        inner: The one without a way out, once Pulumi knows that it is there.
        edge: The one on which the gateway is reached, likewise.
        inner_name: Name of the first: known from the start where servers wait for their networks by themselves,
            else once it is there.
        edge_name: Name of the second.
        reached: Where the gateway is reached on the second from outside.
    """

    inner: pulumi.Output[str]
    edge: pulumi.Output[str]
    inner_name: pulumi.Input[str]
    edge_name: pulumi.Input[str]
    reached: Reached


class Engine(Protocol):
    """An engine that runs are declared on."""

    @property
    def resolver(self) -> str | None:
        """Address and port of the name server on a run's inner network; empty where servers find it in their
        ``resolv.conf``, None where they keep their addresses, so that nobody has to ask again."""

    neighbours: str
    """What PostgreSQL calls the addresses on a run's inner network (``pg_hba.conf``, field ``address``)."""

    def memory(self) -> int | None:
        """Return how much memory the engine has, in MiB; None if it cannot be asked."""

    def chosen(self, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """Return options by which resources are made on the engine that the user works on.

        Args:
            name: Logical name of what the resources are part of.
            opts: Its options. A provider that they name is left to do it.
        """

    def server(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> Server:
        """Declare a server: labelled, with a term, and with no more rights than it needs.

        Args:
            name: The resource's logical name.
            args: What it is made from.
            opts: Parent, hooks and other options.
        """

    def networks(self, name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
        """Declare a run's networks.

        Args:
            name: Begins the resources' logical names.
            run: The run.
            options: More options of the engine's network driver.
            opts: Parent and other options.
        """

    def published(self, outputs: Mapping[str, Any], port: int) -> int:
        """Return the port at which a server's port is reached, from the outputs of its resource."""

    def host_of(self, outputs: Mapping[str, Any]) -> str:
        """Return where whoever made a server reaches its ports, from the outputs of its resource."""

    def name_of(self, outputs: Mapping[str, Any]) -> str:
        """Return a server's physical name, from the outputs of its resource."""

    def last_words(self, server: str) -> tuple[bool, str]:
        """Return whether a server has ended, and the end of its log, as far as the engine can be asked."""

    def out_of_reach(self, server: str, inner: int, host: str, port: int, waited: float) -> str:
        """Return why this process can never reach a server's port, and what to do; empty as long as it may.

        Args:
            server: Its physical name.
            inner: The port at which it listens, on its own networks.
            host: Where it is to be reached.
            port: At which it is published.
            waited: For how long nothing has answered there, in seconds.
        """

    def replace_files(self, server: str, files: Mapping[str, str], then: str) -> None:
        """Replace files of a running server, and have it read them.

        Args:
            server: Its physical name.
            files: Content by name, below `servers.start.FOLDER`. None is ever there by half.
            then: What is run in it, as its own user, before it reads them; empty for nothing.

        Raises:
            RuntimeError: They could not be replaced.
        """
