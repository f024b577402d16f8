"""The template admin's session: with it databases are made and dropped for as long as a process needs them."""

import secrets
import threading
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed

from ..clock import now
from ..contract import CLONES_SINCE, TEMPLATE_ADMIN
from ..errors import BrokerError
from ..leases.issuer import Lease, LeaseIssuer

MAINTENANCE = "postgres"
"""The template admin's own place: it never enters the databases that it makes."""

_MAJOR = 10000
"""A server's version is its major version times this, and its minor version (libpq, PQserverVersion)."""

ENCODING = "UTF8"
"""Names are text to us, whatever the databases' encoding is: of SQL_ASCII a driver would make bytes."""


class AdminSession:
    """One session, opened when it is first needed; what ends of it meanwhile is made anew.

    Attributes:
        key: Its advisory lock is held as long as it is connected.
        lease: Its lease; None before the first statement.
    """

    def __init__(self, issuer: LeaseIssuer) -> None:
        self.key = secrets.randbits(31)
        self.lease: Lease | None = None
        self._issuer = issuer
        self._connection: psycopg.Connection | None = None
        self._renew_at = 0.0
        self._clones = True  # files, where the server and the kernel can
        self._lock = threading.Lock()

    def execute(self, statement: Composed | SQL) -> list[tuple[Any, ...]]:
        """Send one statement; return its rows. A session that has ended unused is replaced.

        It ends with its lease, as long as a debugger holds this process or the machine sleeps; and the gateway ends
        one that is idle for an hour.

        Raises:
            psycopg.Error: The server refused the statement, or is gone.
            BrokerError: The broker gives no lease.
        """
        with self._lock:
            connection = self._connected()
            try:
                return _rows(connection.execute(statement))
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
            with suppress(psycopg.errors.DuplicateDatabase):  # made, and its answer was lost: no other has the name
                return _rows(self._connected().execute(statement))
            return []

    def close(self) -> None:
        """Give the lease back."""
        if self._connection:
            self._connection.close()
        if self.lease:
            self._issuer.revoke(self.lease)
        self.lease = self._connection = None

    def _connected(self) -> psycopg.Connection:
        if self.lease and now() > self._renew_at:
            try:
                left = self._issuer.renew(self.lease)
            except BrokerError:
                left = 0  # it has ended; if the broker does not answer, taking another says so
            self._renew_at = now() + left / 2
            if left < self.lease.term / 2:
                self.lease = None  # no renewal gets it past its maximum
        if self.lease is None or self._connection is None or self._connection.closed:
            self._connection = self._session()
            if self._clones and self._connection.info.server_version // _MAJOR >= CLONES_SINCE:
                self._connection.execute("SET file_copy_method = clone")
            self._connection.execute("SELECT pg_catalog.pg_advisory_lock(%s::bigint)", [self.key])
        return self._connection

    def copy_files(self) -> bool:
        """Have files copied from now on: not every kernel can clone them. Return whether they were cloned."""
        with self._lock:
            cloned, self._clones = self._clones, False
            if cloned and self._connection and not self._connection.closed:
                self._connection.execute("SET file_copy_method = copy")
            return cloned

    def _session(self) -> psycopg.Connection:
        if self._connection:
            self._connection.close()
        if self.lease:
            with suppress(psycopg.OperationalError):
                return self.lease.connect(autocommit=True, client_encoding=ENCODING)
        self.lease = self._issuer.lease(TEMPLATE_ADMIN, MAINTENANCE)
        self._renew_at = now() + self.lease.term / 2
        return self.lease.connect(autocommit=True, client_encoding=ENCODING)


class AdminSessions:
    """A session for each thread that asks: none waits for another's clone."""

    def __init__(self, issuer: LeaseIssuer) -> None:
        self._issuer = issuer
        self._local = threading.local()
        self._every: list[AdminSession] = []

    def mine(self) -> AdminSession:
        """Return this thread's session."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = AdminSession(self._issuer)
            self._every.append(session)
        return session

    def close(self) -> None:
        """Give all leases back."""
        with ExitStack() as ends:  # one that fails leaves no other
            for session in self._every:
                ends.callback(session.close)


def _rows(cursor: psycopg.Cursor) -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor.description else []
