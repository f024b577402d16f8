"""A run's networks as bridge networks.

Docker makes a network in some milliseconds, and Pulumi's provider tells of it two seconds later. A server that stands
on one waits until the engine has it, and not for the provider.
"""

import time
from collections.abc import Collection, Mapping

import pulumi
import pulumi_docker

from leasehold.contract import EDGE, INNER

from ...declared.mocks import under_mocks
from ...declared.run import Run
from ..protocol import Networks
from .client import connected
from .subnets import declared_range, free_subnets, taken_subnets

LIMIT = 30.0
"""How long a network that nobody calls failed may take to be there, in seconds."""

PAUSE = 0.02
"""Time between two looks, in seconds."""

NOT_MADE = "Its network could not be made:"
"""Begins what a server says whose network failed, which says why itself."""

_failed: set[str] = set()


def bridge_networks(name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
    """Declare two bridge networks; see `protocol.Engine.networks`."""
    labels = [pulumi_docker.NetworkLabelArgs(label=key, value=value) for key, value in run.labels.items()]
    # Subnets are those of the first `pulumi up`, too.
    fixed = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["labels", "ipamConfigs"]))
    subnets = _subnets()
    inner = pulumi_docker.Network(
        f"{name}-{INNER}",
        name=run.resource(INNER),
        internal=True,
        # Without an address of its own on the bridge the host cannot be reached from inside either.
        options={"com.docker.network.bridge.inhibit_ipv4": "true", **options},
        labels=labels,
        ipam_configs=subnets[:1] or None,
        opts=_told_if_it_fails(fixed, run.resource(INNER)),
    )
    edge = pulumi_docker.Network(
        f"{name}-{EDGE}",
        name=run.resource(EDGE),
        options={"com.docker.network.bridge.enable_ip_masquerade": "false", **options},
        labels=labels,
        ipam_configs=subnets[1:] or None,
        opts=_told_if_it_fails(fixed, run.resource(EDGE)),
    )
    return Networks(inner.name, edge.name, run.resource(INNER), run.resource(EDGE))


def waits_for_networks(name: str) -> pulumi.ResourceHookBinding | None:
    """Return a hook that has a server's creation wait until the engine has its networks; None under Pulumi's mocks.

    Args:
        name: The server's logical name; the hook's own derives from it.
    """
    if under_mocks():
        return None

    def wait(args: pulumi.ResourceHookArgs) -> None:
        until_there([str(network["name"]) for network in (args.new_inputs or {})["networksAdvanced"]])

    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(f"{name}-networks", wait)])


def until_there(networks: Collection[str], limit: float = LIMIT) -> None:
    """Wait until the engine has networks.

    Args:
        networks: Their names, or ids.
        limit: For how long, in seconds, while nobody says that one could not be made.

    Raises:
        RuntimeError: One could not be made, or is not there in time.
        docker.errors.DockerException: The engine refused.
        requests.RequestException: The engine does not answer.
    """
    ends = time.monotonic() + limit
    with connected() as client:
        while missing := set(networks) - {one for made in client.networks.list() for one in (made.name, made.id)}:
            if failed := missing & _failed:
                raise RuntimeError(f"{NOT_MADE} {', '.join(sorted(failed))}.")
            if time.monotonic() > ends:
                raise RuntimeError(f"The engine does not have {', '.join(sorted(missing))} after {limit:.0f} s.")
            time.sleep(PAUSE)


def _told_if_it_fails(opts: pulumi.ResourceOptions, network: str) -> pulumi.ResourceOptions:
    """Have whoever waits for a network be told if it cannot be made."""
    _failed.discard(network)  # of an earlier try of this process
    if under_mocks():
        return opts

    def take_note(_: pulumi.ErrorHookArgs) -> bool:
        _failed.add(network)
        return False  # nothing is tried again

    told = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"{network}-failed", take_note)])
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=told))


def _subnets() -> list[pulumi_docker.NetworkIpamConfigArgs]:
    """Return a small subnet for each network; none where the engine cannot be asked, or no small one is free."""
    within, taken = declared_range(), taken_subnets()
    chosen = free_subnets(within, taken, 2) if taken is not None else []
    return [pulumi_docker.NetworkIpamConfigArgs(subnet=str(one)) for one in chosen]
