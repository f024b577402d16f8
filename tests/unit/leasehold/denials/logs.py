"""Lines as the servers write them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from leasehold.denials.collector import Collector
from leasehold.denials.sources.database_log import DatabaseLog
from leasehold.denials.sources.entries import Entry, Refusal, Source

GATEWAY = "172.18.0.4"
KEEPERS = "leasehold_template_admin_bskcriazhpadvifg"
LEASE = "reader_g8kslbge9bjhxqoa"
TIME = datetime(2026, 11, 24, 18, 18, 7, 741000, UTC)
MATCHED = 'Connection matched file "/leasehold/pg_hba.conf" line 6: "hostssl all all samenet scram-sha-256"'


def said(level: str, text: str, code: str = "00000", user: str = LEASE, **fields: Any) -> list[str]:
    """Return what the database server writes of one message: a line."""
    record = {
        "timestamp": "2026-11-24 18:18:07.741 UTC",
        "user": user,
        "dbname": "app",
        "pid": 35,
        "remote_host": GATEWAY,
        "error_severity": level,
        "state_code": code,
        "message": text,
        **fields,
    }
    return [json.dumps(record, ensure_ascii=False, separators=(",", ":"))]


def login(message: str, code: str = "28P01", detail: str = "", user: str = LEASE, **fields: Any) -> list[str]:
    """Return what it writes of a login that it refuses."""
    return said("FATAL", message, code, user, **({"detail": detail} if detail else {}), **fields)


def denied(message: str, statement: str, code: str = "42501", **fields: Any) -> list[str]:
    """Return what it writes of a statement that it refuses."""
    return said("ERROR", message, code, statement=statement, **fields)


def mark(name: str) -> list[str]:
    """Return what it writes of a mark."""
    return said("LOG", f"statement: SELECT 'leasehold-mark-{name}'", user=KEEPERS)


def read(lines: Iterable[str]) -> list[Entry]:
    """Return what the database's log tells."""
    log = DatabaseLog()
    return [entry for line in lines for entry in log.feed(line)]


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


def feed(collected: Collector, *lines: str, source: Source = "database") -> None:
    """Give lines to a collector, as that server's log."""
    reader: Any = collected._readers[source]
    reader.lines.extend(lines)
    collected.read()
