"""Places that are made ahead: bounded, nobody's before they are handed out, and none of them is left."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leasehold import BrokerError, Lease, LeaseIssuer
from leasehold.databases.ahead import Making, Place, Wanted
from leasehold.databases.ahead.making import LEFT, READY
from leasehold.databases.ahead.prospects import Prospects
from leasehold.errors import DatabaseError
from leasehold.leases.memory import MemoryBroker

READER = Wanted("reader", connected=False)


class Server:
    """Databases by name, and who may enter them: so many of them fit."""

    def __init__(self, room: int = 99) -> None:
        self.guests: dict[str, list[str]] = {}
        self.made, self.most, self.room, self.tight = 0, 0, room, False
        self.holds = threading.Event()  # whether it drops databases
        self.holds.set()
        self._turn = threading.Lock()

    def create(self, template: str | None) -> str:
        with self._turn:
            if len(self.guests) >= self.room:
                raise DatabaseError(f"No clone of {template} fits.")
            self.made += 1
            self.guests[name := f"t_{self.made}"] = []
            self.most = max(self.most, len(self.guests))
            return name

    def admit(self, name: str, lease: Lease) -> None:
        self.guests[name].append(lease.user)

    def drop(self, name: str) -> None:
        self.holds.wait()
        with self._turn:
            del self.guests[name]

    def hand_on(self, name: str, untouched: object) -> str:
        return ""  # whether it may be is a real server's to tell

    def is_tight(self, template: str | None, copies: int) -> bool:
        return self.tight


class Watcher:
    """Knows which leases somebody was told of."""

    def __init__(self) -> None:
        self.users: list[str] = []
        self.refusals = 0

    def taken(self, lease: Lease) -> None:
        self.users.append(lease.user)

    def renewed(self, lease: Lease, left: int) -> None: ...

    def revoked(self, lease: Lease) -> None: ...

    def refused(self, error: BrokerError) -> None:
        self.refusals += 1


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def making(server: Server, issuer: LeaseIssuer, broker: MemoryBroker) -> Iterator[Making]:
    made = Making(server, issuer, "tpl")  # type: ignore[arg-type]
    made._read_only._roles["reader"] = False  # there is no server to ask
    yield made
    made.close()
    assert (server.guests, broker.leases) == ({}, {})


def use(making: Making, issuer: LeaseIssuer, server: Server) -> Place:
    """Do what a test does that asks for a lease of the reader's."""
    place = making.take()
    login = place.take(READER)
    if login is None:
        place.leases.append(issuer.lease("reader", place.database))
        server.admit(place.database, place.leases[-1])
    else:
        issuer.hand_out(login.lease)
    making.end(place)
    return place


def wait(making: Making, until: Callable[[], bool]) -> None:
    with making._turn:
        making._turn.wait_for(until)


def test_nothing_is_made_ahead_before_a_test_has_shown_what_it_wants(making: Making, server: Server) -> None:
    place = making.take()
    wait(making, lambda: making._making == 0)
    assert (list(server.guests), place.ahead, place.leases) == ([place.database], {}, [])
    making.end(place)


def test_the_next_tests_find_what_the_first_has_asked_for(making: Making, server: Server, issuer: LeaseIssuer) -> None:
    use(making, issuer, server)
    wait(making, lambda: len(making._ready) == READY)
    place = making.take()
    login = place.take(READER)
    assert login
    assert (login.lease.database, server.guests[place.database]) == (place.database, [login.lease.user])
    making.end(place)


def test_nobody_is_told_of_a_lease_before_it_is_handed_out(
    making: Making, server: Server, issuer: LeaseIssuer, broker: MemoryBroker
) -> None:
    issuer.watchers.append(watcher := Watcher())
    use(making, issuer, server)
    wait(making, lambda: len(making._ready) == READY)
    assert len(watcher.users) == 1
    assert len(broker.leases) >= READY


