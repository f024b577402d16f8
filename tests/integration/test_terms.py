"""What ends by itself: leases and runs. In a stack of one's own, into which the components are imported."""

import time
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from leasehold import Run
from leasehold.engines.labelled import take_inventory
from leasehold.runs.sweep import sweep

from .support import PROJECTS, until

TERM = 60  # seconds: time enough for a slow machine to create a run


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
    assert (held.term, held.database) == (3, "notes")
    session = held.connect(autocommit=True)

    def ended() -> bool:
        try:
            session.execute("SELECT 1")
        except errors.AdminShutdown:
            return True
        return False

    until(ended)
    # While the broker is still at it, the login guard refuses, or the server, which finds it gone half-way through the
    # login; afterwards there is no such login.
    refused = r"this lease has ended|role \S+ does not exist|invalid role OID|password authentication failed"
    with pytest.raises(psycopg.OperationalError, match=refused):
        held.connect()
