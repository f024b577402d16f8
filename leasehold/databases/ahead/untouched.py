"""Whether a clone is as it was made, so that another test may have it.

Two proofs, and in doubt there is none. Its roles may write nothing in it, so nothing that PostgreSQL does not count
can have changed: no sequence, no large object, nothing through a function that acts as its owner. And what it counts,
it has counted none of: no row of any table was written, the catalogue's and temporary tables' among them. What sessions
hold (locks, settings, LISTEN, temporary tables) ends with them.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Literal

from ...leases.issuer import Lease

# Asked by a login of the role, so all that it has by memberships and from PUBLIC counts. One statement on one line: it
# stands in the server's log.
_LINES = files(__package__).joinpath("may_write.sql").read_text("utf-8").splitlines()
_MAY_WRITE = " ".join(line.strip() for line in _LINES if not line.startswith("--"))

# A session counts what it has written before it leaves the list of sessions (PostgreSQL 18 manual, 27.2.1).
_UNTOUCHED = """
SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE datname = {name})
  AND (SELECT tup_inserted + tup_updated + tup_deleted = 0 FROM pg_catalog.pg_stat_database WHERE datname = {name})
"""

GUARDED = 170000
"""The first version whose login guard lets nobody but a clone's guests into it."""


class ReadOnly:
    """Which roles may write nothing in the clones of one template."""

    def __init__(self) -> None:
        self._roles: dict[str, bool] = {}

    def knows(self, role: str) -> bool:
        """Return whether a login of a role was looked at."""
        return role in self._roles

    def look(self, connection: psycopg.Connection[Any], lease: Lease) -> None:
        """Look at what a login may do in a clone."""
        if connection.info.server_version < GUARDED:
            self._roles[lease.role] = False
            return
        before, connection.autocommit = connection.autocommit, True  # no transaction to begin and to end
        asked = SQL(_MAY_WRITE).format(Literal(lease.role))
        row = connection.cursor(row_factory=tuple_row).execute(asked).fetchone()
        connection.autocommit = before
        self._roles[lease.role] = row == (False,)

    def all(self, leases: list[Lease]) -> bool:
        """Return whether nobody who was let into a clone may write in it."""
        return all(self._roles.get(lease.role, False) and not lease.is_static for lease in leases)


def is_untouched(name: str) -> Composed:
    """Return what asks, once all leases of a clone have ended, whether nobody is in it and nothing was written."""
    values: Mapping[str, Literal] = {"name": Literal(name)}
    return SQL(_UNTOUCHED).format(**values)
