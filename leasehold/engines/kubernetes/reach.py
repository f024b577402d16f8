"""At which address a run's ports are reached: a Service has one port on every node."""

import os

from ...errors import EngineError
from .api import connect

GATEWAY = "LEASEHOLD_GATEWAY"
"""Names the address or the name at which this process reaches the nodes, in place of the one that is found."""

_PREFERRED = ("InternalIP", "ExternalIP", "Hostname")


def reached_at() -> str:
    """Return the address of a node that is ready; that of the user's variable, if it is set.

    Raises:
        EngineError: The cluster does not tell.
    """
    if named := os.environ.get(GATEWAY):
        return named
    try:
        nodes = connect().listed("/api/v1/nodes")
    except EngineError as error:
        raise EngineError(f"{error} Or name the address at which this process reaches a node in {GATEWAY}.") from None
    for node in nodes:
        conditions = {one["type"]: one["status"] for one in node["status"].get("conditions") or ()}
        addresses = {one["type"]: str(one["address"]) for one in reversed(node["status"].get("addresses") or [])}
        found = next((addresses[kind] for kind in _PREFERRED if kind in addresses), "")
        if conditions.get("Ready") == "True" and found:
            return found
    raise EngineError(
        f"The cluster has no node that is ready and has an address. Name the one that is reached in {GATEWAY}."
    )
