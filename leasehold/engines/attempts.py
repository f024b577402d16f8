"""What a probe tries from, on any engine: an image, the port of its listeners, and attempts as a shell script."""

import os
from collections.abc import Sequence

from ..errors import EngineError
from .protocol import Attempt

IMAGE = os.environ.get("LEASEHOLD_IMAGE_PROBE") or "alpine/socat:1.8.0.3"
LISTENING = 7000
"""Port at which listeners listen: none of a server's own."""

_TCP = "socat -u OPEN:/dev/null TCP:{host}:{port},connect-timeout={patience} >/dev/null 2>&1 && echo {number}"
_UDP = "echo {word} | socat -u - UDP:{host}:{port} >/dev/null 2>&1"
_TRIED = "tried"
"""What the script prints last."""


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
