"""Fresh databases: clones of the migrated and seeded one, each for one test, which only its leases can enter.

A clone's name identifies its maker: each maker holds an advisory lock as long as it is connected, so clones whose maker
is gone can be told from those in use.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from ..contract import TEMPLATE_ADMIN
from ..errors import BrokerError, DatabaseError
from ..leases.issuer import Lease, LeaseIssuer
from .room import Room, disk_full, room_of, unfit_clone, unfit_template

MAINTENANCE = "postgres"
"""The template admin's own place: it never enters the databases that it makes."""

_PATIENCE = 10.0  # seconds for other sessions to leave the run's database
_PAUSE = 0.1

_ORPHANS = """
SELECT datname FROM pg_catalog.pg_database
WHERE datname ~ '^t_[0-9a-f]{8}_' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND lpad(to_hex(objid::bigint), 8, '0') = substr(datname, 3, 8))
"""


class Databases:
    """Makes and drops clones with a lease of the template admin's, taken when first needed and kept alive."""

    def __init__(self, issuer: LeaseIssuer) -> None:
        self._issuer = issuer
        self._lease: Lease | None = None
        self._connection: psycopg.Connection | None = None
        self._renew_at = 0.0
        self._lock = threading.Lock()
        self._guests: dict[str, list[str]] = {}
        self._mark = secrets.randbits(31)

    def create(self, template: str | None = None) -> str:
        """Make a clone that has no guests yet; return its name.

        Args:
            template: What to clone: a database of the template admin's, or, when not given, the run's.

        Raises:
            DatabaseError: A session stayed in the run's database, so it could not be cloned, or a clone does not fit.
        """
        return self._make(f"t_{self._mark:08x}_{secrets.token_hex(4)}", template)

    def template(self, key: str, prepare: Callable[[Lease], object], role: str) -> str:
        """Return a prepared database to clone; make it, if there is none of this key.

        Args:
            key: Names what `prepare` does; another key, another template.
            prepare: Migrates and seeds it, as the lease that it is given.
            role: The role of that lease: the one that owns the schemas.

        Raises:
            DatabaseError: It does not fit.
        """
        name = f"tpl_{key}"
        if name not in self.names():
            fresh = self._make(f"{name}_{secrets.token_hex(3)}", None)
            lease = self._issuer.lease(role, fresh)
            self.admit(fresh, lease)
            try:
                prepare(lease)
            except BaseException as error:
                self._discard(fresh, lease)
                if disk_full(error):
                    raise DatabaseError(unfit_template(room_of(self._issuer.outputs.run))) from error
                raise
            self._issuer.revoke(lease)
            # It gets its name last: what was only half prepared is never cloned.
            self._execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(fresh), Identifier(name)))
        return name

    def _discard(self, name: str, lease: Lease) -> None:
        """Drop what was only half prepared. Where that fails it stays, and what had gone wrong is told."""
        with suppress(BrokerError, DatabaseError, psycopg.Error):
            self._issuer.revoke(lease)
            self.drop(name)

    def mark(self, name: str) -> None:
        """Have a name stand in the server's log, after all that was refused before; it does when this returns.

        Raises:
            psycopg.Error: The server is gone.
        """
        self._execute(SQL("SELECT {}").format(Literal(name)))

    def names(self) -> set[str]:
        """Return the names of all databases of the run."""
        with self._lock:
            rows = self._connected().execute("SELECT datname FROM pg_catalog.pg_database").fetchall()
        return {str(row[0]) for row in rows}

    def drop_orphans(self) -> list[str]:
        """Drop the clones of makers that are gone, such as a crashed session's; return their names."""
        with self._lock:
            rows = self._connected().execute(SQL(_ORPHANS)).fetchall()
        dropped = []
        for (name,) in rows:
            try:
                self.drop(name)
                dropped.append(str(name))
            except DatabaseError:
                pass  # its leases have not ended yet; the next session drops it
        return dropped

    def _make(self, name: str, template: str | None) -> str:
        source = Identifier(template or self._issuer.outputs.database)
        # file_copy is twice as quick as the default where nothing is synced (PostgreSQL 18 manual, CREATE DATABASE).
        make = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(Identifier(name), source)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._execute(make)
                break
            except psycopg.errors.ObjectInUse as error:
                if time.monotonic() > deadline:
                    raise DatabaseError(
                        f"The run's database could not be cloned: {first_line(error)}. Close what "
                        "is connected to it; tests use clones, migrations run before them."
                    ) from None
                time.sleep(_PAUSE)
            except psycopg.errors.DiskFull:
                cloned = template or self._issuer.outputs.database
                raise DatabaseError(unfit_clone(cloned, self._room(cloned))) from None
        self._execute(SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
        return name

    def admit(self, name: str, lease: Lease) -> None:
        """Let one lease into a clone: its login guard reads who may enter in the database's comment."""
        guests = self._guests.setdefault(name, [])
        guests.append(lease.user)
        self._execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(" ".join(guests))))

    def drop(self, name: str, mark: str = "") -> None:
        """Drop a clone. Its leases must have been revoked: with them go its sessions.

        Args:
            name: The clone.
            mark: A name that then stands in the server's log, see `mark`.

        Raises:
            DatabaseError: A session is still in it.
        """
        try:
            self._execute(SQL("DROP DATABASE IF EXISTS {} /* {} */").format(Identifier(name), Literal(mark)))
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseError(f"Database {name} could not be dropped: {first_line(error)}.") from None
        self._guests.pop(name, None)

    @contextmanager
    def clone(self, template: str | None = None) -> Iterator[str]:
        """Give a clone for the length of a block; see `create`."""
        name = self.create(template)
        try:
            yield name
        finally:
            self.drop(name)

    def close(self) -> None:
        """Give the template admin's lease back."""
        if self._connection:
            self._connection.close()
        if self._lease:
            self._issuer.revoke(self._lease)
        self._lease = self._connection = None

    def _room(self, name: str) -> Room | None:
        """Look at the storage, and at how large a database is."""
        with self._lock:
            rows = self._connected().execute("SELECT oid FROM pg_catalog.pg_database WHERE datname = %s", [name])
            oid = int(next(iter(rows))[0])
        return room_of(self._issuer.outputs.run, oid=oid)

    def _execute(self, statement: Composed) -> None:
        with self._lock:
            self._connected().execute(statement)

    def _connected(self) -> psycopg.Connection:
        if self._lease and time.monotonic() > self._renew_at:
            self._renew_at = time.monotonic() + self._issuer.renew(self._lease) / 2
        if self._connection is None or self._connection.closed:
            if self._lease is None:
                self._lease = self._issuer.lease(TEMPLATE_ADMIN, MAINTENANCE)
                self._renew_at = time.monotonic() + self._lease.term / 2
            self._connection = self._lease.connect(autocommit=True)
            self._connection.execute("SELECT pg_catalog.pg_advisory_lock(%s::bigint)", [self._mark])
        return self._connection


def first_line(error: psycopg.Error) -> str:
    """Return the server's message without its position and context."""
    return str(error).strip().splitlines()[0].rstrip(".")
