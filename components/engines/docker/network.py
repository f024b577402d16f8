"""A run's networks as bridge networks."""

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from leasehold.contract import EDGE, INNER

from ...declared.run import Run
from ..protocol import Networks
from .server import FIXED


def bridge_networks(name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
    """Declare two bridge networks; see `protocol.Engine.networks`."""
    labels = [docker.NetworkLabelArgs(label=key, value=value) for key, value in run.labels.items()]
    fixed = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=FIXED))
    inner = docker.Network(
        f"{name}-{INNER}",
        name=run.resource(INNER),
        internal=True,
        # Without an address of its own on the bridge the host cannot be reached from inside either.
        options={"com.docker.network.bridge.inhibit_ipv4": "true", **options},
        labels=labels,
        opts=fixed,
    )
    edge = docker.Network(
        f"{name}-{EDGE}",
        name=run.resource(EDGE),
        options={"com.docker.network.bridge.enable_ip_masquerade": "false", **options},
        labels=labels,
        opts=fixed,
    )
    return Networks(inner.name, edge.name)
