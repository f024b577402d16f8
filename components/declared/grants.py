"""Grants declared as data: which privileges, on what kind of object, and for whom they count later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from .errors import DeclarationError
from .identifiers import ENDS_A_COMMAND, ENDS_A_COMMAND_SAID, identifier, schema

EVERY = "*"
"""In place of a name: every object of the kind in the schema, also those that are made later."""

LARGE_OBJECTS = "large_objects"
"""The kind that has numbers instead of names, so that only all of them are granted."""

MIGRATIONS = "migrations"
"""Who makes a grant that is declared to be expected only."""


@dataclass(frozen=True)
class Kind:
    """A kind of object that privileges are granted on (PostgreSQL 18 manual, 5.8, table 5.2, and GRANT).

    Attributes:
        word: What GRANT calls it.
        privileges: Those that it knows.
        one: What a person calls one of them.
        in_schema: Whether it is in a schema.
        later: What ALTER DEFAULT PRIVILEGES calls those that are made later; empty if it does not know them.
    """

    word: str
    privileges: tuple[str, ...]
    one: str
    in_schema: bool = False
    later: str = ""


KINDS: Mapping[str, Kind] = {
    "tables": Kind(
        "TABLE",
        ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"),
        "table",
        in_schema=True,
        later="TABLES",
    ),
    "sequences": Kind("SEQUENCE", ("USAGE", "SELECT", "UPDATE"), "sequence", in_schema=True, later="SEQUENCES"),
    "functions": Kind("ROUTINE", ("EXECUTE",), "function", in_schema=True, later="ROUTINES"),
    "types": Kind("TYPE", ("USAGE",), "type", in_schema=True, later="TYPES"),
    "schemas": Kind("SCHEMA", ("USAGE", "CREATE"), "schema"),
    "languages": Kind("LANGUAGE", ("USAGE",), "language"),
    "foreign_servers": Kind("FOREIGN SERVER", ("USAGE",), "foreign server"),
    "foreign_data_wrappers": Kind("FOREIGN DATA WRAPPER", ("USAGE",), "foreign-data wrapper"),
    LARGE_OBJECTS: Kind("LARGE OBJECT", ("SELECT", "UPDATE"), "large object", later="LARGE OBJECTS"),
    "parameters": Kind("PARAMETER", ("SET", "ALTER SYSTEM"), "parameter"),
}
"""By the field of a grant that lists the objects."""

COLUMN_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
"""Privileges that can be granted on columns (manual, 5.8)."""


class GrantArgs(TypedDict):
    """Privileges on objects of one kind: exactly one of the lists of objects is given."""

    privileges: list[str]
    """Privileges that the kind knows."""
    schema: NotRequired[str]
    """The schema that tables, sequences, functions or types are in."""
    tables: NotRequired[list[str]]
    """Tables and views by name, whether they exist already or not, or ``["*"]`` for every one."""
    columns: NotRequired[list[str]]
    """With `tables`: the columns that the privileges are on."""
    sequences: NotRequired[list[str]]
    """Sequences by name, or ``["*"]``. Who may insert into a table may use those that its columns are filled from."""
    functions: NotRequired[list[str]]
    """Functions and procedures: by signature, ``total(integer)``, by name for all of the name, or ``["*"]``."""
    types: NotRequired[list[str]]
    """Types and domains by name, or ``["*"]``."""
    schemas: NotRequired[list[str]]
    """Schemas, on which USAGE and CREATE are granted."""
    languages: NotRequired[list[str]]
    """Languages of functions."""
    foreign_servers: NotRequired[list[str]]
    """Foreign servers."""
    foreign_data_wrappers: NotRequired[list[str]]
    """Foreign-data wrappers."""
    large_objects: NotRequired[list[str]]
    """``["*"]``: those of every role that is declared to make them, from PostgreSQL 18 on. By migrations they are
    granted in any version."""
    parameters: NotRequired[list[str]]
    """Settings of the server's that are otherwise a superuser's."""
    default_privileges: NotRequired[list[str]]
    """Privileges on objects of the schema that are made later. For ``["*"]`` they are `privileges` when not given; for
    named objects none (a named one gets its privileges the moment it is made)."""
    grant_option: NotRequired[bool]
    """Whether the privileges may be handed on."""
    granted_by: NotRequired[str]
    """``"migrations"``: the grant is made by a migration, and only expected here."""


@dataclass(frozen=True)
class Grant:
    """Privileges on objects of one kind, checked.

    Attributes:
        kind: From `KINDS`.
        schema: Empty for what is in none.
        objects: By name; none for every one of the schema.
        columns: Of tables; none for whole tables.
        privileges: On them.
        default_privileges: On those that are made later.
        grant_option: Whether they may be handed on.
        by_migrations: Whether migrations make it.
    """

    kind: str
    schema: str
    objects: tuple[str, ...]
    privileges: tuple[str, ...]
    default_privileges: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    grant_option: bool = False
    by_migrations: bool = False


def check_grants(grants: object, where: str) -> tuple[Grant, ...]:
    """Return declared grants with their defaults filled in.

    Args:
        grants: As declared.
        where: Whose they are, such as ``Role 'reader'``.

    Raises:
        DeclarationError: Names the grant and what is wrong with it.
    """
    if not isinstance(grants, Iterable) or isinstance(grants, str | Mapping):
        raise DeclarationError(f"{where}: `grants` is {grants!r}; it is a list of grants.")
    return tuple(_check(grant, f"{where}, grants[{place}]") for place, grant in enumerate(grants))


def _check(grant: GrantArgs, where: str) -> Grant:
    if not isinstance(grant, Mapping):
        raise DeclarationError(f"{where} is {grant!r}; a grant names objects and privileges.")
    if unknown := set(grant) - set(GrantArgs.__annotations__):
        raise DeclarationError(f"{where} has the unknown field {sorted(unknown)[0]!r}.")
    named = [field for field in KINDS if field in grant]
    if len(named) != 1:
        raise DeclarationError(
            f"{where} names {' and '.join(named) or 'no objects'}; a grant lists one of {', '.join(KINDS)}."
        )
    field, kind = named[0], KINDS[named[0]]
    if kind.in_schema != ("schema" in grant):
        raise DeclarationError(
            f"{where} names no schema; the {field} are in one."
            if kind.in_schema
            else f"{where} names a schema, but {field} are in none."
        )
    inside = schema(grant["schema"], f"the schema of {where}") if kind.in_schema else ""
    objects, every = _objects(grant, field, kind, where)
    columns = _columns(grant, field, where)
    knows = COLUMN_PRIVILEGES if columns else kind.privileges
    what = "Columns" if columns else f"{field.replace('_', ' ').capitalize()}"
    privileges = _privileges(grant.get("privileges", ()), knows, what, where)
    if not privileges:
        raise DeclarationError(f"{where} has no privilege on its {field.replace('_', ' ')}.")
    by_migrations = _granted_by(grant, where)
    one_by_one = bool(columns) or (by_migrations and field == LARGE_OBJECTS)
    later = grant.get("default_privileges", list(privileges) if every and not one_by_one else [])
    if later and not kind.later:
        raise DeclarationError(f"{where} has default privileges; {field} know none.")
    defaults = _privileges(later, kind.privileges, what, where)
    option = grant.get("grant_option", False)
    if not isinstance(option, bool):
        raise DeclarationError(f"{where} has a `grant_option` of {option!r}; it is true or false.")
    return Grant(field, inside, objects, privileges, defaults, columns, option, by_migrations)


def _objects(grant: GrantArgs, field: str, kind: Kind, where: str) -> tuple[tuple[str, ...], bool]:
    """Return the objects that are named, and whether all are meant."""
    names = grant[field]  # type: ignore[literal-required]
    if isinstance(names, str) or not isinstance(names, Iterable) or not (names := list(names)):
        allowed = f"List {field} by name" + (f", or ['{EVERY}'] for all." if kind.later else ".")
        raise DeclarationError(f"{where} names no {kind.one}. {allowed}")
    if kind.later and names == [EVERY]:
        return (), True
    if field == LARGE_OBJECTS:
        raise DeclarationError(f"{where} lists large objects, which have numbers and no names. Write ['{EVERY}'].")
    if EVERY in names:
        raise DeclarationError(f"{where} lists '{EVERY}' beside {field}, or where it stands for nothing. Choose one.")
    if field == "schemas":
        return tuple(schema(name, f"a schema of {where}") for name in names), False
    if field == "functions":  # a signature is longer than a name
        return tuple(_signature(name, where) for name in names), False
    return tuple(identifier(name, f"a {kind.one} of {where}") for name in names), False


def _signature(name: object, where: str) -> str:
    if isinstance(name, str) and ENDS_A_COMMAND in name:
        raise DeclarationError(f"{name!r} cannot be a function of {where}: {ENDS_A_COMMAND_SAID}")
    if not isinstance(name, str) or not name.strip() or "\0" in name or ("(" in name) != name.rstrip().endswith(")"):
        raise DeclarationError(
            f"{name!r} cannot be a function of {where}: it is a name, or a signature such as 'total(integer, text)'."
        )
    return name


def _columns(grant: GrantArgs, field: str, where: str) -> tuple[str, ...]:
    columns = grant.get("columns", [])
    if columns and field != "tables":
        raise DeclarationError(f"{where} names columns; only tables have them.")
    if isinstance(columns, str) or ("columns" in grant and not columns):
        raise DeclarationError(f"{where} names no column. List columns by name, or leave `columns` out.")
    return tuple(identifier(column, f"a column of {where}") for column in columns)


def _privileges(names: Iterable[str], knows: tuple[str, ...], what: str, where: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise DeclarationError(f"{where}: {names!r} is no list of privileges.")
    privileges = tuple(dict.fromkeys(str(name).upper() for name in names))
    for privilege in privileges:
        if privilege not in knows:
            raise DeclarationError(
                f"{where} has the unknown privilege {privilege!r}. {what} know {', '.join(knows)}; 'ALL' is left out "
                "on purpose."
            )
    return privileges


def _granted_by(grant: GrantArgs, where: str) -> bool:
    by = grant.get("granted_by")
    if by not in (None, MIGRATIONS):
        raise DeclarationError(f"{where} has a `granted_by` of {by!r}; it can be {MIGRATIONS!r}.")
    return by == MIGRATIONS
