SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
-- KanonScan: GROUP BY with kanon_suppress as one plan node.  Same rows, other plan.
LOAD 'mobanon';
CREATE SCHEMA scan;
SET search_path = scan, mobanon;
SET max_parallel_workers_per_gather = 0;
CREATE TYPE scan_level AS ENUM ('low', 'high');
CREATE TABLE scan_event AS
SELECT i % 97 AS cell, CASE WHEN i % 11 > 0 THEN timestamptz '2026-03-02 00:00Z' + (i % 24) * interval '1 hour' END AS bucket,
	('00000000-0000-8000-8000-' || lpad(to_hex(i * 7919 % 311), 12, '0'))::uuid AS pseudonym,
	CASE WHEN i % 13 > 0 THEN i * 7919 % 311 END AS subject, 'user-' || i * 7919 % 311 AS login, (i % 1000)::int AS seconds,
	CASE WHEN i % 3 > 0 THEN (i % 100)::smallint END AS age, date '2026-01-01' + (i % 50)::int AS day,
	'area ' || i % 5 AS area, (i % 2)::numeric AS amount, (i % 2)::float8 AS weight, (ARRAY['low', 'high'])[1 + i % 2]::scan_level AS level
FROM generate_series(1::bigint, 20000) AS i;
ANALYZE scan_event;

-- What it looks like.
EXPLAIN (COSTS OFF) SELECT cell, bucket, kanon_suppress(pseudonym, 5) FROM scan_event
GROUP BY cell, bucket HAVING kanon_suppress(pseudonym, 5) IS NOT NULL ORDER BY cell;
EXPLAIN (VERBOSE, COSTS OFF) SELECT upper(area) AS a, kanon_suppress(login, 5) + count(*) AS n FROM scan_event WHERE cell < 50 GROUP BY 1 LIMIT 5;
SET mobanon.enable_kanon_scan = off;
EXPLAIN (COSTS OFF) SELECT cell, bucket, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY cell, bucket;
RESET mobanon.enable_kanon_scan;

-- same(query): is the plan a KanonScan, and are the rows those of the ordinary plan?
CREATE FUNCTION scan.same(query text, OUT kanon_scan boolean, OUT same_rows boolean, OUT some_rows boolean) LANGUAGE plpgsql AS $$
DECLARE
	line	text;
BEGIN
	kanon_scan := false;
	-- No other plan is considered where this one is possible.
	SET LOCAL enable_hashagg = off;
	SET LOCAL enable_sort = off;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		kanon_scan := kanon_scan OR line LIKE '%Custom Scan (KanonScan)%';
	END LOOP;
	EXECUTE 'CREATE TEMP TABLE one AS ' || query;
	SET LOCAL mobanon.enable_kanon_scan = off;
	SET LOCAL enable_hashagg = on;
	SET LOCAL enable_sort = on;
	EXECUTE 'CREATE TEMP TABLE other AS ' || query;
	SET LOCAL mobanon.enable_kanon_scan = on;
	SELECT count(*) = 0 INTO same_rows FROM ((TABLE one EXCEPT ALL TABLE other) UNION ALL (TABLE other EXCEPT ALL TABLE one)) AS d;
	SELECT count(*) > 0 INTO some_rows FROM one;
	DROP TABLE one, other;
