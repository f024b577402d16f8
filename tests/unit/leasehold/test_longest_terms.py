"""Renewals end at a role's longest term: leases are taken with tokens that outlive them, and nobody renews in vain."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from leasehold import Lease, LeaseIssuer, Outputs
from leasehold.leases import broker
from leasehold.leases.broker import BrokerClient
from leasehold.leases.renewal import keep_alive

from .test_outputs import GOOD, with_

OUTPUTS = Outputs.parse(GOOD)  # leases of 600 s, 3600 s with renewals


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(broker, "now", lambda: made.now)
    return made


class Server:
    """Answers a client's requests as a broker does whose tokens live 900 s, and no longer than they may."""

    def __init__(self, clock: SimpleNamespace, longest: float) -> None:
        self._clock, self._longest = clock, longest
        self.logins: list[float] = []
        self.asked: list[str] = []

    def log_in(self, role: str) -> dict[str, Any]:
        self.logins.append(self._clock.now)
        return {"client_token": "t", "lease_duration": min(900, self._longest)}

    def request(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        self.asked.append(path)
        left = self.logins[-1] + self._longest - self._clock.now
        return {"auth": {"lease_duration": min(900, left)}}


def client(server: Server, outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> BrokerClient:
    made = BrokerClient(outputs)
    made._method = cast(Any, server)
    monkeypatch.setattr(BrokerClient, "_client", lambda *_, **__: SimpleNamespace(adapter=server, token=""))
    return made


@pytest.mark.parametrize(
    ("term", "longest", "logins"),
    [
        (600, 3600, [1000.0, 3000.0, 5000.0]),  # another token in the second half of the longest term
        (600, 900, [1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0, 4500.0, 5000.0]),
        (600, 86400, [1000.0]),
    ],
)
def test_leases_are_taken_with_a_token_that_outlives_them(
    term: int, longest: int, logins: list[float], clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(clock, longest)
    access = {**GOOD["roles"]["reader"], "term": term, "max_term": longest}
    asking = client(server, Outputs.parse(with_("roles.reader", access)), monkeypatch)
    while clock.now <= 5000:
        asking.request("reader", "GET", "database/creds/reader")
        assert asking._sessions["reader"].ends_at >= clock.now + term, "a lease ends with its token"
        clock.now += 500
    assert server.logins == logins


@pytest.fixture
def lease() -> Lease:
    return cast(Lease, SimpleNamespace(term=600))


class Ended(threading.Event):
    """An event that is waited for in no time, and never comes."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0)
        return False


def test_a_lease_is_renewed_until_that_gains_nothing(lease: Lease) -> None:
    answers: Iterator[int] = iter([600, 600, 450, 225])
    ended = Ended()
    keep_alive(cast(LeaseIssuer, SimpleNamespace(renew=lambda _: next(answers))), lease, ended)
    assert ended.pauses == [300, 300, 300, 225]
    assert list(answers) == []