def test_what_the_broker_refuses_ahead_is_no_tests(
    making: Making, server: Server, issuer: LeaseIssuer, broker: MemoryBroker
) -> None:
    issuer.watchers.append(watcher := Watcher())
    place = making.take()
    place.asked.append(READER)
    broker.sealed = True
    making.end(place)
    wait(making, lambda: len(making._ready) == READY)
    assert making.take().ahead == {}
    assert watcher.refusals == 0
    broker.sealed = False
    with making._turn:
        making._ends.extend(Place(name) for name in server.guests if name not in {p.database for p in making._ready})


def test_too_much_that_is_left_to_be_ended_is_ended_first(making: Making, server: Server, issuer: LeaseIssuer) -> None:
    server.holds.clear()
    users = [threading.Thread(target=use, args=(making, issuer, server), daemon=True) for _ in range(3 * LEFT)]
    for user in users:
        user.start()
    while not making._ending:  # nobody is told of it
        time.sleep(0.001)
    server.holds.set()
    for user in users:
        user.join()  # it has a place between getting it and giving it back
    assert server.most <= READY + LEFT + 3 * LEFT


def test_who_waits_for_what_does_not_fit_is_told(issuer: LeaseIssuer) -> None:
    making = Making(Server(room=0), issuer, "tpl")  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(DatabaseError, match="No clone of tpl fits"):
            making.take()
    making.close()


def test_one_that_fits_alone_is_made_after_the_others_end(issuer: LeaseIssuer) -> None:
    server = Server(room=1)
    making = Making(server, issuer, "tpl")  # type: ignore[arg-type]
    for _ in range(5):
        use(making, issuer, server)
    making.close()
    assert (server.guests, server.most, making.failures) == ({}, 1, [])


def test_a_tight_storage_gets_no_clone_that_nobody_waits_for(issuer: LeaseIssuer, server: Server) -> None:
    server.tight = True
    making = Making(server, issuer, "tpl")  # type: ignore[arg-type]
    for _ in range(3):
        use(making, issuer, server)
    making.close()
    assert server.made == 3


def test_whatever_happens_at_an_end_is_told_and_ends_no_thread(issuer: LeaseIssuer, server: Server) -> None:
    making = Making(server, issuer, "tpl")  # type: ignore[arg-type]
    lost = making.take()
    server.guests.clear()  # so that dropping it raises what nobody expects
    making.end(lost)
    for _ in range(3):
        use(making, issuer, server)
    making.close()
    assert len(making.failures) == 1
    assert lost.database in making.failures[0]
    assert server.guests == {}


def test_what_cannot_be_ended_is_told(issuer: LeaseIssuer, server: Server, broker: MemoryBroker) -> None:
    making = Making(server, issuer, "tpl")  # type: ignore[arg-type]
    place = making.take()
    place.leases.append(issuer.lease("reader", place.database))
    broker.sealed = True
    making.end(place)
    making.close()
    assert len(making.failures) == 1
    assert place.database in making.failures[0]
    assert "sealed" in making.failures[0]


ONE, TWO = Wanted("reader", connected=True), Wanted("writer", connected=True)


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([], {}),
        ([[ONE]], {ONE: 1}),
        ([[ONE, ONE]], {ONE: 2}),
        ([[ONE], [TWO]], {ONE: 1, TWO: 1}),
        ([[ONE], [ONE], [TWO]], {ONE: 1}),
        ([[ONE, ONE], [ONE], [ONE]], {ONE: 1}),
        ([[], [], [ONE]], {}),
        ([*[[ONE]] * 8, *[[TWO]] * 8], {TWO: 1}),
    ],
)
def test_what_half_of_the_last_tests_asked_for_comes_next(tests: Any, expected: Any) -> None:
    prospects = Prospects()
    for asked in tests:
        prospects.remember(asked)
    assert prospects.next() == Counter(expected)
    assert prospects.known == bool(tests)
