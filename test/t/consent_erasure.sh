#!/usr/bin/env bash
# erase_subject(): afterwards the number is nowhere in the database, not in a row, an index, a seal or the planner's
# statistics; what is kept says nothing without number and root key; who gets the number next starts afresh.
source "$(dirname "$0")/../tap.sh"
cluster_start erasure "shared_preload_libraries = 'mobanon'"
createdb erasure
export PGDATABASE=erasure
number=491709876543 evidence=contract-of-491709876543 other=491709876544
sql >/dev/null <<SQL
CREATE EXTENSION mobanon;
SELECT mobanon.create_purpose('p', 'erasure'), mobanon.create_purpose('q', 'erasure', validity => '1 year');
CREATE TABLE events (subject text, at timestamptz);
SELECT mobanon.protect('events', 'subject', 'at');
SELECT mobanon.grant_consent(n, 'p', 'app', '2026-01-01', evidence => 'contract-of-' || n), mobanon.withdraw_consent(n, 'p', 'web', '2026-02-01', actor => 'clerk for ' || n),
	mobanon.grant_consent(n, 'p', 'app', '2026-03-01', evidence => 'contract-of-' || n), mobanon.grant_consent(n, 'q', 'app', '2026-01-01')
FROM unnest(ARRAY['$number', '$other']) AS n;
INSERT INTO mobanon.consent_import (subject, purpose, decided_at, evidence) VALUES ('$number', 'p', '2026-04-01', '$evidence');
SELECT mobanon.request_code('$number'), mobanon.redeem_code('$number', '000000');
SELECT mobanon.seal_ledger();
ANALYZE;
SQL
# Every row of every table of the database, and every file, that holds a word.
rows_with() { sql -c "SELECT count(*) FROM pg_class AS c, LATERAL (SELECT (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s AS t WHERE strpos(t::text, %L) > 0', c.oid::regclass, '$1'), false, true, '')))[1]::text::int AS n) AS x
	WHERE c.relkind IN ('r', 'm') AND n > 0"; }
files_with() { sql -c 'CHECKPOINT' >/dev/null; grep -rlF "$1" "$PGDATA_DIR/base/$(sql -c "SELECT oid FROM pg_database WHERE datname = 'erasure'")" | wc -l; }
ok "before: the number is in rows ($(rows_with $number)) and files ($(files_with $number))" [ "$(rows_with $number)" -ge 7 -a "$(files_with $number)" -ge 5 ]
report=$(sql -c "SELECT what || ': ' || outcome || COALESCE(' ' || entries, '') FROM mobanon.erase_subject('$number', 'request of 2026-05-01')")
is "$report" "number, evidence and actor in the ledger: erased 4
consent in force, rewards: erased 2
decisions in the ledger: purpose, kind, times, channel: kept 4
proof of consent: keyed hash of the number: kept 4
decisions that wait for their import: erased 1
codes, tokens and messages: erased 5
the planner's statistics: erased $(sed -n "s/^the planner's statistics: erased //p" <<<"$report")
events in public.events: kept
releases: kept
old versions of rows in files, WAL and backups: kept" 'it says what is erased and what is kept'
is "$(rows_with $number)" 0 'no row of any table has the number, nor the planner''s statistics'
sql -c 'VACUUM FULL' >/dev/null
is "$(files_with $number)" 0 'no file of the database has it, after VACUUM FULL: no table, index or seal'
ok 'the other number is there' [ "$(files_with $other)" -ge 5 ]
is "$(sql -c 'SELECT count(*) FROM mobanon.verify_ledger()')" 0 'the seals fit'
is "$(sql -c "SELECT mobanon.consented('$number', '2026-03-02', 'p')")" f 'consent is gone with it'

# The proof
is "$(sql -c "SELECT purpose, state, decided_at::date, channel FROM mobanon.consent_proof('$number') ORDER BY entry_id")" \
	$'p|granted|2026-01-01|app\np|withdrawn|2026-02-01|web\np|granted|2026-03-01|app\nq|granted|2026-01-01|app' 'who has the number and the key finds what was decided'
is "$(sql -c "SELECT count(*) FROM mobanon.consent_proof('$other')") $(sql -c "SELECT count(*) FROM mobanon.consent_proof('491709876545')")" '0 0' 'and no other number does'
is "$(sql -c "SELECT count(*) FROM mobanon.consent_ledger WHERE proof = ANY (ARRAY[(SELECT substr(encode(sha256('$number'), 'hex'), 1, 32)::uuid), md5('$number')::uuid])")" 0 'the hash is not one without a key'
key=$(cat "$PGDATA_DIR/mobanon_root.key")
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$PGDATA_DIR/mobanon_root.key"
like "$(sql -c "SELECT count(*) FROM mobanon.consent_proof('$number')" 2>&1)" 'root key' 'without the key nobody finds it'
not_ok 'and an erasure that would keep a proof is refused' sql -c "SELECT FROM mobanon.erase_subject('$other', 'request')"
ok 'one that keeps none needs no key' sql -c 'BEGIN' -c "SELECT FROM mobanon.erase_subject('$other', 'request', NULL)" -c 'ROLLBACK'
printf %s "$key" >"$PGDATA_DIR/mobanon_root.key"

# A second call, and the next person
is "$(sql -c "SELECT string_agg(outcome || ' ' || entries, ', ') FROM mobanon.erase_subject('$number', 'again') WHERE entries > 0")" 'kept 4' 'a second call finds nothing but the proof'
sql -c "SELECT mobanon.grant_consent('$number', 'p', 'app', '2026-06-01')" >/dev/null
is "$(sql -c "SELECT mobanon.consented('$number', '2026-06-02', 'p'), mobanon.consented('$number', '2026-05-31', 'p'), mobanon.consented('$number', '2026-03-02', 'p'), mobanon.consented('$number', '2026-06-02', 'q')")" \
	't|f|f|f' 'who gets the number next starts afresh'
sql -c "INSERT INTO mobanon.access_token VALUES (sha256('door'), '$number', true, '3', clock_timestamp(), clock_timestamp() + interval '1 hour')" >/dev/null
is "$(sql -c "SELECT string_agg(state || ' ' || COALESCE(decided_at::date::text, ''), ', ' ORDER BY purpose) FROM mobanon.decision('door')")" 'granted 2026-06-01, never asked ' 'and sees nothing of the one before'
is "$(sql -c "SELECT jsonb_array_length(mobanon.subject_access('door') -> 'decisions')")" 1 'nor in the report'
sql -c "SELECT FROM mobanon.erase_subject('$number', 'the next one', '1 millisecond')" -c 'SELECT pg_sleep(0.01)' >/dev/null
is "$(sql -c "SELECT count(*) FROM mobanon.consent_proof('$number')")" 4 'a proof is kept until its time'
is "$(sql -c 'SELECT mobanon.forget_proofs()') $(sql -c 'SELECT mobanon.forget_proofs()') $(sql -c 'SELECT count(*) FROM mobanon.consent_ledger WHERE proof IS NOT NULL')" '1 0 4' 'and then forgotten'
not_ok 'the ledger is append-only all the same' sql -c "UPDATE mobanon.consent_ledger SET proof = NULL, proof_until = NULL"

# A transaction that erases and then asks for many must leave no set behind that still has who was erased, whether it ends in COMMIT or in
# ROLLBACK: the set is read without the transaction's own changes.  3,000 numbers: few enough to be quick, enough to be shared.
sql >/dev/null <<'SQL'
SELECT mobanon.create_purpose('many', 'erasure', unproven_channels => '{import}');
INSERT INTO mobanon.consent_import (subject, purpose, decided_at) SELECT 491700000000 + i, 'many', '2026-01-01' FROM generate_series(1, 3000) AS i;
SELECT mobanon.import_consents();
CREATE TABLE asked AS SELECT (491700000000 + i)::text AS subject FROM generate_series(1, 3000) AS i;
SQL
asked="SELECT count(*), bool_or(subject = '491700002500'), bool_or(subject = '491700002600') FROM asked WHERE mobanon.consented(subject, '2026-02-01', 'many')"
erase() { echo "SELECT FROM mobanon.erase_subject('$1', 'request', NULL)"; }
is "$(sql -c BEGIN -c "$(erase 491700002500)" -c "$asked" -c COMMIT -c "$asked" | xargs)" '2999|f|t 2999|f|t' 'erase and ask: gone at once, and after COMMIT'
is "$(sql -c "$asked")" '2999|f|t' 'and in a new session'
is "$(sql -c BEGIN -c "$(erase 491700002600)" -c "$asked" -c ROLLBACK -c "$asked" | xargs)" '2998|f|f 2999|f|t' 'erase, ask and ROLLBACK: it is there again'
is "$(sql -c "$(erase 491700002600)" -c "$asked" | xargs)" '2998|f|f' 'another session erases: gone'
is "$(sql -c "$asked") $(sql -c BEGIN -c 'SAVEPOINT s' -c "$(erase 491700002700)" -c "$asked" -c 'ROLLBACK TO s' -c "$asked" -c COMMIT -c "$asked" | xargs)" \
	'2998|f|f 2997|f|f 2998|f|f 2998|f|f' 'erase, ask and ROLLBACK TO'
is "$(sql -c BEGIN -c 'SELECT FROM mobanon.rebuild_consent_state()' -c "$asked" -c COMMIT -c "$asked" | xargs) $(sql -c "$asked")" '2998|f|f 2998|f|f 2998|f|f' 'states made anew, and asked in the same transaction'
not_ok 'a reason that names the number is refused' sql -c "SELECT FROM mobanon.erase_subject('$other', 'request of $other')"
done_testing
