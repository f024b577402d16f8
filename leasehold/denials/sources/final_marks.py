"""The last mark of a session: a login of our own that is refused. All refusals of tests stand before it in the log."""

import secrets
from contextlib import suppress

import psycopg

from ...contract import DATABASE_PORT, GATEWAY, resource_name
from ...engines.current import current
from ...errors import EngineError
from ...leases.authority import authority_files
from ...leases.libpq import connect
from .entries import MARK, Source

LIMIT = 60  # seconds for a login, of a server that may be busy


def final_marks(run: str) -> list[tuple[Source, str]]:
    """Have a login refused, which needs no credential; return the mark that so stands in the database's log.

    The other servers write before they answer, so they need none. A server that nobody reaches gets none: it refuses
    nothing either. Of one that is reached and says nothing it is not known: its mark is awaited, and missed.
    """
    name = f"end-{secrets.token_hex(16)}"
    with suppress(EngineError):
        at = current().address(resource_name(run, GATEWAY), DATABASE_PORT)
        for authority in authority_files(run) if at else []:  # an earlier run of the name may have left one
            if at and _log_in(*at, f"{MARK}{name}", str(authority)):
                return [("database", name)]
    return []


def _log_in(host: str, port: int, user: str, authority: str) -> bool:
    """Try to log in as a mark; return whether the server has refused it, and so written it down, or may do yet."""
    try:
        connect(
            host=host,
            port=port,
            user=user,
            password="none",  # noqa: S106 - there is no such login
            dbname="postgres",
            sslmode="verify-full",
            sslrootcert=authority,
            connect_timeout=LIMIT,
        ).close()
    except psycopg.errors.ConnectionTimeout:
        return True
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return False
