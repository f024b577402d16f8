"""Whether a program runs over Pulumi's mocks."""

from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor


def under_mocks() -> bool:
    """Return whether the program runs over Pulumi's mocks, which know no hooks."""
    return isinstance(get_monitor(), MockMonitor)
