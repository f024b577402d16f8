"""A broker in memory: it issues, renews and revokes leases as a run's own does, for tests of what uses leases.

It keeps the policies of `components/broker/policies.py`: a role's login reads that role's credentials and handles that
role's leases; the operator's ends leases and reads no credentials. No database knows its logins.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hvac

from ..contract import OPERATOR, REVOKE, ROTATE_ADMIN, broker_name
from ..errors import BrokerError
from ..outputs import Outputs

RENEW = "sys/leases/renew"
LOOKUP = "sys/leases/lookup/"


@dataclass
class MemoryLease:
    """A lease in memory.

    Attributes:
        path: The path of the credentials that it is of.
        user: The login's name.
        ends: When it ends, by the broker's clock, in seconds.
        last: When it ends at the latest, renewals included.
    """

    path: str
    user: str
    ends: float
    last: float


class MemoryBroker:
    """Holds leases by id. See `protocol.Broker`.

    Attributes:
        leases: The leases that have not been revoked.
        asked: The requests, in order: role, method and path.
        admin_rotations: How often the database admin's password was rotated.
        sealed: Whether it refuses everything.
    """

    def __init__(self, outputs: Outputs, *, clock: Callable[[], float] = time.time) -> None:
        """Begin without leases.

        Args:
            outputs: The run's outputs.
            clock: Tells the time, in seconds.
        """
        self._outputs, self._clock = outputs, clock
        self.leases: dict[str, MemoryLease] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.admin_rotations = 0
        self.sealed = False

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Serve one request with a role's login.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The role's policy does not allow it, there is no such lease, or the broker is sealed.
        """
        own = "" if role == OPERATOR else self._outputs.access(role).credentials_path
        self.asked.append((role, method, path))
        if self.sealed:
            raise self._refusal(role, method, path, "Vault is sealed")
        lease = str(data.get("lease_id", ""))
        if method == "GET" and own and path == own:
            return self._issue(role, own)
        if method == "PUT" and path == RENEW and own and lease.startswith(f"{own}/"):
            return self._renew(role, lease)
        if method == "PUT" and path == REVOKE and (role == OPERATOR or lease.startswith(f"{own}/")):
            self.leases.pop(lease, None)
            return {}
        if role == OPERATOR and method == "LIST" and path.startswith(LOOKUP):
            return self._list(path.removeprefix(LOOKUP))
        if role == OPERATOR and method == "PUT" and path == ROTATE_ADMIN:
            self.admin_rotations += 1
            return {}
        raise self._refusal(role, method, path, "permission denied")

    def open(self, role: str) -> hvac.Client:
        """Refuse: there is no server to talk to.

        Raises:
            BrokerError: Always.
        """
        raise self._refusal(role, "login", "auth", "it is in memory")

    def request_anonymously(self, path: str) -> None:
        """Refuse a request without a token."""
        self.asked.append(("", "GET", path))

    def tokens(self) -> dict[str, str]:
        """Return no tokens: there are no logins."""
        return {}

    def is_valid(self, user: str) -> bool:
        """Return whether a login exists and its term is not over."""
        return any(one.user == user and one.ends > self._clock() for one in self.leases.values())

    def _issue(self, role: str, path: str) -> dict[str, Any]:
        now, access = self._clock(), self._outputs.access(role)
        name, user = f"{path}/{secrets.token_hex(12)}", f"{broker_name(role)}_{secrets.token_hex(8)}"
        self.leases[name] = MemoryLease(path, user, now + access.term, now + access.max_term)
        return {
            "lease_id": name,
            "lease_duration": access.term,
            "data": {"username": user, "password": secrets.token_urlsafe(24)},
        }

    def _renew(self, role: str, name: str) -> dict[str, Any]:
        lease, now = self.leases.get(name), self._clock()
        if lease is None or lease.ends <= now:
            raise self._refusal(role, "PUT", RENEW, "lease not found")
        lease.ends = min(now + self._outputs.access(role).term, lease.last)
        return {"lease_duration": int(lease.ends - now)}

    def _list(self, prefix: str) -> dict[str, Any]:
        now = self._clock()
        living = [name for name, one in self.leases.items() if one.ends > now and name.startswith(prefix)]
        return {"data": {"keys": [name.removeprefix(prefix) for name in living]}}

    def _refusal(self, role: str, method: str, path: str, reason: str) -> BrokerError:
        return BrokerError(f"The broker of run {self._outputs.run!r} refused {method} {path} to {role!r}: {reason}.")
