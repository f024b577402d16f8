"""How holders prove who they are to the broker: wrapped single-use secret ids, and identity tokens."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hvac
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hvac import exceptions

from leasehold import BrokerError, LeaseIssuer, Outputs, Run
from leasehold.denials.sources.whole_logs import whole_log

from .support import Live, broker_client

IDENTITY = Path(__file__).parent / "projects" / "identity"


@pytest.fixture
def orchestrator(outputs: Outputs) -> hvac.Client:
    client = broker_client(outputs)
    login = outputs.orchestrator
    client.auth.approle.login(role_id=login.role_id, secret_id=login.secret_id.get_secret_value())
    return client


@pytest.fixture
def wrapped(orchestrator: hvac.Client) -> str:
    """A wrapped secret id for `reader`."""
    return str(ask_for_secret_id(orchestrator, wrap_ttl="60s")["wrap_info"]["token"])


def ask_for_secret_id(orchestrator: hvac.Client, role: str = "reader", **options: Any) -> Any:
    return orchestrator.adapter.request("POST", f"/v1/auth/approle/role/{role}/secret-id", **options)


def unwrap(outputs: Outputs, token: str) -> str:
    client = broker_client(outputs)
    client.token = token
    return str(client.adapter.request("POST", "/v1/sys/wrapping/unwrap")["data"]["secret_id"])


def log_in(outputs: Outputs, secret_id: str, role: str = "reader") -> hvac.Client:
    client = broker_client(outputs)
    client.auth.approle.login(role_id=str(outputs.access(role).logins["approle"]), secret_id=secret_id)
    return client


def test_a_secret_id_works_once(outputs: Outputs, wrapped: str) -> None:
    secret_id = unwrap(outputs, wrapped)
    log_in(outputs, secret_id)
    with pytest.raises(exceptions.InvalidRequest, match="invalid role or secret ID"):
        log_in(outputs, secret_id)


def test_a_wrapped_secret_id_is_opened_once(outputs: Outputs, wrapped: str) -> None:
    unwrap(outputs, wrapped)
    with pytest.raises(exceptions.InvalidRequest, match="wrapping token is not valid or does not exist"):
        unwrap(outputs, wrapped)


def test_a_secret_id_is_given_out_wrapped_or_not_at_all(orchestrator: hvac.Client) -> None:
    with pytest.raises(exceptions.Forbidden):
        ask_for_secret_id(orchestrator)
    with pytest.raises(exceptions.Forbidden):
        ask_for_secret_id(orchestrator, wrap_ttl="1h")


def test_a_secret_id_of_another_role_does_not_fit(outputs: Outputs, wrapped: str) -> None:
    with pytest.raises(exceptions.InvalidRequest, match="invalid role or secret ID"):
        log_in(outputs, unwrap(outputs, wrapped), role="writer")


@pytest.mark.parametrize("path", ["database/creds/reader", "sys/policies/acl/lease-reader", "auth/approle/role"])
def test_the_orchestrator_can_use_none_of_the_logins(orchestrator: hvac.Client, path: str) -> None:
    with pytest.raises(exceptions.Forbidden):
        orchestrator.read(path)


def test_the_orchestrator_knows_declared_roles_only(orchestrator: hvac.Client) -> None:
    with pytest.raises(exceptions.Forbidden):
        ask_for_secret_id(orchestrator, role="leasehold_orchestrator", wrap_ttl="60s")


def test_a_token_has_one_policy_minutes_and_so_many_uses(outputs: Outputs, wrapped: str) -> None:
    client = broker_client(outputs)
    auth = client.auth.approle.login(
        role_id=str(outputs.access("reader").logins["approle"]), secret_id=unwrap(outputs, wrapped)
    )["auth"]
    assert auth["policies"] == ["lease-reader"]
    assert auth["lease_duration"] == 900
    assert auth["num_uses"] == 1000


def test_a_token_is_used_up(outputs: Outputs, wrapped: str) -> None:
    client = log_in(outputs, unwrap(outputs, wrapped))
    for _ in range(999):
        client.auth.token.renew_self()
    with pytest.raises(exceptions.InvalidRequest, match="token not found"):
        client.auth.token.renew_self()  # the last use leaves nothing to renew
    with pytest.raises(exceptions.Forbidden):
        client.auth.token.renew_self()


def test_a_process_takes_a_new_token_long_before_the_old_one_is_used_up(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leasehold.leases.broker.USES", 4)
    issuer = LeaseIssuer(live.outputs)
    leases = [issuer.lease("reader") for _ in range(6)]
    for lease in leases:
        assert issuer.renew(lease) == lease.term
        issuer.revoke(lease)


def test_a_process_whose_token_was_revoked_takes_another(live: Live) -> None:
    issuer = LeaseIssuer(live.outputs)
    issuer.revoke(issuer.lease("reader"))
    issuer.request("reader", "PUT", "auth/token/revoke-self")
    lease = issuer.lease("reader")
    assert issuer.renew(lease) == lease.term, "it is renewed with the token that it was made with"
    issuer.revoke(lease)


@pytest.fixture(scope="module")
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def identified(signing_key: ec.EllipticCurvePrivateKey) -> Iterator[Run]:
    """A run whose broker takes this issuer's tokens."""
    public = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEASEHOLD_TEST_ISSUER_KEY", public)
        with Run.create(program=IDENTITY) as run:
            yield run


