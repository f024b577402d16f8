"""What a lease makes belongs to its role: a trigger hands it over the moment it is made.

A lease is a login of its own that has its role's rights, so that it sees and ends its own sessions, as any login does.
PostgreSQL gives what is made to who is logged in, and takes default privileges for whoever that is. Here both count for
the role: what one lease has made, the next one can alter, and nothing is left to a login that ends in minutes.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import LEASE_NAME

HAND_OVER = Identifier("leasehold", "hand_over")

# Runs as the lease, which may hand over what it owns and nothing else. Whoever acts as another role by SET ROLE makes
# things for that one, and has none here. No blank line after a semicolon: that ends a command in single-user mode.
_FUNCTION = r"""
CREATE FUNCTION {hand_over}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  lease CONSTANT oid := quote_ident(current_user)::regrole;
  owner oid;
  made record;
  wanted record;
  classes oid[];
  objects oid[];
  defaults pg_default_acl[];
  one pg_default_acl;
BEGIN
  IF current_user !~ {lease} THEN
    RETURN;
  END IF;
  SELECT roleid INTO owner FROM pg_auth_members WHERE member = lease;
  SELECT array_agg(classid), array_agg(objid) INTO classes, objects FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND refobjid = lease AND deptype = 'o'
      AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
  IF owner IS NULL OR objects IS NULL THEN
    RETURN;
  END IF;
  SELECT array_agg(d) INTO defaults FROM pg_default_acl d WHERE defaclrole = lease;
  EXECUTE format('REASSIGN OWNED BY %I TO %s', current_user, owner::regrole);
  -- Its own default privileges become its role's. They were all that is left.
  IF defaults IS NOT NULL THEN
    EXECUTE format('DROP OWNED BY %I', current_user);
    FOREACH one IN ARRAY defaults LOOP
      FOR wanted IN
        SELECT 'GRANT' AS verb, 'TO' AS who, a.privilege_type, a.is_grantable, a.grantee
        FROM aclexplode(one.defaclacl) a WHERE a.grantee <> lease
        UNION ALL
        SELECT 'REVOKE', 'FROM', a.privilege_type, false, a.grantee
        FROM aclexplode(acldefault(replace(one.defaclobjtype::text, 'S', 's')::"char", lease)) a
        WHERE one.defaclnamespace = 0 AND a.grantee = 0
          AND NOT EXISTS (SELECT FROM aclexplode(one.defaclacl) b
            WHERE (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))
      LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s %s %s ON %s %s %s%s', owner::regrole,
          CASE WHEN one.defaclnamespace <> 0 THEN 'IN SCHEMA ' || one.defaclnamespace::regnamespace END,
          wanted.verb, wanted.privilege_type,
          CASE one.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
            WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
          wanted.who, CASE wanted.grantee WHEN 0 THEN 'PUBLIC' ELSE wanted.grantee::regrole::text END,
          CASE WHEN wanted.is_grantable THEN ' WITH GRANT OPTION' END);
      END LOOP;
    END LOOP;
  END IF;
  -- What was made gets the default privileges of its role.
  FOR made IN
    WITH these AS (SELECT * FROM unnest(classes, objects) AS t (class, object))
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, oid::regclass::text AS name,
      relnamespace AS namespace, CASE relkind WHEN 'S' THEN 'S' ELSE 'r' END::"char" AS type
    FROM pg_class JOIN these ON class = 'pg_class'::regclass AND object = oid
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, pronamespace, 'f'
    FROM pg_proc JOIN these ON class = 'pg_proc'::regclass AND object = oid
    UNION ALL
    SELECT 'TYPE', oid::regtype::text, typnamespace, 'T'
    FROM pg_type JOIN these ON class = 'pg_type'::regclass AND object = oid
    WHERE typtype IN ('b', 'c', 'd', 'e', 'r') AND typelem = 0
    UNION ALL
    SELECT 'SCHEMA', oid::regnamespace::text, 0, 'n'
    FROM pg_namespace JOIN these ON class = 'pg_namespace'::regclass AND object = oid
  LOOP
    FOR wanted IN
      SELECT 'GRANT' AS verb, 'TO' AS who, a.privilege_type, a.is_grantable, a.grantee
      FROM pg_default_acl d, aclexplode(d.defaclacl) a
      WHERE d.defaclrole = owner AND d.defaclobjtype = made.type AND d.defaclnamespace IN (0, made.namespace)
        AND a.grantee <> owner
      UNION
      SELECT 'REVOKE', 'FROM', a.privilege_type, false, a.grantee
      FROM pg_default_acl d, aclexplode(acldefault(replace(d.defaclobjtype::text, 'S', 's')::"char", owner)) a
      WHERE d.defaclrole = owner AND d.defaclobjtype = made.type AND d.defaclnamespace = 0 AND a.grantee = 0
        AND NOT EXISTS (SELECT FROM aclexplode(d.defaclacl) b
          WHERE (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))
    LOOP
      EXECUTE format('%s %s ON %s %s %s %s%s', wanted.verb, wanted.privilege_type, made.kind, made.name, wanted.who,
        CASE wanted.grantee WHEN 0 THEN 'PUBLIC' ELSE wanted.grantee::regrole::text END,
        CASE WHEN wanted.is_grantable THEN ' WITH GRANT OPTION' END);
    END LOOP;
  END LOOP;
END
$body$"""

_KINDS = (
    *(
        "TABLE",
        "VIEW",
        "MATERIALIZED VIEW",
        "FOREIGN TABLE",
        "SEQUENCE",
        "SCHEMA",
        "FUNCTION",
        "PROCEDURE",
        "AGGREGATE",
    ),
    *("TYPE", "DOMAIN", "EXTENSION", "COLLATION", "CONVERSION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY"),
    *("TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "STATISTICS", "PUBLICATION", "LANGUAGE", "SERVER"),
)
TAGS = (
    *(f"{verb} {kind}" for verb in ("CREATE", "ALTER") for kind in _KINDS),
    *("CREATE TABLE AS", "SELECT INTO", "IMPORT FOREIGN SCHEMA", "ALTER DEFAULT PRIVILEGES"),
)
"""Statements that may leave a lease with something of its own (PostgreSQL 18 manual, 38.1)."""


def hand_over_statements() -> Iterator[Composable]:
    """Yield what the superuser runs once in a new database. The trigger comes before that of declared grants: triggers
    run in the order of their names (manual, 38.1)."""
    tags = SQL(", ").join(Literal(tag) for tag in TAGS)
    yield SQL(_FUNCTION).format(hand_over=HAND_OVER, lease=Literal(f"^{LEASE_NAME}$"))
    yield SQL(
        "CREATE EVENT TRIGGER leasehold_a_hand_over ON ddl_command_end WHEN TAG IN ({}) EXECUTE FUNCTION {}()"
    ).format(tags, HAND_OVER)
    # Also when a session runs as a replica; the superuser alone can disable it.
    yield SQL("ALTER EVENT TRIGGER leasehold_a_hand_over ENABLE ALWAYS")
