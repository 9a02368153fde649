#!/usr/bin/env bash
# A hot standby: a base backup without the root key, the same pseudonyms with it,
# and shredding that reaches open sessions and files of the standby.
source "$(dirname "$0")/../tap.sh"
cluster_start primary "shared_preload_libraries = 'mobanon'" "full_page_writes = on" "hot_standby_feedback = off"
createdb s
export PGDATABASE=s
sql -c 'CREATE EXTENSION mobanon' -c "SELECT mobanon.create_domain('d', '500 years', '2000-01-01 00:00+00', '3000-01-01 00:00+00')" >/dev/null
W1=$(wrapped_key d 1)
P="SELECT mobanon.pseudonymize('491713920012', 'd', '2020-01-01')"
LATER="SELECT mobanon.pseudonymize('491713920012', 'd', '2400-01-01')"
first=$(sql -c "$P") later=$(sql -c "$LATER")
primary=$PGHOST

mkdir -p "$WORK/standby"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/standby"
as_postgres "$BIN/pg_basebackup" -h "$primary" -p 5432 -U postgres -D "$WORK/standby/data" -R -X stream -c fast >/dev/null 2>&1
is "$(find "$WORK/standby/data" -name '*root.key*' | wc -l)" 0 "the base backup holds no root key and no link to one"
is "$(look_for files "$WORK/standby/data" "$(tr -d '\n' <"$WORK/primary/root.key")" "$(tr -d '\n' <"$WORK/primary/root.key" | od -An -v -tx1 | tr -d ' \n')")" "0 0" "in no file"
echo "unix_socket_directories = '$WORK/standby'" | as_postgres tee -a "$WORK/standby/data/postgresql.conf" >/dev/null
CLUSTERS+=(standby)
as_postgres "$BIN/pg_ctl" -s -w -D "$WORK/standby/data" -l "$WORK/standby/log" start >/dev/null 2>&1
s() { sql -h "$WORK/standby" "$@" 2>&1; }
caught_up() {
	local lsn i
	lsn=$(sql -c 'SELECT pg_current_wal_lsn()')
	for ((i = 0; i < 200; i++)); do
		[ "$(s -c "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" != t ] || return 0
		sleep 0.05
	done
	note "the standby does not catch up"
}
caught_up
like "$(s -c "$P")" 'no root key' "a standby without a root key makes no pseudonym"
as_postgres cp "$WORK/primary/root.key" "$WORK/standby/root.key"
as_postgres chmod 600 "$WORK/standby/root.key"
as_postgres ln -s "$WORK/standby/root.key" "$WORK/standby/data/mobanon_root.key"
is "$(s -c "$P")" "$first" "with it, the same pseudonyms as the primary"
is "$(s -c 'SELECT mobanon.key_fingerprint()')" "$(sql -c 'SELECT mobanon.key_fingerprint()')" "the same fingerprint"
for f in "rotate_key('d')" "shred_epoch('d', 1)" "rewrap_keys()" "create_domain('e', '1 day')" "extend_domain('d', '4000-01-01')"; do
	like "$(s -c "SELECT mobanon.$f")" 'read-only transaction|during recovery' "${f%%(*}() is for the primary"
done

# ---- changes reach open sessions ---------------------------------------------
session_start open -h "$WORK/standby"
session_start repeatable -h "$WORK/standby"
is "$(session_do open "$P")" "$first" "an open session"
session_do repeatable 'BEGIN ISOLATION LEVEL REPEATABLE READ' >/dev/null
is "$(session_do repeatable "$P")" "$first" "one in a transaction"
sql -c "SELECT mobanon.rotate_key('d')" >/dev/null
caught_up
is "$(session_do open "$LATER")" "$(sql -c "$LATER")" "a rotation reaches the standby's session"
unlike "$(session_do open "$LATER")" "$later" "and is one"
sql -c 'CHECKPOINT'
s -c 'CHECKPOINT' >/dev/null
like "$(look_for files "$WORK/standby/data/base" "$W1")" '^[1-9]' "before shredding the standby's file holds the wrapped key"
sql -c "SELECT mobanon.shred_epoch('d', 1)" >/dev/null 2>&1
caught_up
like "$(session_do open "$P")" 'was shredded' "so does a shredding"
like "$(session_do repeatable "$P")" 'was shredded' "also in the middle of a transaction"
session_do repeatable 'ROLLBACK' >/dev/null
session_end open
session_end repeatable
sql -c 'CHECKPOINT'
caught_up
s -c 'CHECKPOINT' >/dev/null
is "$(look_for files "$WORK/standby/data/base" "$W1")" 0 "the standby's files do not hold the shredded key any more"
is "$(look_for files "$PGDATA_DIR/base" "$W1")" 0 "nor do the primary's"

# ---- the standby becomes the primary -----------------------------------------
cluster_stop primary
as_postgres "$BIN/pg_ctl" -s -w -D "$WORK/standby/data" promote >/dev/null 2>&1
is "$(s -c "SELECT mobanon.extend_domain('d', '3500-01-01 00:00+00')")" 1 "promoted, it goes on"
like "$(s -c "$P")" 'was shredded' "what was shredded stays so"
cluster_stop standby
as_postgres "$BIN/pg_ctl" -s -w -D "$WORK/standby/data" -l "$WORK/standby/log" start >/dev/null 2>&1
is "$(look_for files "$WORK/standby/data/base" "$W1")" 0 "in its files too"
done_testing
