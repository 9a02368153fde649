SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
-- A table with totals betrays what is withheld from it.  The example of the handbook of statistical disclosure control:
-- four withheld cells, of which everybody knows the sums of rows and columns.
CREATE TABLE handbook (r int, c int, visits bigint);
INSERT INTO handbook VALUES (1, 1, NULL), (1, 2, NULL), (1, NULL, 7), (2, 1, NULL), (2, 2, NULL), (2, NULL, 3), (NULL, 1, 6), (NULL, 2, 4);
SELECT r, c, visits, mobanon.table_bounds(visits, r, c) OVER () FROM handbook ORDER BY r, c;
-- None of them can be bounded as closely as 3; all of them closer than 5.
SELECT * FROM mobanon.audit_table('handbook', 'visits', 3, '{r,c}');
SELECT * FROM mobanon.audit_table('handbook', 'visits', 5, '{r,c}');

-- Who was where and when.  The shape of the table is agreed on and does not depend on who was there.
CREATE TABLE visit AS
SELECT subject, district, hour
FROM (VALUES ('Harbour', 8, 61, 68), ('Harbour', 9, 63, 77), ('Harbour', 10, 61, 72), ('Market', 8, 1, 24), ('Market', 9, 10, 60), ('Market', 10, 10, 49),
	('Park', 8, 101, 103), ('Park', 9, 101, 131), ('Park', 10, 108, 139), ('Station', 8, 1, 160), ('Station', 9, 30, 130), ('Station', 10, 50, 120))
	AS v (district, hour, first, last), generate_series(first, last) AS subject;
CREATE VIEW district_hour AS
SELECT s.district, s.hour, count(v.subject) AS visits, count(DISTINCT v.subject) AS subjects
FROM (SELECT district, hour FROM unnest('{Harbour,Market,Park,Station}'::text[]) AS district, generate_series(8, 10) AS hour) AS s
LEFT JOIN (SELECT DISTINCT district, hour, subject FROM visit) AS v USING (district, hour)
GROUP BY CUBE (s.district, s.hour);
-- Plain suppression withholds the small groups only, and each can be computed from the totals: 31 + 32 + 3 = 66.
SELECT district, hour, visits, mobanon.table_bounds(visits, district, hour) OVER () AS computed
FROM (SELECT district, hour, CASE WHEN subjects >= 20 THEN visits END AS visits FROM district_hour) AS naive ORDER BY district, hour;

-- kanon_table() withholds more, as little as it can.
CREATE TABLE released AS
SELECT district, hour, mobanon.kanon_table(visits, subjects, 20, district, hour) OVER () AS visits FROM district_hour;
SELECT district, hour, visits, mobanon.table_bounds(visits, district, hour) OVER () AS computed FROM released ORDER BY district, hour;
SELECT * FROM mobanon.audit_table('released', 'visits', 20, '{district,hour}');
-- The DBA sees why.
SELECT district, hour, visits, subjects, mobanon.kanon_table_reason(visits, subjects, 20, district, hour) OVER () FROM district_hour ORDER BY district, hour;

-- Distinct subjects of totals do not add up, but they fit: a reader of these computes less, and still too much.
CREATE TABLE people (district text, hour int, subjects bigint);
INSERT INTO people VALUES ('Park', 8, NULL), ('Park', 9, 31), ('Park', 10, 32), ('Park', NULL, 66), (NULL, 8, 40), (NULL, 9, 50), (NULL, 10, 33), (NULL, NULL, 70),
	('Mole', 8, 38), ('Mole', 9, 20), ('Mole', 10, NULL), ('Mole', NULL, 38);
SELECT district, hour, subjects, mobanon.table_bounds_distinct(subjects, district, hour) OVER () FROM people ORDER BY district, hour;
SELECT * FROM mobanon.audit_table('people', 'subjects', 35, '{district,hour}', distinct_subjects => true);

-- A hierarchy and two dimensions: ROLLUP (city, district), CUBE (hour), CUBE (day).  The result does not depend on the order of rows.
CREATE TABLE wide AS
SELECT city, district, day, hour, sum(n)::bigint AS visits, max(n) AS subjects
FROM (SELECT city, city || '-' || d AS district, day, hour, (ascii(city) * 7 + d * d * 9 + day * 5 + hour * d * 13) % 61 AS n
	FROM unnest('{A,B,C}'::text[]) AS city, generate_series(1, 4) AS d, generate_series(1, 3) AS day, generate_series(6, 11) AS hour) AS g
