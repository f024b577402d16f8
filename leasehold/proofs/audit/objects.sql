-- What there is that roles may have been granted something on: tables and views, sequences (and the tables whose columns
-- they fill), functions and types that not everybody may use or that run as their owner, schemas, extensions.
WITH ours AS (
  SELECT oid, nspname::text AS schema, nspowner FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), extended AS (  -- what an extension brought is its own
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
)
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.schema, c.relname::text AS name,
  n.schema || '.' || c.relname AS shown, c.relowner::regrole::text AS owner, false AS definer,
  CASE c.relkind WHEN 'S' THEN ARRAY(
    SELECT t.relname::text FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
      AND d.deptype = 'a'
    UNION
    SELECT t.relname::text FROM pg_depend d JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
      JOIN pg_class t ON t.oid = a.adrelid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND t.relnamespace = c.relnamespace
  ) ELSE ARRAY[]::text[] END AS of
FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT * FROM extended)

UNION ALL
SELECT 'function', n.schema, p.proname::text, p.oid::regprocedure::text, p.proowner::regrole::text, p.prosecdef,
  ARRAY[]::text[]
FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
WHERE p.prorettype NOT IN ('event_trigger'::regtype, 'trigger'::regtype) AND (p.prosecdef
  OR NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0))

UNION ALL
SELECT 'type', n.schema, t.typname::text, t.oid::regtype::text, t.typowner::regrole::text, false, ARRAY[]::text[]
FROM pg_type t JOIN ours n ON n.oid = t.typnamespace
WHERE t.typelem = 0
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a WHERE a.grantee = 0)

UNION ALL
SELECT 'schema', '', schema, schema, nspowner::regrole::text, false, ARRAY[]::text[] FROM ours

UNION ALL  -- they have numbers, and no names
SELECT DISTINCT 'large object', '', 'of ' || o, 'of ' || o, o, false, ARRAY[]::text[]
FROM (SELECT lomowner::regrole::text AS o FROM pg_largeobject_metadata) l

UNION ALL
SELECT 'extension', '', extname::text, 'extension ' || quote_ident(extname), extowner::regrole::text, false,
  ARRAY[]::text[]
FROM pg_extension
