-- What an analyst can reach: the release.  By enumeration, not by list.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;

CREATE ROLE tap_priv_dba;
CREATE ROLE tap_priv_processing;
CREATE ROLE tap_priv_analyst;
CREATE ROLE tap_priv_other;
GRANT mobanon_admin, tap_priv_processing TO tap_priv_dba;
CREATE SCHEMA priv AUTHORIZATION tap_priv_dba;
SET ROLE tap_priv_dba;
SET search_path = public, mobanon;
CREATE TABLE priv.events (subject text, at timestamptz, latitude float8, longitude float8, note text);
SELECT mobanon.create_purpose('tap_priv', 'test');
SELECT mobanon.bind_purpose('tap_priv', 'tap_priv_processing');
SELECT mobanon.protect('priv.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_priv', 'app', '2024-06-01 00:00+00')) FROM generate_series(100, 139) AS i;
INSERT INTO priv.events
SELECT i::text, '2024-06-10 12:00+00'::timestamptz, 52.516 + (i % 10) * 0.02, 13.377, 'x' FROM generate_series(100, 160) AS i, generate_series(1, 2)
UNION ALL SELECT i::text, '2024-06-10 12:00+00'::timestamptz, 52.4, 13.0, 'y' FROM generate_series(100, 160) AS i;
SELECT mobanon.create_pipeline('priv.footfall', 'priv.events', 'tap_priv', starts_at => '2024-06-10 00:00+00', readers => '{tap_priv_analyst}');
SELECT mobanon.create_pipeline('priv.for_another', 'priv.events', 'tap_priv', starts_at => '2024-06-10 00:00+00', resolution => '10km', readers => '{tap_priv_other}');
SELECT create_area_set('tap_priv', '1km'), create_area('tap_priv', 'mall of a rival', ARRAY[coarsen_cell(52.52, 13.38, '1km')]);
SELECT mobanon.create_pipeline('priv.areas', 'priv.events', 'tap_priv', starts_at => '2024-06-10 00:00+00', kind => 'places', places => 'tap_priv', readers => '{tap_priv_other}');
RESET ROLE;
SELECT mobanon.publish('priv.footfall');
SELECT mobanon.publish('priv.for_another');

-- Every relation that is not PostgreSQL's or pgTAP's own.
CREATE TEMP TABLE relation AS
SELECT c.oid::regclass AS relation, c.relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('priv', 'mobanon') AND c.relkind IN ('r', 'p', 'v', 'm', 'S');
-- Nothing about a person, but what everybody may know of the house: which tables are protected, for which purposes.
CREATE TEMP TABLE everybody AS SELECT unnest('{mobanon.protected_table, mobanon.purpose, mobanon.purpose_role}'::regclass[]) AS relation;
CREATE TEMP TABLE function AS
SELECT p.oid::regprocedure AS function FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace;
GRANT SELECT ON relation, everybody, function TO PUBLIC;
SELECT plan((SELECT count(*)::int FROM relation) + 28);

SET ROLE tap_priv_analyst;
SET search_path = public, mobanon;
SELECT CASE WHEN relation = 'priv.footfall'::regclass OR relation IN (SELECT e.relation FROM everybody AS e)
	THEN lives_ok(format('SELECT * FROM %s', relation), 'an analyst reads ' || relation)
	ELSE throws_ok(format('SELECT * FROM %s', relation), '42501', NULL, 'an analyst does not read ' || relation) END
