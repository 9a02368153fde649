-- KanonScan below a Gather: the rows of one process, whoever takes part; errors, early ends and rescans.
\set QUIET 1
LOAD 'mobanon';
SET search_path = public, mobanon;
SET client_min_messages = warning;
SET mobanon.k_floor = 1;
SELECT plan(27);
-- Thousands of small groups, a hundred larger ones and one that is half of all; null keys and null subjects; values to aggregate.
CREATE TABLE event AS SELECT CASE WHEN i % 2 = 0 THEN -1 WHEN i % 31 > 0 THEN i % CASE WHEN i % 3 = 0 THEN 101 ELSE 6007 END END AS cell, i * 7919 % 5003 AS number,
	CASE WHEN i % 17 > 0 THEN ('00000000-0000-8000-8000-' || lpad(to_hex(i * 7919 % 5003), 12, '0'))::uuid END AS pseudonym, (i % 1000)::int AS seconds
FROM generate_series(1::bigint, 60000) AS i;
ANALYZE event;
CREATE TABLE nobody (LIKE event);
ANALYZE nobody;
CREATE VIEW grouped AS SELECT cell, kanon_suppress(pseudonym, 5) AS n, count(*) AS rows, sum(seconds) AS s, min(number) AS lowest FROM event GROUP BY cell;
-- The oracle.
CREATE TABLE expected AS SELECT cell, CASE WHEN count(DISTINCT pseudonym) >= 5 THEN count(DISTINCT pseudonym) END AS n, count(*) AS rows, sum(seconds) AS s, min(number) AS lowest FROM event GROUP BY cell;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line	text;
	plan	text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
-- Rows in which a query differs from the oracle; a table is made, since a cursor has no workers.
CREATE FUNCTION differences(query text DEFAULT 'TABLE grouped') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n	bigint;
BEGIN
	EXECUTE 'CREATE TEMP TABLE got AS ' || query;
	SELECT count(*) INTO n FROM ((TABLE got EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL TABLE got)) AS d;
	DROP TABLE got;
	RETURN n;
END $$;
SET enable_hashagg = off;
SET enable_sort = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET cpu_operator_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;

SELECT matches(plan_of('TABLE grouped'), 'Gather\n *Workers Planned: 2\n *->  Parallel Custom Scan \(KanonScan\)\n *Group Key: .*\n *->  Parallel Seq Scan', 'it looks like this');
SET mobanon.enable_kanon_scan = off;
SELECT unalike(plan_of('TABLE grouped'), '%KanonScan%', 'it can be switched off');
SET mobanon.enable_kanon_scan = on;
SET max_parallel_workers_per_gather = 0;
SELECT unalike(plan_of('TABLE grouped'), '%Parallel%', 'without workers it is the one of one process');
SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION only_here(int) RETURNS int LANGUAGE plpgsql PARALLEL RESTRICTED AS 'BEGIN RETURN $1; END';
SELECT unalike(plan_of('SELECT cell, kanon_suppress(pseudonym, 5) FROM event GROUP BY cell HAVING only_here(count(*)::int) > 0'), '%Parallel Custom Scan%',
	'HAVING that is not for workers stays with one process');

SELECT is((SELECT count(*) > 2000 AND count(n) BETWEEN 10 AND count(*) - 10 FROM expected), true, 'there are groups of both kinds');
SELECT is(differences(), 0::bigint, 'rows are those of plain SQL');
SET parallel_leader_participation = off;
SELECT is(differences(), 0::bigint, 'also where the leader only gathers');
SET parallel_leader_participation = on;
SET max_parallel_workers = 0;
SELECT is(differences(), 0::bigint, 'where no worker is to be had');
SET max_parallel_workers = 1;
SELECT is(differences(), 0::bigint, 'where there is one of two');
RESET max_parallel_workers;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT is(differences(), 0::bigint, 'in 64 kB');
RESET work_mem;
RESET hash_mem_multiplier;
SELECT is(differences('SELECT cell, kanon_suppress(pseudonym, 5), count(*), sum(seconds), min(number) FROM event GROUP BY cell HAVING count(*) > 0'), 0::bigint, 'with HAVING');
SELECT is((SELECT count(*) FROM (SELECT cell, kanon_suppress(pseudonym, 5) FROM nobody GROUP BY cell) AS g), 0::bigint, 'nothing from nothing');

