"""What a probe tries from, on any engine: an image, the port of its listeners, and attempts as a shell script."""

import os
from collections.abc import Sequence

from .protocol import Attempt

IMAGE = os.environ.get("LEASEHOLD_IMAGE_PROBE") or "alpine/socat:1.8.0.3"
LISTENING = 7000
"""Port at which listeners listen: none of a server's own."""

_TCP = "socat -u OPEN:/dev/null TCP:{host}:{port},connect-timeout={patience} >/dev/null 2>&1 && echo {number}"
_UDP = "echo {word} | socat -u - UDP:{host}:{port} >/dev/null 2>&1"


def script_of(attempts: Sequence[Attempt], patience: int) -> str:
    """Return a script that makes all attempts side by side, and prints the number of each connection that was made.

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
    return " & ".join(f"( {line} )" for line in tries) + " & wait"


def numbers_of(printed: str) -> set[int]:
    """Return the numbers that the script has printed."""
    return {int(line) for line in printed.split()}
