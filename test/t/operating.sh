#!/usr/bin/env bash
# doc/operating.md: its backup can be restored into another cluster, and after
# its way out nothing of mobanon is left but what was kept.  The blocks marked
# backup, restore and uninstall are run as they stand there.  Prints TAP.
source "$(dirname "$0")/../tap.sh"
block() { awk -v mark="^\`\`\`(sh|sql) $1\$" '$0 ~ mark { on = 1; next } /^```/ { on = 0 } on' "$TOP/doc/operating.md"; }

# Roles of the cluster are created and dropped here: clusters of its own.
cluster_start origin
origin=$PGHOST
createdb city
psql -qX -v ON_ERROR_STOP=1 -d city >"$WORK/setup" 2>&1 <<'SQL' || { cat "$WORK/setup"; exit 1; }
CREATE EXTENSION mobanon;
CREATE ROLE city_dba LOGIN; CREATE ROLE city_processor; CREATE ROLE city_analyst;
GRANT mobanon_admin, city_processor TO city_dba;
CREATE SCHEMA town AUTHORIZATION city_dba;
SET ROLE city_dba;
CREATE TABLE town.events (msisdn text, seen_at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('retail_footfall', 'How many people come by');
SELECT mobanon.bind_purpose('retail_footfall', 'city_processor');
SELECT mobanon.protect('town.events', 'msisdn', 'seen_at');
SELECT count(mobanon.grant_consent((491760000000 + i)::text, 'retail_footfall', 'app', '2025-06-01')) FROM generate_series(1, 40) AS i;
INSERT INTO town.events SELECT (491760000000 + i)::text, timestamptz '2025-09-06 12:00+00' + h * interval '1 hour', 52.5163, 13.3777
FROM generate_series(1, 40) AS i, generate_series(0, 4) AS h;
SELECT mobanon.create_pipeline('town.footfall', 'town.events', 'retail_footfall', starts_at => '2025-09-06', readers => '{city_analyst}');
SELECT mobanon.publish('town.footfall'), mobanon.seal_ledger();
SQL
mkdir "$WORK/backup"
not_ok 'the owner of the events cannot dump the ledger' pg_dump -U city_dba -f /dev/null city
ok 'a superuser can: the backup' bash -ec "cd '$WORK/backup'; $(block backup)"
kept=$(sql -d city -c "SELECT bucket, cell, subjects FROM town.footfall ORDER BY 1, 2")
pseudonym="SELECT mobanon.pseudonymize('491760000001', 'town.footfall', '2025-09-06 12:00+00')"
made=$(sql -d city -c "$pseudonym")
is "$(wc -l <<<"$kept")" 5 'there is a release'

cluster_start other
cp "$WORK/origin/root.key" "$WORK/other/copy.key"
[ "$(id -u)" != 0 ] || chown postgres "$WORK/other/copy.key"
ln -sf "$WORK/other/copy.key" "$WORK/other/data/mobanon_root.key"
restored=$(cd "$WORK/backup" && bash -c "set -e; $(block restore)" 2>"$WORK/errors" || cat "$WORK/errors")
like "$restored" $'bool_and[^a-z]*\n t\n.*problem[^a-z]*\\(0 rows\\)' 'it is restored in another cluster: audit and ledger say so'
is "$(sql -d city -c "SELECT bucket, cell, subjects FROM town.footfall ORDER BY 1, 2")" "$kept" 'with the release'
is "$(sql -d city -c "$pseudonym")" "$made" 'and the keys: a subject has the pseudonym it had'
rm "$WORK/other/data/mobanon_root.key"
like "$(psql -qX -d city -c 'SELECT mobanon.key_fingerprint()' 2>&1)" 'no root key' 'without the root key there are none'

export PGHOST=$origin
block uninstall >"$WORK/uninstall.sql"
ok 'the way out runs' psql -qX -v ON_ERROR_STOP=1 -d city -f "$WORK/uninstall.sql"
is "$(sql -d city -c "SELECT bucket, cell, subjects FROM town.footfall_kept ORDER BY 1, 2")" "$kept" 'what was kept is there'
is "$(sql -d city -c "SELECT rolname FROM pg_roles WHERE rolname ~ 'mobanon'
	UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ 'mobanon' UNION ALL SELECT polname FROM pg_policy
	UNION ALL SELECT relname FROM pg_class WHERE relacl::text ~ 'mobanon' OR relrowsecurity UNION ALL SELECT attname FROM pg_attribute WHERE attacl::text ~ 'city_proc|mobanon'
	UNION ALL SELECT evtname FROM pg_event_trigger UNION ALL SELECT d.objid::text FROM pg_shdepend AS d WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = d.refobjid)
		AND d.refclassid = 'pg_authid'::regclass")" '' 'and nothing else'
ok 'the source can be read again' psql -qX -v ON_ERROR_STOP=1 -U city_dba -d city -c 'SELECT FROM town.events'
done_testing
