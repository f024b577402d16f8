"""Names as PostgreSQL takes them."""

from typing import TypeGuard

from .errors import DeclarationError

MAX_BYTES = 63
"""Longest identifier, in bytes: NAMEDATALEN - 1 (PostgreSQL 18 manual, 4.1.1)."""

ENDS_A_COMMAND = ";\n\n"
"""Ends a command of single-user mode, in quotes too (PostgreSQL 18 manual, postgres(1), ``-j``)."""

ENDS_A_COMMAND_SAID = "a semicolon before an empty line ends a command of the server's set-up."

_RESERVED_SCHEMAS = frozenset({"information_schema", "leasehold"})


def is_name(name: object) -> TypeGuard[str]:
    """Return whether PostgreSQL takes a name."""
    return isinstance(name, str) and name != "" and "\0" not in name and len(name.encode()) <= MAX_BYTES


def is_reserved(schema: str) -> bool:
    """Return whether a schema is one of the server's or ours."""
    return schema.startswith("pg_") or schema in _RESERVED_SCHEMAS


def identifier(name: object, what: str) -> str:
    """Return a name that PostgreSQL takes: any, in any script, with blanks and quotes.

    Args:
        name: As declared.
        what: What it is, for the message.

    Raises:
        DeclarationError: It is none.
    """
    if not is_name(name):
        raise DeclarationError(f"{name!r} cannot be {what}: a name has 1 to {MAX_BYTES} bytes.")
    if ENDS_A_COMMAND in name:
        raise DeclarationError(f"{name!r} cannot be {what}: {ENDS_A_COMMAND_SAID}")
    return name


def schema(name: object, what: str) -> str:
    """Return the name of a schema that a role may own or be granted something in.

    Raises:
        DeclarationError: It is none, or one of the server's or ours.
    """
    found = identifier(name, what)
    if is_reserved(found):
        raise DeclarationError(f"{found!r} cannot be {what}: the name is reserved. Choose another.")
    return found
