"""Databases and logins of tests: made ahead where that helps, else when a test asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from ..databases.ahead import Login, Making, Place, Wanted
from . import guard
from .guard import TooPrivilegedError

if TYPE_CHECKING:
    from ..databases.clones import Databases
    from ..leases.issuer import Lease
    from ..runs.run import Run
    from .recorder import Recorder


class Logins:
    """One process's databases, and who may enter them.

    Attributes:
        databases: Makes them.
    """

    def __init__(
        self, run: Run, databases: Databases, template: str | None, recorder: Recorder, *, ahead: bool
    ) -> None:
        """Begin.

        Args:
            run: The session's.
            databases: Makes them.
            template: What they are clones of.
            recorder: Is told whose they are.
            ahead: Whether they are made while tests run.
        """
        self._run, self.databases, self._template, self._recorder = run, databases, template, recorder
        self._making = Making(databases, run.issuer, template, self._is_harmless) if ahead else None
        self._places: dict[str, Place] = {}

    def database(self) -> str:
        """Return a fresh database's name.

        Raises:
            DatabaseError: It could not be made.
        """
        if self._making is None:
            return self.databases.create(self._template)
        place = self._making.take()
        self._places[place.database] = place
        return place.database

    def end(self, database: str, mark: str, *, now: bool = False) -> bool:
        """Give a database back; return whether a mark stands in the log: whether it is gone, and not just going.

        Args:
            database: Its name.
            mark: The mark.
            now: Whether the next test needs the room that it takes.

        Raises:
            BrokerError: The broker refused to end a lease of it, or did not answer.
            DatabaseError: A session is still in it.
        """
        place = self._places.get(database)
        if place and self._making and not now:
            del self._places[database]
            self._making.end(place)
            return False
        self.settle(database)
        self.databases.drop(database, mark)
        return True

    def settle(self, database: str) -> None:
        """End the leases of a database that is to be kept.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        place = self._places.pop(database, None)
        if place and self._making:
            self._making.revoke(place)

    def take(self, role: str, database: str, *, connected: bool = False) -> Login:
        """Return a login of a role for the running test, with a connection if there is one that was made ahead.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The broker refused, or did not answer.
        """
        place = self._places.get(database)
        login = place.take(Wanted(role, connected)) if place else None
        if login:
            self._run.issuer.hand_out(login.lease)
        else:
            login = Login(self._run.issuer.lease(role, database))
            if place:
                place.leases.append(login.lease)
            self.databases.admit(database, login.lease)
        self._recorder.bind(login.lease)
        return login

    def give_back(self, lease: Lease) -> None:
        """End a lease, unless it ends with its database.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        place = self._places.get(lease.database)
        if place is None or lease not in place.leases:
            self._run.issuer.revoke(lease)

    def check(self, connection: psycopg.Connection[Any], lease: Lease, *, owner: bool) -> None:
        """Look at a test's connection.

        Raises:
            TooPrivilegedError: It may do more than the code under test may in production.
        """
        bypasses = guard.BYPASSES in self._run.outputs.access(lease.role).attributes
        guard.check(connection, user=lease.user, owner=owner, bypasses=bypasses)

    def close(self) -> list[str]:
        """End what is left; return what could not be ended, a sentence each."""
        if self._making is None:
            return []
        self._making.close()
        return self._making.failures

    def _is_harmless(self, connection: psycopg.Connection[Any], lease: Lease) -> bool:
        try:
            self.check(connection, lease, owner=False)
        except TooPrivilegedError:
            return False  # the test may say that it wants that
        return True
