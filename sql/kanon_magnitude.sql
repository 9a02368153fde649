SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
-- How long did they stay?  Minutes of visitors, withheld where that would tell of one of them.
CREATE TABLE kanon_visit (place text, visitor bigint, minutes bigint);
INSERT INTO kanon_visit
SELECT 'market', i, 10 + i % 7 * 5 FROM generate_series(1, 60) AS i
UNION ALL SELECT 'chapel', i, 20 FROM generate_series(1, 19) AS i
UNION ALL SELECT 'hamlet', i, CASE i WHEN 1 THEN 480 ELSE 1 END FROM generate_series(1, 25) AS i
UNION ALL SELECT 'nobody', NULL, 30;
SELECT place, mobanon.kanon_suppress(visitor, 20) AS visitors,
	   mobanon.kanon_sum(visitor, minutes, 20, 480) AS minutes,
	   round(mobanon.kanon_avg(visitor, minutes, 20, 480), 2) AS average,
	   mobanon.kanon_quantile(visitor, minutes, 0.5, 20, 480) AS median
FROM kanon_visit GROUP BY place ORDER BY place;
-- Why, for administrators: in the hamlet somebody lives.
SELECT place, mobanon.kanon_reason(visitor, minutes, 20, 480) FROM kanon_visit GROUP BY place ORDER BY place;
-- A subject contributes once, the sum of its values, at most bound: who left a thousand rows counts like anybody.
SELECT mobanon.kanon_sum(visitor, minutes, 20, 60) AS bound_60, mobanon.kanon_sum(visitor, minutes, 20, 400) AS bound_400
FROM (SELECT visitor, minutes FROM kanon_visit WHERE place = 'market'
	  UNION ALL SELECT 1, 1 FROM generate_series(1, 1000)) AS v;
-- A null value adds nothing, but its subject is one of the group: the average is per subject of kanon_suppress.
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480) AS sum,
	   mobanon.kanon_avg(visitor, minutes, 20, 480) = mobanon.kanon_sum(visitor, minutes, 20, 480)::numeric / mobanon.kanon_suppress(visitor, 20) AS average_agrees,
	   mobanon.kanon_suppress(visitor, 20)
FROM (SELECT visitor, CASE WHEN visitor > 10 THEN minutes END AS minutes FROM kanon_visit WHERE place = 'market') AS v;
-- uuid and text subjects.
SELECT mobanon.kanon_sum(lpad(visitor::text, 32, '0')::uuid, minutes, 20, 480) AS of_uuid, mobanon.kanon_sum(visitor::text, minutes, 20, 480) AS of_text,
	   mobanon.kanon_quantile(lpad(visitor::text, 32, '0')::uuid, minutes, 0.5, 20, 480) AS of_uuid, mobanon.kanon_quantile(visitor::text, minutes, 0.5, 20, 480) AS of_text
FROM kanon_visit WHERE place = 'market';

-- Handbook on Statistical Disclosure Control, 4.2.1.  X = 330 of 300, 20 and 10 is unsafe by the (1,85) rule, and safe by (1,95).
SET mobanon.k_floor = 3;
SELECT mobanon.kanon_sum(s, v, 3, 1000, NULL, 1, 85) AS "(1,85)", mobanon.kanon_reason(s, v, 3, 1000, NULL, 1, 85) AS reason,
	   mobanon.kanon_sum(s, v, 3, 1000, NULL, 1, 95) AS "(1,95)"
FROM (VALUES (1::bigint, 300), (2, 20), (3, 10)) AS v (s, v);
-- Its example 1: 50,000 and 49,000 of 100,000 are safe by the (1,90) rule, but the second knows the first within 2 %.
SELECT mobanon.kanon_sum(s, v, 3, 1000000, NULL, 1, 90) AS "(1,90)",
	   mobanon.kanon_sum(s, v, 3, 1000000, 2, NULL, NULL) AS "p = 2", mobanon.kanon_sum(s, v, 3, 1000000, 3, NULL, NULL) AS "p = 3",
	   mobanon.kanon_sum(s, v, 3, 1000000) AS "p = 10", mobanon.kanon_reason(s, v, 3, 1000000) AS reason