GROUP BY ROLLUP (city, district), CUBE (day), CUBE (hour);
CREATE TABLE wide_released AS SELECT city, district, day, hour, subjects, mobanon.kanon_table(visits, subjects, 20, city, district, day, hour) OVER () AS visits FROM wide;
SELECT count(*) AS rows, count(*) FILTER (WHERE subjects < 20) AS small, count(*) FILTER (WHERE visits IS NULL) AS withheld FROM wide_released;
SELECT count(*) FROM mobanon.audit_table('wide_released', 'visits', 20, '{city,district,day,hour}');
SELECT count(*) FROM (
	SELECT city, district, day, hour, mobanon.kanon_table(visits, subjects, 20, city, district, day, hour) OVER () FROM (SELECT * FROM wide ORDER BY md5(wide::text)) AS w
	EXCEPT SELECT city, district, day, hour, visits FROM wide_released) AS other;
-- A table for each day, without totals over days: a partition is a table.
SELECT count(*) FROM (SELECT day, mobanon.kanon_table(visits, subjects, 20, city, district, hour) OVER (PARTITION BY day) AS visits, subjects FROM wide WHERE day IS NOT NULL) AS days WHERE visits IS NULL;
-- Or days in one table that have no total: nothing is computed across them.
SELECT count(*) FROM (SELECT mobanon.kanon_table(visits, subjects, 20, day, city, district, hour) OVER () AS visits FROM wide WHERE day IS NOT NULL) AS days WHERE visits IS NULL;

-- Columns of any name and type that can be sorted; a table is named by the quotes that it needs.
CREATE TABLE "odd table" ("a"" FROM (SELECT pg_sleep(9)) x --" date, b mobanon.cell, "v v" bigint);
INSERT INTO "odd table" VALUES ('2026-01-01', '1kmN3272E4550', NULL), ('2026-01-02', '1kmN3272E4550', 40), (NULL, '1kmN3272E4550', 43);
SELECT * FROM mobanon.audit_table('"odd table"', 'v v', 20, ARRAY['a" FROM (SELECT pg_sleep(9)) x --', 'b']::name[]);
SELECT * FROM mobanon.audit_table('"odd table"', 'v v', 20, ARRAY['a" FROM (SELECT pg_sleep(9)) x --']::name[], '{b}');

-- What does not make sense is refused.
SELECT mobanon.kanon_table(visits, subjects, 4, district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(visits, subjects, NULL, district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(visits, subjects, 20 + COALESCE(hour, 0), district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(NULL, subjects, 20, district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(-visits, subjects, 20, district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(visits, visits + 1, 20, district, hour) OVER () FROM district_hour;
-- Distinct subjects of a total are not the sum of those of its parts.
SELECT mobanon.kanon_table(subjects, subjects, 20, district, hour) OVER () FROM district_hour;
SELECT mobanon.kanon_table(visits, CASE WHEN hour IS NULL THEN 1 ELSE subjects END, 20, district, hour) OVER () FROM district_hour;
-- Rows that are left out are missing in the sums.
SELECT mobanon.kanon_table(visits, subjects, 20, district, hour) OVER () FROM district_hour WHERE subjects >= 20;
SELECT mobanon.table_bounds(visits, district, hour) OVER () FROM released WHERE visits IS NOT NULL;
SELECT mobanon.kanon_table(visits, subjects, 20, day, hour) OVER () FROM wide WHERE hour IS NOT NULL OR day IS NOT NULL OR city IS NOT NULL;
SELECT mobanon.kanon_table(n, n, 20, a, b, c) OVER () FROM (SELECT sum(1)::bigint AS n, a, b, c FROM generate_series(1, 50) AS a, generate_series(1, 2) AS b, generate_series(1, 2) AS c GROUP BY GROUPING SETS ((a, b), (b, c), (a, b, c))) AS g;
SELECT mobanon.kanon_table(40, 40, 20, '{}'::json) OVER ();
SELECT mobanon.kanon_table(40, 40, 20, ARRAY[1, 2]) OVER ();
SELECT mobanon.kanon_table(40, 40, 20, 1);
SELECT * FROM mobanon.audit_table('released', 'visits', 20, '{}');
DROP TABLE handbook, people, visit, released, wide, wide_released, "odd table" CASCADE;
