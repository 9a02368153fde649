-- The extension installs into its own schema and cleans up after itself.
CREATE EXTENSION mobanon;
SELECT extname, extnamespace::regnamespace, extrelocatable FROM pg_extension WHERE extname = 'mobanon';
-- Its roles cannot log in, and nobody is a member of the owner.
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'mobanon%' ORDER BY 1;
SELECT count(*) FROM pg_auth_members WHERE roleid = 'mobanon_owner'::regrole;
-- A misspelt setting is refused.
LOAD 'mobanon';
SET mobanon.no_such_setting = 1;
-- Nothing outside the schema belongs to it.
SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'mobanon')
AND d.classid = 'pg_class'::regclass AND c.relnamespace <> 'mobanon'::regnamespace;
-- Every object says what it is: roles, schema, event triggers, functions, relations.
SELECT rolname FROM pg_roles WHERE rolname LIKE 'mobanon\_%' AND shobj_description(oid, 'pg_authid') IS NULL;
SELECT obj_description('mobanon'::regnamespace, 'pg_namespace') IS NOT NULL AS schema_has_one;
SELECT evtname FROM pg_event_trigger WHERE evtfoid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'mobanon'::regnamespace)
AND obj_description(oid, 'pg_event_trigger') IS NULL;
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'mobanon'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL;
SELECT oid::regclass FROM pg_class WHERE relnamespace = 'mobanon'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND obj_description(oid, 'pg_class') IS NULL;
-- So does every column of what somebody may read.
SELECT c.relname, string_agg(a.attname, ' ' ORDER BY a.attnum) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND col_description(c.oid, a.attnum) IS NULL
AND EXISTS (SELECT FROM aclexplode(c.relacl) AS x WHERE x.grantee <> c.relowner) GROUP BY 1 ORDER BY 1;
DROP EXTENSION mobanon;
CREATE EXTENSION mobanon;
