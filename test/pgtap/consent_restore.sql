-- The event trigger stands aside while a dump is restored, told by two settings; whoever is subject to the policies
-- cannot use these settings to get around them.
\set QUIET 1
SET search_path = mobanon, public;
SET client_min_messages = warning;
SELECT plan(5);
CREATE ROLE tap_restore_owner;
CREATE SCHEMA restore AUTHORIZATION tap_restore_owner;
SET ROLE tap_restore_owner;
CREATE TABLE restore.events (subject text, at timestamptz);
INSERT INTO restore.events VALUES ('1', now());
RESET ROLE;
SELECT create_purpose('tap_restore', 'test'), protect('restore.events', 'subject', 'at');
SET ROLE tap_restore_owner;
SET row_security = off;
SET check_function_bodies = off;
SELECT throws_ok('CREATE POLICY mine ON restore.events USING (true)', '42501', NULL, 'the owner writes no policy, whatever the settings');
-- refused, or put right at once
DO $$ BEGIN ALTER TABLE restore.events DISABLE ROW LEVEL SECURITY; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
DO $$ BEGIN ALTER TABLE restore.events NO FORCE ROW LEVEL SECURITY; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
SELECT ok((SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'restore.events'::regclass), 'nor takes protection off');
RESET row_security;
SELECT is((SELECT count(*) FROM restore.events), 0::bigint, 'and reads nothing');
RESET ROLE;
-- A superuser who restores makes the policies as the dump says.
DROP POLICY mobanon_load ON restore.events;
SET row_security = off;
DROP POLICY IF EXISTS mobanon_load ON restore.events;
ALTER TABLE restore.events ENABLE ROW LEVEL SECURITY;
SELECT is((SELECT count(*) FROM pg_policy WHERE polrelid = 'restore.events'::regclass), 0::bigint, 'in a restore nothing is made that the dump will make');
SELECT lives_ok('CREATE POLICY mobanon_load ON restore.events FOR INSERT TO tap_restore_owner WITH CHECK (true)', 'so the dump can make it');
SELECT * FROM finish();
