-- Areas, and what happens in them: visitors, visits, dwell, where from and where to.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'Europe/Berlin';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET jit = off;
\set SHOW_CONTEXT never

-- ---- areas -------------------------------------------------------------------
-- An area set has one resolution; an area is a set of its cells. A coarser cell stands for those in it.
SELECT create_area_set('retail', '500m', 'shopping centre and high street');
SELECT create_area('retail', 'Passage', ARRAY['1kmN3270E4550']::cell[]) AS cells;
SELECT create_area('retail', 'High Street', ARRAY['500mN32720E45500', '500mN32720E45505']::cell[]) AS cells;
SELECT * FROM area_cells('retail') ORDER BY cell;
-- Areas of one set do not overlap: one minus the other would tell of those in between.
SELECT create_area('retail', 'Quarter', ARRAY['2kmN3270E4550']::cell[]);
SELECT create_area('retail', 'Passage', ARRAY['1kmN3280E4550']::cell[]);
-- What is no area, and no set.
SELECT create_area('retail', 'Kiosk', ARRAY[coarsen_cell(52.52, 13.4, '100m')]);
SELECT create_area('retail', 'Nowhere', '{}');
SELECT create_area('retail', 'Nowhere', ARRAY[NULL]::cell[]);
SELECT create_area('retail', '', ARRAY['1kmN3280E4550']::cell[]);
SELECT create_area('retail', 'Europe', ARRAY(SELECT ('100kmN' || n || 'E' || e)::cell FROM generate_series(41, 46) AS n, generate_series(41, 46) AS e));
SELECT create_area('wholesale', 'Passage', ARRAY['1kmN3270E4550']::cell[]);
SELECT create_area_set('retail', '500m');
SELECT create_area_set('Retail', '500m');
SELECT create_area_set('z12', '500m');
SELECT create_area_set('other', '600m');
SELECT create_area_set('other', NULL);
-- For a map.
SELECT jsonb_array_length(area_geojson('retail', 'Passage') -> 'coordinates') AS polygons, area_geojson('retail', 'Nowhere');
-- What something is released with does not change any more.
SELECT create_area_set('trial', '1km'), create_area('trial', 'a', ARRAY['1kmN3280E4550']::cell[]), drop_area('trial', 'a');
SELECT drop_area('trial', 'a');
SELECT seal_area_set('trial');
SELECT create_area('trial', 'a', ARRAY['1kmN3280E4550']::cell[]);
SELECT drop_area_set('trial');

-- ---- a week of forty people --------------------------------------------------
-- They sleep in the north (1 to 18), the south (19 to 30), the east (31 to 36) or the west (37 to 40). On every third day each goes to
-- the Passage at two, the odd ones to the high street after that, the even ones there on Saturday evening;
-- 1 to 6 work in the Passage.
CREATE TABLE place_event (pseudonym uuid, cell cell, at timestamptz, bucket timestamptz);
INSERT INTO place_event
SELECT lpad(i::text, 32, '0')::uuid, p.cell::cell, date '2025-09-01' + d + p.hour * interval '1 hour', '2025-09-01'
FROM generate_series(1, 40) AS i, generate_series(0, 6) AS d, LATERAL (
	SELECT CASE WHEN i <= 18 THEN '500mN32750E45500' WHEN i <= 30 THEN '500mN32650E45500' WHEN i <= 36 THEN '500mN32700E45550' ELSE '500mN32700E45450' END, h
	FROM unnest(ARRAY[1, 6, 22]) AS h
	UNION ALL
	SELECT CASE WHEN h % 2 = 0 THEN '500mN32700E45500' ELSE '500mN32705E45505' END, h FROM generate_series(9, 17) AS h WHERE i <= 6 AND d < 5
	UNION ALL
	SELECT '500mN32700E45505', h FROM unnest(ARRAY[14, 14.4 + i % 8 * 0.1]) AS h WHERE i > 6 AND (i + d) % 3 = 0
	UNION ALL
	SELECT '500mN32720E45500', h FROM unnest(ARRAY[15.5, 16]) AS h WHERE i > 6 AND (i + d) % 3 = 0 AND i % 2 = 1
	UNION ALL
	SELECT '500mN32720E45505', h FROM unnest(ARRAY[19, 19.5]) AS h WHERE i > 6 AND i % 2 = 0 AND d = 5) AS p (cell, hour);
