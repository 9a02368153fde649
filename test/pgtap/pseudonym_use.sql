-- pseudonymize() in the ways a pipeline uses it: large and small statements,
-- parallel workers, materialized views, roles with a grant, many keys at once.
\set QUIET 1
SET search_path = mobanon, public;
\o /dev/null
SELECT create_domain('one', '1 day', '2024-01-01 00:00+00', '2024-01-05 00:00+00');
SELECT create_domain('two', '1 day', '2024-01-01 00:00+00', '2024-01-05 00:00+00');
\o
-- subjects of 0 to 39 characters, and numbers
CREATE TABLE subject AS
SELECT n, CASE WHEN n % 2 = 0 THEN (491510000000 + n)::text ELSE left(repeat(md5(n::text), 2), n % 40) END AS subject
FROM generate_series(1, 2400) AS n;
CREATE TABLE large AS SELECT subject FROM subject, generate_series(1, 20);
ANALYZE large;
CREATE ROLE pseudonym_purpose;
CREATE ROLE pseudonym_analyst;
GRANT CREATE ON SCHEMA public TO pseudonym_purpose;
GRANT SELECT ON large TO pseudonym_purpose;
GRANT EXECUTE ON FUNCTION pseudonymize(text, text, timestamptz) TO pseudonym_purpose;
SET ROLE pseudonym_purpose;
CREATE MATERIALIZED VIEW public.candidate AS
	SELECT pseudonymize(subject, 'one', '2024-01-01 12:00+00') AS pseudonym, count(*) FROM large GROUP BY 1 WITH NO DATA;
CREATE VIEW public.stage AS SELECT pseudonymize(subject, 'one', '2024-01-01 12:00+00') AS pseudonym FROM large;
GRANT SELECT ON public.stage TO pseudonym_analyst;
RESET ROLE;
-- in a new session, so that the keys are read within the refresh, which may do little
\c
\set QUIET 1
SET search_path = mobanon, public;
REFRESH MATERIALIZED VIEW public.candidate;
SELECT * FROM no_plan();

-- ---- the same, whether remembered or made again -----------------------------
CREATE TABLE made (subject text, domain text, at timestamptz, pseudonym uuid);
-- below a thousand calls a transaction remembers nothing
DO $$
BEGIN
	FOR i IN 0..23 LOOP
		INSERT INTO made SELECT subject, d, at, pseudonymize(subject, d, at)
		FROM subject, (VALUES ('one', timestamptz '2024-01-01 12:00+00'), ('one', '2024-01-02 12:00+00'), ('two', '2024-01-01 12:00+00')) AS v (d, at)
		WHERE n BETWEEN i * 100 + 1 AND i * 100 + 100;
		COMMIT;
	END LOOP;
END
$$;
SELECT is(count(*), 7200::bigint, 'made one by one') FROM made;
SELECT set_eq('SELECT pseudonym FROM public.candidate', $$SELECT pseudonym FROM made WHERE domain = 'one' AND at < '2024-01-02'$$,
	'REFRESH MATERIALIZED VIEW makes them in a security-restricted operation');
SELECT is(count(DISTINCT pseudonym), (SELECT count(DISTINCT (subject, domain, at)) FROM made), 'one pseudonym per subject, domain and epoch') FROM made;
SELECT is_empty($$
	SELECT * FROM (SELECT * FROM made, generate_series(1, 4) AS again ORDER BY md5(subject || again || domain || at::text)) AS m
	WHERE pseudonymize(subject, domain, at) <> pseudonym
$$, 'the same in one statement, each four times, domains and epochs mixed');
SELECT is_empty($$
	SELECT * FROM (SELECT * FROM made, generate_series(1, 4) AS again ORDER BY domain, at, subject) AS m
	WHERE pseudonymize(subject, domain, at) <> pseudonym
$$, 'and in order');
-- a key that changes in the middle of a transaction is not remembered
BEGIN;
SELECT is(count(pseudonymize(subject, 'one', '2024-01-01 12:00+00')), 12000::bigint, 'before the change') FROM subject, generate_series(1, 5);
UPDATE key_epoch AS e SET wrapped_key = new_wrapped_key('one', 1) FROM key_domain AS d WHERE d.domain_id = e.domain_id AND d.domain = 'one' AND e.epoch = 1;
SELECT is_empty($$
	SELECT * FROM made, generate_series(1, 3) WHERE domain = 'one' AND at < '2024-01-02' AND pseudonymize(subject, domain, at) = pseudonym
$$, 'another key: no pseudonym stays');
ROLLBACK;
SELECT is_empty('SELECT * FROM made WHERE pseudonymize(subject, domain, at) <> pseudonym', 'rolled back: all are as they were');
-- also a part of one that is rolled back
BEGIN;
SAVEPOINT s;
UPDATE key_epoch AS e SET wrapped_key = new_wrapped_key('one', 1) FROM key_domain AS d WHERE d.domain_id = e.domain_id AND d.domain = 'one' AND e.epoch = 1;
SELECT isnt(pseudonymize('1', 'one', '2024-01-01 12:00+00'), NULL::uuid, 'within a savepoint');
ROLLBACK TO s;
SELECT is_empty('SELECT * FROM made WHERE pseudonymize(subject, domain, at) <> pseudonym', 'rolled back to the savepoint: as they were');
COMMIT;