-- Ended early, and read again.
SELECT is((SELECT count(*) FROM (SELECT * FROM grouped LIMIT 7) AS g), 7::bigint, 'LIMIT ends it');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
CREATE VIEW again AS SELECT v.x, g.* FROM (VALUES (1), (2), (3)) AS v(x) LEFT JOIN (SELECT * FROM grouped OFFSET 0) AS g ON g.rows > -v.x;
SELECT matches(plan_of('TABLE again'), 'Nested Loop.*Gather.*Parallel Custom Scan', 'a Gather that is read again');
CREATE TABLE three AS TABLE again;
SELECT is((SELECT count(*) FROM (SELECT x, cell, n, rows, s, lowest FROM three EXCEPT ALL SELECT x, expected.* FROM generate_series(1, 3) AS x, expected) AS d) +
	abs((SELECT count(*) FROM three) - 3 * (SELECT count(*) FROM expected)), 0::bigint, 'gives all rows each time');
CREATE VIEW first_few AS SELECT v.x, g.* FROM (VALUES (1), (2), (3)) AS v(x), LATERAL (SELECT * FROM grouped LIMIT 5 + v.x) AS g;
CREATE TABLE of_each AS TABLE first_few;
SELECT is((SELECT array_agg(n ORDER BY x) FROM (SELECT x, count(*) AS n FROM of_each GROUP BY x) AS c), '{6,7,8}'::bigint[], 'or as many as are wanted');
-- Workers are told once after how many rows they may stop: below a LIMIT that changes from run to run nothing runs in parallel.
CREATE TABLE hundred AS SELECT i AS subject, i % 100 AS g FROM generate_series(1::bigint, 20000) AS i;
ANALYZE hundred;
CREATE TABLE run AS SELECT generate_series(1, 6) AS x;
ALTER TABLE run SET (parallel_workers = 0);
CREATE VIEW limited AS SELECT x, (SELECT count(n) FROM (SELECT g, kanon_suppress(subject, 5) AS n FROM hundred GROUP BY g LIMIT x * 10) AS l) AS by_limit,
	(SELECT count(n) FROM (SELECT g, kanon_suppress(subject, 5) AS n FROM hundred GROUP BY g OFFSET x * 15 LIMIT 10) AS l) AS by_offset FROM run;
CREATE TABLE got AS TABLE limited;
SELECT is((SELECT array_agg(by_limit || ' ' || by_offset ORDER BY x) FROM got), '{10 10,20 10,30 10,40 10,50 10,60 10}', 'a LIMIT or OFFSET that grows');
SET parallel_leader_participation = off;
CREATE TABLE got_without AS TABLE limited;
SELECT is((SELECT array_agg(by_limit || ' ' || by_offset ORDER BY x) FROM got_without), '{10 10,20 10,30 10,40 10,50 10,60 10}', 'and without the leader');
RESET parallel_leader_participation;
SELECT is((SELECT count(*) FROM (SELECT cell, kanon_suppress(pseudonym, 5) FROM event GROUP BY cell LIMIT 7) AS g), 7::bigint, 'a LIMIT that stays');
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;

-- Errors come from whoever meets them, and leave nothing behind.
PREPARE with_k(int) AS SELECT count(n) FROM (SELECT cell, kanon_suppress(pseudonym, $1) AS n FROM event GROUP BY cell OFFSET 0) AS g;
SET plan_cache_mode = force_generic_plan;
SET parallel_leader_participation = off;
SELECT matches(plan_of('EXECUTE with_k(5)'), 'Gather.*Parallel Custom Scan', 'k may be a parameter');
SELECT throws_ok('EXECUTE with_k(NULL)', '22004', NULL, 'that is checked by workers');
SELECT throws_ok('EXECUTE with_k(0)', '22023', NULL, 'against its range');
SET mobanon.k_floor = 6;
SELECT throws_ok('EXECUTE with_k(5)', '22023', NULL, 'and against the floor');
SET mobanon.k_floor = 1;
SELECT throws_ok('SELECT count(n) FROM (SELECT 1 / (seconds - 700) AS c, kanon_suppress(pseudonym, 5) AS n FROM event GROUP BY 1 OFFSET 0) AS g', '22012', NULL, 'an error below it');
SET parallel_leader_participation = on;
SELECT is(differences(), 0::bigint, 'no harm is done');
-- What EXPLAIN ANALYZE tells is that of all.
CREATE FUNCTION figures(OUT memory bigint, OUT spilled bigint, OUT partitions bigint) LANGUAGE plpgsql AS $$
DECLARE
	plan	json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) TABLE grouped' INTO plan;
	plan := plan -> 0 -> 'Plan' -> 'Plans' -> 0;
	memory := plan ->> 'Memory Usage';
	spilled := plan ->> 'Spilled';
	partitions := plan ->> 'Partitions';
END $$;
-- A record here: head, subject, two values, key.
SELECT ok(spilled >= 60000 * 6 * 8 / 1024 AND memory > 0 AND partitions > 0, 'all records of all participants: ' || spilled || ' kB, ' || memory || ' kB of memory') FROM figures();
SELECT is((SELECT count(*) FROM pg_ls_tmpdir()), 0::bigint, 'no file is left');
SELECT * FROM finish();
