"""Roles as they are declared, and the smallest grant that a refused statement asks for."""

import json
import re
from collections.abc import Mapping

from ..outputs import Grant, Role
from .model import Denial, Kind
from .sources.entries import Refusal

UNKNOWN_SCHEMA = "..."
"""Stands for a schema that neither the statement nor the role's declaration names."""


def declared(name: str, role: Role) -> str:
    """Return a role as it stands in the list of declared roles."""
    parts: dict[str, object] = {"name": name}
    if role.owns:
        parts["owns"] = role.owns
    if role.database:
        parts["database"] = role.database
    if role.grants:
        parts["grants"] = [grant.as_declared() for grant in role.grants]
    if role.member_of:
        parts["member_of"] = [membership.model_dump(exclude_defaults=True) for membership in role.member_of]
    return json.dumps(parts)


def full_name(refusal: Refusal, role: Role | None) -> str:
    """Return the relation's name with its schema, as far as statement and declaration tell it; a column's after it."""
    if refusal.kind is Kind.COLUMN:
        table, _, column = refusal.on.rpartition(".")
        return f"{_full_name(table, refusal, role)}.{column}"
    return _full_name(refusal.on, refusal, role)


def names(denial: Denial) -> set[str]:
    """Return the names by which one may speak of what was refused: with or without schema, and a column's table's."""
    relations = {denial.on}
    if denial.kind is Kind.COLUMN:
        relations.add(denial.on.rpartition(".")[0])
        relations.add(".".join(denial.on.split(".")[-2:]))
    return relations | {relation.rpartition(".")[2] for relation in relations}


def _full_name(table: str, refusal: Refusal, role: Role | None) -> str:
    named = sorted({name for name, _ in refusal.needed if name.endswith(f".{table}")})
    if named:
        return named[0]
    schemas = sorted({*role.owns, *(grant.schema_name for grant in role.grants if grant.schema_name)}) if role else []
    return f"{schemas[0]}.{table}" if len(schemas) == 1 and "." not in table else table


def smallest_grant(refusal: Refusal, relation: str, role: Role | None) -> str:
    """Return the grant that the role lacks for the statement, in the syntax in which roles are declared."""
    schema, _, table = relation.rpartition(".")
    needed = {privilege for name, privilege in refusal.needed if name in (relation, table)}
    held = (
        {privilege for grant in role.table_grants if _covers(grant, schema, table) for privilege in grant.privileges}
        if role
        else set[str]()
    )
    needed = needed or {_privilege(refusal)}
    missing = sorted(needed - held) or sorted(needed)
    return json.dumps(_grant(schema or UNKNOWN_SCHEMA, [table], missing))


_MAINTAINING = ("VACUUM", "ANALYZE", "CLUSTER", "REINDEX", "REFRESH", "LOCK")


def _privilege(refusal: Refusal) -> str:
    """Return the privilege that a command asks for, where its statement tells no more."""
    if refusal.action in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        return refusal.action
    if refusal.action in _MAINTAINING:
        return "MAINTAIN"
    if refusal.action == "COPY" and re.match(r"[^(]* FROM ", refusal.statement, re.IGNORECASE):
        return "INSERT"
    return "SELECT"


def owner_of(schema: str, roles: Mapping[str, Role]) -> str:
    """Return the role that owns a schema; an empty name if none does."""
    return next((name for name, role in roles.items() if schema in role.owns), "")


def _covers(grant: Grant, schema: str, table: str) -> bool:
    return grant.schema_name == schema and (not grant.objects or table in grant.objects)


def _grant(schema: str, tables: list[str], privileges: list[str]) -> dict[str, object]:
    return {"schema": schema, "tables": tables, "privileges": privileges}
