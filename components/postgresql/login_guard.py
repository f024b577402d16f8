"""A guard at the login: no lease that is being revoked slips through, and none enters another test's database.

Revocation is one transaction: it bars the login, ends the sessions, drops the role. The bar is invisible before
that transaction commits, so without a guard a pool that reconnects at once would get a session that is never ended.
The guard makes every login look at its own row with a lock that waits for such a transaction. A login that passed
before is among the sessions that are ended; a later one finds no row. The row is in a catalog that all
databases share, so this holds in every clone.

A clone is for one test. Its owner, the template admin, names the logins that may enter in the database's comment, which
is in a shared catalog too; in hexadecimal, since a name can hold anything. Granting CONNECT to each login would do as
well, but the broker could not take it back when the lease ends: only the database's owner can.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier

_GUARD = Identifier("leasehold", "guard_login")

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
  END IF;{guests}
END
$body$"""

# The run's own database is marked as a template and open to all leases; a clone without guests is closed.
_GUESTS = """
  PERFORM FROM pg_database WHERE datname = current_database() AND (datistemplate
    OR encode(convert_to(session_user, 'UTF8'), 'hex')
      = ANY (string_to_array(coalesce(shobj_description(oid, 'pg_database'), ''), ' ')));
  IF NOT FOUND THEN
    RAISE insufficient_privilege USING MESSAGE = format('permission denied for database %I: it is another test''s',
      current_database());
  END IF;"""


# Enabled also when a session runs as a replica; the superuser alone can disable it. PostgreSQL 16 knows no such event:
# what is weaker there, the audit tells.
_TRIGGER = """\
DO $do$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    CREATE EVENT TRIGGER leasehold_login_guard ON login EXECUTE FUNCTION {guard}();
    ALTER EVENT TRIGGER leasehold_login_guard ENABLE ALWAYS;
  END IF;
END
$do$"""


def login_guard_statements(*, guests: bool) -> Iterator[Composable]:
    """Yield what the superuser runs once in a database (PostgreSQL 18 manual, 38.1.1 login event).

    Args:
        guests: Whether clones are made of it, which only invited logins may enter.
    """
    yield SQL(_FUNCTION).format(guard=_GUARD, guests=SQL(_GUESTS if guests else ""))
    yield SQL(_TRIGGER).format(guard=_GUARD)
