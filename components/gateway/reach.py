"""Whether this process can reach the gateway at all: its ports are published on the engine's host alone."""

import socket

from ..engines.current import current


def check_reach(gateway: str, inner: int, host: str, port: int) -> None:
    """Refuse to wait for a gateway that cannot be reached from here.

    It is proven by both ends: the gateway listens, and nothing at all does where it is published.

    Args:
        gateway: Its physical name.
        inner: The port at which it listens, on its own networks.
        host: Where that port is published.
        port: At which port there.

    Raises:
        TimeoutError: It cannot be reached; says what to do.
    """
    if current().listens(gateway, inner) and _refused(host, port):
        raise TimeoutError(
            f"The gateway listens, and nothing does at {host}:{port} here. A run's ports are published on {host} of "
            "the engine's host, and this is another machine, or a container with a network of its own. Run Leasehold "
            "on the engine's host or in a container that has the host's network (`docker run --network host`), or "
            "choose an engine of this machine."
        )


def _refused(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
