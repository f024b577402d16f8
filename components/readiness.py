"""Waiting, once the door exists, until database and broker answer through it.

A container's own ``wait`` would do, but it needs a health check that runs for ever and looks only once a second.
"""

import http.client
import socket
import struct
import time
from collections.abc import Callable

import pulumi

from .rendered.door_config import BROKER_PORT, DATABASE_PORT

LIMIT = 30.0
"""How long a server may take to answer, in seconds."""

PAUSE = 0.05
"""Time between two tries, in seconds."""

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL 18 manual, 54.7: SSLRequest
_HEALTHY = 200  # OpenBao API, /sys/health: initialised, unsealed and active


def answers_through_the_door(name: str) -> pulumi.ResourceHook:
    """Return a hook that fails the door's creation when database or broker do not answer in time.

    Args:
        name: The door's logical name; the hook's own name derives from it.
    """

    def wait(args: pulumi.ResourceHookArgs) -> None:
        ports = {int(port["internal"]): int(port["external"]) for port in (args.new_outputs or {})["ports"]}
        for part, port, answers in (
            ("database", ports[DATABASE_PORT], database_answers),
            ("broker", ports[BROKER_PORT], broker_answers),
        ):
            if not wait_until(answers, "127.0.0.1", port, LIMIT):
                container = str((args.new_outputs or {})["name"]).removesuffix("door") + part
                raise TimeoutError(
                    f"The {part} did not answer within {LIMIT:.0f} s. `docker logs {container}` tells why."
                )

    return pulumi.ResourceHook(f"{name}-answers", wait)


def wait_until(answers: Callable[[str, int], bool], host: str, port: int, limit: float) -> bool:
    """Ask again and again; return whether the answer came within `limit` seconds."""
    deadline = time.monotonic() + limit
    while not answers(host, port):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def database_answers(host: str, port: int) -> bool:
    """Return whether a PostgreSQL server answers: to an SSLRequest, one byte, before any login."""
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in (b"S", b"N")
    except OSError:
        return False


def broker_answers(host: str, port: int) -> bool:
    """Return whether the broker is initialised, unsealed and active."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/v1/sys/health")
        return connection.getresponse().status == _HEALTHY
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
