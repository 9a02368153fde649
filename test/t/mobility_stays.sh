#!/usr/bin/env bash
# Stays and cleaning against plain SQL, row by row (test/property/mobility.sql): on random events made to meet every
# rule at its limits, and on real check-ins and bicycles: a few of them; SUBJECTS=3000 SHARE=1 is the long form (make test-stays).
source "$(dirname "$0")/../tap.sh"
[ -n "${PGHOST:-}" ] || cluster_start stays
HERE=$(dirname "$0")
createdb mobility_stays
run() { sql -d mobility_stays "$@"; }
run -c 'CREATE EXTENSION mobanon'

# compare NAME VARIABLE=VALUE...
compare() {
	local name=$1 out v options=()
	shift
	for v in duplicates=t jumps=t ping_pong=t distance=10000 speed=55 window='5 minutes' dwell='2 minutes' minimum='15 minutes' gap='2 hours' "$@"; do options+=(-v "$v"); done
	out=$(run "${options[@]}" -f "$HERE/../property/mobility.sql" 2>&1) || true
	is "$(head -1 <<<"$out")" '0|0|0|0' "$name: stays, events and counts are those of plain SQL"
	note "$name: $(tail -n +2 <<<"$out")"
	LAST=$out
}

# Steps of time at and beside every limit; a handful of near cells, some far ones, in both grids and in two sizes.
run -v subjects="${SUBJECTS:-100}" <<'SQL'
SELECT setseed(0.42);
CREATE TABLE event (subject int, cell mobanon.cell, at timestamptz);
CREATE TABLE places AS SELECT k, p, CASE k WHEN 0 THEN mobanon.coarsen_cell(52.0 + lat, 10.0 + lon, '1km') WHEN 1 THEN mobanon.coarsen_cell(40.7 + lat, -74.0 + lon, 'z15')
	WHEN 2 THEN mobanon.coarsen_cell(52.0 + lat, 10.0 + lon, CASE WHEN p % 2 = 0 THEN '10km' ELSE 'z12' END) ELSE mobanon.coarsen_cell(52.0 + lat, 10.0 + lon, '100m') END AS cell
FROM generate_series(0, 3) AS k, (VALUES (0, 0.0, 0.0), (1, 0.01, 0.0), (2, 0.0, 0.016), (3, 0.1, 0.0), (4, 0.0, 0.17), (5, 0.9, 0.0), (6, 5.0, 5.0), (7, 0.011, 0.0)) AS v (p, lat, lon);
INSERT INTO event
SELECT subject, (SELECT cell FROM places WHERE k = subject % 4 AND p = CASE WHEN stick THEN 0 ELSE which END), CASE WHEN odd < 0.004 THEN NULL WHEN odd < 0.008 THEN 'infinity' WHEN odd < 0.012 THEN '-infinity' ELSE at END
FROM (SELECT subject, random() < 0.4 AS stick, CASE WHEN subject % 3 = 0 THEN floor(random() * 2) ELSE floor(random() ^ 2 * 8.2) END AS which, random() AS odd,
	timestamptz '2024-03-30 20:00' + sum(step) OVER (PARTITION BY subject ORDER BY i) AS at
	FROM (SELECT subject, i, (ARRAY['0', '0', '1 second', '7 seconds', '30 seconds', '59 seconds', '60 seconds', '61 seconds', '00:01:59.999999', '2 minutes', '150 seconds', '00:04:59', '5 minutes',
		'00:05:00.000001', '9 minutes', '15 minutes', '00:59:59.999999', '1 hour', '2 hours', '02:00:00.000001', '9 hours']::interval[])[1 + floor(random() * (CASE subject % 5 WHEN 0 THEN 8 WHEN 1 THEN 13 ELSE 21 END))::int] AS step
		FROM generate_series(1, :subjects) AS subject, generate_series(1, 20 + subject % 90) AS i) AS s) AS e;
INSERT INTO event SELECT * FROM event WHERE random() < 0.05;
ANALYZE event;
SQL
compare 'random, all rules'
like "$LAST" ' [1-9][0-9]* unusable, [1-9][0-9]* duplicates, [1-9][0-9]* at the same time, [1-9][0-9]* jumps, [1-9][0-9]* suspicious, [1-9][0-9]* ping-pong' 'every rule had something to do'
compare 'random, no rules' jumps=f ping_pong=f
compare 'random, duplicates counted' duplicates=f minimum=0 gap='5 minutes'
compare 'random, jumps only, other limits' ping_pong=f distance=900 speed=20 minimum='1 minute' gap='1 hour'
compare 'random, ping-pong only, other limits' jumps=f window='15 minutes' dwell='15 minutes' minimum=0 gap='15 minutes'
is "$(run -c "SELECT count(*) FROM (SELECT mobanon.stays(cell, at, '0', '2 hours', mobanon.cleaning() ORDER BY at, a) AS a, mobanon.stays(cell, at, '0', '2 hours', mobanon.cleaning() ORDER BY at, -a) AS b
	FROM (SELECT *, hashint8(cell::bigint) AS a FROM event) AS e GROUP BY subject) AS s WHERE a IS DISTINCT FROM b")" 0 'the order of rows of one instant does not matter'
run -c 'DROP TABLE event'

if [ -e "$MOBANON_DATA/gowalla_nyc.csv.gz" ]; then
	run -c 'CREATE TABLE checkin (subject int, at timestamptz, latitude float8, longitude float8, venue text)' \
		-c 'CREATE TABLE trip (bike int, started timestamp, ended timestamp, duration int, start_station int, start_lat float8, start_lon float8, end_station int, end_lat float8, end_lon float8, usertype text, birth_year text, gender text)'
	zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | run -c '\copy checkin FROM STDIN CSV HEADER'
	zcat "$MOBANON_DATA/citibike_jc_trips.csv.gz" | run -c '\copy trip FROM STDIN CSV HEADER'
	run -c "CREATE TABLE event AS SELECT subject, mobanon.coarsen_cell(latitude, longitude, 'z16') AS cell, at FROM checkin WHERE subject % ${SHARE:-20} = 0" -c 'ANALYZE event'
	compare 'check-ins, all rules'
	compare 'check-ins, no rules, overnight' jumps=f ping_pong=f gap='12 hours'
	# A bicycle is seen where a trip starts and where it ends.
	run -c 'DROP TABLE event' -c "CREATE TABLE event AS SELECT bike AS subject, mobanon.try_coarsen_cell(lat, lon, 'z16') AS cell, at AT TIME ZONE 'America/New_York' AS at
		FROM (SELECT bike, started, start_lat, start_lon FROM trip UNION ALL SELECT bike, ended, end_lat, end_lon FROM trip) AS v (bike, at, lat, lon) WHERE bike % ${SHARE:-20} = 0" -c 'ANALYZE event'
	compare 'bicycles, all rules' gap='12 hours'
	compare 'bicycles, no rules' jumps=f ping_pong=f
else
	skip 'check-ins and bicycles' "no real data at $MOBANON_DATA"
fi
dropdb mobility_stays
done_testing
