-- When the library comes: without shared_preload_libraries a session's first plan is an ordinary one, the next a KanonScan, below a Gather, too.
\set QUIET 1
SET search_path = public, mobanon;
SET client_min_messages = warning;
CREATE TABLE event AS SELECT i % CASE WHEN i % 3 = 0 THEN 101 ELSE 6007 END AS cell, i * 7919 % 5003 AS subject FROM generate_series(1::bigint, 30000) AS i;
ANALYZE event;
CREATE TABLE expected AS SELECT cell, CASE WHEN count(DISTINCT subject) >= 5 THEN count(DISTINCT subject) END AS n FROM event GROUP BY cell;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line	text;
	plan	text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
CREATE FUNCTION differences(got regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n	bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((TABLE %1$s EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL TABLE %1$s)) AS d', got) INTO n;
	RETURN n;
END $$;
-- DDL fires event triggers of mobanon, which load the library: a new session has not done any.  pgTAP's plan() does.
\c
SET search_path = public, mobanon;
SET client_min_messages = warning;
SELECT current_setting('shared_preload_libraries') LIKE '%mobanon%' AS preloaded \gset
SET enable_sort = off;
SET max_parallel_workers_per_gather = 0;

-- The first plan is made by a planner that knows no KanonScan; to begin with it, or to explain it, loads the library.
SELECT plan_of('SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell') AS first_plan \gset
SELECT plan(7);
SELECT is(:'first_plan' LIKE '%KanonScan%', :'preloaded'::boolean, 'the first plan is a KanonScan where the library is preloaded, else an ordinary one');
CREATE TABLE first_rows AS SELECT cell, n FROM (SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell) AS g;
SELECT is(differences('first_rows'), 0::bigint, 'rows are those of plain SQL');
SET enable_hashagg = off;
SELECT matches(plan_of('SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell'), 'KanonScan', 'then there is KanonScan');
CREATE TABLE next_rows AS SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell;
SELECT is(differences('next_rows'), 0::bigint, 'with the same rows');

-- Workers load it, too: all rows are theirs here.
SET parallel_leader_participation = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET cpu_operator_cost = 1;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT matches(plan_of('SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell'), 'Gather.*Parallel Custom Scan', 'and for workers');
CREATE TABLE worker_rows AS SELECT cell, kanon_suppress(subject, 5) AS n FROM event GROUP BY cell;
SELECT is(differences('worker_rows'), 0::bigint, 'with the same rows');
SELECT is((SELECT count(n) BETWEEN 101 AND count(*) - 101 FROM expected), true, 'among them both kinds of group');
SELECT * FROM finish();
