"""Roles declared as data: what each may do, where, and for how long.

A role becomes a NOLOGIN group in PostgreSQL and a dynamic-secret role in the broker. The rules checked here
are the ones that would otherwise surface half-way through a deployment.
"""

from typing import NotRequired, TypedDict

MAX_LEASE_TERM = 3600
"""Longest term of one lease, in seconds."""

DEFAULT_LEASE_TERM = 600
"""Term of a lease whose role declares none, in seconds."""

TERMS_RENEWED = 6
"""How many terms a lease may live, renewals included, when its role declares no `max_term`. Six of the default
are as long as a run's default term."""

DEFAULT_CONNECTION_LIMIT = 10
"""Connections that one lease may hold at once, when its role declares no limit."""

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
"""Privileges on tables (PostgreSQL 18 manual, 5.8 Privileges)."""

ALL_TABLES = "*"
"""In place of a table's name: every table of the schema."""


class GrantArgs(TypedDict):
    """Privileges on tables of one schema."""

    schema: str
    """The schema's name."""
    tables: list[str]
    """Tables by name, whether they exist already or not, or ``["*"]`` for every table."""
    privileges: list[str]
    """Table privileges, from `TABLE_PRIVILEGES`."""
    default_privileges: NotRequired[list[str]]
    """Privileges on tables of the schema that are made later. For ``["*"]`` they are `privileges` when not
    given; for named tables none (a named table gets its privileges the moment it is made)."""


class RoleArgs(TypedDict):
    """A scoped role."""

    name: str
    """``a-z``, ``0-9`` and ``_``, at most 30 characters, beginning with a letter."""
    grants: NotRequired[list[GrantArgs]]
    """What its leases may do with tables."""
    owns: NotRequired[list[str]]
    """Schemas that the role owns: its leases create and alter what is in them. One role a schema."""
    search_path: NotRequired[list[str]]
    """Schemas searched by its leases; those it owns or has grants in, when not given."""
    connection_limit: NotRequired[int]
    """Connections that one lease may hold at once."""
    term: NotRequired[int]
    """Term of a lease, in seconds, at most `MAX_LEASE_TERM`. It is cut to `max_term`."""
    max_term: NotRequired[int]
    """How long a lease, and a token of the broker's with which leases are taken, may live, renewals included, in
    seconds; six times `term` when not given. It is cut to the run's term."""
