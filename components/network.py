"""The isolated network: an inner one without a way out, and the gateway's own edge."""

from typing import NotRequired, TypedDict

import pulumi

from .declared.run import Run
from .engines.current import current
from .engines.protocol import Reached


class IsolatedNetworkArgs(TypedDict):
    """What an isolated network is made from."""

    run: Run
    """The run it belongs to."""
    options: NotRequired[dict[str, str]]
    """More options of the engine's network driver, for both networks."""


class IsolatedNetwork(pulumi.ComponentResource):
    """Two networks: database and broker are on one, the gateway alone is on both."""

    inner: pulumi.Output[str]
    """Name of the network without a way out."""
    edge: pulumi.Output[str]
    """Name of the network on which the gateway publishes its ports."""
    inner_name: pulumi.Input[str]
    """Name of the first, known before it is there. Servers that are handed this one start sooner."""
    edge_name: pulumi.Input[str]
    """Name of the second, likewise."""
    reached: Reached
    """Where whoever makes the run reaches what the gateway publishes."""

    def __init__(self, name: str, args: IsolatedNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:IsolatedNetwork", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = current().networks(name, args["run"], args.get("options", {}), child)
        self.inner, self.edge = made.inner, made.edge
        self.inner_name, self.edge_name, self.reached = made.inner_name, made.edge_name, made.reached
        self.register_outputs({"inner": self.inner, "edge": self.edge})