END $$;
-- What it takes over.
SELECT q AS "taken over", (scan.same(q)).* FROM (VALUES
	('SELECT cell, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY cell'),
	('SELECT cell, bucket, kanon_suppress(subject, 12) FROM scan_event GROUP BY cell, bucket'),
	('SELECT area, bucket, kanon_suppress(login, 250) FROM scan_event GROUP BY area, bucket'),
	('SELECT cell % 3 = 0 AS c, day, pseudonym, kanon_suppress(subject, 5) FROM scan_event GROUP BY 1, 2, 3'),
	('SELECT level, area COLLATE "C" AS a, kanon_suppress(subject, 5) FROM scan_event GROUP BY level, area COLLATE "C"'),
	('SELECT bucket, kanon_suppress(subject, 5) AS a, kanon_suppress(subject, 300) AS b, kanon_suppress(subject, 5) + 1 AS c FROM scan_event GROUP BY bucket'),
	('SELECT cell, kanon_suppress(pseudonym, 5), count(*) AS n1, count(age) AS n2, count(bucket) AS n3, sum(age) AS s2, sum(seconds) AS s4, min(age) AS a, max(age) AS b, min(seconds) AS c, max(cell) AS d, min(day) AS e, max(bucket) AS f, min(bucket) AS g FROM scan_event GROUP BY cell'),
	('SELECT 10 * cell AS c, kanon_suppress(pseudonym, 5) * 2 AS n FROM scan_event GROUP BY cell HAVING count(*) > 206 AND max(seconds) > 5'),
	('SELECT kanon_suppress(pseudonym, 5) AS n FROM scan_event GROUP BY cell, day'),
	('SELECT cell, n, rank() OVER (ORDER BY n, cell) FROM (SELECT cell, kanon_suppress(pseudonym, 5) AS n FROM scan_event GROUP BY cell) AS g'),
	('SELECT cell, kanon_suppress(pseudonym, 5), row_number() OVER (ORDER BY cell) FROM scan_event GROUP BY cell'),
	('SELECT DISTINCT kanon_suppress(pseudonym, 5) AS n FROM scan_event GROUP BY cell, area'),
	('SELECT cell, (SELECT count(*) FROM scan_event AS e WHERE e.seconds = g.cell) AS s, kanon_suppress(pseudonym, 5) FROM scan_event AS g WHERE cell < 9 GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5) FROM scan_event AS g WHERE cell < 9 GROUP BY cell HAVING EXISTS (SELECT FROM scan_event AS e WHERE e.seconds = g.cell + 2)'),
	('SELECT e.cell, kanon_suppress(e.pseudonym, 5) FROM scan_event AS e LEFT JOIN (SELECT DISTINCT cell, day FROM scan_event WHERE cell < 40) AS o USING (cell) GROUP BY e.cell'),
	('SELECT c, l.* FROM generate_series(1, 3) AS c, LATERAL (SELECT area, kanon_suppress(subject, 5) FROM scan_event WHERE cell = c GROUP BY area) AS l'),
	('WITH w AS MATERIALIZED (SELECT cell, kanon_suppress(pseudonym, 5) AS n FROM scan_event GROUP BY cell) SELECT a.cell, b.n FROM w AS a JOIN w AS b ON a.n = b.n')
) AS v(q);
-- What it leaves alone, and why.
SELECT q AS "left alone", (scan.same(q)).* FROM (VALUES
	('SELECT kanon_suppress(pseudonym, 5) FROM scan_event'),
	('SELECT cell, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY ROLLUP (cell)'),
	('SELECT amount, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY amount'),
	('SELECT weight, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY weight'),
	('SELECT area::char(9) AS c, kanon_suppress(pseudonym, 5) FROM scan_event GROUP BY 1'),
	('SELECT cell, kanon_suppress(DISTINCT pseudonym, 5) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5 ORDER BY day) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5) FILTER (WHERE age > 20) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5) AS n, count(*) FILTER (WHERE age > 20) AS c FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5), avg(age) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5), kanon_suppress(subject, 5) AS s FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(pseudonym, 5 + (cell - cell)::int) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress((SELECT e.pseudonym), 5) FROM scan_event AS e GROUP BY cell'),
	('SELECT cell, kanon_suppress(subject + (random() * 0)::int, 5) FROM scan_event GROUP BY cell'),
	('SELECT cell, cardinality(subject_set_agg(pseudonym)) FROM scan_event GROUP BY cell'),
	('SELECT cell, count(*) FROM scan_event GROUP BY cell'),
	('SELECT cell, kanon_suppress(s, 5) FROM (SELECT cell, area, subject_set_agg(pseudonym) AS s FROM scan_event GROUP BY cell, area OFFSET 0) AS g GROUP BY cell')
) AS v(q);
-- A column that hangs on the primary key; a nondeterministic collation.
CREATE TABLE scan_place (place int PRIMARY KEY, name text);
INSERT INTO scan_place SELECT i, 'place ' || i FROM generate_series(0, 96) AS i;
SELECT (scan.same('SELECT p.place, p.name, kanon_suppress(e.pseudonym, 5) FROM scan_event AS e JOIN scan_place AS p ON p.place = e.cell GROUP BY p.place')).*;

CREATE COLLATION scan.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT (scan.same('SELECT c, kanon_suppress(subject, 5) FROM (SELECT CASE WHEN seconds % 2 = 0 THEN upper(area) ELSE area END COLLATE caseless AS c, subject FROM scan_event) AS e GROUP BY c')).kanon_scan;

