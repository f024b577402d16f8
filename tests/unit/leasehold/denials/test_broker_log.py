"""What the broker's audit log tells."""

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leasehold.denials.model import Kind
from leasehold.denials.sources import broker_log
from leasehold.denials.sources.broker_log import BrokerLog
from leasehold.denials.sources.entries import Entry, Mark, Refusal

BEGAN = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TOKEN, WRAPPED, SECRET_ID, OTHER = (f"hmac-sha256:{digit * 64}" for digit in "abcd")
DENIED = "1 error occurred:\n\t* permission denied\n\n"
NOT_VALID = "wrapping token is not valid or does not exist"
INVALID = "1 error occurred:\n\t* invalid token\n\n"
_ids = itertools.count()


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "") + ".123456789Z"


def asked(
    path: str, *, token: str = "", client_id: str = "", seconds: int = 0, error: str = "", **parts: Any
) -> list[str]:
    """Return what the broker writes of one request: the request, and the response."""
    request: dict[str, Any] = {
        "id": f"00000000-{next(_ids)}",
        "operation": parts.pop("operation", "read"),
        "path": path,
    }
    if token:
        request["client_token"] = token
    if data := parts.pop("data", None):
        request["data"] = data
    if client_id:
        request["headers"] = {"x-leasehold-client": [client_id]}
    entry = {"time": at(seconds), "request": request, "auth": parts.pop("auth", {})} | (
        {"error": error} if error else {}
    )
    response = {"response": parts.pop("response", {})}
    assert not parts
    return [
        json.dumps({**entry, "type": kind, **more}, separators=(",", ":"))
        for kind, more in (("request", {}), ("response", response))
    ]


def logged_in(
    token: str = TOKEN, *, term: int = 60, client_id: str = "", role: str = "reader", **more: Any
) -> list[str]:
    secret_id = more.pop("secret_id", SECRET_ID)
    auth = {"client_token": token, "policies": ["default", f"lease-{role}"], "token_ttl": term, **more}
    return asked(
        "auth/approle/login",
        operation="update",
        client_id=client_id,
        data={"secret_id": secret_id, "role_id": "x"},
        response={"auth": auth},
    )


def used(token: str = TOKEN, *, seconds: int = 1, **auth: Any) -> list[str]:
    """Return a request that is granted."""
    told = {"client_token": token, "policies": ["lease-reader"], "token_issue_time": at(0)[:19] + "Z", **auth}
    return asked("database/creds/reader", token=token, seconds=seconds, auth=told)


def wrapped(client_id: str = "", ttl: int = 60) -> list[str]:
    wrap = {"token": WRAPPED, "ttl": ttl}
    return asked("auth/approle/role/reader/secret-id", client_id=client_id, response={"wrap_info": wrap})


def read(*requests: Iterable[str], log: BrokerLog | None = None) -> list[Entry]:
    log = log or BrokerLog()
    return [entry for lines in requests for line in lines for entry in log.feed(line)]


def one(*requests: Iterable[str]) -> Refusal:
    [found] = read(*requests)
    assert isinstance(found, Refusal)
    return found


def lost(seconds: int = 2, error: str = DENIED, token: str = TOKEN) -> list[str]:
    """Return a request with a token that the broker does not know any more."""
    return asked("database/creds/reader", token=token, seconds=seconds, error=error)


def test_what_a_policy_does_not_allow() -> None:
    auth = {"client_token": TOKEN, "display_name": "approle", "policies": ["default", "lease-reader"]}
    refusal = one(asked("database/creds/writer", token=TOKEN, client_id="gw1-3", error=DENIED, auth=auth, seconds=3))
    assert (refusal.kind, refusal.role, refusal.login) == (Kind.BROKER_PERMISSION, "reader", "approle")
    assert (refusal.action, refusal.on, refusal.client_id) == ("read", "database/creds/writer", "gw1-3")
    assert (refusal.message, refusal.source, refusal.code) == ("permission denied", "broker", "")
    assert refusal.time == BEGAN + timedelta(seconds=3, microseconds=123456)


