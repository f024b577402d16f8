"""AppRole: for each login a wrapped secret id that works once. Only the process that unwraps it sees it."""

from collections.abc import Callable
from typing import Any

import hvac
import hvac.exceptions

from ...clock import now
from ...contract import broker_name
from ...outputs import Outputs

WRAP_TERM = "60s"
"""How long a wrapped secret id waits to be unwrapped."""


class AppRole:
    """Has logins made by the run's orchestrator."""

    def __init__(self, outputs: Outputs, client: Callable[[], hvac.Client]) -> None:
        self._outputs, self._new_client = outputs, client
        self._mount = outputs.broker.login_mounts["approle"]
        self._orchestrator: hvac.Client | None = None
        self._until = 0.0

    def log_in(self, role: str) -> dict[str, Any]:
        """Log in as a role."""
        try:
            wrapped = self._wrapped(role)
        except hvac.exceptions.Forbidden:
            if self._orchestrator is None:
                raise
            self._orchestrator = None  # its token has ended before its time, or the broker was started again
            wrapped = self._wrapped(role)
        unwrapping = self._new_client()
        unwrapping.token = wrapped["wrap_info"]["token"]
        secret_id = unwrapping.adapter.request("POST", "/v1/sys/wrapping/unwrap")["data"]["secret_id"]
        return self._login(self._new_client(), self._outputs.login_id(role, "approle"), secret_id)

    def _wrapped(self, role: str) -> dict[str, Any]:
        path = f"/v1/auth/{self._mount}/role/{broker_name(role)}/secret-id"
        answer: dict[str, Any] = self._ask().adapter.request("POST", path, wrap_ttl=WRAP_TERM)
        return answer

    def _ask(self) -> hvac.Client:
        """Return the orchestrator's client, logged in."""
        if self._orchestrator is None or now() > self._until:
            client, login = self._new_client(), self._outputs.orchestrator
            auth = self._login(client, login.role_id, login.secret_id.get_secret_value())
            client.token = auth["client_token"]
            self._orchestrator, self._until = client, now() + auth["lease_duration"] / 2
        return self._orchestrator

    def _login(self, client: hvac.Client, role_id: str, secret_id: str) -> dict[str, Any]:
        answer = client.auth.approle.login(
            role_id=role_id, secret_id=secret_id, mount_point=self._mount, use_token=False
        )
        auth: dict[str, Any] = answer["auth"]
        return auth
