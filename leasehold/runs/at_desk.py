"""Outputs of a run that was taken from a shared pool: no stack here has them, and the process that holds it does."""

from pathlib import Path

from ..errors import RunNotFoundError
from ..outputs import Outputs
from .desk import ask
from .name_lock import NameLock

OUTPUTS = "outputs"
"""What is asked for, and what the answer has."""


def outputs_at_desk(name_lock: NameLock) -> Outputs:
    """Return a run's outputs, as the process that holds the run tells them.

    Args:
        name_lock: The name lock on it, which says where that process is asked.

    Raises:
        RunNotFoundError: Nobody answers.
    """
    answer = ask(Path(name_lock.desk), {OUTPUTS: True})
    if answer is None or OUTPUTS not in answer:
        raise RunNotFoundError(
            f"Run {name_lock.name!r} was taken from pool {name_lock.shared!r}, and the process that held it here is "
            f"gone, so nobody has its login any more. `leasehold down {name_lock.name}` ends what is left of it."
        )
    return Outputs.model_validate(answer[OUTPUTS])
