"""How a run's gateway is reached, which its callers' place decides: inside the cluster by its Service, outside by a
port of the nodes, a forwarded port, or a load balancer. All that wants to know how, or where, asks here."""

import os
import socket
from collections.abc import Mapping
from enum import StrEnum

from ...errors import EngineError
from .api import connect, in_cluster

ACCESS = "LEASEHOLD_CLUSTER_ACCESS"
"""Names the way, one of `Access`, in place of the one that follows from where this process is."""

GATEWAY = "LEASEHOLD_GATEWAY"
"""Names the address or the name at which this process reaches a node, or the load balancer, in place of the one that
the cluster tells."""

LOOPBACK = "127.0.0.1"
"""Where forwarded ports are."""

SERVICES = ".svc"
"""Ends the names of Services as every Pod has them: the cluster's own domain, which the API tells nobody, is added by a
Pod's ``resolv.conf`` (Kubernetes, DNS for Services and Pods). So is it in the variable ``NO_PROXY``."""

_OF_THE_API = "kubernetes.default.svc"  # every cluster has it
_PREFERRED = ("InternalIP", "ExternalIP", "Hostname")


class Access(StrEnum):
    """A way to a run's gateway."""

    SERVICE = "service"
    NODE_PORT = "node-port"
    PORT_FORWARD = "port-forward"
    LOAD_BALANCER = "load-balancer"

    @property
    def service_type(self) -> str:
        """The type of the gateway's Service (Kubernetes API, ServiceSpec)."""
        return _TYPES.get(self, "ClusterIP")

    @property
    def has_own_ports(self) -> bool:
        """Whether the gateway is reached at its own ports."""
        return self in (Access.SERVICE, Access.LOAD_BALANCER)


_TYPES = {Access.NODE_PORT: "NodePort", Access.LOAD_BALANCER: "LoadBalancer"}


def access(own: Mapping[str, str] = os.environ) -> Access:
    """Return the way to the gateway of a run that is made from here.

    Args:
        own: The user's environment.

    Raises:
        EngineError: A variable names no way, or an address that the way does not have; says what it can be.
    """
    named, default = own.get(ACCESS, ""), Access.SERVICE if in_cluster(own) else Access.NODE_PORT
    try:
        way = Access(named) if named else default
    except ValueError:
        raise EngineError(f"{ACCESS} is {named!r}; it can be {', '.join(Access)}.") from None
    if own.get(GATEWAY) and way in (Access.SERVICE, Access.PORT_FORWARD):
        raise EngineError(
            f"{GATEWAY} is set, and runs that are made from here are reached by {way}, at an address of their own. "
            f"Unset it, or choose {Access.NODE_PORT} or {Access.LOAD_BALANCER} in {ACCESS}."
        )
    return way


def known_host(way: Access, own: Mapping[str, str] = os.environ) -> str:
    """Return the address or the name at which runs are reached that are made from here; empty where each has its own.

    Args:
        way: How they are reached.
        own: The user's environment.

    Raises:
        EngineError: The cluster does not tell.
    """
    if way is Access.PORT_FORWARD:
        return LOOPBACK
    if named := own.get(GATEWAY):
        return named
    return _node() if way is Access.NODE_PORT else ""


def check_access() -> None:
    """Refuse to go on where nothing here would reach a run that is made from here, as far as that is known before.

    Raises:
        EngineError: It would not; says what to do.
    """
    way = access()
    known_host(way)
    if way is not Access.SERVICE:
        return
    try:
        socket.getaddrinfo(_OF_THE_API, None)
    except OSError as error:
        raise EngineError(
            f"Runs that are made from here would be reached by the names of their Services, and this process knows no "
            f"such name ({_OF_THE_API}: {error}). Such names are known in the cluster's Pods alone. Choose another way "
            f"in {ACCESS}: {Access.NODE_PORT}, {Access.PORT_FORWARD} or {Access.LOAD_BALANCER}."
        ) from None


def _node() -> str:
    """Return the address of a node that is ready."""
    try:
        nodes = connect().listed("/api/v1/nodes")
    except EngineError as error:
        raise EngineError(
            f"{error} Or name the address at which this process reaches a node in {GATEWAY}, or choose another way to "
            f"runs in {ACCESS}."
        ) from None
    for node in nodes:
        conditions = {one["type"]: one["status"] for one in node["status"].get("conditions") or ()}
        addresses = {one["type"]: str(one["address"]) for one in reversed(node["status"].get("addresses") or [])}
        found = next((addresses[kind] for kind in _PREFERRED if kind in addresses), "")
        if conditions.get("Ready") == "True" and found:
            return found
    raise EngineError(
        f"The cluster has no node that is ready and has an address. Name the one that is reached in {GATEWAY}."
    )
