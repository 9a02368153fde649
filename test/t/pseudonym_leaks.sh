#!/usr/bin/env bash
# Where keys and subjects must not be: logs at the highest level, statistics,
# catalogs, settings, dumps, the data directory, and the memory of sessions when
# they are done with them.  Each search is shown to find what is there.
source "$(dirname "$0")/../tap.sh"
mkdir -p "$WORK/keys"
chmod 755 "$WORK/keys"
new_root_key "$WORK/keys/1"
new_root_key "$WORK/keys/2"
cp -p "$WORK/keys/1" "$WORK/keys/current"
cp -p "$WORK/keys/1" "$WORK/keys/previous"
cluster_start leaks "shared_preload_libraries = 'mobanon, pg_stat_statements, auto_explain'" "wal_keep_size = 1GB" \
	"mobanon.root_key_command = 'cat $WORK/keys/current'" "mobanon.previous_root_key_file = '$WORK/keys/previous'" \
	"log_min_messages = debug5" "log_error_verbosity = verbose" "log_statement = all" "log_min_duration_statement = 0" \
	"log_parameter_max_length = -1" "log_parameter_max_length_on_error = -1" "debug_print_plan = on" "debug_print_parse = on" \
	"auto_explain.log_min_duration = 0" "auto_explain.log_nested_statements = on" "auto_explain.log_verbose = on" "auto_explain.log_analyze = on" \
	"pg_stat_statements.track = all" "pg_stat_statements.track_utility = on" "track_activity_query_size = 100kB" "max_parallel_workers_per_gather = 0"
createdb l
export PGDATABASE=l
sql -c 'CREATE EXTENSION mobanon' -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE ROLE analyst LOGIN' 2>/dev/null
# Subjects come from a file, so that no statement contains one.
python3 -c 'for i in range(2000): print(4915100000000 + i * 7919)' >"$WORK/subjects"
SUBJECT=4915100007919
sql -c 'CREATE TABLE event (subject text)' -c "\\copy event FROM $WORK/subjects"

