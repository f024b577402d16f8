"""Checked roles: the declaration with its defaults filled in, or a clear error."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leasehold.contract import MAX_TERM, OPERATOR, TEMPLATE_ADMIN

from .errors import DeclarationError
from .roles import (
    ALL_TABLES,
    DEFAULT_CONNECTION_LIMIT,
    DEFAULT_LEASE_TERM,
    MAX_LEASE_TERM,
    TABLE_PRIVILEGES,
    TERMS_RENEWED,
    GrantArgs,
    RoleArgs,
)

_ROLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_RESERVED_PREFIXES = ("pg_", "leasehold")
_RESERVED_NAMES = frozenset({"postgres", "public", "none", "provisioner", "root", "default"})
_RESERVED_SCHEMAS = frozenset({"information_schema", "leasehold"})
_MAX_IDENTIFIER = 63  # bytes; NAMEDATALEN - 1 (PostgreSQL 18 manual, 4.1.1)
_MAX_CONNECTIONS = 100


@dataclass(frozen=True)
class Grant:
    """Privileges on tables of one schema, checked."""

    schema: str
    tables: tuple[str, ...]  # empty: every table
    privileges: tuple[str, ...]
    default_privileges: tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """A role, checked. Terms are in seconds: `term` of a lease, `max_term` of one with all its renewals."""

    name: str
    grants: tuple[Grant, ...]
    owns: tuple[str, ...]
    search_path: tuple[str, ...]
    connection_limit: int
    term: int
    max_term: int
    makes_databases: bool = False

    @property
    def schemas(self) -> tuple[str, ...]:
        """Schemas it owns or has grants in, each once, in the order of declaration."""
        return _schemas(self.owns, self.grants)


def template_admin_role(run_term: int) -> Role:
    """Return the test harness's own role: it makes and drops clones of the run's database, and can read none of them.

    Args:
        run_term: How long the run lives, in seconds; it may be needed as long.
    """
    term = min(DEFAULT_LEASE_TERM, run_term)
    return Role(TEMPLATE_ADMIN, (), (), (), DEFAULT_CONNECTION_LIMIT, term, run_term, makes_databases=True)


def operator_role(run_term: int) -> Role:
    """Return who runs the drills: it rotates the admin's password, ends leases, and reads no credentials.

    Args:
        run_term: How long the run lives, in seconds. It has no lease, and its tokens may live as long.
    """
    return Role(OPERATOR, (), (), (), 0, min(DEFAULT_LEASE_TERM, run_term), run_term)


def check_roles(declared: Sequence[RoleArgs], run_term: int) -> tuple[Role, ...]:
    """Return the declared roles with their defaults filled in.

    Args:
        declared: The roles.
        run_term: How long the run lives, in seconds: no lease lives longer.

    Raises:
        DeclarationError: Names the role and what is wrong with it.
    """
    if not declared:
        raise DeclarationError("No role is declared, so nobody could log in. Declare at least one.")
    roles = tuple(_check_role(role, run_term) for role in declared)
    for name in _repeated(role.name for role in roles):
        raise DeclarationError(f"Role {name!r} is declared twice. Give each role one declaration.")
    owned = [schema for role in roles for schema in role.owns]
    for schema in _repeated(owned):
        raise DeclarationError(f"Schema {schema!r} is owned by two roles. A schema has one owner.")
    for role in roles:
        for schema in role.schemas:
            if schema not in owned:
                raise DeclarationError(
                    f"Role {role.name!r} has grants in schema {schema!r}, which no role owns, so nobody could "
                    f"make a table there. Add {schema!r} to the `owns` of the role that runs migrations."
                )
    return roles


def _check_role(role: RoleArgs, run_term: int) -> Role:
    name = role.get("name", "")
    if not isinstance(name, str) or not _ROLE_NAME.fullmatch(name):
        raise DeclarationError(
            f"The role name {name!r} cannot be used: role names are made of a-z, 0-9 and '_', begin with a "
            "letter and have at most 30 characters."
        )
    if name.startswith(_RESERVED_PREFIXES) or name in _RESERVED_NAMES:
        raise DeclarationError(
            f"The role name {name!r} is reserved by PostgreSQL, the broker or Leasehold. Choose another."
        )
    if unknown := set(role) - set(RoleArgs.__annotations__):
        raise DeclarationError(f"Role {name!r} has the unknown field {sorted(unknown)[0]!r}.")
    owns = tuple(_schema(schema, f"a schema that role {name!r} owns") for schema in role.get("owns", []))
    grants = tuple(_check_grant(name, grant) for grant in role.get("grants", []))
    if not owns and not grants:
        raise DeclarationError(f"Role {name!r} names no table and owns no schema, so it could do nothing.")
    path = tuple(_identifier(schema, f"in the search path of role {name!r}") for schema in role.get("search_path", []))
    return Role(
        name,
        grants,
        owns,
        path or _schemas(owns, grants),
        _bounded(role, "connection_limit", DEFAULT_CONNECTION_LIMIT, _MAX_CONNECTIONS, "connections"),
        *_terms(role, run_term),
    )


def _terms(role: RoleArgs, run_term: int) -> tuple[int, int]:
    """Return the term of a role's leases, and of one with all its renewals: no lease outlives its run."""
    term = _bounded(role, "term", DEFAULT_LEASE_TERM, MAX_LEASE_TERM, "seconds")
    longest = _bounded(role, "max_term", term * TERMS_RENEWED, MAX_TERM, "seconds")
    if "term" in role and "max_term" in role and longest < term:
        raise DeclarationError(
            f"Role {role['name']!r} has a term of {term} s and a max_term of {longest} s: a lease would end before its "
            "first term does. Declare a max_term that is no shorter than the term."
        )
    return min(term, longest, run_term), min(longest, run_term)


