"""The broker's configuration file (OpenBao manual, Configuration), which it also reads as JSON."""

import json
from collections.abc import Iterable
from typing import Any

from leasehold.contract import BROKER_PORT, CLIENT_HEADER, PROVISIONER

from ..servers.logs import BROKER_LOG
from ..servers.start import CERTIFICATE, FOLDER, KEY

SEAL_KEY = f"{FOLDER}/seal.key"
PROVISIONER_PASSWORD = f"{FOLDER}/provisioner.password"

_LISTENER = {
    "address": f"0.0.0.0:{BROKER_PORT}",
    "tls_cert_file": CERTIFICATE,
    "tls_key_file": KEY,
    "tls_min_version": "tls13",
}


def broker_config(
    policy: str, login_setup: Iterable[tuple[str, dict[str, Any]]], token_term: int, max_term: int
) -> str:
    """Return a configuration that starts unsealed and set up, without a root token being shown.

    Args:
        policy: What the provisioner may set up.
        login_setup: Paths and data of the writes that set the clients' login methods up.
        token_term: Term of the provisioner's tokens, in seconds.
        max_term: Longest term of anything that it issues, in seconds: the run's.
    """
    config = {
        "ui": False,
        "disable_clustering": True,
        "log_format": "json",
        "api_addr": f"https://broker:{BROKER_PORT}",
        "default_lease_ttl": f"{max_term}s",
        "max_lease_ttl": f"{max_term}s",
        "listener": [{"tcp": _LISTENER}],
        "storage": {"inmem": {}},
        "seal": [{"static": {"current_key_id": "run", "current_key": f"file://{SEAL_KEY}"}}],
        "audit": [{"file": {"log": {"description": "what the harness reads", "options": {"file_path": BROKER_LOG}}}}],
        "initialize": [{"provisioner": {"request": _requests(policy, login_setup, token_term)}}],
    }
    return json.dumps(config, indent=2)


def _requests(
    policy: str, login_setup: Iterable[tuple[str, dict[str, Any]]], token_term: int
) -> list[dict[str, object]]:
    return [
        *(_write(f"login-{number}", path, data) for number, (path, data) in enumerate(login_setup)),
        _write("client_id", f"sys/config/auditing/request-headers/{CLIENT_HEADER}", {"hmac": False}),
        _write("policy", f"sys/policies/acl/{PROVISIONER}", {"policy": policy}),
        _write("userpass", "sys/auth/userpass", {"type": "userpass"}),
        _write(
            "login",
            f"auth/userpass/users/{PROVISIONER}",
            {
                "password": {"eval_type": "string", "eval_source": "file", "path": PROVISIONER_PASSWORD},
                "token_policies": [PROVISIONER],
                "token_no_default_policy": True,
                "token_ttl": token_term,
                "token_max_ttl": token_term,
            },
        ),
    ]


def _write(name: str, path: str, data: dict[str, object]) -> dict[str, object]:
    return {name: {"operation": "update", "path": path, "data": data}}
