#!/usr/bin/env bash
# Ways around row-level security that need more than a statement: real logins,
# COPY to the client, cursors held over COMMIT, logical decoding, a session in
# which the library is not yet there, and a pooler between.  Prints TAP.
source "$(dirname "$0")/../tap.sh"

as() { # as ROLE [psql option...]: also its errors
	local role=$1
	shift
	psql -qXAt -U "$role" -d town "$@" 2>&1 || true
}

cluster_start bypass "wal_level = logical" "max_connections = 30" "max_replication_slots = 4"
createdb town
psql -qX -v ON_ERROR_STOP=1 -d town >"$WORK/setup" 2>&1 <<'SQL' || { cat "$WORK/setup"; exit 1; }
CREATE EXTENSION mobanon;
CREATE ROLE owner LOGIN;
CREATE ROLE job LOGIN;
CREATE ROLE other_job LOGIN;
CREATE ROLE either LOGIN NOINHERIT;
CREATE ROLE union_of LOGIN INHERIT;
CREATE ROLE analyst LOGIN;
CREATE ROLE free BYPASSRLS;
CREATE ROLE pool LOGIN NOINHERIT;
GRANT job, other_job TO either, union_of;
GRANT job, other_job, analyst TO pool;
GRANT CREATE ON DATABASE town TO owner;
GRANT ALL ON SCHEMA public TO owner;
GRANT mobanon_admin TO owner;
SET ROLE owner;
CREATE TABLE events (subject bigint, at timestamptz, note text);
INSERT INTO events SELECT i % 100, '2024-06-10 12:00+00', CASE WHEN i % 100 < 50 THEN 'seen' ELSE 'SECRET ' || i % 100 END FROM generate_series(1, 3000) AS i;
CREATE INDEX ON events (subject);
SELECT mobanon.create_purpose('p', 'test');
SELECT mobanon.create_purpose('q', 'test');
SELECT mobanon.bind_purpose('p', 'job');
SELECT mobanon.bind_purpose('q', 'other_job');
SELECT mobanon.protect('events', 'subject', 'at');
GRANT SELECT ON events TO job, other_job, either, union_of, analyst;
SELECT count(mobanon.grant_consent(i::text, 'p', 'app', '2024-01-01')) FROM generate_series(0, 49) AS i;
SELECT count(mobanon.grant_consent(i::text, 'q', 'app', '2024-01-01')) FROM generate_series(40, 59) AS i;
RESET ROLE;
ANALYZE events;
SQL

# COPY, and what pg_dump does.
for role in job owner analyst; do
	rows=$(as $role -c 'COPY events TO STDOUT' | grep -c 'seen' || true)
	is "$(as $role -c 'COPY events TO STDOUT' | grep -c SECRET || true) $rows" "0 $([ $role = job ] && echo 1500 || echo 0)" "COPY as $role carries no hidden row"
	is "$(pg_dump -U $role -t events -a town 2>&1 | grep -c SECRET || true)" 0 "nor does pg_dump as $role"
	is "$(as $role -c "COPY events TO '/tmp/mobanon_loot'" -c "COPY events TO PROGRAM 'cat'" | grep -c 'permission denied\|must be superuser')" 2 "nor a file or program of the server as $role"
	is "$(as $role -c 'SET ROLE free' -c 'SET ROLE mobanon_owner' -c 'SET ROLE postgres' -c 'SET SESSION AUTHORIZATION postgres' \
		-c 'SET session_replication_role = replica' -c 'ALTER EVENT TRIGGER mobanon_guard_load DISABLE' | grep -c 'permission denied\|must be owner')" 6 "no other role, and no replica, for $role"
	is "$(as $role -c "SELECT pg_create_logical_replication_slot('s', 'test_decoding')" | grep -c '^ERROR')" 1 "no logical decoding for $role"
done

# A login of two purposes: with INHERIT the union, which protection_gaps() lists; without it nothing before SET ROLE.
is "$(as either -c 'SELECT count(DISTINCT subject) FROM events')" 0 "NOINHERIT, two purposes: nothing without SET ROLE"
is "$(as either -c 'SET ROLE job' -c 'SELECT count(DISTINCT subject) FROM events' -c 'SET ROLE other_job' -c 'SELECT count(DISTINCT subject) FROM events' | tr '\n' ' ')" '50 20 ' "and one purpose at a time with it"
is "$(as union_of -c 'SELECT count(DISTINCT subject) FROM events')" 60 "INHERIT, two purposes: the union"
is "$(as postgres -c "SELECT count(*) FROM mobanon.protection_gaps() WHERE gap = 'two purposes'")" 3 "which is listed, with the pooler's login"

