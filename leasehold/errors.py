"""Errors that a person can meet. Each says what happened, what it means and what to do."""


class LeaseholdError(Exception):
    """Base of all of Leasehold's errors."""


class OutputsError(LeaseholdError):
    """A stack's outputs do not fit the contract."""


class RunError(LeaseholdError):
    """A run could not be created, found or destroyed."""


class BrokerError(LeaseholdError):
    """The broker refused a request, or did not answer."""