FROM relation ORDER BY relation::text;
SELECT is((SELECT count(*) FROM relation WHERE relkind <> 'S' AND has_table_privilege(relation, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')),
	0::bigint, 'an analyst writes nothing');
SELECT is((SELECT count(*) FROM relation WHERE relkind <> 'S' AND NOT has_table_privilege(relation, 'SELECT') AND has_any_column_privilege(relation, 'SELECT')),
	0::bigint, 'nor a column of anything else');
-- Functions of this room: arithmetic only.
SELECT bag_eq($$SELECT function::text FROM function WHERE has_function_privilege(function, 'EXECUTE')
		AND function::text ~ 'pipeline|publi|release|audit|bucket|window|candidate|stage|closed_until|statement'$$,
	$$VALUES ('bucket_start(timestamp with time zone,interval,text)'), ('bucket_end(timestamp with time zone,interval,text)'),
		-- with the caller's own rights, or of releases that the caller may read
		('audit_table(regclass,name,integer,name[],name[],boolean)'), ('release_geojson(regclass,timestamp with time zone,timestamp with time zone)'), ('release_parameters(regclass)'),
		('release_map(regclass,text,text,timestamp with time zone,timestamp with time zone)'), ('release_shape(regclass)'), ('release_area(regclass,text)')$$,
	'an analyst calls no function of a pipeline');

-- EXPLAIN (ANALYZE), with a predicate on each column and on all: only rows of the release are looked at.
CREATE FUNCTION pg_temp.scanned(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT json) ' || query INTO plan;
	RETURN QUERY WITH RECURSIVE node AS (
		SELECT plan -> 0 -> 'Plan' AS n
		UNION ALL SELECT json_array_elements(node.n -> 'Plans') FROM node WHERE json_typeof(node.n -> 'Plans') = 'array')
	SELECT DISTINCT concat_ws('.', n ->> 'Schema', n ->> 'Relation Name') FROM node WHERE n ->> 'Relation Name' IS NOT NULL OR n ->> 'Function Name' IS NOT NULL;
END
$$;
SELECT bag_eq(format('SELECT pg_temp.scanned(%L)', query), $$VALUES ('priv.footfall')$$, 'scans the release only: ' || query)
FROM unnest(ARRAY[
	'SELECT * FROM priv.footfall',
	'SELECT * FROM priv.footfall WHERE bucket = ''2024-06-10 12:00+00''',
	'SELECT * FROM priv.footfall WHERE cell = mobanon.coarsen_cell(52.516, 13.377, ''1km'')',
	'SELECT * FROM priv.footfall WHERE subjects > 10',
	'SELECT * FROM priv.footfall WHERE publication = 1',
	'SELECT bucket, sum(subjects) FROM priv.footfall GROUP BY bucket']) AS query;
SELECT is((SELECT sum(subjects) FROM priv.footfall), 40::numeric, 'the one cell with 20 is there, those with 8 are not');

-- What is said of a release is said to its readers.
CREATE FUNCTION pg_temp.told(release regclass, area text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(', ', mobanon.release_parameters(release) ->> 'kind', (mobanon.release_shape(release)).places, mobanon.release_area(release, area) ->> 'type') $$;
SELECT is(pg_temp.told('priv.areas', 'mall of a rival'), '', 'of another''s release nothing, nor where its areas lie');
SELECT throws_like($$SELECT mobanon.release_geojson('priv.areas')$$, 'priv.areas is not a release that tap_priv_analyst may read', 'nor a file');
SELECT throws_like($$SELECT mobanon.release_map('priv.areas')$$, 'priv.areas is not a release that tap_priv_analyst may read', 'or a map');
SELECT is(pg_temp.told('priv.footfall', 'x'), 'footfall', 'of the own one what it counts');
RESET ROLE;
SET ROLE tap_priv_other;
SELECT is(pg_temp.told('priv.areas', 'mall of a rival'), 'places, tap_priv, MultiPolygon', 'its reader is told');
SELECT is(pg_temp.told('priv.areas', 'another'), 'places, tap_priv', 'of areas that there are');

-- The processing role reads what it needs of the source, not more, and does not touch the release.
RESET ROLE;
SET ROLE tap_priv_processing;
SET search_path = public, mobanon;
SELECT lives_ok('SELECT subject, at, latitude, longitude FROM priv.events', 'the processing role reads four columns');
SELECT throws_ok('SELECT note FROM priv.events', '42501', NULL, 'and not the fifth');
SELECT is((SELECT count(DISTINCT subject) FROM priv.events), 40::bigint, 'of those who consent');
SELECT throws_ok('SELECT * FROM priv.footfall', '42501', NULL, 'and does not read the release');
SELECT throws_ok('CREATE TABLE priv.loot AS SELECT subject FROM priv.events', '42501', NULL, 'nor builds in the schema: that right was taken back');
SELECT throws_ok($$SELECT mobanon.publish('priv.footfall')$$, '42501', NULL, 'nor publishes');
RESET ROLE;

-- A DBA who is no member of the processing role publishes all the same (pg_cron does), and reads no event.
CREATE ROLE tap_priv_cron;
GRANT mobanon_admin TO tap_priv_cron;
GRANT USAGE ON SCHEMA priv TO tap_priv_cron;
UPDATE mobanon.pipeline SET watermark = '0' WHERE pipeline = 'priv.footfall';
SET ROLE tap_priv_cron;
SET search_path = public, mobanon;
SELECT is((mobanon.publish('priv.footfall')).publication, 2, 'an administrator publishes');
SELECT throws_ok('SELECT count(*) FROM priv.events', '42501', NULL, 'without reading events');
SELECT throws_ok('SELECT count(*) FROM priv.footfall_candidate', '42501', NULL, 'or the candidate');
SELECT throws_like($$SELECT mobanon.create_pipeline('priv.mine', 'priv.events', 'tap_priv')$$, '%only the owner of priv.events%', 'or opening the source to a pipeline of its own');
SELECT throws_ok($$SELECT mobanon.drop_pipeline('priv.footfall')$$, '42501', NULL, 'or dropping one');
SELECT is(current_user, 'tap_priv_cron', 'and it is itself afterwards');
RESET ROLE;
SELECT * FROM finish();
