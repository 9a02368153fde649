SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'Europe/Berlin';
-- The finest areas with enough people.  Two squares of 1 km lie side by side; in the western one,
-- each square of 500 m has at least five people, in the eastern one has a square with two.
CREATE TABLE part_event (subject bigint, cell cell, at timestamptz);
INSERT INTO part_event
SELECT s, c::cell, '2025-09-01 08:10+02'
FROM (VALUES
	('500mN32700E45500', 1, 6), ('500mN32700E45505', 7, 12), ('500mN32705E45500', 13, 20), ('500mN32705E45505', 1, 5),
	('500mN32700E45510', 1, 30), ('500mN32705E45510', 21, 40), ('500mN32705E45515', 41, 42)) AS v (c, first, last),
	generate_series(first, last) AS s;
SELECT a.cell, a.subjects
FROM (SELECT kanon_partition(subject, cell, at, 5, '{500m,1km,10km}') AS areas FROM part_event) AS p, unnest(p.areas) AS a;
-- Plain suppression at 500 m and at 1 km would have shown both of these numbers, and with them that two are elsewhere:
SELECT kanon_suppress(subject, 5) FILTER (WHERE cell <@ '500mN32700E45510' OR cell <@ '500mN32705E45510') AS both_squares,
	kanon_suppress(subject, 5) AS the_square_they_are_in
FROM part_event WHERE cell <@ '1kmN3270E4551';
-- People are counted once, however many rows they have, and wherever in the area: 1 .. 42 are 42.
SELECT a.cell, a.subjects FROM (SELECT kanon_partition(subject, cell, at, 21, '{500m,1km,10km}') AS areas FROM part_event, generate_series(1, 3)) AS p, unnest(p.areas) AS a;
-- What has too few at the coarsest resolution is dropped, and nothing tells how many they were.
SELECT kanon_partition(subject, cell, at, 43, '{500m,1km,10km}') IS NULL AS too_few,
	kanon_partition(subject, cell, at, 43, '{500m,1km,10km}') FILTER (WHERE false) IS NULL AS nobody FROM part_event;
-- Each bucket by itself; cells may be finer than the first resolution.
SELECT a.bucket, a.cell, a.subjects
FROM (SELECT kanon_partition(subject, cell, at + n * interval '1 hour', 5, '{1km,10km}') AS areas FROM part_event, generate_series(0, 1) AS n WHERE n = 0 OR subject < 21) AS p, unnest(p.areas) AS a;

-- Space first, then time: every quarter of an hour has three people in the square of 10 km, and the hours have 12.
CREATE TABLE part_time AS
SELECT (i * 3 + j)::bigint AS subject, '500mN32700E45500'::cell AS cell, timestamptz '2025-09-01 06:00+02' + i * interval '15 minutes' AS at
FROM generate_series(0, 9) AS i, generate_series(0, 2) AS j;
SELECT a.* FROM (SELECT kanon_partition(subject, cell, at, 5, '{500m,1km,10km}', '{15 minutes,1 hour,6 hours,1 day}', 'Europe/Berlin') AS areas FROM part_time) AS p, unnest(p.areas) AS a;
-- The last hour holds six.  With k = 7 it fails, and all hours of its part of the day are one.
SELECT a.* FROM (SELECT kanon_partition(subject, cell, at, 7, '{500m,1km,10km}', '{15 minutes,1 hour,6 hours,1 day}', 'Europe/Berlin') AS areas FROM part_time) AS p, unnest(p.areas) AS a;
-- A day of 25 hours: the hour that comes twice is two buckets, the day is one.
SELECT a.bucket, a.width, a.subjects
FROM (SELECT kanon_partition(subject, cell, at + interval '55 days' - interval '4 hours 30 minutes', 5, '{500m}', '{1 hour,1 day}', 'Europe/Berlin') AS areas FROM part_time) AS p, unnest(p.areas) AS a;
SELECT a.bucket, a.width, a.subjects
FROM (SELECT kanon_partition(subject, cell, at + interval '55 days' - interval '4 hours 30 minutes', 7, '{500m}', '{1 hour,1 day}', 'Europe/Berlin') AS areas FROM part_time) AS p, unnest(p.areas) AS a;

-- kanon_partition_rest: squares with enough people stay, also beside one that has not.  The two are part of nothing, as they are under k = 5 in 10 km.
SELECT a.cell, a.subjects
FROM (SELECT kanon_partition_rest(subject, cell, at, 5, '{500m,1km,10km}') AS areas FROM part_event) AS p, unnest(p.areas) AS a;
-- Eight people in three squares with too few are the rest of their half kilometre: its row stands for it without the 100 m inside.
CREATE TABLE part_rest AS
SELECT subject, c::cell AS cell FROM (VALUES ('100mN32700E45500', 1, 20), ('100mN32700E45501', 21, 23), ('100mN32700E45502', 24, 26), ('100mN32701E45500', 27, 28)) AS v (c, first, last), generate_series(first, last) AS subject;
SELECT a.cell, a.subjects FROM (SELECT kanon_partition_rest(subject, cell, 'epoch', 5, '{100m,500m}') AS areas FROM part_rest) AS p, unnest(p.areas) AS a;
-- With a ninth each of the three would have at least one, since none has more than four.  That says too much: they are left to a coarser rest.
INSERT INTO part_rest VALUES (29, '100mN32701E45500');
SELECT a.cell, a.subjects FROM (SELECT kanon_partition_rest(subject, cell, 'epoch', 5, '{100m,500m}') AS areas FROM part_rest) AS p, unnest(p.areas) AS a;
-- And where there are no more than those three squares, since one of four has a row, eight would say that somebody is in each.
SELECT a.cell, a.subjects FROM (SELECT kanon_partition_rest(subject, c::cell, 'epoch', 5, '{500m,1km}') AS areas
	FROM (VALUES ('500mN32700E45500', 1, 20), ('500mN32700E45505', 21, 23), ('500mN32705E45500', 24, 26), ('500mN32705E45505', 27, 28)) AS v (c, first, last), generate_series(first, last) AS subject) AS p, unnest(p.areas) AS a;
