"""The last marks of a session: refusals of our own, made as nobody, after which no test refuses anything."""

import http.client
import secrets
import ssl
from contextlib import suppress

import psycopg

from .. import engine
from ..authority import authority_files
from ..errors import EngineError
from .refusals import MARK, Source

PORTS = {"database": 5432, "broker": 8200}
LIMIT = 5  # seconds


def final_marks(run: str) -> list[tuple[Source, str]]:
    """Have a login and a request refused, which need no credential; return the marks that so stand in the logs.

    A server that does not answer gets none: it refuses nothing either.
    """
    name = f"end-{secrets.token_hex(6)}"
    marked: list[Source] = []
    authority = next(iter(authority_files(run)), None)
    try:
        ports = engine.published_ports(f"leasehold-{run}-door")
    except EngineError:
        return []
    if authority is None or not ports:
        return []
    if _log_in(ports[PORTS["database"]], f"{MARK}{name}", str(authority)):
        marked.append("database")
    with suppress(OSError, http.client.HTTPException):
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection("127.0.0.1", ports[PORTS["broker"]], timeout=LIMIT, context=context)
        connection.request("GET", f"/v1/{MARK}{name}")
        connection.getresponse().read()
        connection.close()
        marked.append("broker")
    return [(source, name) for source in marked]


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
