#!/usr/bin/env bash
# decision() and the rest of the customer's side for one subject among many: 200 subjects, one call each.
# Processor time, of a session's second statement.  CONSENTS=1000000.
source "$(dirname "$0")/lib.sh"
CONSENTS=${CONSENTS:-1000000}
CALLS=200
time_once() { time_cpu "$1"; }
bench_init
bench_sql -v consents="$CONSENTS" <<'SQL'
SELECT mobanon.create_purpose('retail', 'benchmark', unproven_channels => '{import}'), mobanon.create_purpose('traffic', 'benchmark') \g /dev/null
SELECT mobanon.create_reward_plan('retail', 2.50, 'EUR', starts_at => '2025-01-01') \g /dev/null
-- What import_consents() would write, at once and without its checks: fifty million need 40 GB.
ALTER TABLE mobanon.consent_ledger DISABLE TRIGGER apply_decisions;
INSERT INTO mobanon.consent_ledger (scope_id, subject, state, counts, decided_at, channel, actor, notice_version)
SELECT (SELECT scope_id FROM mobanon.consent_scope WHERE purpose = 'retail'), (491500000000 + i)::text, 'granted', true, '2025-01-01'::timestamptz + i % 500 * interval '1 day', 'import', 'benchmark', '1'
FROM generate_series(1, :consents) AS i;
ALTER TABLE mobanon.consent_ledger ENABLE ALWAYS TRIGGER apply_decisions;
INSERT INTO mobanon.consent_state (writer, scope_id, subject, decisions)
SELECT pg_current_xact_id(), (SELECT scope_id FROM mobanon.consent_scope WHERE purpose = 'retail'), (491500000000 + i)::text, ARRAY['2025-01-01'::timestamptz + i % 500 * interval '1 day', 'infinity']
FROM generate_series(1, :consents) AS i;
-- 20,000 publications, as an hourly pipeline has after two years; dated into the future, so that all of them are after the import
CREATE ROLE job;
SELECT mobanon.bind_purpose('retail', 'job'), mobanon.create_recipient('mall') \g /dev/null
CREATE TABLE events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.protect('events', 'subject', 'at') \g /dev/null
SELECT mobanon.create_pipeline('footfall', 'events', 'retail', starts_at => date_trunc('hour', now()) - interval '30 hours', recipients => '{mall}') \g /dev/null
SELECT mobanon.publish('footfall') \g /dev/null
CREATE TEMP TABLE one AS SELECT * FROM mobanon.publication;
INSERT INTO mobanon.publication SELECT (jsonb_populate_record(o, jsonb_build_object('publication', 1 + i, 'window_from', o.window_to + (i - 1) * interval '1 hour',
	'window_to', o.window_to + i * interval '1 hour', 'published_at', o.published_at + i * interval '1 hour'))).* FROM one AS o, generate_series(1, 20000) AS i;
CREATE TABLE asked AS SELECT (491500000000 + i * (:consents / 200))::text AS subject, 'door of ' || i AS token FROM generate_series(1, 200) AS i;
INSERT INTO mobanon.access_token SELECT sha256(convert_to(token, 'UTF8')), subject, true, '3', now(), now() + interval '1 day' FROM asked;
VACUUM ANALYZE;
SQL
[ "$(bench_sql -Atc "SELECT count(*) FROM asked, mobanon.decision(token) WHERE in_force")" -gt 0 ] || die 'nobody consents'
variant 'decision' 'SELECT count(*) FROM asked AS a, LATERAL (SELECT * FROM mobanon.decision(a.token) OFFSET 0) AS d'
variant 'reward_balance' 'SELECT count(*) FROM asked AS a, LATERAL (SELECT * FROM mobanon.reward_balance(a.token) OFFSET 0) AS d'
variant 'consented, 200 look-ups' "SELECT count(*) FROM asked AS a WHERE mobanon.consented(a.subject, now(), 'retail')"
compare "$CALLS calls among $CONSENTS consents; milliseconds of processor time for all, so 1000 are 5 a call" 'decision'
# Nothing is read from end to end: what the 200 calls of decision() read, by scans of the two large tables.
bench_sql -Atc 'SELECT pg_stat_reset()' >/dev/null
bench_sql -Atc 'SELECT count(*) FROM asked AS a, LATERAL (SELECT * FROM mobanon.decision(a.token) OFFSET 0) AS d' >/dev/null
scans=$(bench_sql -Atc 'SELECT pg_sleep(1)' -c "SELECT string_agg(format('%s: %s sequential scans, %s index scans', relname, seq_scan, idx_scan), '; ' ORDER BY relname)
	FROM pg_stat_user_tables WHERE relname IN ('consent_ledger', 'consent_state')" | tail -1)
echo "$CALLS calls of decision(): $scans" | tee -a "$RESULTS/$BENCH.md"
[[ $scans != *': '[1-9]*' sequential'* ]] || die 'decision() reads a table from end to end'
