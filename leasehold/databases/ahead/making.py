"""Makes places ahead, and ends them, in threads of its own, while tests run.

Bounded: so many places are ready at once, and so many are left to be ended; a test that comes too early waits for its
place, and while too much is left to be ended nothing more is made. What is made ahead is nobody's before it is handed
out: it is in no session log, so nothing that befalls it is told of a test.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import psycopg

from ...errors import BrokerError
from ...leases.client_header import by_harness
from ...leases.issuer import Lease, LeaseIssuer
from ..clones import Databases
from .places import Login, Place
from .prospects import Prospects, Wanted
from .untouched import ReadOnly, is_untouched

READY = 2
"""Places that are made ahead."""

LEFT = 4
"""Places that may wait for their end; with more of them, nothing is made ahead."""

THREADS = 3
"""They wait for the servers most of the time."""

SHARE = 4
"""Nothing is made ahead where so many databases more would not fit into what is free of the storage."""

Look = Callable[[psycopg.Connection[Any], Lease], bool]
"""Looks at a connection: whether it has no more rights than production gives."""


class Making:
    """Makes and ends places.

    Attributes:
        failures: What could not be ended, a sentence each.
    """

    def __init__(
        self, databases: Databases, issuer: LeaseIssuer, template: str | None, look: Look = lambda *_: False
    ) -> None:
        """Begin; the threads begin with the first place.

        Args:
            databases: Makes the databases.
            issuer: Asks for the leases.
            template: What to clone; the run's database, when not given.
            look: Looks at connections.
        """
        self.failures: list[str] = []
        self._databases, self._issuer, self._template, self._look = databases, issuer, template, look
        self._prospects, self._read_only = Prospects(), ReadOnly()
        self._clean: deque[str] = deque()  # databases that are as they were made
        self._turn = threading.Condition()
        self._ready: deque[Place] = deque()
        self._ends: deque[Place] = deque()
        self._making = self._ending = self._waiting = self._ended = 0
        self._most: int | None = None  # places to have ready; None before somebody has looked at the storage
        self._error: Exception | None = None
        self._full = self._closed = False
        self._threads: list[threading.Thread] = []

    def take(self) -> Place:
        """Return a place for a test.

        Raises:
            DatabaseError: It does not fit, or a session is in what is cloned.
            BrokerError: The broker gives the harness no lease.
            psycopg.Error: The server is gone.
        """
        with self._turn:
            self._start()
            self._error = None
            self._waiting += 1
            self._turn.notify_all()
            try:
                while not self._ready:
                    if self._error:
                        error, self._error = self._error, None
                        raise error
                    self._turn.wait()
                return self._ready.popleft()
            finally:
                self._waiting -= 1
                self._turn.notify_all()

    def end(self, place: Place) -> None:
        """Have a place ended: its leases, then its database. Returns at once."""
        with self._turn:
            self._prospects.remember(place.asked)
            self._ends.append(place)
            self._turn.notify_all()

    def revoke(self, place: Place) -> None:
        """End the leases of a place, and leave its database to the caller.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        with self._turn:
            self._prospects.remember(place.asked)
        self._end_leases(place)

    def close(self) -> None:
        """End all places, and the threads."""
        with self._turn:
            self._closed = True
            self._ends.extend(self._ready)
            self._ready.clear()
            self._turn.notify_all()
        for thread in self._threads:
            thread.join()
        for name in self._clean:
            self._end(Place(name))
        self._clean.clear()

    def _start(self) -> None:
        while len(self._threads) < THREADS:
            name = f"leasehold ahead {len(self._threads)}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        with by_harness():  # what the broker refuses here is no test's
            while job := self._next():
                job()

    def _next(self) -> Callable[[], None] | None:
        """Return what to do next; None once there is nothing more."""
        with self._turn:
            while True:
                if self._ends and (self._closed or self._full or len(self._ends) > LEFT or not self._lacking):
                    self._ending += 1
                    return partial(self._end_one, self._ends.popleft())
                if self._closed and not self._ends:
                    return None
                if not self._closed and self._lacking:
                    self._making += 1
                    return partial(self._make_one, self._ended)
                self._turn.wait()

    @property
    def _lacking(self) -> bool:
        """Whether a place is to be made."""
        there = len(self._ready) + self._making
        if self._full:  # for those alone who wait, and once all that can be ended is
            return self._waiting > there and not self._ends and not self._ending
        most = self._most if self._prospects.known else 0
        return there < max(self._waiting, most or 0)

    def _make_one(self, ended: int) -> None:
        """Make a place.

        Args:
            ended: How many had been ended when it was begun: what did not fit may fit since.
        """
        try:
            place = self._make()
            if self._most is None:
                self._most = 0 if self._databases.is_tight(self._template, SHARE) else READY
        except Exception as error:  # whoever waits gets it
            with self._turn:
                self._making -= 1
                self._full = True
                others = self._ready or self._making or self._ends or self._ending
                if self._waiting and not others and ended == self._ended:
                    self._error = error
                self._turn.notify_all()
            return
        with self._turn:
            self._making -= 1
            self._full = False
            (self._ends if self._closed else self._ready).append(place)
            self._turn.notify_all()

    def _make(self) -> Place:
        with self._turn:
            prospects = self._prospects.next()
        try:
            place = Place(self._clean.popleft())
        except IndexError:
            place = Place(self._databases.create(self._template))
        for wanted in prospects.elements():
            if self._issuer.outputs.access(wanted.role).is_static:
                continue  # others use it too, and its password may be another one by then
            # Whatever does not work is left to the test: it asks again, and what is refused is then told of it.
            with suppress(BrokerError, psycopg.Error):
                place.add(wanted, self._login(place, wanted))
        return place

    def _login(self, place: Place, wanted: Wanted) -> Login:
        lease = self._issuer.lease(wanted.role, place.database, ahead=True)
        place.leases.append(lease)
        self._databases.admit(place.database, lease)
        login = Login(lease)
        if wanted.connected or not self._read_only.knows(lease.role):
            login.connect()
        if login.connection:
            if not self._read_only.knows(lease.role):
                self._read_only.look(login.connection, lease)
            login.harmless = self._look(login.connection, lease)
        if login.connection and not wanted.connected:
            login.connection.close()
            login.connection = None
        return login

    def _end_one(self, place: Place) -> None:
        self._end(place)
        with self._turn:
            self._ending, self._ended = self._ending - 1, self._ended + 1
            self._turn.notify_all()

    def _end(self, place: Place) -> None:
        try:
            self._end_leases(place)
            if clean := self._handed_on(place):
                self._clean.append(clean)
            else:
                self._databases.drop(place.database)
        except Exception as error:  # the thread has to go on
            self.failures.append(f"database {place.database} was not ended: {error}")

    def _handed_on(self, place: Place) -> str:
        """Return a database's new name if the next test may have it; empty if it is to be dropped."""
        if self._closed or len(self._clean) >= READY or not self._read_only.all(place.leases):
            return ""
        return self._databases.hand_on(place.database, is_untouched(place.database))

    def _end_leases(self, place: Place) -> None:
        place.close()
        with ExitStack() as ends:  # one that fails leaves no other
            for lease in place.leases:
                ends.callback(self._issuer.revoke, lease)
