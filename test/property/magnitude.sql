-- Property: kanon_sum, kanon_avg, kanon_quantile, kanon_reason and kanon_diverse are what plain SQL says, whatever the plan.
-- For each of :datasets random data sets and rules the rows of eight plans are compared with the oracle.
\set QUIET 1
CREATE SCHEMA prop;
SET search_path = prop, mobanon, public;
SELECT plan(11);
SET client_min_messages = warning;
SET mobanon.k_floor = 1;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE way (id serial, name text, settings text[], source text);
INSERT INTO way (name, settings, source) VALUES
	('hash', '{enable_sort=off}', 'data'),
	('sort', '{enable_hashagg=off}', 'data'),
	('hash, 2 workers', '{enable_sort=off,max_parallel_workers_per_gather=2}', 'data'),
	('sort, 4 workers', '{enable_hashagg=off,max_parallel_workers_per_gather=4}', 'data'),
	('partial over partitions', '{enable_partitionwise_aggregate=on,enable_sort=off,cpu_tuple_cost=1}', 'parted'),
	('hash, 64 kB', '{enable_sort=off,work_mem=64kB,hash_mem_multiplier=1}', 'data'),
	('another order', '{enable_hashagg=off}', '(SELECT * FROM data ORDER BY -i)'),
	('jit', '{jit=on,jit_above_cost=0}', 'data');
CREATE TABLE wrong (dataset int, way text, detail text);
CREATE TABLE seen (way text, plan text);
CREATE TABLE told (dataset int, reason text, rows bigint, sums bigint, quantiles bigint, diverse bigint);
CREATE TABLE rule (k int, bound bigint, p int, n int, share int, fraction float8, l int, enough int, most int);

-- Few or many groups and subjects, even or skewed; values small, large, flags, heavy-tailed; nulls everywhere.
CREATE PROCEDURE make_data(seed int) LANGUAGE plpgsql AS $$
DECLARE
	n_rows	int := CASE WHEN seed % 10 = 0 THEN 30000 WHEN seed % 10 = 1 THEN 3 ELSE 100 + floor(random() * 5000) END;
	n_groups int := (ARRAY[1, 4, 12, 60])[1 + floor(random() * 4)];
	n_subjects int := (ARRAY[2, 12, 60, 300, 3000])[1 + floor(random() * 5)];
	skew	float8 := (ARRAY[1, 1, 3])[1 + floor(random() * 3)];
	subject	text := (ARRAY['CASE WHEN s % 7 > 0 THEN s - 3 END', 's - 30', '(''user-'' || s)', 'md5(s::text)::uuid', 'lpad(to_hex(s), 32, ''0'')::uuid'])[1 + seed % 5];
	value	text := (ARRAY['random() * 60', '(random() < 0.5)::int', 'power(random(), -1.2)', '15', 'CASE WHEN s % 11 > 0 THEN 5 + s % 3 END', 'random() * 9e18 * (random() < 0.4)::int',
					'CASE WHEN s = 5 THEN 1e6 ELSE 1 + random() * 3 END', 'CASE WHEN random() < 0.9 THEN 0 ELSE 7 END'])[1 + floor(random() * 8)];
	home	text := (ARRAY['(s * 31 % 4)', '(s % 2)', '(CASE WHEN s % 5 > 0 THEN s % 2 ELSE i % 2 END)', 'CASE WHEN s % 13 > 0 THEN CASE WHEN s % 9 = 0 THEN floor(random() * 3) ELSE s % 3 END END', '(floor(power(s, 0.3)))'])[1 + floor(random() * 5)];
BEGIN
	DROP TABLE IF EXISTS data, parted;
	EXECUTE format('CREATE UNLOGGED TABLE data AS SELECT CASE WHEN g %% 17 <> 1 THEN g END AS a, %s AS subject, (%s)::bigint AS value, (%s)::%s AS home, i FROM
		(SELECT i, floor(%s * power(random(), %s))::bigint AS g, floor(%s * power(random(), %s))::bigint AS s FROM generate_series(1, %s) AS i OFFSET 0) AS r',
		subject, value, home, (ARRAY['bigint', 'text'])[1 + seed % 2], n_groups, skew, n_subjects, skew, n_rows);
	-- Sometimes nearly all come near to a bound of 1000, and few lack much.
	IF seed % 4 = 3 THEN
		DELETE FROM data AS d USING data AS e WHERE d.a IS NOT DISTINCT FROM e.a AND d.subject = e.subject AND d.i > e.i;
		UPDATE data SET value = CASE WHEN hashtext(data.subject::text) % 19 = 0 THEN 0 ELSE 999 - i % 3 END;
	END IF;
	CREATE TABLE parted (LIKE data) PARTITION BY HASH (i);
	CREATE UNLOGGED TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE UNLOGGED TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO parted TABLE data;
	ANALYZE data;
	ANALYZE parted;
