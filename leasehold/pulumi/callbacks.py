"""What a program that failed leaves in this process, and Pulumi's SDK stumbles over the next time."""

from typing import Any

from pulumi.runtime import _callbacks


def forget_servers() -> None:
    """Forget the servers of hooks that an earlier program of this process had.

    The SDK never does: at a program's end it stops all there ever were, and one that was cut off with its program
    belongs to an event loop that is gone (pulumi/runtime/_callbacks.py, `_CallbackServicer.shutdown`).
    """
    servers: list[Any] = _callbacks._CallbackServicer._servicers
    servers.clear()
