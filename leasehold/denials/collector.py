"""Collects what a run's servers refuse, from the servers' own logs, whenever it is asked how far they have come."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..clock import steady
from ..contract import resource_name
from ..databases.statements import LONGEST
from ..errors import LogError
from .sources.broker_log import BrokerLog
from .sources.database_log import DatabaseLog
from .sources.entries import Entry, LoggedIn, Mark, Refusal, Source, Started, Statement, Unanswered
from .sources.gateway_log import GatewayLog
from .sources.log_reader import SILENCE, LogReader, Position

MOST_STATEMENTS = 5_000
"""Most different statements that are remembered, to tell what roles were needed for."""

BETWEEN = 2.0
"""Seconds between two reads in the background, so that little is left to read when a report waits."""

PAUSE = 0.001
"""Seconds before the first further look for a mark that its server has not written yet; each is twice as long."""

LONGEST_PAUSE = 0.1


class Log(Protocol):
    """Reads one kind of log."""

    def feed(self, line: str) -> Iterator[Entry]:
        """Take a line; yield its entries."""


LOGS: dict[Source, type[Log]] = {"database": DatabaseLog, "broker": BrokerLog, "gateway": GatewayLog}
"""By part of the run, what reads its log. A further server's log is a module and a row."""


@dataclass
class Use:
    """How a login was used: how often it logged in, and when last."""

    connections: int = 0
    last: datetime | None = None


class Collector:
    """Reads the logs of one run.

    Attributes:
        uses: By login, how it was used.
        statements: By login, which statements it sent.
        complete: Whether all statements are in `statements`; very long ones are not kept.
        unanswered: Connections that the gateway could not pass on.
        starts: By server, when it began anew.
        faults: Logs that could not be read to the end, a sentence each.
    """

    def __init__(self, run: str, positions: Mapping[Source, Position | None] | None = None) -> None:
        """Begin.

        Args:
            run: The run's name.
            positions: Where each log begins to matter; at its beginning where none is given.
        """
        self.uses: dict[str, Use] = {}
        self.statements: dict[str, set[str]] = {}
        self.complete = True
        self.unanswered: list[Unanswered] = []
        self.faults: list[str] = []
        self._kept: dict[str, str] = {}
        self._refusals: list[Refusal] = []
        self._marks: dict[str, dict[Source, int]] = {}
        self.starts: dict[Source, list[datetime]] = {source: [] for source in LOGS}
        self._started_at: dict[Source, int] = {}
        self._positions: dict[Source, int] = dict.fromkeys(LOGS, 0)
        self._logs: dict[Source, Log] = {source: log() for source, log in LOGS.items()}
        self._readers = {
            source: LogReader(resource_name(run, source), (positions or {}).get(source)) for source in LOGS
        }
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._look_now_and_then, name=f"logs of run {run}", daemon=True)
        self._thread.start()

    def read(self, marks: Iterable[tuple[Source, str]] = (), sources: Iterable[Source] = tuple(LOGS)) -> None:
        """Read logs up to now, and as far as marks that stand in them, or will as soon as their server has time.

        A server that has ended meanwhile writes no more marks: its log is read to its end.

        Args:
            marks: Logs, and names of marks in them.
            sources: Which logs.
        """
        wanted, pause, began = list(marks), PAUSE, steady()
        with self._lock:
            self._look(sources)
            while missing := {source for source, mark in wanted if self._waits_for(source, mark)}:
                if (waited := steady() - began) > SILENCE:
                    self._fault(f"the {source}'s log has held back a mark for {waited:.0f} s" for source in missing)
                    return
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                if self._look(missing):
                    began = steady()

    @property
    def refused(self) -> bool:
        """Whether there is something to take."""
        return bool(self._refusals)

    def take(self) -> list[Refusal]:
        """Return the refusals that were read since the last call."""
        with self._lock:
            taken, self._refusals = self._refusals, []
        return taken

    def position(self, source: Source, mark: str) -> int | None:
        """Return where a mark stands in a log; None if it has not been read."""
        return self._marks.get(mark, {}).get(source)

    def restarted(self, source: Source, position: int) -> bool:
        """Return whether a server began anew before a place in its log: what it had in its memory was gone there."""
        return self._started_at.get(source, position) < position

    def close(self) -> None:
        """Read no more."""
        self._closed.set()
        self._thread.join()
        for reader in self._readers.values():
            reader.close()

    def _look_now_and_then(self) -> None:
        while not self._closed.wait(BETWEEN):
            with self._lock:
                self._look(LOGS, wait=False)  # whoever reads one log is not to wait for another's paused server

    def _look(self, sources: Iterable[Source], *, wait: bool = True) -> bool:
        """Read logs up to now; return whether there was anything new."""
        before = sum(self._positions.values())
        asked = [source for source in sources if source in self._readers]
        for source in asked:
            self._readers[source].ask()
        for source in asked:
            try:
                for line in self._readers[source].answer(wait=wait):
                    self._enter(source, self._logs[source].feed(line))
            except LogError as error:
                self._fault([str(error)])
                self._readers.pop(source).close()
        return sum(self._positions.values()) > before

    def _waits_for(self, source: Source, mark: str) -> bool:
        reader = self._readers.get(source)
        return self.position(source, mark) is None and reader is not None and not reader.ended

    def _fault(self, faults: Iterable[str]) -> None:
        self.faults.extend(fault for fault in faults if fault not in self.faults)

    def _enter(self, source: Source, entries: Iterator[Entry]) -> None:
        for entry in entries:
            self._positions[source] += 1
            match entry:
                case Refusal():
                    self._refusals.append(entry.at(self._positions[source]))
                case Mark():
                    self._marks.setdefault(entry.name, {})[source] = self._positions[source]
                case LoggedIn():
                    use = self.uses.setdefault(entry.login, Use())
                    use.connections, use.last = use.connections + 1, entry.time
                case Statement():
                    self._remember(entry)
                case Started():
                    self.starts[source].append(entry.time)
                    self._started_at.setdefault(source, self._positions[source])
                case Unanswered():
                    self.unanswered.append(entry)

    def _remember(self, sent: Statement) -> None:
        if len(sent.sql) > LONGEST or (sent.sql not in self._kept and len(self._kept) >= MOST_STATEMENTS):
            self.complete = False
        else:
            text = self._kept.setdefault(sent.sql, sent.sql)  # one copy, however many send it
            self.statements.setdefault(sent.login, set()).add(text)
