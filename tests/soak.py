"""How much `make soak` does: `LEASEHOLD_SOAK=small` is bounded, for every change; `full` is for a release.

Its drills carry the mark `soak`. `make test` leaves them out and runs a small instance of each.
"""

import os

import pytest

SIZE = os.environ.get("LEASEHOLD_SOAK", "small")
if SIZE not in ("small", "full"):
    raise pytest.UsageError(f"LEASEHOLD_SOAK is {SIZE!r}; it can be small or full.")


def soak(small: int, full: int) -> int:
    """Return how many of something the drill does."""
    return full if SIZE == "full" else small
