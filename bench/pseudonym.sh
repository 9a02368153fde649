#!/usr/bin/env bash
# pseudonymize() beside pgcrypto's hmac() and beside the bare OpenSSL call.
# Targets (performance.md): must 4x as fast as hmac() by the wall, aim 6x; 10x
# where subjects come back.
ROWS=${ROWS:-2000000}
source "$(dirname "$0")/lib.sh"

EXTRA_PACKAGES="postgresql-contrib"
bench_init
bench_sql -c 'CREATE EXTENSION pgcrypto'
bench_sql -c "SELECT mobanon.create_domain('bench', '1 day', '2026-03-01 00:00+00', '2026-04-01 00:00+00')" >/dev/null
KEY="'\\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'"
fresh="SET jit = off;; "

# The bare primitive: one HMAC-SHA-256 of 12 bytes in OpenSSL, no database.
cc -O2 -o "$WORK/openssl_hmac" "$TOP/bench/openssl_hmac.c" -lcrypto 2>"$WORK/cc.log" || die "$(cat "$WORK/cc.log")"
"$WORK/openssl_hmac" 2000000 | tee -a "$RESULTS/$BENCH.md"
echo | tee -a "$RESULTS/$BENCH.md"

say "bench: $ROWS subjects, each once"
bench_sql -v rows="$ROWS" <<'SQL'
CREATE UNLOGGED TABLE once AS SELECT (491500000000 + i)::text AS subject, 491500000000 + i AS number,
	timestamptz '2026-03-02 00:00+00' + i % 86400 * interval '1 second' AS at FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE once;
SQL
variant 'pgcrypto hmac' "${fresh}SELECT count(hmac(subject::bytea, $KEY, 'sha256')) FROM once"
variant pseudonymize "${fresh}SELECT count(mobanon.pseudonymize(subject, 'bench', at)) FROM once"
variant 'pseudonymize bigint' "${fresh}SELECT count(mobanon.pseudonymize(number, 'bench', at)) FROM once"
variant 'scan only' "${fresh}SELECT count(subject) FROM once"
compare "$ROWS subjects, each once"
target "$ROWS subjects, each once" pseudonymize '<' 0.25
target "$ROWS subjects, each once" pseudonymize '<' 0.167

# As in events that are read in the order of time: people come back.
say "bench: $ROWS events of subjects that come back"
for subjects in 5000 100000; do
	bench_sql -v rows="$ROWS" -v subjects=$subjects <<'SQL'
SET client_min_messages = warning;
DROP TABLE IF EXISTS again;
CREATE UNLOGGED TABLE again AS
SELECT (491500000000 + (:subjects * power((abs(hashint8extended(i, 1)) & 1048575) / 1048576.0, 2.0))::bigint)::text AS subject,
	timestamptz '2026-03-02 00:00+00' + i * 80::bigint % 86400000 * interval '1 millisecond' AS at FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE again;
SQL
	variant 'pgcrypto hmac' "${fresh}SELECT count(hmac(subject::bytea, $KEY, 'sha256')) FROM again"
	variant pseudonymize "${fresh}SELECT count(mobanon.pseudonymize(subject, 'bench', at)) FROM again"
	variant 'scan only' "${fresh}SELECT count(subject) FROM again"
	compare "$ROWS events of $subjects subjects"
	[ $subjects != 5000 ] || target "$ROWS events of $subjects subjects" pseudonymize '<' 0.1
done

# Point look-ups: what a transaction costs that makes one pseudonym.
echo "SELECT mobanon.pseudonymize('491713920012', 'bench', '2026-03-02')" >"$WORK/one.sql"
echo "SELECT hmac('491713920012', $KEY, 'sha256')" >"$WORK/hmac.sql"
for script in one hmac; do
	printf '%s: ' $script
	pgbench -n -c 1 -T 3 -M prepared -f "$WORK/$script.sql" bench 2>/dev/null | grep -i 'latency average'
done | tee -a "$RESULTS/$BENCH.md"
