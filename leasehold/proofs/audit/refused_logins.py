"""Locks that are tried rather than read: logins that must be refused, each for its own reason."""

import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ...clock import steady
from ...databases.clones import first_line
from ...leases.issuer import Lease


@dataclass(frozen=True)
class Try:
    """One login that must be refused.

    Attributes:
        what: What it is.
        because: Words of the refusal: another reason proves nothing about the lock.
        changes: How it differs from a lease's own login.
    """

    what: str
    because: str
    changes: dict[str, Any] = field(default_factory=dict)


TRIES = (
    Try("a login without a password", "no password supplied", {"password": "", "passfile": "/nowhere"}),
    Try("a login with a wrong password", "password authentication failed", {"password": "not-the-password"}),
    Try("a login without TLS", "no encryption", {"sslmode": "disable"}),
    Try(
        "the superuser from the network",
        "pg_hba.conf rejects connection",
        {"user": "postgres", "password": "postgres", "dbname": "postgres"},
    ),
    Try("a lease in another database", "permission denied for database", {"dbname": "postgres"}),
)

PATIENCE = 60.0
"""How long closed connections may go on counting against a login's limit, in seconds."""

_PAUSE = 0.05
_FULL = "too many connections"


def open_locks(lease: Lease) -> list[str]:
    """Return a line for each login that must be refused and was not, or for no reason that proves the lock.

    Args:
        lease: A lease that is connected nowhere: a limit on its connections would refuse, and hide an open lock.
    """
    return [line for tried in TRIES if (line := _finding(lease, tried))]


def _finding(lease: Lease, tried: Try) -> str:
    deadline = steady() + PATIENCE
    while True:
        try:
            lease.connect(**tried.changes).close()
        except psycopg.OperationalError as error:
            if tried.because in str(error):
                return ""
            if _FULL in str(error) and steady() < deadline:
                time.sleep(_PAUSE)  # a connection that was closed a moment ago still counts
                continue
            return f"{tried.what} could not be tried: {first_line(error)}"
        else:
            return f"{tried.what} was accepted"
