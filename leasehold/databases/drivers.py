"""A lease as each driver wants it: parameters, never a DSN with a password in it."""

import ssl
from typing import Any
from urllib.parse import urlencode

from ..leases.issuer import Lease

_LIBPQ = ("", "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi")
"""SQLAlchemy's names of drivers that are libpq; psycopg2 where none is named."""


def libpq(lease: Lease) -> dict[str, Any]:
    """Return keyword arguments of psycopg's and libpq's `connect`."""
    return lease.parameters


def asyncpg(lease: Lease) -> dict[str, Any]:
    """Return keyword arguments of `asyncpg.connect` and `asyncpg.create_pool`."""
    return {
        "host": lease.host,
        "port": lease.port,
        "database": lease.database,
        "user": lease.user,
        "password": lease.password.get_secret_value(),
        "ssl": ssl.create_default_context(cafile=lease.authority_file),
    }


def sqlalchemy(lease: Lease, drivername: str = "postgresql+psycopg") -> dict[str, Any]:
    """Return keyword arguments of `sqlalchemy.URL.create`, whose `repr` masks the password.

    Args:
        lease: The lease.
        drivername: SQLAlchemy's name for its dialect on PostgreSQL and a driver.

    Raises:
        ValueError: A URL cannot tell this driver whom to trust.
    """
    _, _, driver = drivername.partition("+")
    if driver in _LIBPQ:
        query = _tls(lease)
    elif driver == "asyncpg":  # its arguments have no authority's certificate; the part of a DSN's that is one, has
        query = {"dsn": f"postgresql://?{urlencode(_tls(lease))}"}
    else:
        raise ValueError(
            f"A URL cannot tell {drivername!r} which authority to trust, so none of its connections is verified. Take "
            "postgresql+psycopg, +psycopg2 or +asyncpg, or give the driver a TLS context yourself, by connect_args."
        )
    return {
        "drivername": drivername,
        "host": lease.host,
        "port": lease.port,
        "database": lease.database,
        "username": lease.user,
        "password": lease.password.get_secret_value(),
        "query": query,
    }


def django(lease: Lease) -> dict[str, Any]:
    """Return an entry of Django's ``DATABASES`` setting."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": lease.host,
        "PORT": str(lease.port),
        "NAME": lease.database,
        "USER": lease.user,
        "PASSWORD": lease.password.get_secret_value(),
        "OPTIONS": _tls(lease),
    }


def _tls(lease: Lease) -> dict[str, str]:
    return {name: str(lease.parameters[name]) for name in ("sslmode", "sslrootcert")}
