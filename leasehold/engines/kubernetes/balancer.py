"""A load balancer's address: a controller of the cluster's gives it, in its own time."""

import time
from collections.abc import Mapping
from typing import Any

from ...clock import steady
from ...errors import EngineError
from .answers import unanswered
from .api import Api
from .changes import changes
from .reach import ACCESS

LIMIT = 300.0
"""How long it may take to have an address, and then to answer, in seconds: some clouds make a machine for it."""

PAUSE = 0.1
"""Time between two watches, in seconds."""


def address_of(service: Mapping[str, Any]) -> str:
    """Return the address, or the name, of a Service's load balancer (Kubernetes API, LoadBalancerIngress); empty before
    it has one."""
    points = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return next((str(one.get("ip") or one["hostname"]) for one in points if one.get("ip") or one.get("hostname")), "")


def await_address(api: Api, namespace: str, name: str, limit: float = LIMIT) -> str:
    """Wait until a Service's load balancer has an address; return it.

    Args:
        api: The cluster.
        namespace: The Service's.
        name: The Service's.
        limit: For how long, in seconds.

    Raises:
        EngineError: It has none by then; says what to do.
    """
    ends, path = steady() + limit, f"/api/v1/namespaces/{namespace}/services/{name}"
    while not (address := address_of(found := api.get(path))):
        if steady() > ends:
            raise EngineError(
                f"The load balancer of Service {namespace}/{name} has no address after {limit:.0f} s. A controller of "
                "the cluster's gives it one: a cloud's, or MetalLB and its like; `kubectl describe service` tells what "
                f"it says. See that there is one, or choose another way to the gateway in {ACCESS}."
            )
        next((True for change in changes(api, found, path, ends) if address_of(change)), False)
        time.sleep(PAUSE)
    return address


def await_answer(host: str, port: int, limit: float = LIMIT) -> None:
    """Wait until a load balancer passes connections on.

    Args:
        host: Its address, or its name.
        port: The port there.
        limit: For how long, in seconds.

    Raises:
        EngineError: It does not by then; says what to do.
    """
    ends = steady() + limit
    while error := unanswered(host, port):
        if steady() > ends:
            raise EngineError(
                f"The load balancer has address {host}, and nothing answers at its port {port} here after "
                f"{limit:.0f} s ({error}). Have this machine let through to it, or choose another way to the gateway "
                f"in {ACCESS}."
            )
        time.sleep(PAUSE)
