-- A network operator's events have the identity of a radio cell instead of coordinates: the stage view looks up
-- where the site was at the time of the event.
\set QUIET 1
SET search_path = mobanon, public;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(9);
CREATE ROLE tap_sites_job;
CREATE ROLE tap_sites_analyst;
SELECT create_purpose('tap_sites', 'radio cells'), bind_purpose('tap_sites', 'tap_sites_job');
CREATE SCHEMA radio;
GRANT USAGE ON SCHEMA radio TO tap_sites_job, tap_sites_analyst;
CREATE TABLE radio.events (msisdn bigint, at timestamptz, cell text, unused text);
-- The site of the first identity moves at noon; the second one is unknown; the third is no identity.
INSERT INTO site (site_identity, valid_from, latitude, longitude) VALUES
	('ecgi:262-03-19349265', '-infinity', 52.516262, 13.377704), ('ecgi:262-03-19349265', '2024-03-01 12:00', 48.137154, 11.576124);
INSERT INTO radio.events
SELECT 491700000000 + i, h, c FROM generate_series(1, 40) AS i,
	unnest(ARRAY['2024-03-01 11:30', '2024-03-01 12:00']::timestamptz[]) AS h,
	unnest(ARRAY['ecgi:262-03-19349265', 'ecgi:262-03-1', 'somewhere']) AS c;
SELECT protect('radio.events', 'msisdn', 'at');
SELECT count(grant_consent((491700000000 + i)::text, 'tap_sites', 'app', '2024-02-01')) FROM generate_series(1, 30) AS i;
SELECT create_pipeline('radio.footfall', 'radio.events', 'tap_sites', site_column => 'cell', starts_at => '2024-03-01', readers => '{tap_sites_analyst}');
SELECT results_eq($$ SELECT attname FROM pg_attribute WHERE attrelid = 'radio.footfall_pseudonymized'::regclass AND attnum > 0 ORDER BY attnum $$,
	$$ VALUES ('pseudonym'::name), ('site'), ('at'), ('bucket') $$, 'stage 1 has the site instead of a position');
SELECT ok(has_column_privilege('tap_sites_job', 'radio.events', 'cell', 'SELECT') AND NOT has_column_privilege('tap_sites_job', 'radio.events', 'unused', 'SELECT'),
	'the role reads the columns it needs');
SELECT publish('radio.footfall');
SET ROLE tap_sites_analyst;
-- Codes from the table of vectors: Berlin and Munich.
SELECT results_eq('SELECT bucket, cell::text, subjects FROM radio.footfall ORDER BY bucket',
	$$ VALUES ('2024-03-01 11:00'::timestamptz, '1kmN3272E4550', 30::bigint), ('2024-03-01 12:00', '1kmN2781E4438', 30) $$,
	'events count where the site was at the time');
SELECT throws_ok('SELECT * FROM mobanon.site', '42501', NULL, 'where the sites are is not for analysts');
SELECT throws_ok($$ SELECT mobanon.try_coarsen_site('ecgi:262-03-19349265', now(), '100m') $$, '42501', NULL, 'nor by asking for one');
RESET ROLE;
SELECT is((SELECT w.number FROM publication_withheld AS w WHERE w.reason = 'unusable position'), 120::bigint,
	'unknown sites and what is no identity are counted: 30 people, two times, two kinds');
SELECT ok((SELECT bool_and(ok) FROM audit('radio.footfall')), 'the audit passes');
SELECT is((SELECT count(*) FROM pipeline_sql('radio.again', 'radio.events', 'tap_sites', site_column => 'cell') AS s WHERE s LIKE '%mobanon.try_coarsen_site(p.site, p.at, ''1km'')%'),
	1::bigint, 'pipeline_sql() prints the same');
SELECT throws_like($$ SELECT create_pipeline('radio.again', 'radio.events', 'tap_sites', site_column => 'msisdn') $$, '%cannot be the radio cell%', 'a number is no identity of a radio cell');
SELECT * FROM finish();
