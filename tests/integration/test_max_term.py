"""Nobody stretches what it was given: a lease and a token end at their role's maximum, however they are renewed."""

import pytest

from leasehold.contract import TEMPLATE_ADMIN
from leasehold.databases.clones import Databases
from leasehold.engines.labelled import take_inventory
from leasehold.leases.issuer import LeaseIssuer
from leasehold.proofs.audit.terms import INCREMENT, overlong

from .support import Live

ROLES = ("reader", "auditor", TEMPLATE_ADMIN)
_VALID_FOR = "SELECT extract(epoch FROM rolvaliduntil - now()) FROM pg_catalog.pg_roles WHERE rolname = session_user"


@pytest.mark.parametrize("role", ROLES)
def test_a_lease_ends_at_its_maximum_whatever_renewal_is_asked_for(live: Live, role: str) -> None:
    limit = live.outputs.access(role).max_term
    lease = live.issuer.lease(role)
    try:
        for _ in range(2):
            answer = live.issuer.request(role, "PUT", "sys/leases/renew", lease_id=lease.id, increment=INCREMENT)
            assert lease.term < answer["lease_duration"] <= limit
    finally:
        live.issuer.revoke(lease)


def test_so_does_its_login_in_the_server(live: Live) -> None:
    limit = live.outputs.access("reader").max_term
    lease = live.issuer.lease("reader")
    try:
        live.issuer.request("reader", "PUT", "sys/leases/renew", lease_id=lease.id, increment=INCREMENT)
        with lease.connect() as connection:
            row = connection.execute(_VALID_FOR).fetchone()
    finally:
        live.issuer.revoke(lease)
    assert row
    assert lease.term < row[0] <= limit + 60  # the broker gives the server a few seconds more


@pytest.mark.parametrize("role", ROLES)
def test_a_token_ends_at_its_maximum(live: Live, role: str) -> None:
    client = live.issuer.client(role)
    for _ in range(2):
        renewed = client.auth.token.renew_self(increment=INCREMENT)["auth"]["lease_duration"]
        assert 0 < renewed <= live.outputs.access(role).max_term
    client.auth.token.revoke_self()


def test_the_audit_renews_and_tells(live: Live) -> None:
    def told(issuer: LeaseIssuer) -> list[str]:
        lease = live.issuer.lease("reader")
        try:
            with lease.connect() as connection:
                found, untried = overlong(issuer, connection, take_inventory(live.run.name).expires)
        finally:
            live.issuer.revoke(lease)
        assert untried == []
        return found

    assert told(live.issuer) == []
    declared = live.outputs.roles["auditor"].model_copy(update={"max_term": 400})
    issuer = LeaseIssuer(live.outputs.model_copy(update={"roles": {**live.outputs.roles, "auditor": declared}}))
    found = told(issuer)
    assert [line.partition(" can")[0] for line in found] == ["a lease of auditor", "a token of auditor"]
    assert all(line.endswith("its max_term is 400 s") for line in found)


def test_a_lease_that_cannot_be_renewed_much_longer_is_replaced_in_time(live: Live) -> None:
    """A template admin's, whose session is needed as long as tests run."""
    databases = Databases(live.issuer)
    try:
        databases.mark("it is connected")
        held = databases._admin.lease
        assert held
        declined = LeaseIssuer(live.outputs)
        declined.renew = lambda lease: lease.term // 3  # type: ignore[method-assign]
        declined.lease = live.issuer.lease  # type: ignore[method-assign]
        databases._admin._issuer, databases._admin._renew_at = declined, 0.0
        databases.mark("a statement after half of its term")
        assert databases._admin.lease
        assert databases._admin.lease.id != held.id
    finally:
        databases._admin._issuer = live.issuer
        databases.close()


def test_leases_are_taken_with_a_token_that_lives_long_enough(live: Live) -> None:
    access = live.outputs.access("reader")
    issuer = LeaseIssuer(live.outputs)
    issuer.revoke(issuer.lease("reader"))
    first = issuer.tokens()["reader"]
    issuer.revoke(issuer.lease("reader"))
    assert issuer.tokens()["reader"] == first
    session = issuer._broker._sessions["reader"]  # type: ignore[attr-defined]
    assert session.replace_at < session.ends_at + access.max_term
    session.replace_at = 0.0  # as half of the maximum has passed
    issuer.revoke(issuer.lease("reader"))
    assert issuer.tokens()["reader"] != first
