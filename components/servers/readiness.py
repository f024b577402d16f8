"""Waiting, once the door exists, until database and broker answer through it.

A container's own ``wait`` would do, but it needs a health check that runs for ever and looks only once a second.
"""

import http.client
import socket
import ssl
import struct
import time
from collections.abc import Callable
from functools import partial

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from ..gateway.config import BROKER_PORT, DATABASE_PORT

LIMIT = 30.0
"""How long a server may take to answer, in seconds."""

PAUSE = 0.05
"""Time between two tries, in seconds."""

LOOK = 2.0
"""Time between two looks at the container itself, in seconds."""

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a client of PostgreSQL sends before TLS (PostgreSQL 18 manual, 54.7: SSLRequest)."""

_HEALTHY = 200  # OpenBao API, /sys/health: initialised, unsealed and active


def answers_through_the_door(name: str) -> pulumi.ResourceHookBinding | None:
    """Return a hook that fails the door's creation when database or broker do not answer in time.

    Under Pulumi's mocks, which know no hooks, there is none, so that stacks with our components can be unit-tested.

    Args:
        name: The door's logical name; the hook's own name derives from it.
    """
    if under_mocks():
        return None

    def wait(args: pulumi.ResourceHookArgs) -> None:
        door = args.new_outputs or {}
        ports = {int(port["internal"]): int(port["external"]) for port in door["ports"]}
        for part, port, answers in (
            ("database", ports[DATABASE_PORT], database_answers),
            ("broker", ports[BROKER_PORT], broker_answers),
        ):
            wait_until(partial(answers, "127.0.0.1", port), part, str(door["name"]).removesuffix("door") + part)

    return pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook(f"{name}-answers", wait)])


def under_mocks() -> bool:
    """Return whether the program runs over Pulumi's mocks, which know no hooks."""
    return isinstance(get_monitor(), MockMonitor)


def wait_until(answers: Callable[[], bool], part: str, container: str, limit: float = LIMIT) -> None:
    """Ask again and again until the answer comes.

    Args:
        answers: Whether it answers now.
        part: What is asked, for the message.
        container: Its container, whose log tells why there is no answer.
        limit: How long to ask, in seconds.

    Raises:
        TimeoutError: No answer came in time, or the container ended.
    """
    began = time.monotonic()
    look = began + LOOK
    while not answers():
        now = time.monotonic()
        if now > look:
            look = now + LOOK
            ended, log = last_words(container)
            if ended or now - began > limit:
                what = "ended before it answered" if ended else f"did not answer within {limit:.0f} s"
                raise TimeoutError(f"The {part} {what}. Its container, {container}, says last:\n{log}")
        time.sleep(PAUSE)


def last_words(container: str) -> tuple[bool, str]:
    """Return whether a container has ended, and the end of its log, as far as the engine can be asked."""
    import docker  # noqa: PLC0415 - only needed once something is amiss
    import docker.errors  # noqa: PLC0415

    try:
        found = docker.from_env().containers.get(container)
        return found.status in ("exited", "dead"), found.logs(tail=10).decode(errors="replace").strip()
    except (docker.errors.DockerException, OSError) as error:
        return False, f"(its log cannot be read: {error})"


def database_answers(host: str, port: int) -> bool:
    """Return whether a PostgreSQL server answers: to an SSLRequest, the byte that says yes, before any login."""
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(SSL_REQUEST)
            return connection.recv(1) == b"S"
    except OSError:
        return False


def broker_answers(host: str, port: int) -> bool:
    """Return whether the broker is initialised, unsealed and active."""
    # Nothing is sent that is worth protecting, so it does not matter here who answers.
    context = ssl._create_unverified_context()  # noqa: S323
    connection = http.client.HTTPSConnection(host, port, timeout=5, context=context)
    try:
        connection.request("GET", "/v1/sys/health")
        return connection.getresponse().status == _HEALTHY
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