CREATE TEMP VIEW district AS SELECT * FROM (VALUES ('north', '500mN32750E45500'), ('south', '500mN32650E45500'), ('east', '500mN32700E45550'), ('west', '500mN32700E45450')) AS d (name, cell);
SELECT create_area_set('districts', '500m');
SELECT name, create_area('districts', name, ARRAY[cell]::cell[]) FROM district;

-- Stage 2 is stays in areas; with homes, also those that homes are found from.
SELECT place_stays_query('place_event', 'retail', 'districts', resolution => '500m') AS query \gset
\echo :query
CREATE TEMP TABLE place_stay AS :query;
SELECT place, reference, count(*), sum(events) AS events FROM place_stay GROUP BY place, reference ORDER BY reference, place;

-- Stage 3: figures of which each speaks of at least k persons, and breakdowns that add up to the visitors.
SELECT places_query('place_stay', k => 5, bucket => '7 days', time_zone => 'Europe/Berlin', homes => 'districts') AS query \gset
CREATE TEMP TABLE place_figure AS :query;
SELECT * FROM place_figure ORDER BY area, measure, value;
-- The west has four people: they are in the rest, with the smallest group that is large enough, so that nothing is left to subtract.
SELECT area, measure, sum(subjects) AS persons, min(subjects) AS smallest FROM place_figure WHERE amount IS NULL GROUP BY area, measure ORDER BY area, measure;
-- As a table for people: one row per area.
SELECT area, max(subjects) FILTER (WHERE measure = 'visitors') AS visitors, max(amount) FILTER (WHERE measure = 'dwell' AND value = '0.5') AS median_minutes,
	max(amount) FILTER (WHERE measure = 'peak hour') AS peak_hour, max(subjects) FILTER (WHERE measure = 'return' AND value = 'once') AS once
FROM place_figure GROUP BY area ORDER BY area;

-- Without homes a day will do.
SELECT place_stays_query('(SELECT pseudonym, cell, at, date_trunc(''day'', at) AS bucket FROM place_event)', 'retail') AS query \gset
CREATE TEMP TABLE place_day AS :query;
SELECT places_query('place_day', 5, '1 day', 'Europe/Berlin') AS query \gset
CREATE TEMP TABLE place_day_figure AS :query;
SELECT bucket, area, subjects FROM place_day_figure WHERE measure = 'visitors' ORDER BY bucket, area;
-- A home is not found in one night.
SELECT places_query('place_day', 5, '1 day', 'Europe/Berlin', homes => 'districts');

-- ---- who fills a group, and does not get through --------------------------------
-- A family of four; five visitors who all live in the same place: that there are five is told, where they live is not.
CREATE TEMP TABLE place_small AS
SELECT s.* FROM place_stay AS s JOIN (VALUES (19), (20), (21), (22)) AS v (i) ON s.pseudonym = lpad(i::text, 32, '0')::uuid;
SELECT places_query('place_small', 5, '7 days', 'Europe/Berlin', homes => 'districts') AS query \gset
:query ORDER BY area, measure, value;
INSERT INTO place_small SELECT s.* FROM place_stay AS s WHERE s.pseudonym = lpad('23', 32, '0')::uuid;
:query ORDER BY area, measure, value;
-- 25 telephones of one owner are one person, where the source says whose they are.
SELECT place_stays_query('(SELECT md5(n::text)::uuid AS pseudonym, lpad(''7'', 32, ''0'')::uuid AS account, cell, at, bucket
	FROM place_event, generate_series(1, 25) AS n WHERE pseudonym = lpad(''7'', 32, ''0'')::uuid)', 'retail', person => 'account') AS query \gset
CREATE TEMP TABLE place_phones AS :query;
SELECT count(DISTINCT pseudonym) AS phones, count(DISTINCT person) AS persons FROM place_phones;
SELECT places_query('place_phones', 5, '7 days', 'Europe/Berlin') AS query \gset
:query;

-- ---- refused -------------------------------------------------------------------
SELECT places_query('place_stay', 4, '7 days', 'Europe/Berlin');
SELECT places_query('place_stay', 20, '7 days', 'Europe/Atlantis');
SELECT places_query('place_stay', 20, '7 days', 'Europe/Berlin', diversity => 1);
SELECT places_query('place_stay', NULL, '7 days', 'Europe/Berlin');
SELECT place_stays_query('place_event', 'wholesale');
SELECT place_stays_query('place_event', 'trial');
SELECT place_stays_query('place_event', NULL);
SELECT place_stays_query('place_event', 'retail', resolution => '1km');

DROP TABLE place_event;
DELETE FROM area_cell;
DELETE FROM area_set;
