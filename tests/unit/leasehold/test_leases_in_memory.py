"""Whole sequences of leases, on the broker in memory: issued, renewed, rotated, revoked, and refused to others."""

from collections.abc import Callable

import pytest

from leasehold import BrokerError, Lease, LeaseIssuer, Outputs, UnknownRoleError
from leasehold.leases.memory import MemoryBroker
from leasehold.leases.rotation import Rotation

from .test_outputs import DECLARED, GOOD


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watcher:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def taken(self, lease: Lease) -> None:
        self.seen.append("taken")

    def renewed(self, lease: Lease, left: int) -> None:
        self.seen.append(f"renewed {left}")

    def revoked(self, lease: Lease) -> None:
        self.seen.append("revoked")

    def refused(self, error: BrokerError) -> None:
        self.seen.append("refused")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker(clock: Clock) -> MemoryBroker:
    writer = {"credentials_path": "database/creds/writer", "logins": {"approle": "id"}, **DECLARED}
    return MemoryBroker(Outputs.parse({**GOOD, "roles": {**GOOD["roles"], "writer": writer}}), clock=clock)


@pytest.fixture
def issuer(broker: MemoryBroker, state: object) -> LeaseIssuer:
    outputs = broker._outputs
    return LeaseIssuer(outputs, broker)


@pytest.fixture
def watcher(issuer: LeaseIssuer) -> Watcher:
    made = Watcher()
    issuer.watchers.append(made)
    return made


def test_a_lease_lives_for_its_term(issuer: LeaseIssuer, broker: MemoryBroker, clock: Clock) -> None:
    lease = issuer.lease("reader")
    assert (lease.term, lease.user.rpartition("_")[0]) == (600, "reader")
    clock.now += 599
    assert broker.is_valid(lease.user)
    clock.now += 1
    assert not broker.is_valid(lease.user)


def test_renewals_end_at_the_longest_term(issuer: LeaseIssuer, watcher: Watcher, clock: Clock) -> None:
    lease = issuer.lease("reader")
    for _ in range(6):
        clock.now += 550
        left = issuer.renew(lease)
    assert left == 300
    clock.now += 300
    with pytest.raises(BrokerError, match="lease not found"):
        issuer.renew(lease)
    assert watcher.seen == ["taken", *["renewed 600"] * 5, "renewed 300", "refused"]


def test_a_revoked_lease_is_gone(issuer: LeaseIssuer, broker: MemoryBroker, watcher: Watcher) -> None:
    lease = issuer.lease("reader")
    issuer.revoke(lease)
    assert not broker.is_valid(lease.user)
    assert watcher.seen == ["taken", "revoked"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda issuer, lease: issuer.request("reader", "GET", "database/creds/writer"),
        lambda issuer, lease: issuer.request("writer", "PUT", "sys/leases/renew", lease_id=lease.id),
        lambda issuer, lease: issuer.request("writer", "PUT", "sys/leases/revoke", lease_id=lease.id),
        lambda issuer, lease: issuer.request("leasehold_operator", "GET", "database/creds/reader"),
        lambda issuer, lease: issuer.request("reader", "PUT", "database/rotate-root/run"),
    ],
)
def test_a_login_does_what_its_policy_allows_and_no_more(
    issuer: LeaseIssuer, broker: MemoryBroker, ask: Callable[[LeaseIssuer, Lease], object]
) -> None:
    lease = issuer.lease("reader")
    with pytest.raises(BrokerError, match="permission denied"):
        ask(issuer, lease)
    assert broker.is_valid(lease.user)


def test_an_unknown_role_is_not_asked_for(issuer: LeaseIssuer, broker: MemoryBroker) -> None:
    with pytest.raises(UnknownRoleError, match="declares no role 'root'"):
        issuer.lease("root")
    assert broker.asked == []


def test_a_rotation_ends_the_leases_of_one_role(issuer: LeaseIssuer, broker: MemoryBroker) -> None:
    old, other = issuer.lease("reader"), issuer.lease("writer")
    rotation = Rotation(issuer)
    rotation.begin(rotation.leases("reader"), grace=0)
    new = issuer.lease("reader")
    rotation.wait()
    assert [broker.is_valid(lease.user) for lease in (old, other, new)] == [False, True, True]
    rotation.admin()
    assert broker.admin_rotations == 1


def test_a_sealed_broker_gives_nothing(issuer: LeaseIssuer, broker: MemoryBroker, watcher: Watcher) -> None:
    broker.sealed = True
    with pytest.raises(BrokerError, match="sealed"):
        issuer.lease("reader")
    assert watcher.seen == ["refused"]
