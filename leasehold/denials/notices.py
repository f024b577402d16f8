"""Notices: trouble that was no refusal."""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import lru_cache

from ..databases.statements import needed_privileges, reads_or_writes
from ..outputs import Role
from .collector import MOST_STATEMENTS, Collector, Use
from .model import Notice
from .session_state import HeldLease, SessionState

NEAR = 0.1
"""A lease is near its end when this much of its term is left."""

Pair = tuple[str, str, str]
"""Schema, table (or ``*``) and privilege."""


def notices(session_state: SessionState, collector: Collector, refused: Set[str]) -> Iterator[Notice]:
    """Yield what is worth a look in a session.

    Args:
        session_state: What its processes held.
        collector: How that was used.
        refused: Logins that were refused something: they were not left unused.
    """
    taken = [held for held in session_state.leases.values() if held.role in session_state.roles]
    for held in taken:
        use = collector.uses.get(held.login)
        if use is None:
            if held.login in refused:
                continue
            yield _notice("unused login", "Nobody logged in with a lease of {role}.", held)
        elif _near_its_end(held, use):
            yield _notice("lease near its end", "A lease of {role} was used in the last tenth of its term.", held)
        narrower = (
            _narrower(held, collector.statements.get(held.login, ()), session_state.roles) if collector.complete else ""
        )
        if narrower:
            what = f"Its statements needed no more than {narrower} may, and it used {{role}}."
            yield _notice("wider role than needed", what, held)
    with_leases = {name for name, role in session_state.roles.items() if role.has_leases}
    for role in sorted(with_leases - session_state.static_logins - {held.role for held in taken}):
        yield Notice(kind="unused role", role=role, message=f"No test took a lease of {role}.")


def outages(collector: Collector) -> Iterator[Notice]:
    """Yield outages of servers. They are no refusals, but tests may have suffered from them."""
    by_server: dict[tuple[str, str], list[datetime]] = {}
    for one in collector.unanswered:
        by_server.setdefault((one.service, one.why), []).append(one.time)
    for (server, why), times in by_server.items():
        span = f"{min(times):%H:%M:%S} to {max(times):%H:%M:%S} UTC"
        message = f"The gateway could not pass {len(times)} connections on to the {server}, {span}: {why}."
        yield Notice(kind="outage", message=message)
    for source, moments in collector.starts.items():
        for moment in moments:
            message = (
                f"The {source} began anew at {moment:%H:%M:%S} UTC, without what it had in its memory: leases and "
                "tokens from before are refused since, which is told as nobody's denial."
            )
            yield Notice(kind="outage", message=message)


def _notice(kind: str, message: str, held: HeldLease) -> Notice:
    return Notice.model_validate(
        {"kind": kind, "message": message.format(role=held.role), "role": held.role, "test": held.test}
    )


def _near_its_end(held: HeldLease, use: Use) -> bool:
    return use.last is not None and held.ends - use.last.timestamp() < NEAR * held.term


def _narrower(held: HeldLease, statements: Iterable[str], roles: Mapping[str, Role]) -> str:
    """Return the narrowest role that would have done; empty if none, or if a statement cannot be analysed."""
    needed: set[tuple[str, str]] = set()
    for statement in statements:
        told = _needed(statement)
        if told is None:
            return ""
        needed |= told
    if not needed:
        return ""
    own = _pairs(roles[held.role])
    fit = [
        (len(pairs), name)
        for name, role in roles.items()
        if _is_narrower(pairs := _pairs(role), own) and all(_has(pairs, *need) for need in needed)
    ]
    return min(fit)[1] if fit else ""


@lru_cache(maxsize=MOST_STATEMENTS)
def _needed(statement: str) -> frozenset[tuple[str, str]] | None:
    """Return what a statement needs of tables that are not the server's own; None if it does not tell all."""
    if not reads_or_writes(statement):
        return None
    return frozenset(
        (table, privilege)
        for table, privilege in needed_privileges(statement)
        if not table.startswith(("pg_", "information_schema."))
    )


def _pairs(role: Role) -> frozenset[Pair]:
    if role.owns:
        return frozenset((schema, "*", privilege) for schema in role.owns for privilege in _OWNERS)
    return frozenset(
        (grant.schema_name, table, privilege)
        for grant in role.table_grants
        for table in grant.objects or ["*"]
        for privilege in grant.privileges or grant.default_privileges
    )


_OWNERS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def _is_narrower(one: frozenset[Pair], other: frozenset[Pair]) -> bool:
    return one != other and all(_covers(other, pair) for pair in one) and not all(_covers(one, pair) for pair in other)


def _covers(pairs: frozenset[Pair], pair: Pair) -> bool:
    return pair in pairs or (pair[0], "*", pair[2]) in pairs


def _has(pairs: frozenset[Pair], table: str, privilege: str) -> bool:
    schema, _, name = table.rpartition(".")
    return any(pair[2] == privilege and pair[1] in ("*", name) and schema in ("", pair[0]) for pair in pairs)
