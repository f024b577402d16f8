"""What every role should be able to do: its declaration, applied to the tables that there are."""

from collections.abc import Iterable, Iterator, Mapping

from ...contract import ADMIN, TEMPLATE_ADMIN
from ...outputs import Grant, Role
from .effective import Relation
from .facts import SEQUENCE_PRIVILEGES, TABLE_PRIVILEGES, Fact

INTERNAL = "leasehold"
"""Schema with the declared grants, which the owners' event trigger reads."""

PUBLIC_SCHEMA = "public"

MAINTENANCE = "postgres"


def expected_facts(roles: Mapping[str, Role], database: str, relations: Iterable[Relation]) -> set[Fact]:
    """Return what the declared roles, and ours beside them, should be able to do.

    Args:
        roles: The declared roles, by name.
        database: The run's database.
        relations: What tables, views and sequences there are.
    """
    owners = {schema: name for name, role in roles.items() for schema in role.owns}
    relations = list(relations)
    facts = {
        Fact(TEMPLATE_ADMIN, "database", MAINTENANCE, "CONNECT"),
        Fact(TEMPLATE_ADMIN, "attribute", TEMPLATE_ADMIN, "CREATEDB"),
        Fact(ADMIN, "database", MAINTENANCE, "CONNECT"),
        Fact(ADMIN, "attribute", ADMIN, "CREATEROLE"),
        Fact(ADMIN, "attribute", ADMIN, "LOGIN"),
        *(Fact(ADMIN, "membership", name, "MEMBER") for name in (*roles, TEMPLATE_ADMIN)),
    }
    if PUBLIC_SCHEMA not in owners:
        # It owns the clone that is looked at, and as a database's owner has this schema (manual, 21.5), unless a role
        # owns it.
        facts.update(Fact(TEMPLATE_ADMIN, "schema", PUBLIC_SCHEMA, privilege) for privilege in ("CREATE", "USAGE"))
    for name, role in roles.items():
        facts.update(_of_role(name, role, owners))
        facts.add(Fact(name, "database", database, "CONNECT"))
        for relation in relations:
            facts.update(_of_relation(name, role, relation))
    return facts


def _of_role(name: str, role: Role, owners: Mapping[str, str]) -> Iterator[Fact]:
    for schema in role.owns:
        yield Fact(name, "schema", schema, "CREATE")
        yield Fact(name, "ownership", schema, "OWNER")
    if role.owns:
        yield Fact(name, "schema", INTERNAL, "USAGE")
        yield Fact(name, "table", f"{INTERNAL}.declared_grant", "SELECT")
    for schema in {*role.owns, *(grant.schema_name for grant in role.grants)}:
        yield Fact(name, "schema", schema, "USAGE")
    for grant in role.grants:
        if owners[grant.schema_name] == name:
            continue  # by default an owner has all privileges on what it makes: these are none beside
        where = f"{grant.schema_name}, {{}} of {owners[grant.schema_name]}"
        for privilege in grant.default_privileges:
            yield Fact(name, "default privilege", where.format("tables"), privilege)
        if "INSERT" in grant.default_privileges:
            yield Fact(name, "default privilege", where.format("sequences"), "USAGE")


def _of_relation(name: str, role: Role, relation: Relation) -> Iterator[Fact]:
    kind = "sequence" if relation.sequence else "table"
    named = f"{relation.schema}.{relation.name}"
    if relation.schema in role.owns:
        yield Fact(name, "ownership", named, "OWNER")
        for privilege in SEQUENCE_PRIVILEGES if relation.sequence else TABLE_PRIVILEGES:
            yield Fact(name, kind, named, privilege)
    for grant in role.grants:
        if grant.schema_name == relation.schema:
            for privilege in _granted(grant, relation):
                yield Fact(name, kind, named, privilege)


def _granted(grant: Grant, relation: Relation) -> set[str]:
    if relation.sequence:  # who may insert may fill a serial column
        inserts = "INSERT" in grant.default_privileges or (relation.of in grant.tables and "INSERT" in grant.privileges)
        return {"USAGE"} if inserts else set()
    return {*grant.default_privileges, *(grant.privileges if relation.name in grant.tables else ())}
