-- What names of functions and tables bring along that runs with the rights of whoever names them: the bodies of functions
-- but those that run as their owner, what triggers, defaults, checks and policies of tables use, and what views read that
-- run as who reads them (PostgreSQL 18 manual, CREATE FUNCTION, CREATE TRIGGER, CREATE VIEW, 5.9 Row Security Policies).
WITH ours AS (
  SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), used AS (
  SELECT tgrelid AS relation, 'pg_trigger'::regclass AS class, oid, true AS on_write FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT adrelid, 'pg_attrdef'::regclass, oid, true FROM pg_attrdef
  UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid, true FROM pg_constraint WHERE contype = 'c'
  UNION ALL SELECT polrelid, 'pg_policy'::regclass, oid, false FROM pg_policy
  UNION ALL SELECT v.oid, 'pg_rewrite'::regclass, r.oid, false
    FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class, pg_options_to_table(v.reloptions) o
    WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
)
SELECT 'function' AS kind, p.proname::text AS name, false AS on_write,
  coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS text
FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace WHERE NOT p.prosecdef

UNION ALL
SELECT 'table', c.relname::text, u.on_write, coalesce(p.proname, t.relname)::text
FROM used u JOIN pg_class c ON c.oid = u.relation JOIN ours n ON n.oid = c.relnamespace
  JOIN pg_depend d ON d.classid = u.class AND d.objid = u.oid
  LEFT JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
  LEFT JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid AND t.oid <> c.oid
WHERE p.oid IS NOT NULL OR t.relkind IN ('r', 'p', 'v', 'm', 'f')
