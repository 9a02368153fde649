#!/usr/bin/env bash
# What tells of a withdrawal without showing a row: every catalog and statistics
# view, and every function that counts something, which a role may read, before
# and after one withdrawal, for each kind of role and from another database.
# What moves must be in the table of doc/side-doors.md.  Once with PostgreSQL's
# own privileges, once after harden_statistics(), when only what the table says
# "stays" may move.  Prints TAP.
source "$(dirname "$0")/../tap.sh"
doc=$TOP/doc/side-doors.md

# Nothing moves by itself in this cluster.
cluster_start side "autovacuum = off" "checkpoint_timeout = 1h" "track_functions = all" "jit = off" \
	"shared_preload_libraries = 'mobanon'" "bgwriter_delay = 10s" "max_connections = 20"
createdb house
createdb elsewhere
psql -qX -v ON_ERROR_STOP=1 -d house >"$WORK/setup" 2>&1 <<'SQL' || { cat "$WORK/setup"; exit 1; }
CREATE EXTENSION mobanon;
CREATE ROLE nobody LOGIN;
CREATE ROLE analyst LOGIN;
CREATE ROLE job LOGIN;
CREATE ROLE owner LOGIN;
CREATE ROLE administrator LOGIN IN ROLE mobanon_admin;
CREATE ROLE frontend LOGIN IN ROLE mobanon_frontend;
CREATE SCHEMA town AUTHORIZATION owner;
GRANT mobanon_admin, job TO owner;
SET ROLE owner;
CREATE TABLE town.events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('side', 'test');
SELECT mobanon.bind_purpose('side', 'job');
SELECT mobanon.protect('town.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'side', 'app', '2024-06-01 00:00+00')) FROM generate_series(100, 199) AS i;
INSERT INTO town.events SELECT i::text, '2024-06-10 12:00+00', 52.5, 13.4 FROM generate_series(100, 199) AS i;
SELECT mobanon.create_pipeline('town.footfall', 'town.events', 'side', starts_at => '2024-06-10 00:00+00', readers => '{analyst}');
SELECT mobanon.publish('town.footfall');
RESET ROLE;
REVOKE mobanon_admin FROM owner;
VACUUM ANALYZE;
SQL
# The relations and functions to ask about, by number: also from another database.
targets=$(psql -qXAt -d house -c "SELECT string_agg(format('(%s::oid, %L)', o, n), ', ') FROM (
	SELECT c.oid AS o, c.oid::regclass::text AS n FROM pg_class AS c WHERE c.relnamespace IN ('mobanon'::regnamespace, 'town'::regnamespace) AND c.relkind IN ('r', 'i', 'm', 'S')
	UNION ALL SELECT d.oid, 'database' FROM pg_database AS d WHERE d.datname = 'house'
	UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proname IN ('consented', 'withdraw_consent', 'apply_decisions')) AS x")

# A snapshot: a line "name|value" per column of each view and per function.  Numbers are summed, the rest is hashed.
# Catalogs other than pg_class row by row; information_schema, which only repeats them, for one kind of role.
cat >"$WORK/snapshot.sql" <<'SQL'
SET client_min_messages = fatal;
SET stats_fetch_consistency = none;
SELECT format('SELECT v.* FROM (SELECT %s FROM %s AS t) AS s, LATERAL (VALUES %s) AS v (name, value)',
	string_agg(format(CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype)
		THEN 'sum(t.%1$I)::text AS %1$I' ELSE 'sum(hashtextextended(t.%1$I::text, 0))::text || ''h'' AS %1$I' END, a.attname), ', '),
	c.oid::regclass,
	string_agg(format('(%L, s.%I)', c.relname || '.' || a.attname, a.attname), ', '))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND (c.relkind = 'v' OR c.relname = 'pg_class')
AND has_column_privilege(c.oid, a.attnum, 'SELECT') AND c.relname !~ '^pg_(timezone|available_ext)'
GROUP BY c.oid \gexec
SELECT format('SELECT %L, sum(hashtextextended(t::text, 0))::text || ''h'' FROM %s AS t', c.relname || '.*', c.oid::regclass)
FROM pg_class AS c
WHERE (c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND c.relname <> 'pg_class'
	OR c.relnamespace = 'information_schema'::regnamespace AND c.relkind IN ('r', 'v') AND current_user = 'administrator')
AND has_table_privilege(c.oid, 'SELECT') \gexec
SELECT format('SELECT %L || x.name || '')'', (SELECT sum(hashtextextended(f::text, 0))::text || ''h'' FROM %s(x.oid) AS f) FROM (VALUES %s) AS x (oid, name)',
	p.proname || '(', p.oid::regproc, :'targets')
