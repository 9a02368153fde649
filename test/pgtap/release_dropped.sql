-- After drop_pipeline(): a release that was kept is still audited, kept within retention and dropped; and the
-- processing role has no more rights than its other pipelines need.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(46);

CREATE ROLE tap_drop_dba;
CREATE ROLE tap_drop_processing;
CREATE ROLE tap_drop_reader;
GRANT mobanon_admin, tap_drop_processing TO tap_drop_dba;
CREATE SCHEMA kept AUTHORIZATION tap_drop_dba;
SET ROLE tap_drop_dba;
SET search_path = public, mobanon;
CREATE TABLE kept.events (id int, subject text, at timestamptz, latitude float8, longitude float8, age_band text);
SELECT mobanon.create_purpose('tap_drop', 'test');
SELECT mobanon.add_category('tap_drop', 'age_band');
SELECT mobanon.create_recipient('mall');
SELECT mobanon.bind_purpose('tap_drop', 'tap_drop_processing');
SELECT mobanon.protect('kept.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_drop', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 30) AS i;
INSERT INTO kept.events SELECT h * 100 + i, i::text, '2024-06-10 10:00+00'::timestamptz + h * interval '1 hour', 52.516, 13.377, 'x'
FROM generate_series(1, 30) AS i, generate_series(0, 3) AS h;

/* ---- a release that outlives its pipeline ---- */
SELECT mobanon.create_pipeline('kept.town', 'kept.events', 'tap_drop', starts_at => '2024-06-10 00:00+00', readers => '{tap_drop_reader}');
SELECT mobanon.create_recipient_release('kept.for_mall', 'kept.town', 'mall', readers => '{tap_drop_reader}');
SELECT mobanon.publish('kept.town');
SELECT mobanon.drop_pipeline('kept.town');
SELECT is((SELECT array_agg(n) FROM (SELECT count(*) FROM kept.town UNION ALL SELECT count(*) FROM kept.for_mall) AS c (n)), '{4,4}', 'what was published stays readable');
SELECT is((SELECT count(*) FROM mobanon.audit(name) WHERE NOT ok), 0::bigint, name || ' passes the audit') FROM unnest('{kept.town, kept.for_mall}'::text[]) AS name;
SELECT is((SELECT count(*) > 8 FROM mobanon.audit('kept.town')), true, 'which looks at rows, register and readers');
SELECT is_empty($$SELECT * FROM mobanon.verify_release('kept.town')$$, 'its rows are verified');
RESET ROLE;
ALTER TABLE kept.town DISABLE TRIGGER USER;
UPDATE kept.town SET subjects = 99 WHERE bucket = '2024-06-10 11:00+00';
SELECT is((SELECT count(*) FROM mobanon.verify_release('kept.town')), 1::bigint, 'a change is found');
SELECT is((SELECT count(*) FROM mobanon.audit('kept.town') WHERE NOT ok), 2::bigint, 'by the audit, too, and the triggers that are off');
UPDATE kept.town SET subjects = 30 WHERE bucket = '2024-06-10 11:00+00';
ALTER TABLE kept.town ENABLE ALWAYS TRIGGER published_only, ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_row;
SELECT is((SELECT count(*) FROM mobanon.audit('kept.town') WHERE NOT ok), 0::bigint, 'put right');
SET ROLE tap_drop_dba;
SET search_path = kept, public, mobanon;
SELECT is(mobanon.drop_windows('town', '2024-06-10 11:00+00'), 1::bigint, 'retention goes on; its name is found along the search_path');
SELECT is(mobanon.drop_windows('kept.for_mall', '2024-06-10 12:00+00'), 2::bigint, 'at a recipient, too');
SET search_path = public, mobanon;
SELECT is((SELECT count(*) FROM mobanon.audit(name) WHERE NOT ok), 0::bigint, 'the audit of ' || name || ' knows of it') FROM unnest('{kept.town, kept.for_mall}'::text[]) AS name;
SELECT throws_like('DELETE FROM kept.town', '%permission denied%', 'nothing else is deleted');
RESET ROLE;
SELECT throws_like('DELETE FROM kept.town', '%never changed%', 'by nobody');
SELECT throws_like('INSERT INTO kept.town SELECT * FROM kept.town', '%publish() only%', 'nor added');
SET ROLE tap_drop_dba;
SET search_path = public, mobanon;
SELECT lives_ok($$SELECT mobanon.revoke_release('kept.town', 'tap_drop_reader')$$, 'a reader is taken off');
SELECT is(has_table_privilege('tap_drop_reader', 'kept.town', 'SELECT'), false, 'and reads no more');

