"""AppRole: a role id, and a secret id that is made for one login, wrapped, by the run's orchestrator."""

from typing import Any

import pulumi
import pulumi_vault as vault

from ...declared.identity import Identity
from ...declared.validation import Role
from ..policies import APPROLE_MOUNT
from .tokens import TOKEN_USES, token_term

MOUNT = APPROLE_MOUNT

SECRET_ID_TERM = 60
"""How long a secret id waits to be used, in seconds."""


def offered(identity: Identity | None) -> bool:
    """It always is: everybody who has the stack's outputs can use it."""
    return True


def setup(identity: Identity | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the write that mounts it."""
    return [(f"sys/auth/{MOUNT}", {"type": "approle"})]


def role_paths(role: str) -> list[str]:
    """Return the paths that Pulumi writes for a role's login."""
    return [f"auth/{MOUNT}/role/{role}", f"auth/{MOUNT}/role/{role}/role-id"]


def declare(
    name: str,
    role: Role,
    policy: pulumi.Input[str],
    identity: Identity | None,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Declare a role's login; return its role id, which is no secret."""
    login = vault.approle.AuthBackendRole(
        f"{name}-approle",
        backend=MOUNT,
        role_name=role.key,
        token_policies=[policy],
        token_no_default_policy=True,
        token_ttl=token_term(role),
        token_max_ttl=role.max_term,
        token_explicit_max_ttl=role.max_term,
        token_num_uses=TOKEN_USES,
        secret_id_num_uses=1,
        secret_id_ttl=SECRET_ID_TERM,
        opts=opts,
    )
    return login.role_id
