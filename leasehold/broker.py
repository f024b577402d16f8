"""The broker's API, each request with the login of the role it is for."""

import time
from dataclasses import dataclass
from typing import Any

import hvac
import hvac.exceptions
import requests

from .errors import BrokerError
from .outputs import Outputs

TIMEOUT = 30
"""How long the broker may take to answer, in seconds."""


@dataclass
class _Session:
    """A logged-in client, and when half of its token's term is over, on the monotonic clock."""

    client: hvac.Client
    renew_at: float


class BrokerClient:
    """Talks to one run's broker. Logs in when first asked, and keeps its tokens alive: leases end with them."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self._sessions: dict[str, _Session] = {}

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send one request with a role's login.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: It was refused, or not answered.
        """
        try:
            answer = self._client(role).adapter.request(method, f"/v1/{path}", json=data or None)
        except hvac.exceptions.VaultError as error:
            raise BrokerError(
                f"The broker of run {self.outputs.run!r} refused {method} {path} to {role!r}: {_reason(error)}."
            ) from None
        except requests.RequestException as error:
            raise BrokerError(
                f"The broker of run {self.outputs.run!r} did not answer at {self.outputs.broker.address} "
                f"({type(error).__name__}). The run may have ended; `leasehold show {self.outputs.run}` tells."
            ) from None
        return answer if isinstance(answer, dict) else {}

    def _client(self, role: str) -> hvac.Client:
        session = self._sessions.get(role)
        if session is None:
            session = self._sessions[role] = self._log_in(role)
        elif time.monotonic() > session.renew_at:
            answer = session.client.adapter.request("PUT", "/v1/auth/token/renew-self")
            session.renew_at = _half(answer)
        return session.client

    def _log_in(self, role: str) -> _Session:
        access, broker = self.outputs.access(role), self.outputs.broker
        client = hvac.Client(url=broker.address, timeout=TIMEOUT)
        answer = client.auth.approle.login(
            role_id=access.role_id,
            secret_id=self.outputs.secret_ids[role].get_secret_value(),
            mount_point=broker.login_mount,
        )
        return _Session(client, _half(answer))


def _half(answer: Any) -> float:
    return time.monotonic() + float(answer["auth"]["lease_duration"]) / 2


def _reason(error: hvac.exceptions.VaultError) -> str:
    """Return the broker's own words on one line, without its count of errors."""
    words = " ".join(" ".join(str(word) for word in error.errors or [str(error)]).split())
    return words.rpartition("occurred: * ")[2].rstrip(".")
