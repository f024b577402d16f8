"""Many leases in one run: they leave nothing, and the last ones take no longer than the first of another run."""

import statistics
import time

import psycopg
import pytest

from leasehold import LeaseIssuer
from tests.soak import soak

from .conftest import MakeRun
from .support import Live

MANY = soak(1000, 3000)
ALIVE = soak(100, 270)
COMPARED = 100


def catalogs(connection: psycopg.Connection) -> tuple[int, ...]:
    """Return the length of access lists and the number of logins, memberships and dependencies."""
    row = connection.execute(
        "SELECT (SELECT coalesce(sum(cardinality(relacl)), 0) FROM pg_class),"
        " (SELECT coalesce(sum(cardinality(datacl)), 0) FROM pg_database),"
        " (SELECT count(*) FROM pg_roles WHERE rolcanlogin), (SELECT count(*) FROM pg_auth_members),"
        " (SELECT count(*) FROM pg_shdepend), (SELECT count(*) FROM pg_db_role_setting)"
    ).fetchone()
    assert row is not None
    return tuple(map(int, row))


def come_and_gone(issuer: LeaseIssuer, leases: int, alive: int = 1) -> None:
    """Take leases and revoke them, so many alive at a time; hold that none of them leaves or grants anything."""
    watcher = issuer.lease("auditor")
    with watcher.connect(autocommit=True) as connection:
        before = catalogs(connection)
        for _ in range(leases // alive):
            held = [issuer.lease("reader") for _ in range(alive)]
            now = catalogs(connection)
            assert now[0] == before[0], "no grant is made for a lease"
            assert now[2] == before[2] + alive
            for lease in held:
                issuer.revoke(lease)
        assert catalogs(connection) == before
    issuer.revoke(watcher)


@pytest.mark.parametrize(("leases", "alive"), [(100, 1), (100, 50)])
def test_leases_leave_nothing(quiet: Live, leases: int, alive: int) -> None:
    come_and_gone(quiet.issuer, leases, alive)


def timed(issuer: LeaseIssuer) -> float:
    """Return how long a lease took, in seconds."""
    began = time.perf_counter()
    held = issuer.lease("reader")
    spent = time.perf_counter() - began
    issuer.revoke(held)
    return spent


def compared(used: LeaseIssuer, fresh: LeaseIssuer) -> float:
    """Return how many times as long leases take in a used run as in a fresh one; in turns, for machines are uneven."""
    pairs = [(timed(used), timed(fresh)) for _ in range(COMPARED)]
    return statistics.median(one for one, _ in pairs) / statistics.median(other for _, other in pairs)


@pytest.mark.soak
@pytest.mark.timeout(MANY * 2 + 900)
def test_the_last_lease_is_as_quick_as_the_first(make_run: MakeRun) -> None:
    used, fresh = make_run().issuer, make_run().issuer
    come_and_gone(used, MANY)
    assert compared(used, fresh) < 2
    held = [used.lease("reader") for _ in range(ALIVE)]
    assert compared(used, fresh) < 2, f"with {ALIVE} others alive"
    for lease in held:
        used.revoke(lease)
