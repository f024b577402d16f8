"""Collects what a run's servers refuse, while tests run, from the servers' own logs."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from ..statements import LONGEST
from .broker_log import BrokerLog
from .database_log import DatabaseLog
from .door_log import DoorLog
from .refusals import Entry, LoggedIn, Mark, Refusal, Source, Statement
from .streams import Follower

MOST_STATEMENTS = 5_000
"""Most different statements that are remembered, to tell what roles were needed for."""


class Log(Protocol):
    """Reads one kind of log."""

    def feed(self, line: str) -> Iterator[Entry]:
        """Take a line; yield what it tells."""

    def settle(self) -> Iterator[Entry]:
        """Yield what waits for a line that may not come."""


LOGS: dict[Source, tuple[type[Log], float]] = {
    "database": (DatabaseLog, 0.02),  # every test waits for a line of it
    "broker": (BrokerLog, 0.2),
    "door": (DoorLog, 0.2),
}
"""By part of the run: what reads its log, and how long lines gather while nobody waits for one, in seconds.

A further server's log is a module and a row.
"""


@dataclass
class Use:
    """How a login was used: how often it logged in, and when last."""

    connections: int = 0
    last: datetime | None = None


class Collector:
    """Follows the logs of one run.

    Attributes:
        uses: By login, how it was used.
        statements: By login, which statements it sent.
        complete: Whether all statements are in `statements`; very long ones are not kept.
    """

    def __init__(self, run: str, since: float = 0.0) -> None:
        """Begin.

        Args:
            run: The run's name.
            since: When its logs begin to matter, in seconds since the epoch.
        """
        self.uses: dict[str, Use] = {}
        self.statements: dict[str, set[str]] = {}
        self.complete = True
        self._kept: dict[str, str] = {}
        self._changed = threading.Condition()
        self._hurries = {source: threading.Event() for source in LOGS}
        self._refusals: list[Refusal] = []
        self._marks: dict[str, dict[Source, int]] = {}
        self._positions: dict[Source, int] = dict.fromkeys(LOGS, 0)
        self._logs: dict[Source, Log] = {source: log() for source, (log, _) in LOGS.items()}
        self._followers = [
            Follower(
                f"leasehold-{run}-{source}",
                since,
                partial(self._take, source),
                partial(self._hurries[source].wait, gather),
            )
            for source, (_, gather) in LOGS.items()
        ]

    def wait(self, marks: Iterable[tuple[Source, str]], limit: float) -> bool:
        """Wait until marks have been read; return False if they have not been in time.

        Args:
            marks: Logs, and names of marks in them.
            limit: How long to wait, in seconds.
        """
        wanted, deadline = list(marks), time.monotonic() + limit
        hurries = [self._hurries[source] for source, _ in wanted]
        for hurry in hurries:
            hurry.set()
        try:
            with self._changed:
                while not all(self.position(source, mark) is not None for source, mark in wanted):
                    if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                        return False
            return True
        finally:
            for hurry in hurries:
                hurry.clear()

    @property
    def refused(self) -> bool:
        """Whether there is something to take."""
        return bool(self._refusals)

    def take(self) -> list[Refusal]:
        """Return the refusals that were read since the last call."""
        with self._changed:
            taken, self._refusals = self._refusals, []
        return taken

    def position(self, source: Source, mark: str) -> int | None:
        """Return where a mark stands in a log; None if it has not been read."""
        return self._marks.get(mark, {}).get(source)

    @property
    def faults(self) -> list[str]:
        """What went wrong in reading, a sentence each."""
        return [fault for follower in self._followers for fault in follower.faults]

    def close(self) -> None:
        """Stop following."""
        for follower in self._followers:
            follower.close()
        for source, log in self._logs.items():
            self._enter(source, log.settle())

    def _take(self, source: Source, line: str) -> None:
        self._enter(source, self._logs[source].feed(line))

    def _enter(self, source: Source, entries: Iterator[Entry]) -> None:
        for entry in entries:
            with self._changed:
                self._positions[source] += 1
                self._enter_one(source, entry)

    def _enter_one(self, source: Source, entry: Entry) -> None:
        match entry:
            case Refusal():
                self._refusals.append(entry.at(self._positions[source]))
            case Mark():
                self._marks.setdefault(entry.name, {})[source] = self._positions[source]
                self._changed.notify_all()
            case LoggedIn():
                use = self.uses.setdefault(entry.login, Use())
                use.connections, use.last = use.connections + 1, entry.time
            case Statement():
                self._remember(entry)

    def _remember(self, sent: Statement) -> None:
        if len(sent.sql) > LONGEST or (sent.sql not in self._kept and len(self._kept) >= MOST_STATEMENTS):
            self.complete = False
        else:
            text = self._kept.setdefault(sent.sql, sent.sql)  # one copy, however many send it
            self.statements.setdefault(sent.login, set()).add(text)
