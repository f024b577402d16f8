"""A session that was held up, by a debugger or a sleeping machine, goes on: what ended meanwhile is made anew."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from leasehold import BrokerError, Lease
from leasehold.databases.clones import Databases
from leasehold.leases.issuer import LeaseIssuer

from .gated import INI, session, told
from .support import Live


@pytest.fixture
def databases(live: Live) -> Iterator[Databases]:
    made = Databases(live.issuer)
    made.mark("it is connected")
    yield made
    made.close()


def lease_of(databases: Databases) -> Lease:
    assert databases._admin.lease
    return databases._admin.lease


@pytest.mark.parametrize("renewal_is_due", [False, True])
def test_a_template_admins_lease_that_has_ended(live: Live, databases: Databases, renewal_is_due: bool) -> None:
    held = lease_of(databases)
    live.issuer.revoke(held)
    if renewal_is_due:
        databases._admin._renew_at = 0.0
    name = databases.create()
    assert name in databases.names()
    assert lease_of(databases).id != held.id
    databases.drop(name)


def test_a_session_that_was_cut_keeps_its_lease(live: Live, databases: Databases) -> None:
    held = lease_of(databases)
    with live.issuer.lease("reader").connect():
        pass
    assert databases._admin._connection
    databases._admin._connection.pgconn.finish()  # as the gateway does with one that is idle for an hour
    with databases.clone() as name:
        assert name in databases.names()
        assert databases.drop_orphans() == []  # the advisory lock is held again
    assert lease_of(databases).id == held.id


def test_a_statement_that_is_refused_is_not_sent_again(databases: Databases) -> None:
    with pytest.raises(psycopg.errors.InvalidCatalogName):
        databases.create("no_such_template")


def test_tokens_that_have_ended_are_replaced(live: Live) -> None:
    """The role's own, and the orchestrator's, which makes logins."""
    issuer = LeaseIssuer(live.outputs)
    issuer.revoke(issuer.lease("reader"))
    ended = issuer.tokens()["reader"]
    _end(issuer, ended)
    issuer._broker._method._orchestrator.token = ended  # type: ignore[attr-defined] # it may not revoke its own
    issuer.revoke(issuer.lease("writer"))
    issuer.revoke(issuer.lease("reader"))


def test_a_lease_ends_with_its_token_and_says_so(live: Live) -> None:
    issuer = LeaseIssuer(live.outputs)
    held = issuer.lease("reader")
    _end(issuer, issuer.tokens()["reader"])
    with pytest.raises(BrokerError):
        issuer.renew(held)
    issuer.revoke(issuer.lease("reader"))


def _end(issuer: LeaseIssuer, token: str) -> None:
    client = issuer.client("reader")
    client.token = token
    client.auth.token.revoke_self()


FROZEN = """
import datetime, time
import freezegun, psycopg, pytest, time_machine

PAST, FUTURE = datetime.datetime(2001, 9, 9, tzinfo=datetime.UTC), datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC)

@pytest.fixture(autouse=True, params=["freezegun", "time-machine"])
def stopped(request):
    if request.param == "freezegun":
        with freezegun.freeze_time(PAST):
            yield
    else:
        with time_machine.travel(FUTURE, tick=False):
            yield

def test_reading(connect, stopped):
    assert abs(time.time() - datetime.datetime.now(datetime.UTC).timestamp()) < 1
    assert connect("reader").execute("SELECT count(*) FROM orders").fetchone() == (2,)

def test_denied(connect, stopped):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect("reader").execute("SELECT * FROM payroll")

def test_a_stranger_is_refused(lease, stopped):
    held = lease("reader")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**{**held.parameters, "user": "stranger"})
"""


def test_clocks_that_tests_stop_or_move_are_nothing_to_the_gate(tmp_path: Path, warm: str) -> None:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_frozen.py").write_text(FROZEN)
    done = session(tmp_path, f"--leasehold-run={warm}")
    report = told(tmp_path)
    found = [(str(denial.test).partition("::")[2], denial.kind.value) for denial in report.denials]
    expected = [
        (f"test_{name}[{library}]", kind)
        for name, kind in (("denied", "table"), ("a_stranger_is_refused", "unknown login"))
        for library in ("freezegun", "time-machine")
    ]
    assert sorted(found) == sorted(expected), done.stdout
    assert "4 failed, 2 passed" in done.stdout
    assert len(report.leases) >= 6
    assert all(report.began < lease.began < (lease.ended or report.ended) <= report.ended for lease in report.leases)
