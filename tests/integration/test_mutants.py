"""Locks picked on a live run, each caught by what is there to catch it; `docs/explanation/proofs.md` lists them all."""

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import hvac
import psycopg
import pytest
import requests
from psycopg.sql import SQL, Identifier

from components.certificates.authority import Authority, authority_certificate, server_identity
from components.certificates.reissue import Server, reissue
from components.gateway.readiness import SSL_REQUEST
from components.servers.start import COPY_DATABASE_KEY
from leasehold import BrokerError, Run
from leasehold.databases import drivers
from leasehold.proofs.audit import audit
from leasehold.pytest_plugin import guard

from .support import PROJECTS, broker_client

HBA = "local all all peer\nhostssl all postgres samenet trust\nhostssl all all samenet scram-sha-256\n"
END_SESSIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'leasehold_admin'"
SEED = "environment-certificates-seed"


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run that takes the superuser from the network at its word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LEASEHOLD_TEST_MUTANTS", raising=False)
        patch.setenv("LEASEHOLD_TEST_HBA", HBA)
        with Run.create(program=PROJECTS / "mutants") as made:
            yield made


@pytest.fixture
def superuser(run: Run) -> Iterator[psycopg.Connection]:
    """The superuser, who is not in the run's own database: a clone could not be made of it."""
    with as_superuser(run, "postgres") as connection:
        yield connection


def as_superuser(run: Run, database: str) -> psycopg.Connection:
    return run.issuer.lease("reader").connect(user="postgres", password="", dbname=database, autocommit=True)


def generated(run: Run, name: str) -> tuple[str, dict[str, str]]:
    """Return what a RandomPassword holds, as who has the run's state can read it, and what it was made for."""
    resources = json.loads(run.state(show_secrets=True))["deployment"]["resources"]
    outputs = next(made["outputs"] for made in resources if made["urn"].endswith(f"::{name}"))
    return json.loads(outputs["result"]["plaintext"]), outputs.get("keepers") or {}


def authority_of(run: Run) -> Authority:
    seed, kept = generated(run, SEED)
    authority = Authority(seed, run.name, int(kept["made"]), int(kept["expires"]))
    assert authority_certificate(authority) == run.outputs.tls.certificate
    return authority


@contextmanager
def expired(run: Run, part: str) -> Iterator[None]:
    """Have a server serve a certificate of the run's authority that has just ended."""
    authority, gateway = authority_of(run), run.outputs.gateway
    ports = {"database": gateway.database_port, "broker": gateway.broker_port}
    more: dict[str, Any] = {"then": COPY_DATABASE_KEY, "greeting": SSL_REQUEST} if part == "database" else {}

    def serve(signer: Authority) -> None:
        identity = server_identity(signer, part)
        files = {"server.crt": identity.certificate, "server.key": identity.key}
        reissue(Server(part, f"leasehold-{run.name}-{part}", gateway.host, ports[part], files, **more))

    serve(replace(authority, until=int(time.time()) - 1))
    try:
        yield
    finally:
        serve(authority)


def test_an_expired_certificate_of_the_database(run: Run) -> None:
    held = run.issuer.lease("reader")
    with expired(run, "database"):
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):  # libpq does not say why
            held.connect()
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
            asyncio.run(asyncpg.connect(**drivers.asyncpg(held)))
    held.connect().close()


def test_an_expired_certificate_of_the_database_towards_the_broker(run: Run, superuser: psycopg.Connection) -> None:
    with expired(run, "database"):
        superuser.execute(END_SESSIONS)
        with pytest.raises(BrokerError, match="certificate has expired"):
            run.issuer.lease("reader")
    run.issuer.lease("reader").connect().close()


def test_an_expired_certificate_of_the_broker(run: Run) -> None:
    with expired(run, "broker"):
        client = hvac.Client(url=run.outputs.broker.address, verify=run.outputs.tls.file)
        with pytest.raises(requests.exceptions.SSLError, match="certificate has expired"):
            client.sys.read_health_status(method="GET")
        with pytest.raises(BrokerError, match="did not answer"):
            Run.get(run.name).issuer.lease("reader")
    Run.get(run.name).issuer.lease("reader").connect().close()


