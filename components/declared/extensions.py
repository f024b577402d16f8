"""Extensions that are there from the start, as an administrator would have made them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired, TypedDict

from .errors import DeclarationError
from .identifiers import MAX_BYTES, identifier, is_name, is_reserved
from .roles import RoleArgs
from .validation import Role

DEFAULT_SCHEMA = "public"
"""Where the server puts an extension for which no schema is named (PostgreSQL 18 manual, CREATE EXTENSION)."""

_HOW = "an extension is declared by its name, or as {'name': 'pg_trgm', 'schema': 'extensions', 'version': '1.6'}."


class ExtensionArgs(TypedDict):
    """An extension of PostgreSQL's. Its name alone does, too."""

    name: str
    """As ``pg_available_extensions`` has it, such as ``pg_trgm`` or ``uuid-ossp``."""
    schema: NotRequired[str]
    """Schema for its objects. When not given, the one that the extension insists on, or else ``public``. Every login
    may use it (USAGE), unless a declared role owns it: then its owner and who has grants in it may."""
    version: NotRequired[str]
    """Its version; the image's default when not given."""


@dataclass(frozen=True)
class Extension:
    """A checked extension. What is None the server decides."""

    name: str
    schema: str | None = None
    version: str | None = None


def check_extensions(declared: Sequence[str | ExtensionArgs] | None) -> tuple[Extension, ...]:
    """Return declared extensions. Whether the image has them, its server says when it is set up.

    Raises:
        DeclarationError: Names the field and what is wrong with it.
    """
    if declared is None:
        return ()
    if isinstance(declared, str | Mapping) or not isinstance(declared, Sequence):
        raise DeclarationError(f"extensions is {declared!r}; it is a list: {_HOW}")
    extensions = tuple(_check(f"extensions[{at}]", one) for at, one in enumerate(declared))
    first: dict[str, int] = {}
    for at, extension in enumerate(extensions):
        if first.setdefault(extension.name, at) != at:
            raise DeclarationError(
                f"extensions[{at}] declares {extension.name!r} again, as extensions[{first[extension.name]}] does. "
                "A database has an extension once."
            )
    return extensions


def _check(path: str, declared: object) -> Extension:
    if isinstance(declared, str):
        return Extension(_identifier(path, declared))
    if not isinstance(declared, Mapping):
        raise DeclarationError(f"{path} is {declared!r}; {_HOW}")
    if unknown := sorted(map(str, set(declared) - set(ExtensionArgs.__annotations__))):
        raise DeclarationError(f"{path}.{unknown[0]} is an unknown field; {_HOW}")
    if "name" not in declared:
        raise DeclarationError(f"{path}.name is missing; {_HOW}")
    schema, version = declared.get("schema"), declared.get("version")
    if schema is not None:
        schema = _identifier(f"{path}.schema", schema)
        if is_reserved(schema):
            raise DeclarationError(
                f"{path}.schema is {schema!r}, which is reserved. Choose another; an extension that insists on a "
                "schema of the server's is put there when none is declared."
            )
    return Extension(
        _identifier(f"{path}.name", declared["name"]),
        schema,
        version if version is None else _identifier(f"{path}.version", version),
    )


def _identifier(path: str, value: object) -> str:
    if not is_name(value):
        raise DeclarationError(f"{path} is {value!r}; it is text of 1 to {MAX_BYTES} bytes.")
    return identifier(value, path)


def searched(roles: Iterable[Role], declared: Iterable[RoleArgs], extensions: Iterable[Extension]) -> tuple[Role, ...]:
    """Return roles whose search path finds the extensions, too, but for those that declare their own.

    Without that, ``CREATE TABLE t (email citext)`` would name a type that is not found, as it is found wherever
    ``search_path`` has the extension's schema.
    """
    schemas = tuple(dict.fromkeys(extension.schema or DEFAULT_SCHEMA for extension in extensions))
    own = {role["name"] for role in declared if role.get("search_path")}
    return tuple(
        role if role.name in own else replace(role, search_path=tuple(dict.fromkeys((*role.search_path, *schemas))))
        for role in roles
    )
