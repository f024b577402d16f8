"""No test connects with more rights than production would give it: such a connection fails the test."""

import psycopg

from ..leases.libpq import ask

# One statement on one line: each is a line of the server's log, for people to read.
_WHO = (
    "SELECT session_user::text, r.rolname, r.rolsuper, r.rolbypassrls, "
    "(SELECT c.oid::regclass::text FROM pg_catalog.pg_class c"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relowner IN (SELECT o.oid FROM pg_catalog.pg_roles o"
    " WHERE NOT o.rolsuper AND pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE')) ORDER BY 1 LIMIT 1) "
    "FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user)"
)


BYPASSES = "BYPASSRLS"
"""The attribute that a role may be declared to have, with a reason."""


class TooPrivilegedError(AssertionError):
    """A test's connection may do more than the code under test may in production."""


def check(connection: psycopg.Connection, *, user: str, owner: bool = False, bypasses: bool = False) -> None:
    """Look at a connection as the server sees it.

    Args:
        connection: The connection.
        user: The lease's login, which it must be.
        owner: Whether it may own tables, as what arranges a test may.
        bypasses: Whether its role is declared to bypass row security.

    Raises:
        TooPrivilegedError: It is superuser, bypasses row security, owns what it reads, or is not the test's own lease.
    """
    rows = ask(connection, _WHO)
    if not rows:
        raise TooPrivilegedError("This connection's role is gone, so nobody can tell what it may do.")
    for session, name, superuser, unbound, owned in rows:
        if session != user:
            raise TooPrivilegedError(f"This connection is {session}'s and not this test's own lease, {user}.")
        if superuser or (unbound and not bypasses):
            what = "is a superuser" if superuser else "bypasses row security"
            raise TooPrivilegedError(
                f"This connection acts as {name}, which {what}: it meets none of production's locks. "
                "Use a declared role."
            )
        if owned and not owner:
            raise TooPrivilegedError(
                f"This connection acts as {name}, which owns {owned}: an owner is refused nothing on it, so a test "
                "that passes here proves nothing. Use the role that the code has in production; to arrange data, say "
                "so with `owner=True`."
            )
