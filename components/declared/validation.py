"""Checked roles: the declaration with its defaults filled in, or a clear error."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from leasehold.contract import LEASE_NAME, MAX_TERM, OPERATOR, TEMPLATE_ADMIN, broker_name

from .errors import DeclarationError
from .grants import Grant, check_grants
from .identifiers import identifier, schema
from .memberships import Membership, check_memberships, heirs, refuse_cycles
from .roles import (
    ATTRIBUTES,
    DATABASE_PRIVILEGES,
    DEFAULT_CONNECTION_LIMIT,
    DEFAULT_LEASE_TERM,
    DYNAMIC,
    LOGINS,
    MAX_LEASE_TERM,
    NONE,
    STATIC,
    TERMS_RENEWED,
    RoleArgs,
)
from .settings import check_role_settings

_RESERVED_PREFIXES = ("pg_", "leasehold")
_RESERVED_NAMES = frozenset({"postgres", "public", "none", "provisioner", "root", "default"})
_MAX_CONNECTIONS = 100


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
    database: tuple[str, ...] = ()
    member_of: tuple[Membership, ...] = ()
    login: str = DYNAMIC
    settings: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    large_objects: bool = False

    @property
    def key(self) -> str:
        """What the broker calls it."""
        return broker_name(self.name)

    @property
    def has_leases(self) -> bool:
        """Whether clients log in as it, with a login of their own or with its."""
        return self.login != NONE

    @property
    def is_static(self) -> bool:
        """Whether it is a login itself."""
        return self.login == STATIC

    @property
    def schemas(self) -> tuple[str, ...]:
        """Schemas it owns or has grants in, each once, in the order of declaration."""
        return _schemas(self.owns, self.grants)

    @property
    def makes_objects(self) -> bool:
        """Whether it may make anything that lasts."""
        return bool(self.owns) or "CREATE" in self.database or bool(self.creates_in)

    @property
    def acts_as_itself(self) -> bool:
        """Whether its leases' sessions begin with `SET ROLE`: it makes what no trigger sees being made."""
        return self.makes_databases or self.large_objects

    @property
    def creates_in(self) -> tuple[str, ...]:
        """Schemas of others in which it may make something."""
        grants = (grant for grant in self.grants if grant.kind == "schemas" and "CREATE" in grant.privileges)
        return tuple(dict.fromkeys(name for grant in grants for name in grant.objects))


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
    roles = tuple(_check_role(role, run_term) for role in declared)
    if not any(role.has_leases for role in roles):
        raise DeclarationError("No role is declared that has leases, so nobody could log in. Declare at least one.")
    for name in _repeated(role.name for role in roles):
        raise DeclarationError(f"Role {name!r} is declared twice. Give each role one declaration.")
    owned = [name for role in roles for name in role.owns]
    for name in _repeated(owned):
        raise DeclarationError(f"Schema {name!r} is owned by two roles. A schema has one owner.")
    if not any("CREATE" in role.database for role in roles):  # else migrations may make it
        for role in roles:
            for name in role.schemas:
                if name not in {*owned, "public"}:
                    raise DeclarationError(
                        f"Role {role.name!r} has grants in schema {name!r}, which no role owns, so nobody could "
                        f"make a table there. Add {name!r} to the `owns` of the role that runs migrations."
                    )
    members = {role.name: role.member_of for role in roles}
    refuse_cycles(members)
    makers = heirs((role.name for role in roles if role.large_objects), members)
    return tuple(replace(role, large_objects=role.name in makers) for role in roles)


