#!/usr/bin/env bash
# make bench-count: instructions per row of the C hot paths on fixed input, under
# callgrind: the same however busy the machine.  Compared with bench/count.reference;
# more than TOLERANCE per cent (5) above it is a regression and fails.
#   ACCEPT=1 writes the reference anew: after a change that is meant.
# valgrind shows no SHA-NI: pseudonymize counts more than a processor would execute.
source "$(dirname "$0")/../test/lib.sh"
TOLERANCE=${TOLERANCE:-5}
ROWS=20000
REFERENCE=$TOP/bench/count.reference
EXTRA_PACKAGES="valgrind openssl"
lib_init
lib_build
cluster_start count
createdb count
psql -qX -v ON_ERROR_STOP=1 -d count -v rows=$ROWS >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
SELECT mobanon.create_purpose('retail', 'count', unproven_channels => '{import}');
SELECT mobanon.create_domain('count', '1 day', '2026-03-01 00:00+00', '2026-04-01 00:00+00');
INSERT INTO mobanon.consent_import (subject, purpose, decided_at)
SELECT (491500000000 + i)::text, 'retail', '2026-01-01' FROM generate_series(1, 40000) AS i WHERE i % 10 < 6;
SELECT mobanon.import_consents();
CREATE TABLE events AS SELECT (491500000000 + i)::text AS subject, 491500000000 + i AS number,
	timestamptz '2026-03-02 00:00+00' + i * interval '1 second' AS at,
	48 + (i * 7919 % 1000) * 0.004 AS latitude, 8 + (i * 104729 % 1000) * 0.004 AS longitude FROM generate_series(1, :rows) AS i;
ALTER TABLE events ALTER latitude TYPE float8, ALTER longitude TYPE float8;
CREATE TABLE pseudonymized AS SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, mobanon.coarsen_cell(latitude, longitude, '100km') AS large,
	date_trunc('hour', at, 'UTC') AS bucket, at, (substr(md5(subject), 1, 12) || '8' || substr(md5(subject), 14, 3) || 'a' || substr(md5(subject), 18))::uuid AS pseudonym FROM events;
CREATE TABLE trace AS SELECT mobanon.coarsen_cell(48.0 + n / 20 % 7 * 0.03, 8.0, '1km') AS cell, timestamptz '2026-03-02 00:00+00' + n * interval '2 minutes' AS at,
	i AS subject FROM generate_series(1, :rows / 200) AS i, generate_series(1, 200) AS n ORDER BY subject, at;
VACUUM ANALYZE;
SQL
cluster_stop count
# What is counted is the C function with all it calls: in the first run of the statement, or (again:) in the second, when
# sets, keys and memo are warm.  A statement a line, for the stand-alone backend.
paths="pseudonymize_text|SELECT count(mobanon.pseudonymize(subject, 'count', at)) FROM events
pseudonymize_bigint|SELECT count(mobanon.pseudonymize(number, 'count', at)) FROM events
again:pseudonymize_text|SELECT count(mobanon.pseudonymize((491500000000 + number % 200)::text, 'count', at)) FROM events
coarsen_cell_position|SELECT count(mobanon.coarsen_cell(latitude, longitude, '1km')) FROM events
coarsen_cell_cell|SELECT count(mobanon.coarsen_cell(cell, '10km')) FROM pseudonymized
again:consented_text|SELECT count(*) FROM events WHERE mobanon.consented(subject, at, 'retail')
again:consented_bigint|SELECT count(*) FROM events WHERE mobanon.consented(number, at, 'retail')
kanon_suppress_uuid|SET mobanon.enable_kanon_scan = off;SELECT count(n) FROM (SELECT mobanon.kanon_suppress(pseudonym, 20) AS n FROM pseudonymized GROUP BY large OFFSET 0) AS g
kanon_scan_exec|SELECT count(n) FROM (SELECT mobanon.kanon_suppress(pseudonym, 20) AS n FROM pseudonymized GROUP BY cell, bucket OFFSET 0) AS g"
[ "$(grep -c 'FUNCTION mobanon.stays\|AGGREGATE mobanon.stays' "$WORK"/src/mobanon--*.sql)" = 0 ] ||
	paths+=$'\n'"stays_add|SELECT sum(cardinality(s)) FROM (SELECT mobanon.stays(cell, at, '15 min', '2 hours' ORDER BY at) AS s FROM trace GROUP BY subject) AS t"
# counted FUNCTION STATEMENTS: its instructions in a backend of its own
counted() {
	local out=$WORK/callgrind.$1
	rm -f "$out"
	: >"$out" && chmod 666 "$out"
	tr ';' '\n' <<<"$2" | as_postgres valgrind --tool=callgrind --callgrind-out-file="$out" "$BIN/postgres" --single -D "$WORK/count/data" \
		-c shared_preload_libraries=mobanon -c jit=off -c max_parallel_workers_per_gather=0 -c log_min_messages=warning count >"$WORK/single.log" 2>&1 ||
		{ tail -5 "$WORK/single.log" >&2; die "$1 could not be run"; }
	! grep -E 'ERROR|FATAL' "$WORK/single.log" >&2 || die "$1 failed"
	callgrind_annotate --inclusive=yes --threshold=100 --show-percs=no "$out" 2>/dev/null |
		awk -v f="$1" '$0 ~ (":" f "( |$|\047)") {gsub(/,/, "", $1); if ($1 + 0 > t) t = $1 + 0} END {print t + 0}'
}
measured=$WORK/measured
while IFS='|' read -r name statement; do
	function=${name#again:}
	total=$(counted "$function" "$statement")
	[ "$total" -gt 0 ] || die "$function was not found in what callgrind counted"
	[ "$function" = "$name" ] || total=$(($(counted "$function" "$statement;$statement") - total))
	printf '%s\t%d\n' "$name" $((total / ROWS)) | tee -a "$measured"
done <<<"$paths"
versions="$(cc --version | head -1); $("$PG_CONFIG" --version); $(openssl version); $(valgrind --version); $(uname -m)"
if [ -n "${ACCEPT:-}" ]; then
	{ echo "# $versions"; cat "$measured"; } >"$REFERENCE"
	say "bench: wrote $REFERENCE"
	exit 0
fi
[ "$(head -1 "$REFERENCE")" = "# $versions" ] || say "bench: the reference is of other versions, so a difference may be theirs
  $(head -1 "$REFERENCE")
  # $versions"
awk -F'\t' -v tolerance="$TOLERANCE" 'FNR == NR {if ($0 !~ /^#/) reference[$1] = $2; next}
	{ratio = reference[$1] ? $2 / reference[$1] : 0
	 verdict = !reference[$1] ? "NEW" : ratio > 1 + tolerance / 100 ? "SLOWER" : ratio < 1 - tolerance / 100 ? "faster" : "same"
	 printf "%-26s %6d instructions a row, reference %6d: %s\n", $1, $2, reference[$1], verdict
	 if (verdict == "SLOWER" || verdict == "NEW") bad = 1}
	END {exit bad}' "$REFERENCE" "$measured" || die "more than $TOLERANCE % above the reference (ACCEPT=1 make bench-count writes it anew)"
