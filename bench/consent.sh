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
CREATE POLICY by_subquery ON events FOR SELECT TO hand_subquery USING (subject IN (SELECT c.subject FROM consenting AS c));
-- VOLATILE plpgsql is not inlined either; a SQL function in a policy is not.
CREATE POLICY by_function ON events FOR SELECT TO hand_function USING (consents(subject));
GRANT SELECT ON events, open_events TO job, hand_subquery, hand_function;
GRANT SELECT ON consenting TO hand_subquery, hand_function;
SQL
scan='count(*), sum(latitude)'
for workers in 0 2; do
	set="SET max_parallel_workers_per_gather = $workers; SET min_parallel_table_scan_size = 0"
	variant 'no policy' "$set;;SELECT $scan FROM open_events"
	variant 'consented()' "$set; SET ROLE job; SELECT mobanon.consented('1', now(), 'retail');;SELECT $scan FROM events"
	variant 'consented(), preread' "$set; SET ROLE job; SELECT $scan FROM events;;SELECT $scan FROM events"
	variant 'IN-subquery policy, 512 MB' "$set; SET ROLE hand_subquery;;SELECT $scan FROM events"
	compare "Aggregate scan, $workers workers"
	target "Aggregate scan, $workers workers" 'consented(), preread' '<' 1.35
done
if [ -n "${SLOW:-}" ]; then
	variant 'no policy' "SELECT $scan FROM open_events"
	variant 'SQL function policy' "SET ROLE hand_function;;SELECT $scan FROM events"
	ROUNDS=1 compare 'Aggregate scan through a SQL function'
fi
point="SELECT count(*) FROM generate_series(1, 2000) AS i, LATERAL (SELECT latitude FROM events AS e WHERE e.subject = (491500000000 + i * 7)::text OFFSET 0) AS l"
variant 'no policy' "SET jit = off;;${point/events AS e/open_events AS e}"
variant 'consented(), look-ups' "SET ROLE job;;$point"
compare '2000 point look-ups in one statement'
target '2000 point look-ups in one statement' 'consented(), look-ups' '<' 1.3
