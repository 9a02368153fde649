-- Memory of sums, quantiles and diversity: in the aggregate's context, so hash aggregation accounts and spills it; gone afterwards.
\set QUIET 1
SET search_path = public, mobanon;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SELECT plan(11);
CREATE TABLE event AS SELECT i, i / 100 AS many, ('00000000-0000-8000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS pseudonym, i % 50 AS minutes FROM generate_series(1::bigint, 120000) AS i;
ANALYZE event;
CREATE FUNCTION hash_batches(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan	json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'HashAgg Batches';
END $$;
SET work_mem = '1MB';
SET hash_mem_multiplier = 1;
SET enable_sort = off;
SELECT cmp_ok(hash_batches('SELECT many, count(*) FROM event GROUP BY 1'), '=', 1, 'hash aggregation of 1200 counts: in memory');
SELECT cmp_ok(hash_batches('SELECT many, kanon_sum(pseudonym, minutes, 20, 100) FROM event GROUP BY 1'), '>', 1, 'of 1200 sums of 100 subjects: spilled');
SELECT cmp_ok(hash_batches('SELECT many, kanon_diverse(pseudonym, minutes, 20, 2) FROM event GROUP BY 1'), '>', 1, 'of 1200 diverse counts, too');
-- One huge group: 24 bytes a subject, at most a third of the table empty when it has just grown, and nothing left.
SET work_mem = '256MB';
BEGIN;
DECLARE c CURSOR FOR SELECT i, kanon_sum(pseudonym, minutes, 20, 100) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS s FROM event;
FETCH 1 FROM c \g /dev/null
SELECT ok(max(total_bytes) BETWEEN 120000 * 24 AND 400000 * 24, 'one group of 120000: the server counts ' || max(total_bytes) / 1024 || ' kB') FROM pg_backend_memory_contexts WHERE name LIKE 'WindowAgg%Partition%' OR name LIKE 'WindowAgg%Aggregates%';
CLOSE c;
SELECT is((SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'WindowAgg%'), 0::bigint, 'closed: no memory left');
COMMIT;
-- Asked again and again for one state, as a window does, a final function leaves nothing behind.
CREATE FUNCTION peak(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	c		refcursor;
	r		record;
	bytes	bigint := 0;
	now		bigint;
	n		int := 0;
BEGIN
	OPEN c FOR EXECUTE query;
	LOOP
		FETCH c INTO r;
		EXIT WHEN NOT FOUND;
		n := n + 1;
		CONTINUE WHEN n % 200 > 0;
		SELECT sum(total_bytes) INTO now FROM pg_backend_memory_contexts WHERE name LIKE 'WindowAgg%' OR name LIKE 'ExprContext%' OR name LIKE 'ExecutorState%';
		bytes := greatest(bytes, now);
	END LOOP;
	CLOSE c;
	RETURN bytes;
END $$;
SELECT cmp_ok(peak('SELECT kanon_quantile(pseudonym, minutes, 0.5, 20, 100) OVER (ORDER BY i) FROM event WHERE i <= 2000'), '<', 2000000::bigint, '1000 quantiles of a growing state');
SELECT cmp_ok(peak('SELECT kanon_diverse(pseudonym, minutes, 20, 2) OVER (ORDER BY i) FROM event WHERE i <= 2000'), '<', 2000000::bigint, '1000 diverse counts');
SELECT cmp_ok(peak('SELECT kanon_avg(pseudonym, minutes, 20, 100) OVER (ORDER BY i) FROM event WHERE i <= 2000'), '<', 2000000::bigint, '1000 averages');
-- A huge group goes through workers, and can be interrupted.
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; SET enable_sort = on;
SELECT is((SELECT kanon_sum(pseudonym, minutes, 20, 40) FROM event), (SELECT sum(least(minutes, 40))::bigint FROM event), '120000 subjects through workers: the sum');
SELECT is((SELECT kanon_diverse(pseudonym, minutes, 20, 50) FROM event), 120000::bigint, 'and the diverse count');
SELECT is((SELECT kanon_quantile(pseudonym, minutes + 1, 0.5, 20, 60) FROM event), 26::bigint, 'and the median, of 1 to 50');
SELECT * FROM finish();
