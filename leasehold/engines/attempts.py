"""What a probe tries from, on any engine: an image, what listens in it, and attempts as a shell script."""

import os
import secrets
from collections.abc import Sequence

from ..errors import EngineError
from .protocol import Attempt

IMAGE = os.environ.get("LEASEHOLD_IMAGE_PROBE") or "alpine/socat:1.8.0.3"
_PORTS = range(7000, 8000)
"""Ports at which listeners listen: none of a server's own."""

_TCP = "socat -u OPEN:/dev/null TCP:{host}:{port},connect-timeout={patience} >/dev/null 2>&1 && echo {number}"
_UDP = "echo {word} | socat -u - UDP:{host}:{port} >/dev/null 2>&1"
_TRIED = "tried"
"""What the script prints last."""


def listening_port() -> int:
    """Return a port to listen at: another one for each probe, so that two of one run, and one that was killed and its
    listeners left until the run ends, are not in each other's way."""
    return secrets.choice(_PORTS)


def listening(port: int, heard: str) -> str:
    """Return a script that listens for connections and datagrams until it is told to end.

    One process reads all datagrams, so that they are written down in the order in which they came.

    Args:
        port: At which it listens.
        heard: Where it writes what datagrams say, as an address of socat's.
    """
    return (
        "trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM; "
        f"socat TCP-LISTEN:{port},fork,reuseaddr EXEC:cat & socat -u UDP-RECV:{port} {heard} & wait"
    )


def script_of(attempts: Sequence[Attempt], patience: int) -> str:
    """Return a script that makes all attempts side by side, and prints the number of each connection that was made, and
    last that it has ended.

    Args:
        attempts: What to try.
        patience: How long one may take, in seconds.
    """
    tries = [
        (_TCP if attempt.protocol == "tcp" else _UDP).format(
            host=attempt.host, port=attempt.port, word=attempt.word, patience=patience, number=number
        )
        for number, attempt in enumerate(attempts)
    ]
    return "\n".join([*(f"( {line} ) &" for line in tries), "wait", f"echo {_TRIED}"])


def numbers_of(printed: str) -> set[int]:
    """Return the numbers that the script has printed.

    Raises:
        EngineError: It did not get to its end. What was not tried must not be taken for what is not reached.
    """
    *numbers, last = printed.splitlines(keepends=True) or [""]
    if last != f"{_TRIED}\n" or not all(one.strip().isdecimal() for one in numbers):
        raise EngineError(
            f"A probe's attempts were not made to their end: their script printed {printed[-200:]!r}. Nothing is known "
            "of what they would have reached; probe again."
        )
    return {int(one) for one in numbers}
