"""What there is of a run on the engine, by our labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import docker
from docker.models.resource import Model

RUN_LABEL = "dev.leasehold.run"


@dataclass(frozen=True)
class Inventory:
    """Names of what carries a run's label."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.containers or self.networks or self.volumes)

    def __str__(self) -> str:
        kinds = {"container": self.containers, "network": self.networks, "volume": self.volumes}
        return ", ".join(f"{kind} {name}" for kind, names in kinds.items() for name in names) or "nothing"


def take_inventory(run: str) -> Inventory:
    """List a run's containers (stopped ones too), networks and volumes.

    Raises:
        docker.errors.DockerException: The engine cannot be reached.
    """
    engine = docker.from_env()
    try:
        found: dict[str, str | list[str] | bool] = {"label": f"{RUN_LABEL}={run}"}
        return Inventory(
            containers=_names(engine.containers.list(all=True, filters=found)),
            networks=_names(engine.networks.list(filters=found)),
            volumes=_names(engine.volumes.list(filters=found)),
        )
    finally:
        engine.close()


def _names(things: Sequence[Model]) -> tuple[str, ...]:
    return tuple(sorted(str(getattr(thing, "name", thing.id)) for thing in things))
