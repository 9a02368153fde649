#!/usr/bin/env bash
# What kanon_partition gives away, seen from outside (test/partition_check.py), on the generated city and on
# real check-ins: no area below k, no overlap, nothing to subtract.  In a naive table the same checker finds it all.
# And how much is published, beside plain suppression.  SUBJECTS=20000 is the long form (make kanon-partition-city).
source "$(dirname "$0")/../tap.sh"
cluster_start partition "shared_preload_libraries = 'mobanon'" "work_mem = 32MB" "jit = off"
createdb p
export PGDATABASE=p
sql -c 'CREATE EXTENSION mobanon' -c 'ALTER DATABASE p SET search_path = public, mobanon'
sql -v subjects="${SUBJECTS:-1500}" -f "$TOP/demo/city.sql"
sql <<'SQL'
CREATE TABLE coarsened AS
SELECT md5(subject)::uuid AS pseudonym, try_coarsen_cell(latitude, longitude, '100m') AS cell, try_coarsen_cell(latitude, longitude, 'z17') AS tile,
	bucket_start(event_time, '15 minutes', 'Europe/Berlin') AS bucket
FROM events WHERE event_time < '2025-10-01';
-- A family of four at a lonely place, where for an hour a night nobody else is within kilometres.
INSERT INTO coarsened SELECT md5('family' || n)::uuid, coarsen_cell(52.43, 13.28, '100m'), coarsen_cell(52.43, 13.28, 'z17'), '2025-09-03 03:00+02' FROM generate_series(1, 4) AS n;
ANALYZE coarsened;
SQL
check() { python3 "$TOP/test/partition_check.py" "$@"; }
# released NAME QUERY: rows (cell, bucket, width, subjects) of the query, as files
released() {
	sql -c "COPY (SELECT cell, extract(epoch FROM bucket)::bigint AS starts, extract(epoch FROM bucket_end(bucket, width, '${3:-Europe/Berlin}'))::bigint AS ends, subjects FROM ($2) AS r) TO STDOUT CSV HEADER" >"$WORK/$1.csv"
}
areas() { echo "SELECT a.* FROM (SELECT kanon_partition(pseudonym, $1, bucket, 20, $2) AS areas FROM ${3:-coarsened}) AS p, unnest(p.areas) AS a"; }
# naive CELL RESOLUTION WIDTH [k]: plain suppression
naive() { echo "SELECT coarsen_cell($1, '$2') AS cell, bucket_start(bucket, '$3', 'Europe/Berlin') AS bucket, interval '$3' AS width, kanon_suppress(pseudonym, ${4:-20}) AS subjects FROM ${5:-coarsened} GROUP BY 1, 2 HAVING kanon_suppress(pseudonym, ${4:-20}) IS NOT NULL"; }
clean='^areas=[1-9][0-9]* below_k=0 overlaps=0 differences=0 small_differences=0 '
BUCKETS="'{15 minutes,1 hour,6 hours,1 day}'"

# ---- the city ------------------------------------------------------------------
released europe "$(areas cell "'{100m,500m,1km,5km,10km}', $BUCKETS, 'Europe/Berlin'")"
found=$(check 20 "$WORK/europe.csv")
like "$found" "$clean" "European grid, space and time: $found"
released space "$(areas cell "'{500m,1km,5km,10km}', '{1 hour}', 'Europe/Berlin'")"
found=$(check 20 "$WORK/space.csv")
like "$found" "$clean" "European grid, space: $found"
released tiles "$(areas tile "'{z17,z16,z15,z14,z13,z12,z11,z10}', $BUCKETS, 'Europe/Berlin'")"
found=$(check 20 "$WORK/tiles.csv")
like "$found" "$clean" "map tiles, space and time: $found"
# by the other rule: each area is its box without the areas inside, and so it is counted
rests=$(areas cell "'{100m,500m,1km,5km,10km}', $BUCKETS, 'Europe/Berlin'" | sed 's/kanon_partition(/kanon_partition_rest(/')
released rest "$rests"
found=$(check 20 "$WORK/rest.csv" rest)
like "$found" "$clean" "rests: $found"
like "$(check 20 "$WORK/rest.csv")" 'overlaps=[1-9]' "which are not to be taken for whole squares"
sql -c "CREATE TABLE rest AS $rests"
is "$(sql <<'SQL'
WITH visit AS (SELECT DISTINCT pseudonym, cell, bucket FROM coarsened WHERE cell IS NOT NULL),
area AS (SELECT row_number() OVER () AS n, *, bucket_end(bucket, width, 'Europe/Berlin') AS ends FROM rest),
level (r, resolution) AS (VALUES (1, '100m'), (2, '500m'), (3, '1km'), (4, '5km'), (5, '10km')),
finest AS (
	SELECT DISTINCT ON (v.pseudonym, v.cell, v.bucket) v.pseudonym, a.n FROM visit AS v, level AS l, area AS a
	WHERE a.cell = coarsen_cell(v.cell, l.resolution) AND v.bucket >= a.bucket AND v.bucket < a.ends ORDER BY v.pseudonym, v.cell, v.bucket, l.r, a.width)
