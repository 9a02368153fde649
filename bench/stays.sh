#!/usr/bin/env bash
# stays() beside plain SQL, and its memory.
#
# Input is what a user would have: (pseudonym, cell, at) with an index that
# covers it, or without one, so that everybody sorts.  Plain SQL comes in two
# forms: gaps and islands as the textbooks have it, and a sharper one that keeps
# only the first row of each run for its second window.  All give the same stays
# (checked first).  MEMORY_ROWS="1 3 10 30" are millions.
source "$(dirname "$0")/lib.sh"
MEMORY_ROWS=${MEMORY_ROWS:-1 3 10 30}
bench_init
bench_sql -c "ALTER DATABASE bench SET search_path = public, mobanon" -c "ALTER DATABASE bench SET client_min_messages = warning"

# A hundred events a subject, in runs of one to nine in a cell, a minute to an hour apart.
seen_table() { # seen_table ROWS
	say "bench: $1 events"
	bench_sql -v subjects="$(($1 / 100))" <<'SQL'
DROP TABLE IF EXISTS seen;
CREATE TABLE place AS SELECT i, mobanon.coarsen_cell(52.3 + (i / 40) * 0.01, 13.0 + (i % 40) * 0.015, '1km') AS cell FROM generate_series(0, 1599) AS i;
CREATE UNLOGGED TABLE seen AS
SELECT pseudonym, cell, at FROM (
	SELECT md5(s::text)::uuid AS pseudonym, (abs(hashint8extended(s, 1)) + (n / (1 + s % 9)) * (s % 7) * 13) % 1600 AS i,
		timestamptz '2025-09-01 00:00+00' + n * interval '1 hour' + abs(hashint8extended(s * 100 + n, 2)) % 3540 * interval '1 second' AS at
	FROM generate_series(1::bigint, :subjects) AS s, generate_series(0, 99) AS n) AS e JOIN place USING (i);
DROP TABLE place;
CREATE INDEX seen_order ON seen (pseudonym, at) INCLUDE (cell);
VACUUM ANALYZE seen;
SQL
}

sorted='(SELECT pseudonym, cell, at FROM seen ORDER BY pseudonym, at) AS seen'
stays() { # stays FROM [CLEANING]: over input in order
	echo "SELECT count(*), sum(s.events) FROM (SELECT pseudonym, mobanon.stays(cell, at, '15 minutes', '2 hours'${2:-}) AS stays FROM $1 GROUP BY pseudonym) AS p, unnest(p.stays) AS s"
}
islands="SELECT count(*), sum(events) FROM (SELECT pseudonym, cell, min(at) AS arrival, max(at) AS departure, count(*) AS events
	FROM (SELECT *, count(*) FILTER (WHERE starts) OVER (PARTITION BY pseudonym ORDER BY at) AS island
		FROM (SELECT *, (cell = lag(cell) OVER w AND at - lag(at) OVER w <= '2 hours') IS NOT TRUE AS starts FROM seen WINDOW w AS (PARTITION BY pseudonym ORDER BY at)) AS c) AS i
	GROUP BY pseudonym, island, cell HAVING max(at) - min(at) >= '15 minutes') AS s"
boundaries="SELECT count(*), sum(events) FROM (SELECT pseudonym, cell, at AS arrival, coalesce(lead(before) OVER v, latest) AS departure, coalesce(lead(n) OVER v, total + 1) - n AS events
	FROM (SELECT *, lag(cell) OVER w AS cell_before, lag(at) OVER w AS before, row_number() OVER w AS n, max(at) OVER (PARTITION BY pseudonym) AS latest, count(*) OVER (PARTITION BY pseudonym) AS total
		FROM seen WINDOW w AS (PARTITION BY pseudonym ORDER BY at)) AS c
	WHERE (cell = cell_before AND at - before <= '2 hours') IS NOT TRUE WINDOW v AS (PARTITION BY pseudonym ORDER BY at)) AS s WHERE departure - arrival >= '15 minutes'"

seen_table "$ROWS"
[ "$(bench_sql -At -c "$(stays "$sorted")")" = "$(bench_sql -At -c "$islands")" ] || die 'stays and gaps and islands differ'
[ "$(bench_sql -At -c "$(stays "$sorted")")" = "$(bench_sql -At -c "$boundaries")" ] || die 'stays and the sharper form differ'

