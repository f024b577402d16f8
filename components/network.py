"""The isolated network: an inner one without a way out, and the door's own edge."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_docker as docker

from .declared.run import Run
from .engines.docker.container import FIXED


class IsolatedNetworkArgs(TypedDict):
    """What an isolated network is made from."""

    run: Run
    """The run it belongs to."""
    options: NotRequired[dict[str, str]]
    """More options of Docker's bridge driver, for both networks."""


class IsolatedNetwork(pulumi.ComponentResource):
    """Two bridge networks: database and broker live on one, the door alone on both."""

    inner: pulumi.Output[str]
    """Name of the network without a way out."""
    edge: pulumi.Output[str]
    """Name of the network on which the door publishes its ports."""

    def __init__(self, name: str, args: IsolatedNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:IsolatedNetwork", name, {}, opts)
        run, options = args["run"], args.get("options", {})
        labels = [docker.NetworkLabelArgs(label=key, value=value) for key, value in run.labels.items()]
        child = pulumi.ResourceOptions(parent=self, ignore_changes=FIXED)
        inner = docker.Network(
            f"{name}-inner",
            name=run.resource("inner"),
            internal=True,
            # Without an address of its own on the bridge the host cannot be reached from inside either.
            options={"com.docker.network.bridge.inhibit_ipv4": "true", **options},
            labels=labels,
            opts=child,
        )
        edge = docker.Network(
            f"{name}-edge",
            name=run.resource("edge"),
            options={"com.docker.network.bridge.enable_ip_masquerade": "false", **options},
            labels=labels,
            opts=child,
        )
        self.inner, self.edge = inner.name, edge.name
        self.register_outputs({"inner": self.inner, "edge": self.edge})
