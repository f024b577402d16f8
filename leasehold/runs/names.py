"""Names of runs: what can be one, and new ones that people can read."""

import re
import secrets

from ..errors import RunError

MAX_LENGTH = 40
"""Longest run name, in characters; the components hold to the same rule."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_QUALITIES = ("brisk", "calm", "clear", "eager", "even", "fresh", "frank", "keen", "light", "quick", "quiet", "warm")
_BIRDS = ("crane", "finch", "heron", "jay", "kite", "lark", "owl", "plover", "raven", "robin", "swift", "wren")


def check(name: str) -> str:
    """Return `name` if it can name a run.

    Raises:
        RunError: It is empty, too long, or has other characters than ``a-z``, ``0-9`` and inner ``-``.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_LENGTH:
        raise RunError(
            f"{name!r} cannot be a run's name: names have 1 to {MAX_LENGTH} characters, a-z, 0-9 and '-', and begin "
            "and end with a letter or digit."
        )
    return name


def invent() -> str:
    """Return a new name, such as ``keen-heron-4f1c09``."""
    return f"{secrets.choice(_QUALITIES)}-{secrets.choice(_BIRDS)}-{secrets.token_hex(3)}"
