#!/usr/bin/env bash
# Tables of place x hour with totals: of the generated city, with a family planted at its edge, and of the real data when they
# are there.  A reader who subtracts (test/table_attack.sql) computes small groups from plain suppression, and none from ours.
source "$(dirname "$0")/../tap.sh"
cluster_start city "shared_preload_libraries = 'mobanon'"
createdb city
sql -d city -c 'CREATE EXTENSION mobanon' -c "ALTER DATABASE city SET search_path = public, mobanon" -c 'CREATE TABLE person (a text, b text, subject text)'

# attack NAME K: on the table person
attack() {
	local name=$1 k=$2 naive ours
	sql -d city <<SQL
SET client_min_messages = warning;
DROP VIEW IF EXISTS seen;
DROP TABLE IF EXISTS counted, shown;
CREATE TABLE counted AS
SELECT a, b, count(p.subject) AS visits, count(DISTINCT p.subject) AS subjects
FROM (SELECT * FROM (SELECT DISTINCT a FROM person) AS x, (SELECT DISTINCT b FROM person) AS y) AS s LEFT JOIN (SELECT DISTINCT * FROM person) AS p USING (a, b) GROUP BY CUBE (a, b);
CREATE TABLE shown AS SELECT *, mobanon.kanon_table(visits, subjects, $k, a, b) OVER () AS n FROM counted;
CREATE VIEW seen AS SELECT a, b, CASE WHEN subjects >= $k THEN visits END AS n FROM counted;
ANALYZE;
SQL
	naive=$(sql -d city -v k="$k" -f "$TOP/test/table_attack.sql")
	sql -d city -c 'DROP VIEW seen' -c 'CREATE VIEW seen AS SELECT a, b, n FROM shown'
	ours=$(sql -d city -v k="$k" -f "$TOP/test/table_attack.sql")
	IFS='|' read -r withheld computed wrong small sums <<<"$naive"
	ok "$name: plain suppression falls: the reader computes $computed of $withheld withheld rows, $small of fewer than $k people, and $sums sums of as few" test "$small" -gt 0
	is "$wrong" 0 "$name: and computes them right"
	IFS='|' read -r withheld computed wrong small sums <<<"$ours"
	is "$computed computed, $sums sums" "0 computed, 0 sums" "$name: ours holds, $withheld rows withheld"
	is "$(sql -d city -c "SELECT count(*) FROM mobanon.audit_table('shown', 'n', $k, '{a,b}')")" 0 "$name: nothing can be bounded closer than $k"
	note "$name, k = $k: $(sql -d city -c "SELECT format('of the visits in innermost rows %s %% are shown, plain suppression %s %%; of those in totals of a place %s %% and %s %%',
		round(100 * sum(visits) FILTER (WHERE n IS NOT NULL AND a <> '' AND b <> '') / sum(visits) FILTER (WHERE a <> '' AND b <> ''), 1),
		round(100 * sum(visits) FILTER (WHERE subjects >= $k AND a <> '' AND b <> '') / sum(visits) FILTER (WHERE a <> '' AND b <> ''), 1),
		round(100 * sum(visits) FILTER (WHERE n IS NOT NULL AND a <> '' AND b IS NULL) / sum(visits) FILTER (WHERE a <> '' AND b IS NULL), 1),
		round(100 * sum(visits) FILTER (WHERE subjects >= $k AND a <> '' AND b IS NULL) / sum(visits) FILTER (WHERE a <> '' AND b IS NULL), 1)) FROM shown")"
}

psql -qX -v ON_ERROR_STOP=1 -v subjects=5000 -d city -f "$TOP/demo/city.sql"
# Mondays to Fridays as one day; a family of four lives where else nobody does.
sql -d city <<'SQL'
INSERT INTO person
SELECT DISTINCT mobanon.try_coarsen_cell(latitude, longitude, '1km')::text, extract(hour FROM event_time AT TIME ZONE 'Europe/Berlin')::text, subject
FROM events WHERE subject IS NOT NULL AND event_time >= '2025-09-01 00:00+02' AND event_time < '2025-09-06 00:00+02' AND mobanon.try_coarsen_cell(latitude, longitude, '1km') IS NOT NULL;
INSERT INTO person SELECT 'edge', h::text, 'family ' || s FROM unnest('{0,1,5,6,7,18,19,20,21,22,23}'::int[]) AS h, generate_series(1, 4) AS s WHERE (h + s) % 5 > 0;
SQL
attack city 20
is "$(sql -d city -c "SELECT count(*) FROM shown WHERE a = 'edge' AND n IS NOT NULL")" 0 "city: no row of the family is shown"
is "$(sql -d city -c "SELECT bool_and(lower(bounds) = 0 AND (upper(bounds) IS NULL OR upper(bounds) >= 20)) FROM (SELECT a, b, mobanon.table_bounds(n, a, b) OVER () AS bounds FROM shown) AS x WHERE a = 'edge' AND b IS NOT NULL")" \
	t "city: each of its hours could be empty, and could be a group of 20"

if [ -e "${MOBANON_DATA:-}/citibike_jc_trips.csv.gz" ]; then
	sql -d city -c 'CREATE TABLE trip (bike bigint, started timestamp, ended timestamp, duration int, start_station int, start_lat float8, start_lon float8, end_station int, end_lat float8, end_lon float8, usertype text, birth_year text, gender text)'
	zcat "$MOBANON_DATA/citibike_jc_trips.csv.gz" | sql -d city -c '\copy trip FROM STDIN CSV HEADER'
	sql -d city -c 'TRUNCATE person' -c "INSERT INTO person SELECT DISTINCT start_station::text, extract(hour FROM started)::text, bike::text FROM trip"
	attack "bicycles, station x hour" 20
	zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | sql -d city -c 'CREATE TABLE checkin (subject text, at timestamptz, latitude float8, longitude float8, venue text)' -c '\copy checkin FROM STDIN CSV HEADER'
	sql -d city -c 'TRUNCATE person' -c "INSERT INTO person SELECT DISTINCT mobanon.try_coarsen_cell(latitude, longitude, 'z12')::text, extract(isodow FROM at AT TIME ZONE 'America/New_York')::text, subject FROM checkin
		WHERE mobanon.try_coarsen_cell(latitude, longitude, 'z12') IS NOT NULL"
	attack "check-ins, tile x day of the week" 20
else
	skip "bicycles and check-ins" "no real data at ${MOBANON_DATA:-\$MOBANON_DATA}"
fi
cluster_stop city
done_testing