END $$;

CREATE PROCEDURE make_rule() LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM rule;
	INSERT INTO rule SELECT (ARRAY[1, 2, 4, 12])[1 + floor(random() * 4)], CASE WHEN c.usual BETWEEN 997 AND 999 THEN 1000 ELSE least(1e11, greatest(1, ceil(c.usual * (ARRAY[0.3, 1.2, 3, 3, 30, 1e9])[1 + floor(random() * 6)]))) END,
		CASE WHEN r < 0.7 THEN (ARRAY[1, 5, 10, 300])[1 + floor(random() * 4)] END, CASE WHEN r > 0.5 THEN 1 + floor(random() * 10) END, CASE WHEN r > 0.5 THEN 99 - floor(60 * power(random(), 2)) END,
		round((0.1 + 0.8 * random())::numeric, 3), 2 + floor(random() * 3), (ARRAY[1, 3, 10])[1 + floor(random() * 3)], 20 + floor(random() * 81)
	FROM (SELECT random() AS r) AS x, (SELECT COALESCE(percentile_disc(0.9) WITHIN GROUP (ORDER BY c), 1) AS usual FROM (SELECT sum(value) AS c FROM data GROUP BY a, subject) AS c) AS c;
END $$;

-- Does a rule call these amounts unsafe?  The largest first.
CREATE FUNCTION unsafe(amounts numeric[], r rule) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN x - amounts[1] - COALESCE(amounts[2], 0) < r.p / 100.0 * amounts[1] THEN 'p% rule' WHEN (SELECT sum(a) FROM unnest(amounts[1:r.n]) AS a) > r.share / 100.0 * x THEN 'dominance rule' END
	FROM (SELECT sum(a) AS x FROM unnest(amounts) AS a) AS s
$$;

-- The quantile of ascending contributions by blocks, from its definition.
CREATE FUNCTION block_quantile(c numeric[], r rule) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n		int := cardinality(c);
	blocks	int := n / r.k;
	means	numeric[];
	at		numeric := r.fraction::numeric * blocks + 0.5;		-- 1 is the middle of the first block
	bottom	numeric[];
	top		numeric[];
BEGIN
	IF blocks < 3 THEN
		RETURN NULL;
	END IF;
	means := ARRAY(SELECT (SELECT trunc(avg(v), 3) FROM unnest(c[(b - 1) * n / blocks + 1 : b * n / blocks]) AS v) FROM generate_series(1, blocks) AS b);
	top := ARRAY(SELECT v FROM unnest(c[(blocks - 1)::bigint * n / blocks + 1 : n]) AS v ORDER BY v DESC);
	bottom := ARRAY(SELECT r.bound - v FROM unnest(c[1 : n / blocks]) AS v ORDER BY v);
	IF unsafe(top, r) IS NOT NULL OR unsafe(bottom, r) IS NOT NULL OR floor(means[1] + 0.5) = floor(means[blocks] + 0.5) OR at < 1 OR at > blocks THEN
		RETURN NULL;
	END IF;
	RETURN floor(means[floor(at)] * (1 - (at - floor(at))) + COALESCE(means[floor(at) + 1], 0) * (at - floor(at)) + 0.5);
END $$;

CREATE PROCEDURE make_oracle() LANGUAGE plpgsql AS $$
DECLARE
	r		rule;
BEGIN
	SELECT * INTO r FROM rule;
	DROP TABLE IF EXISTS want;
	CREATE UNLOGGED TABLE want AS
	WITH contribution AS (SELECT a, subject, least(sum(COALESCE(value, 0)), r.bound)::numeric AS c, count(DISTINCT home) AS homes, min(home) AS home FROM data WHERE subject IS NOT NULL GROUP BY a, subject),
	grouped AS (SELECT a, count(subject) AS n, array_agg(c ORDER BY c) AS c, count(*) FILTER (WHERE c > 0) AS contributing, count(*) FILTER (WHERE c < r.bound) AS below
		FROM contribution GROUP BY a),
	judged AS (SELECT *, CASE WHEN n < r.k THEN 'fewer than k subjects' WHEN contributing < r.k THEN 'fewer than k subjects contribute more than nothing'
			WHEN below < r.k THEN 'fewer than k subjects contribute less than the bound' ELSE COALESCE(unsafe(ARRAY(SELECT v FROM unnest(c) AS v ORDER BY v DESC), r), unsafe(ARRAY(SELECT r.bound - v FROM unnest(c) AS v ORDER BY v), r)) END AS reason
		FROM grouped),
	held AS (SELECT a, home, count(*) AS holders FROM contribution WHERE homes = 1 GROUP BY a, home),
	diverse AS (SELECT a, count(*) FILTER (WHERE holders >= r.enough) AS enough, max(holders) AS most, sum(holders) AS holders FROM held GROUP BY a)
	SELECT g.a, CASE WHEN reason IS NULL THEN (SELECT sum(v) FROM unnest(c) AS v)::bigint END AS sum, CASE WHEN reason IS NULL THEN (SELECT sum(v) FROM unnest(c) AS v) / n END AS avg,
		CASE WHEN reason IS NULL THEN block_quantile(c, r) END AS quantile, CASE WHEN j.a IS NOT DISTINCT FROM g.a AND n IS NOT NULL THEN reason ELSE 'fewer than k subjects' END AS reason,
		CASE WHEN n >= r.k AND d.enough >= r.l AND (most + n - holders) * 100 <= n * r.most THEN n END AS diverse
	FROM (SELECT DISTINCT a FROM data) AS g LEFT JOIN judged AS j ON j.a IS NOT DISTINCT FROM g.a LEFT JOIN diverse AS d ON d.a IS NOT DISTINCT FROM g.a;
