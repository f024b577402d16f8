"""What a run knows to be secret: everything that Pulumi's state has marked."""

import json
from collections.abc import Iterator
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of a special value in a state (pulumi/sdk/go/common/resource, `SigKey`)."""

SHORTEST = 12
"""Shortest secret that is looked for, in characters: shorter ones stand everywhere by chance."""

# Configuration files are uploaded beside keys, in one list that is secret as a whole.
_FILES = (".key", ".password")


def secrets_in_state(state: Any, public: set[str]) -> dict[str, str]:
    """Return what is secret in a stack's state, by value.

    Args:
        state: The exported state, with its secrets shown.
        public: Values that are known to be no secret.
    """
    found: dict[str, str] = {}
    for resource in state["deployment"].get("resources", []):
        name = str(resource["urn"]).rpartition("::")[2]
        for value, where in _marked(resource, ""):
            if len(value) >= SHORTEST and value not in public:
                found.setdefault(value, f"{name}{where}")
    return found


def _marked(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if value.get(SIGNATURE) and "plaintext" in value:
            yield from _strings(json.loads(value["plaintext"]), path)
            return
        for key, inner in value.items():
            yield from _marked(inner, path if key in ("inputs", "outputs") else f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _marked(inner, path)


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, dict):
        if "file" in value and "content" in value:
            if str(value["file"]).endswith(_FILES):
                yield str(value["content"]), f"{path} {value['file']}"
            return
        for key, inner in value.items():
            yield from _strings(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, path)
