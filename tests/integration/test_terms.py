"""What ends by itself: leases and runs. In a stack of one's own, into which the components are imported."""

from collections.abc import Callable
from datetime import datetime

import docker
import psycopg
import pytest
from psycopg import errors

from leasehold import Run
from leasehold.engine import take_inventory
from leasehold.sweep import sweep

from .support import PARTS, PROJECTS, until

TERM = 60  # seconds: time enough for a slow machine to create a run


def test_a_run_ends_at_its_term_and_is_swept(make_run: Callable[..., Run], engine: docker.DockerClient) -> None:
    run = make_run(PROJECTS / "short_terms", term=TERM, keep=True)
    expires = take_inventory(run.name).expires

    def states() -> dict[str, str]:
        return {part: engine.containers.get(f"leasehold-{run.name}-{part}").status for part in PARTS}

    until(lambda: set(states().values()) == {"exited"})
    for part in PARTS:
        ended = engine.containers.get(f"leasehold-{run.name}-{part}").attrs["State"]["FinishedAt"]
        assert datetime.fromisoformat(ended).timestamp() >= expires - 1, f"the {part} ended before the term did"
    sweep()  # or another test's, at the same moment
    until(lambda: take_inventory(run.name).empty)


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
    refused = r"this lease has ended|role \S+ does not exist|password authentication failed"
    with pytest.raises(psycopg.OperationalError, match=refused):
        held.connect()
