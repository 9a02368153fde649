-- Memory and temporary files of stage 3: within work_mem * hash_mem_multiplier, accounted, and gone afterwards.
\set QUIET 1
LOAD 'mobanon';
SET search_path = public, mobanon;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SELECT plan(21);
-- Many groups; one group of many subjects; one group of few subjects, again and again; half of each; long keys.
CREATE TABLE event AS SELECT i % 60000 AS many, i AS subject, ('00000000-0000-8000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS pseudonym,
	i % 5 AS person, CASE WHEN i % 2 = 0 THEN -1 ELSE i END AS half, repeat('key ', 200) || i % 1000 AS long, i % 3 = 9 AS one
FROM generate_series(1::bigint, 300000) AS i;
ANALYZE event;

-- The node's figures, from EXPLAIN ANALYZE.
CREATE FUNCTION figures(query text, OUT memory bigint, OUT spilled bigint, OUT partitions bigint, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	plan	json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	plan := plan -> 0 -> 'Plan';
	IF plan ->> 'Custom Plan Provider' IS DISTINCT FROM 'KanonScan' THEN
		RAISE EXCEPTION 'not a KanonScan: %', plan;
	END IF;
	memory := plan ->> 'Memory Usage';
	spilled := plan ->> 'Spilled';
	partitions := plan ->> 'Partitions';
	rows := (plan ->> 'Actual Rows')::float8;
END $$;
SET enable_hashagg = off;
SET enable_sort = off;
SET hash_mem_multiplier = 1;

SET work_mem = '256MB';
SELECT ok(spilled = 0 AND memory BETWEEN 300000 * 32 / 1024 AND 40000, 'enough memory: nothing spilled, ' || memory || ' kB')
FROM figures('SELECT many, kanon_suppress(pseudonym, 5) FROM event GROUP BY many');
SET work_mem = '1MB';
SELECT ok(spilled > 5000 AND memory < 1024 * 1.5, 'many groups in 1 MB: ' || memory || ' kB of memory, ' || spilled || ' kB spilled')
FROM figures('SELECT many, kanon_suppress(pseudonym, 5) FROM event GROUP BY many');
SELECT ok(spilled > 5000 AND memory < 1024 * 2.5 AND rows = 1, 'one group of 300000 subjects in 1 MB: ' || memory || ' kB, ' || spilled || ' kB spilled, ' || partitions || ' partitions')
FROM figures('SELECT one, kanon_suppress(pseudonym, 5) FROM event GROUP BY one');
SELECT is((SELECT kanon_suppress(pseudonym, 5) FROM event GROUP BY one), 300000::bigint, 'and counted right');
SELECT ok(spilled > 5000 AND memory < 1024 * 1.5, 'one group of 5 subjects in 1 MB: ' || memory || ' kB')
FROM figures('SELECT one, kanon_suppress(person, 5) FROM event GROUP BY one');
SELECT is((SELECT kanon_suppress(person, 5) FROM event GROUP BY one), 5::bigint, 'and counted right');
SELECT ok(memory < 1024 * 2.5 AND rows = 150001, 'one large group among many small ones: ' || memory || ' kB')
FROM figures('SELECT half, kanon_suppress(pseudonym, 5) FROM event GROUP BY half');
SELECT results_eq('SELECT half, kanon_suppress(pseudonym, 5) AS n, count(*) AS c FROM event GROUP BY half HAVING kanon_suppress(pseudonym, 5) IS NOT NULL',
	'VALUES (-1::bigint, 150000::bigint, 150000::bigint)', 'and counted right');
SELECT ok(memory < 1024 * 2 AND rows = 1000, 'long keys: ' || memory || ' kB')
FROM figures('SELECT long, kanon_suppress(subject, 5) FROM event GROUP BY long');
SELECT results_eq('SELECT count(*), sum(n), min(length(long)) FROM (SELECT long, kanon_suppress(subject, 5) AS n FROM event GROUP BY long) AS g',
	'VALUES (1000::bigint, 300000::numeric, 801)', 'and counted right');
SELECT is((SELECT length(long) FROM (SELECT repeat(md5(subject::text), 40000) || 'x' AS long, subject FROM event LIMIT 3) AS e GROUP BY long HAVING kanon_suppress(subject, 5) IS NULL LIMIT 1),
	1280001, 'a key longer than all the memory');
SELECT results_eq('SELECT count(*), sum(n), min(length(key)) FROM (SELECT key, kanon_suppress(subject, 5) AS n FROM (SELECT repeat(md5((subject % 30)::text), 3000) AS key, subject FROM event WHERE subject <= 600) AS e GROUP BY key) AS g',
	'VALUES (30::bigint, 600::numeric, 96000)', 'and keys longer than a chunk come back from the file');

-- What the server says of the node's memory, while it runs.
SELECT has_view('pg_catalog', 'pg_backend_memory_contexts', 'memory can be looked at');
BEGIN;
DECLARE c CURSOR FOR SELECT many, kanon_suppress(pseudonym, 5) FROM event GROUP BY many;
FETCH 1 FROM c \g /dev/null
SELECT ok(sum(total_bytes) BETWEEN 1 AND 1024 * 1024 * 1.6, 'the server counts ' || sum(total_bytes) / 1024 || ' kB') FROM pg_backend_memory_contexts WHERE name LIKE 'mobanon partitions%';
SELECT ok(count(*) = 1 AND sum(size) > 5000000, 'in ' || count(*) || ' temporary file of ' || sum(size) / 1024 || ' kB') FROM pg_ls_tmpdir();
CLOSE c;
SELECT is((SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'mobanon%' AND name NOT LIKE 'mobanon consent%'), 0::bigint, 'closed: no memory left');
COMMIT;
-- Errors on the way leave nothing behind.
PREPARE counting AS SELECT many, kanon_suppress(pseudonym, 5) FROM event GROUP BY many;
SET temp_file_limit = '1MB';
SELECT throws_ok('counting', '53400', NULL, 'temp_file_limit holds');
RESET temp_file_limit;
SELECT throws_ok('SELECT many, kanon_suppress(pseudonym, 5) FROM event GROUP BY many HAVING 1 / (many - 100) IS NULL', '22012', NULL, 'an error in HAVING');
SELECT is((SELECT count(*) FROM pg_ls_tmpdir()), 0::bigint, 'no temporary file left');
-- The ordinary plan accounts its sets: hash aggregation spills because of them.
SET mobanon.enable_kanon_scan = off;
SET enable_hashagg = on;
CREATE FUNCTION hash_batches(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan	json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'HashAgg Batches';
END $$;
SELECT cmp_ok(hash_batches('SELECT subject / 100, count(*) FROM event GROUP BY 1'), '=', 1, 'hash aggregation of 3000 counts: in memory');
SELECT cmp_ok(hash_batches('SELECT subject / 100, kanon_suppress(pseudonym, 5) FROM event GROUP BY 1'), '>', 1, 'of 3000 sets of 100 subjects: spilled');
SELECT * FROM finish();
