"""A server waits for the networks that it stands on until the engine has them.

Docker makes a network in some milliseconds, and Pulumi's provider tells of it two seconds later. A server is handed a
network's name, and not what the provider tells.
"""

import time
from collections.abc import Collection

import pulumi

from ...declared.mocks import under_mocks
from .client import connected

LIMIT = 120.0
"""How long a network that nobody calls failed may take to be there, in seconds."""

PAUSE = 0.02
"""Time between two looks, in seconds."""

NOT_MADE = "Its network could not be made:"
"""Begins what a server says whose network failed, which says why itself."""

_failed: set[str] = set()


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


def told_if_it_fails(opts: pulumi.ResourceOptions, network: str) -> pulumi.ResourceOptions:
    """Have whoever waits for a network be told if it cannot be made."""
    _failed.discard(network)  # of an earlier try of this process
    if under_mocks():
        return opts

    def take_note(_: pulumi.ErrorHookArgs) -> bool:
        _failed.add(network)
        return False  # nothing is tried again

    told = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"{network}-failed", take_note)])
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=told))
