"""Whether this process can reach what is published: on the engine's host alone."""

import socket


def refused(host: str, port: int) -> bool:
    """Return whether nothing listens there."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def out_of_reach(host: str, port: int) -> str:
    """Return what it means that a server listens, and nothing does where it is published, and what to do."""
    return (
        f"The gateway listens, and nothing does at {host}:{port} here. A run's ports are published on {host} of the "
        "engine's host, and this is another machine, or a container with a network of its own. Run Leasehold on the "
        "engine's host or in a container that has the host's network (`docker run --network host`), or choose an "
        "engine of this machine."
    )
