#!/usr/bin/env bash
# Reversal: 1,000 subjects out of a block of 10 million telephone numbers.  The
# attacker has the pseudonyms, the dump, a cluster of their own to restore it
# in, and every public function; not the root key.  Against unkeyed SHA-256 the
# same attacker must win, or the test would prove nothing.
source "$(dirname "$0")/../tap.sh"
cluster_start victim "shared_preload_libraries = 'mobanon'"
createdb v
export PGDATABASE=v
sql -c 'CREATE EXTENSION mobanon' -c 'CREATE EXTENSION pgcrypto' \
	-c "SELECT mobanon.create_domain('retail', '1 month', '2024-01-01 00:00+00', '2024-03-01 00:00+00')" \
	-c "SELECT mobanon.create_domain('transit', '1 month', '2024-01-01 00:00+00', '2024-03-01 00:00+00')" >/dev/null
sql -c 'CREATE ROLE attacker LOGIN'
sql >/dev/null <<'SQL'
-- the truth, which only the judge reads
CREATE SCHEMA judge;
CREATE TABLE judge.subject AS
SELECT DISTINCT (491510000000 + abs(hashint8extended(i, 7)) % 10000000)::text AS subject FROM generate_series(1, 1200) AS i LIMIT 1000;
-- what was stored and released
CREATE TABLE public.stored AS
SELECT mobanon.pseudonymize(subject, 'retail', '2024-01-15') AS retail, mobanon.pseudonymize(subject, 'retail', '2024-02-15') AS later,
	mobanon.pseudonymize(subject, 'transit', '2024-01-15') AS transit, sha256(subject::bytea) AS baseline
FROM judge.subject ORDER BY hashtext(subject);
GRANT SELECT ON public.stored TO attacker;
SQL
is "$(sql -c 'SELECT count(DISTINCT retail), count(*) FROM stored')" "1000|1000" "1,000 subjects, 1,000 pseudonyms"

# ---- the baseline falls ------------------------------------------------------
is "$(sql -U attacker -c "SET work_mem = '64MB'" -c "
	SELECT count(*) FROM stored AS s JOIN generate_series(491510000000, 491519999999) AS n ON s.baseline = sha256(n::text::bytea)")" \
	1000 "unkeyed SHA-256: all 1,000 are recovered from the block of 10 million"

# ---- the attacker, logged in -------------------------------------------------
for f in "pseudonymize('491510000000'::text, 'retail', '2024-01-15')" "pseudonymize(491510000000, 'retail', '2024-01-15')" \
	"pseudonymize('00000000-0000-8000-8000-000000000000'::uuid, 'retail', '2024-01-15')" "hmac_sha256('', '')" \
	"new_wrapped_key('retail', 1)" "rewrapped_key('retail', 1, '', '')" "key_fingerprint()" "rotate_key('retail')" \
	"shred_epoch('retail', 1)" "rewrap_keys()" "create_domain('mine', '1 day')" "extend_domain('retail', '2030-01-01')" "normalize_msisdn('+4915100000')"; do
	like "$(sql -U attacker -c "SELECT mobanon.$f" 2>&1)" 'permission denied for function' "the attacker may not call ${f%%(*}()"
done
for t in key_domain key_epoch keyring; do
	like "$(sql -U attacker -c "SELECT * FROM mobanon.$t" 2>&1)" 'permission denied' "nor read $t"
done
# whatever anybody may call turns no subject into something of a pseudonym's form
is "$(sql -c "SELECT count(*) FROM pg_proc AS p WHERE pronamespace = 'mobanon'::regnamespace AND has_function_privilege('attacker', p.oid, 'EXECUTE')
	AND prorettype IN ('uuid'::regtype, 'bytea'::regtype) AND EXISTS (SELECT FROM unnest(proargtypes) AS a WHERE a IN ('text'::regtype, 'bigint'::regtype, 'uuid'::regtype))
	AND proname NOT LIKE 'subject\_set%'")" 0 "no public function makes a uuid of a text, a number or a uuid"