# ---- everything that handles a key, and every error --------------------------
sql -c "SELECT mobanon.create_domain('leak', '500 years', '2000-01-01 00:00+00', '4000-01-01 00:00+00')" >/dev/null
ROOTS="$(cat "$WORK/keys/1") $(cat "$WORK/keys/2")"
W1=$(wrapped_key leak 1) W3=$(wrapped_key leak 3)
KEY1=$(unwrap "$(cat "$WORK/keys/1")" "$W1") KEY3=$(unwrap "$(cat "$WORK/keys/1")" "$W3")
# the key that the attacker of this test looks for is the true one, and pseudonymize() is HMAC-SHA-256 with it
PSEUDONYM=$(sql -c "SELECT mobanon.pseudonymize(subject, 'leak', '2020-01-01') FROM event WHERE subject LIKE '%7919' LIMIT 1" | tr -d -)
digest=$(printf %s $SUBJECT | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY1" | sed 's/.* //')
is "$PSEUDONYM" "${digest:0:12}8${digest:13:3}$(printf %x $((0x${digest:16:1} & 3 | 8)))${digest:17:15}" "openssl makes the same pseudonym with the unwrapped key"

for call in "SELECT mobanon.normalize_msisdn('x' || subject) FROM event" "SELECT mobanon.normalize_msisdn(subject) FROM event" \
	"SELECT mobanon.normalize_msisdn('+' || subject || subject) FROM event" "SELECT mobanon.normalize_msisdn('1', subject) FROM event" \
	"SELECT mobanon.pseudonymize(subject, 'leak', '1999-01-01') FROM event" "SELECT mobanon.pseudonymize(subject, 'nowhere', '2020-01-01') FROM event" \
	"SELECT mobanon.pseudonymize(subject, NULL, '2020-01-01') FROM event LIMIT 1" \
	"DO \$\$ BEGIN PERFORM mobanon.pseudonymize(subject, 'leak', '1999-01-01') FROM event; END \$\$" \
	"SELECT count(mobanon.pseudonymize(subject, 'leak', '2020-01-01')) FROM event" "EXPLAIN (ANALYZE, VERBOSE) SELECT mobanon.pseudonymize(subject, 'leak', '2020-01-01') FROM event" \
	"CREATE MATERIALIZED VIEW m AS SELECT mobanon.pseudonymize(subject, 'leak', '2020-01-01') AS p FROM event" "REFRESH MATERIALIZED VIEW m" "ANALYZE"; do
	sql -c "$call" >/dev/null 2>"$WORK/err" || cat "$WORK/err" >>"$WORK/errors"
done
like "$(cat "$WORK/errors")" 'MP001|has no key for' "errors were raised"

# ---- memory ------------------------------------------------------------------
STATES=$(look_for states "$KEY1" | tr '\n' ' ')
hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
if (exec 3</proc/self/mem) 2>/dev/null && [ "$(id -u)" = 0 ]; then
	session_start user
	session_start idle
	pid=$(session_do user 'SELECT pg_backend_pid()')
	idle=$(session_do idle 'SELECT pg_backend_pid()')
	count="SELECT count(mobanon.pseudonymize(subject, 'leak', '2020-01-01')) FROM (SELECT subject FROM event UNION ALL SELECT subject FROM event UNION ALL SELECT subject FROM event) AS e"
	session_do user 'BEGIN' >/dev/null
	is "$(session_do user "$count")" 6000 "a session makes pseudonyms"
	session_do idle "$count" >/dev/null
	# what the memo holds of a subject: its text, padded, and the pseudonym; of ten subjects, since some displace others
	memos=$(sql -c "SELECT string_agg(encode(subject::bytea, 'hex') || repeat('00', 10) || replace(mobanon.pseudonymize(subject, 'leak', '2020-01-01')::text, '-', ''), ' ')
		FROM (SELECT subject FROM event LIMIT 10) AS e")
	like "$(look_for memory "$pid" $STATES)" '^[1-9][0-9]* [1-9]' "in use: the HMAC states of the key are found in the session's memory"
	like "$(look_for private "$pid" $memos)" '[1-9]' "in use: so is the memo of subjects"
	is "$(look_for private "$idle" $memos)" "0 0 0 0 0 0 0 0 0 0" "the transaction over: no memo of a subject"
	is "$(look_for private "$idle" $ROOTS "$(hex "$(cat "$WORK/keys/1")")")" "0 0 0" "the transaction over: no root key, raw or as text"
	is "$(look_for private "$idle" "$KEY1")" 0 "and never the epoch's key itself"
	session_do user 'COMMIT' >/dev/null
	like "$(look_for memory "$idle" "$W1" $STATES)" '^[1-9][0-9]* [1-9][0-9]* [1-9]' "between transactions a session keeps what it needs for the next"

	# shredded in another session, while these are idle
	sql -c 'CHECKPOINT'
	like "$(look_for files "$PGDATA_DIR/base" "$W1")" '^[1-9]' "before shredding the wrapped key is found in the table's file"
	sql -c "SELECT mobanon.shred_epoch('leak', 1)" >/dev/null 2>&1
	for ((i = 0; i < 50; i++)); do
		[ "$(look_for private "$idle" $STATES)" != "0 0" ] || break
		sleep 0.1
	done
	is "$(look_for memory "$idle" "$W1" "$KEY1" $STATES)" "0 0 0 0" "shredded: an idle session holds neither states nor wrapped key"
	is "$(look_for memory "$pid" "$W1" "$KEY1" $STATES)" "0 0 0 0" "nor does the other, nor shared memory"
	session_start other
	other=$(session_do other 'SELECT pg_backend_pid()')
	session_do other "BEGIN; SELECT mobanon.pseudonymize('1', 'leak', '3200-01-01')" >/dev/null
	like "$(look_for private "$other" "$(cat "$WORK/keys/1")")" '^[1-9]' "in the transaction that opened a key, the root key is found"
	session_do other 'ROLLBACK' >/dev/null
	is "$(look_for private "$other" "$(cat "$WORK/keys/1")")" 0 "not after its rollback"
	session_end user
	session_end idle
	session_end other
else
	sql -c "SELECT mobanon.shred_epoch('leak', 1)" >/dev/null 2>&1
	skip "memory of sessions" "needs root and /proc/PID/mem"
fi

# ---- the data directory ------------------------------------------------------
sql -c 'CHECKPOINT'
is "$(look_for files "$PGDATA_DIR/base" "$W1")" 0 "the shredded wrapped key is in no file of the database"
present=$(sql -c "SELECT mobanon.rotate_key('leak')")
W=$(wrapped_key leak "$present")
cp -p "$WORK/keys/2" "$WORK/keys/current"
is "$(sql -c 'SELECT mobanon.rewrap_keys() > 0')" t "wrapped anew"
sql -c 'CHECKPOINT'
like "$(look_for files "$PGDATA_DIR/base" "$W")" '^[1-9]' "old versions of the rows are still there"
is "$(sql -c 'SELECT mobanon.rewrap_keys()')" 0 "nothing more to wrap"
sql -c 'CHECKPOINT'
is "$(look_for files "$PGDATA_DIR/base" "$W" "$W1" "$W3")" "0 0 0" "then what the old root key wrapped is in no file of the database"
# where a page of the WAL ends within it, one of its ends is in one piece
like "$(look_for files "$PGDATA_DIR/pg_wal" "${W1:0:40}" "${W1: -40}")" '[1-9]' "the WAL still holds it, as doc/keys.md says"
forms=$(for k in $ROOTS "$KEY1" "$KEY3"; do look_for forms "$k"; done | tr '\n' ' ')
zeros=$(for f in $forms; do printf '0 '; done)
is "$(look_for files "$PGDATA_DIR" $forms) " "$zeros" "no root key and no epoch's key, raw, hexadecimal or base64, anywhere in the data directory"

# ---- logs, statistics, catalogs, settings, dumps -----------------------------
is "$(look_for files "$PGLOG" $forms) " "$zeros" "nor in the log at debug5, with every statement, plan and parameter"
is "$(look_for files "$PGLOG" "$(hex "$SUBJECT")" "$PSEUDONYM")" "0 0" "the log shows no subject"
like "$(look_for files "$PGLOG" "$(hex 'has no key for')")" '^[1-9]' "though it is full of errors"
is "$(cat "$WORK/errors" | grep -c "$SUBJECT\|49151000" || true)" 0 "nor does an error message"
sql -c "SELECT format('\\echo %s' || chr(10) || 'SELECT * FROM %s;', c.oid::regclass, c.oid::regclass) FROM pg_class AS c
	WHERE relkind IN ('r', 'v', 'm', 't') AND (relnamespace = 'pg_catalog'::regnamespace OR relname LIKE 'pg_stat%')
	AND has_table_privilege('analyst', c.oid, 'SELECT')" >"$WORK/catalogs.sql"
note "$(grep -c '^SELECT' "$WORK/catalogs.sql") catalogs and views that everybody may read"
sed 's/^.echo.*//' "$WORK/catalogs.sql" | psql -qX -U analyst >"$WORK/catalogs.analyst" 2>&1 || true
is "$(look_for files "$WORK/catalogs.analyst" $forms "$(hex "$SUBJECT")" "$(hex "$WORK/keys/current")") " "${zeros}0 0 " "the analyst reads none of it in any catalog, nor where the root key is"
sql -c "SELECT format('SELECT * FROM %s;', c.oid::regclass) FROM pg_class AS c WHERE relkind IN ('r', 'v', 'm')
	AND (relnamespace = 'pg_catalog'::regnamespace OR relname LIKE 'pg_stat%')" | psql -qX >"$WORK/catalogs.super" 2>&1 || true
is "$(look_for files "$WORK/catalogs.super" $forms) " "$zeros" "nor does a superuser"
# statistics of the keyring: ANALYZE ran above
is "$(sql -c "SELECT count(*) FROM pg_stats WHERE schemaname = 'mobanon' AND tablename = 'key_epoch' AND attname = 'wrapped_key'")" 0 "ANALYZE keeps no wrapped keys in pg_statistic"
like "$(sql -c "SELECT count(*) FROM pg_stats WHERE schemaname = 'mobanon' AND tablename = 'key_epoch'")" '^[1-9]' "though it has seen the table"
pg_dumpall >"$WORK/dump.sql"
is "$(look_for files "$WORK/dump.sql" $forms "$(hex "$W1")") " "${zeros}0 " "no dump holds a key, or a shredded one wrapped"
done_testing
