"""A system that puts an API before its database: `authenticator` logs in, and becomes `anonymous` or `member`; row
security decides by a setting which rows a member sees. Its logins are static ones."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment

environment = Environment(
    "api",
    {
        "roles": [
            {"name": "owner", "owns": ["api"], "login": "static", "connection_limit": 5},
            {
                "name": "authenticator",
                "login": "static",
                "connection_limit": 20,
                "settings": {"statement_timeout": "9s"},
                "member_of": [{"role": "anonymous", "inherit": False}, {"role": "member", "inherit": False}],
            },
            {
                "name": "anonymous",
                "login": "none",
                "grants": [{"schema": "api", "tables": ["notices"], "privileges": ["SELECT"]}],
            },
            {
                "name": "member",
                "login": "none",
                "grants": [{"schema": "api", "tables": ["notes", "notices"], "privileges": ["SELECT", "INSERT"]}],
            },
        ],
        "row_security": [
            {"schema": "api", "table": "notes", "policies": [{"name": "own_notes", "roles": ["member"]}]},
        ],
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
