"""The inventory of a run, on the engine and in files: it must be empty after `down`."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ..engines import labelled
from ..engines.resources import Inventory
from ..leases.authority import authority_files
from ..pulumi.settings import key_in
from ..pulumi.stack_id import StackId, text_of
from . import name_locks
from .name_lock import NameLock
from .processes import processes_in
from .pulumi_locks import locks_of


@dataclass(frozen=True)
class RunInventory:
    """Names and paths of everything of one run.

    Attributes:
        servers: Stopped ones too.
        others: Its other resources on the engine, kind and name each.
        stacks: Files of its stack in a file backend: state, backups, history, locks.
        leases: Servers that can hold leases. A lease lives in the run's broker and database and nowhere else, so
            when these are gone there is none.
        processes: Pulumi's, which it does not end when it is killed.
        temporary_files: Its Pulumi home, its authority's certificate, what its name lock was written with, and what
            a process printed that destroys it.
    """

    servers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
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


def inspect_run(name_lock: NameLock, *, stack_is_ours: bool = True) -> RunInventory:
    """Look for everything of a run.

    Args:
        name_lock: Its name lock; what else has the run's name is not looked at.
        stack_is_ours: Whether the stack that may stand in its place is the run's.

    Raises:
        EngineError: The engine cannot be reached.
    """
    carried = Inventory.of(labelled.resources_under(name_lock.id))
    temporary = [*[name_lock.home] * name_lock.home.exists(), *temporary_files(name_lock)]
    return RunInventory(
        servers=carried.servers,
        others=carried.others,
        stacks=tuple(map(str, stack_files(name_lock, stack_is_ours=stack_is_ours))),
        leases=carried.servers,
        processes=tuple(map(str, processes_in(name_lock.home))),
        temporary_files=tuple(map(str, temporary)),
    )


def temporary_files(name_lock: NameLock) -> list[Path]:
    """Return files beside a run's home that go with it."""
    printed = name_locks.printed(name_lock)
    return [
        *name_locks.half_written(name_lock.name),
        *authority_files(name_lock.name, name_lock.id),
        *[printed] * printed.exists(),
    ]


def stack_files(name_lock: NameLock, *, stack_is_ours: bool = True) -> list[Path]:
    """Return the files that a file backend holds of a run's stack: state, backups, history and locks.

    What an earlier stack of the same name had left is not among them, but for what Pulumi has written anew. Where
    another stack stands in the place of the run's, they are the backups that tell the run's name lock, or its salt.
    """
    if not stack_is_ours:
        return [
            file for file in name_lock.stack.files() if str(file) not in name_lock.found and _tells(file, name_lock)
        ]
    anew = name_lock.stack.state_files() if name_lock.made else []
    return [file for file in name_lock.stack.files() if str(file) not in name_lock.found or file in anew]


def _tells(file: Path, name_lock: NameLock) -> bool:
    text = text_of(file.with_name(file.name.removesuffix(".attrs")))
    state = file in name_lock.stack.state_files()
    return not state and (name_lock.id in text or bool(name_lock.key and key_in(text) == name_lock.key))


def remove_stack_files(name_lock: NameLock, *, stack_is_ours: bool) -> None:
    """Remove them, and the folders that are empty then."""
    for path in reversed(stack_files(name_lock, stack_is_ours=stack_is_ours)):  # attributes, then what they are of
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for folder in name_lock.stack.folders():
        if not any(folder.iterdir()):
            folder.rmdir()


def repair_attributes(stack: StackId, name_lock: NameLock) -> list[str]:
    """Remove attributes of a stack's state that a killed Pulumi had only begun to write; return a sentence for each.

    Pulumi cannot read a file whose attributes are cut off, though the file itself is whole: it is replaced as one, and
    they are written in place (gocloud.dev, blob/fileblob/attrs.go, `setAttrs`). It can read a file without any. While
    somebody alive has the stack's lock, they may just be being written, and are left alone.

    Args:
        stack: The stack, proven to be the name lock's.
        name_lock: The name lock.
    """
    broken = [path for path in broken_attributes(stack) if all(lock.stale for lock in locks_of(stack, name_lock))]
    for path in broken:
        path.unlink(missing_ok=True)
    return [f"{path.name}, which a killed Pulumi had only begun to write, was removed" for path in broken]


def broken_attributes(stack: StackId) -> list[Path]:
    """Return attributes of a stack's state that are cut off."""
    return [path for path in stack.state_files() if path.suffix == ".attrs" and not _is_json(path)]


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    except FileNotFoundError:
        pass  # gone meanwhile, so there is nothing to mend
    return True
