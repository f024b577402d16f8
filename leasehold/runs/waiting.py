"""Whether whoever ends a run waits until it is gone. Imports nothing: every session of pytest asks."""

import os

PIPELINE = "CI"
"""The variable that pipelines set: when a job's command is over, so is the machine, and whatever goes on there."""


def is_wanted(asked: bool | None) -> bool:
    """Return whether to wait: as was asked for, or else where a pipeline runs.

    Args:
        asked: What was asked for; None for nothing.
    """
    return in_pipeline() if asked is None else asked


def in_pipeline() -> bool:
    """Return whether a pipeline runs."""
    return os.environ.get(PIPELINE, "").lower() not in ("", "0", "false")
