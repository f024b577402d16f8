"""Three thousand leases in one run: the last ones take no longer, and nothing of them is left.

``LEASEHOLD_LEASES`` is their number.
"""

import os
import statistics
import time
from collections.abc import Callable

import psycopg
import pytest

from leasehold import Run

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


@pytest.mark.timeout(LEASES / 5 + 120)
def test_the_last_lease_is_as_quick_as_the_first(make_run: Callable[..., Run]) -> None:
    issuer = make_run().issuer
    watcher = issuer.lease("auditor")
    with watcher.connect(autocommit=True) as connection:
        before = catalogs(connection)
        seconds = []
        for _ in range(LEASES):
            began = time.perf_counter()
            held = issuer.lease("reader")
            seconds.append(time.perf_counter() - began)
            issuer.revoke(held)
        assert catalogs(connection) == before
    assert statistics.median(seconds[-SLICE:]) < 2 * statistics.median(seconds[:SLICE])


def test_many_at_once_are_no_slower_either(make_run: Callable[..., Run]) -> None:
    issuer = make_run().issuer
    with issuer.lease("auditor").connect(autocommit=True) as connection:
        before = catalogs(connection)
        seconds, held = [], []
        for _ in range(300):
            began = time.perf_counter()
            held.append(issuer.lease("reader"))
            seconds.append(time.perf_counter() - began)
        assert catalogs(connection)[0] == before[0], "no grant is made for a lease"
        for lease in held:
            issuer.revoke(lease)
        assert catalogs(connection) == before
    assert statistics.median(seconds[-30:]) < 2 * statistics.median(seconds[:30])
