-- What a pipeline can count: its kind, as fine as k allows, sums, persons instead of phones.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE ROLE regress_kinds_dba;
CREATE ROLE regress_kinds_processing;
CREATE ROLE regress_kinds_planner;
GRANT mobanon_admin, regress_kinds_processing TO regress_kinds_dba;
CREATE SCHEMA kinds_story AUTHORIZATION regress_kinds_dba;
-- A purpose is bound by who owns all protected tables; here other tests' as well.
SELECT mobanon.create_purpose('kinds_story', 'How people move'), mobanon.add_category('kinds_story', 'bytes'), mobanon.add_category('kinds_story', 'quarter');
SELECT mobanon.bind_purpose('kinds_story', 'regress_kinds_processing');
SET ROLE regress_kinds_dba;
SET search_path = kinds_story, public;

-- 90 people live in three quarters (seen every other hour), work in the centre from 9 to 17 and shop in the arcade; four phones belong to one contract.
CREATE TABLE events (subject bigint, at timestamptz, latitude float8, longitude float8, contract int, bytes bigint, quarter text);
SELECT mobanon.protect('events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'kinds_story', 'app', '2024-06-01 00:00+00')),
	count(mobanon.grant_consent(i::text, 'kinds_story', 'app', '2024-06-01 00:00+00', category => 'bytes')),
	count(mobanon.grant_consent(i::text, 'kinds_story', 'app', '2024-06-01 00:00+00', category => 'quarter'))
FROM generate_series(1, 90) AS i;
CREATE TABLE place (name text, latitude float8, longitude float8);
INSERT INTO place VALUES ('quarter 0', 52.52, 13.30), ('quarter 1', 52.56, 13.34), ('quarter 2', 52.44, 13.42), ('centre', 52.50, 13.38), ('arcade', 52.48, 13.36);
INSERT INTO events
SELECT i, '2024-06-10 00:00+00'::timestamptz + h * interval '15 minutes' + i % 15 * interval '1 minute', p.latitude + i % 4 * 0.0015, p.longitude, i / 4, 100 * i + h, 'quarter ' || i % 3
FROM generate_series(1, 90) AS i, generate_series(0, 92, 4) AS h
JOIN place AS p ON true
WHERE (h BETWEEN 36 AND 76 OR h / 4 % 2 = i % 2) AND p.name = CASE WHEN h < 36 OR h > 76 THEN 'quarter ' || i % 3 WHEN h < 68 THEN 'centre' ELSE 'arcade' END;

-- The kinds, and what each takes beside the arguments that all have.
SELECT kind, bucket, k, takes FROM mobanon.pipeline_kinds();
SELECT mobanon.create_pipeline('x', 'events', 'kinds_story', kind => 'dwell', measures => ARRAY[mobanon.measure('sum', 'bytes', 1000)]);

-- Areas as fine as k allows, instead of one resolution with holes.
SELECT mobanon.create_pipeline('fine', 'events', 'kinds_story', starts_at => '2024-06-10 00:00+00', bucket => '1 day',
	resolutions => '{100m,500m,1km,5km,10km}');
SELECT rows FROM mobanon.publish('fine');
SELECT mobanon.cell_resolution(cell) AS resolution, cell, subjects FROM fine ORDER BY cell;
-- Rows of hours where there are enough, longer ones where not; published day by day.
SELECT mobanon.create_pipeline('timed', 'events', 'kinds_story', starts_at => '2024-06-10 00:00+00', bucket => '1 day', k => 25,
	resolutions => '{1km,5km}', buckets => '{1 hour,4 hours,1 day}');
SELECT rows FROM mobanon.publish('timed');
SELECT width, mobanon.cell_resolution(cell) AS resolution, count(*), min(subjects) FROM timed GROUP BY 1, 2 ORDER BY 1, 2;

-- Sums and averages of a column that subjects consent to by itself; nobody counts for more than the bound.
SELECT mobanon.create_pipeline('traffic', 'events', 'kinds_story', starts_at => '2024-06-10 00:00+00', bucket => '1 day', resolution => '5km',
	measures => ARRAY[mobanon.measure('sum', 'bytes', bound => 200000), mobanon.measure('avg', 'bytes', bound => 200000), mobanon.measure('quantile', 'bytes', bound => 200000, fraction => 0.5)]);
SELECT rows FROM mobanon.publish('traffic');
SELECT cell, subjects, bytes_sum, round(bytes_avg) AS bytes_avg, bytes_median FROM traffic ORDER BY cell;

-- How long people stay.  A stay is cut at the edge of a bucket.
SELECT mobanon.create_pipeline('dwell', 'events', 'kinds_story', kind => 'dwell', starts_at => '2024-06-10 00:00+00');
SELECT rows FROM mobanon.publish('dwell');
SELECT cell, subjects, average_minutes, quarter_minutes, median_minutes, three_quarter_minutes FROM dwell ORDER BY cell;

-- From where to where, counting contracts: k = 20 contracts, and there are 23.
SELECT mobanon.create_pipeline('flows', 'events', 'kinds_story', kind => 'flows', starts_at => '2024-06-10 00:00+00', k => 20,
	account_column => 'contract', resolutions => '{1km,5km,10km,50km}', readers => '{regress_kinds_planner}');
SELECT rows FROM mobanon.publish('flows');
SELECT origin, destination, subjects, trips FROM flows ORDER BY origin, destination;
SELECT mobanon.create_pipeline('chains', 'events', 'kinds_story', kind => 'chains', starts_at => '2024-06-10 00:00+00', k => 20, resolution => '5km');
SELECT rows FROM mobanon.publish('chains');
SELECT origin, via, destination, subjects, trips FROM chains ORDER BY origin, via, destination;

-- Where all come from one quarter, whoever knows one of them knows the quarter: only where people of two are, k of each.
SELECT mobanon.create_pipeline('crowds', 'events', 'kinds_story', starts_at => '2024-06-10 00:00+00', bucket => '1 day', resolution => '5km');
SELECT mobanon.create_pipeline('mixed', 'events', 'kinds_story', starts_at => '2024-06-10 00:00+00', bucket => '1 day', resolution => '5km',
	diversity => mobanon.diversity('quarter'));
SELECT mobanon.publish('crowds') IS NOT NULL AND mobanon.publish('mixed') IS NOT NULL AS published;
SELECT c.cell, c.subjects AS crowds, m.subjects AS mixed FROM crowds AS c LEFT JOIN mixed AS m ON m.bucket = c.bucket AND m.cell::text = c.cell::text ORDER BY 1;
SELECT col_description('mixed'::regclass, 3);
SELECT mobanon.create_pipeline('x', 'events', 'kinds_story', diversity => mobanon.diversity(homes => '5km'));
SELECT mobanon.create_pipeline('x', 'events', 'kinds_story', diversity => mobanon.diversity('contract'));

-- What happens in named areas.
SELECT mobanon.create_area_set('kinds_town', '1km'), mobanon.create_area('kinds_town', 'Centre', ARRAY(SELECT DISTINCT mobanon.coarsen_cell(latitude, longitude, '1km') FROM
	(SELECT latitude + i * 0.0015, longitude FROM place, generate_series(0, 3) AS i WHERE name = 'centre') AS c (latitude, longitude))),
	mobanon.create_area('kinds_town', 'Arcade', ARRAY(SELECT DISTINCT mobanon.coarsen_cell(latitude, longitude, '1km') FROM
	(SELECT latitude + i * 0.0015, longitude FROM place, generate_series(0, 3) AS i WHERE name = 'arcade') AS c (latitude, longitude)));
SELECT mobanon.create_pipeline('visits', 'events', 'kinds_story', kind => 'places', places => 'kinds_town', starts_at => '2024-06-10 00:00+00');
SELECT rows FROM mobanon.publish('visits');
SELECT area, measure, value, subjects, amount FROM visits ORDER BY area, measure, value;

-- Every release says what it holds.
SELECT a.attname AS column, col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute AS a
WHERE a.attrelid = 'flows'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT mobanon.release_geojson('flows') LIMIT 2;

-- Two releases of the same events can be subtracted: nobody should have both.
SELECT mobanon.grant_release('chains', 'regress_kinds_planner');
SELECT check_name, ok, detail FROM mobanon.audit('flows') WHERE NOT ok;
RESET ROLE;
