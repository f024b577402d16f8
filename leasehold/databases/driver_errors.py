"""Errors of database drivers, also inside the errors of libraries that use them."""

from collections.abc import Iterator


def within(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from: its causes, what SQLAlchemy keeps in ``orig``, a group's members."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [getattr(one, "orig", None), one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of one error, as psycopg and asyncpg (``sqlstate``) or psycopg2 (``pgcode``) have it."""
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
