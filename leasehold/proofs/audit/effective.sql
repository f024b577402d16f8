-- What every role can effectively do (PostgreSQL 18 manual, 52 System Catalogs, 9.27.2 Access Privilege Inquiry).
WITH roles AS (
  SELECT oid, rolname::text AS role FROM pg_roles WHERE rolname = ANY (%(roles)s)
), granted AS (  -- PUBLIC has the oid 0, and no row
  SELECT oid, role FROM roles UNION ALL SELECT 0, 'PUBLIC'
), leases AS (  -- logins with names that the broker makes; the admin is a member of each, as who made it
  SELECT p.oid, p.rolname::text AS role, k.role AS "of"
  FROM pg_roles p LEFT JOIN unnest(%(keys)s::text[], %(roles)s::text[]) AS k (key, role)
    ON k.key = regexp_replace(p.rolname, %(suffix)s, '')
  WHERE p.rolname ~ %(lease)s
), ours AS (  -- catalogs, TOAST and sessions' temporary schemas are the server's business
  SELECT oid, nspname::text AS schema, nspowner, nspacl FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), routines AS (
  SELECT p.oid, p.proowner, p.proacl, p.prosecdef, p.oid::regprocedure::text AS name
  FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
  WHERE p.prorettype NOT IN ('event_trigger'::regtype, 'trigger'::regtype)  -- those cannot be called
), extended AS (  -- objects that an extension brought: what it began with is its own, and 'system' below tells the rest
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), opened AS (  -- schemas of extensions that the server's administrator opened to everybody
  SELECT n.oid FROM ours n, aclexplode(n.nspacl) a
  WHERE n.oid IN (SELECT extnamespace FROM pg_extension) AND n.nspowner NOT IN (SELECT oid FROM roles)
    AND n.schema <> 'public'
    AND a.grantee = 0 AND a.privilege_type = 'USAGE'
), relations AS (
  SELECT c.oid, c.relowner, c.relacl, n.schema || '.' || c.relname AS name,
    CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind
  FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extended)
), makers AS (  -- of large objects: closed to PUBLIC by us
  SELECT oid, proname FROM pg_proc
  WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (%(makers)s)
), databases AS (
  SELECT oid, datname::text AS name, datdba, datacl FROM pg_database WHERE datname = ANY (%(databases)s)
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

UNION ALL  -- run with their owner's rights: as good as a grant
SELECT r.role, 'function', p.name, 'EXECUTE as ' || o.rolname
FROM roles r, routines p JOIN pg_roles o ON o.oid = p.proowner
WHERE p.prosecdef AND NOT pg_has_role(r.oid, p.proowner, 'USAGE') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')

UNION ALL  -- what everybody may run, or use, is no ability of a role's
SELECT r.role, 'function', p.name, 'EXECUTE'
FROM roles r, routines p
WHERE NOT p.prosecdef AND NOT pg_has_role(r.oid, p.proowner, 'USAGE') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)

UNION ALL
SELECT r.role, 'type', t.oid::regtype::text, 'USAGE'
FROM roles r, pg_type t JOIN ours n ON n.oid = t.typnamespace
WHERE t.typelem = 0 AND NOT pg_has_role(r.oid, t.typowner, 'USAGE') AND has_type_privilege(r.oid, t.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a WHERE a.grantee = 0)

UNION ALL
SELECT g.role, o.kind, o.name, a.privilege_type
FROM (
  SELECT 'language' AS kind, lanname::text AS name, lanacl AS acl, lanowner AS owner FROM pg_language
  UNION ALL SELECT 'foreign server', srvname::text, srvacl, srvowner FROM pg_foreign_server
  UNION ALL SELECT 'foreign-data wrapper', fdwname::text, fdwacl, fdwowner FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'parameter', parname, paracl, 10 FROM pg_parameter_acl
) o, aclexplode(o.acl) a JOIN granted g ON g.oid = a.grantee
WHERE a.grantee <> 0 AND a.grantee <> o.owner

UNION ALL
SELECT r.role, 'function', 'pg_catalog.' || p.proname, 'EXECUTE'
FROM roles r, makers p WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')

UNION ALL
SELECT DISTINCT g.role, 'large object', 'of ' || l.lomowner::regrole, a.privilege_type
FROM pg_largeobject_metadata l, aclexplode(l.lomacl) a JOIN granted g ON g.oid = a.grantee WHERE a.grantee <> l.lomowner

UNION ALL
SELECT r.role, 'schema', n.schema, p
FROM roles r, ours n, unnest(ARRAY['USAGE', 'CREATE']) p WHERE has_schema_privilege(r.oid, n.oid, p)
  AND NOT (p = 'USAGE' AND n.oid IN (SELECT oid FROM opened) AND NOT pg_has_role(r.oid, n.nspowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) a
      WHERE a.grantee <> 0 AND a.privilege_type = 'USAGE' AND pg_has_role(r.oid, a.grantee, 'USAGE')))

UNION ALL
SELECT r.role, 'database', d.name, p
FROM roles r, databases d, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) p
WHERE has_database_privilege(r.oid, d.oid, p)

UNION ALL
SELECT r.role, 'membership', g.rolname::text, o.option
FROM pg_auth_members m JOIN roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid,
LATERAL (VALUES ('MEMBER', true), ('INHERIT', m.inherit_option), ('SET', m.set_option), ('ADMIN', m.admin_option))
  AS o (option, has)
WHERE o.has AND NOT (r.role = %(admin)s AND g.oid IN (SELECT oid FROM leases))

