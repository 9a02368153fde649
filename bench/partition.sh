#!/usr/bin/env bash
# kanon_partition beside plain suppression at its finest level, on the same events: the cost of not
# having holes.  Plain suppression is measured as every query has it and as KanonScan.
source "$(dirname "$0")/lib.sh"
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql <<'SQL'
CREATE UNLOGGED TABLE coarsened AS
SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, mobanon.coarsen_cell(latitude, longitude, 'z15') AS tile, date_trunc('hour', at) AS bucket,
	(substr(md5(subject), 1, 12) || '8' || substr(md5(subject), 14, 3) || 'a' || substr(md5(subject), 18))::uuid AS pseudonym
FROM events;
DROP TABLE events;
VACUUM ANALYZE coarsened;
SQL
say "bench: $(bench_sql -Atc "SELECT count(*) || ' boxes of 1 km and an hour' FROM (SELECT FROM coarsened GROUP BY cell, bucket) AS g")"
plain='SET mobanon.enable_kanon_scan = off'
suppress() { echo "SELECT count(*), count(n), sum(n) FROM (SELECT $1, bucket, mobanon.kanon_suppress(pseudonym, 20) AS n FROM coarsened GROUP BY $1, bucket OFFSET 0) AS g"; }
partition() { echo "SELECT count(*), sum(a.subjects) FROM (SELECT mobanon.${4:-kanon_partition}(pseudonym, $1, bucket, 20, $2) AS areas FROM coarsened ${3:-}) AS p, unnest(p.areas) AS a"; }
space="'{1km,5km,10km,50km,100km}'"
tiles="'{z15,z14,z13,z12,z11,z10,z9,z8}'"
time=", '{1 hour,6 hours,1 day}', 'Europe/Berlin'"

title='1 km and hour, European grid'
variant 'kanon_suppress, HashAggregate' "$plain;;$(suppress cell)"
variant 'kanon_suppress, KanonScan' ";;$(suppress cell)"
variant 'kanon_partition, space' ";;$(partition cell "$space")"
variant 'kanon_partition, space and time' ";;$(partition cell "$space$time")"
variant 'kanon_partition_rest, space and time' ";;$(partition cell "$space$time" '' kanon_partition_rest)"
variant 'kanon_partition, space and time, 4 MB' "SET work_mem = '4MB';;$(partition cell "$space$time")"
variant 'kanon_partition, space and time, by day' ";;$(partition cell "$space$time" "GROUP BY mobanon.bucket_start(bucket, '1 day', 'Europe/Berlin')")"
variant 'kanon_suppress, HashAggregate, 4 MB' "$plain; SET work_mem = '4MB';;$(suppress cell)"
compare "$title" 'kanon_suppress, KanonScan'
target "$title" 'kanon_partition, space' '<' 2
target "$title" 'kanon_partition, space and time' '<' 2

title='Tiles of zoom 15 and hour'
variant 'kanon_suppress, HashAggregate' "$plain;;$(suppress tile)"
variant 'kanon_suppress, KanonScan' ";;$(suppress tile)"
variant 'kanon_partition, space' ";;$(partition tile "$tiles")"
variant 'kanon_partition, space and time' ";;$(partition tile "$tiles$time")"
compare "$title" 'kanon_suppress, KanonScan'
target "$title" 'kanon_partition, space' '<' 2
target "$title" 'kanon_partition, space and time' '<' 2
