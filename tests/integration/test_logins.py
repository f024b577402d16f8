"""Who may log in, and who is turned away."""

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import docker
import hvac
import psycopg
import pytest
import requests
from cryptography import x509
from psycopg import errors

from components.certificates.authority import Authority, authority_certificate
from leasehold import BrokerError, Lease, LeaseIssuer, Outputs, UnknownRoleError
from tests.soak import soak

from .support import Live, until

Take = Callable[[str], Lease]


def test_no_password(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        lease("reader").connect(password="", passfile="/dev/null")


def test_no_tls(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry .* no encryption"):
        lease("reader").connect(sslmode="disable")


def test_an_older_tls(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match="protocol version"):
        lease("reader").connect(ssl_max_protocol_version="TLSv1.2")


def test_an_authority_that_is_not_the_runs(lease: Take, outputs: Outputs, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    now = int(time.time())
    other.write_text(authority_certificate(Authority("another seed", outputs.run, now, now + 600)))
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        lease("reader").connect(sslrootcert=str(other))
    with pytest.raises(requests.exceptions.SSLError):
        hvac.Client(url=outputs.broker.address, verify=str(other)).sys.read_health_status(method="GET")


def test_a_server_under_another_name(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        lease("reader").connect(host="example.org", hostaddr="127.0.0.1")


def test_certificates_end_with_the_term(outputs: Outputs, engine: docker.DockerClient) -> None:
    labels = engine.containers.get(f"leasehold-{outputs.run}-database").labels
    ends = x509.load_pem_x509_certificate(outputs.tls.certificate.encode()).not_valid_after_utc
    assert int(ends.timestamp()) == int(labels["dev.leasehold.expires"])


def test_a_wrong_password(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        lease("reader").connect(password="guessed")


@pytest.mark.parametrize("password", ["", "postgres"])
def test_the_superuser_is_refused_from_outside(lease: Take, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects connection"):
        lease("reader").connect(user="postgres", password=password, passfile="/dev/null")


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_no_other_database(lease: Take, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        lease("reader").connect(dbname=database)


def test_a_group_is_no_login(lease: Take) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        lease("reader").connect(user="reader")


def test_a_revoked_lease_loses_its_open_session_and_its_login(issuer: LeaseIssuer) -> None:
    held = issuer.lease("reader")
    session = held.connect(autocommit=True)
    issuer.revoke(held)
    with pytest.raises(errors.AdminShutdown):
        session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        held.connect()


class Reconnecting(threading.Thread):
    """A client that reconnects at once when its session ends, as pools do."""

    def __init__(self, lease: Lease, mark: str) -> None:
        super().__init__()
        self._lease, self._mark, self._over = lease, mark, threading.Event()
        self.sessions: list[psycopg.Connection] = []
        self.refusals = 0

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self.sessions.append(self._lease.connect(autocommit=True, application_name=self._mark))
                while True:
                    self.sessions[-1].execute("SELECT 1")
            except psycopg.OperationalError:
                self.refusals += 1

    def end(self) -> None:
        """End it, whatever it is at."""
        self._over.set()
        for session in self.sessions:
            session.close()
        self.join()


def refusals(clients: list[Reconnecting]) -> int:
    return sum(client.refusals for client in clients)


def sessions_of(watching: psycopg.Connection, mark: str) -> int:
    row = watching.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [mark]).fetchone()
    assert row
    return int(row[0])


@pytest.mark.login_event
@pytest.mark.parametrize("rounds", [3, pytest.param(soak(30, 200), marks=pytest.mark.soak)])
def test_nobody_slips_in_while_a_lease_is_revoked(issuer: LeaseIssuer, lease: Take, rounds: int) -> None:
    """Clients that reconnect at once hold no session once the revocation has returned."""
    for _ in range(rounds):
        held, mark = issuer.lease("writer"), secrets.token_hex(8)
        clients = [Reconnecting(held, mark) for _ in range(4)]
        for client in clients:
            client.start()
        until(lambda: all(client.sessions for client in clients))  # noqa: B023 - called at once
        with lease("reader").connect(autocommit=True) as watching:
            assert sessions_of(watching, mark) == len(clients)
            issuer.revoke(held)
            enough = refusals(clients) + 12
            until(lambda: refusals(clients) > enough)  # noqa: B023 - called at once
            assert sessions_of(watching, mark) == 0
        for client in clients:
            client.end()


def test_revoking_one_lease_leaves_its_neighbour(issuer: LeaseIssuer, lease: Take) -> None:
    kept, ended = lease("reader"), issuer.lease("reader")
    with kept.connect() as session:
        issuer.revoke(ended)
        assert session.execute("SELECT current_user").fetchone() == (kept.user,)


def test_a_lease_in_a_transaction_is_revoked_all_the_same(issuer: LeaseIssuer, lease: Take) -> None:
    held = issuer.lease("migrator")
    session = held.connect()
    session.execute("LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE")
    issuer.revoke(held)
    with lease("reader").connect() as connection:
        assert connection.execute("SELECT count(*) >= 0 FROM orders").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")


def test_a_login_of_one_role_cannot_read_another_roles_credentials(issuer: LeaseIssuer) -> None:
    with pytest.raises(BrokerError, match="refused GET database/creds/auditor to 'reader': permission denied"):
        issuer.request("reader", "GET", "database/creds/auditor")


def test_a_login_of_one_role_cannot_end_another_roles_lease(issuer: LeaseIssuer, lease: Take) -> None:
    with pytest.raises(BrokerError, match="permission denied"):
        issuer.request("reader", "PUT", "sys/leases/revoke", lease_id=lease("writer").id)


def test_an_undeclared_role(issuer: LeaseIssuer) -> None:
    with pytest.raises(
        UnknownRoleError, match=r"declares no role .admin.\. It declares auditor, migrator, reader, writer"
    ):
        issuer.lease("admin")


def test_the_admin_makes_leases_and_nothing_else(live: Live, lease: Take) -> None:
    with lease("reader").connect() as connection:
        admin = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolreplication, rolbypassrls, has_schema_privilege(oid, 'shop', 'USAGE'), "
            "has_table_privilege(oid, 'shop.payroll', 'SELECT') FROM pg_roles WHERE rolname = 'leasehold_admin'"
        ).fetchone()
        usable = connection.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member = 'leasehold_admin'::regrole "
            "AND roleid IN (SELECT oid FROM pg_roles WHERE NOT rolcanlogin) AND (inherit_option OR set_option)"
        ).fetchone()
    assert admin == (False, False, False, False, False, False)
    assert usable == (0,)
