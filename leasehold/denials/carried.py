"""Errors that carry a server's refusal to a test: a driver's, or those of the broker's clients."""

import hvac.exceptions

from ..databases.sqlstate import sqlstate
from ..errors import BrokerError, within

REFUSING = frozenset({"42501", "28P01", "28000", "53300"})
"""SQLSTATEs with which the database refuses: insufficient_privilege, invalid_password,
invalid_authorization_specification, too_many_connections (PostgreSQL 18 manual, Appendix A)."""

_DRIVERS = ("psycopg", "psycopg_pool", "psycopg2", "asyncpg", "sqlalchemy", "django")
"""Packages whose errors carry a refusal of the database to the test."""

# libpq tells no SQLSTATE when it could not connect (libpq has it from version 19 on), so its words have to do: the
# server's English ones, as our servers speak (`lc_messages`).
_AT_LOGIN = {
    "password authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "is not permitted to log in": "28000",
    "permission denied": "42501",
    "too many connections": "53300",
    "remaining connection slots": "53300",
}


def carries_refusal(error: BaseException) -> bool:
    """Return whether an error may carry a refusal: it is a driver's, or of the broker's clients."""
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, BrokerError | hvac.exceptions.VaultError) or not packages.isdisjoint(_DRIVERS)


def is_refusal(error: BaseException, code: str = "") -> bool:
    """Return whether an error tells of a refusal by itself, for whoever reads no log.

    Args:
        error: The error.
        code: The SQLSTATE that it has to have; any that refuses where it is empty.
    """
    if isinstance(error, hvac.exceptions.VaultError):
        return not code and isinstance(error, hvac.exceptions.Forbidden | hvac.exceptions.Unauthorized)
    if isinstance(error, BrokerError):
        return not code
    told = code_of(error)
    return told == code if code else told in REFUSING


def code_of(error: BaseException) -> str:
    """Return an error's SQLSTATE, as far as it or one that it came from tells; empty for none."""
    told = next((code for one in within(error) if (code := sqlstate(one))), "")
    text = str(error)
    return told or next((code for words, code in _AT_LOGIN.items() if "FATAL" in text and words in text), "")


def described(error: BaseException) -> str:
    """Return an error's class and SQLSTATE; its words may hold data."""
    code = code_of(error)
    return f"{type(error).__name__} ({code})" if code else type(error).__name__
