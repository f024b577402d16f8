"""A system that puts an API before its database: `authenticator` logs in, and becomes `anonymous` or `member`; row
security decides by a setting which rows a member sees. Its logins are static ones."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[2]))

from components import (
    Environment,
    EnvironmentArgs,
    ExtensionArgs,
    GrantArgs,
    InitdbArgs,
    MembershipArgs,
    PolicyArgs,
    RoleArgs,
    RowSecurityArgs,
)

BECOMES: list[MembershipArgs] = [{"role": "anonymous", "inherit": False}, {"role": "member", "inherit": False}]
NOTICES: GrantArgs = {"schema": "api", "tables": ["notices"], "privileges": ["SELECT"]}
NOTES: GrantArgs = {"schema": "api", "tables": ["notes", "notices"], "privileges": ["SELECT", "INSERT"]}
ROLES: list[RoleArgs] = [
    {"name": "owner", "owns": ["api"], "login": "static", "connection_limit": 5},
    {
        "name": "authenticator",
        "login": "static",
        "connection_limit": 20,
        "settings": {"statement_timeout": "9s"},
        "member_of": BECOMES,
    },
    {"name": "anonymous", "login": "none", "grants": [NOTICES]},
    {"name": "member", "login": "none", "grants": [NOTES]},
]
OWN_NOTES: PolicyArgs = {"name": "own_notes", "roles": ["member"]}
ROW_SECURITY: list[RowSecurityArgs] = [{"schema": "api", "table": "notes", "policies": [OWN_NOTES]}]
TRIGRAMS: ExtensionArgs = {"name": "pg_trgm", "schema": "extensions"}
AS_IN_PRODUCTION: InitdbArgs = {"encoding": "UTF8", "locale": "C"}
DECLARED: EnvironmentArgs = {
    "roles": ROLES,
    "row_security": ROW_SECURITY,
    "extensions": [TRIGRAMS],
    "initdb": AS_IN_PRODUCTION,
}

environment = Environment("api", DECLARED)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
