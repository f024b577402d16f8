"""A database for one test, and the logins that were made for it ahead."""

import os
import select
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from ...clock import now
from ...leases.issuer import Lease
from ...shell import HARMLESS, swaying
from .prospects import Wanted

FRESH = 0.1
"""A login that was made ahead is handed out as long as no more than this of its term has gone by."""

LATER = frozenset({"autocommit", "row_factory", "cursor_factory"})
"""Arguments of `psycopg.connect` that an open connection takes as attributes."""


@dataclass
class Login:
    """A lease that may enter a place.

    Attributes:
        lease: The lease.
        connection: An open connection of it; None if there is none.
        harmless: Whether somebody has looked at the connection, and found no more rights than production gives.
        made: When it was made, in seconds since the epoch.
        shell: libpq's variables that say how things look, as its connection was made with them.
    """

    lease: Lease
    connection: psycopg.Connection[Any] | None = None
    harmless: bool = False
    made: float = field(default_factory=now)
    shell: dict[str, str] = field(default_factory=dict)

    def connect(self) -> None:
        """Connect beside a test, unless its variables would have to be taken away for that: it may be using them.

        Raises:
            psycopg.OperationalError: The server refused it, or did not answer.
        """
        if swaying(os.environ):
            return
        self.shell = _looks()
        self.connection = self.lease.connect()
        if swaying(os.environ):  # the test has set them meanwhile
            self.connection.close()
            self.connection = None

    @property
    def usable(self) -> bool:
        """Whether it is as good as one that is made now."""
        if now() - self.made > FRESH * self.lease.term:
            return False
        return self.connection is None or _alive(self.connection)

    def give(self, parameters: dict[str, Any]) -> psycopg.Connection[Any] | None:
        """Return its connection, with the parameters that the test asks for; None if they have to be there earlier."""
        if self.connection is None:
            return None
        if not parameters.keys() <= LATER or self.shell != _looks():
            self.connection.close()
            return None
        for name, value in parameters.items():
            setattr(self.connection, name, value)
        return self.connection

    def close(self) -> None:
        """Close its connection."""
        if self.connection:
            self.connection.close()


def _looks() -> dict[str, str]:
    """Return those of libpq's variables, as they are now, that say how things look on a connection."""
    return {name: os.environ[name] for name in HARMLESS if name in os.environ}


def _alive(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the server answers on a connection. It is sent no statement, so none stands in its log."""
    pgconn = connection.pgconn
    try:
        pgconn.enter_pipeline_mode()
        pgconn.pipeline_sync()
        readable = select.poll()
        readable.register(pgconn.socket, select.POLLIN)
        while pgconn.is_busy():  # other threads go on meanwhile: libpq's own wait would keep them all
            readable.poll()
            pgconn.consume_input()
        answer = pgconn.get_result()
        pgconn.exit_pipeline_mode()
    except psycopg.OperationalError:
        return False
    return answer is not None and answer.status == ExecStatus.PIPELINE_SYNC


@dataclass
class Place:
    """A database for one test.

    Attributes:
        database: Its name.
        ahead: Logins that nobody has asked for yet.
        leases: All leases that may enter it: they end with it.
        asked: What the test has asked for.
    """

    database: str
    ahead: dict[Wanted, list[Login]] = field(default_factory=dict)
    leases: list[Lease] = field(default_factory=list)
    asked: list[Wanted] = field(default_factory=list)

    def add(self, wanted: Wanted, login: Login) -> None:
        """Add a login that was made ahead."""
        self.ahead.setdefault(wanted, []).append(login)

    def take(self, wanted: Wanted) -> Login | None:
        """Return a login that was made ahead; None if there is none that is as good as a new one."""
        self.asked.append(wanted)
        logins = self.ahead.get(wanted, [])
        while logins:
            login = logins.pop()
            if login.usable:
                return login
            login.close()
        return None

    def close(self) -> None:
        """Close the connections that nobody has asked for."""
        for logins in self.ahead.values():
            for login in logins:
                login.close()
        self.ahead.clear()
