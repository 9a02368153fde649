#!/usr/bin/env bash
# Stored subject sets: hours into days without the events, beside counting the events again; what they take.
source "$(dirname "$0")/lib.sh"
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql <<'SQL'
CREATE UNLOGGED TABLE pseudonymized AS
SELECT mobanon.coarsen_cell(latitude, longitude, '10km') AS cell, date_trunc('hour', at) AS bucket,
	(substr(md5(subject), 1, 12) || '8' || substr(md5(subject), 14, 3) || 'a' || substr(md5(subject), 18))::uuid AS pseudonym
FROM events;
DROP TABLE events;
VACUUM ANALYZE pseudonymized;
CREATE UNLOGGED TABLE hourly AS SELECT cell, bucket, mobanon.subject_set_agg(pseudonym) AS subjects FROM pseudonymized GROUP BY cell, bucket;
VACUUM ANALYZE hourly;
SQL
day="cell, date_trunc('day', bucket, 'UTC')"
variant 'events again, count(DISTINCT)' "SELECT count(*), count(n) FROM (SELECT $day, count(DISTINCT pseudonym) AS n FROM pseudonymized GROUP BY 1, 2 HAVING count(DISTINCT pseudonym) >= 20 OFFSET 0) AS g"
variant 'events again, KanonScan' "SELECT count(*), count(n) FROM (SELECT $day, mobanon.kanon_suppress(pseudonym, 20) AS n FROM pseudonymized GROUP BY 1, 2 OFFSET 0) AS g"
variant 'stored sets merged' "SELECT count(*), count(n) FROM (SELECT $day, mobanon.kanon_suppress(subjects, 20) AS n FROM hourly GROUP BY 1, 2 OFFSET 0) AS g"
variant 'making the sets' "SELECT count(*) FROM (SELECT cell, bucket, mobanon.subject_set_agg(pseudonym) AS s FROM pseudonymized GROUP BY cell, bucket OFFSET 0) AS g"
compare 'Hours into days, 10 km' 'events again, KanonScan'
bench_sql -Atc "SELECT format('sets: %s, of %s subjects; %s bytes a subject; table %s, events %s', count(*), sum(mobanon.cardinality(subjects)),
	round(sum(pg_column_size(subjects))::numeric / sum(mobanon.cardinality(subjects)), 1), pg_size_pretty(pg_total_relation_size('hourly')), pg_size_pretty(pg_total_relation_size('pseudonymized'))) FROM hourly" | tee -a "$RESULTS/$BENCH.md"
