"""The SQLSTATE of a driver's error."""


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of one error, as psycopg and asyncpg (``sqlstate``) or psycopg2 (``pgcode``) have it."""
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
