"""The trigger that carries out declared grants on objects when they appear."""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from .hand_over import TAGS

DECLARED_GRANTS = Identifier("leasehold", "declared_grant")
APPLY_DECLARED_GRANTS = Identifier("leasehold", "apply_declared_grants")
_GRANT_ON = Identifier("leasehold", "grant_on")
_GRANT_ON_RELATION = Identifier("leasehold", "grant_on_relation")

# They run as the issuer of the DDL (no SECURITY DEFINER): they can grant only what that role may grant anyway. Small
# statements, each with one object: the server plans them anew whenever there is a new object.
# No blank line after a semicolon: that ends a command in single-user mode.
_ON_ONE = """\
CREATE FUNCTION {grant_on}(kind text, word text, schema text, name text, object oid, shown text, owner oid,
  acl aclitem[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  wanted record;
  missing text;
BEGIN
  FOR wanted IN
    SELECT d.*, r.oid AS grantee FROM {declared} d JOIN pg_roles r ON r.rolname = d.role
    WHERE d.kind = $1 AND d.schema = $3 AND d.object IN ('', $4) AND r.oid <> $7
    UNION ALL
    SELECT d.*, r.oid FROM {declared} d JOIN pg_roles r ON r.rolname = d.role
    WHERE $1 = 'functions' AND d.kind = 'functions' AND d.schema = $3 AND d.object LIKE '%(%' AND r.oid <> $7
      AND to_regprocedure(quote_ident($3) || '.' || d.object) = $5
  LOOP
    IF wanted.columns = ARRAY[]::name[] THEN
      CONTINUE WHEN EXISTS (SELECT FROM aclexplode($8) x WHERE (x.grantee, x.privilege_type)
        = (wanted.grantee, wanted.privilege) AND (x.is_grantable OR NOT wanted.option));
    ELSE
      SELECT ' (' || string_agg(quote_ident(a.attname), ', ') || ')' INTO missing FROM pg_attribute a
      WHERE a.attrelid = $5 AND a.attname = ANY (wanted.columns) AND NOT a.attisdropped
        AND NOT EXISTS (SELECT FROM aclexplode(a.attacl) x WHERE (x.grantee, x.privilege_type)
          = (wanted.grantee, wanted.privilege) AND (x.is_grantable OR NOT wanted.option));
      CONTINUE WHEN missing IS NULL;
    END IF;
    EXECUTE format('GRANT %s%s ON %s %s TO %I%s', wanted.privilege, missing, word, shown, wanted.role,
      CASE WHEN wanted.option THEN ' WITH GRANT OPTION' END);
    missing := NULL;
  END LOOP;
END
$body$"""

# Who may insert into a table may use the sequences that its columns are filled from.
_ON_RELATION = """\
CREATE FUNCTION {grant_on_relation}(relation oid) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  made record;
  filled record;
  wanted record;
BEGIN
  SELECT c.oid, relname::text AS name, nspname::text AS schema, relkind AS kind, relowner AS owner, relacl AS acl
  INTO made
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE c.oid = relation AND relpersistence <> 't' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S');
  IF NOT FOUND OR NOT pg_has_role(made.owner, 'USAGE') THEN
    RETURN;
  ELSIF made.kind = 'S' THEN
    PERFORM {grant_on}('sequences', 'SEQUENCE', made.schema, made.name, made.oid, made.oid::regclass::text, made.owner,
      made.acl);
    PERFORM {grant_on_relation}(refobjid) FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = made.oid AND refclassid = 'pg_class'::regclass AND deptype = 'a';
    RETURN;
  END IF;
  PERFORM {grant_on}('tables', 'TABLE', made.schema, made.name, made.oid, made.oid::regclass::text, made.owner,
    made.acl);
  FOR wanted IN
    SELECT d.role, r.oid FROM {declared} d JOIN pg_roles r ON r.rolname = d.role
    WHERE d.kind = 'tables' AND d.schema = made.schema AND d.object IN ('', made.name) AND d.privilege = 'INSERT'
  LOOP
    FOR filled IN
      SELECT objid AS sequence FROM pg_depend
      WHERE refclassid = 'pg_class'::regclass AND refobjid = made.oid AND classid = 'pg_class'::regclass
        AND deptype = 'a'
      UNION
      SELECT o.refobjid FROM pg_attrdef a JOIN pg_depend o ON o.objid = a.oid AND o.classid = 'pg_attrdef'::regclass
      WHERE a.adrelid = made.oid AND o.refclassid = 'pg_class'::regclass AND o.deptype = 'n'
    LOOP
      IF EXISTS (SELECT FROM pg_class WHERE oid = filled.sequence AND relkind = 'S' AND pg_has_role(relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM aclexplode(relacl) x WHERE (x.grantee, x.privilege_type) = (wanted.oid, 'USAGE')))
      THEN
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', filled.sequence::regclass, wanted.role);
      END IF;
    END LOOP;
  END LOOP;
END
$body$"""

