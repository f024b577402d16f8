"""A stack as frameworks have it: everything in schema `public`, and a role that may connect once."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment

environment = Environment(
    "mine",
    {
        "roles": [
            {
                "name": "reader",
                "grants": [
                    {"schema": "public", "tables": ["*"], "privileges": ["SELECT"]},
                    {"schema": "events", "tables": ["seen"], "privileges": ["INSERT"]},
                ],
                "connection_limit": 1,
            },
            {"name": "owner", "owns": ["public", "events"]},
            {
                "name": "other",
                "owns": ["spare"],
                "grants": [{"schema": "public", "tables": ["a"], "privileges": ["UPDATE"]}],
            },
        ],
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
