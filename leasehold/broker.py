"""The broker's API, each request with the login of the role it is for."""

import time
from dataclasses import dataclass
from typing import Any

import hvac
import hvac.exceptions
import requests

from .authority import authority_file
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
            reason = _reason(error)
            raise BrokerError(
                f"The broker of run {self.outputs.run!r} refused {method} {path} to {role!r}: {reason}."
                + _advice(reason, self.outputs.run)
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
        client = hvac.Client(url=broker.address, timeout=TIMEOUT, verify=authority_file(self.outputs))
        answer = client.auth.approle.login(
            role_id=access.role_id,
            secret_id=self.outputs.secret_ids[role].get_secret_value(),
            mount_point=broker.login_mount,
        )
        return _Session(client, _half(answer))


_NO_DATABASE = (
    " That is, the broker cannot reach the run's database: it is starting again, or dead. `leasehold list` tells."
)
_ADVICE = {
    "sealed": " It is sealed: it gives nothing to anybody. A run's broker unseals itself when it starts, so something "
    "went wrong with it. End the run with `leasehold down {run}` and create it again.",
    "invalid role or secret ID": " It keeps everything in memory, and has probably been restarted. End the run with "
    "`leasehold down {run}` and create it again.",
    "failed to connect": _NO_DATABASE,
    "terminating connection": _NO_DATABASE,
}
"""What a refusal means and what to do, by words that the broker uses in it."""


def _advice(reason: str, run: str) -> str:
    return next((advice.format(run=run) for words, advice in _ADVICE.items() if words in reason), "")


def _half(answer: Any) -> float:
    return time.monotonic() + float(answer["auth"]["lease_duration"]) / 2


def _reason(error: hvac.exceptions.VaultError) -> str:
    """Return the broker's own words on one line, without its count of errors."""
    words = " ".join(" ".join(str(word) for word in error.errors or [str(error)]).split())
    return words.rpartition("occurred: * ")[2].rstrip(".")
