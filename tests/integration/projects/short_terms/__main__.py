"""A stack of one's own: the components, imported, beside whatever else it declares."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment

environment = Environment(
    "mine",
    {
        "roles": [
            {"name": "owner", "owns": ["app"], "term": 10},
            {"name": "guest", "grants": [{"schema": "app", "tables": ["*"], "privileges": ["SELECT"]}], "term": 10},
        ],
        "database": "notes",
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
