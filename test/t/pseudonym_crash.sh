#!/usr/bin/env bash
# kill -9 of a backend, and of the whole server, while keys are rotated, wrapped
# anew or shredded: afterwards the keyring is as before or as after, never
# between, and every key still opens.  CRASHES=n: how often for each of the six
# (make test: 1; make test-crash: 60).
source "$(dirname "$0")/../tap.sh"
CRASHES=${CRASHES:-1}
mkdir -p "$WORK/keys"
chmod 755 "$WORK/keys"
new_root_key "$WORK/keys/1"
ln -s 1 "$WORK/keys/current"
ln -s 1 "$WORK/keys/previous"
cluster_start crash "shared_preload_libraries = 'mobanon'" "mobanon.root_key_file = '$WORK/keys/current'" \
	"mobanon.previous_root_key_file = '$WORK/keys/previous'" "restart_after_crash = on" "log_min_messages = fatal"
createdb c
export PGDATABASE=c
sql -c 'CREATE EXTENSION mobanon'
KEYS=1 N=0 BEFORE=0 AFTER=0 ERASED=0
NOW_AND_LATER="(SELECT g AS at FROM generate_series(timestamptz '2010-01-01', '2990-01-01', '20 years') AS g)"

until_ready() {
	local i
	for ((i = 0; i < 600; i++)); do
		psql -qXAtc 'SELECT 1' >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	note "the server did not come back"
	return 1
}

kill_server() {
	local pm
	pm=$(head -1 "$PGDATA_DIR/postmaster.pid")
	# shellcheck disable=SC2046
	kill -9 "$pm" $(pgrep -P "$pm") 2>/dev/null || true
	local i
	for ((i = 0; i < 100; i++)); do
		as_postgres "$BIN/pg_ctl" -s -w -D "$PGDATA_DIR" -l "$PGLOG" start >/dev/null 2>&1 && return 0
		sleep 0.1
	done
}

# The pseudonyms of a subject over the whole domain; "-" where the key is shredded.
pseudonyms() {
	sql -c "CREATE OR REPLACE FUNCTION pg_temp.p(at timestamptz) RETURNS text LANGUAGE plpgsql AS \$\$
		BEGIN RETURN mobanon.pseudonymize('491713920012', '$1', at); EXCEPTION WHEN SQLSTATE 'MP002' THEN RETURN '-'; END \$\$" \
		-c "SELECT string_agg(pg_temp.p(at), ' ' ORDER BY at) FROM $NOW_AND_LATER AS t"
}

# What the keyring ought to be: before or after; anything else is an error.
check() { # check OPERATION DOMAIN PSEUDONYMS_BEFORE ROOT_BEFORE
	local now state
	now=$(pseudonyms "$2" 2>&1)
	case $1 in
	rotate)
		state=$(sql -c "SELECT CASE
			WHEN max(epoch) = 20 AND count(*) = 20 AND '$now' = '$3' THEN 'before'
			-- 1 of the past, the present one, 19 ahead
			WHEN max(epoch) = 40 AND count(*) = 21 AND split_part('$now', ' ', 1) = split_part('$3', ' ', 1)
				AND NOT string_to_array('$now', ' ') && (string_to_array('$3', ' '))[3:] THEN 'after' END
			FROM mobanon.keyring WHERE domain = '$2'") ;;
	rewrap)
		state=$(sql -c "SELECT CASE WHEN '$now' <> '$3' THEN 'other pseudonyms' WHEN count(DISTINCT root_key) > 1 THEN 'mixed'
			WHEN min(root_key) = '$4' THEN 'before' WHEN min(root_key) = mobanon.key_fingerprint() THEN 'after' END
			FROM mobanon.keyring WHERE state <> 'shredded'") ;;
	shred)
		state=$(sql -c "SELECT CASE WHEN '$now' = '$3' THEN 'before'
			-- 2410 and 2430, and no other
			WHEN array_positions(string_to_array('$now', ' '), '-') = ARRAY[21, 22]
				AND cardinality(array_remove(string_to_array('$now', ' '), '-')) = 48
				AND string_to_array('$3', ' ') @> array_remove(string_to_array('$now', ' '), '-')
				THEN CASE WHEN shredded_at IS NULL THEN 'erased' ELSE 'after' END END
			FROM mobanon.keyring WHERE domain = '$2' AND epoch = 9") ;;
	esac
	echo "${state:-neither: $now}"
}