SELECT count(*) > 100, count(*) FILTER (WHERE a.subjects IS DISTINCT FROM c.people) FROM area AS a LEFT JOIN (SELECT n, count(DISTINCT pseudonym) AS people FROM finest GROUP BY n) AS c USING (n)
SQL
)" "t|0" "each number is of the people in that area and in none inside"

# ---- the checker finds what is there ---------------------------------------------
released plain "$(naive cell 500m '1 hour') UNION ALL $(naive cell 1km '1 hour') UNION ALL $(naive cell 10km '1 hour')"
found=$(check 20 "$WORK/plain.csv")
like "$found" 'below_k=0 overlaps=[1-9][0-9]+ differences=[1-9][0-9]* small_differences=[1-9]' "naive: several resolutions and totals: $found"
released plain_time "$(naive cell 1km '1 hour') UNION ALL $(naive cell 1km '1 day')"
found=$(check 20 "$WORK/plain_time.csv")
like "$found" 'below_k=0 overlaps=[1-9][0-9]+ differences=[1-9]' "naive: hours and days: $found"
released small "$(naive cell 1km '1 hour' 5)"
found=$(check 20 "$WORK/small.csv")
like "$found" 'below_k=[1-9][0-9]* overlaps=0 ' "too small a k: $found"
# one row more, of each kind
more() { cp "$WORK/one.csv" "$WORK/more.csv"; echo "$1" >>"$WORK/more.csv"; check 20 "$WORK/more.csv" | grep -o 'below_k=.*overlaps=[0-9]*'; }
printf 'cell,starts,ends,subjects\n10kmN327E455,36000,39600,40\n2kmN3280E4556,36000,39600,30\n1202102332,0,3600,20\n' >"$WORK/one.csv"
is "$(check 20 "$WORK/one.csv" | grep -o 'below_k=.*overlaps=[0-9]*')" "below_k=0 overlaps=0" "three areas apart"
is "$(more 1kmN3275E4555,36000,39600,25)" "below_k=0 overlaps=1" "a cell inside another"
is "$(more 5kmN3280E4555,39500,40000,25)" "below_k=0 overlaps=1" "squares that are not nested, a moment in common"
is "$(more 5kmN3280E4555,39600,40000,25)" "below_k=0 overlaps=0" "squares that are not nested, one after the other"
is "$(more 12021023321,1800,7200,25)" "below_k=0 overlaps=1" "a tile inside another, half an hour in common"
is "$(more 12021023331,1800,7200,19)" "below_k=1 overlaps=0" "a tile beside another, with too few"

# ---- the family -------------------------------------------------------------------
is "$(sql -c "SELECT kanon_suppress(pseudonym, 5) FROM coarsened WHERE bucket = '2025-09-03 03:00+02' AND cell <@ coarsen_cell(coarsen_cell(52.43, 13.28, '100m'), '1km')")" "" "the family is alone in its square kilometre"
is "$(sql -c "SELECT count(*), min(n) >= 20, count(*) FILTER (WHERE n <> a.subjects) FROM ($(areas cell "'{100m,500m,1km,5km,10km}', $BUCKETS, 'Europe/Berlin'")) AS a,
	LATERAL (SELECT count(DISTINCT pseudonym) AS n FROM coarsened AS c WHERE c.cell <@ a.cell AND c.bucket >= a.bucket AND c.bucket < bucket_end(a.bucket, a.width, 'Europe/Berlin')) AS t
	WHERE a.cell @> coarsen_cell(52.43, 13.28, '100m') AND '2025-09-03 03:00+02' >= a.bucket AND '2025-09-03 03:00+02' < bucket_end(a.bucket, a.width, 'Europe/Berlin')")" "1|t|0" "the one area that holds it holds others enough"

