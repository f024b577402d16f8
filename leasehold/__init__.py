"""Leasehold: integration tests that meet the same locks as production.

What is named here is imported when it is first used, so that a command which needs little starts quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .databases import drivers
    from .databases.clones import Databases
    from .databases.migrations import migrate
    from .denials.expectations import expect_denial
    from .errors import (
        BrokerError,
        EngineError,
        LeaseholdError,
        LeftBehindError,
        NotOursError,
        OutputsError,
        RunBusyError,
        RunError,
        RunExistsError,
        RunNotFoundError,
        UnknownRoleError,
    )
    from .leases.issuer import Lease, LeaseIssuer
    from .outputs import Outputs
    from .runs.run import Run

_HOMES = {
    "BrokerError": "errors",
    "EngineError": "errors",
    "Databases": "databases.clones",
    "Lease": "leases.issuer",
    "LeaseIssuer": "leases.issuer",
    "LeaseholdError": "errors",
    "LeftBehindError": "errors",
    "Outputs": "outputs",
    "OutputsError": "errors",
    "Run": "runs.run",
    "NotOursError": "errors",
    "RunBusyError": "errors",
    "RunError": "errors",
    "RunExistsError": "errors",
    "RunNotFoundError": "errors",
    "UnknownRoleError": "errors",
    "expect_denial": "denials.expectations",
    "migrate": "databases.migrations",
}

_MODULES = {"drivers": "databases.drivers"}

__all__ = [
    "BrokerError",
    "Databases",
    "EngineError",
    "Lease",
    "LeaseIssuer",
    "LeaseholdError",
    "LeftBehindError",
    "NotOursError",
    "Outputs",
    "OutputsError",
    "Run",
    "RunBusyError",
    "RunError",
    "RunExistsError",
    "RunNotFoundError",
    "UnknownRoleError",
    "drivers",
    "expect_denial",
    "migrate",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
