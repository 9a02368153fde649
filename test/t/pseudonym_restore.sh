#!/usr/bin/env bash
# Dump and restore: with the same root key the same pseudonyms, with another one
# a clear error, and rewrap_keys() to move to it.
source "$(dirname "$0")/../tap.sh"
cluster_start origin "shared_preload_libraries = 'mobanon'"
createdb r
export PGDATABASE=r
sql -c 'CREATE EXTENSION mobanon' -c "SELECT mobanon.create_domain('retail', '500 years', '2000-01-01 00:00+00', '4000-01-01 00:00+00')" \
	-c "SELECT mobanon.create_domain('days', '1 day', '2024-01-01 00:00+00', '2025-01-01 00:00+00')" \
	-c "SELECT mobanon.create_domain(E'a\" FROM (SELECT pg_sleep(9)) x --\\n', '1 day', '2024-01-01 00:00+00', '2024-01-02 00:00+00')" \
	-c "SELECT mobanon.rotate_key('retail')" -c "SELECT mobanon.shred_epoch('days', 7)" >/dev/null
sql -c "CREATE TABLE made AS SELECT domain, at, mobanon.pseudonymize('491713920012', domain, at) AS pseudonym
	FROM (SELECT 'retail', g FROM generate_series(timestamptz '2010-01-01', '3990-01-01', '20 years') AS g
		UNION ALL SELECT 'days', g FROM generate_series(timestamptz '2024-02-01', '2024-12-31', '1 day') AS g
		UNION ALL SELECT domain, '2024-01-01 12:00+00' FROM mobanon.key_domain WHERE domain LIKE 'a%') AS v (domain, at)"
same="SELECT count(*) FILTER (WHERE mobanon.pseudonymize('491713920012', domain, at) = pseudonym) || ' of ' || count(*) FROM made"
all=$(sql -c "$same")
like "$all" '^([0-9]+) of ([0-9]+)$' "$all pseudonyms made"
ok "pg_dump, plain" pg_dump -f "$WORK/r.sql"
ok "pg_dump, custom" pg_dump -Fc -f "$WORK/r.dump"
sql -c "SELECT mobanon.shred_epoch('days', 8)" >/dev/null
cp -p "$WORK/origin/root.key" "$WORK/root.key"
cluster_stop origin

# ---- the same root key -------------------------------------------------------
cluster_start same "shared_preload_libraries = 'mobanon'" "mobanon.previous_root_key_file = '$WORK/previous.key'"
cp -p "$WORK/root.key" "$WORK/same/root.key"
cp -p "$WORK/root.key" "$WORK/previous.key"
createdb r
is "$(psql -qXAt -o /dev/null -v ON_ERROR_STOP=1 -f "$WORK/r.sql" 2>&1)" "" "restored, without a word"
is "$(sql -c "$same")" "$all" "the same root key: the same pseudonyms"
like "$(sql -c "SELECT mobanon.pseudonymize('1', 'days', '2024-01-07 12:00+00')" 2>&1)" 'was shredded' "what was shredded stays so"
is "$(sql -c "SELECT mobanon.pseudonymize('1', 'days', '2024-01-08 12:00+00') IS NOT NULL")" t "a dump from before a shredding brings its wrapped key back, as doc/keys.md says"
like "$(sql -c "SELECT mobanon.extend_domain('days', '2025-02-01 00:00+00')")" '^31$' "domains go on"
is "$(sql -c "SELECT mobanon.rotate_key('retail')")" 9 "numbers of epochs too"
is "$(sql -c "SELECT mobanon.pseudonymize('1', 'days', '2025-01-15') IS NOT NULL")" t "with keys that work"
createdb one
is "$(psql -qXAt -1 -o /dev/null -d one -v ON_ERROR_STOP=1 -f "$WORK/r.sql" 2>&1)" "" "restored in one transaction"
is "$(sql -d one -c "$same")" "$all" "the same"
createdb two
ok "restored in parallel" pg_restore -j 2 -d two "$WORK/r.dump"
is "$(sql -d two -c "$same")" "$all" "the same"
# a gap is refused there as well
not_ok "a restored keyring still allows no gap" sql -d two -c "DELETE FROM mobanon.key_epoch WHERE epoch = 100"
not_ok "nor two keys for one time" sql -d two -c "INSERT INTO mobanon.key_epoch SELECT domain_id, 9999, starts_at, ends_at, ends_at, wrapped_key, root_key FROM mobanon.key_epoch WHERE epoch = 100"

# ---- another root key --------------------------------------------------------
new_root_key "$WORK/same/root.key"
fingerprint=$(sql -d two -c 'SELECT mobanon.key_fingerprint()')
rm "$WORK/previous.key"
like "$(sql -d two -c "$same" 2>&1)" 'could not open root key file' "a previous root key that is named and missing is an error"
new_root_key "$WORK/previous.key"
out=$(sql -d two -c "$same" 2>&1 || true)
like "$out" 'the root key of this server is not the one that wrapped the keyring' "another root key: an error"
like "$out" "fingerprint $(sql -d two -c 'SELECT DISTINCT root_key FROM mobanon.keyring'); this server's is $fingerprint" "that names both fingerprints"
like "$out" 'mobanon.previous_root_key_file' "and what to do"
like "$(sql -d two -c 'SELECT mobanon.rewrap_keys()' 2>&1)" 'is not the one that wrapped' "rewrap_keys() cannot, either"
is "$(sql -d two -c "SELECT count(*) FROM mobanon.keyring WHERE root_key = '$fingerprint'")" 0 "and changes nothing"
cp -p "$WORK/root.key" "$WORK/previous.key"
is "$(sql -d two -c "$same")" "$all" "with the previous root key named: the same pseudonyms"
like "$(sql -d two -c 'SELECT mobanon.rewrap_keys()')" '^[0-9]{3}$' "wrapped by the new one"
new_root_key "$WORK/previous.key"
is "$(sql -d two -c "$same")" "$all" "then the previous one is not needed"
done_testing
