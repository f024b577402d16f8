"""The broker's configuration file (OpenBao manual, Configuration), which it also reads as JSON."""

import json
from collections.abc import Iterable

from ..declared.checked import Role
from .policies import APPROLE_MOUNT, PROVISIONER, provisioner_policy
from .start import CERTIFICATE, FOLDER, KEY

SEAL_KEY = f"{FOLDER}/seal.key"
PROVISIONER_PASSWORD = f"{FOLDER}/provisioner.password"
PORT = 8200
_LISTENER = {
    "address": f"0.0.0.0:{PORT}",
    "tls_cert_file": CERTIFICATE,
    "tls_key_file": KEY,
    "tls_min_version": "tls13",
}


def broker_config(roles: Iterable[Role], token_term: int) -> str:
    """Return a configuration that starts unsealed and set up, without a root token being shown.

    Args:
        roles: The declared roles; the provisioner may set up these and no others.
        token_term: Term of the provisioner's tokens, in seconds.
    """
    config = {
        "ui": False,
        "disable_clustering": True,
        "log_format": "json",
        "api_addr": f"https://broker:{PORT}",
        "listener": [{"tcp": _LISTENER}],
        "storage": {"inmem": {}},
        "seal": [{"static": {"current_key_id": "run", "current_key": f"file://{SEAL_KEY}"}}],
        "audit": [{"file": {"stdout": {"description": "container log", "options": {"file_path": "stdout"}}}}],
        "initialize": [{"provisioner": {"request": _requests(roles, token_term)}}],
    }
    return json.dumps(config, indent=2)


def _requests(roles: Iterable[Role], token_term: int) -> list[dict[str, object]]:
    return [
        _write("policy", f"sys/policies/acl/{PROVISIONER}", {"policy": provisioner_policy(roles)}),
        _write("approle", f"sys/auth/{APPROLE_MOUNT}", {"type": "approle"}),
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
