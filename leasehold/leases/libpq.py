"""Connections that the shell's own PostgreSQL settings do not sway.

libpq and psycopg take what a caller leaves out from variables: a service, a certificate, options, another address. What
a lease says is all that counts for it.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import Query
from psycopg.rows import tuple_row

from ..shell import swaying

_turn = threading.Lock()


def connect(**parameters: Any) -> psycopg.Connection:
    """Connect with these parameters and nothing of the shell's.

    Raises:
        psycopg.OperationalError: The server refused it, or did not answer.
    """
    with _unswayed():
        return psycopg.connect(**parameters)


def ask(connection: psycopg.Connection[Any], query: Query) -> list[tuple[Any, ...]]:
    """Return a query's rows as tuples, without a transaction to begin and to end: the connection is as it was.

    Raises:
        psycopg.Error: The server refused it, or is gone.
    """
    before, connection.autocommit = connection.autocommit, True
    rows = connection.cursor(row_factory=tuple_row).execute(query).fetchall()
    connection.autocommit = before
    return rows


@contextmanager
def _unswayed() -> Iterator[None]:
    """Take the shell's settings away for the length of a block; where there are none, nothing waits."""
    if not swaying(os.environ):
        yield
        return
    with _turn:
        taken = {name: os.environ.pop(name) for name in swaying(os.environ)}
        try:
            yield
        finally:
            os.environ.update(taken)
