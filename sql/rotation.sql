-- The life of a key: rotated, wrapped anew, shredded.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
SELECT mobanon.create_domain('rotation', '500 years', '2000-01-01 00:00+00', '3000-01-01 00:00+00');
CREATE TEMP VIEW epochs AS SELECT epoch, CASE WHEN starts_at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour' THEN 'now' ELSE starts_at::text END AS starts,
	CASE WHEN ends_at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour' THEN 'now' ELSE ends_at::text END AS ends, state
FROM mobanon.keyring WHERE domain = 'rotation' ORDER BY starts_at;
CREATE TEMP TABLE before AS SELECT at, mobanon.pseudonymize('491713920012', 'rotation', at) AS pseudonym
FROM (VALUES (timestamptz '2020-01-01'), ('2400-01-01'), ('2700-01-01')) AS v (at);
-- The present epoch ends now, and a new key begins; keys that were made ahead are replaced.
SELECT mobanon.rotate_key('rotation');
SELECT * FROM epochs;
SELECT at, mobanon.pseudonymize('491713920012', 'rotation', at) = pseudonym AS same FROM before ORDER BY at;
-- It can be taken back as long as it is not committed.
BEGIN;
SELECT mobanon.rotate_key('rotation');
SELECT count(*) FROM epochs;
ROLLBACK;
SELECT * FROM epochs;
-- There must be a present to end.
SELECT mobanon.create_domain('rotation past', '1 day', '2024-01-01 00:00+00', '2024-01-02 00:00+00');
SELECT mobanon.rotate_key('rotation past');
SELECT mobanon.rotate_key('rotation none');
-- Shredding: the key of that epoch is gone, and nothing else.
SELECT mobanon.shred_epoch('rotation', 1);
SELECT * FROM epochs;
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2020-01-01');
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01') IS NOT NULL AS next_epoch;
\set VERBOSITY sqlstate
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2020-01-01');
\set VERBOSITY default
-- Not twice, and not what is not there.
SELECT mobanon.shred_epoch('rotation', 1);
SELECT mobanon.shred_epoch('rotation', 99);
SELECT mobanon.shred_epoch('rotation none', 1);
-- Until it is committed, shredding too can be taken back.
BEGIN;
SELECT mobanon.shred_epoch('rotation', 3);
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01');
ROLLBACK;
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01') IS NOT NULL AS still_there;
-- The present key: said so, and rotating starts anew.
SELECT mobanon.shred_epoch('rotation', 3);
SELECT mobanon.rotate_key('rotation');
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01') IS NOT NULL AS a_new_key;
-- Zeros instead of a wrapped key are what an erased one leaves if the server fails before the row says so.
BEGIN;
UPDATE mobanon.key_epoch AS e SET wrapped_key = decode(repeat('00', 61), 'hex')
FROM mobanon.key_domain AS d WHERE d.domain_id = e.domain_id AND d.domain = 'rotation' AND e.epoch = 5;
SELECT state FROM epochs WHERE epoch = 5;
SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01');
ROLLBACK;
BEGIN;
UPDATE mobanon.key_epoch AS e SET wrapped_key = decode(repeat('00', 61), 'hex')
FROM mobanon.key_domain AS d WHERE d.domain_id = e.domain_id AND d.domain = 'rotation' AND e.epoch = 5;
SELECT mobanon.rewrap_keys();
SELECT mobanon.shred_epoch('rotation', 5);
SELECT shredded_at IS NOT NULL AS said_so FROM mobanon.keyring WHERE domain = 'rotation' AND epoch = 5;
ROLLBACK;
-- Nothing to wrap anew: every key is wrapped by the present root key.
SELECT mobanon.rewrap_keys();
-- A keyring change cannot be left prepared: keys are erased when it commits.
BEGIN;
SELECT mobanon.shred_epoch('rotation', 6);
PREPARE TRANSACTION 'shredded';
SELECT state FROM epochs WHERE epoch = 6;
-- Layered domains: a pseudonym of a pseudonym, without the subject.
SELECT mobanon.create_domain('rotation layer', '1 day', '2024-01-01 00:00+00', '2024-01-03 00:00+00');
CREATE TEMP TABLE layer AS SELECT mobanon.pseudonymize('491713920012', 'rotation', '2400-01-01') AS long_lived;
SELECT mobanon.pseudonymize(long_lived, 'rotation layer', '2024-01-01 08:00+00') = mobanon.pseudonymize(long_lived, 'rotation layer', '2024-01-01 20:00+00') AS same_day,
	mobanon.pseudonymize(long_lived, 'rotation layer', '2024-01-01 08:00+00') = mobanon.pseudonymize(long_lived, 'rotation layer', '2024-01-02 08:00+00') AS next_day,
	mobanon.pseudonymize(long_lived, 'rotation layer', '2024-01-01 08:00+00') = mobanon.pseudonymize(long_lived::text, 'rotation layer', '2024-01-01 08:00+00') AS as_text,
	mobanon.pseudonymize(NULL::uuid, 'rotation layer', '2024-01-01 08:00+00') IS NULL AS nothing
FROM layer;
-- The view shows a domain's epochs in the order of time.
SELECT bool_and(starts_at > before) AS in_order FROM (SELECT starts_at, lag(starts_at) OVER () AS before FROM mobanon.keyring WHERE domain = 'rotation') AS k;
