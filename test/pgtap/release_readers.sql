-- Readers are mostly members of a group: audit() finds what each of them reaches beside the release.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(15);

CREATE ROLE tap_rd_dba CREATEROLE;
CREATE ROLE tap_rd_processing;
CREATE ROLE tap_rd_analysts;
CREATE ROLE tap_rd_team IN ROLE tap_rd_analysts;
CREATE ROLE tap_rd_ana IN ROLE tap_rd_team;
CREATE ROLE tap_rd_bob IN ROLE tap_rd_team;
CREATE ROLE "tap rd Eve" NOINHERIT IN ROLE tap_rd_analysts;
GRANT mobanon_admin, tap_rd_processing TO tap_rd_dba;
CREATE SCHEMA rd AUTHORIZATION tap_rd_dba;
SET ROLE tap_rd_dba;
SET search_path = public, mobanon;
CREATE TABLE rd.events (subject int, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('tap_rd', 'test');
SELECT mobanon.bind_purpose('tap_rd', 'tap_rd_processing');
SELECT mobanon.protect('rd.events', 'subject', 'at');
SELECT mobanon.create_pipeline('rd.footfall', 'rd.events', 'tap_rd', readers => '{tap_rd_analysts}');
SELECT mobanon.create_pipeline('rd.coarse', 'rd.events', 'tap_rd', resolution => '10km');
RESET ROLE;
CREATE FUNCTION pg_temp.reached() RETURNS text LANGUAGE sql AS $$
	SELECT a.detail FROM mobanon.audit('rd.footfall') AS a WHERE a.check_name = 'readers reach the release only' $$;
CREATE FUNCTION pg_temp.compared() RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(a.detail, ' \(.*?\)', '', 'g') FROM mobanon.audit('rd.footfall') AS a WHERE a.check_name = 'nobody has another release of the same events' $$;
-- what is reached after a change, which is then undone
CREATE FUNCTION pg_temp.after(change text, expected text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		EXECUTE change;
		RETURN NEXT is(COALESCE(pg_temp.reached(), pg_temp.compared()), expected, what);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'MRZZZ';
	EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN
		NULL;
	END;
END
$$;

SELECT is(pg_temp.reached(), NULL, 'a group and its members: nothing but the release');
SELECT is(pg_temp.compared(), NULL, 'and no other');
SELECT * FROM pg_temp.after('GRANT tap_rd_processing TO tap_rd_bob',
	'tap_rd_bob may read rd.events; tap_rd_bob may read rd.footfall_candidate; tap_rd_bob may read rd.footfall_coarsened; tap_rd_bob may read rd.footfall_pseudonymized',
	'a member who processes, too');
SELECT * FROM pg_temp.after('GRANT SELECT (latitude) ON rd.events TO tap_rd_ana', 'tap_rd_ana may read rd.events', 'a member, a column of the source');
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.events TO tap_rd_analysts', 'tap_rd_analysts may read rd.events', 'the group: its members are not listed');
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.events TO PUBLIC', 'tap_rd_analysts may read rd.events', 'everybody');
SELECT * FROM pg_temp.after('GRANT SELECT ON mobanon.consent_ledger TO tap_rd_bob', 'tap_rd_bob may read consent_ledger', 'a member, the ledger');
SELECT * FROM pg_temp.after('CREATE ROLE tap_rd_raw NOLOGIN; GRANT SELECT ON rd.events TO tap_rd_raw; GRANT tap_rd_raw TO "tap rd Eve"',
	'"tap rd Eve" may read rd.events', 'a member without INHERIT, who says SET ROLE');
SELECT * FROM pg_temp.after('GRANT tap_rd_analysts TO tap_rd_dba', NULL, 'who runs pipelines reads what they are made of');
SELECT * FROM pg_temp.after('REVOKE SELECT ON rd.footfall FROM tap_rd_analysts; GRANT SELECT (cell, subjects) ON rd.footfall TO tap_rd_bob; GRANT SELECT ON rd.events TO tap_rd_bob',
	'tap_rd_bob may read rd.events', 'a reader of some columns');
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.footfall TO PUBLIC', NULL, 'open to everybody, the release has no readers of its own');
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.footfall, rd.events TO PUBLIC', 'PUBLIC may read rd.events; tap_rd_analysts may read rd.events', 'but the source must not be');
-- and the same for two releases
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.coarse TO tap_rd_bob', 'tap_rd_bob also reads rd.coarse', 'a member has another release');
SELECT * FROM pg_temp.after('GRANT SELECT ON rd.coarse TO "tap rd Eve"', '"tap rd Eve" also reads rd.coarse', 'a member without INHERIT');
SELECT * FROM pg_temp.after('GRANT SELECT (subjects) ON rd.coarse TO tap_rd_bob', 'tap_rd_bob also reads rd.coarse', 'a column of another release');
SELECT * FROM finish();
