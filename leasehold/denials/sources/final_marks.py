"""The last mark of a session: a refusal of our own, made as nobody, after which no test refuses anything."""

import secrets
from contextlib import suppress

import psycopg

from ...engines import labelled as engine
from ...errors import EngineError
from ...leases.authority import authority_files
from .entries import MARK, Source

DATABASE_PORT = 5432
LIMIT = 5  # seconds


def final_marks(run: str) -> list[tuple[Source, str]]:
    """Have a login refused, which needs no credential; return the mark that so stands in the database's log.

    The other servers write before they answer, so they need none. A server that does not answer gets none: it refuses
    nothing either.
    """
    name = f"end-{secrets.token_hex(16)}"
    with suppress(EngineError):
        port = engine.published_ports(f"leasehold-{run}-door").get(DATABASE_PORT)
        for authority in authority_files(run) if port else []:  # an earlier run of the name may have left one
            if _log_in(int(port or 0), f"{MARK}{name}", str(authority)):
                return [("database", name)]
    return []


def _log_in(port: int, user: str, authority: str) -> bool:
    """Try to log in as a mark; return whether the server has refused it, and so written it down."""
    try:
        psycopg.connect(
            host="127.0.0.1",
            port=port,
            user=user,
            password="none",  # noqa: S106 - there is no such login
            dbname="postgres",
            sslmode="verify-full",
            sslrootcert=authority,
            connect_timeout=LIMIT,
        ).close()
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return False
