#!/usr/bin/env bash
# consented() while others decide: every reader compares it, in one statement and so
# under one snapshot, with what consent_state says.  Writers commit, roll back,
# roll back to savepoints and erase; readers read committed, repeatably, in parallel.
# STRESS=seconds (10).
source "$(dirname "$0")/../tap.sh"
STRESS=${STRESS:-10}
for mode in preload plain; do
	if [ $mode = preload ]; then
		cluster_start stress_$mode "shared_preload_libraries = 'mobanon'" "max_worker_processes = 16"
	else
		cluster_start stress_$mode "max_worker_processes = 16"
	fi
	createdb stress
	export PGDATABASE=stress
	sql <<'SQL' >/dev/null
CREATE EXTENSION mobanon;
SET client_min_messages = error;
SELECT mobanon.create_purpose('p', 'stress'), mobanon.create_purpose('validity', 'stress', validity => '1 second');
CREATE TABLE subject AS SELECT CASE WHEN i % 5 = 0 THEN 'name-' || i ELSE (491500000000 + i)::text END AS s FROM generate_series(1, 20000) AS i;
INSERT INTO mobanon.consent_import (subject, purpose, channel, decided_at)
SELECT s, p, 'app', '2026-01-01' FROM subject, unnest(ARRAY['p', 'validity']) AS p WHERE hashtext(s) % 10 < 6;
SELECT mobanon.import_consents();
ANALYZE;
CREATE FUNCTION wrong(p text) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE n bigint; BEGIN
	-- the purpose as a constant, as in a policy, and as a parameter
	EXECUTE format('SELECT count(*) FROM subject AS u
		LEFT JOIN (SELECT t.* FROM mobanon.consent_state AS t JOIN mobanon.consent_scope AS c USING (scope_id) WHERE c.purpose = $1) AS t ON t.subject = u.s
		CROSS JOIN LATERAL (SELECT COALESCE(mobanon.consent_open(t.decisions) AND mobanon.consent_intervals(t.decisions) @> statement_timestamp(), false)) AS x (right_answer)
		WHERE mobanon.consented(u.s, statement_timestamp(), %1$L) <> right_answer OR mobanon.consented(u.s, statement_timestamp(), $1) <> right_answer
		OR CASE WHEN u.s LIKE ''4%%'' THEN mobanon.consented(u.s::bigint, statement_timestamp(), %1$L) <> right_answer END', p) INTO n USING p;
	RETURN n;
END $$;
CREATE FUNCTION must_be_right(p text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE n bigint := wrong(p); BEGIN IF n > 0 THEN RAISE EXCEPTION '% wrong answers', n; END IF; END $$;
SQL
	cat >"$WORK/write.sql" <<'SQL'
\set i random(1, 20000)
\set what random(1, 20)
\set j random(1, 200)
BEGIN;
SELECT CASE WHEN :what % 2 = 0 THEN mobanon.withdraw_consent(s, 'p', 'app') ELSE mobanon.grant_consent(s, 'p', 'app') END FROM (SELECT s FROM subject OFFSET :i - 1 LIMIT 1) AS one;
\if :what > 17
SAVEPOINT a;
SELECT mobanon.withdraw_consent(s, 'p', 'app') FROM (SELECT s FROM subject OFFSET :j * 90 LIMIT 10) AS ten;
SELECT must_be_right('p');
ROLLBACK TO a;
SELECT must_be_right('p');
\endif
\if :what = 13
ROLLBACK;
\elif :what = 14
SELECT mobanon.erase_subject(s, 'stress') FROM (SELECT s FROM subject OFFSET :i - 1 LIMIT 1) AS one;
COMMIT;
\else
COMMIT;
\endif
SQL
	cat >"$WORK/read.sql" <<'SQL'
SELECT must_be_right('p');
SELECT must_be_right('validity');
SQL
	cat >"$WORK/repeat.sql" <<'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT must_be_right('p');
\sleep 50 ms
SELECT must_be_right('p');
COMMIT;
SQL
	run() { pgbench -n -T "$STRESS" "$@" stress; }
	run -c 2 --max-tries=100 -f "$WORK/write.sql" >"$WORK/write.log" 2>&1 & writers=$!
	run -c 2 -f "$WORK/read.sql" >"$WORK/read.log" 2>&1 & readers=$!
	run -c 1 -f "$WORK/repeat.sql" >"$WORK/repeat.log" 2>&1 & repeaters=$!
	PGOPTIONS='-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0 -c max_parallel_workers_per_gather=2' \
		run -c 1 -f "$WORK/read.sql" >"$WORK/parallel.log" 2>&1 & workers=$!
	# every connection a new session: nothing in memory but what is shared
	run -C -c 1 -f "$WORK/read.sql" >"$WORK/new.log" 2>&1 & news=$!
	wait $writers $readers $repeaters $workers $news || true
	for who in write read repeat parallel new; do
		done_=$(sed -n 's/.*actually processed: \([0-9]*\).*/\1/p' "$WORK/$who.log")
		unlike "$(cat "$WORK/$who.log")" 'ERROR|aborted|FATAL' "$mode: no wrong answer in $who"
		[ "${done_:-0}" -gt 3 ] && result 0 "$mode: $who came to something" || result 1 "$mode: $who came to something" "$(tail -5 "$WORK/$who.log")"
		note "$mode, $who: ${done_:-0} transactions"
	done
	cluster_stop stress_$mode
done
done_testing
