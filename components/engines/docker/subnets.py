"""Small subnets for a run's networks: the engine's own pools are large and few, and hold some thirty networks."""

import os
import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path

from ...declared.errors import DeclarationError
from .client import connected

VARIABLE = "LEASEHOLD_SUBNETS"
"""Names the range of addresses from which runs have their subnets."""

DEFAULT_RANGE = "10.213.0.0/16"
"""None of the engine's own pools (172.17.0.0/12 and 192.168.0.0/16, moby's ipamutils); it holds a thousand runs."""

PREFIX = 27
"""Length of a subnet's prefix: 29 addresses are for servers, and for what joins them for a while."""

_ROUTES = Path("/proc/net/route")
_TRIES = 64
_chance = random.SystemRandom()


def declared_range() -> IPv4Network:
    """Return the range from which subnets are chosen.

    Raises:
        DeclarationError: The variable names none that holds two subnets.
    """
    named = os.environ.get(VARIABLE) or DEFAULT_RANGE
    try:
        found = IPv4Network(named)
    except ValueError:
        found = None
    if found is None or found.prefixlen >= PREFIX:
        raise DeclarationError(
            f"{VARIABLE} is {named!r}; it is a range of private addresses that nothing else uses, such as "
            f"{DEFAULT_RANGE}, and larger than /{PREFIX}."
        )
    return found


def free_subnets(within: IPv4Network, taken: Iterable[IPv4Network], count: int) -> list[IPv4Network]:
    """Choose subnets that overlap with nothing, at random: so that two runs that choose at once choose differently.

    Args:
        within: The range.
        taken: What the engine's networks and the host's routes have.
        count: How many are wanted.

    Returns:
        So many, or none: where the range is used up, the engine is left to choose.
    """
    occupied, chosen = list(taken), list[IPv4Network]()
    places = 2 ** (PREFIX - within.prefixlen)
    size = 2 ** (32 - PREFIX)
    at_random = (_chance.randrange(places) for _ in range(_TRIES))
    for place in (*at_random, *range(places)):
        subnet = IPv4Network((int(within.network_address) + place * size, PREFIX))
        if not any(subnet.overlaps(other) for other in (*occupied, *chosen)):
            chosen.append(subnet)
        if len(chosen) == count:
            return chosen
    return []


def taken_subnets() -> list[IPv4Network] | None:
    """Return the subnets of the engine's networks and of this host's routes; None if the engine cannot be asked."""
    import docker.errors  # noqa: PLC0415 - slow to import

    try:
        with connected() as client:
            attributes = [network.attrs or {} for network in client.networks.list()]
    except (docker.errors.DockerException, OSError):
        return None
    configured = (one.get("Subnet", "") for each in attributes for one in (each.get("IPAM") or {}).get("Config") or ())
    return [*_networks(configured), *_routes()]


def _networks(texts: Iterable[str]) -> Iterator[IPv4Network]:
    for text in texts:
        with suppress(ValueError):  # an IPv6 network's
            yield IPv4Network(text)


def _routes() -> Iterator[IPv4Network]:
    """Yield where this host has routes to, but for the default one (proc(5), /proc/net/route)."""
    if not _ROUTES.exists():
        return
    for line in _ROUTES.read_text().splitlines()[1:]:
        yield from parse_route(line.split())


def parse_route(fields: Sequence[str]) -> Iterator[IPv4Network]:
    """Yield the network of one line: its addresses are hexadecimal, in the host's order of bytes."""
    with suppress(ValueError, IndexError, struct.error):
        destination, mask = (struct.unpack("=I", struct.pack(">I", int(fields[at], 16)))[0] for at in (1, 7))
        if mask:
            yield IPv4Network((destination, bin(mask).count("1")), strict=False)
