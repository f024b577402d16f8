"""Whether a run's ports answer to this process."""

import socket
from contextlib import suppress

from ...errors import EngineError
from . import pods
from .reach import GATEWAY

_CONNECTS = 3.0  # seconds


def out_of_reach(server: str, host: str, port: int) -> str:
    """Return why this process cannot reach a running server's port, as the end of a sentence; empty if it may.

    Args:
        server: Its physical name.
        host: The node at which whoever made the run reaches it.
        port: The node's port.
    """
    try:
        socket.create_connection((host, port), timeout=_CONNECTS).close()
    except OSError as error:
        with suppress(EngineError):
            found = pods.find(server)
            if found and pods.is_running(found):
                return (
                    f"it was made where port {port} of node {host} is reached, and from here it is not ({error}); use "
                    f"it there, or make a run of your own, with an address that is reached from here in {GATEWAY}"
                )
    return ""
