#!/usr/bin/env bash
# kanon_sum, kanon_avg, kanon_quantile and kanon_diverse beside plain SQL, which groups
# twice (by group and subject, then by group), and beside kanon_suppress of the same rows.
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-2000000}
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql <<'SQL'
CREATE UNLOGGED TABLE pseudonymized AS
SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, date_trunc('day', at, 'UTC') AS bucket,
	(substr(md5(subject), 1, 12) || '8' || substr(md5(subject), 14, 3) || 'a' || substr(md5(subject), 18))::uuid AS pseudonym,
	1 + abs(hashint8(subject_number * 31 + site)::bigint) % 45 AS minutes, subject_number % 40 AS home, site % 14 AS region
FROM events;
DROP TABLE events;
VACUUM ANALYZE pseudonymized;
SQL
say "bench: $(bench_sql -Atc "SELECT count(*) || ' groups by cell and day, largest ' || max(n) FROM (SELECT count(*) AS n FROM pseudonymized GROUP BY cell, bucket) AS g")"

# Every group comes out of its node and is looked at, none is sent to the client.
over() { echo "SELECT count(*), count(n) FROM (SELECT $group, $1 AS n FROM pseudonymized GROUP BY $group OFFSET 0) AS g"; }
twice() { echo "SELECT count(*), count(n) FROM (SELECT $group, $1 AS n FROM (SELECT $group, pseudonym, least(sum(minutes), 240) AS c FROM pseudonymized GROUP BY $group, pseudonym) AS c GROUP BY $group OFFSET 0) AS g"; }
unsafe='sum(c) - (array_agg(c ORDER BY c DESC))[1] - COALESCE((array_agg(c ORDER BY c DESC))[2], 0) < 0.1 * max(c)'
plain='SET mobanon.enable_kanon_scan = off'

magnitudes() { # magnitudes TITLE
	variant 'plain SQL: sum, threshold' ";;$(twice 'CASE WHEN count(*) >= 20 THEN sum(c) END')"
	variant 'plain SQL: sum, threshold and p% rule' ";;$(twice "CASE WHEN count(*) >= 20 AND NOT ($unsafe) THEN sum(c) END")"
	variant 'kanon_sum' ";;$(over 'mobanon.kanon_sum(pseudonym, minutes, 20, 240)')"
	variant 'kanon_sum, kanon_avg' ";;$(over 'mobanon.kanon_sum(pseudonym, minutes, 20, 240) + mobanon.kanon_avg(pseudonym, minutes, 20, 240)')"
	variant 'kanon_diverse' ";;$(over 'mobanon.kanon_diverse(pseudonym, home, 20, 2)')"
	variant 'kanon_suppress, HashAggregate' "$plain;;$(over 'mobanon.kanon_suppress(pseudonym, 20)')"
	variant 'kanon_suppress, KanonScan' ";;$(over 'mobanon.kanon_suppress(pseudonym, 20)')"
	[ "$1" = "$small" ] || variant 'kanon_sum, 2 workers' "SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;;$(over 'mobanon.kanon_sum(pseudonym, minutes, 20, 240)')"
	compare "$1" 'plain SQL: sum, threshold'
	target "$1" 'kanon_sum' '<' 1
	variant 'plain SQL: median, threshold' ";;$(twice 'CASE WHEN count(*) >= 20 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY c) END')"
	variant 'kanon_quantile' ";;$(over 'mobanon.kanon_quantile(pseudonym, minutes, 0.5, 20, 240)')"
	compare "$1: median" 'plain SQL: median, threshold'
	target "$1: median" 'kanon_quantile' '<' 1
}
small='Groups of some events: cell and day'
group='cell, bucket'
magnitudes "$small"
group=region
magnitudes 'A few huge groups: 14 regions'
