"""Changes of one object, as the API tells them: nobody looks again and again."""

import math
from collections.abc import Iterator

from ...clock import steady
from .api import Api, Object


def changes(api: Api, found: Object, path: str, ends: float) -> Iterator[Object]:
    """Yield an object each time that it has changed, until it is gone, or the time or the API ends that.

    Args:
        api: The cluster.
        found: The object as it was found.
        path: Where it is.
        ends: Until when, as `clock.steady` tells it.
    """
    folder, _, name = path.rpartition("/")
    begin = {"fieldSelector": f"metadata.name={name}", "resourceVersion": found["metadata"]["resourceVersion"]}
    if (left := math.ceil(ends - steady())) <= 0:
        return
    for change in api.watch(folder, left, **begin):
        if change["type"] != "MODIFIED":
            return
        yield change["object"]