def test_a_token_with_two_roles(run: Run) -> None:
    provisioner = broker_client(run.outputs)
    provisioner.auth.userpass.login("provisioner", generated(run, "environment-broker-provisioner")[0])
    login = "auth/approle/role/auditor"
    try:
        provisioner.write_data(login, data={"token_policies": ["lease-auditor", "lease-writer"]})
        issuer = Run.get(run.name).issuer
        issuer.request("auditor", "GET", "database/creds/writer")
        lines = audit(run.issuer).lines()
    finally:
        provisioner.write_data(login, data={"token_policies": ["lease-auditor"]})
    what = "policies of more than one role (lease-auditor, lease-writer): read database/creds/writer by approle"
    assert f"in the log: {what}" in lines, json.dumps(lines)


@pytest.mark.parametrize(
    ("attribute", "message"), [("SUPERUSER", "which is a superuser"), ("BYPASSRLS", "which bypasses row security")]
)
def test_a_superuser_test_connection(run: Run, superuser: psycopg.Connection, attribute: str, message: str) -> None:
    lease = run.issuer.lease("reader")
    with lease.connect() as connection:
        guard.check(connection, user=lease.user)
        superuser.execute(SQL("ALTER ROLE {} {}").format(Identifier(lease.user), SQL(attribute)))
        with pytest.raises(guard.TooPrivilegedError, match=message):
            guard.check(connection, user=lease.user)


def test_the_superuser_itself_as_a_test_connection(superuser: psycopg.Connection) -> None:
    with pytest.raises(guard.TooPrivilegedError, match="acts as postgres, which is a superuser"):
        guard.check(superuser, user="postgres")


def test_a_superuser_in_the_servers_log(run: Run, superuser: psycopg.Connection) -> None:
    lines = audit(run.issuer).lines()
    assert any(line.startswith("in the log: superuser session from ") for line in lines)
    assert "an open lock: the superuser from the network was accepted" in lines


def test_a_role_that_is_superuser_gets_no_lease(run: Run, superuser: psycopg.Connection) -> None:
    """The broker's admin may hand out no more than it was given (PostgreSQL 18 manual, 21.2)."""
    superuser.execute("ALTER ROLE writer SUPERUSER")
    try:
        with pytest.raises(BrokerError, match="permission denied"):
            run.issuer.lease("writer")
    finally:
        superuser.execute("ALTER ROLE writer NOSUPERUSER")
    run.issuer.lease("writer").connect().close()


def test_a_lease_with_more_than_its_role(run: Run, superuser: psycopg.Connection) -> None:
    lease = run.issuer.lease("reader")
    login = Identifier(lease.user)
    superuser.execute(SQL("ALTER ROLE {} BYPASSRLS").format(login))
    superuser.execute(SQL("GRANT writer TO {}").format(login))
    lines = audit(run.issuer).lines()
    superuser.execute(SQL("REVOKE writer FROM {}").format(login))
    run.issuer.revoke(lease)
    assert "too much: reader: BYPASSRLS on attribute a lease" in lines
    assert f"too much: writer: HAS MEMBER on membership {lease.user}" in lines
    assert not any(lease.user in line for line in audit(run.issuer).lines())


def test_a_role_that_owns_its_table(run: Run) -> None:
    lease = run.issuer.lease("writer")
    with lease.connect() as connection, as_superuser(run, run.outputs.database) as superuser:
        guard.check(connection, user=lease.user)
        superuser.execute("CREATE TABLE public.mine ()")
        superuser.execute(SQL("ALTER TABLE public.mine OWNER TO {}").format(Identifier(lease.user)))
        with pytest.raises(guard.TooPrivilegedError, match=r"which owns public\.mine"):
            guard.check(connection, user=lease.user)
        superuser.execute("DROP TABLE public.mine")
