"""The logs of a run's servers as they are now, for whoever follows none: their ends, and all that stands in them."""

from collections.abc import Iterator
from typing import get_args

from ...contract import KEPT, resource_name
from ...engines.current import current
from ...errors import EngineError, LogCutError
from .entries import Source
from .log_reader import SILENCE, LogReader, Position

TRIES = 5
"""How often a log is read on that was cut while it was read."""


def ends_of_logs(run: str) -> dict[Source, Position | None]:
    """Return where each of a run's logs ends now; None for one in which nothing stands yet.

    Raises:
        LogError: A log cannot be read.
    """
    readers = {source: LogReader(server_of(run, source), at_end=True) for source in get_args(Source)}
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
    reader = LogReader(server_of(run, source))
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
    server = server_of(run, "database")
    folder, _, name = KEPT.rpartition("/")
    if not current().is_running(server):
        yield from current().files(server, folder).get(name, b"").decode(errors="replace").splitlines()
        return
    pipe, said = current().open_pipe(server, ["sh", "-c", 'read -r go; cat "$1"', "sh", KEPT]), b""
    try:
        pipe.send(b"go\n")
        while piece := pipe.receive(SILENCE):
            said += piece
    except OSError as error:
        raise EngineError(f"Server {server} does not tell what it has kept of its log ({error}).") from None
    finally:
        pipe.close()
    yield from said.decode(errors="replace").splitlines()


def server_of(run: str, source: Source) -> str:
    """Return the name of the server whose log a source is."""
    return resource_name(run, source)


def _end(reader: LogReader) -> Position | None:
    for _ in reader.answer():
        pass
    return reader.position
