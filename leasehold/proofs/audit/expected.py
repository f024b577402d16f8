"""What every role should be able to do: its declaration, applied to the objects that there are."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...contract import ADMIN, LARGE_OBJECT_MAKERS, TEMPLATE_ADMIN, TEMPORARY, USE_PUBLIC
from ...outputs import Grant, Role
from .effective import Object
from .facts import EVERYTHING, Fact
from .memberships import with_memberships

LARGE_OBJECTS = "large_objects"

INTERNAL = "leasehold"
"""Schema with the declared grants, which the trigger of those reads that make objects."""

PUBLIC_SCHEMA = "public"

LARGE_OBJECT = "large object"

_WHOSE = ("column", "ownership", "grant option", LARGE_OBJECT)
"""Kinds of facts that name who holds something; the others tell what a role can do, whoever holds it."""

MAINTENANCE = "postgres"

KINDS = {
    "tables": "table",
    "sequences": "sequence",
    "functions": "function",
    "types": "type",
    LARGE_OBJECTS: LARGE_OBJECT,
}
"""Kinds of objects in a schema, and large ones, by what a declaration calls them."""

ELSEWHERE = {
    "languages": "language",
    "foreign_servers": "foreign server",
    "foreign_data_wrappers": "foreign-data wrapper",
    "parameters": "parameter",
}
"""The same of those in none, whose grants alone are looked at."""


def expected_facts(
    roles: Mapping[str, Role], database: str, there: Iterable[Object], revoked_from_public: Collection[str] = ()
) -> set[Fact]:
    """Return what the declared roles, and ours beside them, should be able to do.

    Args:
        roles: The declared roles, by name.
        database: The run's database.
        there: What objects there are.
        revoked_from_public: What PUBLIC may not do, of PostgreSQL's own default.
    """
    there = list(there)
    owners = {schema: name for name, role in roles.items() for schema in role.owns}
    facts = {
        Fact(TEMPLATE_ADMIN, "database", MAINTENANCE, "CONNECT"),
        Fact(TEMPLATE_ADMIN, "attribute", TEMPLATE_ADMIN, "CREATEDB"),
        Fact(ADMIN, "database", MAINTENANCE, "CONNECT"),
        *(Fact(ADMIN, "attribute", ADMIN, attribute) for attribute in ("CREATEROLE", "LOGIN")),
        *(Fact(ADMIN, "attribute", ADMIN, attribute) for role in roles.values() for attribute in role.attributes),
    }
    for role in roles.values():  # of no module, so that who makes logins has to be let set them
        facts.update(Fact(ADMIN, "parameter", setting, "SET") for setting in role.settings if "." in setting)
    for name in (*roles, TEMPLATE_ADMIN):
        facts.update(Fact(ADMIN, "membership", name, option) for option in ("MEMBER", "ADMIN"))
    if PUBLIC_SCHEMA not in owners:
        # It owns the clone that is looked at, and as a database's owner has this schema (manual, 21.5), unless a role
        # owns it.
        facts.update(Fact(TEMPLATE_ADMIN, "schema", PUBLIC_SCHEMA, privilege) for privilege in ("CREATE", "USAGE"))
    own = {name: set(_own(name, role, database, there)) for name, role in roles.items()}
    for name, role in roles.items():
        facts.update(_alone(name, role, owners))
        facts.update(_later_large_objects(name, role, roles))
        facts.update(own[name])
        for holder in with_memberships(name, roles, lambda membership: membership.inherit):
            facts.update(fact._replace(role=name) for fact in own[holder] if fact.kind not in _WHOSE)
    for name in (*roles, TEMPLATE_ADMIN, ADMIN):
        facts.update(_of_everybody(name, database, revoked_from_public))
    return facts


def _of_everybody(name: str, database: str, revoked: Collection[str]) -> Iterator[Fact]:
    """Yield what a role has by PostgreSQL's own default, as far as it is not revoked from PUBLIC (manual, 5.8)."""
    if TEMPORARY not in revoked:
        yield Fact(name, "database", database, TEMPORARY)
    if USE_PUBLIC not in revoked:
        yield Fact(name, "schema", PUBLIC_SCHEMA, "USAGE")


