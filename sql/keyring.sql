-- A domain has keys from its start to its end, one per period, without a gap.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
SELECT mobanon.create_domain('keyring regress', '1 day', '2024-01-01 00:00+00', '2024-01-03 12:00+00');
SELECT domain, epoch, starts_at, ends_at, state, root_key = mobanon.key_fingerprint() AS ours
FROM mobanon.keyring WHERE domain = 'keyring regress' ORDER BY epoch;
-- Keys are stored wrapped, each differently: format, nonce, ciphertext, tag.
SELECT count(*), count(DISTINCT wrapped_key), min(length(wrapped_key)), max(length(wrapped_key))
FROM mobanon.key_epoch JOIN mobanon.key_domain USING (domain_id) WHERE domain = 'keyring regress';
-- extend_domain() appends, and may be repeated.
SELECT mobanon.extend_domain('keyring regress', '2024-01-06 00:00+00');
SELECT mobanon.extend_domain('keyring regress', '2024-01-06 00:00+00');
SELECT epoch, starts_at, ends_at FROM mobanon.keyring WHERE domain = 'keyring regress' ORDER BY epoch;
-- Months are counted from the start of the domain, in UTC.
SET timezone = 'Pacific/Auckland';
SELECT mobanon.create_domain('keyring months', '1 month', '2024-01-31 00:00+00', '2024-05-01 00:00+00');
SET timezone = 'UTC';
SELECT epoch, starts_at, ends_at FROM mobanon.keyring WHERE domain = 'keyring months' ORDER BY epoch;
-- By default: from midnight UTC until two periods ahead.
SELECT mobanon.create_domain('keyring default', '1 day');
SELECT count(*), min(starts_at) = date_trunc('day', now(), 'UTC') AS starts, max(ends_at) >= now() + '2 days' AS ends
FROM mobanon.keyring WHERE domain = 'keyring default';
-- What cannot be.
SELECT mobanon.create_domain('keyring regress', '1 day');
SELECT mobanon.create_domain('keyring none', '0 days');
SELECT mobanon.create_domain('keyring none', '-1 day');
SELECT mobanon.create_domain('keyring none', '1 day', '2024-01-01', '2023-01-01');
SELECT mobanon.create_domain('keyring none', '1 day', '-infinity');
SELECT mobanon.create_domain('keyring none', '1 second', '2024-01-01', '2024-02-01');
SELECT mobanon.create_domain('', '1 day');
SELECT mobanon.create_domain('keyring none', NULL);
SELECT mobanon.create_domain('proof of consent', '1 hour');
SELECT mobanon.extend_domain('keyring none', '2024-01-01');
SELECT mobanon.extend_domain('keyring regress', 'infinity');
-- Not even the owner can make two keys for one time, or leave a gap.
\set VERBOSITY terse
INSERT INTO mobanon.key_epoch (domain_id, epoch, starts_at, ends_at, follows, wrapped_key, root_key)
SELECT domain_id, 99, ends_at, ends_at + '1 hour', ends_at, wrapped_key, root_key
FROM mobanon.key_epoch e JOIN mobanon.key_domain d USING (domain_id) WHERE domain = 'keyring regress' AND epoch = 1;
\set VERBOSITY default
UPDATE mobanon.key_epoch e SET ends_at = e.ends_at - interval '1 hour'
FROM mobanon.key_domain d WHERE d.domain_id = e.domain_id AND domain = 'keyring regress' AND epoch = 1;
-- A wrapped key unwraps only in its own row.
BEGIN;
UPDATE mobanon.key_epoch e SET wrapped_key = other.wrapped_key
FROM mobanon.key_epoch other JOIN mobanon.key_domain d USING (domain_id)
WHERE d.domain = 'keyring regress' AND e.domain_id = d.domain_id AND e.epoch = 1 AND other.epoch = 2;
SELECT mobanon.pseudonymize(1, 'keyring regress', '2024-01-01 00:00+00');
ROLLBACK;
SELECT mobanon.pseudonymize(1, 'keyring regress', '2024-01-01 00:00+00') IS NOT NULL;
