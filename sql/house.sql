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
DROP EXTENSION mobanon;
CREATE EXTENSION mobanon;
