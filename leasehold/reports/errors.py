"""The one error of reports."""

from ..errors import LeaseholdError


class ReportError(LeaseholdError):
    """A report could not be written, or read back."""
