"""An owner, and one who makes schemas, too, whom other people's tools work as, and a reader of whatever they make."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment

environment = Environment(
    "tools",
    {
        "roles": [
            {"name": "owner", "owns": ["app"]},
            {"name": "maker", "owns": ["planned"], "database": ["CREATE"]},
            {
                "name": "reader",
                "grants": [
                    {"schema": schema, "tables": ["*"], "privileges": ["SELECT"]} for schema in ("app", "planned")
                ],
            },
        ],
        "database": "notes",
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
