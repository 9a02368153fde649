-- A protected table whose definition changes: what is refused, and by which words.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
CREATE ROLE tap_df_owner;
CREATE ROLE tap_df_job;
CREATE ROLE tap_df_stranger;
CREATE SCHEMA df AUTHORIZATION tap_df_owner;
GRANT ALL ON SCHEMA df TO PUBLIC;
GRANT mobanon_admin TO tap_df_owner;
GRANT tap_df_stranger TO tap_df_owner;
SELECT create_purpose('tap_df', 'test');
CREATE FUNCTION pg_temp.raised(statement text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	message := 'nothing';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END
$$;
SET ROLE tap_df_owner;
SET search_path = df, public, mobanon;
SELECT bind_purpose('tap_df', 'tap_df_job');
CREATE TABLE events (subject text, at timestamptz, x int) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE plain (subject text, at timestamptz, x int);
SELECT protect('events', 'subject', 'at'), protect('plain', 'subject', 'at');
SELECT plan(25);

-- columns that protect() was given
SELECT results_eq('SELECT * FROM pg_temp.raised($$ALTER TABLE events RENAME subject TO msisdn$$)',
	$$VALUES ('the subject column "subject" of the protected table df.events is not renamed or dropped',
		'In one transaction: mobanon.unprotect() the table, rename, and mobanon.protect() it by the new name.')$$, 'the subject column is not renamed');
SELECT matches((SELECT message FROM pg_temp.raised('ALTER TABLE events RENAME at TO t')), 'the event time column "at" of', 'nor is the event time column');
SELECT matches((SELECT message FROM pg_temp.raised('ALTER TABLE events DROP COLUMN subject CASCADE')), 'the subject column', 'nor dropped');
SELECT matches((SELECT message FROM pg_temp.raised(format('ALTER %s RENAME %s subject TO msisdn', what, of))), 'the subject column', format('nor by ALTER %s', what))
FROM (VALUES ('VIEW plain', 'COLUMN'), ('MATERIALIZED VIEW events', 'COLUMN'), ('FOREIGN TABLE plain', 'COLUMN')) AS v (what, of);
-- PostgreSQL may refuse this one itself
SELECT isnt((SELECT message FROM pg_temp.raised('ALTER TYPE plain RENAME ATTRIBUTE subject TO msisdn')), 'nothing', 'nor by ALTER TYPE');
SELECT is((SELECT message FROM pg_temp.raised('ALTER TABLE events RENAME x TO y')), 'nothing', 'other columns are');
RESET ROLE;
SET search_path = df, public, mobanon;
SELECT matches((SELECT message FROM pg_temp.raised('ALTER TABLE events RENAME subject TO msisdn')), 'the subject column', 'not for a superuser either');
SET ROLE tap_df_owner;
BEGIN;
SELECT unprotect('events');
ALTER TABLE events RENAME subject TO msisdn;
SELECT protect('events', 'msisdn', 'at');
COMMIT;
SELECT results_eq($$SELECT polrelid::regclass::text COLLATE "default", pg_get_expr(polqual, polrelid) COLLATE "default" FROM pg_policy WHERE polname = 'mobanon_tap_df' AND polrelid::regclass::text LIKE 'events%' ORDER BY 1$$,
	$$VALUES ('events', 'consented(msisdn, at, ''tap_df''::text)'), ('events_1', 'consented(msisdn, at, ''tap_df''::text)')$$, 'as the hint says, it is');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
SELECT ok((SELECT relforcerowsecurity FROM pg_class WHERE oid = 'events_2'::regclass), 'and partitions go on being protected');
RESET ROLE;

-- mobanon.protected_table: what stands there is closed, and nothing else
CREATE FUNCTION pg_temp.at_commit(statement text, OUT message text, OUT hint text) LANGUAGE sql AS $$
	SELECT * FROM pg_temp.raised(statement || '; SET CONSTRAINTS ALL IMMEDIATE')
$$;
CREATE VIEW pg_temp.listed AS SELECT relation::text COLLATE "default" AS relation, subject_column::text FROM protected_table WHERE relation::text NOT LIKE '%.%';
SET ROLE tap_df_stranger;
CREATE TABLE strange (subject text, at timestamptz, msisdn text);
CREATE POLICY mobanon_load ON strange FOR INSERT WITH CHECK (true);
ALTER TABLE strange ADD x int;
SELECT mobanon.settle_protected_tables();
RESET ROLE;
SELECT bag_eq('TABLE pg_temp.listed', $$VALUES ('events', 'msisdn'), ('plain', 'subject')$$, 'a policy of that name does not make a table a protected one');
SET ROLE tap_df_owner;
SELECT is((SELECT message FROM pg_temp.raised('SELECT unbind_purpose(''tap_df'', ''tap_df_job''), bind_purpose(''tap_df'', ''tap_df_job'')')), 'nothing', 'so nobody keeps others from binding purposes');
-- owned by another role, and then detached
ALTER TABLE events_1 OWNER TO tap_df_stranger;
ALTER TABLE events DETACH PARTITION events_1;
RESET ROLE;
SELECT bag_eq('TABLE pg_temp.listed', $$VALUES ('events', 'msisdn'), ('events_1', 'msisdn'), ('plain', 'subject')$$, 'a detached partition is one, whoever owns it, by its own columns');
SET ROLE tap_df_stranger;
DO $$ BEGIN ALTER TABLE events_1 DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY; EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT ok((SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'events_1'::regclass), 'and stays closed');
SET ROLE tap_df_owner;
ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
RESET ROLE;
SELECT bag_eq('TABLE pg_temp.listed', $$VALUES ('events', 'msisdn'), ('plain', 'subject')$$, 'attached, it is part of its parent again');
SELECT bag_eq($$SELECT relation::text COLLATE "default" FROM protected_part WHERE relation::text NOT LIKE '%.%'$$, $$VALUES ('events'), ('events_1'), ('events_2'), ('plain')$$, 'the parts are known');
SET ROLE tap_df_owner;
-- by hand
SELECT results_eq('SELECT * FROM pg_temp.at_commit($$DELETE FROM protected_table WHERE relation = ''plain''::regclass$$)',
	$$VALUES ('the table df.plain is closed, and would be missing in mobanon.protected_table', 'mobanon.unprotect() takes the protection off.')$$, 'protection is not taken off by DELETE');
CREATE TABLE above (subject text, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE below PARTITION OF above DEFAULT;
SELECT matches((SELECT message FROM pg_temp.at_commit('INSERT INTO protected_table VALUES (''below'', ''subject'', ''at'')')), 'df.below would stand .* not closed', 'nor put on by INSERT');
SELECT matches((SELECT message FROM pg_temp.at_commit('INSERT INTO protected_table VALUES (''above'', ''subject'', ''at'')')), 'df.above would stand .* not closed', 'not even at the topmost parent');
SELECT is((SELECT message FROM pg_temp.at_commit('SELECT protect(''above'', ''subject'', ''at''); SELECT unprotect(''above''); SELECT protect(''above'', ''subject'', ''at'')')), 'nothing', 'protect() and unprotect() do');
CREATE TABLE many (subject text, at timestamptz) PARTITION BY RANGE (at);
DO $$ BEGIN
	FOR i IN 1 .. 40 LOOP
		EXECUTE format('CREATE TABLE many_%s PARTITION OF many FOR VALUES FROM (%L) TO (%L)', i, '2026-01-01'::timestamptz + i * interval '1 day', '2026-01-02'::timestamptz + i * interval '1 day');
	END LOOP;
END $$;
-- no deeper for more partitions: one in the other these would take twice as much
RESET ROLE;
SET max_stack_depth = '400kB';
SET ROLE tap_df_owner;
SELECT lives_ok($$SELECT protect('many', 'subject', 'at')$$, 'a table with many partitions is protected');
SELECT is((SELECT count(*) FROM pg_class AS c WHERE c.oid IN (SELECT relation_tree('many')) AND c.relforcerowsecurity
	AND (SELECT count(*) FROM pg_policy AS y WHERE y.polrelid = c.oid) = 2), 41::bigint, 'each of them');
SELECT unprotect('many');
DROP TABLE many;
DROP TABLE plain;
SELECT unprotect('events');
RESET ROLE;
CREATE TABLE later ();
SELECT bag_eq('TABLE pg_temp.listed', $$VALUES ('above', 'subject')$$, 'what was dropped or unprotected is not listed');
SELECT bag_eq($$SELECT relation::text COLLATE "default" FROM protected_part WHERE relation::text NOT LIKE '%.%'$$, $$VALUES ('above'), ('below')$$, 'nor are its parts');
SELECT * FROM finish();
