"""The session log: what each process of a session holds and does, written down at once, so that it outlives the
process.

Every process appends to a file of its own; the controller reads them all. A line is written before anything of it can
be refused, so every refusal of a killed worker can be attributed. No line holds a secret.
"""

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import paths
from ..clock import now
from .sources.entries import Source
from .sources.log_reader import Position

Line = dict[str, Any]


def folder_of(session: str) -> Path:
    """Return where a session's log is."""
    return paths.state() / "ledgers" / session


def as_line(ends: Mapping[Source, Position | None]) -> dict[str, Any]:
    """Return places in logs as a line holds them."""
    return {source: asdict(end) if end else None for source, end in ends.items()}


def has_run(session: str) -> bool:
    """Return whether a process of a session has a run already."""
    return any(line["is"] == "run" for line in Reader(session).new())


def remove_old_logs(age: float) -> None:
    """Remove the logs of sessions that were killed.

    Args:
        age: Seconds since the last line, after which no session can be using one.
    """
    for folder in folder_of("").glob("*"):
        times = [path.stat().st_mtime for path in (folder, *folder.glob("*"))]
        if max(times) + age < now():
            shutil.rmtree(folder, ignore_errors=True)


class SessionLog:
    """One process's part.

    The kind of a line is ``is``: ``run``, ``test``, ``lease``, ``bound``, ``renewed``, ``revoked``, ``database``,
    ``mark``, ``expected``, ``sealed``.
    """

    def __init__(self, session: str, worker: str) -> None:
        self.worker = worker
        folder = paths.private(folder_of(session))
        self._path = folder / f"{worker or 'main'}.jsonl"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def write(self, what: str, **fields: Any) -> None:
        """Write a line down. It is there when this returns, also if the process is killed then."""
        line = json.dumps({"is": what, "worker": self.worker, "at": now(), **fields}) + "\n"
        with self._lock:
            os.write(self._file, line.encode())

    def close(self) -> None:
        """Close the file; the controller removes it."""
        os.close(self._file)


class Reader:
    """Reads what all processes of a session have written, each line once."""

    def __init__(self, session: str) -> None:
        self._folder = folder_of(session)
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[Line]:
        """Yield lines that were written since the last call; of each process in the order of writing."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # being written, or cut off by a kill
                    self._read[path] = self._read.get(path, 0) + len(line)
                    yield json.loads(line)

    def remove(self) -> None:
        """Remove the session log."""
        shutil.rmtree(self._folder, ignore_errors=True)
