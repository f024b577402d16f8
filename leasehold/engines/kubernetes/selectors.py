"""Whether a selector selects an object (Kubernetes API, LabelSelector). Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_HOLDS: Mapping[str, Callable[[str | None, Sequence[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Return whether a selector selects an object with these labels; an empty one selects everything."""
    required = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in required.items()) and all(
        _HOLDS[one["operator"]](labels.get(one["key"]), one.get("values") or ())
        for one in selector.get("matchExpressions") or ()
    )
