#!/usr/bin/env bash
# consented() in a policy while customers withdraw and grant, RATE decisions a
# second (1,000 by default): the scan as in bench/consent.sh, quiet and busy, and
# what the decisions alone take from the same scan without a policy.
source "$(dirname "$0")/lib.sh"
RATE=${RATE:-1000}
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql >/dev/null <<'SQL'
CREATE ROLE job;
SELECT mobanon.create_purpose('retail', 'benchmark', unproven_channels => '{import}');
SELECT mobanon.bind_purpose('retail', 'job');
CREATE UNLOGGED TABLE open_events AS TABLE events;
VACUUM ANALYZE open_events;
INSERT INTO mobanon.consent_import (subject, purpose, decided_at)
SELECT subject, 'retail', '2026-01-01' FROM (SELECT DISTINCT subject, subject_number FROM events) AS s WHERE subject_number % 10 < 6;
SELECT mobanon.import_consents();
VACUUM ANALYZE mobanon.consent_state;
SELECT mobanon.protect('events', 'subject', 'at');
GRANT SELECT ON events, open_events TO job;
SQL
cat >"$WORK/decide.sql" <<SQL
\set s random(0, $SUBJECTS)
\set what random(0, 1)
\if :what
SELECT mobanon.withdraw_consent((491500000000 + :s)::text, 'retail', 'app');
\else
SELECT mobanon.grant_consent((491500000000 + :s)::text, 'retail', 'app');
\endif
SQL
scan='count(*), sum(latitude)'
both() {
	variant 'no policy' ";;SELECT $scan FROM open_events"
	variant 'consented(), open session' "SET ROLE job; SELECT $scan FROM events;;SELECT $scan FROM events"
}
both; compare 'Aggregate scan, nobody decides'
pgbench -n -c 2 -R "$RATE" -T 100000 -f "$WORK/decide.sql" bench >"$WORK/decide.log" 2>&1 & decider=$!
sleep 2
before=$(bench_sql -Atc 'SELECT count(*) FROM mobanon.consent_ledger') start=$(date +%s%N)
both; compare "Aggregate scan, while $RATE decisions a second are asked for"
after=$(bench_sql -Atc 'SELECT count(*) FROM mobanon.consent_ledger')
kill $decider; wait $decider 2>/dev/null || true
echo "decisions a second meanwhile: $(((after - before) * 1000 / (($(date +%s%N) - start) / 1000000)))" | tee -a "$RESULTS/$BENCH.md"
