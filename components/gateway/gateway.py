"""The gateway: the one way from the host into a run's network."""

from typing import NotRequired, TypedDict

import pulumi

from leasehold.contract import BROKER_PORT, DATABASE_PORT, GATEWAY

from ..declared.images import image_of
from ..declared.run import Run
from ..engines.current import current
from ..engines.protocol import Reached, ServerArgs
from ..servers.start import gateway_start
from .config import gateway_config
from .readiness import answers_through_the_gateway

DEFAULT_IMAGE = "haproxy:3.2"


class GatewayArgs(TypedDict):
    """What a gateway is made from."""

    run: Run
    """The run it belongs to."""
    inner: pulumi.Input[str]
    """Name of the inner network."""
    edge: pulumi.Input[str]
    """Name of the edge network."""
    image: NotRequired[str | None]
    """Image with HAProxy."""
    reached: Reached
    """Where it is reached, as the certificates have it."""


class Gateway(pulumi.ComponentResource):
    """A TCP proxy that publishes database and broker where the engine does, at ports that it picks.

    It is there once both answer through it.
    """

    host: pulumi.Output[str]
    """Address or name at which whoever made it reaches it."""
    database_port: pulumi.Output[int]
    """Port of the database there."""
    broker_port: pulumi.Output[int]
    """Port of the broker there."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Gateway", name, {}, opts)
        engine = current()
        server_args = ServerArgs(
            run=args["run"],
            part=GATEWAY,
            image=image_of(GATEWAY, args.get("image"), DEFAULT_IMAGE),
            user="haproxy",
            files={"start.sh": gateway_start(), "haproxy.cfg": gateway_config(engine.resolver)},
            inner=args["inner"],
            edge=args["edge"],
            published=(DATABASE_PORT, BROKER_PORT),
            reached=args["reached"],
        )
        ready = pulumi.ResourceOptions(parent=self, hooks=answers_through_the_gateway(name))
        server = engine.server(f"{name}-server", server_args, ready)
        self.host = server.host
        self.database_port = server.published(DATABASE_PORT)
        self.broker_port = server.published(BROKER_PORT)
        self.register_outputs({"host": self.host, "database_port": self.database_port, "broker_port": self.broker_port})