def _alone(name: str, role: Role, owners: Mapping[str, str]) -> Iterator[Fact]:
    """Yield what is a role's own, and not its members'."""
    for membership in role.member_of:
        options = {"MEMBER": True, "INHERIT": membership.inherit, "SET": membership.set, "ADMIN": membership.admin}
        yield from (Fact(name, "membership", membership.role, option) for option, has in options.items() if has)
    if role.is_static:
        yield Fact(name, "attribute", name, "LOGIN")
    for attribute in role.attributes:
        yield Fact(name, "attribute", name if role.is_static else "a lease", attribute)
    for schema in role.owns:
        yield Fact(name, "ownership", schema, "OWNER")
    for grant in role.grants:
        owner = owners.get(grant.schema_name)
        if grant.kind in ELSEWHERE:
            for one in grant.objects:
                yield from (Fact(name, ELSEWHERE[grant.kind], one, privilege) for privilege in grant.privileges)
        if owner is None or owner == name:
            continue  # by default an owner has all privileges on what it makes: these are none beside
        for privilege in grant.default_privileges:
            yield Fact(name, "default privilege", f"{grant.schema_name}, {grant.kind} of {owner}", privilege)
        if grant.kind == "tables" and "INSERT" in grant.default_privileges:
            yield Fact(name, "default privilege", f"{grant.schema_name}, sequences of {owner}", "USAGE")


def _later_large_objects(name: str, role: Role, roles: Mapping[str, Role]) -> Iterator[Fact]:
    for grant in role.grants:
        for maker in (one for one in roles if grant.kind == LARGE_OBJECTS and roles[one].large_objects and one != name):
            for privilege in grant.default_privileges:
                yield Fact(name, "default privilege", f"every schema, large objects of {maker}", privilege)


def _own(name: str, role: Role, database: str, there: Sequence[Object]) -> Iterator[Fact]:
    """Yield what a role has itself, and those with it that inherit from it."""
    yield Fact(name, "database", database, "CONNECT")
    for privilege in role.database:
        yield Fact(name, "database", database, privilege)
    if role.large_objects:
        yield from (Fact(name, "function", f"pg_catalog.{one}", "EXECUTE") for one in LARGE_OBJECT_MAKERS)
    makes, creates_in = "CREATE" in role.database, set(role.owns)
    for grant in role.grants:
        if grant.kind == "schemas" and "CREATE" in grant.privileges:
            creates_in.update(grant.objects)
    if makes or creates_in:
        yield Fact(name, "schema", INTERNAL, "USAGE")
        yield Fact(name, "table", f"{INTERNAL}.declared_grant", "SELECT")
    for schema in {*role.owns, *(grant.schema_name for grant in role.grants if grant.schema_name)}:
        yield Fact(name, "schema", schema, "USAGE")
    for schema in role.owns:
        yield Fact(name, "schema", schema, "CREATE")
    for one in there:
        yield from _of_object(name, role, one, may_own=makes or one.schema in creates_in)


def _of_object(name: str, role: Role, one: Object, *, may_own: bool) -> Iterator[Fact]:
    if one.owner == name and (may_own or one.kind == LARGE_OBJECT):
        if one.kind in ("schema", "extension", "table", "sequence"):
            yield Fact(name, "ownership", one.shown, "OWNER")
        for privilege in EVERYTHING.get(one.kind, ()):
            yield Fact(name, one.kind, one.shown, privilege)
        return
    for grant in role.grants:
        for kind, shown, privilege in _granted(grant, one):
            yield Fact(name, kind, shown, privilege)
            if grant.grant_option:
                yield Fact(name, "grant option", shown, privilege.partition(" as ")[0])


def _granted(grant: Grant, one: Object) -> Iterator[tuple[str, str, str]]:
    """Yield what a grant lets its role do with an object: the kind of a fact, its object, and a privilege."""
    if grant.kind == "schemas" and one.kind == "schema" and one.name in grant.objects:
        yield from (("schema", one.shown, privilege) for privilege in grant.privileges)
    if one.schema != grant.schema_name or grant.kind not in KINDS:
        return
    if one.kind == "sequence" and grant.kind == "tables":  # who may insert may fill a serial column
        if "INSERT" in grant.default_privileges or ("INSERT" in grant.privileges and set(one.of) & set(grant.objects)):
            yield "sequence", one.shown, "USAGE"
    elif one.kind == KINDS[grant.kind]:
        named = not grant.objects or any(_is(name, one) for name in grant.objects)
        now = (grant.objects and named) or one.kind == LARGE_OBJECT
        privileges = {*grant.default_privileges, *(grant.privileges if now else ())}
        for privilege in privileges:
            if grant.columns:
                yield from (("column", f"{one.shown}.{column}", privilege) for column in grant.columns)
            else:
                yield one.kind, one.shown, f"{privilege} as {one.owner}" if one.definer else privilege


def _is(name: str, one: Object) -> bool:
    """Return whether a declaration means an object: a function by its name, or by its signature."""
    if one.kind != "function" or "(" not in name:
        return name == one.name
    return _squeezed(name) == _squeezed(one.shown.removeprefix(f"{one.schema}."))


def _squeezed(signature: str) -> str:
    return "".join(signature.split()).replace('"', "").lower()
