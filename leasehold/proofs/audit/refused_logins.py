"""Locks that are tried rather than read: logins that must be refused."""

import time
from typing import Any

import psycopg

from ...clock import steady
from ...leases.issuer import Lease

TRIES: dict[str, dict[str, Any]] = {
    "a login without a password": {"password": "", "passfile": "/nowhere"},
    "a login with a wrong password": {"password": "not-the-password"},
    "a login without TLS": {"sslmode": "disable"},
    "the superuser from the network": {"user": "postgres", "password": "postgres", "dbname": "postgres"},
    "a lease in another database": {"dbname": "postgres"},
}
"""By what it is, how it differs from a lease's own login."""


PATIENCE = 5.0
"""How long closed connections may go on counting, in seconds."""


def open_locks(lease: Lease) -> list[str]:
    """Return which logins were accepted that must be refused, a line each."""
    return [f"{what} was accepted" for what, changes in TRIES.items() if _accepted(lease, changes)]


def _accepted(lease: Lease, changes: dict[str, Any]) -> bool:
    deadline = steady() + PATIENCE
    while True:
        try:
            lease.connect(**changes).close()
        except psycopg.OperationalError as error:
            # That is no lock: connections closed a moment ago still count (and would hide an open one).
            if "too many connections" not in str(error) or steady() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True
