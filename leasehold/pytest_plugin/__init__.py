"""The pytest plugin: a run per session, a database and leases per test, and nothing left of them."""

from .fixtures import broker, connect, database, lease, leasehold_run, rotation
from .options import pytest_addoption
from .plugin import pytest_configure, pytest_unconfigure

__all__ = [
    "broker",
    "connect",
    "database",
    "lease",
    "leasehold_run",
    "pytest_addoption",
    "pytest_configure",
    "pytest_unconfigure",
    "rotation",
]
