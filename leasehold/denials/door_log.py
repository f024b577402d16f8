"""The door's log: connections that no server answered (HAProxy 3.2 Configuration Manual, 8.2.2 and 8.5)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from .model import Kind
from .refusals import Entry, Refusal

_FAILED = re.compile(
    r"\[(?P<time>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] (?P<service>\w+) \S+ \S+ \d+ (?P<state>[sS]C) "
)
_STATES = {"SC": "the server refused the connection", "sC": "the server did not answer"}


class DoorLog:
    """Reads the door's log. Feed it lines; what a line tells comes back."""

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line; yield the connection that failed, if it tells of one."""
        if found := _FAILED.search(line):
            yield Refusal(
                source="door",
                time=datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S.%f").replace(tzinfo=UTC),
                kind=Kind.CONNECTION,
                message=f"{_STATES[found['state']]} (termination state {found['state']})",
                action="connect",
                on=found["service"],
            )

    def settle(self) -> Iterator[Entry]:
        """Nothing waits: an entry is a line."""
        yield from ()
