"""What there is of a run, wherever runs leave anything: the inventory that must be empty after `down`."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from . import claims, engine, places
from .authority import authority_files
from .locks import backend_folder
from .processes import processes_in


@dataclass(frozen=True)
class Remains:
    """Names and paths of what there is of one run.

    Attributes:
        containers: Stopped ones too.
        networks: Docker networks.
        volumes: Docker volumes.
        stacks: Files of its stack in a file backend: state, backups, history, locks.
        leases: Containers that can hold leases. A lease lives in the run's broker and database and nowhere else, so
            when these are gone there is none.
        processes: Pulumi's, which it does not end when it is killed.
        temporary_files: Its Pulumi home, its authority's certificate, and what its claim was written with.
    """

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    leases: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    temporary_files: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is there."""
        return not any(asdict(self).values())

    def __str__(self) -> str:
        kinds = {kind.replace("_", " "): names for kind, names in asdict(self).items() if names}
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items()) or "nothing"


def take_stock(run: str) -> Remains:
    """Look for everything of a run.

    Raises:
        EngineError: The Docker Engine cannot be reached.
    """
    carried = engine.take_inventory(run)
    home = places.home_of(run)
    temporary = [home] * home.exists() + claims.half_written(run) + authority_files(run)
    return Remains(
        containers=carried.containers,
        networks=carried.networks,
        volumes=carried.volumes,
        stacks=tuple(map(str, stack_files(run))),
        leases=carried.containers,
        processes=tuple(map(str, processes_in(home))),
        temporary_files=tuple(map(str, temporary)),
    )


def stack_files(run: str) -> list[Path]:
    """Return everything that a file backend holds of a stack: state, its backups, history and locks."""
    folder = backend_folder()
    if folder is None:
        return []
    root = folder / ".pulumi"
    kinds = [*(root / kind for kind in ("history", "backups", "locks"))]
    files = [path for path in _below(root / "stacks") if path.name.startswith(f"{run}.json")]
    return [*files, *(path for kind in kinds for path in _below(kind) if path.name == run)]


def mend_attributes(run: str) -> list[str]:
    """Remove attributes of a stack's files that a killed Pulumi had only begun to write; return a sentence for each.

    Pulumi cannot read a file whose attributes are cut off, though the file itself is whole: it is replaced as one, and
    they are written in place (gocloud.dev, blob/fileblob/attrs.go, `setAttrs`). It can read a file without any.
    """
    notes = []
    for path in stack_files(run):
        if path.suffix == ".attrs" and not _is_json(path):
            path.unlink(missing_ok=True)
            notes.append(f"{path.name}, which a killed Pulumi had only begun to write, was removed")
    return notes


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    except FileNotFoundError:
        pass  # gone meanwhile, so there is nothing to mend
    return True


def _below(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder; what another run takes away meanwhile is passed over."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))
