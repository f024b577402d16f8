"""What an engine holds of runs, known by its labels: one resource, and all that there is of one run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..clock import now
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
        return 0 < self.expires < now()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Inventory:
    """What an engine has of one run.

    Attributes:
        resources: Its resources, by kind and name.
    """

    resources: tuple[Resource, ...] = ()

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Inventory":
        """Add resources up."""
        return cls(tuple(sorted(resources, key=str)))

    @property
    def servers(self) -> tuple[str, ...]:
        """Names of its servers, stopped ones too."""
        return tuple(resource.name for resource in self.resources if resource.is_server)

    @property
    def others(self) -> tuple[str, ...]:
        """Its other resources, kind and name each."""
        return tuple(str(resource) for resource in self.resources if not resource.is_server)

    @property
    def running(self) -> int:
        """How many of its servers run."""
        return sum(resource.running for resource in self.resources)

    @property
    def owner(self) -> str:
        """Who created the run; empty if no label says so."""
        return next((one.labels[OWNER_LABEL] for one in self.resources if OWNER_LABEL in one.labels), "")

    @property
    def expires(self) -> float:
        """The end of its term, in seconds since the epoch; 0 if it has none."""
        return max((resource.expires for resource in self.resources), default=0.0)

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not self.resources

    @property
    def expired(self) -> bool:
        """Whether its term is over."""
        return 0 < self.expires < now()

    def __str__(self) -> str:
        return ", ".join(map(str, self.resources)) or "nothing"
