"""The logs of a run's servers as they are now, for whoever follows none: their ends, and all that stands in them."""

from collections.abc import Iterator
from typing import get_args

from ...contract import KEPT, resource_name
from ...engines.current import current
from ...engines.output_of import output_of
from ...errors import LogCutError
from .entries import Source
from .log_reader import SILENCE, LogReader, Position

TRIES = 5
"""How often a log is read on that was cut while it was read."""


def ends_of_logs(run: str) -> dict[Source, Position | None]:
    """Return where each of a run's logs ends now; None for one in which nothing stands yet.

    Raises:
        LogError: A log cannot be read.
    """
    readers = {source: LogReader(resource_name(run, source), at_end=True) for source in get_args(Source)}
    try:
        for reader in readers.values():
            reader.ask()
        return {source: _end(reader) for source, reader in readers.items()}
    finally:
        for reader in readers.values():
            reader.close()


def whole_log(run: str, source: Source) -> Iterator[str]:
    """Yield all that stands in one of a run's logs now.

    Raises:
        LogError: It cannot be read.
    """
    reader = LogReader(resource_name(run, source))
    try:
        yield from reader.answer()
    finally:
        reader.close()


def read_on(run: str, source: Source) -> Iterator[str]:
    """Yield what stands in one of a run's logs now, some of it perhaps twice, however quickly it is cut meanwhile.

    Raises:
        LogError: It cannot be read.
    """
    for _ in range(TRIES):
        try:
            yield from whole_log(run, source)
        except LogCutError:
            continue  # from where it begins now
        return


def kept_connections(run: str) -> Iterator[str]:
    """Yield lines of the database's log that tell of connections, and whose files were removed.

    Raises:
        EngineError: The engine cannot be reached.
    """
    server = resource_name(run, "database")
    folder, _, name = KEPT.rpartition("/")
    if not current().is_running(server):
        yield from current().files(server, folder).get(name, b"").decode(errors="replace").splitlines()
        return
    yield from output_of(server, '[ ! -e "$1" ] || cat "$1"', KEPT, patience=SILENCE).splitlines()


def _end(reader: LogReader) -> Position | None:
    for _ in reader.answer():
        pass
    return reader.position
