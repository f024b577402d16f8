"""Grants that somebody made and nobody declared, as they would be declared: for those that are meant to be there."""

import json
from collections.abc import Iterable, Iterator

from .facts import Fact

_FIELDS = {"table": "tables", "sequence": "sequences", "function": "functions", "type": "types", "schema": "schemas"}
"""Field of a grant that lists the objects, by the kind of a fact."""


def to_take_over(surplus: Iterable[Fact]) -> list[str]:
    """Return what would have to be added to each role's grants, a line each. What cannot be declared is left out.

    Args:
        surplus: What roles can do that is not declared.
    """
    grants: dict[tuple[str, str], set[str]] = {}
    for fact in surplus:
        if fact.role != "PUBLIC" and (place := _place(fact)):
            grants.setdefault((fact.role, json.dumps(place, ensure_ascii=False)), set()).add(
                fact.privilege.partition(" as ")[0]
            )
    return list(_lines(grants))


def _place(fact: Fact) -> dict[str, object] | None:
    """Return what a grant says of an object; None for what is no grant on one."""
    if fact.kind == "schema":
        return {"schemas": [fact.object]}
    if fact.kind == "column":
        table, _, column = fact.object.rpartition(".")
        schema, _, name = table.partition(".")
        return {"schema": schema, "tables": [name], "columns": [column]}
    if fact.kind not in _FIELDS:
        return None
    schema, _, name = fact.object.partition(".")
    return {"schema": schema, _FIELDS[fact.kind]: [name]}


def _lines(grants: dict[tuple[str, str], set[str]]) -> Iterator[str]:
    for (role, place), privileges in sorted(grants.items()):
        grant = {**json.loads(place), "privileges": sorted(privileges), "granted_by": "migrations"}
        yield f"{role}: {json.dumps(grant, ensure_ascii=False)}"
