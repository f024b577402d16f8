"""Logins that were made ahead: handed out as long as they are as good as new ones, and made beside a test unseen."""

import pytest

from leasehold import Lease, LeaseIssuer
from leasehold.databases.ahead import Place, Wanted, places

READER = Wanted("reader", connected=False)


@pytest.mark.parametrize(("gone_by", "usable"), [(0.0, True), (59.0, True), (61.0, False)])
def test_a_login_that_has_waited_long_is_not_handed_out(
    monkeypatch: pytest.MonkeyPatch, issuer: LeaseIssuer, gone_by: float, usable: bool
) -> None:
    place = Place("t_1")
    login = places.Login(issuer.lease("reader", "t_1"))
    assert login.lease.term == 600
    place.add(READER, login)
    monkeypatch.setattr(places, "now", lambda: login.made + gone_by)
    assert place.take(READER) is (login if usable else None)


class Connection:
    """A connection that is only looked at from outside."""

    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def login(issuer: LeaseIssuer, monkeypatch: pytest.MonkeyPatch) -> places.Login:
    monkeypatch.setattr(Lease, "connect", lambda lease: Connection())
    return places.Login(issuer.lease("reader", "t_1"))


def test_while_a_test_uses_libpqs_variables_nobody_connects_beside_it(
    monkeypatch: pytest.MonkeyPatch, login: places.Login
) -> None:
    monkeypatch.setenv("PGHOST", "nowhere")
    login.connect()
    assert login.connection is None
    monkeypatch.delenv("PGHOST")
    login.connect()
    assert login.connection


def test_a_connection_beside_which_a_test_set_libpqs_variables_is_none(
    monkeypatch: pytest.MonkeyPatch, login: places.Login
) -> None:
    made = Connection()

    def connect(lease: Lease) -> Connection:
        monkeypatch.setenv("PGHOST", "nowhere")
        return made

    monkeypatch.setattr(Lease, "connect", connect)
    login.connect()
    assert (login.connection, made.closed) == (None, True)


@pytest.mark.parametrize(
    ("name", "given"), [("PGAPPNAME", False), ("PGTZ", False), ("PGHOST", True), ("LANGUAGE", True)]
)
def test_a_connection_that_would_look_otherwise_now_is_not_handed_out(
    monkeypatch: pytest.MonkeyPatch, login: places.Login, name: str, given: bool
) -> None:
    login.connect()
    monkeypatch.setenv(name, "mine")
    assert (login.give({}) is not None) is given