# ---- utility ------------------------------------------------------------------------
utility() { # utility NAME RESOLUTIONS BUCKETS COLUMN REST SHARE KILOMETRE
	sql -c "CREATE TABLE utility AS SELECT row_number() OVER () AS n, * FROM partition_utility('coarsened', 20, $2, $3, 'Europe/Berlin', cell_column => '$4', rest => $5)"
	note "$1: $(sql -c "SELECT string_agg(format('%s %s: %s (plain %s)', resolution, width, share, plain_share), ', ' ORDER BY n) FROM utility")"
	# up to the level of a kilometre, in the shortest buckets: what plain suppression publishes there is not nothing
	local fine="FILTER (WHERE n <= (SELECT min(n) FROM utility WHERE resolution = '$7'))"
	is "$(sql -c "SELECT max(plain_share) $fine > 0.005, sum(visits) >= 1.5 * max(plain_visits) $fine FROM utility")" 't|t' \
		"$1: at least 1.5 times the visits that plain suppression publishes at $7 or finer ($(sql -c "SELECT format('%s beside %s', sum(share), max(plain_share) $fine) FROM utility"))"
	is "$(sql -c "SELECT sum(share) > $6 FROM utility")" t "$1: more than $6 of all visits"
	[ "$5" = false ] || is "$(sql -c "SELECT max(visits) FILTER (WHERE n = 1) = max(plain_visits) FILTER (WHERE n = 1), sum(visits) $fine >= 0.9 * max(plain_visits) $fine FROM utility")" 't|t' \
		"$1: the finest level shows what plain suppression does, $7 or finer nine tenths of it ($(sql -c "SELECT format('%s beside %s', sum(share) $fine, max(plain_share) $fine) FROM utility"))"
	sql -c 'DROP TABLE utility'
}
utility 'European grid, quarters of an hour' "'{100m,500m,1km,5km,10km}'" "$BUCKETS" cell false 0.9 1km
utility 'European grid, rests' "'{100m,500m,1km,5km,10km}'" "$BUCKETS" cell true 0.7 1km
utility 'map tiles, rests' "'{z17,z16,z15,z14,z13,z12,z11,z10}'" "$BUCKETS" tile true 0.4 z15
# Where plain suppression shows something at every single level: the finest of these publishes too.
hours="'{500m,1km,5km,10km}', '{1 hour,6 hours,1 day}', 'Europe/Berlin'"
for rest in false true; do
	sql -c "CREATE TABLE utility AS SELECT row_number() OVER () AS n, * FROM partition_utility('coarsened', 20, $hours, rest => $rest)"
	note "hours, rest $rest: $(sql -c "SELECT string_agg(format('%s %s: %s (plain %s)', resolution, width, share, plain_share), ', ' ORDER BY n) FROM utility")"
	is "$(sql -c "SELECT count(*), min(plain_visits) > 0 FROM utility")" "6|t" "hours, rest $rest: plain suppression shows something at each level"
	# (with 20,000 subjects that level alone shows four visits of five: there is no 1.5 times that)
	[ "${SUBJECTS:-1500}" -gt 1500 ] || is "$(sql -c "SELECT sum(visits) >= 1.5 * max(plain_visits) FILTER (WHERE n = 1) FROM utility")" t "hours, rest $rest: 1.5 times the visits of plain suppression at the finest level"
	[ $rest = false ] || is "$(sql -c "SELECT sum(visits) FILTER (WHERE n <= 2) >= 0.75 * max(plain_visits) FILTER (WHERE n = 2), sum(visits) FILTER (WHERE n <= 2) > max(plain_visits) FILTER (WHERE n = 1) FROM utility")" "t|t" "hours, rests: three quarters of what 1 km alone would show, at 1 km or finer, and more than 500 m alone"
	note "hours, rest $rest, 1 km or finer: $(sql -c "SELECT format('%s, plain at best %s; in all %s, plain at best %s', sum(share) FILTER (WHERE n <= 2), max(plain_share) FILTER (WHERE n <= 2), sum(share), max(plain_share)) FROM utility")"
	sql -c 'DROP TABLE utility'
done

# ---- real check-ins -------------------------------------------------------------------
if [ -e "${MOBANON_DATA:-}/gowalla_nyc.csv.gz" ]; then
	sql -c 'CREATE TABLE checkin (subject text, at timestamptz, latitude float8, longitude float8, venue text)'
	zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | sql -c '\copy checkin FROM STDIN CSV HEADER'
	sql -c "CREATE TABLE seen AS SELECT md5(subject)::uuid AS pseudonym, coarsen_cell(latitude, longitude, 'z17') AS tile, at AS bucket FROM checkin"
	released gowalla "$(areas tile "'{z17,z16,z15,z14,z13,z12,z11,z10,z9,z8}', '{1 hour,6 hours,1 day,7 days}', 'America/New_York'" seen)" America/New_York
	found=$(check 20 "$WORK/gowalla.csv")
	like "$found" "$clean" "real check-ins: $found"
	released gowalla_naive "$(naive tile z14 '1 day' 20 seen) UNION ALL $(naive tile z12 '1 day' 20 seen)" America/New_York
	found=$(check 20 "$WORK/gowalla_naive.csv")
	like "$found" 'below_k=0 overlaps=[1-9][0-9]* differences=[1-9]' "naive: $found"
else
	skip "real check-ins" "no real data at ${MOBANON_DATA:-\$MOBANON_DATA}"
fi
done_testing
