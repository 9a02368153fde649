#!/usr/bin/env bash
# Trips and flows beside plain SQL.  Trips: from the stays of a subject, beside lead() over the same stays.  Flows: in areas as fine as k allows, beside the
# same rule in plain SQL (test/property/flow_oracle.sql), and beside one resolution suppressed, which is one GROUP BY.  ROWS trips; memory at 1 and 10 times as many.
ROWS=${ROWS:-1000000}
SUBJECTS=${SUBJECTS:-$((ROWS / 5))}
source "$(dirname "$0")/lib.sh"
bench_init

# Trips over seven days between 3,000 places in clusters, most of them short.
trip_table() { # trip_table NAME ROWS SUBJECTS
	bench_sql -v name="$1" -v rows="$2" -v subjects="$3" <<'SQL'
CREATE UNLOGGED TABLE :name AS
SELECT md5(s::text)::uuid AS pseudonym, timestamptz '2026-03-02 00:00+01' + (i % 7) * interval '1 day' AS bucket,
	mobanon.coarsen_cell(48.0 + (f % 55) * 0.01, 11.0 + f / 55 * 0.01, '500m') AS origin, mobanon.coarsen_cell(48.0 + (t % 55) * 0.01, 11.0 + t / 55 * 0.01, '500m') AS destination
FROM (SELECT i, (:subjects * power((h1 & 1048575) / 1048576::float8, 1.3))::bigint AS s, (3000 * power((h2 & 65535) / 65536::float8, 2.5))::int AS f,
		(3000 * power(((h2 >> 16) & 65535) / 65536::float8, 2.5))::int AS t
	FROM (SELECT i, abs(hashint8extended(i, 1)) AS h1, abs(hashint8extended(i, 2)) AS h2 FROM generate_series(1, :rows) AS i) AS h) AS r;
VACUUM ANALYZE :name;
SQL
}
say "bench: $ROWS trips of $SUBJECTS subjects"
trip_table trip "$ROWS" "$SUBJECTS"

# ---- flows -------------------------------------------------------------------
ladder="'{500m,1km,5km,10km}'"
flows() { echo "SELECT count(*), sum((f).subjects) FROM (SELECT unnest(mobanon.kanon_flows(pseudonym, origin, destination, 100, $ladder)) AS f FROM ${1:-trip} GROUP BY bucket ${2:-}) AS g"; }
roots=", mobanon.coarsen_cell(origin, '10km'), mobanon.coarsen_cell(destination, '10km')"
title="Flows of a week: by day, k = 100"
variant 'count(DISTINCT) at 500m' ";;SELECT count(*), sum(n) FROM (SELECT count(DISTINCT pseudonym) AS n FROM trip GROUP BY bucket, origin, destination HAVING count(DISTINCT pseudonym) >= 100) AS g"
variant 'kanon_suppress at 500m' ";;SELECT count(*), sum(n) FROM (SELECT mobanon.kanon_suppress(pseudonym, 100) AS n FROM trip GROUP BY bucket, origin, destination) AS g WHERE n IS NOT NULL"
variant 'kanon_flows' ";;$(flows)"
variant 'kanon_flows, by root' ";;$(flows trip "$roots")"
variant 'kanon_flows, by root, 4 MB' "SET work_mem = '4MB';;$(flows trip "$roots")"
compare "$title"
target "$title" 'kanon_flows' '<' 1

# The same rule in plain SQL writes tables: a tenth of the trips.
trip_table fewer "$((ROWS / 10))" "$((SUBJECTS / 10))"
bench_sql -f "$TOP/test/property/flow_oracle.sql" -c "CREATE TABLE made_trip AS SELECT extract(day FROM bucket AT TIME ZONE 'UTC')::int AS grp, pseudonym AS subject, ARRAY[origin, destination] AS cells FROM fewer" -c 'VACUUM ANALYZE made_trip'
title="Flows of a week, a tenth of the trips, k = 20"
variant 'the same rule in plain SQL' "SET client_min_messages = warning;;CALL make_want(20, $ladder, 4, 5)"
variant 'kanon_flows' ";;$(flows fewer | sed 's/100/20/')"
ROUNDS=3 compare "$title"
target "$title" 'kanon_flows' '<' 0.33

# ---- trips -------------------------------------------------------------------
bench_sql <<'SQL'
CREATE UNLOGGED TABLE stayed AS
SELECT pseudonym, array_agg(ROW(cell, at, at + interval '40 minutes', 5)::mobanon.stay ORDER BY at) AS stays
FROM (SELECT pseudonym, origin AS cell, '2026-03-02'::timestamptz + row_number() OVER (PARTITION BY pseudonym ORDER BY bucket, origin, destination) * interval '1 hour' AS at FROM trip) AS s GROUP BY pseudonym;
VACUUM ANALYZE stayed;
SQL
title="Trips from stays"
variant 'lead() over unnested stays' ";;SELECT count(*), count(destination) FROM (SELECT pseudonym, cell AS origin, lead(cell) OVER w AS destination, departure, lead(arrival) OVER w AS arrival FROM stayed, unnest(stays) AS s WINDOW w AS (PARTITION BY pseudonym ORDER BY arrival)) AS t WHERE origin OPERATOR(mobanon.<>) destination AND arrival - departure <= '2 hours'"
variant 'trips()' ";;SELECT count(*), count(destination) FROM stayed, unnest(mobanon.trips(stays)) AS t"
variant 'trips(), two a day by lot' ";;SELECT count(*), count(destination) FROM stayed, unnest(mobanon.trips(stays, '2 hours', 2, pseudonym, 'Europe/Berlin')) AS t"
compare "$title"
target "$title" 'trips()' '<' 0.5

# ---- memory ------------------------------------------------------------------
# The most that one backend used beyond its start, in MB.
memory_of() {
	bench_sql -At <<SQL | tail -1
SET work_mem = '4MB';
SELECT 0 AS before;
\\o /dev/null
$1;
\\o
SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\\s+(\\d+)'))[1]::int / 1024 - (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'RssShmem:\\s+(\\d+)'))[1]::int / 1024;
SQL
}
for n in 1 ${MORE:-10}; do
	rows=$((ROWS * n))
	[ "$n" = 1 ] || { bench_sql -c 'DROP TABLE trip'; trip_table trip "$rows" "$((SUBJECTS * n))"; }
	echo "memory at $rows trips: by bucket $(memory_of "$(flows)") MB, by bucket and root $(memory_of "$(flows trip "$roots")") MB" | tee -a "$RESULTS/$BENCH.md"
done
