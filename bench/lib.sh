# bench/lib.sh: measurements side by side.  Sourced by bench/*.sh.
#
# A measurement is a ratio: variants of one question are run in turns
# (interleaved), several rounds, and the medians are compared; absolute times
# are printed for the record.
#
#   bench_init [postgresql.conf line...]   build, cluster, database "bench" with mobanon
#   variant NAME 'SQL'                     one way to answer the question
#   compare TITLE [BASE]                   runs all variants ROUNDS times, in turns,
#                                          and prints a Markdown table; ratio = variant / BASE
#                                          (default: the first); then forgets them
#   target TITLE NAME OP NUMBER            remembers what a ratio ought to be (< or >)
#   events_table ROWS SUBJECTS             the table "events", as in performance.md
#   peer NAME PACKAGE [EXTENSION]          installs a peer and makes its extension; says so when it is absent.
#                                          Without a package (''): used when this server has the extension
#   time_and_peak 'SQL'                    milliseconds, and kB of memory of a session's own at its peak
# Results go to bench/results/NAME.{md,csv}.  ROUNDS=5, ROWS=10000000 by default.

source "$(dirname "${BASH_SOURCE[0]}")/../test/lib.sh"
ROUNDS=${ROUNDS:-5}
ROWS=${ROWS:-10000000}
SUBJECTS=${SUBJECTS:-500000}
BENCH=$(basename "$0" .sh)
RESULTS=$TOP/bench/results
declare -a VARIANT_NAMES=() VARIANT_SQL=()
declare -A RATIO=()

bench_init() {
	# One benchmark at a time on a machine: two would measure each other.
	exec 8>"${TMPDIR:-/tmp}/mobanon-bench.lock"
	flock 8
	lib_init
	lib_build
	cluster_start bench "shared_preload_libraries = 'mobanon'" "shared_buffers = 2GB" "work_mem = 512MB" \
		"maintenance_work_mem = 1GB" "max_parallel_workers_per_gather = 0" "jit = off" "autovacuum = off" "$@"
	createdb bench
	bench_sql -c 'CREATE EXTENSION mobanon'
	mkdir -p "$RESULTS"
	: >"$RESULTS/$BENCH.md" 
	echo 'benchmark,title,variant,median_ms,min_ms,max_ms,ratio' >"$RESULTS/$BENCH.csv"
	{
		echo "# $BENCH"
		echo
		echo "$(date -u +%F), PostgreSQL $(bench_sql -Atc 'SHOW server_version'), $(nproc) cores, $ROUNDS rounds in turns, medians"
		echo
		echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1); $(cc --version | head -1); $(openssl version 2>/dev/null || echo 'no openssl program'); mobanon $(git -C "$TOP" describe --always --dirty 2>/dev/null || echo 'without git')"
		echo
	} | tee -a "$RESULTS/$BENCH.md"
}

bench_sql() { psql -qX -v ON_ERROR_STOP=1 -d bench "$@"; }

# Heavy-tailed events: few subjects make many, most make few; 20,000 sites in
# clusters; 14 days with a daily rhythm.  No random(): the same on every run.
events_table() {
	say "bench: $1 events of $2 subjects"
	bench_sql -v rows="$1" -v subjects="$2" <<'SQL'
CREATE UNLOGGED TABLE events AS
SELECT (491500000000 + s.subject)::text AS subject, s.subject AS subject_number,
	timestamptz '2026-03-02 00:00+00' + (day * 24 * 3600 + hour * 3600 + (h3 % 3600)) * interval '1 second' AS at,
	(48.0 + (site % 141) * 0.02 + (h4 % 1000) * 1e-6)::float8 AS latitude,
	(8.0 + (site / 141 % 142) * 0.03 + (h5 % 1000) * 1e-6)::float8 AS longitude,
	site
FROM (SELECT (:subjects * power((h1 & 1048575) / 1048576.0::float8, 2.0))::bigint AS subject,
		(h2 % 14) AS day, (array[8,9,10,11,12,12,13,14,15,16,17,17,18,18,19,20,21,22,7,6,0,3,23,17])[1 + (h3 / 3600) % 24] AS hour,
		h3, h4, h5, (20000 * power((h4 & 65535) / 65536.0::float8, 1.7))::int AS site
	FROM (SELECT abs(hashint8extended(i, 1)) AS h1, abs(hashint8extended(i, 2)) AS h2, abs(hashint8extended(i, 3)) AS h3,
			abs(hashint8extended(i, 4)) AS h4, abs(hashint8extended(i, 5)) AS h5
		FROM generate_series(1, :rows) AS i) AS h) AS s;
VACUUM ANALYZE events;
SQL
}

variant() {
	VARIANT_NAMES+=("$1")
	VARIANT_SQL+=("$2")
}

