"""Lines as the servers write them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from leasehold.denials.collector import Collector
from leasehold.denials.database_log import DatabaseLog
from leasehold.denials.refusals import Entry, Refusal

LEASE = "reader-g8kslbge9bjhxqoa"
TIME = datetime(2026, 11, 24, 18, 18, 7, 741000, UTC)
MATCHED = 'Connection matched file "/leasehold/pg_hba.conf" line 6: "hostssl all all samenet scram-sha-256"'


def said(
    level: str, text: str, code: str = "00000", user: str = LEASE, *, app: str = "[unknown]", process: int = 35
) -> list[str]:
    """Return what the database server writes of one message."""
    prefix = f"2026-11-24 18:18:07.741 UTC [{process}] user={user} db=app host=172.18.0.4 app={app} code={code} "
    return f"{prefix}{level}:  {text}".replace("\n", "\n\t").split("\n")


def login(message: str, code: str = "28P01", detail: str = "", user: str = LEASE) -> list[str]:
    """Return what it writes of a login that it refuses."""
    return [*said("FATAL", message, code, user), *(said("DETAIL", detail, code, user) if detail else [])]


def denied(message: str, statement: str, code: str = "42501", **parts: str) -> list[str]:
    """Return what it writes of a statement that it refuses."""
    told = [line for level, text in parts.items() for line in said(level.upper(), text, code)]
    return [*said("ERROR", message, code), *told, *said("STATEMENT", statement, code)]


def mark(name: str) -> list[str]:
    """Return what it writes of a mark."""
    return said("LOG", f"execute <unnamed>: SELECT 'leasehold-mark-{name}'", user="leasehold_keeper-bskcriazhpadvifg")


def read(lines: Iterable[str], *, settled: bool = True) -> list[Entry]:
    """Return what the database's log tells."""
    log = DatabaseLog()
    entries = [entry for line in lines for entry in log.feed(line)]
    return [*entries, *(log.settle() if settled else [])]


def one(lines: Iterable[str]) -> Refusal:
    """Return the only refusal that it tells of."""
    [found] = [entry for entry in read(lines) if isinstance(entry, Refusal)]
    return found


def authorized(user: str = LEASE) -> list[str]:
    """Return what it writes of a login that it lets in."""
    return said("LOG", f"connection authorized: user={user} database=app", user=user)


def sent(sql: str, user: str = LEASE) -> list[str]:
    """Return what it writes of a statement."""
    return said("LOG", f"statement: {sql}", user=user)


def feed(collected: Collector, *lines: str, source: str = "database") -> None:
    """Give lines to a collector, as its follower of that server would."""
    follower: Any = next(one for one in collected._followers if one.container == f"leasehold-t-{source}")
    for text in lines:
        follower.take(text)