FROM (VALUES (1::bigint, 50000), (2, 49000), (3, 1000)) AS v (s, v);
-- Its example 2: 52,000 and 50,000 of 110,000; the second overestimates the first by 15.4 %: safe with p = 10, unsafe by the (2,90) rule that overprotects.
SELECT mobanon.kanon_sum(s, v, 3, 1000000) AS "p = 10", mobanon.kanon_sum(s, v, 3, 1000000, 15, NULL, NULL) AS "p = 15",
	   mobanon.kanon_sum(s, v, 3, 1000000, 16, NULL, NULL) AS "p = 16", mobanon.kanon_sum(s, v, 3, 1000000, 10, 2, 90) AS "p = 10 and (2,90)",
	   mobanon.kanon_reason(s, v, 3, 1000000, 10, 2, 90) AS reason
FROM (VALUES (1::bigint, 52000), (2, 50000), (3, 8000)) AS v (s, v);
-- On the border of a rule a group is safe, one unit beyond it is not.
SELECT x1, mobanon.kanon_sum(s, v, 3, 1000000, NULL, 2, 80) AS "(2,80)", mobanon.kanon_sum(s, v, 3, 1000000, 50, NULL, NULL) AS "p = 50"
FROM (VALUES (400), (401)) AS x (x1), LATERAL (VALUES (1::bigint, x1), (2, x1), (3, 200)) AS v (s, v) GROUP BY x1 ORDER BY x1;
RESET mobanon.k_floor;

-- The bound is public, so what is missing to it is protected alike: nobody learns from a flag how many few there are.
CREATE TABLE kanon_flag AS
SELECT flagged, i AS subject, (i <= flagged)::int AS flag FROM generate_series(1::bigint, 60) AS i, (VALUES (0), (3), (19), (20), (40), (41), (57), (60)) AS f (flagged);
SELECT flagged, mobanon.kanon_sum(subject, flag, 20, 1), mobanon.kanon_reason(subject, flag, 20, 1)
FROM kanon_flag GROUP BY flagged ORDER BY flagged;
-- All stay the whole hour but three: told would be, that those three went.
SELECT mobanon.kanon_sum(i, CASE WHEN i <= 3 THEN 10 * i ELSE 60 END, 20, 60), mobanon.kanon_reason(i, CASE WHEN i <= 3 THEN 10 * i ELSE 60 END, 20, 60)
FROM generate_series(1::bigint, 100) AS i;

-- Quantiles: on a line through means of blocks of at least k subjects.  The contributions 1 to 60 make three blocks, with means 10.5, 30.5, 50.5 at 1/6, 1/2, 5/6.
SELECT f AS fraction, mobanon.kanon_quantile(i, i, f, 20, 1000) FROM generate_series(1::bigint, 60) AS i,
	(VALUES (0.01), (0.166), (0.167), (0.25), (0.5), (0.75), (0.833), (0.834), (0.99)) AS v (f) GROUP BY f ORDER BY f;
-- Fewer than 3k subjects: the average is all that can be told.
SELECT mobanon.kanon_quantile(i, i, 0.5, 20, 1000), round(mobanon.kanon_avg(i, i, 20, 1000), 1) FROM generate_series(1::bigint, 59) AS i;
-- One subject moves a quantile by little: somebody in the middle of 61 stays for hours, cut at the bound. Where all stay equally long, a quantile would tell that.
SELECT what, mobanon.kanon_quantile(i, CASE i WHEN 31 THEN minutes ELSE 5 + i / 16 END, 0.5, 20, 30) AS median,
	   mobanon.kanon_quantile(i, CASE i WHEN 31 THEN minutes ELSE 5 + i / 16 END, 0.83, 20, 30) AS upper
