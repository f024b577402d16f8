"""What an engine holds of runs, known by its labels: one resource, and all that there is of one run."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..contract import EXPIRES_LABEL, NAME_LOCK_LABEL, OWNER_LABEL, RUN_LABEL


@dataclass(frozen=True)
class Resource:
    """One resource of an engine's.

    Attributes:
        kind: The engine's own word for what it is.
        id: The engine's id of it, which no later resource of its name has.
        name: Its name.
        labels: Its labels.
        is_server: Whether it runs something, so that it is removed before what it stands on.
        running: Whether it is a server that runs now.
    """

    kind: str
    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    is_server: bool = False
    running: bool = False

    @property
    def run(self) -> str:
        """The name of the run that it is of; empty for none."""
        return self.labels.get(RUN_LABEL, "")

    @property
    def name_lock(self) -> str:
        """The id of the name lock under which it was made; empty for none."""
        return self.labels.get(NAME_LOCK_LABEL, "")

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
    """What an engine has of one run, and what the labels say.

    Attributes:
        servers: Names of its servers, stopped ones too.
        others: Its other resources, kind and name each.
        running: How many of the servers run.
        owner: Who created the run.
        expires: The end of its term, in seconds since the epoch; 0 if it has none.
    """

    servers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    running: int = 0
    owner: str = ""
    expires: float = 0.0
    _named: tuple[str, ...] = ()

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Inventory":
        """Add resources up."""
        every = sorted(resources, key=str)
        return cls(
            servers=tuple(resource.name for resource in every if resource.is_server),
            others=tuple(str(resource) for resource in every if not resource.is_server),
            running=sum(resource.running for resource in every),
            owner=next((resource.labels[OWNER_LABEL] for resource in every if OWNER_LABEL in resource.labels), ""),
            expires=max((resource.expires for resource in every), default=0.0),
            _named=tuple(map(str, every)),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.servers or self.others)

    @property
    def expired(self) -> bool:
        """Whether its term is over."""
        return 0 < self.expires < time.time()

    def __str__(self) -> str:
        return ", ".join(self._named) or "nothing"
