"""Places in and beside a run's namespace, from which a probe tries connections."""

from contextlib import AbstractContextManager

from ...errors import EngineError
from ..protocol import Vantages


def vantages(run: str) -> AbstractContextManager[Vantages]:
    """Refuse.

    Raises:
        EngineError: Always.
    """
    raise EngineError(f"The network of run {run!r} cannot be probed: in a cluster that is not built yet.")
