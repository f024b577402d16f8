"""What frameworks take for granted: schema `public` is the owner's, and nobody else's; the audit finds it so."""

import psycopg
import pytest

from leasehold import Run
from leasehold.proofs.audit import audit
from leasehold.proofs.audit.refused_logins import open_locks
from tests.shared import SharedRuns

from .support import PROJECTS


@pytest.fixture(scope="module")
def run(shared_runs: SharedRuns) -> Run:
    return shared_runs.get("public-schema", PROJECTS / "public_schema")


def test_the_audit_passes_before_and_after_a_migration(run: Run) -> None:
    assert audit(run.issuer).lines() == []
    owner = run.issuer.lease("owner")
    with owner.connect() as connection:
        connection.execute("CREATE TABLE a (id serial PRIMARY KEY, t text)")
        connection.execute("CREATE TABLE events.seen (id int)")
        connection.execute("CREATE VIEW b AS SELECT id FROM a")
    run.issuer.revoke(owner)
    assert audit(run.issuer).lines() == []
    assert audit(run.issuer).untried == ()


def test_a_role_without_grants_there_makes_nothing_in_public(run: Run) -> None:
    for role in ("reader", "other"):
        lease = run.issuer.lease(role)
        with lease.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine ()")
        run.issuer.revoke(lease)


def test_a_lock_that_could_not_be_tried_is_no_closed_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one connection that the role may have is taken, so that any login is refused, also one that must not be."""
    monkeypatch.setattr("leasehold.proofs.audit.refused_logins.PATIENCE", 0.0)
    lease = run.issuer.lease("reader")
    with lease.connect():
        accepted, untried = open_locks(lease)
    run.issuer.revoke(lease)
    assert accepted == []
    assert untried
    assert all("too many connections" in line for line in untried)
