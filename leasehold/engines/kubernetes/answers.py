"""Whether a run's ports answer to this process, and what to do where they do not.

A port that is forwarded is a process's, which may have been killed, or be another machine's: then it is started here.
"""

import socket
from contextlib import suppress

from ...errors import EngineError
from . import forward, pods
from .api import Object
from .published import access_of
from .reach import ACCESS, GATEWAY, Access

_CONNECTS = 3.0  # seconds
_ANOTHER = f"make a run of your own from here, and choose in {ACCESS} how it is reached"

WAYS_OUT = {
    Access.SERVICE: f"Such a name is known in the cluster's Pods alone: use the run in one, or {_ANOTHER}",
    Access.NODE_PORT: (
        "That is a port of the cluster's nodes: have node ports let through, name an address of a node that is reached "
        f"from here in {GATEWAY} and make a run of your own, or {_ANOTHER}"
    ),
    Access.LOAD_BALANCER: f"That is a load balancer's address: have this machine let through to it, or {_ANOTHER}",
}
"""What to do where nothing answers, by the way that a run was made for."""


def unanswered(host: str, port: int) -> OSError | None:
    """Return why this process cannot connect to a port; None if it can."""
    try:
        socket.create_connection((host, port), timeout=_CONNECTS).close()
    except OSError as error:
        return error
    return None


def out_of_reach(server: str, host: str, port: int) -> str:
    """Return why this process cannot reach a running server's port, as the end of a sentence; empty if it may.

    Args:
        server: Its physical name.
        host: Where whoever made the run reaches it.
        port: The port there.
    """
    if not (error := unanswered(host, port)):
        return ""
    with suppress(EngineError):
        found = pods.find(server)
        way = access_of(found) if found and pods.is_running(found) else None
        if found and way is Access.PORT_FORWARD:
            return _forwarded(server, found)
        if way:
            return f"nothing answers at {host}:{port} here ({error}). {WAYS_OUT[way]}"
    return ""


def _forwarded(server: str, found: Object) -> str:
    """Have a server's ports be forwarded to this machine, whoever did so before; return why they cannot be."""
    try:
        forward.keep(server, found)
    except EngineError as error:
        return str(error).removesuffix(".")
    return ""
