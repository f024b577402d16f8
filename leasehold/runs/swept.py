"""What comes of a run that is swept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Swept:
    """What came of one run that was to be swept.

    Attributes:
        run: Its name.
        reason: Why it was to be swept.
        notes: What destroying it met.
        error: Why it could not be; empty when it is gone.
    """

    run: str
    reason: str
    notes: tuple[str, ...] = ()
    error: str = ""