-- What needs a pipeline says that there is none any more, and what to do.
CREATE FUNCTION pg_temp.said(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || message || ' HINT ' || hint;
END
$$;
SELECT is(pg_temp.said(format('SELECT mobanon.%s', call)),
	'MR001 pipeline "kept.town" was dropped, its release is kept HINT mobanon.drop_pipeline(name, release => true) drops the release, too; audit(), verify_release(), drop_windows(), grant_release() and revoke_release() work on it.', call)
FROM unnest('{publish(''kept.town''),drop_pipeline(''kept.town'')}'::text[]) AS call;
SELECT matches(pg_temp.said($$SELECT mobanon.create_pipeline('kept.town', 'kept.events', 'tap_drop', starts_at => '2024-06-11 00:00+00')$$),
	'^42710 pipeline kept.town: there is a relation kept.town already HINT It is the release of a pipeline that was dropped.*drop_pipeline.*another name', 'making it again says whose the table is');
SELECT matches(pg_temp.said($$SELECT mobanon.publish('kept.never')$$), '^MR001 .*dropped_at IS NULL', 'and a pipeline that never was says where those are that there are');

SELECT lives_ok($$SELECT mobanon.drop_pipeline('kept.town', release => true)$$, 'the kept release is dropped');
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r'), 1::bigint, 'with what was dropped along with it');
SELECT throws_ok($$SELECT * FROM mobanon.audit('kept.town')$$, 'MR001', NULL, 'now it is gone');
SELECT is((SELECT count(*) FROM publication WHERE pipeline = 'kept.town'), 1::bigint, 'the register stays');
SELECT lives_ok($$SELECT mobanon.create_pipeline('kept.town', 'kept.events', 'tap_drop', starts_at => now() - interval '1 day')$$, 'its name is free for later windows');
-- a part that was dropped alone
SELECT mobanon.create_recipient_release('kept.part', 'kept.town', 'mall');
SELECT mobanon.publish('kept.town');
RESET ROLE;
UPDATE pipeline SET watermark = '0' WHERE dropped_at IS NULL;
SET ROLE tap_drop_dba;
SET search_path = public, mobanon;
SELECT mobanon.publish('kept.town');
SELECT mobanon.drop_pipeline('kept.part');
SELECT is((SELECT count(*) FROM mobanon.audit('kept.part') WHERE NOT ok), 0::bigint, 'a part that was dropped alone passes the audit');
SELECT mobanon.drop_pipeline('kept.town', true);
SELECT is((SELECT count(*) FROM mobanon.audit('kept.part') WHERE NOT ok), 0::bigint, 'also when the whole is gone');
SELECT lives_ok($$SELECT mobanon.drop_pipeline('kept.part', true)$$, 'and is dropped');
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r'), 1::bigint, 'nothing is left');

/* ---- the rights of the processing role ---- */
CREATE FUNCTION pg_temp.reads() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute AS a
	WHERE a.attrelid = 'kept.events'::regclass AND a.attnum > 0 AND has_column_privilege('tap_drop_processing', a.attrelid, a.attnum, 'SELECT') $$;
SELECT is(pg_temp.reads(), NULL, 'without a pipeline the role reads nothing');
SELECT is(has_schema_privilege('tap_drop_processing', 'kept', 'USAGE'), false, 'and has nothing on the schema');
SELECT mobanon.create_pipeline('kept.by_age', 'kept.events', 'tap_drop', breakdowns => '{age_band}');
SELECT mobanon.create_pipeline('kept.plain', 'kept.events', 'tap_drop');
SELECT is(pg_temp.reads(), 'subject,at,latitude,longitude,age_band', 'two pipelines: what both need');
SELECT mobanon.drop_pipeline('kept.by_age');
SELECT is(pg_temp.reads(), 'subject,at,latitude,longitude', 'one of them dropped: what the other needs');
SELECT lives_ok($$SELECT mobanon.publish('kept.plain')$$, 'which publishes');
SELECT mobanon.drop_pipeline('kept.plain');
SELECT is(pg_temp.reads(), NULL, 'both dropped: nothing');
SELECT is(has_schema_privilege('tap_drop_processing', 'kept', 'USAGE'), false, 'nor on the schema');
-- in another schema, and of a source in this one
RESET ROLE;
CREATE SCHEMA kept_too AUTHORIZATION tap_drop_dba;
SET ROLE tap_drop_dba;
SELECT mobanon.create_pipeline('kept.here', 'kept.events', 'tap_drop');
SELECT mobanon.create_pipeline('kept_too.there', 'kept.events', 'tap_drop');
SELECT mobanon.drop_pipeline('kept.here');
SELECT is(has_schema_privilege('tap_drop_processing', 'kept', 'USAGE'), true, 'a source of another pipeline is in the schema');
SELECT lives_ok($$SELECT mobanon.publish('kept_too.there')$$, 'which publishes');
SELECT mobanon.drop_pipeline('kept_too.there');
SELECT is(has_schema_privilege('tap_drop_processing', s, 'USAGE'), false, 'nothing is left on ' || s) FROM unnest('{kept, kept_too}'::text[]) AS s;
-- what the DBA granted stays
GRANT USAGE ON SCHEMA kept TO tap_drop_processing;
SELECT mobanon.create_pipeline('kept.here', 'kept.events', 'tap_drop');
SELECT mobanon.drop_pipeline('kept.here');
SELECT is(has_schema_privilege('tap_drop_processing', 'kept', 'USAGE'), true, 'what the DBA granted on a schema stays');
REVOKE USAGE ON SCHEMA kept FROM tap_drop_processing;
-- renamed meanwhile: source, columns, role
SELECT mobanon.create_pipeline('kept.here', 'kept.events', 'tap_drop', breakdowns => '{age_band}');
ALTER TABLE kept.events RENAME COLUMN latitude TO lat;
ALTER TABLE kept.events RENAME TO events_2024;
RESET ROLE;
ALTER ROLE tap_drop_processing RENAME TO tap_drop_renamed;
SET ROLE tap_drop_dba;
SET search_path = public, mobanon;
SELECT lives_ok($$SELECT mobanon.drop_pipeline('kept.here', true)$$, 'dropped after a renaming');
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid = 'kept.events_2024'::regclass AND attacl::text LIKE '%tap_drop_renamed%'), 0::bigint, 'nothing of the source is left to the role');
SELECT is(has_schema_privilege('tap_drop_renamed', 'kept', 'USAGE'), false, 'nor of the schema');
SELECT mobanon.unprotect('kept.events_2024');
SELECT mobanon.unbind_purpose('tap_drop', 'tap_drop_renamed');
RESET ROLE;
SELECT lives_ok('DROP ROLE tap_drop_renamed', 'the role can be dropped');
SELECT * FROM finish();
