"""No test connects with more rights than production would give it: such a connection fails the test."""

import psycopg
import psycopg.rows

_WHO = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
  (SELECT c.oid::regclass::text FROM pg_catalog.pg_class c
   WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1 LIMIT 1)
FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user)
"""


class TooPrivilegedError(AssertionError):
    """A test's connection may do more than the code under test may in production."""


def check(connection: psycopg.Connection, *, user: str, owner: bool = False) -> None:
    """Look at a connection as the server sees it.

    Args:
        connection: The connection.
        user: The lease's login, which it must be.
        owner: Whether it may own tables, as what arranges a test may.

    Raises:
        TooPrivilegedError: It is superuser, bypasses row security, owns what it reads, or is somebody else's.
    """
    cursor = connection.cursor(row_factory=psycopg.rows.tuple_row)
    session = cursor.execute("SELECT session_user::text").fetchone()
    if session != (user,):
        raise TooPrivilegedError(
            f"This connection is {session[0] if session else 'nobody'}'s and not this test's own lease, {user}."
        )
    for name, superuser, bypasses, owned in cursor.execute(_WHO).fetchall():
        if superuser or bypasses:
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
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.rollback()