@pytest.mark.parametrize("error", ["invalid request", "permission denied", "invalid role or secret ID"])
def test_a_login_that_is_refused(error: str) -> None:
    refusal = one(asked("auth/approle/login", operation="update", data={"secret_id": SECRET_ID}, error=error))
    assert (refusal.kind, refusal.action, refusal.message) == (Kind.BROKER_LOGIN, "update", error)


def test_a_login_whose_error_is_hashed() -> None:
    response = {"data": {"error": "hmac-sha256:0"}}
    assert one(asked("auth/approle/login", response=response)).kind is Kind.BROKER_LOGIN


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ([], Kind.BAD_TOKEN),
        ([logged_in(term=60)], Kind.REVOKED_TOKEN),
        ([logged_in(term=2)], Kind.EXPIRED_TOKEN),
        ([logged_in(term=1), used(token_ttl=60)], Kind.REVOKED_TOKEN),
        ([used(token_ttl=60)], Kind.REVOKED_TOKEN),
        ([used(token_ttl=1)], Kind.EXPIRED_TOKEN),
        ([logged_in(num_uses=1), used(remaining_uses=1)], Kind.USED_UP_TOKEN),
        ([logged_in(num_uses=2), used(remaining_uses=2)], Kind.REVOKED_TOKEN),
        ([logged_in(num_uses=2), used(remaining_uses=2), used(remaining_uses=1)], Kind.USED_UP_TOKEN),
        ([logged_in(), asked("auth/token/revoke-self", token=TOKEN)], Kind.REVOKED_TOKEN),
        ([logged_in(), asked("auth/token/revoke", token=OTHER, data={"token": TOKEN})], Kind.REVOKED_TOKEN),
        ([logged_in(OTHER)], Kind.BAD_TOKEN),
    ],
)
@pytest.mark.parametrize("error", [DENIED, INVALID])
def test_what_became_of_a_token(before: list[list[str]], kind: Kind, error: str) -> None:
    assert one(*before, lost(error=error)).kind is kind


def test_a_token_that_was_renewed_lives_longer_than_its_first_term() -> None:
    renewed = asked(
        "auth/token/renew-self",
        token=TOKEN,
        seconds=50,
        response={"auth": {"client_token": TOKEN, "token_ttl": 60, "token_issue_time": at(50)[:19] + "Z"}},
    )
    granted = used(seconds=55, token_ttl=60)
    assert one(logged_in(), renewed, granted, lost(seconds=70)).kind is Kind.REVOKED_TOKEN
    assert one(logged_in(), renewed, granted, lost(seconds=111)).kind is Kind.EXPIRED_TOKEN


def test_a_use_that_is_refused_is_a_use() -> None:
    auth = {"client_token": TOKEN, "policies": ["lease-reader"], "remaining_uses": 1}
    refused = asked("database/creds/writer", token=TOKEN, error=DENIED, auth=auth)
    kinds = [entry.kind for entry in read(logged_in(num_uses=1), refused, lost()) if isinstance(entry, Refusal)]
    assert kinds == [Kind.BROKER_PERMISSION, Kind.USED_UP_TOKEN]


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(
    ("ttl", "opened", "kind"),
    [(60, True, Kind.OPENED_TWICE), (1, False, Kind.EXPIRED_TOKEN), (60, False, Kind.REVOKED_TOKEN)],
)
def test_a_wrapped_token(named: bool, ttl: int, opened: bool, kind: Kind) -> None:
    how: dict[str, Any] = {"token": OTHER, "data": {"token": WRAPPED}} if named else {"token": WRAPPED}
    first = [asked("sys/wrapping/unwrap", **how)] if opened else []
    refusal = one(wrapped("main-4", ttl), *first, asked("sys/wrapping/unwrap", **how, seconds=2, error=NOT_VALID))
    assert (refusal.kind, refusal.client_id) == (kind, "main-4")


def test_a_wrapped_token_used_as_one() -> None:
    assert one(wrapped(), asked("sys/wrapping/unwrap", token=WRAPPED), lost(token=WRAPPED)).kind is Kind.OPENED_TWICE


