"""The pytest plugin: a run per session, a database and leases per test, and nothing left of them."""

from .fixtures import (
    leasehold_broker,
    leasehold_connect,
    leasehold_database,
    leasehold_lease,
    leasehold_rotation,
    leasehold_run,
    leasehold_url,
)
from .options import pytest_addoption
from .plugin import pytest_cmdline_main, pytest_configure, pytest_unconfigure

__all__ = [
    "leasehold_broker",
    "leasehold_connect",
    "leasehold_database",
    "leasehold_lease",
    "leasehold_rotation",
    "leasehold_run",
    "leasehold_url",
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_configure",
    "pytest_unconfigure",
]
