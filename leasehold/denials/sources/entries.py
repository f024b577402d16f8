"""Entries of the servers' logs, before they are attributed to tests."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from ..model import Kind

Source = Literal["database", "broker", "gateway"]

MARK = "leasehold-mark-"
"""Begins the names of marks: a session writes them into the servers' logs, to know how far it has read."""

LONGEST = 2000
"""Most characters of a statement or message that are kept."""


@dataclass(frozen=True)
class Refusal:
    """One refusal.

    Attributes:
        source: Who refused.
        time: By the server's clock, in UTC.
        kind: What was refused.
        message: The server's words.
        code: SQLSTATE, or empty.
        login: The login's name as it was tried, or the broker's name for the client.
        role: The declared role, where the log names it.
        database: The database that was tried.
        action: What was tried.
        on: What it was tried on, as the server names it.
        statement: The statement, masked.
        needed: By table as the statement names it, and privilege: what it would have needed.
        client_id: The client id in our header of the request.
        key: What a harness adds to the header of a request for its own needs; empty for any other.
        position: Its place in the log, in entries since the reading began.
    """

    source: Literal["database", "broker"]
    time: datetime
    kind: Kind
    message: str
    code: str = ""
    login: str = ""
    role: str = ""
    database: str = ""
    action: str = ""
    on: str = ""
    statement: str = ""
    needed: frozenset[tuple[str, str]] = frozenset()
    client_id: str = ""
    key: str = ""
    position: int = field(default=0, compare=False)

    def at(self, position: int) -> "Refusal":
        """Return it with its place in the log."""
        return replace(self, position=position)


@dataclass(frozen=True)
class Mark:
    """A mark of ours, by its name without the common beginning."""

    name: str


@dataclass(frozen=True)
class LoggedIn:
    """A login that succeeded."""

    login: str
    time: datetime


@dataclass(frozen=True)
class Statement:
    """A statement of a lease's, as it was sent."""

    login: str
    sql: str


@dataclass(frozen=True)
class Unanswered:
    """A connection that the gateway could not pass on, for the server was not there: an outage, and no refusal.

    Attributes:
        time: By the gateway's clock, in UTC.
        service: The server.
        why: What became of the connection.
    """

    time: datetime
    service: str
    why: str


@dataclass(frozen=True)
class Started:
    """A server began anew, with nothing in its memory."""

    time: datetime


Entry = Refusal | Mark | LoggedIn | Statement | Started | Unanswered


def shortened(text: str) -> str:
    """Return a text on one line, cut to what is kept."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
