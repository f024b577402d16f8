"""Names of runs: what can be one, and new ones that people can read."""

import secrets

from ..contract import MAX_NAME_LENGTH, RUN_NAME
from ..errors import RunError

_QUALITIES = ("brisk", "calm", "clear", "eager", "even", "fresh", "frank", "keen", "light", "quick", "quiet", "warm")
_BIRDS = ("crane", "finch", "heron", "jay", "kite", "lark", "owl", "plover", "raven", "robin", "swift", "wren")


def check(name: str) -> str:
    """Return `name` if it can name a run.

    Raises:
        RunError: It is empty, too long, or has other characters than ``a-z``, ``0-9`` and inner ``-``.
    """
    if not RUN_NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise RunError(
            f"{name!r} cannot be a run's name: names have 1 to {MAX_NAME_LENGTH} characters, a-z, 0-9 and '-', and "
            "begin and end with a letter or digit."
        )
    return name


def invent() -> str:
    """Return a new name, such as ``keen-heron-4f1c09``."""
    return f"{secrets.choice(_QUALITIES)}-{secrets.choice(_BIRDS)}-{secrets.token_hex(3)}"