# Who may make nothing that lasts, as a temporary table alone, may not read what is declared, and has nothing to grant.
_APPLY = """\
CREATE FUNCTION {apply}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  made record;
BEGIN
  IF NOT has_schema_privilege('leasehold', 'USAGE') THEN
    RETURN;
  END IF;
  FOR made IN SELECT DISTINCT classid, objid FROM pg_event_trigger_ddl_commands() WHERE NOT in_extension LOOP
    CASE made.classid
    WHEN 'pg_class'::regclass THEN
      PERFORM {grant_on_relation}(made.objid);
    WHEN 'pg_proc'::regclass THEN
      PERFORM {grant_on}('functions', 'ROUTINE', nspname::text, proname::text, p.oid, p.oid::regprocedure::text,
        proowner, proacl)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
      WHERE p.oid = made.objid AND pg_has_role(proowner, 'USAGE');
    WHEN 'pg_type'::regclass THEN
      PERFORM {grant_on}('types', 'TYPE', nspname::text, typname::text, t.oid, t.oid::regtype::text, typowner, typacl)
      FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
      WHERE t.oid = made.objid AND typelem = 0 AND pg_has_role(typowner, 'USAGE');
    WHEN 'pg_foreign_server'::regclass THEN
      PERFORM {grant_on}('foreign_servers', 'FOREIGN SERVER', '', srvname::text, oid, quote_ident(srvname), srvowner,
        srvacl)
      FROM pg_foreign_server WHERE oid = made.objid AND pg_has_role(srvowner, 'USAGE');
    WHEN 'pg_namespace'::regclass THEN
      PERFORM {grant_on}('schemas', 'SCHEMA', '', nspname::text, oid, oid::regnamespace::text, nspowner, nspacl)
      FROM pg_namespace WHERE oid = made.objid AND pg_has_role(nspowner, 'USAGE');
      -- With another name, all that is in it has one.
      PERFORM {grant_on_relation}(oid) FROM pg_class WHERE relnamespace = made.objid;
    ELSE
      NULL;
    END CASE;
  END LOOP;
END
$body$"""


def trigger_statements() -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database. The trigger comes after the hand-over: triggers run in the
    order of their names (PostgreSQL 18 manual, 38.1)."""
    names = {"declared": DECLARED_GRANTS, "grant_on": _GRANT_ON, "grant_on_relation": _GRANT_ON_RELATION}
    yield SQL(_ON_ONE).format(**names)
    yield SQL(_ON_RELATION).format(**names)
    yield SQL(_APPLY).format(apply=APPLY_DECLARED_GRANTS, **names)
    yield SQL(
        "CREATE EVENT TRIGGER leasehold_declared_grants ON ddl_command_end WHEN TAG IN ({}) EXECUTE FUNCTION {}()"
    ).format(SQL(", ").join(Literal(tag) for tag in TAGS), APPLY_DECLARED_GRANTS)
