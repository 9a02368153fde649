-- Names that are statements, and names that are long: quoted or refused, never run.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(17);

CREATE ROLE "tap_x"" --; DROP" LOGIN;
CREATE ROLE tap_names_dba;
CREATE ROLE "Tap; Analyst";
GRANT mobanon_admin, "tap_x"" --; DROP" TO tap_names_dba;
GRANT CREATE ON DATABASE :"DBNAME" TO tap_names_dba;
SET ROLE tap_names_dba;
SET search_path = public, mobanon;
CREATE SCHEMA "s""'; --";
CREATE TABLE "s""'; --"."t"" FROM (SELECT pg_sleep(9)) x --" (
	"a"" FROM (SELECT pg_sleep(9)) x --" text, "at'" timestamptz, "lat%s" float8, "lon\\" float8);
SELECT mobanon.create_purpose('tap_names', 'test');
SELECT mobanon.bind_purpose('tap_names', '"tap_x"" --; DROP"');
SELECT mobanon.protect($r$"s""'; --"."t"" FROM (SELECT pg_sleep(9)) x --"$r$, 'a" FROM (SELECT pg_sleep(9)) x --', 'at''');
SELECT count(mobanon.grant_consent(i::text, 'tap_names', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 30) AS i;
INSERT INTO "s""'; --"."t"" FROM (SELECT pg_sleep(9)) x --" SELECT i::text, '2024-06-10 12:00+00', 52.5, 13.4 FROM generate_series(1, 40) AS i;
\set name '"s""\'; --"."a"" FROM (SELECT pg_sleep(9)) x --"'
SET statement_timeout = '8s';
SELECT lives_ok(format('SELECT mobanon.create_pipeline(%L, %L, %L, %L, %L, starts_at => %L, readers => %L)', :'name',
	$r$"s""'; --"."t"" FROM (SELECT pg_sleep(9)) x --"$r$, 'tap_names', 'lat%s', 'lon\\', '2024-06-10 00:00+00', '{"\"Tap; Analyst\""}'),
	'such a pipeline is made');
SELECT lives_ok(format('SELECT mobanon.publish(%L)', :'name'), 'published');
SELECT lives_ok(format('REFRESH MATERIALIZED VIEW %s', mobanon.stage_name(:'name', 'candidate')), 'refreshed');
SELECT is((SELECT count(*) FROM mobanon.audit(:'name') WHERE NOT ok), 0::bigint, 'audited');
SELECT is((SELECT pipeline FROM pipeline), :'name', 'its name is in the register');
RESET ROLE;
SET ROLE "Tap; Analyst";
SELECT results_eq($$SELECT subjects FROM "s""'; --"."a"" FROM (SELECT pg_sleep(9)) x --"$$, 'VALUES (30::bigint)', 'read');
RESET ROLE;
SET ROLE tap_names_dba;
SET search_path = public, mobanon;
SELECT lives_ok(format('SELECT mobanon.revoke_release(%L, %L)', :'name', '"Tap; Analyst"'), 'taken back');
SELECT lives_ok(format('SELECT mobanon.drop_pipeline(%L, true)', :'name'), 'dropped');
SELECT throws_ok(format('SELECT mobanon.create_pipeline(%L, %L, %L, %L, %L, bucket => %L, diversity => mobanon.diversity(%s))', :'name', $r$"s""'; --"."t"" FROM (SELECT pg_sleep(9)) x --"$r$, 'tap_names', 'lat%s', 'lon\\', '7 days',
	format('%s => %L', argument, $$5km'), (SELECT pg_sleep(9)), ('$$)), state, NULL, 'diversity of ' || argument || ': no statement')
FROM (VALUES ('column_name', '42703'), ('homes', '42704')) AS v (argument, state);
-- unquoted, it is no identifier
SELECT throws_ok($$SELECT mobanon.create_pipeline('a" FROM (SELECT pg_sleep(9)) x --', 'pg_class', 'tap_names')$$, '42602', NULL, 'and without quotes refused');
SELECT throws_ok($$SELECT mobanon.publish('x; DROP TABLE y')$$, '42602', NULL, 'here too');

-- A name is found along the search_path, and goes into the first schema of it.
RESET ROLE;
CREATE SCHEMA first AUTHORIZATION tap_names_dba;
SET ROLE tap_names_dba;
CREATE TABLE first.events (subject int, at timestamptz, latitude real, longitude numeric);
SELECT mobanon.protect('first.events', 'subject', 'at');
SET search_path = first, public, mobanon;
SELECT mobanon.create_domain('tap names domain', '1 year', '2024-01-01 00:00+00');
SELECT mobanon.create_pipeline('Footfall', 'events', 'tap_names', domain => 'tap names domain');
SET search_path = public, mobanon;
SELECT throws_ok($$SELECT mobanon.publish('footfall')$$, 'MR001', NULL, 'not on the path: not found');
SELECT lives_ok($$SELECT mobanon.publish('first.footfall')$$, 'with its schema: found');
SET search_path = public, first, mobanon;
SELECT lives_ok($$SELECT mobanon.publish('FOOTFALL')$$, 'on the path: found, in lower case as any identifier');
SELECT is(mobanon.pipeline_name('footfall'), 'first.footfall', 'by its whole name');
CREATE FUNCTION pg_temp.nowhere() RETURNS void LANGUAGE sql SET search_path = '' AS
$$ SELECT mobanon.create_pipeline('x', 'first.events', 'tap_names') $$;
SELECT throws_ok('SELECT pg_temp.nowhere()', '3F000', NULL, 'no schema to create in');
SELECT * FROM finish();
