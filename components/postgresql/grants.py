"""Declared grants as SQL: what can be granted beforehand, and a trigger for tables that are yet to be made.

A named table usually does not exist when a run is created: a migrator's lease makes it later. An event
trigger grants what was declared the moment the table appears, with the rights of its maker, so any
migration tool will do and no GRANT can be forgotten.
"""

from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from ..declared.validation import Grant, Role

DECLARED_GRANTS = Identifier("leasehold", "declared_grant")
APPLY_DECLARED_GRANTS = Identifier("leasehold", "apply_declared_grants")


def grant_statements(roles: Iterable[Role]) -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database for its roles' grants."""
    roles = tuple(roles)
    owners = {schema: role.name for role in roles for schema in role.owns}
    yield SQL(
        "CREATE TABLE {} (role name, schema name, relation name, privilege text, "
        "PRIMARY KEY (role, schema, relation, privilege))"
    ).format(DECLARED_GRANTS)
    for schema, owner in owners.items():
        yield SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema))
        yield SQL("ALTER SCHEMA {} OWNER TO {}").format(Identifier(schema), Identifier(owner))
    for owner in dict.fromkeys(owners.values()):
        yield SQL("GRANT USAGE ON SCHEMA leasehold TO {}").format(Identifier(owner))
        yield SQL("GRANT SELECT ON {} TO {}").format(DECLARED_GRANTS, Identifier(owner))
    for role in roles:
        for schema in role.schemas:
            if owners[schema] != role.name:
                yield SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), Identifier(role.name))
        for grant in role.grants:
            yield from _later_tables(owners[grant.schema], role.name, grant)
            yield from _named_tables(role.name, grant)
    yield from _trigger()


def _later_tables(owner: str, role: str, grant: Grant) -> Iterator[Composable]:
    if not grant.default_privileges:
        return
    prefix = SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} ").format(
        Identifier(owner), Identifier(grant.schema)
    )
    privileges = SQL(", ").join(SQL(privilege) for privilege in grant.default_privileges)
    yield prefix + SQL("GRANT {} ON TABLES TO {}").format(privileges, Identifier(role))
    if "INSERT" in grant.default_privileges:  # a serial column is filled from its sequence
        yield prefix + SQL("GRANT USAGE ON SEQUENCES TO {}").format(Identifier(role))


def _named_tables(role: str, grant: Grant) -> Iterator[Composable]:
    for table in grant.tables:
        for privilege in grant.privileges:
            yield SQL("INSERT INTO {} VALUES ({}, {}, {}, {}) ON CONFLICT DO NOTHING").format(
                DECLARED_GRANTS, Literal(role), Literal(grant.schema), Literal(table), Literal(privilege)
            )


_TAGS = (
    *(f"{verb} {kind}" for verb in ("CREATE", "ALTER") for kind in ("TABLE", "VIEW", "MATERIALIZED VIEW")),
    *(f"{verb} {kind}" for verb in ("CREATE", "ALTER") for kind in ("FOREIGN TABLE", "SEQUENCE")),
    "CREATE TABLE AS",
    "SELECT INTO",
)

# Runs as the issuer of the DDL (no SECURITY DEFINER): it can grant only what that role may grant anyway.
# No blank line after a semicolon: that ends a command in single-user mode.
_FUNCTION = """\
CREATE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT d.role, d.privilege, c.oid::regclass AS relation
    FROM {declared} d JOIN pg_namespace n ON n.nspname = d.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d.relation
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_has_role(c.relowner, 'USAGE')
      AND NOT has_table_privilege(d.role, c.oid, d.privilege)
  LOOP
    EXECUTE format('GRANT %s ON TABLE %s TO %I', wanted.privilege, wanted.relation, wanted.role);
  END LOOP;
  FOR wanted IN
    SELECT DISTINCT d.role, s.oid::regclass AS relation
    FROM {declared} d JOIN pg_namespace n ON n.nspname = d.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d.relation
      JOIN pg_depend o ON o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.deptype = 'a'
      JOIN pg_class s ON o.classid = 'pg_class'::regclass AND o.objid = s.oid AND s.relkind = 'S'
    WHERE d.privilege = 'INSERT' AND pg_has_role(s.relowner, 'USAGE')
      AND NOT has_sequence_privilege(d.role, s.oid, 'USAGE')
  LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', wanted.relation, wanted.role);
  END LOOP;
END
$body$"""


def _trigger() -> Iterator[Composable]:
    yield SQL(_FUNCTION).format(function=APPLY_DECLARED_GRANTS, declared=DECLARED_GRANTS)
    yield SQL(
        "CREATE EVENT TRIGGER leasehold_declared_grants ON ddl_command_end WHEN TAG IN ({}) EXECUTE FUNCTION {}()"
    ).format(SQL(", ").join(Literal(tag) for tag in _TAGS), APPLY_DECLARED_GRANTS)
