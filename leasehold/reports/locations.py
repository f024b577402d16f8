"""Where a test stands in the repository."""

from collections.abc import Mapping

Locations = Mapping[str, tuple[str, int]]
"""Path from the repository's root, and line counted from 1, by node id; under the empty node id, the file that stands
for what belongs to no test (pytest's configuration, say)."""


def location(test: str | None, locations: Locations) -> tuple[str, int] | None:
    """Return path and line of a test; None if it is of no test and nothing stands for that.

    A node id that is not listed starts with the path of its file, relative to pytest's root (pytest, Node IDs).
    """
    key = test or ""
    if key in locations:
        return locations[key]
    return (key.partition("::")[0], 1) if key else None