def test_who_unwraps_with_a_token_of_its_own_keeps_that() -> None:
    unwrap = asked("sys/wrapping/unwrap", token=TOKEN, data={"token": WRAPPED})
    assert one(logged_in(term=1), wrapped(), unwrap, lost()).kind is Kind.EXPIRED_TOKEN


def test_a_renewal_that_comes_too_late() -> None:
    auth = {"client_token": TOKEN, "policies": ["lease-reader"]}
    refusal = one(asked("sys/leases/renew", token=TOKEN, operation="update", error="invalid request", auth=auth))
    assert (refusal.kind, refusal.role) == (Kind.EXPIRED_LOGIN, "reader")


@pytest.mark.parametrize(
    "error", ["unsupported path", "1 error occurred:\n\t* missing token ID\n\n", "context deadline exceeded"]
)
def test_a_mistake_is_no_refusal(error: str) -> None:
    auth = {"client_token": TOKEN, "policies": ["lease-reader"]}
    assert read(asked("auth/token/lookup", token=TOKEN, error=error, auth=auth)) == []


def test_a_refusal_is_told_once_though_it_stands_there_twice() -> None:
    first, second = lost(), lost()
    assert len(first) == 2
    assert len(read(first)) == 1
    assert len(read([first[0], second[0], second[1], first[1]])) == 2
    assert len(read([first[1]])) == 1


def test_a_token_tells_whose_it_is_without_a_header() -> None:
    assert one(logged_in(client_id="gw0-7"), lost()).client_id == "gw0-7"
    assert one(logged_in(client_id="gw0-7"), lost(token=OTHER)).client_id == ""
    assert (
        one(logged_in(client_id="gw0-7"), asked("x", token=TOKEN, client_id="gw0-8", error=DENIED)).client_id == "gw0-8"
    )


def test_a_secret_id_tells_whose_it_is() -> None:
    made = asked("auth/approle/role/reader/secret-id", client_id="gw2-1", response={"data": {"secret_id": SECRET_ID}})
    again = asked("auth/approle/login", data={"secret_id": SECRET_ID}, error="invalid role or secret ID")
    assert one(made, again).client_id == "gw2-1"
    assert one(made, logged_in(), lost()).client_id == "gw2-1"


def test_a_secret_id_that_came_wrapped_is_the_client_ids_of_the_wrapping() -> None:
    unwrapped = asked("sys/wrapping/unwrap", token=WRAPPED, response={"data": {"secret_id": SECRET_ID}})
    assert one(wrapped("gw2-2"), unwrapped, logged_in(), lost()).client_id == "gw2-2"


def test_the_role_is_known_from_the_login() -> None:
    assert one(logged_in(role="writer"), lost()).role == "writer"


def test_marks() -> None:
    lines = asked("leasehold-mark-main-1-call", error=DENIED)
    assert read([lines[0]]) == []
    assert read(lines) == [Mark("main-1-call")]
    assert [type(entry) for entry in read(lost(), lines, lost())] == [Refusal, Mark, Refusal]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-24T18:00:00.000Z [INFO]  core: post-unseal setup complete",
        "",
        lost()[0][:80],
        '["\\"type\\":\\"request\\"", {"type":"request"}]',
        '{"type":"request","request":null}',
        '{"type":"response","request":{"path":"x"},"response":{"auth":{"num_uses":0}}}',
        '{"type":"response","auth":null,"request":{"path":"x"},"response":null}',
    ],
)
def test_lines_that_tell_nothing(line: str) -> None:
    log = BrokerLog()
    assert read([line], log=log) == []
    [refusal] = read(asked("x", error=DENIED), log=log)
    assert isinstance(refusal, Refusal)
    assert refusal.kind is Kind.BAD_TOKEN


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_log, "REMEMBERED", 10)
    log = BrokerLog()
    for number in range(100):
        read(logged_in(f"t{number}", secret_id=f"s{number}", client_id="x"), lost(token=f"t{number}"), log=log)
        read(logged_in("kept"), log=log)
    assert len(log._secrets) == len(log._seen_requests) == 10
    assert [entry.kind for entry in read(lost(token="kept"), log=log) if isinstance(entry, Refusal)] == [
        Kind.REVOKED_TOKEN
    ]
