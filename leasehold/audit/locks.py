"""Locks that are tried rather than read: logins that must be refused."""

from typing import Any

import psycopg

from ..leases import Lease

TRIES: dict[str, dict[str, Any]] = {
    "a login without a password": {"password": "", "passfile": "/nowhere"},
    "a login with a wrong password": {"password": "not-the-password"},
    "a login without TLS": {"sslmode": "disable"},
    "the superuser from the network": {"user": "postgres", "password": "postgres", "dbname": "postgres"},
    "a lease in another database": {"dbname": "postgres"},
}
"""By what it is, how it differs from a lease's own login."""


def open_locks(lease: Lease) -> list[str]:
    """Return which logins were accepted that must be refused, a line each."""
    return [f"{what} was accepted" for what, changes in TRIES.items() if _accepted(lease, changes)]


def _accepted(lease: Lease, changes: dict[str, Any]) -> bool:
    try:
        lease.connect(**changes).close()
    except psycopg.OperationalError:
        return False
    return True
