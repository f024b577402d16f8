"""Every arrangement of schemas that a declaration accepts: `public`, several, odd names, grants in one's own."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment, GrantArgs, RoleArgs


def grant(schema: str, tables: list[str], *privileges: str) -> GrantArgs:
    return {"schema": schema, "tables": tables, "privileges": list(privileges)}


ROLES: list[RoleArgs] = [
    {"name": "alone", "owns": ["public"], "connection_limit": 1},
    {"name": "several", "owns": ["one", "Two 'odd' \"names\""], "grants": [grant("public", ["notes"], "SELECT")]},
    {"name": "own_grants", "owns": ["mine"], "grants": [grant("mine", ["*"], "SELECT", "INSERT")]},
    {
        "name": "granted",
        "grants": [
            grant("public", ["*"], "SELECT", "INSERT"),
            grant("one", ["it's"], "INSERT"),
            grant("mine", ["x"], "SELECT"),
        ],
    },
    {"name": "later_only", "grants": [{**grant("Two 'odd' \"names\"", ["*"], "SELECT"), "default_privileges": []}]},
    {"name": "both", "grants": [{**grant("one", ["it's"], "UPDATE"), "default_privileges": ["INSERT", "SELECT"]}]},
]

environment = Environment("mine", {"roles": ROLES})
for name, value in environment.outputs.items():
    pulumi.export(name, value)
