"""What every role can effectively do, read from the server's catalogs, which any login may.

Privileges of PUBLIC and of groups count, as they do when a statement is run. The statements are the ``.sql`` files
beside this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import class_row, tuple_row

from .facts import SEQUENCE_PRIVILEGES, Fact, table_privileges


@dataclass(frozen=True)
class Relation:
    """A table, view or sequence.

    Attributes:
        schema: Its schema.
        name: Its name.
        sequence: Whether it is a sequence.
        of: For a sequence, the table that it fills a serial column of; empty for others.
    """

    schema: str
    name: str
    sequence: bool
    of: str


def relations(connection: psycopg.Connection) -> list[Relation]:
    """List the tables, views and sequences of a database."""
    return connection.cursor(row_factory=class_row(Relation)).execute(_statement("relations")).fetchall()


def superusers_of(connection: psycopg.Connection) -> list[str]:
    """Return the names of a server's superusers."""
    rows = connection.cursor(row_factory=tuple_row).execute("SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper")
    return [str(name) for (name,) in rows]


def effective_facts(
    connection: psycopg.Connection, roles: Iterable[str], databases: Iterable[str], admin: str, connect_role: str
) -> set[Fact]:
    """Return what roles, and everybody, can do in this database and on this server.

    Args:
        connection: Of any login, to the database.
        roles: The roles.
        databases: Databases that matter; clones for single tests do not.
        admin: The broker's login, which may put leases into the roles.
        connect_role: The group that leases of any role may be in beside their own.
    """
    asked = {
        "roles": list(roles),
        "databases": list(databases),
        "admin": admin,
        "connect_role": connect_role,
        "table_privileges": list(table_privileges(connection.info.server_version)),
        "sequence_privileges": list(SEQUENCE_PRIVILEGES),
    }
    connection.execute("SET search_path = ''")  # so that the server names every object with its schema
    rows = connection.cursor(row_factory=tuple_row).execute(_statement("effective"), asked).fetchall()
    return {Fact(*row) for row in rows}


def _statement(name: str) -> bytes:
    return Path(__file__).with_name(f"{name}.sql").read_bytes()
