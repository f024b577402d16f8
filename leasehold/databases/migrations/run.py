"""Running migrations as one lease, file by file."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL

from ...errors import MigrationError
from .folders import find_scripts
from .script import NO_TRANSACTION, Script, Transaction
from .splitting import Statement, split

_IN_TRANSACTION, _UNSAFE_ENUM_VALUE = "25001", "55P04"
"""What says that a statement needs a transaction of its own (PostgreSQL 18 manual, appendix A)."""

_COMMIT = Statement("COMMIT", 0)
_DATA_LINE = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)


def migrate(connection: Connection, folder: Path) -> list[str]:
    """Run a folder of SQL files, of whichever tool, or one file; return the names of the files that ran.

    Each file is a transaction of its own, unless it asks for none, and begins with the settings that the connection
    began with. Nothing runs unless all files can be read to their ends.

    Args:
        connection: The lease's; no transaction is open on it.
        folder: The folder, or a file.

    Raises:
        MigrationError: A statement was refused, or it is not known what runs.
    """
    read = [(script, split(script)) for script in find_scripts(folder)]
    with _autocommitting(connection):
        for script, statements in read:
            _run(connection, script, statements)
    return [script.name for script, _ in read]


@contextmanager
def _autocommitting(connection: Connection) -> Iterator[None]:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise MigrationError(
            "Migrations begin and end transactions themselves, and one is open on the connection that they were given. "
            "End it before, or give them a connection of their own."
        )
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if connection.info.transaction_status == TransactionStatus.IDLE:
            connection.autocommit = before


def _run(connection: Connection, script: Script, statements: Sequence[Statement]) -> None:
    """Run one file."""
    whole = script.transaction is Transaction.ONE or (
        script.transaction is Transaction.OF_SEVERAL and len(statements) > 1
    )
    # What a file sets, such as pg_dump's empty search_path, is nothing to the next one. RESET ALL leaves the role.
    connection.execute(SQL("RESET ROLE"))
    connection.execute(SQL("RESET ALL"))
    if whole:
        connection.execute(SQL("BEGIN"))
    for statement in [*statements, *([_COMMIT] if whole else [])]:
        try:
            _execute(connection, statement)
        except psycopg.Error as error:
            undone = whole and (statement is _COMMIT or connection.info.transaction_status != TransactionStatus.IDLE)
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                connection.execute(SQL("ROLLBACK"))
            kept = not undone and statement is not statements[0]  # a file may commit in its midst
            raise MigrationError(_told(script, statement, error, whole=whole, kept=kept)) from error
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.execute(SQL("ROLLBACK"))
        raise MigrationError(f"{script.path} begins a transaction and does not end it. End it by COMMIT.")


def _execute(connection: Connection, statement: Statement) -> None:
    sql = statement.sql.encode()
    if statement.data is None:
        connection.execute(sql, prepare=False)
        return
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write(statement.data.encode())


def _told(script: Script, statement: Statement, error: psycopg.Error, *, whole: bool, kept: bool) -> str:
    where = f"line {_line(statement, error)}" if statement is not _COMMIT else "at its end"
    what = "this statement" if statement is not _COMMIT else "to commit it"
    said = (error.diag.message_primary or str(error)).strip().rstrip(".")
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    hint = f" {error.diag.message_hint.strip().rstrip('.')}." if error.diag.message_hint else ""
    left = "What stands before it in the file was kept." if kept else "Nothing of the file was kept."
    advice = _advice(script, error.sqlstate) if whole else ""
    return f"{script.path}, {where}: the server refused {what}: {said}{state}.{hint} {left}{advice}"


def _line(statement: Statement, error: psycopg.Error) -> int:
    """Return the line that a server's error is about, as exactly as it says."""
    if statement.data is not None and (found := _DATA_LINE.search(error.diag.context or "")):
        return statement.data_line + int(found[1]) - 1
    position = int(error.diag.statement_position or 1)  # in characters, from 1
    return statement.line + statement.sql.count("\n", 0, position - 1)


def _advice(script: Script, sqlstate: str | None) -> str:
    if sqlstate not in (_IN_TRANSACTION, _UNSAFE_ENUM_VALUE):
        return ""
    ask = script.ask if NO_TRANSACTION in script.ask else f"{script.ask}, or a line `{NO_TRANSACTION}` at its top"
    advice = f" A file is one transaction, unless it asks for none: by {ask}."
    if sqlstate == _UNSAFE_ENUM_VALUE:
        advice += " Or move what adds the value to a file before this one."
    return advice
