"""Identity tokens (JWT): a CI system vouches for its job, so that the job needs no stored secret."""

from typing import Any

import pulumi
import pulumi_vault as vault

from ...declared.identity import Identity
from ...declared.validation import Role
from .tokens import TOKEN_USES, token_term

MOUNT = "jwt"


def offered(identity: Identity | None) -> bool:
    """Return whether an issuer is declared."""
    return identity is not None


def setup(identity: Identity | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the writes that mount it and tell it the issuer."""
    if identity is None:
        return []
    config = {"bound_issuer": identity.issuer, "jwt_validation_pubkeys": list(identity.public_keys)}
    return [(f"sys/auth/{MOUNT}", {"type": "jwt"}), (f"auth/{MOUNT}/config", config)]


def role_paths(role: str) -> list[str]:
    """Return the path that Pulumi writes for a role's login."""
    return [f"auth/{MOUNT}/role/{role}"]


def declare(
    name: str,
    role: Role,
    policy: pulumi.Input[str],
    identity: Identity | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """Declare a role's login: a token of the issuer's, for the audience, with every bound claim."""
    if identity is None:
        return
    vault.jwt.AuthBackendRole(
        f"{name}-jwt",
        backend=MOUNT,
        role_name=role.key,
        role_type="jwt",
        bound_audiences=[identity.audience],
        bound_claims=dict(identity.claims),
        user_claim=identity.user_claim,
        token_policies=[policy],
        token_no_default_policy=True,
        token_ttl=token_term(role),
        token_max_ttl=role.max_term,
        token_explicit_max_ttl=role.max_term,
        token_num_uses=TOKEN_USES,
        opts=opts,
    )
