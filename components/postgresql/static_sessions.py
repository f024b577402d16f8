"""How the sessions of static logins end: those of dynamic ones end with their leases.

The harness drops a clone when its test is over, which takes that nobody is in it. It may end the sessions in databases
of its own, and no others: a function does that for it, since the right to do it as itself would hold everywhere.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import END_SESSIONS, TEMPLATE_ADMIN

_PATIENCE = 5000
"""How long the end of one session may take, in milliseconds."""

_FUNCTION = """\
CREATE FUNCTION {function}(name) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$body$
  SELECT pg_terminate_backend(a.pid, {patience}) FROM pg_stat_activity a JOIN pg_database d ON d.oid = a.datid
  WHERE d.datname = $1 AND d.datdba = {admin}::regrole AND a.backend_type = 'client backend'
$body$"""


def static_session_statements() -> Iterator[Composable]:
    """Yield what the superuser runs once in the database that the template admin is in."""
    function, admin = Identifier(*END_SESSIONS.split(".")), Identifier(TEMPLATE_ADMIN)
    yield SQL(_FUNCTION).format(function=function, patience=SQL(str(_PATIENCE)), admin=Literal(TEMPLATE_ADMIN))
    yield SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function)
    yield SQL("GRANT USAGE ON SCHEMA leasehold TO {}").format(admin)
    yield SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, admin)
