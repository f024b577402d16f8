"""Grants that no test needed: what statements in the server's log used, beside what each role was declared to do.

A suggestion, not a finding: that no test needed a privilege does not tell that production does not.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from ...contract import broker_name
from ...databases.statements import LONGEST, needed_privileges, reads_or_writes
from ...denials.sources.database_log import LEASE, SENT, Record
from ...outputs import Grant, Role
from .effective import Object
from .indirect import Behind, Reach

OURS = "leasehold audit"
"""Application name of the audit's own session, whose statements no test made."""

ANY = "*"
"""In place of a privilege: any."""

MOST_KNOWN = 10_000
"""Most kinds of statements whose needs are remembered while a log is read; then it begins anew."""

Used = dict[str, set[tuple[str, str]]]
"""By role, table (as the server reads the statement's name, with its schema if it names one) and privilege."""


def used_privileges(
    log: Iterable[Record], roles: Iterable[str], tables: Iterable[str], there: Iterable[Behind] = ()
) -> Used:
    """Read from the server's log which privileges statements needed (PostgreSQL 18 manual, 5.8 and SQL commands).

    Args:
        log: Its records.
        roles: The roles whose leases' statements count.
        tables: Names of tables, without their schemas, that a statement which cannot be read may name.
        there: What stands behind functions and tables.
    """
    used: Used = {}
    known: dict[str, frozenset[tuple[str, str]]] = {}
    reach = Reach(tables, there)
    for role, statement in _statements(log, {broker_name(role): role for role in roles}):
        kind = _kind(statement)
        needed = known.get(kind)
        if needed is None:
            is_told = reads_or_writes(statement)
            told = set(needed_privileges(statement))
            reached = reach.of_statement(statement, told) if is_told else reach.of_text(statement)
            needed = frozenset((*told, *((table, ANY) for table in reached)))
            if is_told and len(statement) <= LONGEST:
                if len(known) >= MOST_KNOWN:
                    known.clear()
                known[kind] = needed
        used.setdefault(role, set()).update(needed)
    return used


def suggestions(roles: Mapping[str, Role], used: Used, there: Iterable[Object]) -> list[str]:
    """Return each role whose grants could be narrower, as it would be declared.

    Args:
        roles: The declared roles, by name.
        used: What their statements needed.
        there: What tables there are, for a grant on all of a schema's.
    """
    there = [one for one in there if one.kind == "table"]
    lines = []
    for name, role in roles.items():
        needed = used.get(name, set())
        grants = [_narrowed(grant, needed, there) for grant in role.table_grants]
        declared = [
            {"schema": grant.schema_name, "tables": grant.objects, "privileges": grant.privileges}
            for grant in role.table_grants
        ]
        narrower = [one for grant in grants for one in grant]
        if _pairs(narrower) != _pairs(declared):
            others = [
                {**grant.as_declared(), **_options(grant)} for grant in role.grants if grant not in role.table_grants
            ]
            lines.append(json.dumps({"name": name, "grants": [*narrower, *others]}, ensure_ascii=False))
    return lines


def _statements(log: Iterable[Record], roles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for record in log:
        login = LEASE.fullmatch(str(record.get("user", "")))
        sent = SENT.match(str(record.get("message", "")))
        if login and sent and login["role"] in roles and record.get("application_name") != OURS:
            yield roles[login["role"]], sent[1]


_SPECIAL = re.compile(r"[\"\\$]|--|/\*")
_CONSTANT = re.compile(r"'[^']*'|\b[0-9]+\b")


def _kind(statement: str) -> str:
    """Return what statements have in common that differ in constants alone: they need the same.

    A log has thousands of them, and each would be parsed. Where something else than a constant could look like one (in
    quoted names, comments, escapes), the statement stays as it is.
    """
    if len(statement) > LONGEST or _SPECIAL.search(statement):
        return statement
    return _CONSTANT.sub("?", statement)


def _narrowed(grant: Grant, needed: set[tuple[str, str]], there: Iterable[Object]) -> Iterator[dict[str, object]]:
    """Yield what is left of a grant: its tables, by the privileges that statements needed on them."""
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    tables = grant.objects or sorted(one.name for one in there if one.schema == grant.schema_name)
    for table in tables:
        names = {table, f"{grant.schema_name}.{table}"}
        privileges = tuple(p for p in grant.privileges if any({(name, p), (name, ANY)} & needed for name in names))
        if privileges:
            by_privileges.setdefault(privileges, []).append(table)
    for privileges, kept in by_privileges.items():
        yield {"schema": grant.schema_name, "tables": kept, "privileges": list(privileges), **_options(grant)}


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
