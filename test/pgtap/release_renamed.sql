-- The role, the source and its columns are renamed: the audit says so, and accept_definition() takes the new names.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(29);

CREATE ROLE tap_name_dba;
CREATE ROLE tap_name_processing;
CREATE ROLE tap_name_reader;
GRANT mobanon_admin, tap_name_processing TO tap_name_dba;
CREATE SCHEMA renamed AUTHORIZATION tap_name_dba;
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
CREATE TABLE renamed.events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('tap_name', 'test');
SELECT mobanon.create_recipient('mall');
SELECT mobanon.bind_purpose('tap_name', 'tap_name_processing');
SELECT mobanon.protect('renamed.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_name', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 30) AS i;
INSERT INTO renamed.events SELECT i::text, '2024-06-10 00:00+00'::timestamptz + h * interval '1 hour', 52.516, 13.377
FROM generate_series(1, 30) AS i, generate_series(0, 99) AS h;
SELECT mobanon.create_pipeline('renamed.town', 'renamed.events', 'tap_name', starts_at => '2024-06-10 00:00+00', readers => '{tap_name_reader}');
SELECT mobanon.create_pipeline('renamed.other', 'renamed.events', 'tap_name', resolution => '5km', starts_at => '2024-06-10 00:00+00', readers => '{tap_name_reader}');
SELECT mobanon.create_recipient_release('renamed.for_mall', 'renamed.town', 'mall');
CREATE FUNCTION pg_temp.failed(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(check_name, ', ') FROM mobanon.audit(name) WHERE NOT ok AND check_name NOT LIKE 'nobody has another%' $$;
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
SELECT is((mobanon.publish('renamed.town', '2024-06-11')).rows, 24::bigint, 'published');

-- The role.
RESET ROLE;
ALTER ROLE tap_name_processing RENAME TO tap_name_worker;
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
SELECT matches(pg_temp.failed('renamed.town'), '^role is subject to the policies, .*stages are as registered', 'a renamed role is found by the audit');
SELECT matches(pg_temp.said($$SELECT mobanon.publish('renamed.town')$$),
	'^MR002 .*role tap_name_processing does not exist: if it was renamed to tap_name_worker, rename it back or call mobanon.accept_definition.. HINT .*accept_definition', 'publish() says what to do');
SELECT lives_ok('SELECT * FROM mobanon.protection_gaps()', 'gaps are looked for all the same');
SELECT lives_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'its new name is accepted');
SELECT is(pg_temp.failed('renamed.town'), NULL, 'the audit passes');
SELECT is((mobanon.publish('renamed.town', '2024-06-12')).rows, 24::bigint, 'and publishing goes on');
SELECT is((SELECT string_agg(DISTINCT role_name::text, ', ') FROM pipeline), 'tap_name_worker', 'everywhere in the register');
SELECT matches(pg_temp.failed('renamed.other'), '^stages are as registered$', 'another pipeline of the role is accepted for itself');
SELECT mobanon.accept_definition('renamed.other');

-- The source, and the columns of the position.
ALTER TABLE renamed.events RENAME TO taps;
ALTER TABLE renamed.taps RENAME COLUMN latitude TO lat;
SELECT matches(pg_temp.said($$SELECT mobanon.publish('renamed.town')$$),
	'^MR002 .*renamed.events does not exist: if it was renamed to renamed.taps, rename it back or call mobanon.accept_definition.. HINT', 'a renamed source: publish() says what to do');
SELECT matches(pg_temp.failed('renamed.town'), '^source is protected', 'and the audit finds it');
SELECT lives_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'accepted');
SELECT is(pg_temp.failed('renamed.town'), NULL, 'the audit passes');
SELECT is((mobanon.publish('renamed.town', '2024-06-13')).rows, 24::bigint, 'and publishing goes on');
SELECT is((SELECT string_agg(DISTINCT source, ', ') FROM pipeline), 'renamed.taps', 'everywhere in the register');
SELECT is((SELECT count(*) FROM mobanon.audit('renamed.town') WHERE check_name LIKE 'nobody has another%' AND NOT ok), 1::bigint, 'the other release of the same events is still seen');
SELECT is((SELECT count(*) FROM mobanon.audit('renamed.for_mall') WHERE NOT ok AND check_name NOT LIKE 'nobody has another%'), 0::bigint, 'a recipient''s release is as it was');

-- The columns of protect().
SELECT mobanon.unprotect('renamed.taps');
ALTER TABLE renamed.taps RENAME COLUMN subject TO msisdn;
SELECT mobanon.protect('renamed.taps', 'msisdn', 'at');
SELECT matches(pg_temp.failed('renamed.town'), '^source is protected, .*stages are as registered', 'protected by another column');
SELECT lives_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'which has the place of the one that is gone: accepted');
SELECT is(pg_temp.failed('renamed.town'), NULL, 'the audit passes');
SELECT is((mobanon.publish('renamed.town')).rows, 28::bigint, 'and publishing goes on');
SELECT is((SELECT count(*) FROM renamed.for_mall), 100::bigint, 'for the recipient, too');

-- What is no new name is not accepted.
RESET ROLE;
CREATE ROLE tap_name_stranger;
SELECT mobanon.bind_purpose('tap_name', 'tap_name_stranger');
CREATE FUNCTION pg_temp.give_stages_to(role_name name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER VIEW renamed.town_pseudonymized OWNER TO %I', role_name);
	EXECUTE format('ALTER VIEW renamed.town_coarsened OWNER TO %I', role_name);
	EXECUTE format('ALTER MATERIALIZED VIEW renamed.town_candidate OWNER TO %I', role_name);
END
$$;
SELECT pg_temp.give_stages_to('tap_name_stranger');
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
SELECT throws_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'MR002', NULL, 'another role of the purpose, while the first is there, is no renaming');
RESET ROLE;
SELECT mobanon.unbind_purpose('tap_name', 'tap_name_stranger');
RESET ROLE;
ALTER ROLE tap_name_worker RENAME TO tap_name_other;
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
SELECT throws_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'MR002', NULL, 'nor one that does not process for the purpose');
RESET ROLE;
ALTER ROLE tap_name_other RENAME TO tap_name_worker;
SELECT pg_temp.give_stages_to('tap_name_worker');
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
SELECT is(pg_temp.failed('renamed.town'), NULL, 'put right');
SELECT mobanon.create_domain('tap name', '1 year', '2024-01-01');
CREATE TABLE renamed.second AS TABLE renamed.taps;
SELECT mobanon.protect('renamed.second', 'msisdn', 'at');
RESET ROLE;
GRANT USAGE ON SCHEMA renamed TO PUBLIC;
GRANT SELECT ON renamed.second TO tap_name_worker;
CREATE OR REPLACE VIEW renamed.town_pseudonymized WITH (security_barrier) AS SELECT mobanon.pseudonymize(e.msisdn, 'tap name', e.at) AS pseudonym, e.lat AS latitude, e.longitude, e.at, e.at AS bucket FROM renamed.second AS e;
SET ROLE tap_name_dba;
SET search_path = public, mobanon;
SELECT lives_ok($$SELECT mobanon.accept_definition('renamed.town')$$, 'a stage that was changed on purpose is accepted');
SELECT is((SELECT source FROM pipeline WHERE pipeline = 'renamed.town'), 'renamed.taps', 'its source is the one that is still there');
SELECT lives_ok(format('SELECT mobanon.drop_pipeline(%L, true)', name), name || ' is dropped') FROM unnest('{renamed.town,renamed.other}'::text[]) AS name;
SELECT * FROM finish();
