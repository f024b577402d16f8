"""Row security declared as facts: migrations make the policies, the audit holds them to what is declared."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from .errors import DeclarationError
from .identifiers import identifier, schema

COMMANDS = ("ALL", "SELECT", "INSERT", "UPDATE", "DELETE")
"""What a policy is for (PostgreSQL 18 manual, CREATE POLICY)."""


class PolicyArgs(TypedDict):
    """A policy of a table."""

    name: str
    """Its name."""
    roles: NotRequired[list[str]]
    """The roles that it is for; ``["public"]``, which is everybody, when not given."""
    command: NotRequired[str]
    """What it is for, from `COMMANDS`; ``ALL`` when not given."""
    permissive: NotRequired[bool]
    """Whether it adds rows to what others let through, or restricts that; by default it adds."""


class RowSecurityArgs(TypedDict):
    """Row security of one table."""

    schema: str
    """The table's schema."""
    table: str
    """The table."""
    enabled: NotRequired[bool]
    """Whether it is enabled; by default yes."""
    forced: NotRequired[bool]
    """Whether it holds for the table's owner too; by default no."""
    policies: NotRequired[list[PolicyArgs]]
    """All of its policies."""


def check_row_security(declared: object) -> list[dict[str, Any]]:
    """Return declared row security with its defaults filled in.

    Raises:
        DeclarationError: Names the place and what is wrong there.
    """
    if declared is None:
        return []
    if not isinstance(declared, list | tuple):
        raise DeclarationError(f"`row_security` is {declared!r}; it is a list of tables with their policies.")
    return [_check(one, f"row_security[{place}]") for place, one in enumerate(declared)]


def _check(one: object, where: str) -> dict[str, Any]:
    table = _mapping(one, where, RowSecurityArgs)
    policies = table.get("policies", [])
    if not isinstance(policies, list | tuple):
        raise DeclarationError(f"{where}: `policies` is {policies!r}; it is a list.")
    return {
        "schema": schema(table.get("schema"), f"the schema of {where}"),
        "table": identifier(table.get("table"), f"the table of {where}"),
        "enabled": _truth(table, "enabled", where, default=True),
        "forced": _truth(table, "forced", where, default=False),
        "policies": [_policy(policy, f"{where}, policies[{place}]") for place, policy in enumerate(policies)],
    }


def _policy(one: object, where: str) -> dict[str, Any]:
    policy = _mapping(one, where, PolicyArgs)
    command = str(policy.get("command", "ALL")).upper()
    if command not in COMMANDS:
        raise DeclarationError(f"{where} is for {command!r}; a policy can be for {', '.join(COMMANDS)}.")
    roles = policy.get("roles", ["public"])
    if not isinstance(roles, list | tuple) or not roles:
        raise DeclarationError(f"{where} has the roles {roles!r}; it is a list, ['public'] for everybody.")
    return {
        "name": identifier(policy.get("name"), f"the name of {where}"),
        "roles": sorted(identifier(role, f"a role of {where}") for role in roles),
        "command": command,
        "permissive": _truth(policy, "permissive", where, default=True),
    }


def _mapping(one: object, where: str, kind: type) -> Mapping[str, Any]:
    if not isinstance(one, Mapping):
        raise DeclarationError(f"{where} is {one!r}; its fields are {', '.join(kind.__annotations__)}.")
    if unknown := set(one) - set(kind.__annotations__):
        raise DeclarationError(f"{where} has the unknown field {sorted(unknown)[0]!r}.")
    return one


def _truth(fields: Mapping[str, Any], name: str, where: str, *, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise DeclarationError(f"{where} has a `{name}` of {value!r}; it is true or false.")
    return value
