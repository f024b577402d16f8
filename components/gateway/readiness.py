"""Waiting, once the gateway exists, until database and broker answer through it.

An engine's own wait would do, but it needs a health check that runs for ever and looks only once a second.
"""

import http.client
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable
from functools import partial

import pulumi

from leasehold.contract import BROKER, BROKER_PORT, DATABASE, DATABASE_PORT, GATEWAY

from ..declared.mocks import under_mocks
from ..engines.current import current
from ..servers.start import TOLD

LIMIT = 120.0
"""How long a server that goes on may take to answer, in seconds; one that has ended is not waited for."""

PAUSE = 0.05
"""Time between two tries, in seconds."""

LOOK = 1.0
"""Time between two looks at the server itself, in seconds."""

CONNECTS = 1.0
"""How long a connection may take to be made, in seconds."""

ANSWERS = 5.0
"""How long an answer may take then, in seconds."""

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a client of PostgreSQL sends before TLS (PostgreSQL 18 manual, 54.7: SSLRequest)."""

_TELLS = re.compile(rf"^{TOLD}(.+)$", re.MULTILINE)
"""What a start script says about why its server does not start."""

_HEALTHY = 200  # OpenBao API, /sys/health: initialised, unsealed and active


def answers_through_the_gateway(name: str) -> pulumi.ResourceHookBinding | None:
    """Return a hook that fails the gateway's creation when database or broker do not answer in time.

    Under Pulumi's mocks, which know no hooks, there is none, so that stacks with our components can be unit-tested.

    Args:
        name: The gateway's logical name; the hook's own name derives from it.
    """
    if under_mocks():
        return None

    def wait(args: pulumi.ResourceHookArgs) -> None:
        engine, gateway = current(), args.new_outputs or {}
        name = engine.name_of(gateway)
        for part, port, answers in ((DATABASE, DATABASE_PORT, database_answers), (BROKER, BROKER_PORT, broker_answers)):
            at = engine.host_of(gateway), engine.published(gateway, port)
            reach = partial(engine.out_of_reach, name, port, *at)
            wait_until(partial(answers, *at), part, name.removesuffix(GATEWAY) + part, hopeless=reach)

    return pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook(f"{name}-answers", wait)])


def wait_until(
    answers: Callable[[], bool],
    part: str,
    server: str,
    limit: float = LIMIT,
    hopeless: Callable[[float], str] = lambda waited: "",
) -> None:
    """Ask again and again until the answer comes.

    Args:
        answers: Whether it answers now.
        part: What is asked, for the message.
        server: Its physical name; its log tells why there is no answer.
        limit: How long to ask, in seconds.
        hopeless: Returns why no answer can ever come, if it can tell, from how long there was none, in seconds.

    Raises:
        TimeoutError: No answer came in time, or the server ended: if its start script said why, in those words alone.
    """
    began = time.monotonic()
    look = began + LOOK
    while not answers():
        now = time.monotonic()
        if now > look:
            look = now + LOOK
            if why := hopeless(now - began):
                raise TimeoutError(why)
            ended, log = current().last_words(server)
            if ended and (told := _TELLS.findall(log)):
                raise TimeoutError(f"The {part} did not start. {told[-1]}")
            if ended or now - began > limit:
                what = "ended before it answered" if ended else f"did not answer within {limit:.0f} s"
                raise TimeoutError(f"The {part} {what}. Its server, {server}, says last:\n{log}")
        time.sleep(PAUSE)


def database_answers(host: str, port: int) -> bool:
    """Return whether a PostgreSQL server answers: to an SSLRequest, the byte that says yes, before any login."""
    try:
        with socket.create_connection((host, port), timeout=CONNECTS) as connection:
            connection.settimeout(ANSWERS)
            connection.sendall(SSL_REQUEST)
            return connection.recv(1) == b"S"
    except OSError:
        return False


def broker_answers(host: str, port: int) -> bool:
    """Return whether the broker is initialised, unsealed and active."""
    # Nothing is sent that is worth protecting, so it does not matter here who answers.
    context = ssl._create_unverified_context()  # noqa: S323
    connection = http.client.HTTPSConnection(host, port)
    try:
        reached = socket.create_connection((host, port), timeout=CONNECTS)
        reached.settimeout(ANSWERS)
        connection.sock = context.wrap_socket(reached)
        connection.request("GET", "/v1/sys/health")
        return connection.getresponse().status == _HEALTHY
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
