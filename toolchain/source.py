"""Whether this machine may download what is published, or builds everything from package registries."""

import os
import urllib.request
from functools import cache

from .errors import SetupError

VARIABLE = "LEASEHOLD_TOOLCHAIN"
CHOICES = ("auto", "download", "build")
_DOWNLOADS = "https://get.pulumi.com"


def choice() -> str:
    """Return ``auto``, ``download`` or ``build``, as `VARIABLE` says.

    Raises:
        SetupError: It says something else.
    """
    chosen = os.environ.get(VARIABLE, "auto")
    if chosen not in CHOICES:
        raise SetupError(
            f"{VARIABLE} is {chosen!r}; it can be {', '.join(CHOICES)}. Set it to one of them, or unset it."
        )
    return chosen


@cache
def downloads() -> bool:
    """Return whether to download: as chosen, or as Pulumi's download host can be reached."""
    chosen = choice()
    if chosen != "auto":
        return chosen == "download"
    try:
        urllib.request.urlopen(_DOWNLOADS, timeout=3).close()  # honours the usual proxy variables
    except OSError:
        return False
    return True
