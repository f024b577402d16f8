"""What every method's tokens have in common: exactly one role's policy, minutes to live, and so many uses."""

from typing import Any

from ...declared.validation import Role

TOKEN_TERM = 900
"""Term of a client's token, in seconds, unless its role's leases live longer: they end with the token."""

TOKEN_USES = 1000
"""How often a token can be used; `leasehold.leases.broker` takes a new one long before, and leaves the rest to
renewals."""


def token_term(role: Role) -> int:
    """Return the term of a role's tokens, in seconds."""
    return min(max(TOKEN_TERM, role.term), role.max_term)


def token_limits(role: Role) -> dict[str, Any]:
    """Return what bounds a role's tokens, as arguments of a login role (OpenBao manual, Token parameters).

    The explicit maximum is one that no renewal gets past, of whatever length it is asked for.
    """
    return {
        "token_ttl": token_term(role),
        "token_max_ttl": role.max_term,
        "token_explicit_max_ttl": role.max_term,
        "token_num_uses": TOKEN_USES,
    }
