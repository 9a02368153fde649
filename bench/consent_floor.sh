#!/usr/bin/env bash
# How much of the price of consented() in a scan is that of any predicate?  Beside no condition: a comparison of
# PostgreSQL's own, an empty C function, one that lets six of ten rows pass by a digit, and consented(), which lets the
# same rows pass.  Processor time of the backend, so that other load on the machine counts less.  ROWS=2000000.
ROWS=${ROWS:-2000000}
source "$(dirname "$0")/lib.sh"
bench_init
events_table "$ROWS" "$SUBJECTS"
gcc -O2 -fPIC -shared -I"$("$PG_CONFIG" --includedir-server)" -o "$WORK/empty_predicate.so" "$TOP/bench/empty_predicate.c"
chmod 755 "$WORK/empty_predicate.so"
bench_sql -v so="$WORK/empty_predicate.so" <<'SQL'
CREATE ROLE job;
SELECT mobanon.create_purpose('retail', 'benchmark', unproven_channels => '{import}') \g /dev/null
SELECT mobanon.bind_purpose('retail', 'job') \g /dev/null
CREATE UNLOGGED TABLE open_events AS TABLE events;
CREATE UNLOGGED TABLE number_events AS SELECT subject_number + 491500000000 AS subject, at, latitude FROM events;
CREATE UNLOGGED TABLE open_numbers AS TABLE number_events;
INSERT INTO mobanon.consent_import (subject, purpose, decided_at)
SELECT subject, 'retail', '2026-01-01' FROM (SELECT DISTINCT subject, subject_number FROM events) AS s WHERE subject_number % 10 < 6;
SELECT * FROM mobanon.import_consents() \g /dev/null
SELECT mobanon.protect('events', 'subject', 'at'), mobanon.protect('number_events', 'subject', 'at') \g /dev/null
GRANT SELECT ON events, number_events TO job;
CREATE FUNCTION always(text, timestamptz, text) RETURNS boolean LANGUAGE c STABLE PARALLEL SAFE AS :'so', 'always';
CREATE FUNCTION always(bigint, timestamptz, text) RETURNS boolean LANGUAGE c STABLE PARALLEL SAFE AS :'so', 'always';
CREATE FUNCTION six_of_ten(text, timestamptz, text) RETURNS boolean LANGUAGE c STABLE PARALLEL SAFE AS :'so', 'six_of_ten_text';
CREATE FUNCTION six_of_ten(bigint, timestamptz, text) RETURNS boolean LANGUAGE c STABLE PARALLEL SAFE AS :'so', 'six_of_ten_bigint';
VACUUM ANALYZE;
SQL
time_once() { time_cpu "$1"; }
scan='count(*), sum(latitude)'
for kind in text number; do
	if [ $kind = text ]; then open=open_events closed=events; else open=open_numbers closed=number_events; fi
	variant 'no condition' "SELECT $scan FROM $open"
	variant 'at > constant' "SELECT $scan FROM $open WHERE at > '2000-01-01'"
	variant 'empty C function (all pass)' "SELECT $scan FROM $open WHERE always(subject, at, 'retail')"
	variant 'a digit (60 % pass)' "SELECT $scan FROM $open WHERE six_of_ten(subject, at, 'retail')"
	variant 'consented() (60 % pass)' "SET ROLE job;;SELECT $scan FROM $closed"
	compare "Subjects as $kind, processor time"
	target "Subjects as $kind, processor time" 'consented() (60 % pass)' '<' 1.35
done
# In nanoseconds a row: what the predicate costs, what any costs that lets as many pass, and what 1.35 leaves for both.
awk -F, -v rows="$ROWS" 'NR > 1 {kind = $2; sub(/,.*/, "", kind); ms[$2, $(NF - 4)] = $(NF - 3); if ($(NF - 4) ~ /no condition/) base = $(NF - 3)
	if ($(NF - 4) ~ /a digit/) digit = $(NF - 3)
	if ($(NF - 4) ~ /consented/) printf "%s: consented() %.0f ns a row, a digit %.0f ns; 1.35 leaves %.0f ns\n\n", substr($2, 2), ($(NF - 3) - base) / rows * 1e6, (digit - base) / rows * 1e6, 0.35 * base / rows * 1e6}' \
	"$RESULTS/$BENCH.csv" | tee -a "$RESULTS/$BENCH.md"