FROM pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND has_function_privilege(p.oid, 'EXECUTE')
AND (p.proname ~ '^pg_stat_get_' AND p.proargtypes::text = '26' OR p.proargtypes::text = '2205' AND p.proname ~ '_size$') \gexec
SELECT format('SELECT %L, sum(hashtextextended(f::text, 0))::text || ''h'' FROM %s() AS f', p.proname || '()', p.oid::regproc)
FROM pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.pronargs = 0 AND p.provolatile IN ('s', 'v')
AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND has_function_privilege(p.oid, 'EXECUTE')
-- not those that do something, or tell the time or a random number
AND p.proname !~ '^(txid_current|pg_current_xact_id|pg_export_snapshot|pg_advisory_unlock_all|pg_stat_(reset|clear|force)|pg_(switch|reload|rotate|backup|promote|wal_replay|log_|create|drop|replication_origin|import)|lo_|.*timestamp|now|random|gen_random|timeofday|pg_timezone|binary_upgrade|pg_start|pg_stop)' \gexec
SQL
snapshot() { # snapshot DATABASE ROLE FILE
	psql -qXAt -F '|' -v targets="$targets" -U "$2" -d "$1" -f "$WORK/snapshot.sql" 2>/dev/null | grep -a '|' | sort -u >"$WORK/$3" || true
}
kinds="house:nobody house:analyst house:job house:owner house:administrator house:frontend elsewhere:nobody"
round() { # round NAME SUBJECT: a session of the front end, then vacuum, then everybody looks
	local k
	psql -qX -U frontend -d house -c "SELECT ${2:+FROM mobanon.withdraw_consent('$2', 'side', 'app')}" >/dev/null
	psql -qX -d house -c "VACUUM (ANALYZE) mobanon.consent_ledger" -c "VACUUM (ANALYZE) mobanon.consent_state"
	for k in $kinds; do
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do sleep 0.05; done
		snapshot "${k%:*}" "${k#*:}" "$1.$k" &
	done
	wait
}
# moved: what moves otherwise than in a round without a withdrawal
moved() { # moved A B C
	local k
	for k in $kinds; do
		awk -F'|' -v kind="$k" '
			FILENAME == ARGV[1] { a[$1] = $2 } FILENAME == ARGV[2] { b[$1] = $2 } FILENAME == ARGV[3] { c[$1] = $2 }
			END { for (x in c) {
				if (c[x] ~ /h$/ || c[x] == "") { if (c[x] != b[x] && a[x] == b[x]) print kind "|" x }
				else if (c[x] - b[x] != b[x] - a[x]) print kind "|" x } }' "$WORK/$1.$k" "$WORK/$2.$k" "$WORK/$3.$k"
	done | sort
}
# The table in the documentation: a pattern in backquotes, and "stays" or "closed".
listed() { sed -nE "s/^\| \`([^\`]+)\` \|.*\| ($1) \|\$/^(\1)\$/p" "$doc" | sed 's/\\|/|/g'; }
unlisted() { # unlisted FILE KINDS-OF-ENTRY
	listed "$2" >"$WORK/patterns"
	cut -d'|' -f2 "$1" | sort -u | grep -vE -f "$WORK/patterns" || true
}

round 0 ''
round 1 ''
round 2 150
moved 0 1 2 >"$WORK/moved"
left=$(unlisted "$WORK/moved" 'stays|closed')
is "$left" '' "what moves with one withdrawal is listed in doc/side-doors.md"
for k in $kinds; do note "$k: $(wc -l <"$WORK/2.$k") values looked at, $(grep -c "^$k|" "$WORK/moved" || true) move"; done
for x in 'house:nobody|pg_stat_all_tables.n_tup_ins' 'house:analyst|pg_stat_get_tuples_inserted(mobanon.consent_ledger)' \
	'elsewhere:nobody|pg_stat_database.tup_inserted' 'house:job|pg_class.reltuples'; do
	ok "seen, so this looks: ${x#*|} as ${x%%|*}" grep -qF "$x" "$WORK/moved"
done

# An administrator asks for all, the other kinds in the house have the same privileges on statistics as nobody.
kinds="house:nobody house:administrator elsewhere:nobody"
psql -qXAt -d house -c "SELECT * FROM mobanon.harden_statistics()" >"$WORK/harden.sql"
for db in house elsewhere postgres template1; do psql -qX -v ON_ERROR_STOP=1 -d $db -f "$WORK/harden.sql"; done
round 3 ''
round 4 ''
round 5 151
moved 3 4 5 >"$WORK/moved"
left=$(unlisted "$WORK/moved" 'stays')
is "$left" '' "after harden_statistics() in every database only what stays moves"
note "after harden_statistics(): $(cut -d'|' -f2 "$WORK/moved" | sort -u | tr '\n' ' ')"
is "$(sql -U job -d house -c 'SELECT count(*) FROM town.events')" 98 "and the purpose role reads what it may"
psql -qXAt -d house -c "SELECT * FROM mobanon.harden_statistics(false)" | psql -qX -v ON_ERROR_STOP=1 -d house
ok "it can be taken back" psql -qX -v ON_ERROR_STOP=1 -U nobody -d house -c 'SELECT FROM pg_stat_user_tables'
done_testing
