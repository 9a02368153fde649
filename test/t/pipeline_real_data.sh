#!/usr/bin/env bash
# The whole pipeline, from a protected table to the published release, compared
# row by row with test/oracle.sql, which uses none of mobanon's functions.  On
# the generated city always, on the real files when $MOBANON_DATA has them.
set -euo pipefail
cd "$(dirname "$0")/../.."
N=0
export PGOPTIONS='-c client_min_messages=warning'
ok() { N=$((N + 1)); if [ "$1" = "$2" ]; then echo "ok $N - $3"; else echo "not ok $N - $3"; echo "# got $1, expected $2"; fi; }
skip() { N=$((N + 1)); echo "ok $N - $2 # SKIP $1"; echo "# skipped: $2: $1"; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d pipeline_oracle "$@"; }

# compare NAME GRID SIZE RESOLUTION DAYS K TIME_ZONE: from the table raw
compare() {
	local name=$1 grid=$2 size=$3 resolution=$4 days=$5 k=$6 zone=$7 bucket from
	[ "$days" = 0 ] && bucket='1 hour' || bucket="$days days"
	# rows as bad as they come
	sql <<'SQL'
INSERT INTO raw SELECT * FROM (SELECT * FROM raw WHERE subject IS NOT NULL ORDER BY event_time, subject LIMIT 200) AS r;
INSERT INTO raw SELECT v.* FROM (SELECT * FROM raw WHERE subject IS NOT NULL ORDER BY event_time DESC, subject LIMIT 50) AS r,
	LATERAL (VALUES (NULL, r.event_time, r.latitude, r.longitude), (r.subject, r.event_time, 91, r.longitude),
		(r.subject, r.event_time, 'NaN', r.longitude), (r.subject, r.event_time, r.latitude, 'infinity'), (r.subject, NULL, r.latitude, r.longitude),
		(r.subject, r.event_time, NULL, r.longitude), (r.subject, 'infinity', r.latitude, r.longitude), (r.subject, '-infinity', r.latitude, r.longitude),
		(r.subject, r.event_time + interval '300 years', r.latitude, r.longitude)) AS v;
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, subject text, event_time timestamptz, latitude float8, longitude float8);
INSERT INTO event (subject, event_time, latitude, longitude) SELECT * FROM raw;
SELECT FROM mobanon.create_purpose('oracle', 'a test'), mobanon.protect('event', 'subject', 'event_time')
\g /dev/null
SELECT FROM mobanon.bind_purpose('oracle', 'oracle_processor')
\g /dev/null
-- Some never consent; some do before the first event, some in its midst; some withdraw; some of these come back.
CREATE TEMP TABLE s AS
SELECT subject, abs(hashtextextended(subject, 1)) % 100 AS h, first + (last - first) * (abs(hashtextextended(subject, 2)) % 1000) / 1000.0 AS t,
	first, last
FROM (SELECT DISTINCT subject FROM raw WHERE subject IS NOT NULL) AS x,
	(SELECT min(event_time) AS first, max(event_time) AS last FROM raw WHERE isfinite(event_time) AND event_time < now()) AS y;
