"""How much room a run's database has, and what to tell when it is full."""

from dataclasses import dataclass

from ..contract import DATABASE, DATABASES, STORAGE, resource_name
from ..engines.current import current
from ..engines.output_of import output_of
from ..errors import EngineError, within
from .sqlstate import sqlstate

DISK_FULL = "53100"
"""The SQLSTATE of a full disk (PostgreSQL 18 manual, appendix A), and of full shared memory, too."""

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - in the server; where its processes share memory (shm_open(3))

_SHARED_MEMORY_SAYS = "shared memory segment"
_PATIENCE = 10.0  # seconds for a look at the server's file systems
_LOOK = 'df -Pk "$1"; [ -z "$2" ] || du -sk "$2" || :'
_NO_SPACE = "no space left on device"  # what an engine says of its disk
_IN_MEMORY = ("tmpfs", "shm")


@dataclass(frozen=True)
class Room:
    """A file system of the database server's.

    Attributes:
        size: How large it is, in MiB.
        free: How much of it is free now, in MiB.
        in_memory: Whether it is in memory, with a limit of the run's; else it is the engine's disk.
        database: How large the database is that was asked about, in MiB; 0 for none.
    """

    size: int
    free: int
    in_memory: bool
    database: int = 0


def room_of(run: str, path: str = STORAGE, oid: int | None = None) -> Room | None:
    """Look at a file system of a run's database server; None if the engine cannot be asked.

    Args:
        run: The run's name.
        path: A path in it.
        oid: Of a database to measure, too.
    """
    measured = f"{DATABASES}/{oid}" if oid is not None else ""
    try:
        return parse(output_of(resource_name(run, DATABASE), _LOOK, path, measured, patience=_PATIENCE))
    except EngineError:
        return None


def parse(said: str) -> Room | None:
    """Read what `df -Pk` and `du -sk` print (POSIX, df and du); None if it is none of it."""
    lines = said.splitlines()
    fields = lines[1].split() if len(lines) > 1 else []
    try:
        size, free = int(fields[1]) // 1024, int(fields[3]) // 1024
        database = -(-int(lines[2].split()[0]) // 1024) if len(lines) > 2 else 0  # noqa: PLR2004
    except (IndexError, ValueError):
        return None
    return Room(size, free, fields[0] in _IN_MEMORY, database)


def disk_full(error: BaseException) -> BaseException | None:
    """Return the error in an error, of whichever driver's, that tells of a full disk; None if there is none."""
    return next((one for one in within(error) if sqlstate(one) == DISK_FULL), None)


def explained(run: str, error: BaseException) -> str:
    """Return what is full, how large it is, and which argument makes it larger; empty if nothing is.

    Args:
        run: The run's name.
        error: What a test or a migration ended with.
    """
    found = disk_full(error)
    if found is None:
        return ""
    if _SHARED_MEMORY_SAYS in str(found):
        room = room_of(run, SHARED_MEMORY)
        limit = f" ({room.size} MiB)" if room else ""
        return (
            f"The memory that the processes of run {run}'s database share is too small{limit}: parallel queries have "
            f"their hash tables there. Declare more in MiB: `shm_size` of `Environment`{_such_as(room)}."
        )
    room = room_of(run)
    return f"This filled the storage of run {run}'s database{_limits(room)}. {_remedy(room)}"


def unfit_template(room: Room | None) -> str:
    """Return what to tell of a template that filled the storage while it was made, and is dropped by now.

    Args:
        room: The storage without it.
    """
    there = f" than the {room.free} MiB (of {room.size}) that are free for it" if room else " room than there is"
    return (
        f"The template does not fit: it needs more{there}, and each test's clone takes as much again. {_remedy(room)}"
    )


def unfit_clone(name: str, room: Room | None) -> str:
    """Return what to tell of a clone that does not fit.

    Args:
        name: The database that was to be cloned.
        room: The storage, and how large that database is.
    """
    needs = f"{room.database} MiB" if room else "more than there is"
    return f"No clone of {name} fits: it takes {needs}, and the storage is full{_limits(room)}. {_remedy(room)}"


def _limits(room: Room | None) -> str:
    return f" ({room.size} MiB, of which {room.free} MiB are free now)" if room else ""


def _remedy(room: Room | None) -> str:
    if room and not room.in_memory:
        return f"It is a volume, so it has what the engine's disk has. {current().advice(_NO_SPACE)}"
    such_as = _such_as(room, "{'size': ", "}")
    return (
        f"Declare more in MiB: `storage` of `Environment`{such_as}, or a volume on the engine's disk: "
        "`{'kind': 'volume'}`."
    )


def _such_as(room: Room | None, before: str = "", after: str = "") -> str:
    return f", such as `{before}{2 * max(room.size, room.database)}{after}`" if room else ""
