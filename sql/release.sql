-- From a protected table to a release that analysts read.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE ROLE regress_release_dba;
CREATE ROLE regress_release_processing;
CREATE ROLE regress_release_analyst;
GRANT mobanon_admin, regress_release_processing TO regress_release_dba;
CREATE SCHEMA release_story AUTHORIZATION regress_release_dba;

-- The DBA's side: a protected table of events, a purpose, consents.
SET ROLE regress_release_dba;
CREATE TABLE release_story.events (subject bigint, at timestamptz, latitude float8, longitude float8, device text);
SELECT mobanon.create_purpose('release_story', 'How many people are where');
SELECT mobanon.bind_purpose('release_story', 'regress_release_processing');
SELECT mobanon.protect('release_story.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'release_story', 'app', '2024-06-01 00:00+00')) AS consents
FROM generate_series(1, 60) AS i;
-- At noon 40 people are in the square, 90 in the park (of whom 60 consent), 12 in the alley.
INSERT INTO release_story.events
SELECT i, '2024-06-10 12:00+00'::timestamptz + (i % 60) * interval '1 minute', 52.516 + (i % 7) * 1e-4, 13.377, 'phone'
FROM generate_series(1, 40) AS i
UNION ALL
SELECT i, '2024-06-10 13:00+00'::timestamptz + (i % 60) * interval '1 minute', 52.535, 13.40, 'phone'
FROM generate_series(1, 90) AS i
UNION ALL
SELECT i, '2024-06-10 12:30+00', 52.50, 13.30, 'phone' FROM generate_series(1, 12) AS i
-- and what data brings with it: twice the same, no subject, no place, no time
UNION ALL
SELECT 7, '2024-06-10 12:07+00', 52.516, 13.377, 'phone' FROM generate_series(1, 5)
UNION ALL VALUES (NULL::bigint, '2024-06-10 12:00+00'::timestamptz, 52.516::float8, 13.377::float8, 'phone'),
	(1, '2024-06-10 12:00+00', 91, 13.377, 'phone'), (2, '2024-06-10 12:00+00', 'NaN', 13.377, 'phone'),
	(3, 'infinity', 52.516, 13.377, 'phone'), (4, '2999-01-01 00:00+00', 52.516, 13.377, 'phone'), (5, NULL, 52.516, 13.377, 'phone');

-- A pipeline is a list of statements.  (The one that makes keys names today.)
SELECT statement AS "pipeline_sql" FROM mobanon.pipeline_sql('release_story.footfall', 'release_story.events', 'release_story',
	starts_at => '2024-06-10 00:00+00', readers => '{regress_release_analyst}') AS statement
WHERE statement NOT LIKE 'SELECT mobanon.create_domain%' \g (format=unaligned tuples_only=on)
SELECT mobanon.create_pipeline('release_story.footfall', 'release_story.events', 'release_story',
	starts_at => '2024-06-10 00:00+00', readers => '{regress_release_analyst}');
-- A key that a pipeline still needs: said so, while the shredding can be taken back.
BEGIN;
SELECT mobanon.shred_epoch('release_story.footfall', 1);
ROLLBACK;
-- The candidate is an ordinary materialized view of what would be published now.
REFRESH MATERIALIZED VIEW release_story.footfall_candidate;
SELECT bucket, cell, subjects FROM release_story.footfall ORDER BY bucket, cell;
SELECT publication, window_from, rows FROM mobanon.publish('release_story.footfall');
-- Once out, windows are not computed again.
SELECT publication IS NULL AS nothing_new FROM mobanon.publish('release_story.footfall');

-- The analyst's side: the release, and nothing else.
SET ROLE regress_release_analyst;
SELECT bucket, cell, subjects, publication FROM release_story.footfall ORDER BY bucket, cell;
SELECT count(*) FROM release_story.events;
SELECT count(*) FROM release_story.footfall_pseudonymized;
SELECT count(*) FROM release_story.footfall_coarsened;
SELECT count(*) FROM release_story.footfall_candidate;
SELECT count(*) FROM mobanon.publication;
SELECT mobanon.publish('release_story.footfall');
SET ROLE regress_release_dba;
SELECT col_description('release_story.footfall'::regclass, attnum) AS "what analysts see of units and k"
FROM pg_attribute WHERE attrelid = 'release_story.footfall'::regclass AND attnum > 0 ORDER BY attnum;

-- The data protection officer's side: the register, and the audit.
SELECT pipeline, publication, window_from, rows, encode(content_sha256, 'hex') AS content, version,
	parameters - '{definition_sha256, keys}'::text[] AS parameters FROM mobanon.publication WHERE pipeline = 'release_story.footfall' \gx
SELECT publication, reason, number, unit FROM mobanon.publication_withheld JOIN mobanon.pipeline USING (pipeline_id)
WHERE pipeline = 'release_story.footfall' ORDER BY reason;
SELECT * FROM mobanon.audit('release_story.footfall');

-- A withdrawal and a late event: what is out stays as it is, and only that.
SELECT mobanon.withdraw_consent('7', 'release_story', 'app') > 0 AS withdrawn;
INSERT INTO release_story.events VALUES (8, '2024-06-10 12:30+00', 52.535, 13.40, 'phone');
SELECT publication IS NULL AS nothing_new FROM mobanon.publish('release_story.footfall');
SELECT bucket, cell, subjects FROM release_story.footfall ORDER BY bucket, cell;

-- Nobody changes a release: not the DBA, not a superuser.
UPDATE release_story.footfall SET subjects = 41;
RESET ROLE;
UPDATE release_story.footfall SET subjects = 41;
DELETE FROM release_story.footfall WHERE false;
TRUNCATE release_story.footfall;
INSERT INTO release_story.footfall VALUES ('2024-06-11 00:00+00', mobanon.coarsen_cell(52.5, 13.4, '1km'), 99, 1);
DELETE FROM mobanon.publication;
SET ROLE regress_release_dba;

-- What cannot be, and what to do.
SELECT mobanon.create_pipeline('release_story.footfall', 'release_story.events', 'release_story');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', k => 4);
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', bucket => '1 month');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', bucket => '7 minutes');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', bucket => '-1 hour');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', watermark => '-1 hour');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', watermark => '1 month');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', time_zone => 'Berlin');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', resolution => '3km');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', latitude_column => 'lat');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', longitude_column => 'device');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'no_purpose');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', role_name => 'regress_release_analyst');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', domain => 'no such domain');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', recipients => '{nobody}');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.events', 'release_story', starts_at => 'infinity');
SELECT mobanon.create_pipeline('release_story.other', 'release_story.footfall', 'release_story');
SELECT mobanon.create_pipeline('nowhere.other', 'release_story.events', 'release_story');
SELECT mobanon.create_pipeline('a.b.c', 'release_story.events', 'release_story');
SELECT mobanon.create_pipeline('release_story.name_of_fifty_bytes_which_is_one_more_than_allowed', 'release_story.events', 'release_story');
SELECT mobanon.publish('release_story.other');
-- Made without a start while there are events already: said so.
\set VERBOSITY terse
SELECT mobanon.create_pipeline('release_story.late', 'release_story.events', 'release_story');
\set VERBOSITY default
SELECT mobanon.drop_pipeline('release_story.late');
-- Its keys stay; an earlier start needs others, and the hint makes them (when they begin depends on the day).
DO $$
DECLARE message text; hint text;
BEGIN
	PERFORM mobanon.create_pipeline('release_story.late', 'release_story.events', 'release_story', starts_at => '2024-06-10 00:00+00');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RAISE NOTICE '%', regexp_replace(message, 'from .*', 'from ...');
	RAISE NOTICE '%', hint;
	EXECUTE substring(hint FROM 'SELECT [^)]*\)\)?');
END
$$;
SELECT mobanon.create_pipeline('release_story.late', 'release_story.events', 'release_story', starts_at => '2024-06-10 00:00+00', domain => 'release_story.late 2');
SELECT mobanon.drop_pipeline('release_story.late');
-- All or nothing: nothing is left of any of these.
SELECT relname FROM pg_class WHERE relnamespace = 'release_story'::regnamespace AND relname LIKE 'other%';

-- Dropped: no more publications, what is out stays.
SELECT mobanon.drop_pipeline('release_story.footfall');
SELECT mobanon.publish('release_story.footfall');
SELECT count(*) FROM release_story.footfall;
-- Its name is taken.
SELECT mobanon.create_pipeline('release_story.footfall', 'release_story.events', 'release_story', starts_at => '2024-06-10 00:00+00');
RESET ROLE;
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'release_story'::regnamespace ORDER BY relname;
SELECT attname, attacl FROM pg_attribute WHERE attrelid = 'release_story.events'::regclass AND attnum > 0 ORDER BY attnum;
-- A table may be left to itself again.
SET ROLE regress_release_dba;
SELECT mobanon.unprotect('release_story.events');
RESET ROLE;