def _schemas(owns: Iterable[str], grants: Iterable[Grant]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*owns, *(grant.schema for grant in grants))))


def _schema(name: object, what: str) -> str:
    schema = _identifier(name, what)
    if schema.startswith("pg_") or schema in _RESERVED_SCHEMAS:
        raise DeclarationError(f"{schema!r} cannot be {what}: the name is reserved. Choose another.")
    return schema


def _check_grant(role: str, grant: GrantArgs) -> Grant:
    if unknown := set(grant) - set(GrantArgs.__annotations__):
        raise DeclarationError(f"A grant of role {role!r} has the unknown field {sorted(unknown)[0]!r}.")
    schema = _schema(grant.get("schema", ""), f"the schema of a grant of role {role!r}")
    tables = grant.get("tables", [])
    if isinstance(tables, str) or not tables:
        raise DeclarationError(
            f"Role {role!r} names no table in schema {schema!r}. List tables by name, or ['*'] for all."
        )
    every = list(tables) == [ALL_TABLES]
    if not every and ALL_TABLES in tables:
        raise DeclarationError(f"Role {role!r} lists '*' beside tables in schema {schema!r}. Choose one.")
    named = () if every else tuple(_identifier(t, f"a table of role {role!r}") for t in tables)
    privileges = _privileges(role, grant.get("privileges", []))
    if not privileges:
        raise DeclarationError(f"Role {role!r} has no privilege on its tables in schema {schema!r}.")
    later = grant.get("default_privileges", list(privileges) if every else [])
    return Grant(schema, named, privileges, _privileges(role, later))


def _privileges(role: str, names: Iterable[str]) -> tuple[str, ...]:
    privileges = tuple(dict.fromkeys(str(name).upper() for name in names))
    for privilege in privileges:
        if privilege not in TABLE_PRIVILEGES:
            raise DeclarationError(
                f"Role {role!r} has the unknown privilege {privilege!r}. Tables know "
                f"{', '.join(TABLE_PRIVILEGES)}; 'ALL' is left out on purpose."
            )
    return privileges


def _identifier(name: object, what: str) -> str:
    if not isinstance(name, str) or not name or "\0" in name or len(name.encode()) > _MAX_IDENTIFIER:
        raise DeclarationError(f"{name!r} cannot be {what}: a name has 1 to {_MAX_IDENTIFIER} bytes.")
    return name


def _bounded(role: RoleArgs, field: str, default: int, maximum: int, unit: str) -> int:
    value = role.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= maximum:
        raise DeclarationError(
            f"Role {role['name']!r} has a {field.replace('_', ' ')} of {value!r}; it must be a whole number from 1 to "
            f"{maximum} ({unit})."
        )
    return value


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
