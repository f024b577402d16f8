"""Drills on a run: who may run them, what they end, what they leave."""

import json
import threading
from collections.abc import Callable
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from leasehold import BrokerError, Lease, Run
from leasehold.leases.rotation import Rotation
from leasehold.proofs.audit import audit

from .support import Live, generated, leasehold


@pytest.fixture
def drilled(quiet: Live) -> Run:
    """A run in which nobody else's leases are ended. One drill leaves what no drill takes away."""
    return quiet.run


@pytest.fixture
def lease(drilled: Run) -> Callable[[str], Lease]:
    return drilled.issuer.lease


def can_connect(lease: Lease) -> bool:
    try:
        lease.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def test_nobody_knows_the_admins_password_from_the_start(drilled: Run, lease: Callable[[str], Lease]) -> None:
    password = generated(drilled.name, "environment-database-admin")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        lease("reader").connect(user="leasehold_admin", password=password, dbname="postgres")


def test_the_admins_password_is_rotated_again(drilled: Run, lease: Callable[[str], Lease]) -> None:
    held = lease("reader")
    done = leasehold("rotate", drilled.name, "--admin")
    assert done.returncode == 0, done.stderr
    assert can_connect(held)
    assert can_connect(lease("writer"))


def test_a_planned_rotation_ends_the_old_leases_only(
    drilled: Run, lease: Callable[[str], Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    graces: list[float] = []
    over = threading.Event()

    def sleep(seconds: float) -> None:
        graces.append(seconds)
        over.wait()

    monkeypatch.setattr("leasehold.leases.rotation.time", SimpleNamespace(sleep=sleep))
    old, rotation = lease("reader"), Rotation(drilled.issuer)
    rotation.begin(rotation.leases("reader"), grace=30.0)
    assert can_connect(old)
    new = lease("reader")
    over.set()
    rotation.wait()
    assert graces == [30.0]
    assert (can_connect(old), can_connect(new)) == (False, True)


def test_an_emergency_ends_all_leases_of_the_role_and_no_others(drilled: Run, lease: Callable[[str], Lease]) -> None:
    readers, writer = [lease("reader") for _ in range(3)], lease("writer")
    done = leasehold("rotate", drilled.name, "--role", "reader", "--now", "--json")
    assert json.loads(done.stdout)["leases_ended"] >= 3, done.stderr
    assert [can_connect(reader) for reader in readers] == [False] * 3
    assert can_connect(writer)


def test_what_an_owner_granted_to_a_lease_keeps_nobody_in(drilled: Run, lease: Callable[[str], Lease]) -> None:
    """Such a login cannot be dropped; its end must not be undone with that."""
    held = lease("reader")
    with lease("migrator").connect() as connection:
        connection.execute("CREATE TABLE shop.told (id int)")
        connection.execute(SQL("GRANT SELECT ON shop.told TO {}").format(Identifier(held.user)))
    with held.connect(autocommit=True) as session:
        Rotation(drilled.issuer).emergency([held.id])
        with pytest.raises(psycopg.errors.AdminShutdown):
            session.execute("SELECT 1")
    assert not can_connect(held)
    assert f"too much: {held.user}: GRANTED on other table shop.told" in audit(drilled.issuer).lines()


def test_the_operator_reads_no_credentials(drilled: Run) -> None:
    for method, path in (
        ("GET", "database/creds/reader"),
        ("GET", "database/config/run"),
        ("LIST", "sys/leases/lookup/"),
    ):
        with pytest.raises(BrokerError, match="permission denied"):
            drilled.issuer.request("leasehold_operator", method, path)


@pytest.mark.parametrize("words", [(), ("--role", "reader", "--admin")])
def test_a_drill_is_named(drilled: Run, words: tuple[str, ...]) -> None:
    assert leasehold("rotate", drilled.name, *words).returncode == 2
