"""Locks that are tried rather than read: logins that must be refused, each for its own reason.

A login that is refused for another reason proves nothing of its lock: too many connections, for one, is what a server
says after it has accepted a password.
"""

import re
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from ...clock import steady
from ...leases.issuer import Lease


@dataclass(frozen=True)
class Try:
    """A login that must be refused.

    Attributes:
        what: What it is.
        changes: How it differs from a lease's own login.
        refusal: What is said where its lock holds, and nowhere else: the server's words for one SQLSTATE, which libpq
            does not tell of a login (PostgreSQL 18, src/backend/libpq/auth.c, src/backend/utils/init/postinit.c), or
            libpq's own (src/interfaces/libpq/fe-auth.c). The server speaks English: its locale is C.
    """

    what: str
    changes: dict[str, Any]
    refusal: str


_REJECTED = r"pg_hba\.conf rejects connection|no pg_hba\.conf entry"  # 28000

TRIES = (
    Try("a login without a password", {"password": "", "passfile": "/nowhere"}, "no password supplied"),  # the client's
    Try("a login with a wrong password", {"password": "not-the-password"}, "password authentication failed"),  # 28P01
    Try("a login without TLS", {"sslmode": "disable"}, _REJECTED),
    Try(
        "the superuser from the network",
        {"user": "postgres", "password": "postgres", "dbname": "postgres"},
        _REJECTED,
    ),
    Try("a lease in another database", {"dbname": "postgres"}, "permission denied for database"),  # 42501
)

PATIENCE = 5.0
"""How long closed connections may go on counting, in seconds."""

_PAUSE = 0.05


def open_locks(lease: Lease) -> tuple[list[str], list[str]]:
    """Return which logins were accepted that must be refused, and which could not be tried, a line each.

    Args:
        lease: It may enter its database, and has no connection: its role may allow one at a time.
    """
    if error := _error(lease, {}):
        return [], [f"logins that must be refused, because the lease's own was: {error}"]
    accepted, untried = list[str](), list[str]()
    for one in TRIES:
        error = _error(lease, one.changes)
        if not error:
            accepted.append(f"{one.what} was accepted")
        elif not re.search(one.refusal, error):
            untried.append(f"{one.what}, which was refused for another reason: {error}")
    return accepted, untried


def _error(lease: Lease, changes: dict[str, Any]) -> str:
    """Return why a login is refused; empty if it is accepted."""
    deadline = steady() + PATIENCE
    while True:
        try:
            lease.connect(**changes).close()
        except psycopg.OperationalError as error:
            # Connections closed a moment ago still count; that is no lock, and would hide an open one.
            if "too many connections" not in str(error) or steady() > deadline:
                return " ".join(str(error).split())
            time.sleep(_PAUSE)
        else:
            return ""
