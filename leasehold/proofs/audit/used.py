"""Grants that no test needed: what statements in the server's log used, beside what each role was declared to do.

A suggestion, not a finding: that no test needed a privilege does not tell that production does not.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from ...databases.statements import folded, needed_privileges, reads_or_writes
from ...denials.sources.database_log import LEASE, SENT, Record
from ...outputs import Grant, Role
from .effective import Relation

OURS = "leasehold audit"
"""Application name of the audit's own session, whose statements no test made."""

ANY = "*"
"""In place of a privilege: any."""

Used = dict[str, set[tuple[str, str]]]
"""By role, table (as the server reads the statement's name, with its schema if it names one) and privilege."""


def used_privileges(log: Iterable[Record], roles: Iterable[str]) -> Used:
    """Read from the server's log which privileges statements needed (PostgreSQL 18 manual, 5.8 and SQL commands).

    Args:
        log: Its records.
        roles: The roles whose leases' statements count.
    """
    used: Used = {}
    for role, statement in _statements(log, frozenset(roles)):
        used.setdefault(role, set()).update(_needed(statement))
    return used


def suggestions(roles: Mapping[str, Role], used: Used, there: Iterable[Relation]) -> list[str]:
    """Return each role whose grants could be narrower, as it would be declared.

    Args:
        roles: The declared roles, by name.
        used: What their statements needed.
        there: What tables there are, for a grant on all of a schema's.
    """
    there = [relation for relation in there if not relation.sequence]
    lines = []
    for name, role in roles.items():
        needed = used.get(name, set())
        grants = [_narrowed(grant, needed, there) for grant in role.grants]
        declared = [grant.model_dump(by_alias=True, exclude={"default_privileges"}) for grant in role.grants]
        narrower = [one for grant in grants for one in grant]
        if _pairs(narrower) != _pairs(declared):
            lines.append(json.dumps({"name": name, "grants": narrower}, ensure_ascii=False))
    return lines


def _statements(log: Iterable[Record], roles: frozenset[str]) -> Iterator[tuple[str, str]]:
    for record in log:
        login = LEASE.fullmatch(str(record.get("user", "")))
        sent = SENT.match(str(record.get("message", "")))
        if login and sent and login["role"] in roles and record.get("application_name") != OURS:
            yield login["role"], sent[1]


def _needed(statement: str) -> Iterator[tuple[str, str]]:
    yield from needed_privileges(statement)
    if not reads_or_writes(statement):
        yield from _named_in(statement)


def _named_in(statement: str) -> Iterator[tuple[str, str]]:
    """Yield all that an unreadable statement may have needed: anything on anything that it names."""
    for word in set(re.findall(r"[^\W\d]\w*", statement)):
        yield word, ANY  # it may stand in quotes
        yield folded(word), ANY


def _narrowed(grant: Grant, needed: set[tuple[str, str]], there: Iterable[Relation]) -> Iterator[dict[str, object]]:
    """Yield what is left of a grant: its tables, by the privileges that statements needed on them."""
    by_privileges: dict[tuple[str, ...], list[str]] = {}
    tables = grant.tables or sorted(relation.name for relation in there if relation.schema == grant.schema_name)
    for table in tables:
        names = {table, f"{grant.schema_name}.{table}"}
        privileges = tuple(p for p in grant.privileges if any({(name, p), (name, ANY)} & needed for name in names))
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