INSERT INTO mobanon.consent_import (subject, purpose, state, channel, decided_at)
SELECT subject, 'oracle', 'granted', 'app', CASE WHEN h < 70 THEN first - interval '1 day' ELSE t END FROM s WHERE h < 85
UNION ALL SELECT subject, 'oracle', 'withdrawn', 'app', t + interval '1 second' FROM s WHERE h % 10 = 3 AND h < 85
UNION ALL SELECT subject, 'oracle', 'granted', 'app', t + (last - t) / 2 + interval '2 seconds' FROM s WHERE h % 20 = 3 AND h < 85
UNION ALL SELECT subject, 'oracle', 'granted', 'shop', first - interval '1 day' FROM s WHERE h >= 95
UNION ALL SELECT subject, 'oracle', 'refused', 'app', first - interval '2 days' FROM s WHERE h >= 90;
SELECT count(*) FROM mobanon.import_consents()
\g /dev/null
SQL
	from=$(sql -c "SELECT date_trunc('month', min(event_time) FILTER (WHERE isfinite(event_time))) AT TIME ZONE 'UTC' || '+00' FROM raw")
	sql -c "SELECT mobanon.create_pipeline('footfall', source => 'event', purpose => 'oracle', resolution => '$resolution',
		bucket => '$bucket', k => $k, time_zone => '$zone', starts_at => '$from', readers => '{oracle_analyst}')" >/dev/null
	# the first window begins with the bucket of starts_at
	from=$(sql -c "SELECT published_until AT TIME ZONE 'UTC' || '+00' FROM mobanon.pipeline WHERE pipeline = 'public.footfall' AND dropped_at IS NULL")
	sql -c "SELECT FROM mobanon.publish('footfall')" >/dev/null
	sql -v purpose=oracle -v is_tile="$([ "$grid" = tile ] && echo 1 || echo 0)" -v size="$size" -v days="$days" -v k="$k" \
		-v time_zone="$zone" -v from="$from" -f test/oracle.sql
	local rows differ
	rows=$(sql -c 'GRANT SELECT ON oracle TO oracle_analyst' -c 'SELECT count(*) FROM oracle')
	differ=$(psql -qXAt -U oracle_analyst -d pipeline_oracle -c "CREATE TEMP TABLE r AS SELECT bucket, cell::text AS cell, subjects FROM footfall; GRANT SELECT ON r TO PUBLIC" -c \
		"SELECT count(*) FROM (SELECT * FROM r EXCEPT ALL SELECT * FROM oracle) AS a" -c \
		"SELECT count(*) FROM (SELECT * FROM oracle EXCEPT ALL SELECT * FROM r) AS b" | tr '\n' ' ')
	ok "$differ" '0 0 ' "$name: $rows rows, $resolution, $bucket, k = $k, as the plain-SQL oracle has them (too many, too few)"
	ok "$([ "$rows" -ge 100 ] && echo enough)" enough "$name: enough rows to mean something"
	ok "$(sql -c 'SELECT min(subjects) FROM footfall')" "$(sql -c 'SELECT min(subjects) FROM oracle')" "$name: the smallest group"
	ok "$(sql -c "SELECT count(*) FROM mobanon.audit('footfall') WHERE NOT ok")" 0 "$name: the audit has no complaint"
}

roles() { psql -qX -d postgres -c 'DROP ROLE IF EXISTS oracle_processor, oracle_analyst' "$@"; }
start() { # a database of its own for each comparison: the ledger is never emptied
	psql -qX -d postgres -c 'DROP DATABASE IF EXISTS pipeline_oracle WITH (FORCE)'
	roles -c 'CREATE ROLE oracle_processor LOGIN' -c 'CREATE ROLE oracle_analyst LOGIN'
	createdb pipeline_oracle
	sql -c 'CREATE EXTENSION mobanon' -c 'CREATE TABLE raw (subject text, event_time timestamptz, latitude float8, longitude float8)'
}
copy() { # copy FILE COLUMNS SELECT...: into raw
	{ gzip -dc "$MOBANON_DATA/$1"; } | sql -c "CREATE UNLOGGED TABLE file ($2)" -c 'COPY file FROM STDIN (FORMAT csv, HEADER)' -c "INSERT INTO raw $3" -c 'DROP TABLE file'
}

start
sql -c 'DROP TABLE raw' -v subjects=1000 -f demo/city.sql -c 'ALTER TABLE events RENAME TO raw'
compare 'the city' laea 1000 1km 0 6 Europe/Berlin

file=gowalla_nyc.csv.gz
if [ -r "${MOBANON_DATA:-}/$file" ]; then
	start
	copy $file 'subject text, ts timestamptz, lat float8, lon float8, venue text' 'SELECT subject, ts, lat, lon FROM file'
	compare gowalla_nyc tile 14 z14 1 10 America/New_York
else
	skip "no file $file in ${MOBANON_DATA:-\$MOBANON_DATA, which is not set}" 'gowalla_nyc against the oracle'
fi

file=citibike_jc_trips.csv.gz
if [ -r "${MOBANON_DATA:-}/$file" ]; then
	trips='bikeid text, started text, ended text, duration text, s text, start_lat float8, start_lon float8, e text, end_lat text, end_lon text, u text, b text, g text'
	start
	copy $file "$trips" "SELECT bikeid, started::timestamp AT TIME ZONE 'America/New_York', start_lat, start_lon FROM file"
	compare citibike_jc tile 16 z16 7 5 America/New_York
	# the same trips moved to Berlin: the European grid
	start
	copy $file "$trips" "SELECT bikeid, started::timestamp AT TIME ZONE 'Europe/Berlin', start_lat + 11.8, start_lon + 87.4 FROM file"
	compare 'citibike_jc moved to Europe' laea 500 500m 1 5 Europe/Berlin
else
	skip "no file $file in ${MOBANON_DATA:-\$MOBANON_DATA, which is not set}" 'citibike_jc against the oracle, on both grids'
fi
psql -qX -d postgres -c 'DROP DATABASE pipeline_oracle WITH (FORCE)'
roles
echo "1..$N"
