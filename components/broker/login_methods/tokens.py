"""What every method's tokens have in common: exactly one role's policy, minutes to live, and so many uses."""

from ...declared.validation import Role

TOKEN_TERM = 900
"""Term of a client's token, in seconds, unless its role's leases live longer: they end with the token. No token lives
longer than its role's `max_term`."""

TOKEN_USES = 1000
"""How often a token can be used; `leasehold.leases.broker` takes a new one long before, and leaves the rest to
renewals."""


def token_term(role: Role) -> int:
    """Return the term of a role's tokens, in seconds."""
    return min(max(TOKEN_TERM, role.term), role.max_term)