# A cursor held over COMMIT keeps what it had: rows with consent when it was opened, and no others.
is "$(as job -c 'BEGIN' -c 'DECLARE h CURSOR WITH HOLD FOR SELECT count(*) FILTER (WHERE subject = 7), count(*) FILTER (WHERE note LIKE $$SECRET%$$) FROM events' -c 'COMMIT' \
	-c 'FETCH ALL FROM h')" '30|0' "a held cursor has no hidden row"
is "$(as pool -c 'SET ROLE job' -c 'BEGIN' -c 'DECLARE h CURSOR WITH HOLD FOR SELECT subject FROM events WHERE subject = 49' -c 'COMMIT' -c 'SET ROLE analyst' -c 'MOVE ALL FROM h' -c 'SELECT count(*) FROM events')" 0 \
	"a change of role ends what later statements see"

# Sessions that begin with the attack: the library is not loaded yet.
is "$(as job -c 'EXPLAIN ANALYZE SELECT * FROM events WHERE subject = 77' | grep -c 'is refused')" 1 "EXPLAIN ANALYZE as a session's first statement"
as job -c 'EXPLAIN SELECT * FROM events WHERE note = $$SECRET 77$$' >"$WORK/a"
as job -c 'EXPLAIN SELECT * FROM events WHERE note = $$SECRET 7x$$' >"$WORK/b"
is "$(sed -n 's/.*rows=\([0-9]*\).*/\1/p' "$WORK/a")" "$(sed -n 's/.*rows=\([0-9]*\).*/\1/p' "$WORK/b")" "EXPLAIN as the first: the same estimate for a subject that is there and one that is not"
is "$(as owner -c 'CREATE INDEX ON events ((note::int))' | grep -c 'is refused')" 1 "an index expression as the first"
is "$(as owner -c 'ALTER TABLE events ADD CHECK (note::int > 0)' | grep -c 'is refused')" 1 "a CHECK constraint as the first"
is "$(as postgres -c "SELECT remedy FROM mobanon.protection_gaps() WHERE gap = 'library not preloaded'")" 'ALTER DATABASE town SET session_preload_libraries = mobanon' \
	"that the library is not preloaded is listed"
as postgres -c 'ALTER DATABASE town SET session_preload_libraries = mobanon'
is "$(as postgres -c "SELECT count(*) FROM mobanon.protection_gaps() WHERE gap = 'library not preloaded'")" 0 "and gone after its remedy"
as owner -c 'EXPLAIN SELECT * FROM events WHERE note = $$SECRET 77$$' | sed 's/SECRET 7.//' >"$WORK/a"
as owner -c 'EXPLAIN SELECT * FROM events WHERE note = $$SECRET 7x$$' | sed 's/SECRET 7.//' >"$WORK/b"
is "$(cat "$WORK/a")" "$(cat "$WORK/b")" "then the owner's plans tell nothing either"

# auto_explain counts rows, too, and sends plans to whoever asks for the log: loaded before this library or after it.
measured="auto_explain.log_analyze = on" always="auto_explain.log_min_duration = 0"
as postgres -c "ALTER ROLE job SET $measured" -c "ALTER ROLE job SET $always" -c "ALTER ROLE postgres SET $measured" -c "ALTER ROLE postgres SET $always"
for order in 'auto_explain, mobanon' 'mobanon, auto_explain' auto_explain; do
	as postgres -c "ALTER ROLE job SET session_preload_libraries = $order" -c "ALTER ROLE postgres SET session_preload_libraries = $order"
	as job -c 'SET client_min_messages = log' -c 'SELECT count(*) FROM events WHERE subject = 77' >"$WORK/a"
	is "$(tail -1 "$WORK/a") $(grep -c 'consented(' "$WORK/a") $(grep -c 'actual\|Removed' "$WORK/a")" '0 1 0' "$order: the plan in the log has no counts"
	is "$(as job -c 'EXPLAIN ANALYZE SELECT * FROM events WHERE subject = 77' | grep -c 'is refused')" 1 "$order: EXPLAIN ANALYZE is refused"
	like "$(as postgres -c 'SET client_min_messages = log' -c 'SELECT count(*) FROM events WHERE note = $$SECRET 77$$')" 'Rows Removed' "$order: a superuser's plan has them"