-- ---- numbers ----------------------------------------------------------------
SELECT is(pseudonymize(n, 'one', '2024-01-01'), pseudonymize(n::text, 'one', '2024-01-01'), n || ' as bigint and as text')
FROM unnest(ARRAY[0, 1, -1, 491713920012, 9223372036854775807, -9223372036854775808]) AS n;
SELECT isnt(pseudonymize('0491713920012', 'one', '2024-01-01'), pseudonymize(491713920012, 'one', '2024-01-01'), 'a leading zero is another subject');
-- a uuid is not the text of the same bytes
SELECT isnt(pseudonymize('41414141-4141-4141-4141-414141414141'::uuid, 'one', '2024-01-01'), pseudonymize(repeat('A', 16), 'one', '2024-01-01'), 'uuid and text are apart');
SELECT is(count(DISTINCT pseudonymize(pseudonym, 'two', '2024-01-03')), count(DISTINCT pseudonym), 'layered: one short-lived for each long-lived') FROM made;

-- ---- parallel workers -------------------------------------------------------
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION workers(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan	json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || query INTO plan;
	RETURN (regexp_match(plan::text, '"Workers Launched": ([0-9]+)'))[1];
END
$$;
SELECT cmp_ok(workers($$SELECT count(DISTINCT p) FROM (SELECT pseudonymize(subject, 'one', '2024-01-01') AS p FROM large OFFSET 0) AS s$$), '>', 0, 'workers make pseudonyms');
SELECT set_eq($$SELECT DISTINCT pseudonymize(subject, 'one', '2024-01-01 12:00+00') FROM large$$,
	$$SELECT pseudonym FROM made WHERE domain = 'one' AND at < '2024-01-02'$$, 'the same as one process makes');
-- with a key that only this transaction sees
BEGIN;
SELECT create_domain('three', '1 day', '2024-01-01 00:00+00', '2024-01-05 00:00+00');
SELECT cmp_ok(workers($$SELECT count(*) FROM (SELECT pseudonymize(subject, 'three', '2024-01-01') AS p FROM large OFFSET 0) AS s WHERE p IS NOT NULL$$), '>', 0, 'workers know an uncommitted domain');
ROLLBACK;
RESET max_parallel_workers_per_gather;

-- ---- many keys, many domains ------------------------------------------------
SELECT create_domain('hours', '1 hour', '2024-01-01 00:00+00', '2024-04-01 00:00+00');
CREATE TABLE hour AS SELECT at, pseudonymize('491713920012', 'hours', at) AS pseudonym FROM generate_series(timestamptz '2024-01-01 00:30+00', '2024-03-31 23:30+00', '1 hour') AS at;
SELECT is(count(DISTINCT pseudonym), 2184::bigint, '2,184 epochs, each with a key of its own') FROM hour;
SELECT is_empty($$SELECT * FROM (SELECT * FROM hour ORDER BY md5(at::text)) AS h WHERE pseudonymize('491713920012', 'hours', at) <> pseudonym$$,
	'in any order: more keys than a session holds');
SELECT create_domain('many ' || i, '1 day', '2024-01-01 00:00+00', '2024-01-02 00:00+00') FROM generate_series(1, 100) AS i;
CREATE TABLE many AS SELECT i, pseudonymize('491713920012', 'many ' || i, '2024-01-01') AS pseudonym FROM generate_series(1, 100) AS i;
SELECT is(count(DISTINCT pseudonym), 100::bigint, '100 domains, 100 unrelated pseudonyms') FROM many;
SELECT is_empty($$SELECT * FROM many, generate_series(1, 3) AS again WHERE pseudonymize('491713920012', 'many ' || i, '2024-01-01') <> pseudonym$$,
	'more domains than a session holds');
-- epochs meet, and the border belongs to the later one
SELECT is(pseudonymize(1, 'hours', '2024-01-01 01:00+00'), pseudonymize(1, 'hours', '2024-01-01 01:59:59.999999+00'), 'an epoch begins with its first moment');
SELECT isnt(pseudonymize(1, 'hours', '2024-01-01 00:59:59.999999+00'), pseudonymize(1, 'hours', '2024-01-01 01:00+00'), 'and ends before the next');

-- ---- roles, views, materialized views ---------------------------------------
SET ROLE pseudonym_purpose;
SELECT throws_ok($$SELECT pseudonymize(1::bigint, 'one', '2024-01-01')$$, '42501', NULL, 'each form is granted by itself');
SELECT throws_ok('SELECT * FROM key_epoch', '42501', NULL, 'who may make pseudonyms may not read the keyring');
SET ROLE pseudonym_analyst;
SELECT throws_ok('SELECT * FROM public.stage', '42501', NULL, 'who may read the view may not call the function through it');
RESET ROLE;

-- ---- not an oracle: everything that everybody may call, from the catalogs ----
SELECT is_empty($$
	SELECT p.oid::regprocedure FROM pg_proc AS p
	WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proname IN ('pseudonymize', 'normalize_msisdn', 'try_normalize_msisdn', 'hmac_sha256',
		'new_wrapped_key', 'rewrapped_key', 'key_fingerprint', 'rotate_key', 'shred_epoch', 'rewrap_keys', 'create_domain', 'make_domain', 'extend_domain',
		'add_epochs', 'lock_domain', 'period_end', 'keyring_changed', 'check_no_gap')
	AND has_function_privilege('pseudonym_analyst', p.oid, 'EXECUTE')
$$, 'PUBLIC may call nothing of this room');
SELECT bag_eq($$
	SELECT p.proname::text, a.grantee::regrole::text FROM pg_proc AS p, aclexplode(p.proacl) AS a
	WHERE p.pronamespace = 'mobanon'::regnamespace AND a.grantee <> p.proowner
	AND p.proname IN ('hmac_sha256', 'new_wrapped_key', 'rewrapped_key', 'key_fingerprint', 'rotate_key', 'shred_epoch', 'rewrap_keys', 'create_domain', 'make_domain', 'extend_domain', 'add_epochs', 'lock_domain', 'period_end')
$$, $$VALUES ('key_fingerprint', 'mobanon_admin'), ('rotate_key', 'mobanon_admin'), ('shred_epoch', 'mobanon_admin'), ('rewrap_keys', 'mobanon_admin'),
	('create_domain', 'mobanon_admin'), ('extend_domain', 'mobanon_admin')$$, 'the keyring is the DBA''s');
-- a DBA who is no superuser can do the daily work
CREATE ROLE pseudonym_dba IN ROLE mobanon_admin;
SET ROLE pseudonym_dba;
SELECT lives_ok($$SELECT create_domain('dba', '1 day')$$, 'a DBA makes a domain');
SELECT lives_ok($$SELECT extend_domain('dba', now() + interval '10 days')$$, 'extends it');
SELECT lives_ok($$SELECT rotate_key('dba')$$, 'rotates its key');
SELECT lives_ok($$SELECT shred_epoch('dba', 1)$$, 'shreds an old one');
SELECT lives_ok($$SELECT rewrap_keys()$$, 'wraps anew');
SELECT is((SELECT count(*) FROM keyring WHERE domain = 'dba' AND state = 'shredded'), 1::bigint, 'and sees the keyring');
SELECT throws_ok($$SELECT pseudonymize('1', 'dba', now())$$, '42501', NULL, 'but makes no pseudonyms');
RESET ROLE;
SELECT * FROM finish();
DROP MATERIALIZED VIEW public.candidate;
DROP VIEW public.stage;
REVOKE ALL ON SCHEMA public FROM pseudonym_purpose;
REVOKE ALL ON large FROM pseudonym_purpose;
REVOKE EXECUTE ON FUNCTION pseudonymize(text, text, timestamptz) FROM pseudonym_purpose;
DROP ROLE pseudonym_purpose, pseudonym_analyst, pseudonym_dba;
