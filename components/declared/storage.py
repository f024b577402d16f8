"""How much room a run's database has: its storage, and the memory that its processes share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict, get_args

from .errors import DeclarationError

Kind = Literal["memory", "volume"]

LEAST_STORAGE = 128
"""Smallest storage that can be declared, in MiB: an empty server takes 40, and a clone 8."""

LEAST_SHARED_MEMORY = 16
"""Smallest shared memory that can be declared, in MiB."""

FALLBACK_STORAGE, FALLBACK_SHARED_MEMORY = 1024, 256
"""What a run has of each, in MiB, where the engine does not tell its memory; no default is less."""

MOST_STORAGE, MOST_SHARED_MEMORY = 8192, 1024
"""What a run has of each at most by default, in MiB, however much memory the engine has."""

STORAGE_SHARE, SHARED_MEMORY_SHARE = 4, 16
"""Which part of the engine's memory each is by default: a quarter, and a sixteenth. Only what is used is taken."""


class StorageArgs(TypedDict):
    """Where a run's data is, and how much of it there may be."""

    kind: NotRequired[str]
    """``memory`` (the default) or ``volume``, a volume of the engine's, on its disk. Either ends with the run."""
    size: NotRequired[int]
    """Largest size of storage in memory, in MiB; by default a quarter of the engine's memory, from 1024 to 8192. A
    volume has no limit but the engine's disk, so it takes none."""
    reflink: NotRequired[bool]
    """Have clones share the blocks of what they are made of, so that a large one takes no time and no room: of a volume
    alone, on a file system that has reflinks (btrfs, XFS). Where it has none, `pulumi up` says so."""


@dataclass(frozen=True)
class Storage:
    """Checked room.

    Attributes:
        size: Largest size of storage in memory, in MiB; None for a volume.
        shared_memory: Largest size of the memory that the server's processes share, in MiB.
        derived: Whether either comes from the engine's memory: then those of the first ``up`` stay.
        reflink: Whether clones have to share blocks.
    """

    size: int | None
    shared_memory: int
    derived: bool
    reflink: bool = False


def check_storage(
    declared: StorageArgs | None = None,
    shm_size: int | None = None,
    engine_memory: Callable[[], int | None] = lambda: None,
) -> Storage:
    """Return what is declared of a database's room, with defaults that fit the engine.

    Args:
        declared: Its storage.
        shm_size: Largest size of shared memory, in MiB.
        engine_memory: Returns how much memory the engine has, in MiB; None if it does not tell. Asked only for a
            default.

    Raises:
        DeclarationError: Says what cannot be used.
    """
    args = StorageArgs() if declared is None else declared
    if not isinstance(args, dict) or (unknown := set(args) - set(StorageArgs.__annotations__)):
        what = f"the unknown field {sorted(unknown)[0]!r}" if isinstance(args, dict) else f"the value {args!r}"
        raise DeclarationError(f"The storage has {what}; it is declared as {{'kind': 'memory', 'size': 2048}}, in MiB.")
    if (kind := args.get("kind", "memory")) not in get_args(Kind):
        raise DeclarationError(f"The storage is of kind {kind!r}; it can be {' or '.join(get_args(Kind))}.")
    size = args.get("size")
    if kind == "volume" and size is not None:
        raise DeclarationError(
            "The storage is a volume with a size, and a volume of the engine's has no limit but the engine's disk. "
            "Leave `size` out, or have the storage in memory."
        )
    reflink = args.get("reflink", False)
    if not isinstance(reflink, bool) or (reflink and kind == "memory"):
        raise DeclarationError(
            f"The storage has `reflink` {reflink!r}; it is True or False, and True needs `{{'kind': 'volume'}}`: there "
            "are no reflinks in memory."
        )
    _check_size("storage", size, LEAST_STORAGE)
    _check_size("shared memory (`shm_size`)", shm_size, LEAST_SHARED_MEMORY)
    derived = shm_size is None or (kind == "memory" and size is None)
    memory = engine_memory() if derived else None
    if kind == "memory" and size is None:
        size = _share(memory, STORAGE_SHARE, FALLBACK_STORAGE, MOST_STORAGE)
    if shm_size is None:
        shm_size = _share(memory, SHARED_MEMORY_SHARE, FALLBACK_SHARED_MEMORY, MOST_SHARED_MEMORY)
    return Storage(size, shm_size, derived, reflink)


def _check_size(what: str, size: object, least: int) -> None:
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < least):
        raise DeclarationError(f"The {what} has a size of {size!r}; it is a whole number of MiB, at least {least}.")


def _share(memory: int | None, part: int, least: int, most: int) -> int:
    return least if memory is None else min(max(memory // part, least), most)
