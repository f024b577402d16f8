"""The clocks of this machine, whatever a test makes of its process's own.

A test may freeze or move time (freezegun, time-machine): they replace Python's functions and the realtime clock. The
kernel's clocks since boot are nobody's to replace (clock_gettime(2)).
"""

import time
from datetime import UTC, datetime

# It goes on while a machine sleeps; where there is none, as on macOS, the monotonic clock does.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOTED = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(_SINCE_BOOT)  # before any test begins


def now() -> float:
    """Return the time, in seconds since the epoch: for dates, and for terms, which a sleeping machine does not stop."""
    return _BOOTED + time.clock_gettime(_SINCE_BOOT)


def moment() -> datetime:
    """Return the time, in UTC."""
    return datetime.fromtimestamp(now(), UTC)


def steady() -> float:
    """Return seconds that only grow, while this machine is awake: to measure, and to bound a wait."""
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
