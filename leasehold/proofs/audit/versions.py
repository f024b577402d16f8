"""What an audit makes of the server's version: what it does not know, and which locks it lacks."""

from collections.abc import Iterable

from .facts import TABLE_PRIVILEGES, Fact, table_privileges

LOGIN_EVENT_SINCE = 170000
"""First version of the server, as it numbers them, with an event trigger at the login (PostgreSQL 17 release notes)."""

_NO_GUARD = (
    "this PostgreSQL knows no trigger at the login (17 and later do), so every lease can enter another test's "
    "database, with its own role's rights",
    "and a login in the very moment in which its lease is revoked may leave a session that outlives it",
)


def known(facts: Iterable[Fact], server_version: int) -> set[Fact]:
    """Return the facts that can be on a server of this version, such as 170006."""
    strange = {*TABLE_PRIVILEGES} - {*table_privileges(server_version)}
    return {fact for fact in facts if fact.privilege not in strange}


def weaker(server_version: int) -> tuple[str, ...]:
    """Return which locks a server of this version lacks, a line each."""
    return () if server_version >= LOGIN_EVENT_SINCE else _NO_GUARD
