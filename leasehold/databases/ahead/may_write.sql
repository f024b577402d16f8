-- Whether who asks may write anything in this database, or make PostgreSQL do so: in doubt, yes. {} is the role that
-- the login is a lease of.
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND c.relnamespace <> 'pg_toast'::regnamespace
    AND (pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES, MAINTAIN')
      OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES')))
  OR EXISTS (SELECT FROM pg_catalog.pg_sequence s WHERE pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, UPDATE'))
  OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
  OR pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
  OR EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND (p.prosecdef OR l.lanname NOT IN ('sql', 'plpgsql')) AND p.prorettype NOT IN
      ('event_trigger'::regtype, 'trigger'::regtype) AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
  OR pg_catalog.has_function_privilege('pg_catalog.lo_create(oid)', 'EXECUTE')
  OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
  OR EXISTS (SELECT FROM pg_catalog.pg_foreign_server s WHERE pg_catalog.has_server_privilege(s.oid, 'USAGE'))
  OR EXISTS (SELECT FROM pg_catalog.pg_parameter_acl p WHERE pg_catalog.has_parameter_privilege(p.parname, 'SET'))
  OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')
    AND (r.rolname NOT IN (session_user, {}) OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
      OR r.rolbypassrls OR EXISTS (SELECT FROM pg_catalog.pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o')))
