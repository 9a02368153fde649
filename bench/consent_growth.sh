#!/usr/bin/env bash
# consented() with more and more consenting subjects: bytes per subject, the first question of all, of a new
# session, in an open session, and after a withdrawal.  SIZES="500000 5000000 50000000"; 50 million need 15 GB of
# disk.  States are written as import_consents() writes them, without their ledger, which consented() does not read.
ROUNDS=1
source "$(dirname "$0")/lib.sh"
SIZES=${SIZES:-500000 5000000 50000000}
BATCH=5000000
bench_init
bench_sql -c "SELECT FROM mobanon.create_purpose('retail', 'benchmark', unproven_channels => '{import}')" >/dev/null
# Six of ten numbers consent; since any day of two years.
states() { # states FROM TO
	bench_sql -c "INSERT INTO mobanon.consent_state (writer, scope_id, subject, decisions)
		SELECT pg_current_xact_id(), (SELECT scope_id FROM mobanon.consent_scope), (491500000000 + i / 6 * 10 + i % 6)::text,
			ARRAY['2024-01-01'::timestamptz + hashint8(i) % 365 * interval '1 day' + interval '1 year', 'infinity']
		FROM generate_series($1, $2 - 1) AS i"
}
# Milliseconds for the statements of a session, one a line: waiting included, and processor time.
session() {
	local sql
	{
		echo '\o /dev/null' ; echo 'SELECT 1;' ; echo '\o'
		echo 'SELECT pg_backend_pid() AS pid \gset' ; echo '\setenv PID :pid'
		for sql in "$@"; do
			echo '\! cut -d" " -f1 /proc/$PID/schedstat | sed "s/^/CPU /"'
			printf '\\timing on\n\\o /dev/null\n%s;\n\\o\n\\timing off\n' "$sql"
			echo '\! cut -d" " -f1 /proc/$PID/schedstat | sed "s/^/CPU /"'
		done
		echo '\! grep /dev/shm/PostgreSQL /proc/$PID/maps | sed "s/^/MAP /"'
	} | bench_sql -At | tee "$WORK/session" | awk '/^CPU/ {if (n++ % 2) print wall, ($2 - before) / 1e6; before = $2} /^Time:/ {wall = $2}'
}
# What a session has mapped of dynamic shared memory, in bytes.
mapped() { awk '/^MAP/ {print $2}' "$WORK/session" | while IFS=- read -r from to; do echo $((0x$to - 0x$from)); done | awk '{n += $1} END {print n + 0}'; }
line() { sed -n "${2}p" <<<"$1" | awk '{printf "%.0f (%.0f)", $1, $2}'; }
csv() { sed -n "${2}p" <<<"$1" | tr ' ' ','; }
echo 'subjects,shared_bytes,bytes_per_subject,first_ms,first_cpu_ms,new_session_ms,new_session_cpu_ms,open_session_ms,open_session_cpu_ms,after_withdrawal_ms,after_withdrawal_cpu_ms' >"$RESULTS/$BENCH.csv"
{
	echo 'Milliseconds, of them processor time in brackets. A question: one statement that asks about 2,000,000 numbers, 60 % of them consenting.'
	echo
	echo '| subjects | shared memory, MB | bytes per subject | first question of all | of a new session | in an open session | after a withdrawal |'
	echo '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
} | tee -a "$RESULTS/$BENCH.md"
have=0
for size in $SIZES; do
	while [ $have -lt $size ]; do
		next=$((have + BATCH < size ? have + BATCH : size))
		states $have $next
		have=$next
	done
	bench_sql -c 'VACUUM ANALYZE mobanon.consent_state' -c 'CHECKPOINT'
	# another purpose's scope cannot stand in: every size starts without a set
	cluster_stop bench
	as_postgres "$BIN/pg_ctl" -s -w -t 300 -D "$PGDATA_DIR" -l "$PGLOG" start >/dev/null
	question="SELECT count(*) FROM (SELECT (491500000000 + i * ($size * 5 / 3 / 2000000.0)::float8)::bigint::text AS s FROM generate_series(1, 2000000) AS i OFFSET 0) AS e WHERE mobanon.consented(s, '2026-06-01', 'retail')"
	# the table once, so that not the disk is measured
	bench_sql -c 'SELECT count(*) FROM mobanon.consent_state' >/dev/null
	first=$(session "$question")
	shared=$(mapped)
	later=$(session "$question" "$question" "SELECT mobanon.withdraw_consent('491500000000', 'retail', 'app')" "$question")
	awk -v n="$size" -v b="$shared" -v f="$(line "$first" 1)" -v s="$(line "$later" 1)" -v o="$(line "$later" 2)" -v w="$(line "$later" 4)" \
		'BEGIN {printf "| %d | %.0f | %.1f | %s | %s | %s | %s |\n", n, b / 1e6, b / n, f, s, o, w}' | tee -a "$RESULTS/$BENCH.md"
	echo "$size,$shared,$(awk -v b="$shared" -v n="$size" 'BEGIN {printf "%.2f", b / n}'),$(csv "$first" 1),$(csv "$later" 1),$(csv "$later" 2),$(csv "$later" 4)" >>"$RESULTS/$BENCH.csv"
done