END $$;

CREATE PROCEDURE check_data(dataset int) LANGUAGE plpgsql AS $$
DECLARE
	w		way;
	r		rule;
	query	text;
	plan	text;
	line	text;
	differences bigint;
BEGIN
	SET max_parallel_workers_per_gather = 0;
	SET jit = off;
	SELECT * INTO r FROM rule;
	INSERT INTO told SELECT dataset, reason, count(*), count(sum), count(quantile), count(diverse) FROM want GROUP BY reason;
	FOR w IN SELECT * FROM way ORDER BY id LOOP
		query := format('SELECT a, kanon_sum(subject, value, %1$s, %2$s, %3$L, %4$L, %5$L) AS sum, kanon_avg(subject, value, %1$s, %2$s, %3$L, %4$L, %5$L) AS avg,
			kanon_quantile(subject, value, %6$s, %1$s, %2$s, %3$L, %4$L, %5$L) AS quantile, kanon_reason(subject, value, %1$s, %2$s, %3$L, %4$L, %5$L) AS reason,
			kanon_diverse(subject, home, %1$s, %7$s, %8$s, %9$s) AS diverse FROM %10$s AS d GROUP BY a',
			r.k, r.bound, r.p, r.n, r.share, r.fraction, r.l, r.enough, r.most, w.source);
		PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), false) FROM unnest(w.settings) AS s;
		plan := '';
		FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
			plan := plan || line || E'\n';
		END LOOP;
		INSERT INTO seen VALUES (w.name, plan);
		EXECUTE format('CREATE UNLOGGED TABLE got AS %s', query);
		SET max_parallel_workers_per_gather = 0;
		SET jit = off;
		SELECT count(*) INTO differences FROM ((TABLE got EXCEPT ALL TABLE want) UNION ALL (TABLE want EXCEPT ALL TABLE got)) AS d;
		IF differences > 0 THEN
			INSERT INTO wrong VALUES (dataset, w.name, differences || ' rows differ with ' || r);
		END IF;
		DROP TABLE got;
		RESET enable_sort; RESET enable_hashagg; RESET enable_partitionwise_aggregate; RESET work_mem; RESET hash_mem_multiplier; RESET cpu_tuple_cost;
	END LOOP;
END $$;

SELECT setseed(0.22);
SELECT format('CALL make_data(%s)', i), 'CALL make_rule()', 'CALL make_oracle()', format('CALL check_data(%s)', i) FROM generate_series(1, :datasets) AS i \gexec
SELECT is((SELECT string_agg(DISTINCT format('data set %s: %s', x.dataset, x.detail), '; ') FROM wrong AS x WHERE x.way = w.name), NULL, format('%s: equals the oracle', w.name))
FROM way AS w ORDER BY w.id;
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Gather%') > count(*) / 2, 'workers were used') FROM seen WHERE way LIKE '%workers';
SELECT ok(count(*) FILTER (WHERE plan LIKE '%Append%Partial%') > 0, 'partitions were aggregated one by one') FROM seen WHERE way = 'partial over partitions';
SELECT ok(sum(sums) > 60 AND sum(quantiles) > 20 AND sum(diverse) > 10 AND count(DISTINCT reason) = 5,
	format('of %s groups %s sums, %s quantiles and %s diverse counts were told, the others withheld for every reason', sum(rows), sum(sums), sum(quantiles), sum(diverse))) FROM told;
SELECT diag(format('%s: %s', COALESCE(reason, 'told'), sum(rows))) FROM told GROUP BY reason ORDER BY reason;
SELECT * FROM finish();
