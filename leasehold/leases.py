"""Leases: short-lived logins that the broker makes for one holder."""

from dataclasses import dataclass, field
from typing import Any

import hvac
import hvac.exceptions
import psycopg
import requests
from pydantic import SecretStr

from .errors import BrokerError
from .outputs import Outputs

TIMEOUT = 30
"""How long the broker may take to answer, in seconds."""


@dataclass(frozen=True)
class Lease:
    """One login, a member of exactly one role, until its term ends or it is revoked.

    Attributes:
        role: The role that it is a member of.
        id: The broker's name for the lease.
        term: Seconds from its creation to its end.
        user: The login's name.
        password: Shown by `get_secret_value` only.
    """

    role: str
    id: str
    term: int
    host: str
    port: int
    database: str
    user: str
    password: SecretStr = field(repr=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """Connection parameters under libpq's names, the password among them."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password.get_secret_value(),
            "sslmode": "disable",
        }

    def connect(self, **options: Any) -> psycopg.Connection:
        """Open a connection as this lease.

        Args:
            options: More of `psycopg.connect`'s arguments.

        Raises:
            psycopg.OperationalError: The database refused it, or did not answer.
        """
        return psycopg.connect(**{"connect_timeout": TIMEOUT, **self.parameters, **options})


class LeaseIssuer:
    """Asks one run's broker for leases, for each role with that role's own login."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self._clients: dict[str, hvac.Client] = {}

    def lease(self, role: str) -> Lease:
        """Have a new login of a role made.

        Raises:
            BrokerError: No such role is declared, or the broker refused or did not answer.
        """
        access, door = self._access(role), self.outputs.door
        answer = self._ask(role, "GET", access.credentials_path)
        return Lease(
            role=role,
            id=answer["lease_id"],
            term=answer["lease_duration"],
            host=door.host,
            port=door.database_port,
            database=self.outputs.database,
            user=answer["data"]["username"],
            password=SecretStr(answer["data"]["password"]),
        )

    def renew(self, lease: Lease) -> int:
        """Prolong a lease as far as its role allows; return the seconds that it now has left.

        Raises:
            BrokerError: The lease has ended, or the broker did not answer.
        """
        return int(self._ask(lease.role, "PUT", "sys/leases/renew", lease_id=lease.id)["lease_duration"])

    def revoke(self, lease: Lease) -> None:
        """End a lease now: its sessions, then its login. It is gone when this returns.

        Raises:
            BrokerError: The broker refused or did not answer.
        """
        self._ask(lease.role, "PUT", "sys/leases/revoke", lease_id=lease.id, sync=True)

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send the broker one request with a role's login, whatever it is.

        Raises:
            BrokerError: It was refused, or not answered.
        """
        return self._ask(role, method, path, **data)

    def _access(self, role: str) -> Any:
        try:
            return self.outputs.roles[role]
        except KeyError:
            known = ", ".join(sorted(self.outputs.roles))
            raise BrokerError(f"Run {self.outputs.run!r} declares no role {role!r}. It declares {known}.") from None

    def _ask(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        try:
            answer = self._client(role).adapter.request(method, f"/v1/{path}", json=data or None)
        except hvac.exceptions.VaultError as error:
            raise BrokerError(
                f"The broker of run {self.outputs.run!r} refused {method} {path} to {role!r}: {_reason(error)}."
            ) from None
        except requests.RequestException as error:
            raise BrokerError(
                f"The broker of run {self.outputs.run!r} did not answer at {self.outputs.broker.address} "
                f"({type(error).__name__}). Is the run still up? `docker ps` lists its containers."
            ) from None
        return answer if isinstance(answer, dict) else {}

    def _client(self, role: str) -> hvac.Client:
        if role not in self._clients:
            access, broker = self._access(role), self.outputs.broker
            client = hvac.Client(url=broker.address, timeout=TIMEOUT)
            client.auth.approle.login(
                role_id=access.role_id,
                secret_id=self.outputs.secret_ids[role].get_secret_value(),
                mount_point=broker.login_mount,
            )
            self._clients[role] = client
        return self._clients[role]


def _reason(error: hvac.exceptions.VaultError) -> str:
    """Return the broker's own words on one line, without its count of errors."""
    words = " ".join(" ".join(str(word) for word in error.errors or [str(error)]).split())
    return words.rpartition("occurred: * ")[2].rstrip(".")
