-- Where people live and where they are in the daytime: found within the pipeline, released as counts.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'Europe/Berlin';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET jit = off;
\set SHOW_CONTEXT never

-- A week in three towns. Ash: 1 to 30; 1 to 12 work in Birch, 13 to 22 at home in Ash, 23 to 25 in Elm, the others nowhere regularly.
-- Birch: 31 to 50, all of them work there. Elm: 51 to 54, four people. On Saturday 18 to 22 go to Elm
-- and 26 to 30 to Birch; 29 and 30 spend Sunday out of town.
SELECT create_area_set('towns', '1km');
SELECT create_area('towns', 'Ash', ARRAY['1kmN3270E4550']::cell[]), create_area('towns', 'Birch', ARRAY['1kmN3280E4560']::cell[]), create_area('towns', 'Elm', ARRAY['1kmN3290E4570']::cell[]);
CREATE TABLE home_event (pseudonym uuid, cell cell, at timestamptz, bucket timestamptz);
INSERT INTO home_event
SELECT lpad(i::text, 32, '0')::uuid, p.cell::cell, date '2025-09-01' + d + p.hour * interval '1 hour', '2025-09-01'
FROM generate_series(1, 54) AS i, generate_series(0, 6) AS d,
	LATERAL (SELECT CASE WHEN i <= 30 THEN '1kmN3270E4550' WHEN i <= 50 THEN '1kmN3280E4560' ELSE '1kmN3290E4570' END,
		CASE WHEN i <= 12 THEN '1kmN3280E4560' WHEN i <= 22 THEN '1kmN3270E4550' WHEN i <= 25 THEN '1kmN3290E4570' WHEN i BETWEEN 31 AND 50 THEN '1kmN3280E4560' END) AS w (home, work),
	LATERAL (
		SELECT w.home, h FROM unnest(ARRAY[1, 7, 20, 23]) AS h WHERE d < 6 OR i NOT IN (29, 30)
		UNION ALL SELECT w.work, h FROM unnest(ARRAY[9, 12, 16]) AS h WHERE d < 5 AND w.work IS NOT NULL
		UNION ALL SELECT '1kmN3280E4560', h FROM unnest(ARRAY[10, 11]) AS h WHERE d = 5 AND i BETWEEN 26 AND 30
		UNION ALL SELECT '1kmN3290E4570', h FROM unnest(ARRAY[10, 11]) AS h WHERE d = 5 AND i BETWEEN 18 AND 22
		UNION ALL SELECT '1kmN3200E4500', 12 WHERE d = 6 AND i IN (29, 30)) AS p (cell, hour);

SELECT home_stays_query('home_event', 'towns') AS query \gset
\echo :query
CREATE TEMP TABLE home_stay AS :query;
SELECT residents_query('home_stay', k => 5, bucket => '7 days', time_zone => 'Europe/Berlin') AS query \gset
CREATE TEMP TABLE home_figure AS :query;
-- Residents, and where they are in working hours. Elm has too few residents, and Birch's all work in one town: that is told of nobody.
SELECT area, measure, value, subjects FROM home_figure WHERE measure IN ('residents', 'work') ORDER BY area, measure, value;
-- Three commute to Elm, and five are in no town on most days: they are in the rest.
SELECT area, measure, sum(subjects) AS persons FROM home_figure WHERE measure IN ('residents', 'work') GROUP BY area, measure ORDER BY area, measure;
-- Who of them was seen where, by day; on Sunday two were not at home, and to tell of them would be to tell of two.
SELECT area, day, value, subjects FROM home_figure WHERE measure = 'presence' ORDER BY area, day, value;
-- Where they were seen at all: only where k were not; and where k work there, k others were.
SELECT area, value, subjects FROM home_figure WHERE measure = 'visited' ORDER BY area, value;
-- Introversion of an area: the share of its residents who are there in working hours.
SELECT r.area, round(100.0 * w.subjects / r.subjects) AS per_cent
FROM home_figure AS r JOIN home_figure AS w ON w.bucket = r.bucket AND w.area = r.area AND w.measure = 'work' AND w.value = r.area
WHERE r.measure = 'residents' ORDER BY r.area;

-- Cells will do instead of areas; a place is then the code of a cell.
SELECT home_stays_query('home_event', '10km') AS query \gset
CREATE TEMP TABLE home_cell_stay AS :query;
SELECT residents_query('home_cell_stay', 5, '7 days', 'Europe/Berlin') AS query \gset
CREATE TEMP TABLE home_cell_figure AS :query;
SELECT area, measure, value, subjects FROM home_cell_figure WHERE measure IN ('residents', 'work') ORDER BY area, measure, value;

-- A home takes nights: three of them, and half of those observed.
SELECT home_stays_query('(SELECT * FROM home_event WHERE at < ''2025-09-02 12:00'')', 'towns') AS query \gset
CREATE TEMP TABLE home_short AS :query;
SELECT residents_query('home_short', 5, '7 days', 'Europe/Berlin') AS query \gset
SELECT count(*) FROM (:query) AS q;
SELECT residents_query('home_short', 5, '7 days', 'Europe/Berlin', min_nights => 2) AS query \gset
SELECT area, subjects FROM (:query) AS q WHERE measure = 'residents' ORDER BY area;

-- Bicycles of one owner, 25 of them: one resident, where the source says so.
SELECT home_stays_query('(SELECT md5(n::text)::uuid AS pseudonym, e.pseudonym AS account, cell, at, bucket FROM home_event AS e, generate_series(1, 25) AS n WHERE e.pseudonym = lpad(''1'', 32, ''0'')::uuid)', 'towns', person => 'account') AS query \gset
CREATE TEMP TABLE home_fleet AS :query;
SELECT residents_query('home_fleet', 5, '7 days', 'Europe/Berlin') AS query \gset
SELECT count(DISTINCT pseudonym) AS pseudonyms, (SELECT count(*) FROM (:query) AS q) AS figures FROM home_fleet;

-- Refused.
SELECT residents_query('home_stay', 5, '1 day', 'Europe/Berlin');
SELECT residents_query('home_stay', 5, '7 days', 'Europe/Berlin', min_nights => 0);
SELECT residents_query('home_stay', 3, '7 days', 'Europe/Berlin');
SELECT residents_query('home_stay', 5, NULL, 'Europe/Berlin');
SELECT home_stays_query('home_event', 'villages');

DROP TABLE home_event;
SELECT drop_area_set('towns');
