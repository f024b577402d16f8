"""Turns on the cluster: tests take them side by side, but for one that takes a part of it down.

Two locks, so that whoever wants to be alone waits for those that are at it, and not for those that come.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Wait for a turn, and hold it for the length of a block.

    Args:
        folder: One that all processes of the session have.
        alone: Whether nobody else has one meanwhile.
    """
    with (folder / "door").open("a") as door, (folder / "room").open("a") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
