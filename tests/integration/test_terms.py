"""What ends by itself: leases and runs. In a stack of one's own, into which the components are imported."""

import time
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from leasehold import LeaseIssuer, Run
from leasehold.engines.labelled import take_inventory
from leasehold.runs.sweep import sweep

from .support import PROJECTS, Live, until

TERM = 120  # seconds: time enough for a slow machine to create a run
LONG_TERM = 400  # seconds, and to use it then; less than a lease's


def test_a_run_ends_at_its_term_and_is_swept(make_run: Callable[..., Run]) -> None:
    run = make_run(PROJECTS / "short_terms", term=TERM, keep=True)
    expires = take_inventory(run.name).expires
    until(lambda: take_inventory(run.name).running == 0, pause=1)  # it has ended, or another test has swept it, too
    now = int(time.time())
    assert now >= expires - 1, "it ended before its term did"
    sweep()
    until(lambda: take_inventory(run.name).empty, pause=1)


def test_an_expired_lease_loses_its_session_and_its_login(short_terms: Run) -> None:
    held = short_terms.issuer.lease("guest")
    assert (held.term, held.database) == (10, "notes")
    session = held.connect(autocommit=True)

    def ended() -> bool:
        try:
            session.execute("SELECT 1")
        except errors.AdminShutdown:
            return True
        return False

    until(ended)
    # While the broker is still at it, the login guard refuses, or the server, which finds the login, or its membership
    # in the role that may connect, gone half-way; afterwards there is no such login.
    half_way = r"this lease has ended|role \S+ does not exist|invalid role OID|permission denied for database \"notes\""
    with pytest.raises(psycopg.OperationalError, match=rf"{half_way}|password authentication failed"):
        held.connect()


HUGE = 1_000_000
"""What a client asks for, in seconds."""


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_nobody_prolongs_a_lease_or_a_token_beyond_its_max_term(live: Live, role: str) -> None:
    expires = take_inventory(live.run.name).expires
    client, path = live.issuer.client(role), live.outputs.access(role).credentials_path
    try:
        lease = client.adapter.request("GET", f"/v1/{path}")["lease_id"]
        renewals = [
            client.adapter.request("PUT", "/v1/sys/leases/renew", json={"lease_id": lease, "increment": HUGE}),
            client.adapter.request("PUT", "/v1/auth/token/renew-self", json={"increment": HUGE})["auth"],
        ]
        left = [int(renewed["lease_duration"]) for renewed in renewals]
        assert all(time.time() + seconds <= expires for seconds in left), left
        access = live.outputs.access(role)
        assert all(access.term < seconds <= access.max_term for seconds in left), left
    finally:
        client.adapter.request("PUT", "/v1/auth/token/revoke-self")


def test_a_lease_that_is_taken_late_is_valid_until_the_run_ends(make_run: Callable[..., Run]) -> None:
    """The broker counts from its making; the database ends it with the run, also when it is renewed."""
    run = make_run(term=LONG_TERM, keep=True)
    expires = int(take_inventory(run.name).expires)
    issuer = LeaseIssuer(run.outputs)
    held = issuer.lease("migrator")
    assert time.time() + held.term > expires, "by the broker's count it would go on"
    with held.connect(autocommit=True) as connection:
        until_then = "SELECT extract(epoch FROM rolvaliduntil)::int FROM pg_catalog.pg_roles WHERE rolname = %s"
        assert connection.execute(until_then, [held.user]).fetchone() == (expires,)
        issuer.renew(held)
        assert connection.execute(until_then, [held.user]).fetchone() == (expires,)
