#!/usr/bin/env bash
# Trips and flows of real data and of the generated city, row by row beside plain SQL that knows nothing of them: check-ins ($MOBANON_DATA/gowalla_nyc),
# bicycle trips with real origins and destinations (citibike_jc), and commuters who are found again.  The real data are not part of the project.
# CITY=20000 is the city of the demo; FLOW_MONTHS=9 takes all bicycle trips.
set -euo pipefail
createdb flow_data
run() { psql -qX -v ON_ERROR_STOP=1 -d flow_data "$@"; }
here=$(cd "$(dirname "$0")/.." && pwd)
run -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mobanon'
run -c 'CREATE TABLE checkin (subject text, at timestamptz, latitude float8, longitude float8, venue text)' \
	-c 'CREATE TABLE ride (bike bigint, started timestamp, ended timestamp, duration int, start_station int, start_lat float8, start_lon float8, end_station int, end_lat float8, end_lon float8, usertype text, birth_year text, gender text)'
if [ -e "${MOBANON_DATA:-}/gowalla_nyc.csv.gz" ]; then
	zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | run -c '\copy checkin FROM STDIN CSV HEADER'
	zcat "$MOBANON_DATA/citibike_jc_trips.csv.gz" | run -c '\copy ride FROM STDIN CSV HEADER'
fi
# The city, with what it was made from: home and work place of each inhabitant.
{
	sed '/^DROP TABLE district, inhabitant/d' "$here/../demo/city.sql"
	echo 'CREATE TABLE truth AS SELECT subject, kind, home_x, home_y, work_x, work_y FROM inhabitant;'
} | run -v subjects="${CITY:-2000}" -o /dev/null -f -
run -At -v months="${FLOW_MONTHS:-1}" -v city="${CITY:-2000}" -f "$here/property/flow_data.sql"
dropdb flow_data
