"""Grants that no test needed: what statements in the server's log used, beside what each role was declared to do.

A suggestion, not a finding: that no test needed a privilege does not tell that production does not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..outputs import Grant, Role

# A lease's login begins with its role's name; a statement's further lines begin with a tab.
_STATEMENT = re.compile(
    r"user=(?P<role>[a-z][a-z0-9_]*)-[a-z0-9]{16} .*?LOG:  (?:statement|execute [^:]*): (?P<sql>.*)"
)

Used = dict[str, set[tuple[str, str]]]
"""By role, table (as the statement names it, with its schema if it names one) and privilege."""


def used_privileges(log: Iterable[str]) -> Used:
    """Read from the server's log which privileges statements needed (PostgreSQL 18 manual, 5.8 and SQL commands)."""
    used: Used = {}
    for role, statement in _statements(log):
        used.setdefault(role, set()).update(_needed(statement))
    return used


def suggestions(roles: Mapping[str, Role], used: Used) -> list[str]:
    """Return each role whose grants could be narrower, as it would be declared."""
    lines = []
    for name, role in roles.items():
        needed = used.get(name, set())
        grants = [_narrowed(grant, needed) for grant in role.grants]
        declared = [grant.model_dump(by_alias=True, exclude={"default_privileges"}) for grant in role.grants]
        narrower = [one for grant in grants for one in grant]
        if _pairs(narrower) != _pairs(declared):
            lines.append(f'{{"name": "{name}", "grants": {narrower}}}'.replace("'", '"'))
    return lines


def _statements(log: Iterable[str]) -> Iterator[tuple[str, str]]:
    role, lines = "", list[str]()
    for line in log:
        if line.startswith("\t"):
            lines.append(line[1:])
            continue
        if role:
            yield role, "\n".join(lines)
        match = _STATEMENT.search(line)
        role, lines = (match["role"], [match["sql"]]) if match else ("", [])
    if role:
        yield role, "\n".join(lines)


def _needed(statement: str) -> Iterator[tuple[str, str]]:
    try:
        parsed = [one for one in sqlglot.parse(statement, dialect="postgres") if one is not None]
    except SqlglotError:
        return  # what cannot be read suggests nothing
    for tree in parsed:
        named = {cte.alias for cte in tree.find_all(exp.CTE)}
        targets = set()
        for kind, privilege in ((exp.Insert, "INSERT"), (exp.Update, "UPDATE"), (exp.Delete, "DELETE")):
            for change in tree.find_all(kind):
                target = change.this.find(exp.Table)
                if target is None:
                    continue
                yield _name(target), privilege
                # Columns that are read, in WHERE or RETURNING, need SELECT as well.
                if not change.args.get("where") and not change.args.get("returning"):
                    targets.add(id(target))
        locking = next(tree.find_all(exp.Lock), None) is not None
        for table in tree.find_all(exp.Table):
            if table.name in named or id(table) in targets:
                continue
            yield _name(table), "SELECT"
            if locking:
                yield _name(table), "UPDATE"


def _name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _narrowed(grant: Grant, needed: set[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Yield what is left of a grant: its tables, by the privileges that statements needed on them."""
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    tables = grant.tables or sorted({table.rpartition(".")[2] for table, _ in needed})
    for table in tables:
        names = {table, f"{grant.schema_name}.{table}"}
        privileges = tuple(p for p in grant.privileges if any((name, p) in needed for name in names))
        if privileges:
            by_privileges.setdefault(privileges, []).append(table)
    for privileges, kept in by_privileges.items():
        yield {"schema": grant.schema_name, "tables": kept, "privileges": list(privileges)}


def _pairs(grants: Iterable[Mapping[str, object]]) -> set[tuple[str, str, str]]:
    return {
        (str(grant["schema"]), table, privilege)
        for grant in grants
        for table in _texts(grant["tables"]) or ["*"]
        for privilege in _texts(grant["privileges"])
    }


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
