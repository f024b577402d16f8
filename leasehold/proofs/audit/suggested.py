"""Grants as narrow as the statements in the server's log allow, in the syntax in which roles are declared.

A suggestion, not a finding: that no test needed a privilege does not tell that production does not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from ...outputs import Grant, Role
from .effective import Object
from .used import ANY, Used


def suggestions(roles: Mapping[str, Role], used: Used, there: Iterable[Object]) -> list[str]:
    """Return each role whose grants could be narrower, as it would be declared.

    Of a role that used none of its tables (`idle`) nothing is known but that, so nothing is suggested.

    Args:
        roles: The declared roles, by name.
        used: What their statements needed.
        there: What tables there are, for a grant on all of a schema's.
    """
    lines = []
    for name, role, narrower in _narrower(roles, used, there):
        declared = [
            {"schema": grant.schema_name, "tables": grant.objects, "privileges": grant.privileges}
            for grant in role.table_grants
        ]
        if narrower and _pairs(narrower) != _pairs(declared):
            others = [
                {**grant.as_declared(), **_options(grant)} for grant in role.grants if grant not in role.table_grants
            ]
            lines.append(json.dumps({"name": name, "grants": [*narrower, *others]}, ensure_ascii=False))
    return lines


def idle(roles: Mapping[str, Role], used: Used, there: Iterable[Object]) -> list[str]:
    """Return the names of the roles that have grants on tables, and used none of these tables."""
    return [name for name, role, narrower in _narrower(roles, used, there) if role.table_grants and not narrower]


def untold(roles: Mapping[str, Role], used: Used, there: Iterable[Object]) -> list[str]:
    """Return each role and table of which privileges stay because it cannot be told which of them were needed."""
    tables = _tables(there)
    found: dict[str, None] = {}
    for name, role in roles.items():
        needed = used.get(name, set())
        for grant in role.table_grants:
            for table in grant.objects or tables.get(grant.schema_name, []):
                told = {privilege for one, privilege in needed if one in _names(grant, table)}
                if ANY in told and not told.issuperset(grant.privileges):
                    found[f"{name} on {grant.schema_name}.{table}"] = None
    return list(found)


def _narrower(
    roles: Mapping[str, Role], used: Used, there: Iterable[Object]
) -> Iterator[tuple[str, Role, list[dict[str, object]]]]:
    """Yield each role with what is left of its grants on tables."""
    tables = _tables(there)
    for name, role in roles.items():
        needed = used.get(name, set())
        grants = (
            _narrowed(grant, needed, grant.objects or tables.get(grant.schema_name, [])) for grant in role.table_grants
        )
        yield name, role, [one for grant in grants for one in grant]


def _narrowed(grant: Grant, needed: set[tuple[str, str]], tables: Iterable[str]) -> Iterator[dict[str, object]]:
    """Yield what is left of a grant: its tables, by the privileges that statements needed on them."""
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    for table in tables:
        names = _names(grant, table)
        privileges = tuple(p for p in grant.privileges if any({(name, p), (name, ANY)} & needed for name in names))
        if privileges:
            by_privileges.setdefault(privileges, []).append(table)
    for privileges, kept in by_privileges.items():
        yield {"schema": grant.schema_name, "tables": kept, "privileges": list(privileges), **_options(grant)}


def _tables(there: Iterable[Object]) -> dict[str, list[str]]:
    """Return the names of the tables that there are, sorted, by schema."""
    tables: dict[str, list[str]] = {}
    for schema, name in sorted((one.schema, one.name) for one in there if one.kind == "table"):
        tables.setdefault(schema, []).append(name)
    return tables


def _names(grant: Grant, table: str) -> set[str]:
    """Return how a statement may name a grant's table."""
    return {table, f"{grant.schema_name}.{table}"}


def _options(grant: Grant) -> dict[str, object]:
    """Return the fields of a grant that are given only where they differ from the default."""
    options: dict[str, object] = {}
    if grant.grant_option:
        options["grant_option"] = True
    if grant.by_migrations:
        options["granted_by"] = "migrations"
    return options


def _pairs(grants: Iterable[Mapping[str, object]]) -> set[tuple[str, str, str]]:
    return {
        (str(grant["schema"]), table, privilege)
        for grant in grants
        for table in _texts(grant["tables"]) or ["*"]
        for privilege in _texts(grant["privileges"])
    }


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