# views do not lend the right to call it
like "$(sql -U attacker -c 'CREATE TEMP VIEW v AS SELECT mobanon.pseudonymize(1, $$retail$$, $$2024-01-15$$)' -c 'SELECT * FROM v' 2>&1)" \
	'permission denied for function pseudonymize' "nor through a view of their own"
like "$(sql -U attacker -c 'CREATE TEMP TABLE t (a uuid DEFAULT mobanon.pseudonymize(1, $$retail$$, $$2024-01-15$$))' -c 'INSERT INTO t DEFAULT VALUES' 2>&1)" \
	'permission denied for function pseudonymize' "nor through a column default"
# one cannot be linked to another domain or another epoch of one's own
is "$(sql -c 'SELECT count(*) FROM stored AS a, stored AS b WHERE a.retail IN (b.later, b.transit) OR a.later = b.transit')" 0 \
	"no pseudonym is found in another epoch or domain"

# ---- the attacker, with the dump, at home ------------------------------------
# other rooms may have a say, too
dump() { pg_dump -N judge -d v >"$WORK/dump.sql" 2>"$WORK/dump.log" && ! grep key_ "$WORK/dump.log"; }
ok 'a dump, without a warning of the keyring' dump
sql -c '\copy judge.subject TO '"$WORK/truth" -c '\copy stored TO '"$WORK/stored"
is "$(look_for files "$WORK/dump.sql" "$(tr -d '\n' <"$WORK/victim/root.key")" "$(look_for forms "$(cat "$WORK/victim/root.key")" | cut -d' ' -f2)")" "0 0" "the dump does not hold the root key"
cluster_stop victim
cluster_start home
createdb v
sql -c 'CREATE ROLE attacker'
sql -f "$WORK/dump.sql" >"$WORK/restore.log" 2>&1 || note "$(tail -3 "$WORK/restore.log")"
is "$(sql -c 'SELECT count(*) FROM stored')" 1000 "the dump was restored"
like "$(sql -c "SELECT mobanon.pseudonymize('491510000000', 'retail', '2024-01-15')" 2>&1)" 'the root key of this server is not the one' \
	"a superuser of their own cluster has no key"
like "$(sql -c 'SELECT mobanon.rewrap_keys()' 2>&1)" 'the root key of this server is not the one' "and cannot wrap the keys anew"
# every key that the dump offers, with the primitive itself: trying the true
# numbers is trying the whole block
sql -c 'CREATE TABLE subject (subject text)' -c "\\copy subject FROM $WORK/truth"
guesses="SELECT DISTINCT key FROM (SELECT unnest(ARRAY[wrapped_key, substr(wrapped_key, 14, 32), substr(wrapped_key, 2, 12), substr(wrapped_key, 30, 32),
		domain::bytea, root_key::bytea, decode(root_key, 'hex'), ''::bytea, domain::bytea || int4send(epoch), sha256(domain::bytea),
		sha256(wrapped_key), sha256(domain::bytea || int4send(epoch)), decode(repeat('00', 32), 'hex')]) AS key
	FROM mobanon.key_epoch JOIN mobanon.key_domain USING (domain_id)) AS k"
version_8="encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid"
is "$(sql -c "WITH guess AS ($guesses), made AS MATERIALIZED (
	SELECT subject, substr(h, 1, 16) AS h FROM guess, subject,
		LATERAL (VALUES (mobanon.hmac_sha256(key, subject::bytea)), (sha256(key || subject::bytea)), (sha256(subject::bytea || key))) AS v (h))
	SELECT count(DISTINCT subject) FROM made JOIN (SELECT unnest(ARRAY[retail, later, transit]) AS p FROM stored) AS s ON $version_8 = p")" 0 "keyed: 0 of 1,000 are recovered"
# the judge checks that this attack works with the right key
key=$(unwrap "$(cat "$WORK/victim/root.key")" "$(wrapped_key retail 1)")
is "$(sql -c "WITH made AS MATERIALIZED (SELECT substr(mobanon.hmac_sha256('\\x$key', subject::bytea), 1, 16) AS h FROM subject)
	SELECT count(*) FROM made JOIN stored ON $version_8 = retail")" 1000 "with the root key the same attack recovers all"
done_testing