-- k as the aggregate checks it: only where there is a row, and not below the floor.
SET enable_hashagg = off;
SET enable_sort = off;
SELECT cell, kanon_suppress(subject, 4) FROM scan_event WHERE cell > 1000 GROUP BY cell;
SELECT cell, kanon_suppress(subject, 4) FROM scan_event GROUP BY cell;
SELECT cell, kanon_suppress(subject, NULL) FROM scan_event GROUP BY cell;
SELECT cell, kanon_suppress(subject, 0) FROM scan_event GROUP BY cell;
SELECT bucket IS NULL AS b, kanon_suppress(subject, 310), kanon_suppress(subject, 311) FROM scan_event WHERE subject IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT bucket IS NULL AS b, kanon_suppress(subject, 312), count(*) FROM scan_event GROUP BY 1 ORDER BY 1;
-- A prepared plan, whatever its k; a generic plan takes k from the parameter.
PREPARE by_area(int, text) AS SELECT area, kanon_suppress(subject, $1) FROM scan_event WHERE area > $2 GROUP BY area;
EXECUTE by_area(5, 'area 3');
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE by_area(5, 'area 2');
EXECUTE by_area(5, 'area 3');
EXECUTE by_area(500, 'area 3');
EXECUTE by_area(4, 'area 2');
EXECUTE by_area(NULL, 'area 2');
SET mobanon.k_floor = 1;
SELECT scan.same('SELECT cell, bucket, day, kanon_suppress(subject, 1), kanon_suppress(subject, 2) AS two FROM scan_event GROUP BY cell, bucket, day');
RESET mobanon.k_floor;
RESET plan_cache_mode;
-- Around the threshold: every number of rows up to 25 with every number of subjects, every k.
CREATE TABLE scan_edge AS SELECT r, d, 1 + i % d AS subject FROM generate_series(1, 25) AS r, generate_series(1, r) AS d, generate_series(0, r - 1) AS i;
SET mobanon.k_floor = 1;
DO $$
DECLARE
	wrong	bigint;
	groups	bigint;