UNION ALL  -- beside leases, and the broker's login, which may put leases in and has none of the privileges
SELECT r.role, 'membership', m.rolname::text, 'HAS MEMBER'
FROM pg_auth_members a JOIN roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE NOT (m.rolname = %(admin)s AND a.admin_option AND NOT a.inherit_option AND NOT a.set_option)
  AND m.oid NOT IN (SELECT oid FROM leases WHERE r.role = "of")
  AND m.oid NOT IN (SELECT oid FROM roles)  -- told from the member's side

UNION ALL
SELECT r.role, 'attribute', r.object, v.attribute
FROM (SELECT oid, role, role AS object FROM roles
  UNION ALL SELECT oid, coalesce("of", role), 'a lease' FROM leases) r JOIN pg_roles p ON p.oid = r.oid,
LATERAL (VALUES
  ('SUPERUSER', p.rolsuper), ('BYPASSRLS', p.rolbypassrls), ('CREATEROLE', p.rolcreaterole),
  ('CREATEDB', p.rolcreatedb), ('REPLICATION', p.rolreplication),
  ('LOGIN', p.rolcanlogin AND r.oid IN (SELECT oid FROM roles))) AS v (attribute, has)
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

UNION ALL  -- of functions, types, ...; what is in a role's own schema is its own, as are large objects of who makes them
SELECT r.role, 'ownership', i.type || ' ' || i.identity, 'OWNER'
FROM pg_shdepend s JOIN roles r ON r.oid = s.refobjid, pg_identify_object(s.classid, s.objid, s.objsubid) i
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND s.classid NOT IN ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_database'::regclass,
    'pg_default_acl'::regclass)
  AND NOT (s.classid = 'pg_largeobject'::regclass
    AND EXISTS (SELECT FROM makers p WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')))
  AND NOT EXISTS (SELECT FROM ours n WHERE quote_ident(n.schema) = i.schema AND has_schema_privilege(r.oid, n.oid, 'CREATE'))

UNION ALL  -- a lease has what its group has; nothing is granted to it, and it owns nothing
SELECT l.role, CASE s.deptype WHEN 'o' THEN 'ownership' ELSE 'other' END,
  pg_describe_object(s.classid, s.objid, s.objsubid), CASE s.deptype WHEN 'o' THEN 'OWNER' ELSE 'GRANTED' END
FROM pg_shdepend s JOIN leases l ON l.oid = s.refobjid
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype IN ('o', 'a') AND s.classid <> 'pg_auth_members'::regclass
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))

UNION ALL  -- may be handed on
SELECT g.role, 'grant option', o.name, a.privilege_type
FROM (
  SELECT name, relowner AS owner, relacl AS acl FROM relations
  UNION ALL SELECT c.name || '.' || t.attname, c.relowner, t.attacl
    FROM pg_attribute t JOIN relations c ON c.oid = t.attrelid
  UNION ALL SELECT schema, nspowner, nspacl FROM ours
  UNION ALL SELECT 'database ' || name, datdba, datacl FROM databases
  UNION ALL SELECT name, proowner, proacl FROM routines
) o, aclexplode(o.acl) a JOIN granted g ON g.oid = a.grantee
WHERE a.is_grantable AND a.grantee <> o.owner

UNION ALL  -- on the server's own objects, beyond what it began with; and PUBLIC's on what 'other' below cannot tell
SELECT g.role, 'system', pg_describe_object(o.class, o.oid, o.sub), a.privilege_type
FROM (
  SELECT 'pg_class'::regclass AS class, oid, 0 AS sub, relacl AS acl, acldefault('r', relowner) AS initial,
    relnamespace AS namespace FROM pg_class
  UNION ALL SELECT 'pg_class'::regclass, c.oid, t.attnum, t.attacl, NULL, c.relnamespace
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
  UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl, acldefault('f', proowner), pronamespace FROM pg_proc
  UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspacl, acldefault('n', nspowner), oid FROM pg_namespace
  UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanacl, acldefault('l', lanowner), 0 FROM pg_language
  UNION ALL SELECT 'pg_tablespace'::regclass, oid, 0, spcacl, acldefault('t', spcowner), 0 FROM pg_tablespace
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl, acldefault('F', fdwowner), 0
    FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, srvacl, acldefault('S', srvowner), 0 FROM pg_foreign_server
  UNION ALL SELECT 'pg_parameter_acl'::regclass, oid, 0, paracl, NULL, 0 FROM pg_parameter_acl
) o LEFT JOIN pg_init_privs i ON i.classoid = o.class AND i.objoid = o.oid AND i.objsubid = o.sub,
  aclexplode(o.acl) a JOIN granted g ON g.oid = a.grantee
WHERE (o.namespace NOT IN (SELECT oid FROM ours)
    OR (o.class, o.oid) IN (SELECT classid::regclass, objid FROM extended))
  AND (o.namespace <> 0 OR a.grantee = 0)
  AND NOT (o.class = 'pg_proc'::regclass AND o.oid IN (SELECT oid FROM makers) AND a.grantee <> 0)  -- told above
  AND NOT (o.namespace = 'information_schema'::regnamespace AND a.grantee = 0 AND a.privilege_type IN ('SELECT', 'USAGE'))
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(i.initprivs, o.initial)) b
    WHERE (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))

UNION ALL  -- whatever else can be granted: tablespaces, ...
SELECT r.role, 'other', pg_describe_object(s.classid, s.objid, s.objsubid), 'GRANTED'
FROM pg_shdepend s JOIN roles r ON r.oid = s.refobjid
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a'
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND s.classid NOT IN ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_database'::regclass, 'pg_proc'::regclass,
    'pg_default_acl'::regclass, 'pg_auth_members'::regclass, 'pg_type'::regclass, 'pg_language'::regclass,
    'pg_foreign_server'::regclass, 'pg_foreign_data_wrapper'::regclass, 'pg_parameter_acl'::regclass,
    'pg_largeobject'::regclass)
