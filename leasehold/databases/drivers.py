"""A lease as each driver wants it: parameters, never a DSN with a password in it."""

import ssl
from typing import Any

from ..leases.issuer import Lease


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
    """Return keyword arguments of `sqlalchemy.URL.create`, whose `repr` masks the password."""
    return {
        "drivername": drivername,
        "host": lease.host,
        "port": lease.port,
        "database": lease.database,
        "username": lease.user,
        "password": lease.password.get_secret_value(),
        "query": _tls(lease),
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
