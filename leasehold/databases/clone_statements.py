"""Statements about clones, as data."""

from collections.abc import Iterator

from psycopg.sql import SQL, Composed, Identifier

from ..contract import TEMPORARY
from ..outputs import Outputs

# Object identifiers grow.
TEMPLATES = """
SELECT datname, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '') FROM pg_catalog.pg_database
WHERE starts_with(datname, {}) ORDER BY oid DESC
"""

ORPHANS = """
SELECT datname FROM pg_catalog.pg_database
WHERE datname ~ '^t_[0-9a-f]{8}_' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND lpad(to_hex(objid::bigint), 8, '0') = substr(datname, 3, 8))
"""


def grants(outputs: Outputs, name: str) -> Iterator[Composed]:
    """Yield what is declared for the run's database, for a clone: privileges on a database are not cloned with it.

    Args:
        outputs: The run's.
        name: The clone.
    """
    database = Identifier(name)
    if TEMPORARY in outputs.revoked_from_public:
        yield SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database)
    for role, access in outputs.roles.items():
        if access.database:
            privileges = SQL(", ").join(map(SQL, access.database))
            yield SQL("GRANT {} ON DATABASE {} TO {}").format(privileges, database, Identifier(role))