title="stays of $ROWS events, in order by an index"
variant 'stays' "SET enable_hashagg = off;;$(stays "$sorted")"
variant 'stays, cleaned' "SET enable_hashagg = off;;$(stays "$sorted" ', mobanon.cleaning()')"
variant 'stays(... ORDER BY at)' "SET enable_hashagg = off;;$(stays seen ' ORDER BY at')"
variant 'plain SQL, gaps and islands' "$islands"
variant 'plain SQL, first rows only' "$boundaries"
variant 'count(*) of each subject' "SET enable_hashagg = off;;SELECT sum(n) FROM (SELECT pseudonym, count(*) AS n FROM $sorted GROUP BY pseudonym) AS s"
compare "$title"
target "$title" 'plain SQL, gaps and islands' '>' 3
target "$title" 'plain SQL, first rows only' '>' 3

bench_sql -c 'DROP INDEX seen_order'
title="stays of $ROWS events, without an index"
variant 'stays' "SET enable_hashagg = off;;$(stays "$sorted")"
variant 'stays(... ORDER BY at)' "SET enable_hashagg = off;;$(stays seen ' ORDER BY at')"
variant 'plain SQL, gaps and islands' "$islands"
variant 'plain SQL, first rows only' "$boundaries"
variant 'the sort alone' "SELECT count(at) FROM (SELECT pseudonym, cell, at FROM seen ORDER BY pseudonym, at OFFSET 0) AS s"
compare "$title"

# Memory: the largest private part of the server process, asked for ten times a second; the first row is a process that reads nothing.
private_kb() { awk '/^RssAnon/ {print $2}' "/proc/$1/status" 2>/dev/null || echo 0; }
memory_of() { # memory_of SQL: peak MB
	local pid peak=0 now
	: >"$WORK/memory"
	bench_sql -At -c "SET enable_hashagg = off; SET work_mem = '4MB'" -c "SELECT pg_backend_pid()" -c "$1" -c 'SELECT pg_sleep(0.3)' >"$WORK/memory" &
	until pid=$(head -1 "$WORK/memory") && [ -n "$pid" ]; do
		kill -0 $! 2>/dev/null || die 'the measured statement did not start'
		sleep 0.02
	done
	while [ -e "/proc/$pid/status" ]; do
		now=$(private_kb "$pid")
		[ "${now:-0}" -le "$peak" ] || peak=$now
		sleep 0.1
	done
	wait
	awk -v a="$peak" 'BEGIN {printf "%.1f", a / 1024}'
}
largest=$(tr ' ' '\n' <<<"$MEMORY_ROWS" | sort -n | tail -1)
seen_table "$(awk -v m="$largest" 'BEGIN {print m * 1000000}')"
{
	printf '## private memory of the server process, MB, work_mem 4 MB, in order by an index\n\n| million events | stays | stays, cleaned | plain SQL, gaps and islands |\n| ---: | ---: | ---: | ---: |\n'
	nothing=$(memory_of 'SELECT count(*) FROM seen WHERE false')
	printf '| 0 | %s | %s | %s |\n' "$nothing" "$nothing" "$nothing"
	for millions in $MEMORY_ROWS; do
		# pseudonyms are uniform: a range of them is a share of the events
		limit=$(awk -v m="$millions" -v l="$largest" 'BEGIN {x = int(m / l * 65535 + 0.5); if (x > 65535) x = 65535; printf "%04x", x}')
		part="(SELECT pseudonym, cell, at FROM seen WHERE pseudonym <= '$limit$limit-ffff-ffff-ffff-ffffffffffff' ORDER BY pseudonym, at) AS seen"
		printf '| %s | %s | %s | %s |\n' "$millions" "$(memory_of "$(stays "$part")")" "$(memory_of "$(stays "$part" ', mobanon.cleaning()')")" \
			"$(memory_of "${islands/FROM seen WINDOW/FROM $part WINDOW}")"
	done
	echo
} | tee -a "$RESULTS/$BENCH.md"
