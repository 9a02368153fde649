#!/usr/bin/env bash
# kill -9 at random moments of a publication: whatever was under way, register
# and release agree afterwards, no window is out twice or lost.  Prints TAP.
# In a cluster of its own.  CRASHES=n moments (default 12; make test-crash-release: 50).
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
CRASHES=${CRASHES:-12}
RANDOM=20240610
CLUSTERS=()
trap 'cluster_stop crash immediate' EXIT
cluster_start crash "shared_preload_libraries = 'mobanon'" "restart_after_crash = on" "log_min_messages = fatal"
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d crash "$@"; }
createdb crash
sql >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
CREATE ROLE t_crash_processing;
CREATE TABLE events (subject bigint, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('t_crash', 'test');
SELECT mobanon.bind_purpose('t_crash', 't_crash_processing');
SELECT mobanon.protect('events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 't_crash', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 300) AS i;
INSERT INTO events SELECT 1 + (i::bigint * 7919) % 400, '2024-06-10 00:00+00'::timestamptz + (i % (60 * 24 * 60)) * interval '1 minute',
	52.4 + ((i::bigint * 31) % 7) * 0.02, 13.3 + ((i::bigint * 17) % 5) * 0.03 FROM generate_series(1, 400000) AS i;
CREATE INDEX ON events (at);
SELECT mobanon.create_domain('crash', '1 year', '2024-01-01 00:00+00');
SELECT mobanon.create_recipient('somebody');
-- one is killed; the other says what it should have become
SELECT mobanon.create_pipeline('public.killed', 'events', 't_crash', starts_at => '2024-06-10 00:00+00', domain => 'crash', k => 5);
SELECT mobanon.create_recipient_release('public.part', 'killed', 'somebody', ARRAY[mobanon.coarsen_cell(52.4, 13.3, '10km')]);
SELECT mobanon.create_pipeline('public.whole', 'events', 't_crash', starts_at => '2024-06-10 00:00+00', domain => 'crash', k => 5);
SELECT mobanon.publish('whole');
VACUUM ANALYZE;
SQL
back() { # waits until the server has recovered; starts it when it is gone
	for _ in $(seq 100); do
		sql -c 'SELECT 1' >/dev/null 2>&1 && return 0
		as_postgres "$BIN/pg_ctl" -s -w -D "$PGDATA_DIR" -l "$PGLOG" start >/dev/null 2>&1 || sleep 0.2
	done
	echo "not ok - the server did not come back"
	exit 1
}
# How long one part takes, so that the moments are spread over all of it.
start=$(date +%s%N)
sql -c "BEGIN" -c "SELECT mobanon.publish('killed', '2024-06-15 00:00+00') IS NULL" -c "ROLLBACK" >/dev/null
whole=$((($(date +%s%N) - start) / 1000000))
n=0 failed=0 kills=0 before=0 during=0 after=0 out=0 undone=0
open_victim() { # a session that waits for its statement; its server process is $pid
	: >"$WORK/victim"
	exec {victim}> >(exec psql -qXAt -d crash >"$WORK/victim" 2>/dev/null)
	client=$!
	echo 'SELECT pg_backend_pid();' >&$victim
	for _ in $(seq 500); do [ ! -s "$WORK/victim" ] || break; sleep 0.02; done
	pid=$(head -1 "$WORK/victim")
}
# What the server process is at, from its title; and whether the answer has come.
moment() {
	if [ "$(wc -l <"$WORK/victim")" -gt 1 ]; then echo after
	elif tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ' idle'; then echo before
	else echo during; fi
}
# As many as asked; more, until half of them hit the work: a moment is a guess about a machine that others use, too.
most=$((CRASHES * 4))
while [ $kills -lt "$CRASHES" ] || { [ $((during * 2)) -lt "$CRASHES" ] && [ $kills -lt $most ]; }; do
	kills=$((kills + 1)) i=$kills
	until="2024-06-10 00:00+00'::timestamptz + interval '$((i * 60 * 24 / most)) hours"
	was=$(sql -c "SELECT published_until FROM mobanon.pipeline WHERE pipeline = 'public.killed'")
	open_victim
	# every third time a plain refresh beside it
	if [ $((i % 3)) = 0 ]; then
		psql -qXAt -d crash -c "REFRESH MATERIALIZED VIEW killed_candidate" >/dev/null 2>&1 &
	fi
	# every sixth time before its first statement, otherwise somewhere in it
	ms=0
	if [ $((i % 6)) != 1 ]; then
		# what was undone before is to be done, too: whole is for five days
		hours=$(sql -c "SELECT ceil(extract(epoch FROM '$until' - '$was'::timestamptz) / 3600)")
		ms=$((RANDOM * whole * (hours + 120) / 240 / 32768))
		echo "SELECT mobanon.publish('killed', '$until') IS NULL;" >&$victim
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	fi
	at=$(moment)
	# the backend, or every fourth time the postmaster
	if [ $((i % 4)) = 0 ]; then
		kill -9 "$(head -1 "$PGDATA_DIR/postmaster.pid")"
	else
		kill -9 "$pid" 2>/dev/null || true
	fi
	exec {victim}>&-
	wait "$client" 2>/dev/null || true
	sleep 0.1
	back
	now=$(sql -c "SELECT published_until FROM mobanon.pipeline WHERE pipeline = 'public.killed'")
	# idle again, and the answer was still on its way
	if [ "$at" = before ] && [ $((i % 6)) != 1 ] && [ "$was" != "$now" ]; then at=after; fi
	eval "$at=\$(($at + 1))"
	# too late again and again: this machine is faster now than when it was measured
	[ "$at" != after ] || whole=$((whole * 8 / 10))
	if [ "$at" = during ]; then
		if [ "$was" = "$now" ]; then undone=$((undone + 1)); else out=$((out + 1)); fi
	fi
	found=$(sql -c "SELECT string_agg(p || ': ' || check_name || ' ' || coalesce(detail, ''), '; ') FROM unnest('{killed,part}'::text[]) AS p, mobanon.audit(p) AS a WHERE NOT a.ok")
	left=$(sql -c "SELECT count(*) FROM mobanon.pipeline WHERE publishing IS NOT NULL OR publish_until IS NOT NULL")
	n=$((n + 1))
	# before it nothing is out; what was answered is
	wrong=
	[ "$at" != before ] || [ "$was" = "$now" ] || wrong="published before it began"
	[ "$at" != after ] || [ "$(sed -n 2p "$WORK/victim")" = t ] || [ "$was" != "$now" ] || wrong="an answer that does not hold"
	if [ -z "$found$wrong" ] && [ "$left" = 0 ]; then
		echo "ok $n - killed after $ms ms ($at): register and release agree"
	else
		echo "not ok $n - killed after $ms ms ($at): $found, $left left open $wrong"; failed=1
	fi
done
sql -c "SELECT mobanon.publish('killed') IS NULL" >/dev/null
difference() { # rows of one that the other has not
	sql -c "SELECT count(*) FROM ((SELECT bucket, cell, subjects FROM $1 EXCEPT ALL SELECT bucket, cell, subjects FROM $2) UNION ALL (SELECT bucket, cell, subjects FROM $2 EXCEPT ALL SELECT bucket, cell, subjects FROM $1)) AS d"
}
is() { n=$((n + 1)); if [ "$1" = "$2" ]; then echo "ok $n - $3"; else echo "not ok $n - $3"; echo "# got $1, expected $2"; failed=1; fi; }
is "$(difference killed whole)" 0 "in the end every window is out, once, as without any crash"
is "$(difference part "(SELECT * FROM whole WHERE mobanon.coarsen_cell(cell, '10km') OPERATOR(mobanon.=) mobanon.coarsen_cell(52.4, 13.3, '10km')) AS w")" 0 "and so is the recipient's part"
is "$(sql -c "SELECT count(*) > 1000 FROM killed")" t "there is something to lose"
is "$((during * 2 >= CRASHES))" 1 "half of the kills asked for hit the work"
echo "# $kills kills: $before before the first statement, $during during a publication ($undone undone, $out kept), $after after its answer"
echo "1..$n"
exit $failed
