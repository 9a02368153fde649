#!/usr/bin/env bash
# consented() in a policy: an aggregate scan and a point look-up through it, beside
# no policy and beside the two policies a DBA would write by hand; the import of consents.
source "$(dirname "$0")/lib.sh"
IMPORTS=${IMPORTS:-$((SUBJECTS * 10))}
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql <<'SQL'
CREATE ROLE job;
CREATE ROLE hand_subquery;
CREATE ROLE hand_function;
SELECT mobanon.create_purpose('retail', 'benchmark', unproven_channels => '{import}') \g /dev/null
SELECT mobanon.bind_purpose('retail', 'job') \g /dev/null
CREATE INDEX ON events (subject);
-- The same rows without a policy.
CREATE UNLOGGED TABLE open_events AS TABLE events;
CREATE INDEX ON open_events (subject);
CREATE UNLOGGED TABLE number_events AS SELECT subject_number + 491500000000 AS subject, at, latitude FROM events;
VACUUM ANALYZE open_events;
INSERT INTO mobanon.consent_import (subject, purpose, decided_at)
SELECT subject, 'retail', '2026-01-01' FROM (SELECT DISTINCT subject, subject_number FROM events) AS s WHERE subject_number % 10 < 6;
SELECT * FROM mobanon.import_consents();
VACUUM ANALYZE mobanon.consent_state;
VACUUM ANALYZE mobanon.consent_ledger;
-- What a DBA would write by hand: a table of who consents.
CREATE TABLE consenting AS SELECT DISTINCT subject FROM mobanon.consent_state;
CREATE UNIQUE INDEX ON consenting (subject);
VACUUM ANALYZE consenting;
CREATE FUNCTION consents(s text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ SELECT EXISTS (SELECT FROM consenting AS c WHERE c.subject = s) $$;
SELECT mobanon.protect('events', 'subject', 'at') \g /dev/null
SELECT mobanon.protect('number_events', 'subject', 'at') \g /dev/null
CREATE POLICY by_subquery ON events FOR SELECT TO hand_subquery USING (subject IN (SELECT c.subject FROM consenting AS c));
-- VOLATILE plpgsql is not inlined either; a SQL function in a policy is not.
CREATE POLICY by_function ON events FOR SELECT TO hand_function USING (consents(subject));
GRANT SELECT ON events, open_events, number_events TO job, hand_subquery, hand_function;
GRANT SELECT ON consenting TO hand_subquery, hand_function;
SQL
scan='count(*), sum(latitude)'
for workers in 0 2; do
	set="SET max_parallel_workers_per_gather = $workers; SET min_parallel_table_scan_size = 0; SET work_mem = '512MB'"
	variant 'no policy' "$set;;SELECT $scan FROM open_events"
	variant 'consented(), new session' "$set; SET ROLE job;;SELECT $scan FROM events"
	variant 'consented(), open session' "$set; SET ROLE job; SELECT $scan FROM events;;SELECT $scan FROM events"
	variant 'consented(), number' "$set; SET ROLE job; SELECT $scan FROM number_events;;SELECT $scan FROM number_events"
	variant 'IN-subquery policy, 512 MB' "$set; SET ROLE hand_subquery;;SELECT $scan FROM events"
	compare "Aggregate scan, $workers workers"
	target "Aggregate scan, $workers workers" 'consented(), open session' '<' 1.35
done
# The same with a little more to do per row: events per hour.
hours="date_bin('1 hour', at, '2000-01-01') AS hour, count(*), avg(latitude)"
variant 'no policy' "SELECT $hours FROM open_events GROUP BY 1"
variant 'consented(), open session' "SET ROLE job; SELECT $scan FROM events;;SELECT $hours FROM events GROUP BY 1"
compare 'Events per hour, 0 workers'
target 'Events per hour, 0 workers' 'consented(), open session' '<' 1.35

# A policy with a SQL function takes minutes for ten million rows: a tenth of them, once.
if [ -z "${QUICK:-}" ]; then
	variant 'no policy' "SELECT $scan FROM (SELECT latitude FROM open_events LIMIT $((ROWS / 10))) AS e"
	variant 'SQL function policy' "SET ROLE hand_function;;SELECT $scan FROM (SELECT latitude FROM events LIMIT $((ROWS * 6 / 100))) AS e"
	rounds=$ROUNDS ROUNDS=1
	compare 'A tenth of the rows through a SQL function'
	ROUNDS=$rounds
fi
bench_sql -c "CREATE TABLE asked AS SELECT (491500000000 + i * 7)::text AS subject FROM generate_series(1, 2000) AS i" -c 'GRANT SELECT ON asked TO job' -c 'VACUUM ANALYZE asked'
point='SELECT count(*), sum(l.latitude) FROM asked AS a, LATERAL (SELECT latitude FROM events AS e WHERE e.subject = a.subject OFFSET 0) AS l'
variant 'no policy' "${point/events AS e/open_events AS e}"
variant 'consented()' "SET ROLE job;;$point"
compare '2000 point look-ups in one statement'
target '2000 point look-ups in one statement' 'consented()' '<' 1.3

# One look-up a statement, as an application sends it; pgbench, in turns.
bench_sql -c 'ALTER ROLE job LOGIN'
cat >"$WORK/point.sql" <<'SQL'
\set s random(1, 499999)
SELECT sum(latitude) FROM events WHERE subject = (491500000000 + :s)::text;
SQL
sed 's/FROM events/FROM open_events/' "$WORK/point.sql" >"$WORK/open.sql"
point_us() { pgbench -n -M prepared -U job -f "$1" -T 3 bench 2>/dev/null | awk '/latency average/ {print $4 * 1000}'; }
declare -A us=()
for ((r = 0; r < ROUNDS; r++)); do
	us[open]+="$(point_us "$WORK/open.sql")"$'\n'
	us[policy]+="$(point_us "$WORK/point.sql")"$'\n'
done
a=$(printf '%s' "${us[open]}" | median) b=$(printf '%s' "${us[policy]}" | median)
RATIO['Point look-up, a statement each/consented()']=$(awk -v a="$a" -v b="$b" 'BEGIN{printf "%.3f", b / a}')
printf '## Point look-up, a statement each\n\nno policy %s us, consented() %s us\n\n' "$a" "$b" | tee -a "$RESULTS/$BENCH.md"
target 'Point look-up, a statement each' 'consented()' '<' 1.3

# Import, beside COPY of as many rows into a table with one index.
bench_sql -c "COPY (SELECT (491600000000 + i)::text, 'retail', timestamptz '2026-01-01' FROM generate_series(1, $IMPORTS) AS i) TO STDOUT" >"$WORK/consents"
chmod 644 "$WORK/consents"
bench_sql -c 'CREATE TABLE plain (subject text, purpose text, decided_at timestamptz)' -c 'CREATE INDEX ON plain (subject)'
seconds() { local from to; from=$(date +%s.%N); bench_sql -c "$1" >/dev/null; to=$(date +%s.%N); awk -v a="$from" -v b="$to" 'BEGIN{print b - a}'; }
copy=$(seconds "COPY plain FROM '$WORK/consents'")
stage=$(seconds "COPY mobanon.consent_import (subject, purpose, decided_at) FROM '$WORK/consents'")
import=$(seconds 'SELECT * FROM mobanon.import_consents()')
awk -v n="$IMPORTS" -v c="$copy" -v s="$stage" -v i="$import" 'BEGIN {
	printf "## Import of %d consents\n\n| step | s | rows a second |\n| --- | ---: | ---: |\n", n
	printf "| COPY into a table with one index | %.1f | %d |\n| COPY into consent_import | %.1f | %d |\n| import_consents() | %.1f | %d |\n\n", c, n / c, s, n / s, i, n / i }' | tee -a "$RESULTS/$BENCH.md"
