"""A run's networks as bridge networks."""

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from leasehold.contract import EDGE, INNER

from ...declared.run import Run
from ..protocol import Networks, Reached
from .awaited_networks import told_if_it_fails
from .client import podman, reached
from .subnets import declared_range, free_subnets, taken_subnets

HIDDEN = {"com.docker.network.bridge.inhibit_ipv4": "true"}
"""Without an address of its own on the inner bridge the host cannot be reached from inside either."""

UNMASKED = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
"""Nothing leaves the edge network with the host's address."""


def bridge_networks(name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
    """Declare two bridge networks; see `protocol.Engine.networks`."""
    labels = [docker.NetworkLabelArgs(label=key, value=value) for key, value in run.labels.items()]
    # Subnets are those of the first `pulumi up`, too.
    unchanged = pulumi.ResourceOptions(ignore_changes=["labels", "ipamConfigs", "ipamOptions"])
    fixed = pulumi.ResourceOptions.merge(opts, unchanged)
    subnets = _subnets()
    # Podman has no such options, and would show each `up` that they are not there.
    hidden, unmasked = ({}, {}) if podman() else (HIDDEN, UNMASKED)
    inner = docker.Network(
        f"{name}-{INNER}",
        name=run.resource(INNER),
        internal=True,
        options={**hidden, **options},
        labels=labels,
        ipam_configs=subnets[:1] or None,
        opts=told_if_it_fails(fixed, run.resource(INNER)),
    )
    edge = docker.Network(
        f"{name}-{EDGE}",
        name=run.resource(EDGE),
        options={**unmasked, **options},
        labels=labels,
        ipam_configs=subnets[1:] or None,
        opts=told_if_it_fails(fixed, run.resource(EDGE)),
    )
    return Networks(inner.name, edge.name, run.resource(INNER), run.resource(EDGE), Reached(reached().host))


def _subnets() -> list[docker.NetworkIpamConfigArgs]:
    """Return a small subnet for each network; none where the engine cannot be asked, or no small one is free."""
    within, taken = declared_range(), taken_subnets()
    chosen = free_subnets(within, taken, 2) if taken is not None else []
    return [docker.NetworkIpamConfigArgs(subnet=str(one)) for one in chosen]
