-- Property: kanon_suppress is count(DISTINCT), or nothing below k, whatever the plan.
-- For each of :datasets random data sets the rows of ten plans are compared with the oracle.
\set QUIET 1
CREATE SCHEMA prop;
SET search_path = prop, mobanon, public;
SELECT plan(22);
SET client_min_messages = warning;
SET mobanon.k_floor = 1;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
-- A name for a way to compute: settings, whether it is a KanonScan, what is grouped.
CREATE TABLE way (id serial, name text, settings text[], kanon_scan boolean, source text);
INSERT INTO way (name, settings, kanon_scan, source) VALUES
	('hash', '{enable_sort=off,mobanon.enable_kanon_scan=off}', false, 'data'),
	('sort', '{enable_hashagg=off,mobanon.enable_kanon_scan=off}', false, 'data'),
	('hash, 2 workers', '{enable_sort=off,mobanon.enable_kanon_scan=off,max_parallel_workers_per_gather=2}', false, 'data'),
	('sort, 4 workers', '{enable_hashagg=off,mobanon.enable_kanon_scan=off,max_parallel_workers_per_gather=4}', false, 'data'),
	('KanonScan', '{enable_hashagg=off,enable_sort=off}', true, 'data'),
	('KanonScan over 2 workers', '{enable_hashagg=off,enable_sort=off,enable_indexscan=off,max_parallel_workers_per_gather=2}', true, 'data'),
	('KanonScan over 4 workers', '{enable_hashagg=off,enable_sort=off,max_parallel_workers_per_gather=4}', true, 'data'),
	('partial over partitions', '{enable_partitionwise_aggregate=on,enable_sort=off,mobanon.enable_kanon_scan=off,cpu_tuple_cost=1}', false, 'parted_row'),
	('KanonScan over partitions', '{enable_hashagg=off,enable_sort=off,enable_partitionwise_aggregate=on}', true, 'parted_row'),
	('KanonScan in each partition', '{enable_hashagg=off,enable_sort=off,enable_partitionwise_aggregate=on,cpu_tuple_cost=1}', true, 'parted_group'),
	('hash, 1 MB', '{enable_sort=off,mobanon.enable_kanon_scan=off,work_mem=1MB,hash_mem_multiplier=1}', false, 'data'),
	('KanonScan, 1 MB', '{enable_hashagg=off,enable_sort=off,work_mem=1MB,hash_mem_multiplier=1}', true, 'data'),
	('KanonScan, jit', '{enable_hashagg=off,enable_sort=off,jit=on,jit_above_cost=0,jit_inline_above_cost=0,jit_optimize_above_cost=0}', true, 'data'),
	('parallel KanonScan', '{enable_hashagg=off,enable_sort=off,max_parallel_workers_per_gather=2,cpu_operator_cost=1}', true, 'data'),
	('parallel KanonScan, no leader', '{enable_hashagg=off,enable_sort=off,max_parallel_workers_per_gather=3,parallel_leader_participation=off,cpu_operator_cost=1}', true, 'data'),
	('parallel KanonScan, 64 kB', '{enable_hashagg=off,enable_sort=off,max_parallel_workers_per_gather=2,work_mem=64kB,hash_mem_multiplier=1,cpu_operator_cost=1}', true, 'data'),
	('KanonScan, 64 kB', '{enable_hashagg=off,enable_sort=off,work_mem=64kB,hash_mem_multiplier=1}', true, 'data');
CREATE TABLE wrong (dataset int, way text, detail text);
CREATE TABLE seen (way text, plan text);

-- A data set: few or many groups and subjects, even or skewed, with nulls, duplicates and long keys.
CREATE PROCEDURE make_data(seed int) LANGUAGE plpgsql AS $$
DECLARE
	n_rows	int := CASE WHEN seed % 10 = 0 THEN 60000 WHEN seed % 10 = 1 THEN 3 ELSE 50 + floor(random() * 8000) END;
	n_groups int := (ARRAY[1, 3, 40, 700, 6000])[1 + floor(random() * 5)];
	n_subjects int := (ARRAY[1, 2, 7, 60, 900, 40000])[1 + floor(random() * 6)];
	skew	float8 := (ARRAY[1, 1, 3, 8])[1 + floor(random() * 4)];
	subject	text := (ARRAY['CASE WHEN s % 5 > 0 THEN s - 3 END', 's - n_subjects / 2', '(''user-'' || s)', 'lpad(to_hex(s), 32, CASE WHEN s % 2 = 0 THEN ''0'' ELSE ''f'' END)::uuid',
					'CASE WHEN s % 3 > 0 THEN md5(s::text)::uuid END', '(repeat(''x'', (s % 300)::int) || s)'])[1 + seed % 6];
	key_2	text := (ARRAY['(g / 7)', '(repeat(''k'', (g % 900)::int) || (g % 50))', '(CASE WHEN g % 4 > 0 THEN g % 5 END)::smallint',
					'(timestamptz ''epoch'' + (g % 48) * interval ''1 hour'')', '(g % 2 = 0)', 'md5((g % 100)::text)::uuid', 'NULLIF((g % 9)::text, ''3'')'])[1 + seed % 7];
