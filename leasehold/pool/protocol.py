"""What a keeper does with runs, and what it knows of one, and of who asks for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import RunError
from ..inputs import ProgramInputs


@dataclass(frozen=True)
class Warm:
    """A run that is ready.

    Attributes:
        name: Its name.
        name_lock: The id of its name lock.
        outputs: Its stack's outputs; the harness's login is among them.
        inputs: What its program has read.
        made: When it was ready, in seconds since the epoch.
        ends: When its term is over, in seconds since the epoch.
    """

    name: str
    name_lock: str
    outputs: Mapping[str, Any]
    inputs: ProgramInputs
    made: float
    ends: float


@dataclass(frozen=True)
class Asker:
    """A session that asks for a run.

    Attributes:
        session: Its id.
        owner: Its process, by the fields of `Process`.
        shell: Fingerprints of its environment's variables.
    """

    session: str
    owner: Mapping[str, Any]
    shell: Mapping[str, str]


class HopelessError(RunError):
    """No run of the recipe can ever be kept ready."""


class Runs(Protocol):
    """What a keeper does with runs."""

    def make(self) -> Warm:
        """Make one, and prepare it. It may be ended by `stop` from a signal's handler."""

    def stop(self) -> None:
        """End what is being made."""

    def mark_ready(self, run: Warm) -> None:
        """Have everybody see that a run is ready.

        Raises:
            LeaseholdError: It is gone.
        """

    def outdated(self) -> str:
        """Return why nobody can want what this process makes any more, as a sentence; empty as long as somebody can."""

    def unfit(self, run: Warm) -> str:
        """Return why a run serves nobody any more, as a clause; empty as long as it does.

        Raises:
            EngineError: That is not known now.
        """

    def other(self, run: Warm, asker: Asker) -> str:
        """Return why a run is not what a session would have made, as a clause."""

    def taken(self, run: Warm, asker: Asker) -> bool:
        """Return whether a session that was offered a run has made it its own."""

    def taker(self, run: Warm) -> str:
        """Return who has taken a run without having been offered it here; empty if nobody has."""

    def discard(self, run: Warm) -> None:
        """Destroy a run."""

    def over(self, run: Warm) -> bool:
        """Return whether a run that was handed over has ended."""

    def tidy(self) -> None:
        """Do what else is due, once a round; what goes wrong with it is told, and keeps nothing."""