done
as postgres -c 'ALTER ROLE job RESET ALL' -c 'ALTER ROLE postgres RESET ALL'

# A slot decodes everything that is written: listed, and gone after its remedy.
as postgres -c "SELECT pg_create_logical_replication_slot('tap', 'test_decoding')" >/dev/null
is "$(as postgres -c "SELECT remedy FROM mobanon.protection_gaps() WHERE gap = 'logical replication slot'")" "SELECT pg_drop_replication_slot('tap')" "a logical slot is listed"
as postgres -c "SELECT pg_drop_replication_slot('tap')" >/dev/null
is "$(as postgres -c "SELECT count(*) FROM mobanon.protection_gaps() WHERE gap = 'logical replication slot'")" 0 "and gone after its remedy"

# Transaction pooling: one server connection, two clients, roles changed per transaction, plans kept between.
if ! command -v pgbouncer >/dev/null; then
	(EXTRA_PACKAGES= install pgbouncer) >/dev/null 2>&1 || true
fi
if command -v pgbouncer >/dev/null; then
	cat >"$WORK/pgbouncer.ini" <<INI
[databases]
town = host=$PGHOST port=5432 user=pool dbname=town
[pgbouncer]
listen_addr =
unix_socket_dir = $WORK
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 1
server_reset_query =
logfile = $WORK/pgbouncer.log
INI
	[ "$(id -u)" != 0 ] || chown postgres "$WORK"
	as_postgres "$(command -v pgbouncer)" -q "$WORK/pgbouncer.ini" >/dev/null 2>&1 &
	# lib.sh ends what the shell has started.
	for i in $(seq 50); do [ -S "$WORK/.s.PGSQL.6432" ] && break; sleep 0.1; done
	pooled() { PGHOST=$WORK PGPORT=6432 psql -qXAt -U pool -d town "$@" 2>&1 || true; }
	is "$(pooled -c 'SELECT pg_backend_pid()')" "$(pooled -c 'SELECT pg_backend_pid()')" "pooled: two clients, one server connection"
	is "$(pooled -c 'SELECT count(*) FROM events')" "ERROR:  permission denied for table events" "no role, no rows"
	pooled -c 'BEGIN; SET LOCAL ROLE job; PREPARE counting AS SELECT count(DISTINCT subject) FROM events; EXECUTE counting; EXECUTE counting; EXECUTE counting; EXECUTE counting; EXECUTE counting; EXECUTE counting; COMMIT' >/dev/null
	is "$(pooled -c 'BEGIN; SET LOCAL ROLE job; EXECUTE counting; COMMIT')" 50 "another client finds the plan, as the purpose role"
	is "$(pooled -c 'BEGIN; SET LOCAL ROLE other_job; EXECUTE counting; COMMIT')" 20 "as another purpose's role: planned anew"
	is "$(pooled -c 'BEGIN; SET LOCAL ROLE analyst; EXECUTE counting; COMMIT')" 0 "as the analyst"
	is "$(pooled -c 'EXECUTE counting')" "ERROR:  permission denied for table events" "and without a role"
	as postgres -c "SELECT mobanon.withdraw_consent('7', 'p', 'app')" >/dev/null
	is "$(pooled -c 'BEGIN; SET LOCAL ROLE job; EXECUTE counting; COMMIT')" 49 "a withdrawal holds for the next transaction of the pool"
	# SET ROLE that is not LOCAL stays with the server connection: the next client has it.
	pooled -c 'SET ROLE job' >/dev/null
	is "$(pooled -c 'SELECT current_user, count(DISTINCT subject) FROM events')" 'job|49' "SET ROLE without LOCAL goes to the next client: use SET LOCAL ROLE"
	pooled -c 'RESET ROLE' >/dev/null
	is "$(pooled -c 'SELECT current_user')" pool "RESET ROLE takes it back"
else
	skip 'transaction pooling' 'no pgbouncer to be had'
fi
done_testing
