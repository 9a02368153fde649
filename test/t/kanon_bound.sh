#!/usr/bin/env bash
# Contribution bounding: contribution_draw() is HMAC-SHA-256 as documented; the choice it makes is uniform over the
# day, where "the first m" is not; the same on every plan and whoever else is in the table.
source "$(dirname "$0")/../tap.sh"
cluster_start bound "shared_preload_libraries = 'mobanon'"
createdb kanon_bound
export PGDATABASE=kanon_bound PGTZ=Europe/Berlin
sql -c 'CREATE EXTENSION mobanon' -c 'ALTER DATABASE kanon_bound SET search_path = public, mobanon'
sql -c "SELECT create_domain('bound', '500 years', '2000-01-01 00:00+00', '4000-01-01 00:00+00')" >/dev/null
KEY=$(unwrap "$(cat "$PGDATA_DIR/mobanon_root.key")" "$(wrapped_key bound 1)")
# 800 subjects, each somewhere in every quarter of two hours out of three, and twice; then those who make few visits
sql -v key="$KEY" <<'SQL'
CREATE TABLE visit AS
SELECT md5(s::text)::uuid AS pseudonym, coarsen_cell(52.5 + (s * 7 + q) % 40 * 0.01, 13.4 + q % 7 * 0.01, '1km') AS cell,
	timestamptz '2025-10-25 00:00' + q * interval '15 minutes' AS bucket
FROM generate_series(1, 800) AS s, generate_series(0, 195) AS q, generate_series(1, 2) WHERE q % 12 < 8
UNION ALL
SELECT md5('few' || s)::uuid, coarsen_cell(52.5 + s * 0.01, 13.4 + v * 0.01, '1km'), timestamptz '2025-10-25 09:00' + v * interval '1 hour'
FROM generate_series(1, 50) AS s, generate_series(1, s % 7) AS v;
ANALYZE visit;
-- the draw, from its description, with a key at hand
CREATE FUNCTION draw_with(key bytea, pseudonym uuid, cell cell, bucket timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT ('x' || encode(substr(mobanon.hmac_sha256(key, '\x00' || 'contribution'::bytea || '\x000000' || uuid_send(pseudonym) || int8send(cell::bigint) || timestamptz_send(bucket)), 1, 8), 'hex'))::bit(64)::bigint
$$;
-- how a stage 2 view says it
CREATE VIEW chosen AS
SELECT pseudonym, cell, bucket FROM (
	SELECT v.*, dense_rank() OVER (PARTITION BY pseudonym, bucket_start(bucket, '1 day', 'Europe/Berlin') ORDER BY contribution_draw(pseudonym, cell, bucket, 'bound'), cell, bucket) AS draw
	FROM visit AS v) AS d
WHERE draw <= 4;
CREATE TABLE first_seen AS TABLE chosen;
-- from the definition: fewer than four other visits of the same subject and day have a smaller draw
CREATE TABLE oracle AS
WITH d AS MATERIALIZED (SELECT *, draw_with(decode(:'key', 'hex'), pseudonym, cell, bucket) AS draw, (bucket AT TIME ZONE 'Europe/Berlin')::date AS day FROM (SELECT DISTINCT * FROM visit) AS v)
SELECT v.* FROM visit AS v JOIN (
	SELECT a.pseudonym, a.cell, a.bucket FROM d AS a LEFT JOIN d AS b ON b.pseudonym = a.pseudonym AND b.day = a.day AND b.draw < a.draw
	GROUP BY 1, 2, 3 HAVING count(b.draw) < 4) AS o USING (pseudonym, cell, bucket);
SQL
is "$(sql -c "SELECT count(*) FROM (SELECT DISTINCT * FROM visit LIMIT 5000) AS v WHERE contribution_draw(pseudonym, cell, bucket, 'bound') <> draw_with(decode('$KEY', 'hex'), pseudonym, cell, bucket)")" 0 "the draw is HMAC-SHA-256 over label, pseudonym, cell and bucket"
is "$(sql -c 'SELECT count(*) FROM ((TABLE first_seen EXCEPT ALL TABLE oracle) UNION ALL (TABLE oracle EXCEPT ALL TABLE first_seen)) AS d')" 0 "the choice is that of the definition ($(sql -c 'SELECT count(*) FROM oracle') of $(sql -c 'SELECT count(*) FROM visit') rows)"
is "$(sql -c "SELECT count(*) FROM (SELECT pseudonym, (bucket AT TIME ZONE 'Europe/Berlin')::date AS day, count(DISTINCT (cell, bucket)) AS n FROM visit GROUP BY 1, 2) AS v
	FULL JOIN (SELECT pseudonym, (bucket AT TIME ZONE 'Europe/Berlin')::date AS day, count(DISTINCT (cell, bucket)) AS n FROM chosen GROUP BY 1, 2) AS c USING (pseudonym, day) WHERE c.n IS DISTINCT FROM least(v.n, 4)")" 0 "each subject keeps 4 visits a day, or all of fewer"
# ---- the same whenever ---------------------------------------------------------
same() { is "$(sql -c "$2" -c "SELECT count(*) FROM ((SELECT * FROM first_seen ${3:-} EXCEPT ALL SELECT * FROM chosen ${3:-}) UNION ALL (SELECT * FROM chosen ${3:-} EXCEPT ALL SELECT * FROM first_seen ${3:-})) AS d")" 0 "the same choice $1"; }
same "with parallel workers" "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0"
same "in little memory" "SET work_mem = '64kB'"
sql -c 'CREATE TABLE shuffled AS SELECT * FROM visit ORDER BY hashtextextended(pseudonym::text || bucket::text, 1)' -c 'TRUNCATE visit' -c 'INSERT INTO visit TABLE shuffled'
same "in another order of rows" "SELECT 1 WHERE false"
sql -c "DELETE FROM visit WHERE pseudonym::text > '8' OR bucket < '2025-10-26 00:00'"
same "without other subjects and other days" "SELECT 1 WHERE false" "WHERE pseudonym::text <= '8' AND bucket >= '2025-10-26 00:00'"
# ---- uniform: chi-square with a fixed key, so that it is the same on every run --
chi() { sql -c "SELECT round(sum((o - e)^2 / e), 1) FROM (SELECT hour, count(*)::numeric AS o, sum(count(*)) OVER () / 64 AS e FROM (
	SELECT floor(extract(epoch FROM bucket - timestamptz '2025-10-25 00:00') / 900)::int AS hour, dense_rank() OVER (PARTITION BY pseudonym ORDER BY $1) AS r
	FROM (SELECT DISTINCT * FROM shuffled WHERE bucket < '2025-10-26 00:00' AND pseudonym IN (SELECT md5(s::text)::uuid FROM generate_series(1, 800) AS s)) AS v) AS d WHERE r <= 4 GROUP BY hour) AS h"; }
draws=$(chi "draw_with('\x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20', pseudonym, cell, bucket)")
note "chi-square over 64 quarters of an hour, 63 degrees of freedom: smallest draws $draws, first visits $(chi bucket)"
# 103.4 is exceeded by one in a thousand
is "$(awk -v c="$draws" 'BEGIN {print (c < 103.4)}')" 1 "the smallest draws are spread evenly over the day"
is "$(awk -v c="$(chi bucket)" 'BEGIN {print (c > 10000)}')" 1 "the first visits are not"
dropdb kanon_bound
done_testing
