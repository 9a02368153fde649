-- Tables and schemas are renamed; whose events a release was made of does not change with their names.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(15);

CREATE ROLE tap_ren_dba;
CREATE ROLE tap_ren_processing;
CREATE ROLE tap_ren_analyst;
GRANT mobanon_admin, tap_ren_processing TO tap_ren_dba;
GRANT CREATE ON DATABASE :"DBNAME" TO tap_ren_dba;
SET ROLE tap_ren_dba;
SET search_path = public, mobanon;
CREATE SCHEMA ren;
SELECT mobanon.create_purpose('tap_ren', 'test');
SELECT mobanon.create_recipient('tap_ren_city', 'the city');
SELECT mobanon.bind_purpose('tap_ren', 'tap_ren_processing');
CREATE TABLE ren.src0 (subject int, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.protect('ren.src0', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_ren', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 40) AS i;
-- everybody is in one place at 12:00, and in another at 13:00
INSERT INTO ren.src0 SELECT i, '2024-06-10 12:00+00'::timestamptz + h * interval '1 hour', 52.5 + h * 0.02, 13.4
FROM generate_series(1, 40) AS i, generate_series(0, 1) AS h;
CREATE FUNCTION pg_temp.compared(name text) RETURNS text LANGUAGE sql AS $$
	SELECT a.detail FROM mobanon.audit(name) AS a WHERE a.check_name = 'nobody has another release of the same events' $$;

SELECT mobanon.create_pipeline('ren.old', 'ren.src0', 'tap_ren', starts_at => '2024-06-10 00:00+00', readers => '{tap_ren_analyst}', recipients => '{tap_ren_city}');
SELECT FROM mobanon.publish('ren.old', '2024-06-11 00:00+00');
ALTER TABLE ren.src0 RENAME TO src1;
SELECT throws_matching($$SELECT mobanon.publish('ren.old')$$, 'nothing is published', 'its source renamed, a pipeline publishes nothing');
SELECT mobanon.drop_pipeline('ren.old');
SELECT mobanon.withdraw_consent('17', 'tap_ren', 'app');
SELECT mobanon.create_pipeline('ren.new', 'ren.src1', 'tap_ren', starts_at => '2024-06-10 00:00+00', readers => '{tap_ren_analyst}', recipients => '{tap_ren_city}');
SELECT FROM mobanon.publish('ren.new', '2024-06-11 00:00+00');
SET ROLE tap_ren_analyst;
SELECT is((SELECT array_agg(DISTINCT o.subjects - n.subjects) FROM ren.old AS o JOIN ren.new AS n USING (bucket, cell)), '{1}', 'the difference is who withdrew');
SET ROLE tap_ren_dba;
SELECT matches(pg_temp.compared('ren.new'), 'recipient tap_ren_city also receives ren.old .*tap_ren_analyst also reads ren.old ', 'the audit finds it under its new name');

-- the release renamed, too: it is the same table
RESET ROLE;
ALTER TABLE ren.old RENAME TO older;
SET ROLE tap_ren_dba;
SELECT matches(pg_temp.compared('ren.new'), 'tap_ren_analyst also reads ren.old ', 'and when the release was renamed');
-- another table in the place of the source: who knows where its events come from
ALTER TABLE ren.src1 RENAME TO src2;
CREATE TABLE ren.src0 (subject int, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.protect('ren.src0', 'subject', 'at');
SELECT mobanon.create_pipeline('ren.swapped', 'ren.src0', 'tap_ren', starts_at => '2024-06-10 00:00+00', readers => '{tap_ren_analyst}');
SELECT matches(pg_temp.compared('ren.swapped'), 'tap_ren_analyst also reads ren.old ', 'a table that took the old name counts as the same source');
SELECT doesnt_match(pg_temp.compared('ren.swapped'), 'ren.new', 'one of another name does not');

-- a schema
CREATE SCHEMA s1;
CREATE TABLE s1.src (subject int, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.protect('s1.src', 'subject', 'at');
INSERT INTO s1.src SELECT * FROM ren.src2;
INSERT INTO s1.src SELECT i, '2024-06-10 12:00+00', 52.5, 13.4 FROM generate_series(1, 40) AS i;
SELECT mobanon.create_pipeline('s1.p', 's1.src', 'tap_ren', starts_at => '2024-06-10 00:00+00', readers => '{tap_ren_analyst}');
SELECT mobanon.create_recipient_release('s1.part', 's1.p', 'tap_ren_city', readers => '{tap_ren_analyst}');
SELECT FROM mobanon.publish('s1.p', '2024-06-11 00:00+00');
ALTER SCHEMA s1 RENAME TO s2;
SELECT mobanon.create_pipeline('s2.q', 's2.src', 'tap_ren', starts_at => '2024-06-10 00:00+00', readers => '{tap_ren_analyst}');
SELECT matches(pg_temp.compared('s2.q'), 'tap_ren_analyst also reads s1.p \(.*tap_ren_analyst also reads s1.part', 'of a renamed schema, releases and parts of them are found');
-- nothing but the events' own names changed: the pipeline goes on, it need not be made anew
CREATE SCHEMA on1;
CREATE TABLE on1.src (subject int, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.protect('on1.src', 'subject', 'at');
INSERT INTO on1.src SELECT i, '2024-06-10 12:00+00'::timestamptz + d * interval '1 day', 52.5, 13.4 FROM generate_series(1, 40) AS i, generate_series(0, 1) AS d;
SELECT mobanon.create_pipeline('ren.goes_on', 'on1.src', 'tap_ren', starts_at => '2024-06-10 00:00+00');
SELECT mobanon.create_recipient_release('ren.goes_on_part', 'ren.goes_on', 'tap_ren_city');
SELECT FROM mobanon.publish('ren.goes_on', '2024-06-11 00:00+00');
ALTER SCHEMA on1 RENAME TO "on 2";
ALTER TABLE "on 2".src RENAME TO "Src";
SELECT mobanon.accept_definition('ren.goes_on');
SELECT is((mobanon.publish('ren.goes_on', '2024-06-12 00:00+00')).rows, 1::bigint, 'accepted under its new name, it goes on');
SELECT is((SELECT array_agg(DISTINCT source) FROM pipeline WHERE pipeline LIKE 'ren.goes_on%'), '{"\"on 2\".\"Src\""}', 'which the register has');
SELECT is((SELECT count(*) FROM mobanon.audit('ren.goes_on') WHERE NOT ok), 0::bigint, 'the audit passes');
SELECT mobanon.drop_pipeline('ren.goes_on');
SELECT is(has_table_privilege('tap_ren_processing', '"on 2"."Src"', 'SELECT'), false, 'dropped, its role reads no more of the source');
-- an oid of a table that is gone stands for nothing
DROP TABLE ren.older;
SELECT is(pg_temp.compared('ren.new'), 'recipient tap_ren_city also receives ren.old (footfall of tap_ren, 1km, 01:00:00, k = 20)', 'a release that is gone is read by nobody');
DROP TABLE ren.src2 CASCADE;
RESET ROLE;
SELECT is(mobanon.relation_of(pipeline_id, 'source', source), NULL, 'a source that is gone has no relation') FROM pipeline WHERE pipeline = 'ren.new';
SELECT is((SELECT count(*) FROM pipeline_relation AS r WHERE NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = r.relation)) > 0, true, 'an entry outlives its table');
SELECT is((SELECT string_agg(c, '') FROM unnest((SELECT extcondition FROM pg_extension WHERE extname = 'mobanon')) AS c WHERE c LIKE '%pg_class%') IS NULL, false, 'but is not dumped: another table may have its number in another cluster');
SELECT * FROM finish();
