"""What ends by itself: leases and runs. In a stack of one's own, into which the components are imported."""

import time
from collections.abc import Callable

import docker
import psycopg
import pytest
from psycopg import errors

from leasehold import Run
from leasehold.engine import take_inventory
from leasehold.sweep import sweep

from .support import PARTS, PROJECTS

SHORT_TERMS = PROJECTS / "short_terms"


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def test_an_expired_lease_loses_its_session_and_its_login(make_run: Callable[..., Run]) -> None:
    issuer = make_run(SHORT_TERMS).issuer
    held = issuer.lease("guest")
    assert held.term == 3
    session = held.connect(autocommit=True)
    assert session.execute("SELECT current_database()").fetchone() == ("notes",)

    def ended() -> bool:
        try:
            session.execute("SELECT 1")
        except errors.AdminShutdown:
            return True
        return False

    assert wait_for(ended, 10)
    # While the broker is still at it, the login guard refuses, or the server, which finds it gone half-way through the
    # login; afterwards there is no such login.
    refused = r"this lease has ended|role \S+ does not exist|password authentication failed"
    with pytest.raises(psycopg.OperationalError, match=refused):
        held.connect()


def test_a_run_ends_at_its_term_and_is_swept(make_run: Callable[..., Run], engine: docker.DockerClient) -> None:
    run = make_run(SHORT_TERMS, term=45, keep=True)

    def states() -> set[str]:
        return {engine.containers.get(f"leasehold-{run.name}-{part}").status for part in PARTS}

    assert states() == {"running"}
    assert wait_for(lambda: states() == {"exited"}, 60)
    sweep()  # or another test's, at the same moment
    assert wait_for(lambda: take_inventory(run.name).empty, 30)
