-- A source that holds long-lived pseudonyms instead of subjects: the pipeline makes short-lived ones of them
-- and never sees a subject.
\set QUIET 1
SET search_path = mobanon, public;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(8);
CREATE ROLE tap_layer_job;
SELECT create_purpose('tap_layer', 'layered domains');
SELECT bind_purpose('tap_layer', 'tap_layer_job');
-- The long-lived domain: a key a year.  Only the loader calls it with subjects.
SELECT create_domain('long', '1 year', '2024-01-01', '2025-01-01');
CREATE SCHEMA layer;
CREATE TABLE layer.visits (person uuid, at timestamptz, latitude float8, longitude float8);
INSERT INTO layer.visits
SELECT pseudonymize(491700000000 + i, 'long', '2024-03-01'), timestamptz '2024-03-01 10:00' + day * interval '1 day', 52.5, 13.4
FROM generate_series(1, 30) AS i, generate_series(0, 1) AS day;
SELECT protect('layer.visits', 'person', 'at');
SELECT is((SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'layer.visits'::regclass AND polname = 'mobanon_tap_layer'),
	'consented((person)::text, at, ''tap_layer''::text)', 'the policy asks by the pseudonym''s text');
-- Consent is recorded by pseudonym, too: 25 of 30.
SELECT grant_consent(pseudonymize(491700000000 + i, 'long', '2024-03-01')::text, 'tap_layer', 'app', '2024-02-01') FROM generate_series(1, 25) AS i;
GRANT USAGE ON SCHEMA layer TO tap_layer_job;
SELECT create_pipeline('layer.footfall', 'layer.visits', 'tap_layer', starts_at => '2024-03-01', k => 20);
SELECT is((SELECT count(*) FROM protection_gaps() WHERE relation = 'layer.visits'::regclass AND gap LIKE '%policy%'), 0::bigint, 'the policy is no gap');
SET ROLE tap_layer_job;
SELECT is((SELECT count(DISTINCT pseudonym) FROM layer.footfall_pseudonymized), 50::bigint, 'a pseudonym of its own for each of two days: 2 x 25');
SELECT is((SELECT count(*) FROM layer.footfall_pseudonymized AS p JOIN layer.visits AS v ON v.person = p.pseudonym), 0::bigint, 'none is the long-lived one');
SELECT is((SELECT count(*) FROM layer.footfall_pseudonymized AS a JOIN layer.footfall_pseudonymized AS b
	ON a.pseudonym = b.pseudonym AND a.bucket <> b.bucket), 0::bigint, 'and none links the days');
SELECT is((SELECT count(*) FROM layer.visits WHERE replace(person::text, '-', '') ~ '4917000000'), 0::bigint, 'no subject is anywhere to be read');
RESET ROLE;
SELECT publish('layer.footfall');
SELECT results_eq('SELECT subjects FROM layer.footfall ORDER BY bucket', 'VALUES (25::bigint), (25)', 'the release counts persons');
-- Shredding the short-lived key severs the release's pseudonyms from the long-lived ones.
SELECT shred_epoch('layer.footfall', 1);
SELECT throws_ok($$ SELECT pseudonymize((SELECT person FROM layer.visits LIMIT 1), 'layer.footfall', '2024-03-01 10:00') $$, 'MP002', NULL, 'a shredded day links nobody');
SELECT * FROM finish();
