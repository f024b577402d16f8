"""A login that must be refused counts as refused for its own reason alone."""

from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from leasehold import Lease
from leasehold.proofs.audit import refused_logins
from leasehold.proofs.audit.refused_logins import TRIES, open_locks

FULL = 'FATAL:  too many connections for role "reader_0123456789abcdef"'
HELD = {
    "a login without a password": "fe_sendauth: no password supplied",
    "a login with a wrong password": 'FATAL:  password authentication failed for user "reader_0123456789abcdef"',
    "a login without TLS": 'FATAL:  no pg_hba.conf entry for host "172.18.0.2", user "x", database "y", no encryption',
    "the superuser from the network": 'FATAL:  pg_hba.conf rejects connection for host "172.18.0.2", user "postgres"',
    "a lease in another database": 'FATAL:  permission denied for database "postgres"\nDETAIL:  No CONNECT privilege.',
}


def lease(answers: dict[str, str], own: str = "") -> Lease:
    """A lease whose logins are answered so: with an error, or, where that is empty, accepted."""
    named = {str(one.changes): one.what for one in TRIES}

    def connect(**changes: Any) -> Any:
        error = answers[named[str(changes)]] if changes else own
        if error:
            raise psycopg.OperationalError(error)
        return SimpleNamespace(close=lambda: None)

    return cast(Lease, SimpleNamespace(connect=connect))


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_logins, "PATIENCE", 0.0)


def test_every_lock_holds() -> None:
    assert open_locks(lease(HELD)) == ([], [])


@pytest.mark.parametrize("what", HELD)
def test_a_login_that_is_accepted(what: str) -> None:
    assert open_locks(lease({**HELD, what: ""})) == ([f"{what} was accepted"], [])


@pytest.mark.parametrize("what", HELD)
@pytest.mark.parametrize("error", [FULL, "connection to server failed: Connection refused", "FATAL:  out of memory"])
def test_another_refusal_proves_nothing(what: str, error: str) -> None:
    accepted, [untried] = open_locks(lease({**HELD, what: error}))
    assert accepted == []
    assert untried == f"{what}, which was refused for another reason: {' '.join(error.split())}"


@pytest.mark.parametrize("what", HELD)
def test_the_refusal_of_one_lock_is_no_other_locks(what: str) -> None:
    same = {"a login without TLS", "the superuser from the network"}  # both are pg_hba.conf's
    for other, error in HELD.items():
        if other != what and not {other, what} <= same:
            assert open_locks(lease({**HELD, what: error}))[1], other


def test_without_a_control_nothing_is_proven() -> None:
    accepted, [untried] = open_locks(lease(HELD, own=FULL))
    assert accepted == []
    assert untried.startswith("logins that must be refused, because the lease's own was: FATAL: too many connections")
