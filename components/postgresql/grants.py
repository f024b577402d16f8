"""Declared grants as SQL: what can be granted beforehand, and a trigger for objects that are yet to be made.

A named object usually does not exist when a run is created: a migrator's lease makes it later. An event
trigger grants what was declared the moment the object appears, with the rights of its maker, so any
migration tool will do and no GRANT can be forgotten.
"""

from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import ROUTINES, TYPES

from ..declared.grants import KINDS, LARGE_OBJECTS, Grant
from ..declared.validation import Role
from .declared_grants import DECLARED_GRANTS, trigger_statements

AT_ONCE = ("languages", "foreign_data_wrappers", "parameters")
"""Kinds whose objects are there from the beginning, since a superuser alone makes them."""

_PUBLIC_DEFAULTS = {ROUTINES: SQL("EXECUTE ON ROUTINES"), TYPES: SQL("USAGE ON TYPES")}


def grant_statements(roles: Iterable[Role], revoked_from_public: Iterable[str] = ()) -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database for its roles' grants.

    Args:
        roles: The declared roles.
        revoked_from_public: What everybody may not do, from `declared.public`.
    """
    roles = tuple(roles)
    owners = {schema: role.name for role in roles for schema in role.owns}
    makers = [role for role in roles if role.makes_objects]
    yield SQL(
        'CREATE TABLE {} (role name, kind text COLLATE "C", schema text COLLATE "C", object text COLLATE "C", '
        "columns name[], privilege text, option boolean)"  # collated as names are, so that the index serves them
    ).format(DECLARED_GRANTS)
    yield SQL("CREATE INDEX ON {} (object, schema, kind)").format(DECLARED_GRANTS)
    for schema, owner in owners.items():
        yield SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema))
        yield SQL("ALTER SCHEMA {} OWNER TO {}").format(Identifier(schema), Identifier(owner))
    for role in makers:
        yield SQL("GRANT USAGE ON SCHEMA leasehold TO {}").format(Identifier(role.name))
        yield SQL("GRANT SELECT ON {} TO {}").format(DECLARED_GRANTS, Identifier(role.name))
        for revoked in set(revoked_from_public) & set(_PUBLIC_DEFAULTS):
            yield SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE {} FROM PUBLIC").format(
                Identifier(role.name), _PUBLIC_DEFAULTS[revoked]
            )
    for role in roles:
        for schema in role.schemas:
            if schema in owners and owners[schema] != role.name:
                yield SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), Identifier(role.name))
            elif schema not in owners and schema != "public":
                yield from _row(role.name, Grant("schemas", "", (schema,), ("USAGE",)))
        for grant in role.grants:
            if grant.kind == LARGE_OBJECTS:
                for maker in (one.name for one in roles if one.large_objects and one.name != role.name):
                    yield from _later(maker, role.name, grant)
            elif not grant.by_migrations:
                yield from _granted(role.name, grant, owners)
    yield from trigger_statements()


def _granted(role: str, grant: Grant, owners: dict[str, str]) -> Iterator[Composable]:
    owner = owners.get(grant.schema)
    if grant.kind in AT_ONCE or (grant.kind == "schemas" and set(grant.objects) <= {*owners, "public"}):
        yield _at_once(role, grant)
        return
    if owner:
        yield from _later(owner, role, grant)
    # Where migrations make the schema, its owner's default privileges cannot be set before.
    if grant.objects or not owner:
        yield from _row(role, grant)


def _at_once(role: str, grant: Grant) -> Composable:
    return SQL("GRANT {} ON {} {} TO {}{}").format(
        SQL(", ").join(map(SQL, grant.privileges)),
        SQL(KINDS[grant.kind].word),
        SQL(", ").join(map(Identifier, grant.objects)),
        Identifier(role),
        SQL(" WITH GRANT OPTION" if grant.grant_option else ""),
    )


def _later(owner: str, role: str, grant: Grant) -> Iterator[Composable]:
    if not grant.default_privileges:
        return
    prefix = SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} ").format(Identifier(owner))
    if grant.schema:
        prefix += SQL("IN SCHEMA {} ").format(Identifier(grant.schema))
    yield prefix + SQL("GRANT {} ON {} TO {}{}").format(
        SQL(", ").join(map(SQL, grant.default_privileges)),
        SQL(KINDS[grant.kind].later),
        Identifier(role),
        SQL(" WITH GRANT OPTION" if grant.grant_option else ""),
    )
    if grant.kind == "tables" and "INSERT" in grant.default_privileges:  # a serial column is filled from its sequence
        yield prefix + SQL("GRANT USAGE ON SEQUENCES TO {}").format(Identifier(role))


def _row(role: str, grant: Grant) -> Iterator[Composable]:
    """Note a grant for the trigger. Without an object it is for every one of the schema."""
    columns = SQL("ARRAY[{}]::name[]").format(SQL(", ").join(map(Literal, grant.columns)))
    for name in grant.objects or ("",):
        for privilege in grant.privileges if name else grant.default_privileges:
            yield SQL("INSERT INTO {} VALUES ({}, {}, {}, {}, {}, {}, {})").format(
                DECLARED_GRANTS,
                *map(Literal, (role, grant.kind, grant.schema, name)),
                columns,
                Literal(privilege),
                Literal(grant.grant_option),
            )