-- In time: two periods of five minutes with enough people, and the rest of their hour.
SELECT a.* FROM (SELECT kanon_partition_rest(i, '1kmN3270E4550', timestamptz '2025-09-01 06:00+02' + minute * interval '1 minute', 5, '{1km}', '{5 minutes,1 hour}', 'Europe/Berlin') AS areas
	FROM (VALUES (0, 1, 10), (5, 11, 20), (10, 21, 23), (15, 24, 26), (20, 27, 28)) AS v (minute, first, last), generate_series(first, last) AS i) AS p, unnest(p.areas) AS a;

-- Map tiles: uuid and text subjects.
SELECT a.cell, cell_resolution(a.cell), a.subjects
FROM (SELECT kanon_partition(md5(i::text)::uuid, coarsen_cell(52.5 + i % 5 * 0.0001, 13.4 + i / 80 * 0.01, 'z20'), 'epoch', 5, '{z18,z16,z14,z10}') AS areas FROM generate_series(1, 200) AS i) AS p, unnest(p.areas) AS a;
SELECT a.cell, cell_resolution(a.cell), a.subjects
FROM (SELECT kanon_partition('user ' || i, coarsen_cell(52.5 + i % 5 * 0.0001, 13.4 + i / 80 * 0.01, 'z20'), 'epoch', 5, '{z18,z16,z14,z10}', '{1 day}', 'UTC') AS areas FROM generate_series(1, 200) AS i) AS p, unnest(p.areas) AS a;
-- Rows without subject, cell or time count nowhere.
SELECT kanon_partition(subject, cell, at, 5, '{1km}') FROM (VALUES (NULL::bigint, '1kmN3270E4550'::cell, now()), (1, NULL, now()), (1, '1kmN3270E4550', NULL)) AS v (subject, cell, at), generate_series(1, 9);

-- A ladder is one in which each cell consists of whole cells.
SELECT kanon_partition(subject, cell, at, 5, '{500m,2km,5km}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{1km,500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m,500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m,z10}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m,NULL}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, NULL) FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m,1mile}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{100m,500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m}', '{1 day,1 hour}', 'UTC') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m}', '{4 hours,6 hours}', 'UTC') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m}', '{7 minutes}', 'UTC') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m}', '{1 hour}', 'Mars/Olympus') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, '{500m}', '{1 hour}', NULL) FROM part_event;
-- k and the ladder are constant in a group, and k is not below the floor.
SELECT kanon_partition(subject, cell, at, 4, '{500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, NULL, '{500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5 + (subject % 2)::int, '{500m}') FROM part_event;
SELECT kanon_partition(subject, cell, at, 5, CASE WHEN subject % 2 = 0 THEN '{500m}' ELSE '{500m,1km}' END::text[]) FROM part_event;
SELECT subject % 2 AS parity, cardinality(kanon_partition(subject, cell, at, 5, CASE WHEN subject % 2 = 0 THEN '{500m}' ELSE '{500m,1km}' END::text[])) FROM part_event GROUP BY 1 ORDER BY 1;
-- The state is used up by the result: no window function.
SELECT kanon_partition(subject, cell, at, 5, '{500m}') OVER () FROM part_event;
-- What each would publish: shares of visits (subject, cell of 500 m, bucket) by resolution.
CREATE VIEW part_source AS SELECT subject, cell, at FROM part_event;
SELECT * FROM partition_utility('part_source', 5, '{500m,1km,10km}', subject_column => 'subject', bucket_column => 'at');
SELECT * FROM partition_utility('part_source', 5, '{500m,1km,10km}', '{15 minutes,1 day}', 'Europe/Berlin', 'subject', 'cell', 'at', rest => true);
CREATE TABLE "p"" FROM (SELECT pg_sleep(9)) x --" AS SELECT subject AS "a"" FROM (SELECT pg_sleep(9)) x --", cell, at FROM part_event;
SELECT resolution, visits FROM partition_utility('"p"" FROM (SELECT pg_sleep(9)) x --"', 5, '{500m}', subject_column => 'a" FROM (SELECT pg_sleep(9)) x --', bucket_column => 'at');
SELECT * FROM partition_utility('part_source', NULL, '{500m}');
DROP VIEW part_source;
DROP TABLE part_event, part_time, part_rest, "p"" FROM (SELECT pg_sleep(9)) x --";