@pytest.fixture
def show(
    identified: Run, signing_key: ec.EllipticCurvePrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., LeaseIssuer]:
    """Give an issuer of leases that logs in with an identity token."""

    def make(key: ec.EllipticCurvePrivateKey = signing_key, **claims: Any) -> LeaseIssuer:
        now = int(time.time())
        good = {"iss": "https://ci.example", "aud": "leasehold", "sub": "job-1", "repository": "shop/backend"}
        token = jwt.encode({**good, "iat": now, "exp": now + 300, **claims}, key, algorithm="ES256")
        (tmp_path / "token").write_text(token)
        monkeypatch.setenv("LEASEHOLD_LOGIN", "jwt")
        monkeypatch.setenv("LEASEHOLD_ID_TOKEN_FILE", str(tmp_path / "token"))
        return LeaseIssuer(identified.outputs)

    return make


def test_an_identity_token_logs_in(show: Callable[..., LeaseIssuer]) -> None:
    issuer = show()
    held = issuer.lease("reader")
    with held.connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (held.user,)
    issuer.revoke(held)
    with pytest.raises(BrokerError, match="permission denied"):
        issuer.request("reader", "GET", "database/creds/auditor")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"aud": "another-service"}, "audience"),
        ({"repository": "shop/fork"}, "claim"),
        ({"exp": 1, "iat": 0}, "expired|token is"),
    ],
)
def test_an_identity_token_that_is_not_ours(
    show: Callable[..., LeaseIssuer], claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BrokerError, match=f"refused.*({reason})"):
        show(**claims).lease("reader")


def test_a_token_for_an_identity_has_one_policy_minutes_and_so_many_uses(
    identified: Run, show: Callable[..., LeaseIssuer], tmp_path: Path
) -> None:
    show()
    auth = present(identified, (tmp_path / "token").read_text())
    assert (auth["policies"], auth["lease_duration"], auth["num_uses"]) == (["lease-reader"], 900, 1000)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_identity_token_that_nobody_signed(
    identified: Run, signing_key: ec.EllipticCurvePrivateKey, algorithm: str
) -> None:
    """Without a signature, or with one made from what everybody knows: the public key (RFC 8725, 2.1)."""
    now = int(time.time())
    claims = {
        "iss": "https://ci.example",
        "aud": "leasehold",
        "sub": "x",
        "repository": "shop/backend",
        "exp": now + 60,
    }
    header, body = (encoded(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims))
    public = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mac = hmac.digest(public, f"{header}.{body}".encode(), "sha256") if algorithm == "HS256" else b""
    with pytest.raises(exceptions.VaultError, match=r"signature|algorithm|parsing"):
        present(identified, f"{header}.{body}.{encoded(mac)}")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def present(run: Run, token: str) -> dict[str, Any]:
    answer = broker_client(run.outputs).auth.jwt.jwt_login(role="reader", jwt=token, path="jwt")
    return dict(answer["auth"])


def test_an_identity_token_of_another_issuers_key(show: Callable[..., LeaseIssuer]) -> None:
    with pytest.raises(BrokerError, match=r"refused.*signature"):
        show(ec.generate_private_key(ec.SECP256R1())).lease("reader")


def test_a_missing_identity_token(show: Callable[..., LeaseIssuer], monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = show()
    monkeypatch.setenv("LEASEHOLD_ID_TOKEN_FILE", "/nowhere/token")
    with pytest.raises(BrokerError, match="There is no identity token to log in with"):
        issuer.lease("reader")


def test_a_method_that_the_run_does_not_offer(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_LOGIN", "jwt")
    with pytest.raises(BrokerError, match=r"offers no login method .jwt.*It offers approle"):
        LeaseIssuer(live.outputs).lease("reader")


def test_the_audit_log_tells_who_it_was(identified: Run, show: Callable[..., LeaseIssuer]) -> None:
    issuer = show(sub="job-of-ada")
    issuer.revoke(issuer.lease("reader"))
    log = whole_log(identified.name, "broker")
    issued = [json.loads(line) for line in log if '"database/creds/reader"' in line]
    assert "jwt-job-of-ada" in {entry["auth"].get("display_name") for entry in issued}
