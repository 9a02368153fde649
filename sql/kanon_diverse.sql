SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
-- Who was there, and where they live.  Of a group in which all live in one place, whoever knows a visitor would know the home.
CREATE TABLE kanon_guest (place text, phone bigint, account text, home text);
INSERT INTO kanon_guest
-- people from three villages
SELECT 'market', i, 'account ' || i, (ARRAY['Ahlen', 'Beckum', 'Oelde'])[i % 3 + 1] FROM generate_series(1, 90) AS i
-- all from one, but for a few
UNION ALL SELECT 'reunion', i, 'account ' || i, 'Ahlen' FROM generate_series(1, 60) AS i
UNION ALL SELECT 'fair', i, 'account ' || i, CASE WHEN i <= 5 THEN 'Beckum' ELSE 'Ahlen' END FROM generate_series(1, 60) AS i
-- a family with tablets, and 25 phones of one owner
UNION ALL SELECT 'cottage', i, 'account ' || (i + 1) / 2, 'Oelde' FROM generate_series(1, 6) AS i
UNION ALL SELECT 'depot', i, 'account 1', (ARRAY['Ahlen', 'Beckum'])[i % 2 + 1] FROM generate_series(1, 25) AS i;
-- A count that looks at phones only, the plain one, and one that withholds what is uniform.
SELECT place, count(DISTINCT phone) AS phones, mobanon.kanon_suppress(phone, 20), mobanon.kanon_diverse(phone, home, 20, 2)
FROM kanon_guest GROUP BY place ORDER BY place;
-- Persons, not phones: the subject is the account.
SELECT place, mobanon.kanon_suppress(account, 20), mobanon.kanon_diverse(account, home, 20, 2)
FROM kanon_guest GROUP BY place ORDER BY place;
-- l values, each held by k: three villages are not four.
SELECT l, mobanon.kanon_diverse(phone, home, 20, l) FROM kanon_guest, (VALUES (2), (3), (4)) AS v (l) WHERE place = 'market' GROUP BY l ORDER BY l;
-- How many hold a value when it counts (k by default), and the largest share of one value (90 percent by default).
SELECT enough, share, mobanon.kanon_diverse(phone, home, 20, 2, enough, share)
FROM kanon_guest, (VALUES (5, 90), (5, 92), (6, 100)) AS v (enough, share) WHERE place = 'fair' GROUP BY enough, share ORDER BY enough, share;
-- Nobody makes a group diverse by having several homes, or none that is known: such a subject may live where most do.
SELECT what, mobanon.kanon_diverse(phone, home, 20, 2)
FROM (SELECT 'two homes each' AS what, i AS phone, (ARRAY['Ahlen', 'Beckum'])[(i + n) % 2 + 1] AS home FROM generate_series(1::bigint, 60) AS i, (VALUES (0), (1)) AS v (n)
	  UNION ALL SELECT 'home unknown', i, CASE WHEN i <= 40 THEN 'Ahlen' END FROM generate_series(1, 60) AS i
	  UNION ALL SELECT 'few unknown', i, CASE WHEN i <= 30 THEN 'Ahlen' WHEN i <= 55 THEN 'Beckum' END FROM generate_series(1, 60) AS i
	  UNION ALL SELECT 'sometimes unknown', i, h FROM generate_series(1, 60) AS i, (VALUES (0), (1)) AS v (n), LATERAL (SELECT CASE WHEN n = 1 THEN (ARRAY['Ahlen', 'Beckum'])[i % 2 + 1] END) AS l (h)) AS g
GROUP BY what ORDER BY what;
-- What is sensitive is a text, a number or a cell; subjects are uuid, bigint or text.
SELECT mobanon.kanon_diverse(lpad(phone::text, 32, '0')::uuid, phone % 3, 20, 3) AS number,
	   mobanon.kanon_diverse(phone::text, mobanon.coarsen_cell(51.7 + phone % 3, 7.9, '1km'), 20, 3) AS cell,
	   mobanon.kanon_diverse(phone, mobanon.coarsen_cell(51.7 + phone % 3, 7.9, '1km'), 20, 4) AS cell_4
FROM kanon_guest WHERE place = 'market';

-- Refused.
SELECT mobanon.kanon_diverse(phone, home, 4, 2) FROM kanon_guest;
SELECT mobanon.kanon_diverse(phone, home, 20, 1) FROM kanon_guest;
SELECT mobanon.kanon_diverse(phone, home, 20, NULL) FROM kanon_guest;
SELECT mobanon.kanon_diverse(phone, home, 20, 2, 4, 90) FROM kanon_guest;
SELECT mobanon.kanon_diverse(phone, home, 20, 2, 20, 0) FROM kanon_guest;
SELECT mobanon.kanon_diverse(phone, home, 20, 2 + (phone % 2)::int) FROM kanon_guest;
-- No rows; a window.
SELECT mobanon.kanon_diverse(phone, home, 20, 2) FROM kanon_guest WHERE false;
SELECT i, mobanon.kanon_diverse(i, i % 2, 5, 2) OVER (ORDER BY i) AS so_far FROM generate_series(1::bigint, 12) AS i;

-- Parallel: workers number the values each in their own way.
CREATE TABLE kanon_trip AS SELECT i % 13 AS place, (i * 7919) % 1009 AS visitor, ((i * 7919) % 1009 % (2 + i % 13 / 2))::text AS home FROM generate_series(1::bigint, 100000) AS i;
ANALYZE kanon_trip;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT place, mobanon.kanon_diverse(visitor, home, 150, 3) FROM kanon_trip GROUP BY place;
SELECT place, mobanon.kanon_diverse(visitor, home, 150, 3) FROM kanon_trip GROUP BY place ORDER BY place;
SET max_parallel_workers_per_gather = 0;
SELECT place, count(DISTINCT visitor), (SELECT count(*) FROM (SELECT FROM kanon_trip AS u WHERE u.place = t.place GROUP BY home HAVING count(DISTINCT visitor) >= 150) AS h) AS held_by_150
FROM kanon_trip AS t GROUP BY place ORDER BY place;
RESET ALL;
DROP TABLE kanon_guest, kanon_trip;
