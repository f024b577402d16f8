"""Reads the database server's log: refusals, logins and statements. A line is a record, in JSON.

Everything that a client chooses (its name, its statements) stands in a field of its own, escaped, so that nobody can
write a record but the server (PostgreSQL 18 manual, 19.8.5 JSON-format logs).
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ...contract import LEASE_SUFFIX, RESERVED_PREFIX, TEMPLATE_ADMIN
from ...databases.statements import command, masked, needed_privileges
from ..carried import REFUSING
from ..model import Kind
from . import privileges
from .entries import MARK, Entry, LoggedIn, Mark, Refusal, Started, Statement, shortened

Record = dict[str, Any]
"""One message of the server's: its fields by name (PostgreSQL 18 manual, 19.8.5)."""

LEASE = re.compile(rf"(?P<role>[a-z][a-z0-9_]*){LEASE_SUFFIX}")
"""A lease's user name, which begins with its role's name."""

SKIPPED = "permission denied to "
"""Begins the warning that a maintenance command passes a table over."""

RAISED = "(words of a function's own, so they are not shown)"

SENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_MARK = re.compile(MARK + r"([\w-]+)")
_RAISED = re.compile(r".* at RAISE(?:\n|$)")
_TELLING = (MARK, "connection authorized: ", "starting PostgreSQL", '"message":"statement: ', '"message":"execute ')


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Read lines as records; a line that a reading began in the middle of is passed over."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


class DatabaseLog:
    """Reads one server's log. Feed it lines; it yields their entries."""

    def __init__(self) -> None:
        self._gateway = ""  # whence the harness's own sessions come

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line, without its end; yield its entries."""
        if not _matters(line):
            return
        for record in records([line]):
            yield from self._entries(record)

    def _entries(self, record: Record) -> Iterator[Entry]:
        level, message, code = (str(record.get(name, "")) for name in ("error_severity", "message", "state_code"))
        login = str(record.get("user", ""))
        if level == "LOG":
            yield from self._logged(record, login, message)
        elif level in ("ERROR", "FATAL") and code in REFUSING:
            if login.startswith(MARK):
                yield Mark(login.removeprefix(MARK))
            elif not self._is_ours(login, record):
                yield _refusal(record, message, code)
        elif level == "WARNING" and message.startswith(SKIPPED):
            yield _refusal(record, message, code)

    def _logged(self, record: Record, login: str, message: str) -> Iterator[Entry]:
        if sent := SENT.match(message):
            mark = _MARK.search(sent[1]) if login.startswith(TEMPLATE_ADMIN) else None
            if mark:
                self._gateway = str(record.get("remote_host", ""))
                yield Mark(mark[1])
            elif not login.startswith(RESERVED_PREFIX):
                yield Statement(login, sent[1])
        elif message.startswith("connection authorized: "):
            yield LoggedIn(login, _time(record))
        elif message.startswith("starting PostgreSQL"):
            yield Started(_time(record))

    def _is_ours(self, login: str, record: Record) -> bool:
        """Return whether the harness or the broker was refused: its template admin, or who does not come in by the
        gateway."""
        return login.startswith(f"{TEMPLATE_ADMIN}_") or (
            login.startswith(RESERVED_PREFIX) and str(record.get("remote_host", "")) != self._gateway
        )


def _matters(line: str) -> bool:
    """Return whether a line can tell something; most lines of a busy server cannot."""
    return '"error_severity":"LOG"' not in line or any(word in line for word in _TELLING)


def _refusal(record: Record, message: str, code: str) -> Refusal:
    login, database, statement = (str(record.get(name, "")) for name in ("user", "dbname", "statement"))
    lease = LEASE.fullmatch(login)
    if code in ("42501", "01000"):
        kind, on = privileges.classified(message)
        if not on and _RAISED.match(str(record.get("context", ""))):
            message = RAISED  # what a function says in its own words can hold data
    else:
        words = (_without_names(str(record.get(field, "")), login, database) for field in ("message", "detail"))
        kind, on = _login_kind(code, *words, is_lease=lease is not None), database
    return Refusal(
        source="database",
        time=_time(record),
        kind=kind,
        message=shortened(message),
        code=code,
        login=shortened(login),
        role=lease["role"] if lease else "",
        database=shortened(database),
        action=_action(str(record["error_severity"]), message, statement),
        on=shortened(on),
        statement=shortened(masked(statement)),
        needed=frozenset(needed_privileges(statement)),
    )


def _without_names(words: str, *names: str) -> str:
    """Return the server's words without what a client chose, which may be several lines."""
    for name in names:
        words = words.replace(f'"{name}"', '""') if name else words
    return words


def _action(level: str, message: str, statement: str) -> str:
    if level == "WARNING":  # of which the log does not repeat the statement
        return message.removeprefix(SKIPPED).partition(" ")[0].upper()
    return "connect" if level == "FATAL" else command(statement)


def _login_kind(code: str, message: str, detail: str, *, is_lease: bool) -> Kind:
    """Tell why a login was refused: to the client most reasons look the same, to the log they do not."""
    # Names, which anybody can choose, are taken out, and only the ends of the server's words are looked at.
    why = detail.partition("\n")[0]
    rules = (
        (code == "53300", Kind.TOO_MANY_CONNECTIONS),
        (message == "this lease has ended", Kind.REVOKED_LOGIN),
        (message.startswith("no pg_hba.conf entry") and message.endswith(", no encryption"), Kind.NO_TLS),
        (message.startswith(("no pg_hba.conf entry", "pg_hba.conf rejects")), Kind.NOT_IN_HBA),
        (why.endswith("does not exist.") or message.endswith("does not exist"), _GONE[is_lease]),
        (why.endswith("has an expired password."), Kind.EXPIRED_LOGIN),
        (why.endswith("has no password assigned.") or message.endswith("not permitted to log in"), Kind.BARRED_LOGIN),
    )
    return next((kind for applies, kind in rules if applies), Kind.WRONG_PASSWORD)


_GONE = {True: Kind.REVOKED_LOGIN, False: Kind.UNKNOWN_LOGIN}


def _time(record: Record) -> datetime:
    return datetime.strptime(str(record["timestamp"]).removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
