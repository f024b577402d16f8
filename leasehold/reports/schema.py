"""The published schema of `denials.jsonl`, made from the model: ``python -m leasehold.reports.schema > FILE``."""

import json
from typing import Any

from pydantic import TypeAdapter

from ..denials.model import Denial, LeaseSpan, Notice, Session
from .jsonl import LISTS

_MODELS = {"denial": Denial, "lease": LeaseSpan, "notice": Notice}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of one line."""
    whole = TypeAdapter(Session).json_schema(mode="serialization")
    definitions: dict[str, Any] = whole.pop("$defs")
    definitions["Session"] = whole
    for name in LISTS:
        del whole["properties"][name]
        whole["required"].remove(name)
    names = {"session": "Session", **{type_: model.__name__ for type_, model in _MODELS.items()}}
    for type_, name in names.items():
        definition = definitions[name]
        definition["properties"] = {"type": {"const": type_}, **definition["properties"]}
        definition["required"] = ["type", *definition["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of denials.jsonl",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in names.values()],
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Return the schema as the content of a file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