# Milliseconds that one statement takes, sent as it is; settings go before it, separated by ";;".
time_once() {
	local before= sql=$1
	if [[ $sql == *';;'* ]]; then before=${sql%;;*}; sql=${sql##*;;}; fi
	bench_sql -At <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
$before;
\timing on
\o /dev/null
$sql;
SQL
}

# The same in processor time of the backend, of the statement's second run in its session: on a machine that
# does other work, too, this is what can be compared.  A script that wants it says: time_once() { time_cpu "$1"; }
time_cpu() {
	local before= sql=$1
	if [[ $sql == *';;'* ]]; then before=${sql%%;;*}; sql=${sql##*;;}; fi
	bench_sql -At <<SQL | awk '/^CPU/ {if (n++) print ($2 - before) / 1e6; before = $2}'
SELECT pg_backend_pid() AS pid \gset
\setenv PID :pid
\o /dev/null
$before;
$sql;
\o
\! cut -d" " -f1 /proc/\$PID/schedstat | sed "s/^/CPU /"
\o /dev/null
$sql;
\o
\! cut -d" " -f1 /proc/\$PID/schedstat | sed "s/^/CPU /"
SQL
}

median() { sort -n | awk '{a[NR]=$1} END{print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2}'; }

compare() {
	local title=$1 base=${2:-${VARIANT_NAMES[0]}} i r t base_median
	local -a times=() medians=()
	say "bench: $title"
	for ((r = 0; r <= ROUNDS; r++)); do
		for i in "${!VARIANT_NAMES[@]}"; do
			t=$(time_once "${VARIANT_SQL[$i]}")
			[ -n "$t" ] || die "variant ${VARIANT_NAMES[$i]} failed"
			# the first round only warms the caches
			[ "$r" = 0 ] || times[$i]+="$t"$'\n'
		done
	done
	for i in "${!VARIANT_NAMES[@]}"; do
		medians[$i]=$(printf '%s' "${times[$i]}" | median)
		[ "${VARIANT_NAMES[$i]}" != "$base" ] || base_median=${medians[$i]}
	done
	{
		printf '## %s\n\n| variant | median ms | min | max | ratio |\n| --- | ---: | ---: | ---: | ---: |\n' "$title"
		for i in "${!VARIANT_NAMES[@]}"; do
			local lo hi ratio
			lo=$(printf '%s' "${times[$i]}" | sort -n | head -1)
			hi=$(printf '%s' "${times[$i]}" | sort -n | tail -1)
			ratio=$(awk -v a="${medians[$i]}" -v b="$base_median" 'BEGIN{printf "%.3f", a / b}')
			RATIO["$title/${VARIANT_NAMES[$i]}"]=$ratio
			printf '| %s | %.1f | %.1f | %.1f | %s |\n' "${VARIANT_NAMES[$i]}" "${medians[$i]}" "$lo" "$hi" "$ratio"
			echo "$BENCH,\"$title\",\"${VARIANT_NAMES[$i]}\",${medians[$i]},$lo,$hi,$ratio" >>"$RESULTS/$BENCH.csv"
		done
		echo
	} >"$WORK/table"
	tee -a "$RESULTS/$BENCH.md" <"$WORK/table"
	VARIANT_NAMES=() VARIANT_SQL=()
}

target() { # target TITLE VARIANT '<' NUMBER
	local got=${RATIO["$1/$2"]} verdict
	verdict=$(awk -v g="$got" -v n="$4" -v op="$3" 'BEGIN{print ((op == "<" && g <= n) || (op == ">" && g >= n)) ? "reached" : "MISSED"}')
	echo "target: $2 $3 $4, measured $got: $verdict" | tee -a "$RESULTS/$BENCH.md"
	echo | tee -a "$RESULTS/$BENCH.md"
}

# peer NAME PACKAGE [EXTENSION]: @MAJOR@ stands for the major version.
peer() {
	local package=${2/@MAJOR@/$PGMAJOR} extension=${3:-} version
	if [ -z "$package" ] && [ ! -e "$("$PG_CONFIG" --sharedir)/extension/$extension.control" ]; then
		echo "peer $1: absent (not on this server, and not packaged)" | tee -a "$RESULTS/$BENCH.md"
		return 1
	fi
	if [ -n "$package" ] && ! (install "$package") >/dev/null 2>&1; then
		echo "peer $1: absent ($package cannot be installed here)" | tee -a "$RESULTS/$BENCH.md"
		return 1
	fi
	if [ -n "$extension" ]; then
		ln -sf "$("$PG_CONFIG" --sharedir)"/extension/* "$ROOT$("$PG_CONFIG" --sharedir)/extension/" 2>/dev/null || true
		cp -asn "$("$PG_CONFIG" --pkglibdir)"/. "$ROOT$("$PG_CONFIG" --pkglibdir)/" 2>/dev/null || true
		# never an installed mobanon instead of the one that was built
		make -s -C "$WORK/src" PG_CONFIG="$PG_CONFIG" with_llvm=no install DESTDIR="$ROOT" >/dev/null 2>&1
		if ! bench_sql -c "CREATE EXTENSION IF NOT EXISTS $extension CASCADE" >/dev/null 2>&1; then
			echo "peer $1: absent (CREATE EXTENSION $extension failed)" | tee -a "$RESULTS/$BENCH.md"
			return 1
		fi
	fi
	if [ -n "$package" ]; then
		version=$(dpkg-query -W -f='${Version}' "$package")
	else
		version=$(bench_sql -Atc "SELECT extversion FROM pg_extension WHERE extname = '$extension'")
	fi
	echo "peer $1: $version" | tee -a "$RESULTS/$BENCH.md"
}

# What the server process took for itself at its peak, shared buffers apart (start the cluster with few).
time_and_peak() {
	local before= sql=$1
	if [[ $sql == *';;'* ]]; then before=${sql%;;*}; sql=${sql##*;;}; fi
	bench_sql -At <<SQL | awk '/^Time:/ {ms = $2} /^VmHWM/ {kb = $2} /^RssShmem/ {shared = $2} END {print ms, kb - shared}'
$before;
SELECT pg_backend_pid() AS pid \gset
\setenv PID :pid
\o /dev/null
\timing on
$sql;
\timing off
\o
\! grep -hE 'VmHWM|RssShmem' /proc/\$PID/status
SQL
}
