"""What privileges the statements in the server's log needed, by role."""

import re
from collections.abc import Iterable, Iterator, Mapping

from ...contract import broker_name
from ...databases.statements import LONGEST, constants, names_its_tables, needed_privileges, reads_or_writes
from ...denials.sources.database_log import LEASE, SENT, Record
from ...outputs import Role
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
    log: Iterable[Record], roles: Mapping[str, Role], tables: Iterable[str], there: Iterable[Behind] = ()
) -> Used:
    """Read from the server's log which privileges statements needed (PostgreSQL 18 manual, 5.8 and SQL commands).

    A statement counts for its login's role and for every role that this one is a member of: it may have needed theirs.

    Args:
        log: Its records.
        roles: The declared roles, by name. Statements of their leases and static logins count.
        tables: Names of tables, without their schemas, that a statement which cannot be read may name.
        there: What stands behind functions and tables.
    """
    used: Used = {}
    known: dict[str, frozenset[tuple[str, str]]] = {}
    reach = Reach(tables, there)
    counting = {name: _with_memberships(name, roles) for name in roles}
    for role, statement in _statements(log, roles):
        kind = _kind(statement)
        needed = known.get(kind, known.get(statement))
        if needed is None:
            is_told = reads_or_writes(statement)
            needed = _needed(statement, reach, is_told=is_told)
            if len(statement) <= LONGEST:
                if len(known) >= MOST_KNOWN:
                    known.clear()
                known[kind if is_told else statement] = needed
        for name in counting[role]:
            used.setdefault(name, set()).update(needed)
    return used


def _needed(statement: str, reach: Reach, *, is_told: bool) -> frozenset[tuple[str, str]]:
    """Return what a statement needs: what it tells, and any privilege on tables that it may reach beyond that."""
    told = set(needed_privileges(statement))
    if names_its_tables(statement):
        reached = reach.of_statement(statement, told)
        if not is_told:  # a function may be told which table it is to use, by a constant or by what was read from one
            told_it = statement if reach.is_dynamic(statement) else " ".join(constants(statement))
            reached |= reach.of_text(told_it)
    else:
        reached = reach.of_text(statement)
    return frozenset((*told, *((table, ANY) for table in reached)))


def _statements(log: Iterable[Record], roles: Mapping[str, Role]) -> Iterator[tuple[str, str]]:
    """Yield each statement of a declared role's, after the role."""
    leased = {broker_name(name): name for name, role in roles.items() if not role.is_static}
    for record in log:
        sent = SENT.match(str(record.get("message", "")))
        if sent is None or record.get("application_name") == OURS:
            continue
        user = str(record.get("user", ""))
        if user in roles and roles[user].is_static:
            yield user, sent[1]
        elif (login := LEASE.fullmatch(user)) and login["role"] in leased:
            yield leased[login["role"]], sent[1]


def _with_memberships(name: str, roles: Mapping[str, Role]) -> set[str]:
    """Return a role and the declared ones whose privileges it has, or takes with SET ROLE."""
    found, waiting = set[str](), {name}
    while waiting:
        found.add(one := waiting.pop())
        waiting |= {
            member.role for member in roles[one].member_of if member.inherit or member.set
        } & roles.keys() - found
    return found


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
