"""Remedies for denials: the smallest change that would allow what was refused, as it is declared."""

import json
import re
from collections.abc import Mapping

from ..contract import LARGE_OBJECT_MAKERS
from ..outputs import Role
from .declarations import UNKNOWN_SCHEMA, owner_of, smallest_grant
from .model import Kind
from .sources.entries import Refusal

_FIXED = {
    Kind.WRONG_PASSWORD: "Connect with the lease's own password; after a rotation, with the new lease's.",
    Kind.EXPIRED_LOGIN: "Renew the lease before its end, or take another; pools have to replace their connections.",
    Kind.REVOKED_LOGIN: "Take another lease. A pool or thread that outlives its test, or kept credentials through a "
    "rotation, tries this.",
    Kind.UNKNOWN_LOGIN: "Connect as a lease.",
    Kind.BARRED_LOGIN: "Take a lease of the role, and connect as that.",
    Kind.NOT_IN_HBA: "Connect as a lease; nobody gets in as superuser.",
    Kind.NO_TLS: "Connect with sslmode=verify-full and the run's authority.",
    Kind.TOO_MANY_CONNECTIONS: "Make the pool smaller, or declare a higher `connection_limit` for the role.",
    Kind.ROW_SECURITY: "If the role should see the row, a migration can widen the policy.",
    Kind.BROKER_PERMISSION: "Ask with a token of the role whose credentials are wanted.",
    Kind.BROKER_LOGIN: "Secret ids work once, for a minute, for one role; take a new one for each login.",
    Kind.BAD_TOKEN: "Log in first.",
    Kind.EXPIRED_TOKEN: "Renew the token in time, or log in again.",
    Kind.USED_UP_TOKEN: "Log in again; if the code asks that often by design, its leases are too short.",
    Kind.REVOKED_TOKEN: "Log in again.",
    Kind.OPENED_TWICE: "Find out who opened it; have another made.",
    Kind.SEALED: "End the run and create it again.",
}

_EXTENSION = re.compile(r'permission denied to create extension "(?P<on>.+)"')
_PARAMETER = re.compile(r'permission denied to set parameter "(?P<on>.+)"')
_OTHERS = {
    "type": "types",
    "language": "languages",
    "foreign server": "foreign_servers",
    "foreign-data wrapper": "foreign_data_wrappers",
}
"""Fields of a grant, by what the server's refusal calls the object."""


def remedy(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    """Return the smallest change that would allow it.

    Args:
        refusal: What was refused.
        relation: What it was refused on, with its schema.
        roles: The declared roles.
    """
    known = _FIXED.get(refusal.kind)
    return known or _BY_KIND[refusal.kind](refusal, relation, roles)


def _whom(refusal: Refusal) -> str:
    return refusal.role or "the role"


def _if_granted(refusal: Refusal, **grant: object) -> str:
    told = json.dumps(grant, ensure_ascii=False)
    return f"If production grants it, add to the grants of {_whom(refusal)}: {told}"


def _table(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    table = relation.rpartition(".")[0] if refusal.kind is Kind.COLUMN else relation
    return f"Add to the grants of {_whom(refusal)}: {smallest_grant(refusal, table, roles.get(refusal.role))}"


def _sequence(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    schema, _, name = relation.rpartition(".")
    grant = _if_granted(refusal, schema=schema or UNKNOWN_SCHEMA, sequences=[name], privileges=["USAGE"])
    return f"{grant}. INSERT on a table brings the use of the sequences along that fill its columns."


def _function(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    schema, _, name = relation.rpartition(".")
    if name in LARGE_OBJECT_MAKERS:
        return f'If it makes large objects in production, declare "large_objects": true for {_whom(refusal)}.'
    return _if_granted(refusal, schema=schema or UNKNOWN_SCHEMA, functions=[name], privileges=["EXECUTE"])


def _owner(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    if refusal.message.startswith("must be owner of large object "):
        return "Do it as the role that made it."
    owner = owner_of(relation.rpartition(".")[0] or relation, roles)
    return f"Do it in a migration, as {owner}, which owns the schema." if owner else "Do it in a migration."


def _schema(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    if refusal.action == "CREATE":
        return f"{_owner(refusal, relation, roles)} {_if_granted(refusal, schemas=[relation], privileges=['CREATE'])}"
    return f"A grant on anything in schema {refusal.on} lets {_whom(refusal)} into it."


def _database(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    if refusal.action == "connect":
        return "Work in the lease's own database."
    if refusal.message.startswith("permission denied to create temporary tables"):
        return (
            "PUBLIC's TEMPORARY is revoked. If production lets it make temporary tables, declare "
            f'"database": ["TEMPORARY"] for {_whom(refusal)}.'
        )
    return f'If production lets it make schemas, declare "database": ["CREATE"] for {_whom(refusal)}.'


def _membership(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    member = json.dumps([{"role": refusal.on or UNKNOWN_SCHEMA}])
    return f'If production lets it, declare "member_of": {member} for {_whom(refusal)}; else take a lease of that role.'


def _other(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    if extension := _EXTENSION.fullmatch(refusal.message):
        return (
            f'Declare the extension, "extensions": [{json.dumps(extension["on"])}], and it is made at set-up; a '
            'trusted one may be made by who has "database": ["CREATE"].'
        )
    if parameter := _PARAMETER.fullmatch(refusal.message):
        return _if_granted(refusal, parameters=[parameter["on"]], privileges=["SET"])
    if refusal.message.startswith("permission denied for large object "):
        return _if_granted(refusal, large_objects=["*"], privileges=["SELECT"])
    for word, field in _OTHERS.items():
        if refusal.message.startswith(f"permission denied for {word} "):
            inside = {"schema": UNKNOWN_SCHEMA} if field == "types" else {}
            return _if_granted(refusal, **inside, **{field: [refusal.on]}, privileges=["USAGE"])
    return f"Declare for {_whom(refusal)} what production grants it, or do it in another way."


_BY_KIND = {
    Kind.TABLE: _table,
    Kind.COLUMN: _table,
    Kind.SEQUENCE: _sequence,
    Kind.FUNCTION: _function,
    Kind.OWNERSHIP: _owner,
    Kind.SCHEMA: _schema,
    Kind.DATABASE: _database,
    Kind.MEMBERSHIP: _membership,
    Kind.OTHER_PRIVILEGE: _other,
}