one_crash() { # one_crash OPERATION VICTIM MILLISECONDS
	local op=$1 victim=$2 domain call before root pid state
	N=$((N + 1)) domain=d$N
	sql -c "SELECT mobanon.create_domain('$domain', '50 years', '2000-01-01 00:00+00', '3000-01-01 00:00+00')" >/dev/null
	before=$(pseudonyms "$domain")
	root=$(sql -c 'SELECT mobanon.key_fingerprint()')
	case $op in
	rotate) call="SELECT mobanon.rotate_key('$domain')" ;;
	shred) call="SELECT mobanon.shred_epoch('$domain', 9)" ;;
	rewrap)
		call='SELECT mobanon.rewrap_keys()'
		KEYS=$((KEYS + 1))
		new_root_key "$WORK/keys/$KEYS"
		ln -sfn $((KEYS - 1)) "$WORK/keys/previous"
		ln -sfn $KEYS "$WORK/keys/current" ;;
	esac
	session_start "s$N"
	pid=$(session_do "s$N" 'SELECT pg_backend_pid()')
	case $3 in
	open)
		session_do "s$N" "BEGIN; $call" >/dev/null ;;
	done)
		session_do "s$N" "$call" >/dev/null ;;
	*)
		printf '%s;\n' "$call" >&"${SESSION_IN[s$N]}"
		read -r -t "$3" <> <(:) || true ;;
	esac
	if [ "$victim" = server ]; then kill_server; else kill -9 "$pid" 2>/dev/null || true; sleep 0.1; fi
	session_end "s$N"
	until_ready
	state=$(check "$op" "$domain" "$before" "$root")
	case $3/$state in
	open/before | done/after) result 0 "$op, $victim killed, transaction $3: $state" ;;
	open/* | done/*) result 1 "$op, $victim killed, transaction $3" "$state" ;;
	*/before) BEFORE=$((BEFORE + 1)) ;;
	*/after) AFTER=$((AFTER + 1)) ;;
	*/erased) ERASED=$((ERASED + 1)) ;;
	*) result 1 "$op, $victim killed after $3 s" "$state" ;;
	esac
	# what was interrupted can be done
	if ! sql -c "$call" >/dev/null 2>&1; then result 1 "$op again after $victim was killed" "$(sql -c "$call" 2>&1)"; fi
}

for op in rotate rewrap shred; do
	for victim in backend server; do
		one_crash $op $victim open
		one_crash $op $victim done
		for ((i = 0; i < CRASHES; i++)); do
			# from at once to when it is surely done
			one_crash $op $victim "$(awk -v i=$i -v n="$CRASHES" 'BEGIN { printf "%.4f", 0.002 + 0.03 * i / n }')"
		done
	done
done
is $((BEFORE + AFTER + ERASED)) $((6 * CRASHES)) "killed $((6 * CRASHES)) times in the middle: before or after, never between"
note "crashes in the middle: $BEFORE before, $AFTER after, $ERASED erased but not yet recorded"
is "$(sql -c "SELECT count(*) FROM (SELECT starts_at, lag(ends_at, 1, starts_at) OVER (PARTITION BY domain ORDER BY starts_at) AS previous FROM mobanon.keyring) AS k WHERE starts_at <> previous")" \
	0 "no domain has a gap"
is "$(sql -c "SELECT count(*) FROM mobanon.keyring WHERE state <> 'shredded' AND root_key <> mobanon.key_fingerprint()")" 0 "every key is wrapped by the last root key"
done_testing
