"""The broker's API, each request with the login of the role it is for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import hvac
import hvac.exceptions
import requests

from ..clock import now
from ..contract import OPERATOR, REVOKE, TEMPLATE_ADMIN
from ..errors import BrokerError
from ..outputs import Outputs
from .authority import authority_file
from .client_header import mark_headers
from .login_methods import LoginMethod, login_method

TIMEOUT = 30
"""How long the broker may take to answer, in seconds."""

USES = 300
"""Requests after which another token is taken. The one before keeps its leases, and is used for their renewals: the
components allow a token 1,000 uses."""


@dataclass
class _Session:
    """A client logged in as one role.

    Attributes:
        client: Holds the token.
        lease_term: Term of the leases that are taken with it, in seconds: they end with the token.
        renew_at: When the token is renewed, in seconds since the epoch: while it has half of its term left, and a
            lease's.
        ends_at: When its term is over.
        replace_at: When another token is taken for further leases, because this one nears its longest term.
        uses: How often it was used.
    """

    client: hvac.Client
    lease_term: float = 0.0
    renew_at: float = 0.0
    ends_at: float = 0.0
    replace_at: float = float("inf")
    uses: int = 0

    def prolong(self, auth: dict[str, Any]) -> None:
        """Take over the term that the broker answered with."""
        begun, term = now(), float(auth["lease_duration"])
        self.renew_at, self.ends_at = begun + min(term / 2, term - self.lease_term), begun + term

    def request(self, method: str, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """Send one request, and keep the token alive."""
        if now() > self.renew_at:
            self.prolong(self._send("PUT", "auth/token/renew-self", {})["auth"])
        return self._send(method, path, data)

    def _send(self, method: str, path: str, data: dict[str, Any]) -> dict[str, Any]:
        self.uses += 1
        try:
            answer = self.client.adapter.request(method, f"/v1/{path}", json=data or None)
        except hvac.exceptions.InvalidPath:
            if method != "LIST":
                raise
            return {}  # a list without entries is a 404 (OpenBao manual, API, LIST)
        return answer if isinstance(answer, dict) else {}


class BrokerClient:
    """Talks to one run's broker. Logs in when first asked, and keeps its tokens alive: leases end with them."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self._method: LoginMethod | None = None
        self._sessions: dict[str, _Session] = {}
        self._sessions_by_lease: dict[tuple[str, str], _Session] = {}
        self._anonymous: hvac.Client | None = None
        self._turn = threading.RLock()  # a client and its token serve one thread at a time

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send one request with a role's login; one about a lease with the login that it was made with.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: It was refused, or not answered.
        """
        if role != OPERATOR:
            self.outputs.access(role)
        lease = (role, str(data.get("lease_id", "")))
        with self._turn, self._translated_errors(method, path, role):
            session = self._sessions_by_lease.get(lease) or self._session(role)
            try:
                answer = session.request(method, path, data)
            except hvac.exceptions.Forbidden:
                if self._knows(session):
                    raise
                self._method = None  # it may hold a token that is not known any more, too
                session = self._sessions[role] = self._log_in(role)  # says why, when the broker has forgotten all
                if lease in self._sessions_by_lease:
                    raise  # it ended with its token
                answer = session.request(method, path, data)
            if made := answer.get("lease_id"):
                self._sessions_by_lease[role, made] = session
            if path == REVOKE:
                self._sessions_by_lease.pop(lease, None)
        return answer

    def open(self, role: str) -> hvac.Client:
        """Return a client with a login of its own as a role.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The login was refused, or not answered.
        """
        self.outputs.access(role)
        with self._turn, self._translated_errors("login", "auth", role):
            return self._log_in(role).client

    def request_anonymously(self, path: str) -> None:
        """Send a request without a token, which is refused; its path is audited all the same.

        Raises:
            BrokerError: It was not answered.
        """
        with self._turn, self._translated_errors("GET", path, "nobody"), suppress(hvac.exceptions.Forbidden):
            if self._anonymous is None:
                self._anonymous = self._client()
            self._anonymous.adapter.request("GET", f"/v1/{path}")

    @contextmanager
    def _translated_errors(self, method: str, path: str, role: str) -> Iterator[None]:
        """Turn the library's errors into ours."""
        try:
            yield
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

    def tokens(self) -> dict[str, str]:
        """Return the tokens that are in use, by role."""
        return {role: str(session.client.token) for role, session in self._sessions.items()}

    def _session(self, role: str) -> _Session:
        session = self._sessions.get(role)
        if session is None or session.uses >= USES or now() > min(session.ends_at, session.replace_at):
            session = self._sessions[role] = self._log_in(role)
        return session

    def _knows(self, session: _Session) -> bool:
        """Return whether the broker still knows a session's token, which every policy of ours may renew."""
        client = self._client(by_harness=True)
        client.token = session.client.token
        try:
            session.prolong(client.adapter.request("PUT", "/v1/auth/token/renew-self")["auth"])
        except hvac.exceptions.Forbidden:
            return False
        return True

    def _log_in(self, role: str) -> _Session:
        if self._method is None:
            self._method = login_method(self.outputs, partial(self._client, by_harness=True))
        auth = self._method.log_in(role)
        session = _Session(self._client(by_harness=role == TEMPLATE_ADMIN))
        session.client.token = auth["client_token"]
        if role != OPERATOR:  # who takes no leases
            access = self.outputs.access(role)
            session.lease_term = access.term
            session.replace_at = now() + min(access.max_term - access.term, access.max_term / 2)
        session.prolong(auth)
        return session

    def _client(self, *, by_harness: bool = False) -> hvac.Client:
        client = hvac.Client(
            url=self.outputs.broker.address,
            token="",
            cert=(),  # type: ignore[arg-type] # else VAULT_CLIENT_CERT's; and above, else VAULT_TOKEN's
            timeout=TIMEOUT,
            verify=authority_file(self.outputs),
        )
        client.adapter.session.trust_env = False  # no proxy, no ~/.netrc

        def marked(request: requests.PreparedRequest) -> requests.PreparedRequest:
            mark_headers(request.headers, harness=by_harness)
            return request

        client.adapter.session.auth = marked
        return client


_NO_DATABASE = (
    " That is, the broker cannot reach the run's database: it is starting again, or dead. `leasehold list` tells."
)
_ADVICE = {
    "sealed": " It is sealed: it gives nothing to anybody. A run's broker unseals itself when it starts, so something "
    "went wrong with it. End the run with `leasehold down {run}` and create it again.",
    "invalid role or secret ID": " It keeps everything in memory, and has probably been restarted. End the run with "
    "`leasehold down {run}` and create it again.",
    'failed for user "leasehold_admin"': " That is, the run's database has been restarted: it keeps everything in "
    "memory, the admin's rotated password included. End the run with `leasehold down {run}` and create it again.",
    "failed to connect": _NO_DATABASE,
    "terminating connection": _NO_DATABASE,
    "unexpected EOF": _NO_DATABASE,
    "connection reset": _NO_DATABASE,
}
"""What a refusal means and what to do, by words that the broker uses in it."""


def _advice(reason: str, run: str) -> str:
    return next((advice.format(run=run) for words, advice in _ADVICE.items() if words in reason), "")


def _reason(error: hvac.exceptions.VaultError) -> str:
    """Return the broker's own words on one line, without its count of errors."""
    words = " ".join(" ".join(str(word) for word in error.errors or [str(error)]).split())
    return words.rpartition("occurred: * ")[2].rstrip(".")
