"""Leases: short-lived logins that the broker makes for one client."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import hvac
import psycopg
from pydantic import SecretStr

from ..contract import REVOKE
from ..errors import BrokerError, UnknownRoleError
from ..outputs import Outputs
from .authority import authority_file
from .broker import BrokerClient
from .client_header import is_by_harness
from .libpq import connect
from .protocol import Broker

SSL_MODE = "verify-full"
"""Encrypted, and the server is who it should be (PostgreSQL 18 manual, 32.19)."""

CONNECT_TIMEOUT = 30
"""How long a connection may take, in seconds."""


@dataclass(frozen=True)
class Lease:
    """One login, a member of exactly one role, until its term ends or it is revoked.

    Attributes:
        role: The role that it is a member of.
        id: The broker's name for the lease; empty for a static login, which is no lease of its own.
        term: Seconds from its creation to its end; of a static login, until the broker rotates its password.
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
    def is_static(self) -> bool:
        """Whether it is the role's own login, which others use too."""
        return not self.id

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
        return connect(**{"connect_timeout": CONNECT_TIMEOUT, **self.parameters, **options})


class LeaseWatcher(Protocol):
    """Is called when a lease is taken, renewed, revoked or refused."""

    def taken(self, lease: Lease) -> None:
        """A lease was made."""

    def renewed(self, lease: Lease, left: int) -> None:
        """A lease was prolonged; it has so many seconds left."""

    def revoked(self, lease: Lease) -> None:
        """A lease was ended."""

    def refused(self, error: BrokerError) -> None:
        """The broker refused a request, or did not answer."""


class LeaseIssuer:
    """Asks one run's broker for leases, for each role with that role's own login.

    Attributes:
        outputs: The run's.
        watchers: Called when a lease is taken, renewed, revoked or refused.
    """

    def __init__(self, outputs: Outputs, broker: Broker | None = None) -> None:
        """Begin.

        Args:
            outputs: The run's outputs.
            broker: The broker to ask; the run's own when not given.
        """
        self.outputs = outputs
        self.watchers: list[LeaseWatcher] = []
        self._broker: Broker = broker or BrokerClient(outputs)

    def lease(self, role: str, database: str | None = None, *, ahead: bool = False) -> Lease:
        """Have a new login of a role made.

        Args:
            role: The role.
            database: The database it is for; the run's, when not given.
            ahead: Whether it is nobody's yet: watchers are told of it by `hand_out`.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The broker refused, or did not answer.
        """
        access, gateway = self.outputs.access(role), self.outputs.gateway
        if not access.has_leases:
            raise UnknownRoleError(
                f"Role {role!r} has no leases: it is declared with `login: none`, for others to be members of. Take a "
                f"lease of one that has: {', '.join(self.outputs.roles_with_leases)}."
            )
        answer = self.request(role, "GET", access.credentials_path)
        lease = Lease(
            role=role,
            id=answer.get("lease_id", ""),
            term=answer["data"]["ttl"] if access.is_static else answer["lease_duration"],
            host=gateway.host,
            port=gateway.database_port,
            database=database or self.outputs.database,
            user=answer["data"]["username"],
            password=SecretStr(answer["data"]["password"]),
            authority_file=authority_file(self.outputs),
        )
        if not ahead:
            self.hand_out(lease)
        return lease

    def hand_out(self, lease: Lease) -> None:
        """Tell watchers of a lease that was made ahead: from here on it is somebody's."""
        for watcher in self.watchers:
            watcher.taken(lease)

    def renew(self, lease: Lease) -> int:
        """Prolong a lease by its role's term; return the seconds that it now has left.

        Raises:
            BrokerError: The lease has ended, or the broker did not answer.
        """
        if lease.is_static:
            return lease.term  # there is nothing to prolong
        left = int(self.request(lease.role, "PUT", "sys/leases/renew", lease_id=lease.id)["lease_duration"])
        for watcher in self.watchers:
            watcher.renewed(lease, left)
        return left

    def revoke(self, lease: Lease) -> None:
        """End a lease now: its sessions, then its login. It is gone when this returns. A static login stays.

        Raises:
            BrokerError: The broker refused or did not answer.
        """
        if not lease.is_static:
            self.request(lease.role, "PUT", REVOKE, lease_id=lease.id, sync=True)
        for watcher in self.watchers:
            watcher.revoked(lease)

    def tokens(self) -> dict[str, str]:
        """Return the broker's tokens that are in use, by role, for who looks for them where they should not be."""
        return self._broker.tokens()

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send the broker any one request with a role's login.

        Raises:
            BrokerError: It was refused, or not answered.
        """
        try:
            return self._broker.request(role, method, path, **data)
        except BrokerError as error:
            if not is_by_harness():  # else it is no test's
                for watcher in self.watchers:
                    watcher.refused(error)
            raise

    def client(self, role: str) -> hvac.Client:
        """Return a client of the broker with a login of its own, for code that asks for its credentials itself.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The broker refused, or did not answer.
        """
        return self._broker.open(role)

    def mark(self, path: str) -> None:
        """Have a request without a token refused, so that its path stands in the audit log.

        Raises:
            BrokerError: The broker did not answer.
        """
        self._broker.request_anonymously(path)
