-- A pseudonym is a version-8 UUID: the same for the same subject, domain and epoch.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
SELECT mobanon.create_domain('retail', '1 day', '2024-01-01 00:00+00', '2024-01-03 00:00+00');
SELECT mobanon.create_domain('transit', '1 day', '2024-01-01 00:00+00', '2024-01-03 00:00+00');
CREATE TEMP TABLE p AS SELECT
	mobanon.pseudonymize('491761234567', 'retail', '2024-01-01 08:00+00') AS p,
	mobanon.pseudonymize('491761234567', 'retail', '2024-01-01 23:59:59.999999+00') AS same_epoch,
	mobanon.pseudonymize(491761234567, 'retail', '2024-01-01 08:00+00') AS as_bigint,
	mobanon.pseudonymize('491761234567', 'retail', '2024-01-02 00:00+00') AS next_epoch,
	mobanon.pseudonymize('491761234567', 'transit', '2024-01-01 08:00+00') AS other_domain,
	mobanon.pseudonymize('491761234568', 'retail', '2024-01-01 08:00+00') AS other_subject;
SELECT p = same_epoch AS same_epoch, p = as_bigint AS as_bigint, p <> next_epoch AS next_epoch,
	p <> other_domain AS other_domain, p <> other_subject AS other_subject FROM p;
-- version 8, variant 10
SELECT p::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' AS version_8 FROM p;
-- NULL in, NULL out.
SELECT mobanon.pseudonymize(NULL::text, 'retail', now()) IS NULL, mobanon.pseudonymize(1, NULL, now()) IS NULL,
	mobanon.pseudonymize(1, 'retail', NULL) IS NULL;
-- No key, no pseudonym; each reason has its own SQLSTATE, and no error shows the subject.
SELECT mobanon.pseudonymize('491761234567', 'retail', '2024-01-03 00:00+00');
SELECT mobanon.pseudonymize('491761234567', 'retail', '2023-12-31 23:59+00');
SELECT mobanon.pseudonymize('491761234567', 'retail', 'infinity');
SELECT mobanon.pseudonymize('491761234567', 'no such domain', now());
\set VERBOSITY sqlstate
SELECT mobanon.pseudonymize('491761234567', 'retail', '2024-01-03 00:00+00');
SELECT mobanon.pseudonymize('491761234567', 'no such domain', now());
\set VERBOSITY default
-- The keys of a new epoch are there for the next statement.
SELECT mobanon.extend_domain('retail', '2024-01-04 00:00+00');
SELECT mobanon.pseudonymize('491761234567', 'retail', '2024-01-03 00:00+00') IS NOT NULL;
-- And gone after a rollback.
BEGIN;
SELECT mobanon.extend_domain('retail', '2024-01-05 00:00+00');
SELECT mobanon.pseudonymize('491761234567', 'retail', '2024-01-04 00:00+00') IS NOT NULL;
ROLLBACK;
SELECT mobanon.pseudonymize('491761234567', 'retail', '2024-01-04 00:00+00') IS NOT NULL;
