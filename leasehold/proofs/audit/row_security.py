"""Row security beside its declaration: whether it is on, for whom, and by which policies."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ...outputs import Policy, RowSecurity

_TABLES = """
SELECT c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname, c.relname) = (%(schema)s, %(table)s) AND c.relkind IN ('r', 'p')
"""

_POLICIES = """
SELECT policyname::text AS name, roles::text[] AS roles, cmd AS command, permissive = 'PERMISSIVE' AS permissive
FROM pg_catalog.pg_policies WHERE (schemaname, tablename) = (%(schema)s, %(table)s)
"""

_ANY = """
SELECT n.nspname::text AS schema, c.relname::text AS table, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'leasehold')
  AND (c.relrowsecurity OR c.relforcerowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy WHERE polrelid = c.oid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY 1, 2
"""


def undeclared(connection: psycopg.Connection, declared: Iterable[RowSecurity]) -> Iterator[str]:
    """Yield the row security of tables for which none is declared, as it would be declared, a line each.

    Args:
        connection: Of any login, to the database.
        declared: What is declared.
    """
    cursor, known = connection.cursor(row_factory=dict_row), {(one.schema_name, one.table) for one in declared}
    for found in cursor.execute(_ANY).fetchall():
        asked = {"schema": found["schema"], "table": found["table"]}
        if (found["schema"], found["table"]) not in known:
            told: dict[str, object] = dict(asked)
            told |= {} if found["enabled"] else {"enabled": False}
            told |= {"forced": True} if found["forced"] else {}
            told["policies"] = [policy.as_declared() for _, policy in sorted(_policies(cursor, asked).items())]
            yield json.dumps(told, ensure_ascii=False)


def differences(connection: psycopg.Connection, declared: Iterable[RowSecurity]) -> Iterator[str]:
    """Yield how tables differ from what is declared, a line each. A table that is not there has nothing to guard.

    Args:
        connection: Of any login, to the database.
        declared: What is declared.
    """
    cursor = connection.cursor(row_factory=dict_row)
    for table in declared:
        named, asked = f"{table.schema_name}.{table.table}", {"schema": table.schema_name, "table": table.table}
        found = cursor.execute(_TABLES, asked).fetchone()
        if found is None:
            continue
        for what in ("enabled", "forced"):
            if found[what] != getattr(table, what):
                yield f"{named}: row security is {'' if found[what] else 'not '}{what}, as it is not declared"
        there = _policies(cursor, asked)
        expected = {policy.name: policy for policy in table.policies}
        for name in sorted({*there, *expected}):
            if name not in there:
                yield f"{named}: policy {name!r} is missing"
            elif name not in expected:
                yield f"{named}: policy {name!r} is not declared ({_shown(there[name])})"
            elif there[name] != expected[name]:
                yield f"{named}: policy {name!r} is {_shown(there[name])}; declared is {_shown(expected[name])}"


def _policies(cursor: psycopg.Cursor[dict[str, Any]], asked: Mapping[str, str]) -> dict[str, Policy]:
    """Return a table's policies, by name."""
    return {row["name"]: Policy.model_validate(row) for row in cursor.execute(_POLICIES, asked).fetchall()}


def _shown(policy: Policy) -> str:
    kind = "permissive" if policy.permissive else "restrictive"
    return f"{kind}, for {policy.command}, to {', '.join(policy.roles)}"
