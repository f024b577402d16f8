"""Where a run's ports are published, and at which address this process reaches them: both follow from where the engine
is, and where this process is. All that wants to know either asks here."""

import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from .endpoint import Endpoint, EndpointError, endpoint
from .inside import Container, own_container
from .ssh import resolved_name

PUBLISH = "LEASEHOLD_PUBLISH"
"""Names the address of the engine's host on which ports are published, in place of the one that is found."""

GATEWAY = "LEASEHOLD_GATEWAY"
"""Names the address or the name at which this process reaches them, in place of the one that is found."""

LOOPBACK = "127.0.0.1"
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # of a host's name (RFC 1123, 2.1)


@dataclass(frozen=True)
class Place:
    """Where this process is, seen from the engine.

    Attributes:
        said: The same, as a clause for messages.
        address: The address of the engine's host that it reaches; empty if there is none.
        is_far: Whether the engine's host is another one: its addresses may not be the ones by which it is reached.
    """

    said: str
    address: str
    is_far: bool = False


@dataclass(frozen=True)
class Reach:
    """Where ports are published and reached.

    Attributes:
        bind: The address of the engine's host on which they are published.
        host: The address, or the name, at which this process reaches them.
        place: Where this process is, seen from the engine: a clause for messages.
    """

    bind: str
    host: str
    place: str


HERE = Place("this process is on the engine's host", LOOPBACK)


def reach(own: Mapping[str, str] = os.environ) -> Reach:
    """Return where ports are published and reached.

    Args:
        own: The user's environment.

    Raises:
        EndpointError: Nothing that is published could be reached from here, a variable names no address, or the engine
            is named in a way that leads nowhere; says what to do.
        docker.errors.DockerException: The engine does not answer.
        requests.RequestException: The engine does not answer.
    """
    return decide(_place(endpoint(own)), own)


def decide(place: Place, own: Mapping[str, str]) -> Reach:
    """Return where ports are published and reached from a place, if the user's variables do not say otherwise.

    Args:
        place: Where this process is.
        own: The user's environment.

    Raises:
        EndpointError: A variable names no address, or there is none at which anything could be reached.
    """
    publish, gateway = _publish(own), _gateway(own)
    # On the engine's host and in its containers, what is published on another address is reached there.
    seen = publish if publish and not (place.is_far or _is_wildcard(publish)) else place.address
    bind, host = publish or place.address, gateway or seen
    if not (bind and host):
        raise EndpointError(
            f"In this shell {place.said}, and none of its networks has a gateway: the engine's host has no address "
            "there. So nothing here would reach a run's ports, and nothing was made. Put the container on a network "
            "that has one (`docker network connect`), give it the host's network (`docker run --network host`), or "
            f"name an address of the engine's host that it does reach in {PUBLISH}."
        )
    return Reach(bind, host, place.said)


def is_loopback(host: str) -> bool:
    """Return whether an address or a name is one of whichever host it is used on."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def of_container(container: Container) -> Place:
    """Return where a process is that runs in a container of the engine's with a network of its own.

    The engine's host has an address on each of its networks that has a gateway: the gateway's own.
    """
    address = container.gateways[0] if container.gateways else ""
    return Place(f"this is container {container.name} of the engine's, with a network of its own", address)


def _place(found: Endpoint) -> Place:
    if not found.is_here:
        return Place(f"the engine is on another host ({found.host})", _address(found), is_far=True)
    container = own_container(found.client)
    return of_container(container) if container else HERE


def _address(found: Endpoint) -> str:
    """Return the address to which the name of the engine's host resolves here, an IPv4 one if there is one.

    Raises:
        EndpointError: It resolves to none.
    """
    name = resolved_name(found.host) if found.is_ssh else found.hostname
    try:
        known = [(family, str(at[0])) for family, *_, at in socket.getaddrinfo(name, None)]
    except (OSError, UnicodeError) as error:
        raise EndpointError(
            f"The engine is on another host ({found.host}), and its name {name!r} has no address here ({error}). A "
            "run's ports are published on that address. Name the engine's host by one that is known here."
        ) from None
    return next((at for family, at in known if family == socket.AF_INET), known[0][1])


def _publish(own: Mapping[str, str]) -> str:
    named = own.get(PUBLISH, "")
    try:
        return str(ipaddress.ip_address(named)) if named else ""
    except ValueError:
        raise EndpointError(
            f"{PUBLISH} is {named!r}; it is an address of the engine's host, such as 192.0.2.10, on which a run's "
            "ports are published. (With 0.0.0.0 they are on every one, for whoever reaches that host.)"
        ) from None


def _gateway(own: Mapping[str, str]) -> str:
    named = own.get(GATEWAY, "")
    if not named or _names_a_host(named):
        return named
    raise EndpointError(
        f"{GATEWAY} is {named!r}; it is the address or the name at which this process reaches the engine's host, "
        "without a port, such as 192.0.2.10 or docker.example.org."
    )


def _names_a_host(named: str) -> bool:
    with suppress(ValueError):
        return not _is_wildcard(named)
    return all(map(_LABEL.fullmatch, named.split(".")))


def _is_wildcard(address: str) -> bool:
    return ipaddress.ip_address(address).is_unspecified
