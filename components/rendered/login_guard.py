"""A guard at the login: whoever logs in while the lease is being revoked is refused, and never slips through.

Revocation is one transaction: it bars the login, ends the sessions, drops the role. Nobody sees the bar before
that transaction commits, so without a guard a pool that reconnects at once would get a session that nobody ends.
The guard makes every login look at its own row with a lock that waits for such a transaction. Whoever passed
before is among the sessions that are ended; whoever comes later finds no row. The row is in a catalog that all
databases share, so this holds in every clone.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier

_GUARD = Identifier("leasehold", "refuse_ended_lease")

# SECURITY DEFINER, because the catalog with the logins is the superuser's alone. ``session_user`` stays the
# login's. The row is locked FOR SHARE: that waits for the ALTER ROLE and DROP ROLE of a revocation (PostgreSQL 18
# manual, 13.3.2 Row-Level Locks), and not for other logins.
_FUNCTION = """\
CREATE FUNCTION {guard}() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  PERFORM FROM pg_authid WHERE rolname = session_user AND rolcanlogin FOR SHARE;
  IF NOT FOUND THEN
    RAISE invalid_authorization_specification USING MESSAGE = 'this lease has ended';
  END IF;
END
$body$"""


def login_guard_statements() -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database (PostgreSQL 18 manual, 38.1.1 login event)."""
    yield SQL(_FUNCTION).format(guard=_GUARD)
    yield SQL("CREATE EVENT TRIGGER leasehold_login_guard ON login EXECUTE FUNCTION {}()").format(_GUARD)
    # Also when a session runs as a replica; nobody but the superuser can disable it.
    yield SQL("ALTER EVENT TRIGGER leasehold_login_guard ENABLE ALWAYS")
