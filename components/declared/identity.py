"""The issuer of identity tokens that the broker accepts: a CI system, so that a pipeline needs no stored secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .errors import DeclarationError

DEFAULT_USER_CLAIM = "sub"
"""Who a token is about (RFC 7519, 4.1.2)."""


class IdentityArgs(TypedDict):
    """An issuer of identity tokens (JWT, RFC 7519), and which of them may log in."""

    issuer: str
    """The ``iss`` that a token must name."""
    public_keys: list[str]
    """Keys with which it signs, in PEM. The broker has no way out, so it cannot fetch them."""
    audience: str
    """The ``aud`` that a token must be for."""
    claims: dict[str, str]
    """More claims that a token must have, such as ``repository``: the issuer's other users have tokens too."""
    user_claim: NotRequired[str]
    """The claim that names the client in the audit log; ``sub`` when not given."""


@dataclass(frozen=True)
class Identity:
    """An issuer, checked."""

    issuer: str
    public_keys: tuple[str, ...]
    audience: str
    claims: Mapping[str, str]
    user_claim: str


def check_identity(declared: IdentityArgs | None) -> Identity | None:
    """Return the declaration with its defaults filled in.

    Raises:
        DeclarationError: Says what is missing or wrong.
    """
    if declared is None:
        return None
    if unknown := set(declared) - set(IdentityArgs.__annotations__):
        raise DeclarationError(f"The identity has the unknown field {sorted(unknown)[0]!r}.")
    for field in ("issuer", "audience"):
        if not declared.get(field):
            raise DeclarationError(f"The identity names no {field}, so tokens meant for others would do. Name it.")
    if not declared.get("claims"):
        raise DeclarationError(
            "The identity binds no claim, so whoever has a token of that issuer could log in. Bind one that is yours "
            "alone, such as `repository`."
        )
    for key in (keys := declared.get("public_keys", [])):
        try:
            load_pem_public_key(key.encode())
        except ValueError:
            raise DeclarationError("A public key of the identity is no public key in PEM.") from None
    if not keys:
        raise DeclarationError("The identity has no public key, so no token could be checked. List the issuer's.")
    return Identity(
        declared["issuer"],
        tuple(keys),
        declared["audience"],
        dict(declared["claims"]),
        declared.get("user_claim", DEFAULT_USER_CLAIM),
    )
