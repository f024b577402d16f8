"""What every role can effectively do, read from the server's catalogs, which any login may.

Privileges of PUBLIC and of groups count, as they do when a statement is run. The statements are the ``.sql`` files
beside this one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import class_row, tuple_row

from ...contract import LARGE_OBJECT_MAKERS, LEASE_NAME, LEASE_SUFFIX, broker_name
from .facts import SEQUENCE_PRIVILEGES, Fact, table_privileges


@dataclass(frozen=True)
class Object:
    """Something that privileges are granted on.

    Attributes:
        kind: ``table`` (or view), ``sequence``, ``function``, ``type``, ``schema``, ``extension``; or ``large object``,
            which is all that one role made. Of functions and types those alone that not everybody may use, or that run
            with their owner's rights.
        schema: Its schema; empty for what is in none.
        name: Its name; a function's without its arguments.
        shown: The name in a fact.
        owner: The role that owns it.
        definer: Whether it is a function that runs with its owner's rights.
        of: For a sequence, the tables that it fills a column of.
    """

    kind: str
    schema: str
    name: str
    shown: str
    owner: str
    definer: bool = False
    of: Sequence[str] = ()


def objects(connection: psycopg.Connection) -> list[Object]:
    """List what there is in a database that privileges are granted on."""
    connection.execute("SET search_path = ''")  # so that the server names every object with its schema
    return connection.cursor(row_factory=class_row(Object)).execute(_statement("objects")).fetchall()


def superusers_of(connection: psycopg.Connection) -> list[str]:
    """Return the names of a server's superusers."""
    rows = connection.cursor(row_factory=tuple_row).execute("SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper")
    return [str(name) for (name,) in rows]


def effective_facts(
    connection: psycopg.Connection, roles: Iterable[str], databases: Iterable[str], admin: str
) -> set[Fact]:
    """Return what roles, and everybody, can do in this database and on this server.

    Args:
        connection: Of any login, to the database.
        roles: The roles.
        databases: Databases that matter; clones for single tests do not.
        admin: The broker's login, which may put leases into the roles.
    """
    asked = {
        "roles": (names := list(roles)),
        "keys": [broker_name(name) for name in names],
        "databases": list(databases),
        "admin": admin,
        "lease": f"^{LEASE_NAME}$",
        "makers": list(LARGE_OBJECT_MAKERS),
        "suffix": f"{LEASE_SUFFIX}$",
        "table_privileges": list(table_privileges(connection.info.server_version)),
        "sequence_privileges": list(SEQUENCE_PRIVILEGES),
    }
    connection.execute("SET search_path = ''")  # so that the server names every object with its schema
    rows = connection.cursor(row_factory=tuple_row).execute(_statement("effective"), asked).fetchall()
    return {Fact(*row) for row in rows}


def _statement(name: str) -> bytes:
    return Path(__file__).with_name(f"{name}.sql").read_bytes()