def _check_role(role: RoleArgs, run_term: int) -> Role:
    if not isinstance(role, Mapping):
        raise DeclarationError(f"{role!r} is no role; a role is declared as {{'name': ..., 'grants': [...]}}.")
    name = identifier(role.get("name", ""), "the name of a role")
    if name.startswith(_RESERVED_PREFIXES) or name in _RESERVED_NAMES:
        raise DeclarationError(
            f"The role name {name!r} is reserved by PostgreSQL, the broker or Leasehold. Choose another."
        )
    if re.fullmatch(LEASE_NAME, name):
        raise DeclarationError(
            f"The role name {name!r} ends as the user name of a lease does, in '_' and 16 letters or digits, so the "
            "two could not be told apart. Choose another."
        )
    where = f"Role {name!r}"
    if unknown := set(role) - set(RoleArgs.__annotations__):
        raise DeclarationError(f"{where} has the unknown field {sorted(unknown)[0]!r}.")
    owns = tuple(schema(one, f"a schema that role {name!r} owns") for one in _list(role, "owns"))
    grants = check_grants(role.get("grants", []), where)
    database = _chosen(role, "database", DATABASE_PRIVILEGES)
    member_of = check_memberships(role.get("member_of", []), where)
    large_objects = role.get("large_objects", False)
    if not isinstance(large_objects, bool):
        raise DeclarationError(f"{where} has a `large_objects` of {large_objects!r}; it is true or false.")
    if _login(role) != NONE and not (owns or grants or database or member_of or large_objects):
        raise DeclarationError(f"{where} has no grant, owns no schema and is a member of nothing: it could do nothing.")
    path = tuple(identifier(one, f"in the search path of role {name!r}") for one in _list(role, "search_path"))
    return Role(
        name,
        grants,
        owns,
        path or _schemas(owns, grants),
        _bounded(role, "connection_limit", DEFAULT_CONNECTION_LIMIT, _MAX_CONNECTIONS, "connections"),
        *_terms(role, run_term),
        database=database,
        member_of=member_of,
        login=_login(role),
        settings=check_role_settings(role.get("settings"), where),
        attributes=_attributes(role),
        large_objects=large_objects,
    )


def _list(role: RoleArgs, name: str) -> list[object]:
    value = role.get(name, [])
    if not isinstance(value, list | tuple):
        raise DeclarationError(f"Role {role['name']!r} has a `{name}` of {value!r}; it is a list.")
    return list(value)


def _chosen(role: RoleArgs, name: str, among: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(str(one).upper() for one in _list(role, name)))
    for one in chosen:
        if one not in among:
            raise DeclarationError(
                f"Role {role['name']!r} has the unknown privilege {one!r} in `{name}`. It knows {', '.join(among)}."
            )
    return chosen


def _login(role: RoleArgs) -> str:
    value = role.get("login", DYNAMIC)
    if value not in LOGINS:
        raise DeclarationError(f"Role {role['name']!r} has a `login` of {value!r}; it can be {', '.join(LOGINS)}.")
    return value


def _attributes(role: RoleArgs) -> dict[str, str]:
    declared = role.get("attributes", {})
    if not isinstance(declared, Mapping):
        raise DeclarationError(f"Role {role['name']!r} has the attributes {declared!r}; each is given with its reason.")
    for name, reason in declared.items():
        if name not in ATTRIBUTES:
            raise DeclarationError(
                f"Role {role['name']!r} has the attribute {name!r}, which no login of a run may have. It can be one of "
                f"{', '.join(ATTRIBUTES)}."
            )
        if not isinstance(reason, str) or not reason.strip():
            raise DeclarationError(
                f"Role {role['name']!r} has the attribute {name!r} without a reason. Say why it has it."
            )
    return dict(declared)


def _terms(role: RoleArgs, run_term: int) -> tuple[int, int]:
    """Return the term of a role's leases, and of one with all its renewals: no lease outlives its run."""
    if role.get("login") == STATIC:  # until its password is rotated; the login lasts as long as the run
        return min(_bounded(role, "term", run_term, MAX_TERM, "seconds"), run_term), run_term
    term = _bounded(role, "term", DEFAULT_LEASE_TERM, MAX_LEASE_TERM, "seconds")
    longest = _bounded(role, "max_term", term * TERMS_RENEWED, MAX_TERM, "seconds")
    if "term" in role and "max_term" in role and longest < term:
        raise DeclarationError(
            f"Role {role['name']!r} has a term of {term} s and a max_term of {longest} s: a lease would end before its "
            "first term does. Declare a max_term that is no shorter than the term."
        )
    return min(term, longest, run_term), min(longest, run_term)


def _schemas(owns: Iterable[str], grants: Iterable[Grant]) -> tuple[str, ...]:
    named = ([grant.schema] if grant.schema else grant.objects if grant.kind == "schemas" else () for grant in grants)
    return tuple(dict.fromkeys((*owns, *(name for names in named for name in names))))


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
