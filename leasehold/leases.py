"""Leases: short-lived logins that the broker makes for one holder."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from pydantic import SecretStr

from .authority import authority_file
from .broker import REVOKE, BrokerClient
from .outputs import Outputs

SSL_MODE = "verify-full"
"""Encrypted, and the server is who it should be (PostgreSQL 18 manual, 32.19)."""

CONNECT_TIMEOUT = 30
"""How long a connection may take, in seconds."""


@dataclass(frozen=True)
class Lease:
    """One login, a member of exactly one role, until its term ends or it is revoked.

    Attributes:
        role: The role that it is a member of.
        id: The broker's name for the lease.
        term: Seconds from its creation to its end.
        user: The login's name.
        password: Shown by `get_secret_value` only.
        authority_file: Certificate of who vouches for the server.
    """

    role: str
    id: str
    term: int
    host: str
    port: int
    database: str
    user: str
    password: SecretStr = field(repr=False)
    authority_file: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Connection parameters under libpq's names, the password among them."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password.get_secret_value(),
            "sslmode": SSL_MODE,
            "sslrootcert": self.authority_file,
        }

    def connect(self, **options: Any) -> psycopg.Connection:
        """Open a connection as this lease.

        Args:
            options: More of `psycopg.connect`'s arguments.

        Raises:
            psycopg.OperationalError: The database refused it, or did not answer.
        """
        return psycopg.connect(**{"connect_timeout": CONNECT_TIMEOUT, **self.parameters, **options})


class LeaseIssuer:
    """Asks one run's broker for leases, for each role with that role's own login."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self._broker = BrokerClient(outputs)

    def lease(self, role: str, database: str | None = None) -> Lease:
        """Have a new login of a role made.

        Args:
            role: The role.
            database: The database it is for; the run's, when not given.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The broker refused, or did not answer.
        """
        access, door = self.outputs.access(role), self.outputs.door
        answer = self._broker.request(role, "GET", access.credentials_path)
        return Lease(
            role=role,
            id=answer["lease_id"],
            term=answer["lease_duration"],
            host=door.host,
            port=door.database_port,
            database=database or self.outputs.database,
            user=answer["data"]["username"],
            password=SecretStr(answer["data"]["password"]),
            authority_file=authority_file(self.outputs),
        )

    def renew(self, lease: Lease) -> int:
        """Prolong a lease by its role's term; return the seconds that it now has left.

        Raises:
            BrokerError: The lease has ended, or the broker did not answer.
        """
        return int(self._broker.request(lease.role, "PUT", "sys/leases/renew", lease_id=lease.id)["lease_duration"])

    def revoke(self, lease: Lease) -> None:
        """End a lease now: its sessions, then its login. It is gone when this returns.

        Raises:
            BrokerError: The broker refused or did not answer.
        """
        self._broker.request(lease.role, "PUT", REVOKE, lease_id=lease.id, sync=True)

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send the broker one request with a role's login, whatever it is.

        Raises:
            BrokerError: It was refused, or not answered.
        """
        return self._broker.request(role, method, path, **data)
