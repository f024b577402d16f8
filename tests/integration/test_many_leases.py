"""Three thousand leases in one run: the last ones take no longer than the first of another, and nothing is left.

``LEASEHOLD_LEASES`` is their number.
"""

import os
import statistics
import time

import psycopg
import pytest

from leasehold import Lease, LeaseIssuer

from .conftest import MakeRun

LEASES = int(os.environ.get("LEASEHOLD_LEASES", "3000"))
SLICE = LEASES // 10


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


def timed(issuer: LeaseIssuer) -> tuple[float, Lease]:
    """Return how long a lease took, in seconds, and the lease."""
    began = time.perf_counter()
    held = issuer.lease("reader")
    return time.perf_counter() - began, held


def compared(used: LeaseIssuer, fresh: LeaseIssuer, leases: int) -> float:
    """Return how many times as long leases take in a used run as in a fresh one; in turns, for machines are uneven."""
    seconds: list[list[float]] = [[], []]
    for _ in range(leases):
        for issuer, spent in zip((used, fresh), seconds, strict=True):
            took, held = timed(issuer)
            spent.append(took)
            issuer.revoke(held)
    return statistics.median(seconds[0]) / statistics.median(seconds[1])


@pytest.mark.timeout(LEASES / 5 + 120)
def test_the_last_lease_is_as_quick_as_the_first(make_run: MakeRun) -> None:
    issuer = make_run().issuer
    watcher = issuer.lease("auditor")
    with watcher.connect(autocommit=True) as connection:
        before = catalogs(connection)
        for _ in range(LEASES - SLICE):
            issuer.revoke(issuer.lease("reader"))
        ratio = compared(issuer, make_run().issuer, SLICE)
        assert catalogs(connection) == before
    assert ratio < 2


def test_many_at_once_are_no_slower_either(make_run: MakeRun) -> None:
    issuer = make_run().issuer
    with issuer.lease("auditor").connect(autocommit=True) as connection:
        before = catalogs(connection)
        held = [issuer.lease("reader") for _ in range(270)]
        assert catalogs(connection)[0] == before[0], "no grant is made for a lease"
        ratio = compared(issuer, make_run().issuer, 100)
        for lease in held:
            issuer.revoke(lease)
        assert catalogs(connection) == before
    assert ratio < 2
