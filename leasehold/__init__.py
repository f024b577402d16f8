"""Leasehold: integration tests that meet the same locks as production."""

from .errors import BrokerError, LeaseholdError, OutputsError, RunError
from .leases import Lease, LeaseIssuer
from .outputs import Outputs

__all__ = ["BrokerError", "Lease", "LeaseIssuer", "LeaseholdError", "Outputs", "OutputsError", "RunError"]