FROM generate_series(1::bigint, 61) AS i, (VALUES ('like the others', 6), ('for hours', 500)) AS o (what, minutes) GROUP BY what ORDER BY what;
SELECT mobanon.kanon_sum(i, 7, 20, 100), mobanon.kanon_quantile(i, 7, 0.5, 20, 100) FROM generate_series(1::bigint, 61) AS i;

-- Refused: what has no meaning.
SELECT mobanon.kanon_sum(visitor, minutes, 4, 480) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, NULL, 480) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, NULL) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 0) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 100000000001) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480 + visitor % 2) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480, NULL, NULL, NULL) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480, 0, NULL, NULL) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480, NULL, 2, NULL) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480, NULL, 2, 100) FROM kanon_visit;
SELECT mobanon.kanon_sum(visitor, -minutes, 20, 480) FROM kanon_visit;
SELECT mobanon.kanon_quantile(visitor, minutes, 0, 20, 480) FROM kanon_visit;
SELECT mobanon.kanon_quantile(visitor, minutes, 'NaN', 20, 480) FROM kanon_visit;
SELECT mobanon.kanon_quantile(visitor, minutes, NULL, 20, 480) FROM kanon_visit;
SELECT mobanon.kanon_quantile(visitor, minutes, 0.5 + visitor * 0.001, 20, 480) FROM kanon_visit;
-- Nothing comes out of range: the largest values there are.
SELECT mobanon.kanon_sum(i % 50, 9223372036854775807, 20, 100000000000) AS all_at_the_bound,
	   mobanon.kanon_sum(i % 50, CASE WHEN i % 50 < 25 THEN 9223372036854775807 ELSE 1 END, 20, 100000000000) AS half,
	   mobanon.kanon_quantile(i % 90, CASE WHEN i % 90 < 45 THEN 9223372036854775807 ELSE 1 END, 0.5, 20, 100000000000) AS median
FROM generate_series(1::bigint, 450) AS i;
-- No rows, no subjects, a window.
SELECT mobanon.kanon_sum(visitor, minutes, 20, 480), mobanon.kanon_avg(visitor, minutes, 20, 480), mobanon.kanon_quantile(visitor, minutes, 0.5, 20, 480) FROM kanon_visit WHERE false;
SELECT i, mobanon.kanon_sum(i, i, 5, 100) OVER (ORDER BY i) AS so_far, mobanon.kanon_sum(i, i, 5, 100) OVER (ORDER BY i ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS last_six
FROM generate_series(1::bigint, 9) AS i;

-- Parallel: contributions of workers are added before anything is cut or judged.
CREATE TABLE kanon_stay AS SELECT i % 13 AS place, (i * 7919) % 1009 AS visitor, i % 31 AS minutes FROM generate_series(1::bigint, 100000) AS i;
ANALYZE kanon_stay;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT place, mobanon.kanon_sum(visitor, minutes, 20, 120) FROM kanon_stay GROUP BY place;
SELECT place, mobanon.kanon_sum(visitor, minutes, 20, 120) FROM kanon_stay GROUP BY place
EXCEPT
SELECT place, sum(contribution) FROM (SELECT place, visitor, least(sum(minutes), 120) AS contribution FROM kanon_stay GROUP BY place, visitor) AS c GROUP BY place;
SELECT sum(mobanon) - sum(plain) AS difference FROM (SELECT mobanon.kanon_sum(visitor, minutes, 20, 120) AS mobanon, NULL::numeric AS plain FROM kanon_stay GROUP BY place
	UNION ALL SELECT NULL, sum(contribution) FROM (SELECT place, visitor, least(sum(minutes), 120) AS contribution FROM kanon_stay GROUP BY place, visitor) AS c GROUP BY place) AS u;
RESET ALL;
DROP TABLE kanon_visit, kanon_flag, kanon_stay;
