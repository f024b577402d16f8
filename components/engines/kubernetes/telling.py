"""Telling users what a hook of a resource waits for."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi


def teller(hook: pulumi.ResourceHookArgs) -> Callable[[str], None]:
    """Return what tells a line of a hook's resource, from any thread.

    Args:
        hook: What the hook was called with.
    """
    loop = asyncio.get_running_loop()
    about: Any = SimpleNamespace(urn=pulumi.Output.from_input(hook.urn))

    def tell(line: str) -> None:
        loop.call_soon_threadsafe(pulumi.log.info, line, about)

    return tell
