"""Reads the broker's audit log line by line: each refusal, and its reason (OpenBao manual, Audit Devices).

Secrets in it are hashed, each to the same text wherever it stands. So a token that is refused can be told to be the one
that a test was given before, although the token itself is not in the log.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...contract import CLIENT_HEADER, LEASE_POLICY
from ...leases.client_header import BY_HARNESS
from ..model import Kind
from .entries import MARK, Entry, Mark, Refusal, Started, shortened

REMEMBERED = 20_000
"""How many tokens, secret ids and requests are kept in mind, each."""

UNWRAP = "sys/wrapping/unwrap"
RENEW = "sys/leases/renew"
REVOKE_SELF = "auth/token/revoke-self"
REVOKE = ("auth/token/revoke-self", "auth/token/revoke", "auth/token/revoke-orphan")


@dataclass
class _Secret:
    """What is known of a token or a secret id.

    Attributes:
        client_id: Who was given it.
        role: The role that it is for.
        ends: When its term is over; None if that is not known.
        uses: How often it may still be used; None if there is no limit.
        gone: Whether it was revoked, or opened.
        wrapped: Whether it stands for a wrapped answer.
    """

    client_id: str = ""
    role: str = ""
    ends: datetime | None = None
    uses: int | None = None
    gone: bool = False
    wrapped: bool = False


class _Memory(OrderedDict[str, _Secret]):
    """The latest secrets, by their hashes."""

    def of(self, digest: str) -> _Secret:
        """Return what is known of one, from now on."""
        found = self.setdefault(digest, _Secret())
        self.move_to_end(digest)
        if len(self) > REMEMBERED:
            self.popitem(last=False)
        return found


class BrokerLog:
    """Reads one broker's log. Feed it lines; it yields their entries."""

    def __init__(self) -> None:
        self._secrets = _Memory()
        self._seen_requests: OrderedDict[str, None] = OrderedDict()
        self._beginning = False

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line; yield its entries."""
        if not _matters(line):
            return
        try:
            entry = json.loads(line)
        except ValueError:
            return  # cut off by the log's rotation
        if not isinstance(entry, dict) or entry.get("type") not in ("request", "response"):
            return
        request = entry.get("request") or {}
        path = str(request.get("path", ""))
        if path.startswith(MARK):
            if entry["type"] == "response":
                yield Mark(path.removeprefix(MARK))
            return
        client_id, _, key = _header(request).partition(BY_HARNESS)
        yield from self._began_anew(entry)
        if _refused(entry):
            if (auth := entry.get("auth") or {}).get("client_token"):
                self._keep(auth, entry, client_id)  # what is refused is a use, too
            if self._first(str(request.get("id"))):
                yield from self._refusal(entry, request, path, client_id, key)
        elif entry["type"] == "response":
            self._learn(entry, request, path, client_id)

    def _began_anew(self, entry: dict[str, Any]) -> Iterator[Started]:
        """Yield that the broker has started anew: only its own initialisation is root."""
        beginning = "root" in ((entry.get("auth") or {}).get("policies") or [])
        if beginning and not self._beginning:
            yield Started(_time(entry))
        self._beginning = beginning

    def _first(self, request: str) -> bool:
        """Return whether a request was not told of yet: most refusals stand there twice, as request and response."""
        if request in self._seen_requests:
            return False
        self._seen_requests[request] = None
        if len(self._seen_requests) > REMEMBERED:
            self._seen_requests.popitem(last=False)
        return True

    def _learn(self, entry: dict[str, Any], request: dict[str, Any], path: str, client_id: str) -> None:
        response = entry.get("response") or {}
        auth = entry.get("auth") or {}
        asking = self._secrets.get(str(request.get("client_token", "")))
        spoken_of = self._spoken_of(request, path)
        client_id = client_id or next((known.client_id for known in (asking, spoken_of) if known), "")
        if spoken_of and path in (UNWRAP, *REVOKE):
            spoken_of.gone = True
        if (made := response.get("auth") or {}).get("client_token"):  # a login: its client holds the token
            used = self._secrets.get(str((request.get("data") or {}).get("secret_id", "")))
            self._keep(made, entry, client_id or (used.client_id if used else ""))
        elif auth.get("client_token"):
            self._keep(auth, entry, client_id)
        if wrapped := response.get("wrap_info"):
            secret = self._secrets.of(str(wrapped.get("token")))
            secret.client_id, secret.wrapped = client_id, True
            secret.ends = _time(entry) + timedelta(seconds=int(wrapped.get("ttl") or 0))
        if secret_id := (response.get("data") or {}).get("secret_id"):
            self._secrets.of(str(secret_id)).client_id = client_id

    def _spoken_of(self, request: dict[str, Any], path: str) -> _Secret | None:
        """Return the token that a request is about: one that it names, or else the one it is made with."""
        named = (request.get("data") or {}).get("token") if path in (UNWRAP, *REVOKE) else None
        return self._secrets.get(str(named or request.get("client_token", "")))

    def _keep(self, auth: dict[str, Any], entry: dict[str, Any], client_id: str) -> None:
        secret = self._secrets.of(str(auth["client_token"]))
        secret.client_id = secret.client_id or client_id
        secret.role = secret.role or _role(auth)
        uses = auth.get("num_uses") or auth.get("remaining_uses")
        # What a request reports is what was left before it; a token without a limit reports nothing.
        secret.uses = int(uses) - ("remaining_uses" in auth) if uses else secret.uses
        if term := auth.get("token_ttl"):
            issued = _parsed(auth["token_issue_time"]) if auth.get("token_issue_time") else _time(entry)
            ends = issued + timedelta(seconds=int(term))
            # Of a token that was renewed, later requests still report the first term.
            secret.ends = max(secret.ends, ends) if secret.ends else ends

    def _refusal(
        self, entry: dict[str, Any], request: dict[str, Any], path: str, client_id: str, key: str
    ) -> Iterator[Refusal]:
        auth, data = entry.get("auth") or {}, request.get("data") or {}
        token = self._spoken_of(request, path)
        secret_id = self._secrets.get(str(data.get("secret_id", "")))
        kind = _kind(entry, path, token)
        if kind is None or path == REVOKE_SELF:
            return  # a mistake in the request; or a token that is gone already, as was wanted
        yield Refusal(
            source="broker",
            time=_time(entry),
            kind=kind,
            message=shortened(str(entry.get("error") or "login refused").removeprefix("1 error occurred:")).strip("* "),
            login=shortened(str(auth.get("display_name") or "")),
            role=_role(auth) or (token.role if token else ""),
            action=str(request.get("operation", "")),
            on=shortened(path),
            client_id=client_id or next((known.client_id for known in (token, secret_id) if known), ""),
            key=key,
        )


def _matters(line: str) -> bool:
    """Return whether a line can tell something: an answer, or a request that got none. Others need not be parsed."""
    return '"type":"response"' in line or ('"type":"request"' in line and '"error":' in line)


def _refused(entry: dict[str, Any]) -> bool:
    data = (entry.get("response") or {}).get("data")
    return bool(entry.get("error")) or (isinstance(data, dict) and set(data) == {"error"})


def _kind(entry: dict[str, Any], path: str, token: _Secret | None) -> Kind | None:
    """Tell a refusal from a mistake in the request; None for the latter."""
    error = str(entry.get("error") or "")
    if "/login" in path and path.startswith("auth/"):
        return Kind.BROKER_LOGIN
    if path == RENEW and "permission denied" not in error:
        return Kind.EXPIRED_LOGIN
    if "wrapping token is not valid" in error:
        return Kind.OPENED_TWICE if token and token.gone else _lost(token, _time(entry))
    if (entry.get("auth") or {}).get("policies"):
        return Kind.BROKER_PERMISSION if "permission denied" in error else None
    return _lost(token, _time(entry)) if "permission denied" in error or "token" in error else None


def _lost(token: _Secret | None, now: datetime) -> Kind:
    """Tell what became of a token that the broker does not know (any more)."""
    if token is None:
        return Kind.BAD_TOKEN
    if token.gone:
        return Kind.OPENED_TWICE if token.wrapped else Kind.REVOKED_TOKEN
    if token.uses is not None and token.uses <= 0:
        return Kind.USED_UP_TOKEN
    if token.ends and now >= token.ends:
        return Kind.EXPIRED_TOKEN
    return Kind.REVOKED_TOKEN


def _role(auth: dict[str, Any]) -> str:
    policies = [str(policy) for policy in auth.get("token_policies") or auth.get("policies") or []]
    return next((policy.removeprefix(LEASE_POLICY) for policy in policies if policy.startswith(LEASE_POLICY)), "")


def _header(request: dict[str, Any]) -> str:
    """Return our header's value; names of headers come in lower case."""
    value = (request.get("headers") or {}).get(CLIENT_HEADER.lower()) or [""]
    return str(value[0] if isinstance(value, list) else value)


def _time(entry: dict[str, Any]) -> datetime:
    return _parsed(str(entry["time"]))


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)  # nanoseconds, of which Python takes six digits
