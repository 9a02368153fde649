#!/usr/bin/env bash
# Real check-ins and bicycle trips: cell x hour, every k from 2 to 100, row by row
# against count(DISTINCT).  The data are not part of the project: $MOBANON_DATA.
set -euo pipefail
if [ ! -e "${MOBANON_DATA:-}/gowalla_nyc.csv.gz" ]; then
	echo "# no real data at ${MOBANON_DATA:-\$MOBANON_DATA}"
	echo "1..0 # skip no real data"
	exit 0
fi
createdb kanon_data
run() { psql -qX -v ON_ERROR_STOP=1 -d kanon_data "$@"; }
run -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
run -c 'CREATE TABLE checkin (subject text, at timestamptz, latitude float8, longitude float8, venue text)' \
	-c 'CREATE TABLE trip (bike bigint, started timestamp, ended timestamp, duration int, start_station int, start_lat float8, start_lon float8, end_station int, end_lat float8, end_lon float8, usertype text, birth_year text, gender text)'
zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | run -c '\copy checkin FROM STDIN CSV HEADER'
zcat "$MOBANON_DATA/citibike_jc_trips.csv.gz" | run -c '\copy trip FROM STDIN CSV HEADER'
run -At <<'SQL'
SET search_path = public, mobanon;
SELECT plan(6);
SET mobanon.k_floor = 2;
SET work_mem = '16MB';
SET max_parallel_workers_per_gather = 0;
-- Check-ins are sparse: hours of the day; bicycles: hours.  Outside Europe the grid is the map tiles.
CREATE TABLE place AS
SELECT 'checkin' AS source, mobanon.coarsen_cell(latitude, longitude, 'z14') AS cell, date_bin('1 hour', timestamp '2009-01-01' + (at AT TIME ZONE 'America/New_York')::time, '2009-01-01') AS bucket, subject, md5(subject)::uuid AS pseudonym, hashtextextended(subject, 0) AS number
FROM checkin
UNION ALL
SELECT 'trip', mobanon.coarsen_cell(start_lat, start_lon, 'z16'), date_bin('1 hour', started, '2009-01-01'), bike::text, md5(bike::text)::uuid, bike
FROM trip WHERE start_lat <> 0;
ANALYZE place;
CREATE TABLE want AS SELECT source, cell, bucket, count(DISTINCT subject) AS n FROM place GROUP BY source, cell, bucket;
CREATE FUNCTION differences(settings text, subject text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	total	bigint := 0;
	n		bigint;
BEGIN
	PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), true) FROM unnest(string_to_array(settings, ',')) AS s;
	FOR k IN 2 .. 100 LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT source, cell, bucket, mobanon.kanon_suppress(%I, %s) AS n FROM place GROUP BY source, cell, bucket) AS g
			FULL JOIN want AS w USING (source, cell, bucket) WHERE g.n IS DISTINCT FROM CASE WHEN w.n >= %s THEN w.n END OR g.source IS NULL OR w.source IS NULL', subject, k, k) INTO n;
		total := total + n;
	END LOOP;
	RETURN total;
END $$;
SELECT is(differences('enable_hashagg=off,enable_sort=off', 'pseudonym'), 0::bigint, 'KanonScan, uuid, k = 2 .. 100');
SELECT is(differences('enable_hashagg=off,enable_sort=off', 'number'), 0::bigint, 'KanonScan, bigint, k = 2 .. 100');
SELECT is(differences('mobanon.enable_kanon_scan=off', 'pseudonym'), 0::bigint, 'ordinary plan, uuid, k = 2 .. 100');
SELECT is(differences('mobanon.enable_kanon_scan=off', 'number'), 0::bigint, 'ordinary plan, bigint, k = 2 .. 100');
-- Text is hashed per row: enough to see it once.
SELECT is((SELECT count(*) FROM (SELECT source, cell, bucket, mobanon.kanon_suppress(subject, 2) AS n FROM place GROUP BY source, cell, bucket) AS g
	JOIN want AS w USING (source, cell, bucket) WHERE g.n IS DISTINCT FROM CASE WHEN w.n >= 2 THEN w.n END), 0::bigint, 'text, k = 2');
-- It is not all suppressed, nor all shown.
SELECT ok(count(*) FILTER (WHERE n >= 20) > 100 AND count(*) FILTER (WHERE n = 1) > 1000 AND max(n) > 100, 'groups of all sizes: ' || count(*) || ' groups, largest ' || max(n)) FROM want;
SELECT * FROM finish();
SQL
dropdb kanon_data
