#!/usr/bin/env bash
# publish() as a job of pg_cron, run by a role that may publish and read no
# event.  In a cluster of its own; pg_cron wakes up once a minute.  Prints TAP.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
lib=$("$PG_CONFIG" --pkglibdir) share=$("$PG_CONFIG" --sharedir)
if [ ! -e "$lib/pg_cron.so" ]; then
	(install "postgresql-$PGMAJOR-cron") >/dev/null 2>&1 || true
fi
if [ ! -e "$lib/pg_cron.so" ]; then
	echo "ok 1 # SKIP pg_cron is not installed for PostgreSQL $PGMAJOR (package postgresql-$PGMAJOR-cron)"
	echo "# pg_cron is not installed for PostgreSQL $PGMAJOR: its test was skipped"
	echo "1..1"
	exit 0
fi
cp -asf "$lib/pg_cron.so" "$ROOT$lib/"
cp -asf "$share"/extension/pg_cron* "$ROOT$share/extension/"
CLUSTERS=()
trap 'cluster_stop cron immediate' EXIT
cluster_start cron "shared_preload_libraries = 'mobanon, pg_cron'" "cron.database_name = 'cron'" "cron.use_background_workers = on"
n=0 failed=0
is() { n=$((n + 1)); if [ "$1" = "$2" ]; then echo "ok $n - $3"; else echo "not ok $n - $3"; echo "# got: $1, expected: $2"; failed=1; fi; }
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d cron "$@"; }
createdb cron
sql >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
CREATE EXTENSION pg_cron;
CREATE ROLE t_cron_processing; CREATE ROLE t_cron_job LOGIN;
GRANT mobanon_admin TO t_cron_job;
CREATE SCHEMA town;
GRANT USAGE ON SCHEMA cron, town TO t_cron_job;
CREATE TABLE town.events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('t_cron', 'test');
SELECT mobanon.bind_purpose('t_cron', 't_cron_processing');
SELECT mobanon.protect('town.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 't_cron', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 30) AS i;
INSERT INTO town.events SELECT i::text, '2024-06-10 12:00+00', 52.5, 13.4 FROM generate_series(1, 30) AS i;
SELECT mobanon.create_domain('town', '1 year', '2024-01-01 00:00+00');
SELECT mobanon.create_pipeline('town.footfall', 'town.events', 't_cron', starts_at => '2024-06-10 00:00+00', domain => 'town');
SET ROLE t_cron_job;
SELECT cron.schedule('publish footfall', '* * * * *', $$SELECT mobanon.publish('town.footfall')$$);
SELECT cron.schedule('backlog', '* * * * *', $$CALL mobanon.publish_backlog('town.footfall', '1 year')$$);
SQL
is "$(PGUSER=t_cron_job sql -c 'SELECT count(*) FROM town.events' 2>&1 | grep -c 'permission denied')" 1 'the job reads no event'
for _ in $(seq 90); do
	[ "$(sql -c "SELECT count(*) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')")" -ge 2 ] && break
	sleep 1
done
is "$(sql -c "SELECT DISTINCT status FROM cron.job_run_details")" succeeded 'both jobs ran'
[ $failed = 0 ] || sql -c "SELECT '# ' || command || ': ' || return_message FROM cron.job_run_details"
is "$(sql -c "SELECT subjects FROM town.footfall")" 30 'and the window is out, once'
is "$(sql -c "SELECT DISTINCT published_by FROM mobanon.publication")" t_cron_job "the register has the job's role"
is "$(sql -c "SELECT count(*) FROM mobanon.audit('town.footfall') WHERE NOT ok")" 0 'the audit passes'
echo "1..$n"
exit $failed
