"""Roles declared as data: what each may do, where, and for how long.

A role becomes a NOLOGIN group in PostgreSQL and a dynamic-secret role in the broker. The rules checked here
are the ones that would otherwise surface half-way through a deployment.
"""

from typing import Any, NotRequired, TypedDict

from .grants import GrantArgs

MAX_LEASE_TERM = 3600
"""Longest term of one lease, in seconds."""

DEFAULT_LEASE_TERM = 600
"""Term of a lease whose role declares none, in seconds."""

TERMS_RENEWED = 6
"""How many terms a lease may live, renewals included, when its role declares no `max_term`. Six of the default
are as long as a run's default term."""

DEFAULT_CONNECTION_LIMIT = 10
"""Connections that one lease may hold at once, when its role declares no limit."""

DATABASE_PRIVILEGES = ("CREATE", "TEMPORARY")
"""Privileges on the run's database that a role may be declared to have, beside CONNECT, which each has."""

DYNAMIC, STATIC, NONE = "dynamic", "static", "none"
LOGINS = (DYNAMIC, STATIC, NONE)
"""How clients of a role log in."""

ATTRIBUTES = ("CREATEROLE", "REPLICATION", "BYPASSRLS")
"""Attributes that a role's logins may be declared to have, with a reason (PostgreSQL 18 manual, 21.2)."""


class MembershipArgs(TypedDict):
    """A role that another one is a member of (PostgreSQL 18 manual, 21.3)."""

    role: str
    """The declared role that it is a member of."""
    inherit: NotRequired[bool]
    """Whether it has that role's privileges without `SET ROLE`; by default yes."""
    set: NotRequired[bool]
    """Whether it may become that role by `SET ROLE`; by default yes."""
    admin: NotRequired[bool]
    """Whether it may grant the membership; by default no."""


class RoleArgs(TypedDict):
    """A scoped role."""

    name: str
    """Any name that PostgreSQL takes, but the server's and ours."""
    grants: NotRequired[list[GrantArgs]]
    """What its leases may do with objects."""
    owns: NotRequired[list[str]]
    """Schemas that the role owns: its leases create and alter what is in them. One role a schema."""
    database: NotRequired[list[str]]
    """Privileges on the run's database beside CONNECT: ``CREATE`` (schemas, and trusted extensions), ``TEMPORARY``
    (where PUBLIC's is revoked)."""
    large_objects: NotRequired[bool]
    """Whether it makes large objects, as anybody may on a server; by default no. Its leases then act as the role from
    their begin (`SET ROLE`), since a large object belongs to who made it. So do those of roles that inherit from it."""
    member_of: NotRequired[list[MembershipArgs]]
    """Declared roles that it is a member of."""
    login: NotRequired[str]
    """How clients log in: ``dynamic`` (the default), each lease a login of its own; ``static``, one login of the role's
    own name, whose password the broker keeps and rotates; ``none``: it is a group, or one that others become by `SET
    ROLE`."""
    settings: NotRequired[dict[str, Any]]
    """Settings of its sessions, such as ``statement_timeout`` (`ALTER ROLE ... SET`)."""
    attributes: NotRequired[dict[str, str]]
    """Attributes of its logins, from `ATTRIBUTES`, each with the reason why it has it."""
    search_path: NotRequired[list[str]]
    """Schemas searched by its leases; those it owns or has grants in, when not given."""
    connection_limit: NotRequired[int]
    """Connections that one lease may hold at once."""
    term: NotRequired[int]
    """Term of a lease, in seconds, at most `MAX_LEASE_TERM`. It is cut to `max_term`. Of a static login, how long a
    password lives before the broker rotates it; the run's term when not given."""
    max_term: NotRequired[int]
    """How long a lease, and a token of the broker's with which leases are taken, may live, renewals included, in
    seconds; six times `term` when not given. It is cut to the run's term."""
