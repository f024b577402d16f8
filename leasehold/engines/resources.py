"""What an engine holds of runs, known by its labels: one thing, and all that there is of one run."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

RUN_LABEL = "dev.leasehold.run"
OWNER_LABEL = "dev.leasehold.owner"
EXPIRES_LABEL = "dev.leasehold.expires"
CLAIM_LABEL = "dev.leasehold.claim"
"""Id of the claim on which a run was made; what plain Pulumi makes has none."""

OURS = "dev.leasehold."
"""What the labels begin with."""

Kind = Literal["container", "network", "volume"]


@dataclass(frozen=True)
class Thing:
    """One container, network or volume.

    Attributes:
        kind: Which of them it is.
        id: The engine's id of it, which no later thing of its name has.
        name: Its name.
        labels: Its labels.
        running: Whether it is a container that runs.
    """

    kind: Kind
    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    running: bool = False

    @property
    def run(self) -> str:
        """The name of the run that it is of; empty for none."""
        return self.labels.get(RUN_LABEL, "")

    @property
    def claim(self) -> str:
        """The id of the claim on which it was made; empty for none."""
        return self.labels.get(CLAIM_LABEL, "")

    @property
    def expires(self) -> float:
        """The end of its term, in seconds since the epoch; 0 if it has none."""
        try:
            return float(self.labels.get(EXPIRES_LABEL, 0))
        except ValueError:
            return 0.0

    @property
    def expired(self) -> bool:
        """Whether it had a term that is over."""
        return 0 < self.expires < time.time()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Inventory:
    """Names of what there is of one run, and what the labels say."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    running: int = 0
    owner: str = ""
    expires: float = 0.0

    @classmethod
    def of(cls, things: Iterable[Thing]) -> "Inventory":
        """Add things up."""
        every = sorted(things, key=str)
        return cls(
            containers=tuple(thing.name for thing in every if thing.kind == "container"),
            networks=tuple(thing.name for thing in every if thing.kind == "network"),
            volumes=tuple(thing.name for thing in every if thing.kind == "volume"),
            running=sum(thing.running for thing in every),
            owner=next((thing.labels[OWNER_LABEL] for thing in every if OWNER_LABEL in thing.labels), ""),
            expires=max((thing.expires for thing in every), default=0.0),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.containers or self.networks or self.volumes)

    @property
    def expired(self) -> bool:
        """Whether its term is over."""
        return 0 < self.expires < time.time()

    def __str__(self) -> str:
        kinds = {"container": self.containers, "network": self.networks, "volume": self.volumes}
        return ", ".join(f"{kind} {name}" for kind, names in kinds.items() for name in names) or "nothing"