BEGIN
	DROP TABLE IF EXISTS data, parted_row, parted_group;
	EXECUTE format('CREATE UNLOGGED TABLE data AS SELECT CASE WHEN g %% 17 > 0 THEN g END AS a, %s AS b, %s AS subject, (random() * 100)::int AS v, i FROM
		(SELECT i, floor(%s * power(random(), %s))::bigint AS g, floor(%s * power(random(), %s))::bigint AS s, %s::bigint AS n_subjects FROM generate_series(1, %s) AS i) AS r',
		key_2, subject, n_groups, skew, n_subjects, skew, n_subjects, n_rows);
	-- Once across the groups, once along them.
	CREATE UNLOGGED TABLE parted_row (LIKE data) PARTITION BY HASH (i);
	CREATE UNLOGGED TABLE parted_group (LIKE data) PARTITION BY HASH (a);
	FOR p IN 0 .. 2 LOOP
		EXECUTE format('CREATE UNLOGGED TABLE parted_row_%s PARTITION OF parted_row FOR VALUES WITH (MODULUS 3, REMAINDER %s)', p, p);
		EXECUTE format('CREATE UNLOGGED TABLE parted_group_%s PARTITION OF parted_group FOR VALUES WITH (MODULUS 3, REMAINDER %s)', p, p);
	END LOOP;
	INSERT INTO parted_row TABLE data;
	INSERT INTO parted_group TABLE data;
	ANALYZE data;
	ANALYZE parted_row;
	ANALYZE parted_group;
END $$;

CREATE PROCEDURE compare(dataset int, way text, query text) LANGUAGE plpgsql AS $$
DECLARE
	differences bigint;
BEGIN
	EXECUTE format('CREATE UNLOGGED TABLE got AS %s', query);
	SELECT count(*) INTO differences FROM ((TABLE got EXCEPT ALL TABLE want) UNION ALL (TABLE want EXCEPT ALL TABLE got)) AS d;
	IF differences > 0 THEN
		INSERT INTO wrong VALUES (dataset, way, differences || ' rows differ');
	END IF;
	DROP TABLE got;
END $$;

CREATE PROCEDURE check_data(dataset int) LANGUAGE plpgsql AS $$
DECLARE
	w		way;
	k		int := (ARRAY[1, 2, 3, 5, 20])[1 + floor(random() * 5)];
	query	text;
	plan	text;
	line	text;
BEGIN
	DROP TABLE IF EXISTS want, slice;
	SET max_parallel_workers_per_gather = 0;
	SET jit = off;
	EXECUTE format('CREATE UNLOGGED TABLE want AS SELECT a, b, CASE WHEN count(DISTINCT subject) >= %s THEN count(DISTINCT subject) END AS n,
		count(*) AS c, sum(v) AS s, min(v) AS low, max(v) AS high FROM data GROUP BY a, b', k);
	FOR w IN SELECT * FROM way ORDER BY id LOOP
		query := format('SELECT a, b, kanon_suppress(subject, %s) AS n, count(*) AS c, sum(v) AS s, min(v) AS low, max(v) AS high FROM %I GROUP BY a, b', k, w.source);
		PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), false) FROM unnest(w.settings) AS s;
		plan := '';
		FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
			plan := plan || line || E'\n';
		END LOOP;
		IF w.kanon_scan <> (plan LIKE '%KanonScan%') THEN
			INSERT INTO wrong VALUES (dataset, w.name, 'plan: ' || plan);
		END IF;
		INSERT INTO seen VALUES (w.name, plan);
		CALL compare(dataset, w.name, query);
		RESET enable_sort; RESET enable_hashagg; RESET mobanon.enable_kanon_scan; RESET enable_indexscan; RESET enable_partitionwise_aggregate;
		RESET parallel_leader_participation; RESET cpu_operator_cost; RESET work_mem; RESET hash_mem_multiplier; RESET cpu_tuple_cost; SET jit = off;
		SET max_parallel_workers_per_gather = 0;
	END LOOP;
	-- Merged from stored states, in random order, some of them by way of their text.
	CREATE UNLOGGED TABLE slice AS SELECT a, b, subject_set_agg(subject) AS subjects, count(*) AS c, sum(v) AS s, min(v) AS low, max(v) AS high
	FROM data GROUP BY a, b, i % 5;
	UPDATE slice SET subjects = subjects::text::subject_set WHERE random() < 0.5;
	EXECUTE format('CREATE VIEW merged AS SELECT a, b, kanon_suppress(subjects, %s) AS n, sum(c)::bigint AS c, sum(s)::bigint AS s, min(low) AS low, max(high) AS high
		FROM (SELECT * FROM slice ORDER BY random()) AS o GROUP BY a, b', k);
	CALL compare(dataset, 'stored states', 'TABLE merged');
	DROP VIEW merged;
END $$;

SELECT setseed(0.20261125);
SELECT format('CALL make_data(%s)', i), format('CALL check_data(%s)', i) FROM generate_series(1, :datasets) AS i \gexec
SELECT is((SELECT string_agg(DISTINCT format('data set %s: %s', x.dataset, x.detail), '; ') FROM wrong AS x WHERE x.way = w.name), NULL, format('%s: equals the oracle', w.name))
FROM (SELECT id, name FROM way UNION ALL VALUES (99, 'stored states')) AS w ORDER BY w.id;
-- The plans were what their names say.
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Gather%') > count(*) / 2, 'workers were used') FROM seen WHERE way LIKE '%workers';
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Append%Partial%') > 0, 'partitions were aggregated one by one') FROM seen WHERE way = 'partial over partitions';
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Append%KanonScan%KanonScan%KanonScan%') > 0, 'and scanned one by one') FROM seen WHERE way = 'KanonScan in each partition';
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Gather%Parallel Custom Scan (KanonScan)%') > count(*) / 2, 'groups were counted by workers') FROM seen WHERE way LIKE 'parallel%';
SELECT * FROM finish();
