"""The trigger that carries out declared grants on objects when they appear."""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from .hand_over import TAGS

DECLARED_GRANTS = Identifier("leasehold", "declared_grant")
APPLY_DECLARED_GRANTS = Identifier("leasehold", "apply_declared_grants")

# Runs as the issuer of the DDL (no SECURITY DEFINER): it can grant only what that role may grant anyway. Who may make
# nothing that lasts, as a temporary table alone, may not read what is declared, and has nothing to grant.
# No blank line after a semicolon: that ends a command in single-user mode.
_FUNCTION = """\
CREATE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  wanted record;
BEGIN
  IF NOT has_schema_privilege('leasehold', 'USAGE') THEN
    RETURN;
  END IF;
  FOR wanted IN
    WITH touched AS (
      SELECT DISTINCT classid, objid FROM pg_event_trigger_ddl_commands() WHERE NOT in_extension
    ), objects AS (
      SELECT CASE relkind WHEN 'S' THEN 'sequences' ELSE 'tables' END AS kind,
        CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS word, nspname AS schema, relname AS name, c.oid,
        c.oid::regclass::text AS shown, relowner AS owner, relacl AS acl
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND (('pg_class'::regclass, c.oid) IN (SELECT * FROM touched)
        OR ('pg_namespace'::regclass, n.oid) IN (SELECT * FROM touched))
      UNION ALL
      SELECT 'functions', 'ROUTINE', nspname, proname, p.oid, p.oid::regprocedure::text, proowner, proacl
      FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
      WHERE ('pg_proc'::regclass, p.oid) IN (SELECT * FROM touched)
        OR ('pg_namespace'::regclass, n.oid) IN (SELECT * FROM touched)
      UNION ALL
      SELECT 'types', 'TYPE', nspname, typname, t.oid, t.oid::regtype::text, typowner, typacl
      FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
      WHERE ('pg_type'::regclass, t.oid) IN (SELECT * FROM touched)
        OR ('pg_namespace'::regclass, n.oid) IN (SELECT * FROM touched)
      UNION ALL
      SELECT 'schemas', 'SCHEMA', '', nspname, n.oid, n.oid::regnamespace::text, nspowner, nspacl
      FROM pg_namespace n WHERE ('pg_namespace'::regclass, n.oid) IN (SELECT * FROM touched)
      UNION ALL
      SELECT 'foreign_servers', 'FOREIGN SERVER', '', srvname, s.oid, quote_ident(srvname), srvowner, srvacl
      FROM pg_foreign_server s WHERE ('pg_foreign_server'::regclass, s.oid) IN (SELECT * FROM touched)
    )
    SELECT d.*, o.word, o.shown, (
      SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
      WHERE a.attrelid = o.oid AND a.attname = ANY (d.columns) AND NOT a.attisdropped
        AND NOT EXISTS (SELECT FROM aclexplode(a.attacl) x
          WHERE (x.grantee, x.privilege_type) = (r.oid, d.privilege) AND (x.is_grantable OR NOT d.option))) AS missing
    FROM objects o JOIN {declared} d ON d.kind = o.kind AND d.schema = o.schema
        AND (d.object IN ('', o.name) OR (o.kind = 'functions' AND d.object LIKE '%(%'
          AND to_regprocedure(quote_ident(d.schema) || '.' || d.object) = o.oid))
      JOIN pg_roles r ON r.rolname = d.role
    WHERE o.owner <> r.oid AND pg_has_role(o.owner, 'USAGE')
      AND (d.columns <> ARRAY[]::name[] OR NOT EXISTS (SELECT FROM aclexplode(o.acl) x
        WHERE (x.grantee, x.privilege_type) = (r.oid, d.privilege) AND (x.is_grantable OR NOT d.option)))
  LOOP
    IF wanted.columns = ARRAY[]::name[] OR wanted.missing IS NOT NULL THEN
      EXECUTE format('GRANT %s%s ON %s %s TO %I%s', wanted.privilege, ' (' || wanted.missing || ')', wanted.word,
        wanted.shown, wanted.role, CASE WHEN wanted.option THEN ' WITH GRANT OPTION' END);
    END IF;
  END LOOP;
  -- Who may insert into a table may use the sequences that its columns are filled from.
  FOR wanted IN
    SELECT DISTINCT d.role, s.oid::regclass AS relation
    FROM {declared} d JOIN pg_namespace n ON n.nspname = d.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND d.object IN ('', c.relname) AND c.relkind IN ('r', 'p', 'f')
      JOIN pg_roles r ON r.rolname = d.role
      JOIN LATERAL (
        SELECT o.objid AS sequence FROM pg_depend o
        WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid
          AND o.deptype = 'a'
        UNION ALL
        SELECT o.refobjid FROM pg_attrdef a JOIN pg_depend o ON o.classid = 'pg_attrdef'::regclass AND o.objid = a.oid
        WHERE a.adrelid = c.oid AND o.refclassid = 'pg_class'::regclass AND o.deptype = 'n'
      ) f ON true
      JOIN pg_class s ON s.oid = f.sequence AND s.relkind = 'S'
    WHERE d.kind = 'tables' AND d.privilege = 'INSERT' AND pg_has_role(s.relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM aclexplode(s.relacl) x WHERE (x.grantee, x.privilege_type) = (r.oid, 'USAGE'))
      AND EXISTS (SELECT FROM pg_event_trigger_ddl_commands() t
        WHERE t.objid IN (c.oid, s.oid, n.oid) AND t.classid IN ('pg_class'::regclass, 'pg_namespace'::regclass))
  LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', wanted.relation, wanted.role);
  END LOOP;
END
$body$"""


def trigger_statements() -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database. The trigger comes after the hand-over: triggers run in the
    order of their names (PostgreSQL 18 manual, 38.1)."""
    yield SQL(_FUNCTION).format(function=APPLY_DECLARED_GRANTS, declared=DECLARED_GRANTS)
    yield SQL(
        "CREATE EVENT TRIGGER leasehold_declared_grants ON ddl_command_end WHEN TAG IN ({}) EXECUTE FUNCTION {}()"
    ).format(SQL(", ").join(Literal(tag) for tag in TAGS), APPLY_DECLARED_GRANTS)
