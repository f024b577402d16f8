"""The database server's log, read line by line: who was refused what, who logged in, what was sent.

The prefix of a line is `log_line_prefix` in `components/rendered/database_config.py`. The server writes an error and
what belongs to it (DETAIL, STATEMENT) at once, so they stand together; further lines of one begin with a tab.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from ..statements import command, masked, needed_privileges
from . import privileges
from .model import Kind
from .refusals import MARK, Entry, LoggedIn, Mark, Refusal, Statement, shortened

LEASE = re.compile(r"(?P<role>[a-z][a-z0-9_]*)-[a-z0-9]{16}")
"""A lease's login begins with its role's name (`components/rendered/leases.py`)."""

_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \S+ \[(?P<process>\d+)\] user=(?P<user>.*?) db=(?P<database>.*?) "
    r"host=\S* app=.*? code=(?P<code>\w{5}) (?P<level>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG"
    r"|DETAIL|HINT|CONTEXT|QUERY|LOCATION|BACKTRACE|STATEMENT):  (?P<text>.*)",
    re.DOTALL,
)
_SENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_MARK = re.compile(MARK + r"([\w-]+)")
_REFUSING = frozenset({"42501", "28P01", "28000", "53300"})
"""insufficient_privilege, invalid_password, invalid_authorization_specification, too_many_connections."""
_TELLING = (" LOG:  statement: ", " LOG:  execute ", " LOG:  connection authorized: ")
OURS = " user=leasehold_"
"""Begins the logins of the harness and of the broker, whose statements are no test's."""
_RAISED = re.compile(r".* at RAISE(?:\n|$)")
SKIPPED = "permission denied to "
"""Begins the warning that a maintenance command passes a table over."""

RAISED = "(words of a function's own, so they are not shown)"
_PARTS = frozenset({"DETAIL", "HINT", "CONTEXT", "QUERY", "LOCATION", "BACKTRACE"})


class DatabaseLog:
    """Reads one server's log. Feed it lines; what a line completes comes back."""

    def __init__(self) -> None:
        self._record: re.Match[str] | None = None
        self._lines: list[str] = []
        self._refused: tuple[re.Match[str], str] | None = None  # the error, and its message
        self._parts: dict[str, str] = {}

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line, without its end; yield what is now complete."""
        if line.startswith("\t"):
            self._lines.append(line[1:])
            return
        yield from self.flush()
        self._record = _LINE.match(line) if _matters(line) else None
        self._lines = [self._record["text"]] if self._record else []
        # A mark is one line, and nobody should wait for the next.
        if MARK in line:
            yield from self.flush()

    def flush(self) -> Iterator[Entry]:
        """Yield what is still open: no more lines of it will come."""
        record, text = self._record, "\n".join(self._lines)
        self._record = None
        if record is None:
            return
        level = record["level"]
        if level == "STATEMENT" or level in _PARTS:
            if self._refused and self._refused[0]["process"] == record["process"]:
                self._parts[level] = text
                if level == "STATEMENT":
                    yield from self._end_refusal()
        else:
            yield from self._end_refusal()
            yield from self._begin(record, level, text)

    def _begin(self, record: re.Match[str], level: str, text: str) -> Iterator[Entry]:
        self._parts = {}
        if level == "LOG":
            if sent := _SENT.match(text):
                mark = _MARK.search(sent[1]) if MARK in sent[1] else None
                yield Mark(mark[1]) if mark else Statement(record["user"], sent[1])
            elif text.startswith("connection authorized: "):
                yield LoggedIn(record["user"], _time(record))
        elif level in ("ERROR", "FATAL") and record["code"] in _REFUSING:
            if record["user"].startswith(MARK):
                yield Mark(record["user"].removeprefix(MARK))
            else:
                self._refused = (record, text)
        elif level == "WARNING" and text.startswith(SKIPPED):
            self._refused = (record, text)

    def settle(self) -> Iterator[Entry]:
        """Yield what waits for a statement that may not come; the log has been read to its end."""
        yield from self.flush()
        yield from self._end_refusal()

    def _end_refusal(self) -> Iterator[Refusal]:
        if self._refused:
            (record, message), self._refused = self._refused, None
            yield _refusal(record, message, self._parts)


def _matters(line: str) -> bool:
    """Return whether a line can tell something; most lines of a busy server cannot."""
    return " LOG:  " not in line or MARK in line or (OURS not in line and any(word in line for word in _TELLING))


def _refusal(record: re.Match[str], message: str, parts: Mapping[str, str]) -> Refusal:
    login, database, code = record["user"], record["database"], record["code"]
    lease, statement = LEASE.fullmatch(login), parts.get("STATEMENT", "")
    if code in ("42501", "01000"):
        kind, on = privileges.classified(message)
        if not on and _RAISED.match(parts.get("CONTEXT", "")):
            message = RAISED  # what a function says in its own words can hold data
    else:
        kind, on = _login_kind(code, message, parts.get("DETAIL", ""), is_lease=lease is not None), database
    return Refusal(
        source="database",
        time=_time(record),
        kind=kind,
        message=shortened(message),
        code=code,
        login=shortened(login),
        role=lease["role"] if lease else "",
        database=shortened(database),
        action=_action(record["level"], message, statement),
        on=shortened(on),
        statement=shortened(masked(statement)),
        needed=frozenset(needed_privileges(statement)),
    )


def _action(level: str, message: str, statement: str) -> str:
    if level == "WARNING":  # of which the log does not repeat the statement
        return message.removeprefix(SKIPPED).partition(" ")[0].upper()
    return "connect" if level == "FATAL" else command(statement)


def _login_kind(code: str, message: str, detail: str, *, is_lease: bool) -> Kind:
    """Tell why a login was refused: to the client most reasons look the same, to the log they do not."""
    # Names, which anybody can choose, stand in between: only the ends of the server's words are looked at.
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


def _time(record: re.Match[str]) -> datetime:
    return datetime.strptime(record["time"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
