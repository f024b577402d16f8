-- What every role can effectively do (PostgreSQL 18 manual, 52 System Catalogs, 9.27.2 Access Privilege Inquiry).
WITH roles AS (
  SELECT oid, rolname::text AS role FROM pg_roles WHERE rolname = ANY (%(roles)s)
), granted AS (  -- PUBLIC has the oid 0, and no row
  SELECT oid, role FROM roles UNION ALL SELECT 0, 'PUBLIC'
), leases AS (  -- logins with names that the broker makes; the admin is a member of each, as who made it
  SELECT oid FROM pg_roles WHERE rolcanlogin AND rolname ~ '^[a-z][a-z0-9_]*-[a-z0-9]{16}$'
), ours AS (  -- catalogs, TOAST and sessions' temporary schemas are the server's business
  SELECT oid, nspname::text AS schema, nspowner FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT c.oid, c.relowner, c.relacl, n.schema || '.' || c.relname AS name,
    CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind
  FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), databases AS (
  SELECT oid, datname::text AS name, datdba FROM pg_database WHERE datname = ANY (%(databases)s)
)
SELECT r.role, 'table', c.name, p
FROM roles r, relations c, unnest(%(table_privileges)s::text[]) p
WHERE c.kind = 'table' AND has_table_privilege(r.oid, c.oid, p)

UNION ALL
SELECT r.role, 'sequence', c.name, p
FROM roles r, relations c, unnest(%(sequence_privileges)s::text[]) p
WHERE c.kind = 'sequence' AND has_sequence_privilege(r.oid, c.oid, p)

UNION ALL
SELECT 'PUBLIC', c.kind, c.name, a.privilege_type
FROM relations c, aclexplode(c.relacl) a WHERE a.grantee = 0

UNION ALL
SELECT g.role, 'column', c.name || '.' || t.attname, a.privilege_type
FROM pg_attribute t JOIN relations c ON c.oid = t.attrelid, aclexplode(t.attacl) a
  JOIN granted g ON g.oid = a.grantee

UNION ALL  -- run with their owner's rights: as good as a grant; what returns a trigger cannot be called
SELECT r.role, 'function', n.schema || '.' || p.proname, 'EXECUTE as ' || o.rolname
FROM roles r, pg_proc p JOIN ours n ON n.oid = p.pronamespace JOIN pg_roles o ON o.oid = p.proowner
WHERE p.prosecdef AND p.proowner <> r.oid AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
  AND p.prorettype NOT IN ('event_trigger'::regtype, 'trigger'::regtype)

UNION ALL
SELECT r.role, 'schema', n.schema, p
FROM roles r, ours n, unnest(ARRAY['USAGE', 'CREATE']) p WHERE has_schema_privilege(r.oid, n.oid, p)

UNION ALL
SELECT r.role, 'database', d.name, p
FROM roles r, databases d, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) p
WHERE has_database_privilege(r.oid, d.oid, p)

UNION ALL
SELECT r.role, 'membership', g.rolname::text, 'MEMBER'
FROM pg_auth_members m JOIN roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
WHERE NOT (r.role = %(admin)s AND g.oid IN (SELECT oid FROM leases))

UNION ALL  -- beside leases, and the broker's login, which may put leases in and has none of the privileges
SELECT r.role, 'membership', m.rolname::text, 'HAS MEMBER'
FROM pg_auth_members a JOIN roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE NOT (m.rolname = %(admin)s AND a.admin_option AND NOT a.inherit_option AND NOT a.set_option)
  AND m.oid NOT IN (SELECT oid FROM leases)

UNION ALL
SELECT r.role, 'attribute', r.role, v.attribute
FROM roles r JOIN pg_roles p ON p.oid = r.oid, LATERAL (VALUES
  ('SUPERUSER', p.rolsuper), ('BYPASSRLS', p.rolbypassrls), ('CREATEROLE', p.rolcreaterole),
  ('CREATEDB', p.rolcreatedb), ('REPLICATION', p.rolreplication), ('LOGIN', p.rolcanlogin)) AS v (attribute, has)
WHERE v.has

UNION ALL
SELECT r.role, 'ownership', c.name, 'OWNER' FROM relations c JOIN roles r ON r.oid = c.relowner
UNION ALL
SELECT r.role, 'ownership', n.schema, 'OWNER' FROM ours n JOIN roles r ON r.oid = n.nspowner
UNION ALL
SELECT r.role, 'ownership', 'database ' || d.name, 'OWNER' FROM databases d JOIN roles r ON r.oid = d.datdba

UNION ALL
SELECT g.role, 'default privilege', coalesce(n.nspname, 'every schema') || ', ' || CASE d.defaclobjtype
    WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'n' THEN 'schemas'
    WHEN 'T' THEN 'types' ELSE 'large objects' END || ' of ' || o.rolname, a.privilege_type
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace JOIN pg_roles o ON o.oid = d.defaclrole,
  aclexplode(d.defaclacl) a JOIN granted g ON g.oid = a.grantee
WHERE a.grantee <> d.defaclrole

UNION ALL  -- whatever else can be granted: tablespaces, foreign servers, parameters, large objects, types, ...
SELECT r.role, 'other', pg_describe_object(s.classid, s.objid, s.objsubid), 'GRANTED'
FROM pg_shdepend s JOIN roles r ON r.oid = s.refobjid
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a'
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND s.classid NOT IN ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_database'::regclass, 'pg_proc'::regclass,
    'pg_default_acl'::regclass, 'pg_auth_members'::regclass)
