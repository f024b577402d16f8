"""Whether anything answers at a published port, and what it means for this process that nothing does."""

import socket

from .reach import GATEWAY, PUBLISH, Reach, is_loopback

PATIENCE = 1.0
"""How long a connection may take to be made, in seconds: the engine has been reached on the same way before."""


def unanswered(host: str, port: int) -> str:
    """Return why no connection is made there, in the system's words; empty if one is."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def why_unanswered(reach: Reach, host: str, port: int, why: str) -> str:
    """Return what it means that a new run's gateway listens, and nothing answers where it is published; what to do.

    Args:
        reach: Where its ports were to be published, and to be reached.
        host: Where they are.
        port: At which port.
        why: Why no connection is made there.
    """
    if is_loopback(host):
        return (
            f"The gateway listens, and nothing does at {host}:{port} here ({why}). A run's ports are published on "
            f"{host} of the engine's host, and this is another machine, or a container with a network of its own that "
            "the engine does not know. Give the container the host's network (`docker run --network host`), name the "
            f"engine by its host's address (DOCKER_HOST), or name an address of that host's in {PUBLISH}."
        )
    return (
        f"The gateway listens, and nothing here reaches it at {host}:{port} ({why}): {reach.place}. Its ports are "
        f"published on {reach.bind} there. A firewall on the way may keep this process from them, or they are reached "
        f"at another address: {PUBLISH} names the one on which they are published, {GATEWAY} the one at which they are "
        "reached."
    )


def out_of_reach(reach: Reach, host: str, port: int, why: str) -> str:
    """Return why a process does not reach the gateway of a run that was made elsewhere; empty if it may.

    Args:
        reach: Where the process would have ports published, and reach them.
        host: Where whoever made the run reached it.
        port: At which port.
        why: Why no connection is made there; empty if one is.
    """
    if is_loopback(host) and not is_loopback(reach.host):
        return (
            f"its ports are published on {host} of the engine's host, since whoever made it was there; and here "
            f"{reach.place}. Use it there, or make one from here"
        )
    if why:
        return (
            f"its gateway runs, and here nothing answers at {host}:{port}, where whoever made it reached it ({why}). "
            "Use it where it was made, make one from here, or see what is between here and there"
        )
    return ""
