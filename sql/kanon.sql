SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
-- The number of distinct subjects of a group, or nothing when there are fewer than k.
CREATE TABLE kanon_event (cell text, subject bigint);
INSERT INTO kanon_event
SELECT 'crowd', i % 7 FROM generate_series(1, 100) AS i
UNION ALL SELECT 'five', i FROM generate_series(1, 5) AS i
UNION ALL SELECT 'four', i FROM generate_series(1, 4) AS i
UNION ALL SELECT 'one', 1
UNION ALL SELECT 'nobody', NULL;
SELECT cell, mobanon.kanon_suppress(subject, 5) FROM kanon_event GROUP BY cell ORDER BY cell;
-- uuid and text subjects give the same counts as bigint.
SELECT cell,
	   mobanon.kanon_suppress(lpad(subject::text, 32, '0')::uuid, 5) AS of_uuid,
	   mobanon.kanon_suppress(subject::text, 5) AS of_text
FROM kanon_event GROUP BY cell ORDER BY cell;
-- No rows: no count.
SELECT mobanon.kanon_suppress(subject, 5) FROM kanon_event WHERE false;
-- FILTER, DISTINCT, HAVING, GROUPING SETS.
SELECT cell, mobanon.kanon_suppress(subject, 5) FILTER (WHERE subject > 1) AS filtered,
	   mobanon.kanon_suppress(DISTINCT subject, 5) AS of_distinct
FROM kanon_event GROUP BY cell HAVING mobanon.kanon_suppress(subject, 5) IS NOT NULL ORDER BY cell;
SELECT cell, mobanon.kanon_suppress(subject, 5) FROM kanon_event GROUP BY GROUPING SETS ((cell), ()) ORDER BY cell;
-- Over a window the count grows with the frame and nothing is lost on the way.
SELECT i, mobanon.kanon_suppress(i / 2, 5) OVER (ORDER BY i) AS so_far,
	   mobanon.kanon_suppress(i / 2, 5) OVER (ORDER BY i ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS last_ten
FROM generate_series(1::bigint, 16) AS i;

-- k: not below the floor, not null, one per group.
SELECT mobanon.kanon_suppress(subject, 4) FROM kanon_event;
SELECT mobanon.kanon_suppress(subject, NULL) FROM kanon_event;
SELECT mobanon.kanon_suppress(subject, 5 + (subject % 2)::int) FROM kanon_event;
SELECT cell, mobanon.kanon_suppress(subject, CASE cell WHEN 'five' THEN 6 ELSE 5 END) FROM kanon_event GROUP BY cell ORDER BY cell;
-- Only a superuser moves the floor.
CREATE ROLE kanon_nobody;
SET ROLE kanon_nobody;
SET mobanon.k_floor = 2;
RESET ROLE;
SET mobanon.k_floor = 2;
SELECT cell, mobanon.kanon_suppress(subject, 2) FROM kanon_event GROUP BY cell ORDER BY cell;
RESET mobanon.k_floor;
DROP ROLE kanon_nobody;

-- Sets: kept per hour, united per day, counted without the events.
CREATE TABLE kanon_hour AS
SELECT cell, subject % 2 AS hour, mobanon.subject_set_agg(subject) AS subjects
FROM kanon_event GROUP BY cell, hour;
SELECT cell, mobanon.kanon_suppress(subjects, 5) FROM kanon_hour GROUP BY cell ORDER BY cell;
SELECT cell, mobanon.cardinality(mobanon.subject_set_union(subjects)) FROM kanon_hour GROUP BY cell ORDER BY cell;
SELECT mobanon.subject_set_agg(i) FROM generate_series(-1::bigint, 1) AS i;
SELECT mobanon.subject_set_agg(u) FROM (VALUES (NULL::uuid), ('00000000-0000-0000-0000-000000000000'), ('018f0000-0000-8000-8000-000000000001')) AS v(u);
-- SHA-256 of the empty string and of "abc" (FIPS 180-4): the first 16 bytes.
SELECT mobanon.subject_set_agg(t) FROM (VALUES (''), ('abc'), ('abc')) AS v(t);
SELECT mobanon.subject_set_agg(i) OPERATOR(mobanon.=) mobanon.subject_set_agg(-i) AS same_set,
	   mobanon.subject_set_agg(i) OPERATOR(mobanon.<>) mobanon.subject_set_agg(i + 1) AS other_set
FROM generate_series(-20::bigint, 20) AS i;
SELECT mobanon.subject_set_union('1:bigint:0:8000000000000001', '1:bigint:0:80000000000000018000000000000002');
SELECT count(*) FROM (SELECT DISTINCT subjects FROM kanon_hour) AS d;
-- Kinds of subject never meet.
SELECT mobanon.subject_set_union('1:bigint:0:8000000000000001', '1:uuid:0:00000000000000000000000000000001');
-- What this type did not write is refused, and not repeated.
SELECT '1:bigint:0:8000000000000002' || '8000000000000001' AS text \gset
SELECT :'text'::mobanon.subject_set;
SELECT '1:bigint:0:800000000000000'::mobanon.subject_set;
SELECT '1:bigint:0:80000000000000AB'::mobanon.subject_set;
SELECT '2:bigint:0:'::mobanon.subject_set;
SELECT '1:bigint:-1:'::mobanon.subject_set;
SELECT '1:bigint:2147483648:'::mobanon.subject_set;
SELECT '1:phone:0:'::mobanon.subject_set;
-- Parts of an aggregate are not functions of their own.
SELECT mobanon.kanon_final('1:bigint:5:');
SELECT mobanon.kanon_suppress_bigint(NULL, 1, 5);

-- Parallel plans of the ordinary kind: states of workers are combined, never suppressed one by one.
CREATE TABLE kanon_many AS SELECT i % 13 AS cell, (i * 7919) % 5003 AS subject FROM generate_series(1::bigint, 100000) AS i;
ANALYZE kanon_many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET mobanon.enable_kanon_scan = off;
EXPLAIN (COSTS OFF) SELECT cell, mobanon.kanon_suppress(subject, 20) FROM kanon_many GROUP BY cell;
SELECT cell, mobanon.kanon_suppress(subject, 20) FROM kanon_many GROUP BY cell
EXCEPT
SELECT cell, count(DISTINCT subject) FROM kanon_many GROUP BY cell;
SELECT mobanon.kanon_suppress(subject, 20), mobanon.cardinality(mobanon.subject_set_agg(subject)), count(DISTINCT subject) FROM kanon_many;
-- Subjects in order, each several times, and a count after every row: large sets have one key that waits.
SELECT mobanon.kanon_suppress(subject, 20), mobanon.cardinality(mobanon.subject_set_agg(subject))
FROM (SELECT i / 3 AS subject FROM generate_series(0::bigint, 29999) AS i ORDER BY i) AS sorted;
SELECT count(*) FILTER (WHERE n IS DISTINCT FROM CASE WHEN i >= 19 THEN i + 1 END) AS wrong
FROM (SELECT i, mobanon.kanon_suppress(i, 20) OVER (ORDER BY i) AS n FROM generate_series(0::bigint, 4999) AS i) AS running;
RESET ALL;
DROP TABLE kanon_event, kanon_hour, kanon_many;
