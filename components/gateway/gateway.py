"""The door: the one way from the host into a run's network."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_docker as docker

from ..declared.run import Run
from ..engines.docker.container import run_container
from ..servers.readiness import answers_through_the_door
from ..servers.start import door_start
from .config import BROKER_PORT, DATABASE_PORT, door_config

DEFAULT_IMAGE = "haproxy:3.2"
HOST = "127.0.0.1"


class DoorArgs(TypedDict):
    """What a door is made from."""

    run: Run
    """The run it belongs to."""
    inner: pulumi.Input[str]
    """Name of the inner network."""
    edge: pulumi.Input[str]
    """Name of the edge network."""
    image: NotRequired[str | None]
    """Image with HAProxy."""


class Door(pulumi.ComponentResource):
    """A TCP proxy that publishes database and broker on 127.0.0.1, at ports the engine picks.

    It is there once both answer through it.
    """

    host: pulumi.Output[str]
    """Address on the host."""
    database_port: pulumi.Output[int]
    """Port of the database on the host."""
    broker_port: pulumi.Output[int]
    """Port of the broker on the host."""

    def __init__(self, name: str, args: DoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Door", name, {}, opts)
        container = run_container(
            f"{name}-container",
            args["run"],
            part="door",
            image=args.get("image") or DEFAULT_IMAGE,
            user="haproxy",
            files={"start.sh": door_start(), "haproxy.cfg": door_config()},
            networks=[
                docker.ContainerNetworksAdvancedArgs(name=args["inner"], aliases=["door"]),
                docker.ContainerNetworksAdvancedArgs(name=args["edge"]),
            ],
            ports=[docker.ContainerPortArgs(internal=port, ip=HOST) for port in (DATABASE_PORT, BROKER_PORT)],
            opts=pulumi.ResourceOptions(parent=self, hooks=answers_through_the_door(name)),
        )
        self.host = pulumi.Output.from_input(HOST)
        self.database_port = _published(container, DATABASE_PORT)
        self.broker_port = _published(container, BROKER_PORT)
        self.register_outputs({"host": self.host, "database_port": self.database_port, "broker_port": self.broker_port})


def _published(container: docker.Container, internal: int) -> pulumi.Output[int]:
    return container.ports.apply(
        lambda ports: next(int(port.external or 0) for port in ports or [] if port.internal == internal)
    )
