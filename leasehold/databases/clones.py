"""Fresh databases: clones of the migrated and seeded one, each for one test, which only its leases can enter.

A clone's name identifies its maker: each maker holds an advisory lock as long as it is connected, so clones whose maker
is gone can be told from those in use.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from ..clock import steady
from ..contract import END_SESSIONS
from ..errors import DatabaseError
from ..leases.issuer import Lease, LeaseIssuer
from ..leases.renewal import kept_alive
from .admin_session import AdminSession, AdminSessions
from .clone_statements import ORPHANS, TEMPLATES, grants
from .room import Room, disk_full, room_of, unfit_clone, unfit_template

_PATIENCE = 30.0  # seconds for other sessions to leave a database, each of which may be just ending
_PAUSE = 0.1

TEMPLATE = "tpl_"
"""Begins the names of prepared databases."""

KEPT = "kept_"
"""Begins the names of clones that are kept to be looked at."""


class Databases:
    """Makes and drops clones with a lease of the template admin's for each thread, taken when first needed and kept
    alive."""

    def __init__(self, issuer: LeaseIssuer) -> None:
        self._issuer, self._admins = issuer, AdminSessions(issuer)
        self._guests: dict[str, list[str]] = {}

    @property
    def _admin(self) -> AdminSession:
        return self._admins.mine()

    def create(self, template: str | None = None) -> str:
        """Make a clone that has no guests yet; return its name.

        Args:
            template: What to clone: a database of the template admin's, or, when not given, the run's.

        Raises:
            DatabaseError: A session stayed in the run's database, so it could not be cloned, or a clone does not fit.
        """
        return self._make(self._fresh_name(), template)

    def template(
        self, key: str, prepare: Callable[[Lease], object], role: str, note: Callable[[], str] = lambda: ""
    ) -> str:
        """Return a prepared database to clone; make it, if there is none of this key.

        Args:
            key: Names what `prepare` does; another key, another template.
            prepare: Migrates and seeds it, as the lease that it is given.
            role: The role of that lease: the one that owns the schemas.
            note: Asked, once that is done, for one word that then stands on it.

        Raises:
            DatabaseError: It does not fit.
        """
        name = f"{TEMPLATE}{key}"
        if name in self.names():
            return name
        try:
            with self.clone() as fresh:  # an orphan like any other, if this process dies; dropped, if it fails
                self._prepare(fresh, prepare, role)
                self._admin.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(fresh), Literal(note())))
                # It gets its name last: what was only half prepared is never cloned.
                with suppress(psycopg.errors.DuplicateDatabase):  # another process was quicker
                    self._admin.execute(_renamed(fresh, name))
        except Exception as error:
            if disk_full(error):
                raise DatabaseError(unfit_template(room_of(self._issuer.outputs.run))) from error
            raise
        return name

    def _prepare(self, name: str, prepare: Callable[[Lease], object], role: str) -> None:
        lease = self._issuer.lease(role, name)
        self.admit(name, lease)
        try:
            with kept_alive(self._issuer, lease):
                prepare(lease)
        finally:
            self._issuer.revoke(lease)

    def templates(self) -> list[tuple[str, str]]:
        """Return the prepared databases, the latest first, each with the word that stands on it."""
        return [(str(name), str(note)) for name, note in self._admin.execute(SQL(TEMPLATES).format(TEMPLATE))]

    def mark(self, name: str) -> None:
        """Have a name stand in the server's log, after all that was refused before; it does when this returns.

        Raises:
            psycopg.Error: The server is gone.
        """
        self._admin.execute(SQL("SELECT {}").format(Literal(name)))

    def names(self) -> set[str]:
        """Return the names of all databases of the run."""
        return {str(name) for (name,) in self._admin.execute(SQL("SELECT datname FROM pg_catalog.pg_database"))}

    def drop_orphans(self) -> list[str]:
        """Drop the clones of makers that are gone, such as a crashed session's; return their names."""
        dropped = []
        for (name,) in self._admin.execute(SQL(ORPHANS)):
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
        while True:
            try:
                self._once_left(make)
                break
            except psycopg.errors.ObjectInUse as error:
                raise DatabaseError(
                    f"The run's database could not be cloned: {first_line(error)}. Close what "
                    "is connected to it; tests use clones, migrations run before them."
                ) from None
            except (psycopg.errors.InternalError_, psycopg.errors.IoError):
                if not self._admin.copy_files():
                    raise
            except psycopg.errors.DiskFull:
                cloned = template or self._issuer.outputs.database
                raise DatabaseError(unfit_clone(cloned, self._room(cloned))) from None
        for granted in grants(self._issuer.outputs, name):
            self._admin.execute(granted)
        return name

    def admit(self, name: str, lease: Lease) -> None:
        """Let one lease into a clone: its login guard reads who may enter in the database's comment."""
        guests = self._guests.setdefault(name, [])
        guests.append(lease.user.encode().hex())
        self._admin.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(" ".join(guests))))

    def drop(self, name: str, mark: str = "", patience: float = _PATIENCE) -> None:
        """Drop a clone. Its leases must have been revoked: with them go its sessions.

        Args:
            name: The clone.
            mark: A name that then stands in the server's log, see `mark`.
            patience: How long to wait for sessions to leave it, in seconds, beyond those that the server itself waits.

        Raises:
            DatabaseError: A session is still in it.
        """
        self._end_static_sessions(name)
        try:
            drop = SQL("DROP DATABASE IF EXISTS {} /* {} */").format(Identifier(name), Literal(mark))
            self._once_left(drop, patience)
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseError(f"Database {name} could not be dropped: {first_line(error)}.") from None
        self._guests.pop(name, None)

    def hand_on(self, name: str, untouched: Composed) -> str:
        """Return the new name of a clone that nobody has changed, and that has no guests any more; empty if in doubt.

        Args:
            name: The clone. Its leases must have been revoked.
            untouched: Asks whether it is as it was made.
        """
        if self._admin.execute(untouched) != [(True,)]:
            return ""
        # What is refused in it from now on is another test's.
        other = self._fresh_name()
        self._admin.execute(SQL("COMMENT ON DATABASE {} IS NULL").format(Identifier(name)))
        try:
            self._admin.execute(_renamed(name, other))
        except psycopg.errors.ObjectInUse:
            return ""
        self._guests.pop(name, None)
        return other

    def keep(self, name: str, session: str) -> str:
        """Keep a clone as it is until the run ends, or `drop_kept` is called; return its new name.

        Args:
            name: The clone. Its leases must have been revoked.
            session: The id of the session of tests that it is for.

        Raises:
            DatabaseError: A session is still in it.
        """
        self._end_static_sessions(name)
        kept = f"{_kept_by(session)}{secrets.token_hex(4)}"
        try:
            self._once_left(_renamed(name, kept))
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseError(f"Database {name} could not be kept: {first_line(error)}.") from None
        self._guests.pop(name, None)
        return kept

    def drop_kept(self, *, but: str) -> None:
        """Drop clones that were kept, as far as nobody is in them.

        Args:
            but: The id of a session whose clones stay.
        """
        for name in self.names():
            if name.startswith(KEPT) and not name.startswith(_kept_by(but)):
                with suppress(DatabaseError):
                    self.drop(name, patience=0)

    def _fresh_name(self) -> str:
        """Return a name that no clone has, by which its maker is known."""
        return f"t_{self._admin.key:08x}_{secrets.token_hex(4)}"

    def _once_left(self, statement: Composed, patience: float = _PATIENCE) -> None:
        """Execute what is only done with a database in which nobody is."""
        deadline = steady() + patience
        while True:
            try:
                self._admin.execute(statement)
                return
            except psycopg.errors.ObjectInUse:
                if steady() >= deadline:
                    raise
                time.sleep(_PAUSE)

    def _end_static_sessions(self, name: str) -> None:
        """End the sessions of static logins in a clone; those of leases end with them."""
        if any(role.is_static for role in self._issuer.outputs.roles.values()):
            self._admin.execute(SQL("SELECT {}({})").format(Identifier(*END_SESSIONS.split(".")), Literal(name)))

    @contextmanager
    def clone(self, template: str | None = None) -> Iterator[str]:
        """Give a clone for the length of a block; see `create`."""
        name = self.create(template)
        try:
            yield name
        finally:
            self.drop(name)

    def close(self) -> None:
        """Give the template admin's leases back."""
        self._admins.close()

    def is_tight(self, template: str | None, copies: int) -> bool:
        """Return whether so many more clones would not fit into what is free of a storage in memory.

        Args:
            template: What is cloned; the run's database, when not given.
            copies: How many.
        """
        room = self._room(template or self._issuer.outputs.database)
        return bool(room and room.in_memory and room.database * copies > room.free)

    def _room(self, name: str) -> Room | None:
        """Look at the storage, and at how large a database is."""
        measured = SQL("SELECT oid FROM pg_catalog.pg_database WHERE datname = {}").format(Literal(name))
        [[oid]] = self._admin.execute(measured)
        return room_of(self._issuer.outputs.run, oid=int(oid))


def _renamed(name: str, other: str) -> Composed:
    return SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(other))


def _kept_by(session: str) -> str:
    return f"{KEPT}{session[:8]}_"


def first_line(error: psycopg.Error) -> str:
    """Return the server's message without its position and context."""
    return str(error).strip().splitlines()[0].rstrip(".")
