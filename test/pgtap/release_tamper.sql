-- A pipeline that is not what was registered publishes nothing; a release that
-- is not what was published does not pass the audit.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(40);

CREATE ROLE tap_tamper_dba;
CREATE ROLE tap_tamper_processing;
CREATE ROLE tap_tamper_other;
CREATE ROLE tap_tamper_reader;
GRANT mobanon_admin, tap_tamper_processing TO tap_tamper_dba;
CREATE SCHEMA tamper AUTHORIZATION tap_tamper_dba;
GRANT USAGE, CREATE ON SCHEMA tamper TO tap_tamper_processing, tap_tamper_other;
SET ROLE tap_tamper_dba;
SET search_path = public, mobanon;
CREATE TABLE tamper.events (subject bigint, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('tap_tamper', 'test');
SELECT mobanon.bind_purpose('tap_tamper', 'tap_tamper_processing');
SELECT mobanon.protect('tamper.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_tamper', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 40) AS i;
INSERT INTO tamper.events
SELECT i, '2024-06-10 12:00+00'::timestamptz + h * interval '1 hour', 52.516 + (i % 2) * 0.02, 13.377
FROM generate_series(1, 60) AS i, generate_series(0, 2) AS h;
SELECT mobanon.create_pipeline('tamper.footfall', 'tamper.events', 'tap_tamper', starts_at => '2024-06-10 00:00+00', k => 10, readers => '{tap_tamper_reader}');
RESET ROLE;
SELECT mobanon.publish('tamper.footfall');
SELECT is((SELECT count(*) FROM tamper.footfall), 6::bigint, 'six rows are out');
CREATE FUNCTION pg_temp.more() RETURNS void LANGUAGE sql AS $$
	UPDATE mobanon.pipeline SET published_until = closed_until(pipeline) - interval '1 hour' $$;

/* ---- before publishing: each change in a transaction that is rolled back ---- */
CREATE FUNCTION pg_temp.refused(change text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		EXECUTE change;
		PERFORM pg_temp.more();
		RETURN NEXT throws_ok($q$SELECT mobanon.publish('tamper.footfall')$q$, 'MR002', NULL, what || ': nothing is published');
		RETURN NEXT ok((SELECT count(*) > 0 FROM mobanon.audit('tamper.footfall') WHERE NOT ok), what || ': the audit says so');
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MRZZZ';
	EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN
		NULL;
	END;
END
$$;
SELECT * FROM pg_temp.refused('DROP MATERIALIZED VIEW tamper.footfall_candidate;
	CREATE MATERIALIZED VIEW tamper.footfall_candidate AS SELECT bucket, cell, count(*) AS subjects FROM tamper.footfall_coarsened GROUP BY 1, 2;
	GRANT SELECT ON tamper.footfall_candidate TO mobanon_owner; ALTER MATERIALIZED VIEW tamper.footfall_candidate OWNER TO tap_tamper_processing',
	'another candidate');
SELECT * FROM pg_temp.refused('ALTER MATERIALIZED VIEW tamper.footfall_candidate OWNER TO tap_tamper_other', 'another owner');
SELECT * FROM pg_temp.refused('DROP MATERIALIZED VIEW tamper.footfall_candidate;
	CREATE TABLE tamper.footfall_candidate AS SELECT now() AS bucket, NULL::mobanon.cell AS cell, 99::bigint AS subjects', 'a table instead');
SELECT * FROM pg_temp.refused('CREATE OR REPLACE VIEW tamper.footfall_coarsened WITH (security_barrier) AS
	SELECT p.pseudonym, mobanon.try_coarsen_cell(p.latitude, p.longitude, ''100m'') AS cell, p.bucket FROM tamper.footfall_pseudonymized AS p', 'a finer cell');
SELECT * FROM pg_temp.refused('ALTER VIEW tamper.footfall_coarsened RESET (security_barrier)', 'no security barrier');
SELECT * FROM pg_temp.refused('ALTER VIEW tamper.footfall_pseudonymized OWNER TO postgres', 'stage 1 reads as a superuser');
SELECT * FROM pg_temp.refused('CREATE POLICY all_rows ON tamper.events FOR SELECT USING (true)', 'a policy that lets everything through');
SELECT * FROM pg_temp.refused('ALTER TABLE tamper.events NO FORCE ROW LEVEL SECURITY; UPDATE pg_class SET relforcerowsecurity = false WHERE oid = ''tamper.events''::regclass', 'no forced row-level security');
SELECT * FROM pg_temp.refused('ALTER ROLE tap_tamper_processing BYPASSRLS', 'a role that bypasses the policies');
SELECT * FROM pg_temp.refused('SELECT mobanon.unbind_purpose(''tap_tamper'', ''tap_tamper_processing'')', 'a role that lost its purpose');
SELECT * FROM pg_temp.refused('ALTER TABLE tamper.footfall DISABLE TRIGGER append_only', 'a release that can be changed');
SELECT * FROM pg_temp.refused('CREATE RULE quiet AS ON INSERT TO tamper.footfall DO INSTEAD NOTHING', 'a rule on the release');
SELECT pg_temp.more();
SELECT lives_ok($$SELECT mobanon.publish('tamper.footfall')$$, 'as registered, it publishes');

-- A change on purpose is accepted by name; and not what would let rows without consent through.
CREATE OR REPLACE VIEW tamper.footfall_coarsened WITH (security_barrier) AS
	SELECT p.pseudonym, mobanon.try_coarsen_cell(p.latitude, p.longitude, '1km') AS cell, p.bucket FROM tamper.footfall_pseudonymized AS p WHERE p.latitude > 0;
UPDATE mobanon.pipeline SET watermark = '0';
SELECT throws_ok($q$SELECT mobanon.publish('tamper.footfall')$q$, 'MR002', NULL, 'a stage was changed on purpose');
SELECT mobanon.accept_definition('tamper.footfall');
SELECT lives_ok($q$SELECT mobanon.publish('tamper.footfall')$q$, 'and accepted');
CREATE POLICY all_rows ON tamper.events FOR SELECT USING (true);
SELECT throws_ok($q$SELECT mobanon.accept_definition('tamper.footfall')$q$, 'MR002', NULL, 'a policy that lets everything through is not accepted');
DROP POLICY all_rows ON tamper.events;
ALTER VIEW tamper.footfall_pseudonymized OWNER TO postgres;
SELECT throws_ok($q$SELECT mobanon.accept_definition('tamper.footfall')$q$, 'MR002', NULL, 'nor is a stage of a superuser');
ALTER VIEW tamper.footfall_pseudonymized OWNER TO tap_tamper_processing;

/* ---- after publishing ---- */
CREATE FUNCTION pg_temp.found(change text, failed text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		ALTER TABLE tamper.footfall DISABLE TRIGGER USER;
		ALTER TABLE mobanon.publication DISABLE TRIGGER USER;
		ALTER TABLE mobanon.publication_window DISABLE TRIGGER USER;
		EXECUTE change;
		ALTER TABLE tamper.footfall ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_row, ENABLE ALWAYS TRIGGER published_only;
		RETURN NEXT is((SELECT string_agg(check_name, ', ') FROM mobanon.audit('tamper.footfall') WHERE NOT ok), failed, what);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MRZZZ';
	EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN
		NULL;
	END;
END
$$;
UPDATE mobanon.pipeline SET published_until = (SELECT max(window_to) FROM publication);
SELECT * FROM pg_temp.found('SELECT 1', 'windows follow each other', 'here time was bent, and the audit finds it');
SELECT * FROM pg_temp.found('UPDATE tamper.footfall SET subjects = subjects + 1 WHERE bucket = ''2024-06-10 13:00+00''',
	'rows are those that were published, windows follow each other', 'a row was changed');
SELECT * FROM pg_temp.found('DELETE FROM tamper.footfall WHERE bucket = ''2024-06-10 13:00+00''',
	'rows are those that were published, windows follow each other', 'rows are gone');
SELECT * FROM pg_temp.found('INSERT INTO tamper.footfall SELECT ''1999-01-01 00:00+00'', cell, 10, 1 FROM tamper.footfall LIMIT 1',
	'every row lies in a published window, rows are those that were published, windows follow each other', 'a row of another time');
SELECT * FROM pg_temp.found('ALTER TABLE tamper.footfall DROP CONSTRAINT footfall_subjects_check; UPDATE tamper.footfall SET subjects = 3 WHERE bucket = ''2024-06-10 13:00+00''',
	'no row has fewer than k subjects, rows are those that were published, windows follow each other', 'a row below k');
SELECT * FROM pg_temp.found('ALTER TABLE tamper.footfall DROP CONSTRAINT footfall_pkey; INSERT INTO tamper.footfall SELECT * FROM tamper.footfall LIMIT 1',
	'no group is there twice, rows are those that were published, windows follow each other', 'a row twice');
SELECT * FROM pg_temp.found('UPDATE mobanon.publication SET rows = 5 WHERE publication = 1',
	'register is whole, windows follow each other', 'an entry was changed');
SELECT * FROM pg_temp.found('UPDATE mobanon.publication_window SET sha256 = sha256(sha256) WHERE bucket = ''2024-06-10 13:00+00''',
	'rows are those that were published, register is whole, windows follow each other', 'the list of windows was changed');
SELECT * FROM pg_temp.found('GRANT SELECT ON tamper.footfall_candidate TO tap_tamper_reader',
	'readers reach the release only, windows follow each other', 'a reader may read the candidate');
SELECT * FROM pg_temp.found('GRANT SELECT (at) ON tamper.events TO tap_tamper_reader',
	'readers reach the release only, windows follow each other', 'a reader may read a column of the source');
SELECT * FROM finish();
