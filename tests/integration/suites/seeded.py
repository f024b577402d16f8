"""A hundred denials of many kinds among three hundred quiet tests. `tests/integration/test_seeded.py` runs it.

Every denial is swallowed, as an application may do: the servers alone tell of it. It happens in the test itself, in a
thread, in a fixture before it, or in one after it. ``EXPECTED`` says what each test is refused.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import hvac
import psycopg
import pytest

from leasehold import Lease, Run

QUIET = 300
SEEDED = 100
HOW = ("call", "thread", "setup", "teardown")
Take = Callable[[str], Lease]
OpenBroker = Callable[[str], hvac.Client]

STATEMENTS = {
    "table": "SELECT salary FROM payroll WHERE employee = 'Edsger'",
    "schema": "CREATE TABLE shop.mine (id int)",
    "function": "SELECT pg_read_file('/etc/passwd')",
    "sequence": "SELECT setval('shop.orders_id_seq', 7)",
    "database": "CREATE SCHEMA mine",
    "ownership": "DROP TABLE customers",
    "row security": "SET row_security = off; SELECT * FROM customers",
    "role membership": "SET ROLE auditor",
    "other privilege": "CREATE ROLE mine",
}
LOGINS: dict[str, dict[str, Any]] = {
    "wrong password": {"password": "not-the-password"},
    "unknown login": {"user": "somebody"},
    "barred login": {"user": "reader"},
    "no pg_hba line": {"user": "postgres"},
    "no TLS": {"sslmode": "disable"},
}
BROKER = ("broker permission", "bad token", "revoked token", "wrapped token opened twice", "broker login")
KINDS = (*STATEMENTS, *LOGINS, "revoked login", "too many connections", *BROKER)
EXPECTED = {
    f"test_seeded[{number}-{KINDS[number % len(KINDS)]}-{HOW[number // len(KINDS) % len(HOW)]}]": (
        KINDS[number % len(KINDS)],
        HOW[number // len(KINDS) % len(HOW)],
    )
    for number in range(SEEDED)
}


class Refused:
    """Has something refused, once, and says nothing of it."""

    def __init__(self, kind: str, run: Run, lease: Take, broker: OpenBroker) -> None:
        self._kind, self._run, self._take, self._broker = kind, run, lease, broker
        self._lease = lease("auditor" if kind == "too many connections" else "reader")
        self._client = broker("reader") if kind in BROKER else None

    def __call__(self) -> None:
        """Be refused."""
        with contextlib.suppress(psycopg.Error, hvac.exceptions.VaultError):
            if self._kind in STATEMENTS:
                with self._lease.connect(autocommit=True) as connection:
                    connection.execute(STATEMENTS[self._kind].encode())
            elif self._kind in LOGINS:
                self._lease.connect(**LOGINS[self._kind])
            elif self._kind == "revoked login":
                self._run.issuer.revoke(self._lease)
                self._lease.connect()
            elif self._kind == "too many connections":
                with self._lease.connect(), self._lease.connect():
                    self._lease.connect()
            elif self._client:
                self._ask(self._client)

    def _ask(self, client: hvac.Client) -> None:
        login = self._run.outputs.orchestrator
        if self._kind == "broker permission":
            client.read("database/creds/auditor")
        elif self._kind == "bad token":
            client.token = "s.of-nobody"
            client.read("database/creds/reader")
        elif self._kind == "revoked token":
            client.auth.token.revoke_self()
            client.read("database/creds/reader")
        else:
            client.auth.approle.login(role_id=login.role_id, secret_id=login.secret_id.get_secret_value())
            path = "/v1/auth/approle/role/reader/secret-id"
            wrapped = client.adapter.request("POST", path, wrap_ttl="60s")["wrap_info"]["token"]
            client.token = wrapped
            secret_id = client.adapter.request("POST", "/v1/sys/wrapping/unwrap")["data"]["secret_id"]
            if self._kind == "broker login":
                for _ in range(2):
                    role_id = str(self._run.outputs.access("reader").logins["approle"])
                    client.auth.approle.login(role_id=role_id, secret_id=secret_id)
            else:
                client.token = wrapped
                client.adapter.request("POST", "/v1/sys/wrapping/unwrap")


@pytest.fixture
def refused(request: pytest.FixtureRequest, leasehold_run: Run, lease: Take, broker: OpenBroker) -> Iterator[Refused]:
    kind, how = EXPECTED[request.node.name]
    made = Refused(kind, leasehold_run, lease, broker)
    if how == "setup":
        made()
    yield made
    if how == "teardown":
        made()


@pytest.mark.parametrize(("number", "kind", "how"), [tuple(name[12:-1].split("-")) for name in EXPECTED])
def test_seeded(refused: Refused, number: str, kind: str, how: str) -> None:
    if how == "call":
        refused()
    elif how == "thread":
        thread = threading.Thread(target=refused)
        thread.start()
        thread.join()


@pytest.mark.parametrize("number", range(QUIET))
def test_quiet(lease: Take, number: int) -> None:
    with lease("writer" if number % 3 else "reader").connect() as connection:
        assert connection.execute("SELECT count(*) FROM orders WHERE quantity > %s", [0]).fetchone() == (2,)