BEGIN
	FOR k IN 1 .. 27 LOOP
		EXECUTE format('SELECT count(*) FILTER (WHERE n IS DISTINCT FROM CASE WHEN d >= %s THEN d END OR t IS DISTINCT FROM n), count(*) FROM
			(SELECT r, d, kanon_suppress(subject::bigint, %s) AS n FROM scan_edge GROUP BY r, d) AS g
			JOIN (SELECT r, d, kanon_suppress(subject::text, %s) AS t FROM scan_edge GROUP BY r, d) AS h USING (r, d)', k, k, k) INTO wrong, groups;
		IF wrong > 0 OR groups <> 325 THEN
			RAISE WARNING 'k = %: % of % groups are wrong', k, wrong, groups;
		END IF;
	END LOOP;
END $$;
RESET mobanon.k_floor;
-- Cursors, also across other commands, backwards, and held over commit.
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT cell FROM scan_event GROUP BY cell HAVING kanon_suppress(subject, 5) > 0;
DECLARE h CURSOR WITH HOLD FOR SELECT cell, kanon_suppress(subject, 5) FROM scan_event GROUP BY cell;
MOVE 50 IN c;
SAVEPOINT s;
MOVE 20 IN c;
ROLLBACK TO s;
MOVE BACKWARD 60 IN c;
MOVE ALL IN c;
COMMIT;
MOVE ALL IN h;
CLOSE h;
-- A rescan with another parameter, and one with none.
SELECT c, (SELECT sum(n) FROM (SELECT kanon_suppress(subject, 5) AS n FROM scan_event WHERE cell = c GROUP BY area) AS g) AS s
FROM generate_series(1, 4) AS c;
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT count(*), sum(n) FROM (VALUES (1), (2), (3)) AS v(i) LEFT JOIN (SELECT area, kanon_suppress(subject, 5) AS n FROM scan_event GROUP BY area) AS g ON n > i;
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;
-- EvalPlanQual and DML: groups as the source of an update.
CREATE TABLE scan_target (area text PRIMARY KEY, n bigint);
INSERT INTO scan_target SELECT area, NULL FROM scan_event GROUP BY area HAVING kanon_suppress(subject, 5) > 0;
UPDATE scan_target AS t SET n = g.n FROM (SELECT area, kanon_suppress(subject, 5) AS n FROM scan_event GROUP BY area) AS g WHERE g.area = t.area;
SELECT * FROM scan_target ORDER BY area;
-- Partitions, each by itself.
CREATE TABLE scan_part (LIKE scan_event) PARTITION BY HASH (cell);
CREATE TABLE scan_part_0 PARTITION OF scan_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE scan_part_1 PARTITION OF scan_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO scan_part TABLE scan_event;
ANALYZE scan_part;
SET enable_partitionwise_aggregate = on;
EXPLAIN (COSTS OFF) SELECT cell, area, kanon_suppress(subject, 5) FROM scan_part GROUP BY cell, area HAVING count(*) > 3;
SELECT (scan.same('SELECT cell, area, kanon_suppress(subject, 5) FROM scan_part GROUP BY cell, area HAVING count(*) > 3')).*;
SELECT (scan.same('SELECT area, kanon_suppress(subject, 5) FROM scan_part GROUP BY area')).*;
RESET enable_partitionwise_aggregate;
-- In parallel workers: below a join, and the whole plan.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SET enable_parallel_hash = off;
CREATE VIEW scan_joined AS SELECT e.area, count(*), sum(g.n) FROM scan_event AS e
	JOIN (SELECT cell, kanon_suppress(subject, 5) AS n FROM scan_event GROUP BY cell OFFSET 0) AS g USING (cell) GROUP BY e.area;
RESET enable_hashagg;
SELECT * FROM scan_joined ORDER BY area;
SELECT set_config(name, 'on', false) IS NOT NULL AS everything_in_a_worker FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SET enable_hashagg = off;
SELECT count(*), sum(n), sum(c), min(low) FROM (SELECT cell, bucket, kanon_suppress(login, 5) AS n, count(*) AS c, min(day) AS low FROM scan_event GROUP BY cell, bucket) AS g;
SET mobanon.enable_kanon_scan = off;
SELECT count(*), sum(n), sum(c), min(low) FROM (SELECT cell, bucket, kanon_suppress(login, 5) AS n, count(*) AS c, min(day) AS low FROM scan_event GROUP BY cell, bucket) AS g;
RESET ALL;
SET search_path = scan, mobanon;
SET max_parallel_workers_per_gather = 0;
SET enable_hashagg = off;
SET enable_sort = off;
-- Rights: to call the aggregate, as in any other plan.
CREATE ROLE scan_nobody;
GRANT USAGE ON SCHEMA scan TO scan_nobody;
GRANT SELECT ON scan_event TO scan_nobody;
REVOKE EXECUTE ON FUNCTION kanon_suppress(bigint, int) FROM PUBLIC;
SET ROLE scan_nobody;
SELECT cell, kanon_suppress(subject, 5) FROM scan_event GROUP BY cell;
RESET ROLE;
GRANT EXECUTE ON FUNCTION kanon_suppress(bigint, int) TO PUBLIC;
-- Policies and barriers stay below: what they hide is hidden here, too.
ALTER TABLE scan_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON scan_event FOR SELECT TO scan_nobody USING (cell < 3);
SET ROLE scan_nobody;
EXPLAIN (COSTS OFF) SELECT cell, kanon_suppress(subject, 5) FROM scan.scan_event GROUP BY cell;
SELECT cell, kanon_suppress(subject, 5) FROM scan_event GROUP BY cell ORDER BY cell;
RESET ROLE;
CREATE VIEW scan_view WITH (security_barrier) AS SELECT cell, kanon_suppress(subject, 20) AS n FROM scan_event GROUP BY cell HAVING kanon_suppress(subject, 20) IS NOT NULL;
EXPLAIN (COSTS OFF) SELECT * FROM scan_view WHERE n::text <> 'x';
CREATE MATERIALIZED VIEW scan_matview AS SELECT cell, kanon_suppress(subject, 20) AS n FROM scan_event GROUP BY cell;
REFRESH MATERIALIZED VIEW scan_matview;
SELECT count(*), count(n) FROM scan_matview;

-- Memory and temporary file are shown.  (Numbers differ between machines.)
CREATE FUNCTION scan.shown(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line	text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) ' || query LOOP
		RETURN NEXT regexp_replace(regexp_replace(line, '[1-9]\d+ kB', 'N kB'), 'rows=(\d+)\.00', 'rows=\1');
	END LOOP;
END $$;
SELECT scan.shown('SELECT cell, kanon_suppress(subject, 5) FROM scan_event GROUP BY cell HAVING kanon_suppress(subject, 5) > 300');
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT scan.shown('SELECT cell, kanon_suppress(subject, 5) FROM scan_event GROUP BY cell HAVING kanon_suppress(subject, 5) > 300');
SELECT (scan.same('SELECT cell, bucket, kanon_suppress(login, 5), sum(age) AS s FROM scan_event GROUP BY cell, bucket')).*;
RESET ALL;
SET client_min_messages = warning;
DROP SCHEMA scan CASCADE;
DROP ROLE scan_nobody;
