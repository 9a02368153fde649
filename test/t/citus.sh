#!/usr/bin/env bash
# kanon_suppress and stored subject sets over a table that Citus distributes by event, which is the hard way: a person's
# events are on every node, and are counted once.  A coordinator and two workers; skipped where the server has no Citus (Debian has none).
source "$(dirname "$0")/../tap.sh"
if [ ! -e "$("$PG_CONFIG" --sharedir)/extension/citus.control" ]; then
	skip 'Citus' "not on this server"
	done_testing
	exit 0
fi
for node in worker1 worker2 coordinator; do
	# nodes find each other by the directories of their sockets
	cluster_start $node "shared_preload_libraries = 'citus, mobanon'" "wal_level = logical" "max_prepared_transactions = 100" \
		"citus.enable_statistics_collection = off" "citus.node_conninfo = 'sslmode=disable'" "jit = off"
	createdb citus
	psql -qXAt -v ON_ERROR_STOP=1 -d citus -c 'CREATE EXTENSION citus'
done
export PGDATABASE=citus
for node in worker1 worker2; do cp -p "$WORK/coordinator/root.key" "$WORK/$node/root.key"; done
sql -c "SELECT FROM citus_set_coordinator_host('$WORK/coordinator', 5432)" \
	-c "SELECT FROM citus_add_node('$WORK/worker1', 5432)" -c "SELECT FROM citus_add_node('$WORK/worker2', 5432)"
sql -c 'CREATE EXTENSION mobanon'
is "$(sql -c "SELECT count(DISTINCT result), count(*), bool_and(success) FROM run_command_on_all_nodes('SELECT mobanon.key_fingerprint()')")" '1|3|t' 'one root key on three nodes'

sql <<'SQL'
SET citus.shard_count = 8;
CREATE TABLE local AS
SELECT i AS event, CASE WHEN i % 97 > 0 THEN (substr(h, 1, 12) || '4' || substr(h, 14, 3) || 'a' || substr(h, 18))::uuid END AS pseudonym, number, number::text AS label,
	mobanon.coarsen_cell(52.3 + 0.2 * power((abs(hashint8extended(i, 3)) % 1000) / 1000.0::float8, 3), 13.2 + 0.3 * power((abs(hashint8extended(i, 4)) % 1000) / 1000.0::float8, 3), '1km') AS cell,
	timestamptz '2026-03-02 00:00+00' + abs(hashint8extended(i, 5)) % 24 * interval '1 hour' AS bucket
FROM generate_series(1, 20000) AS i, LATERAL (SELECT abs(hashint8extended(i, 1)) % 1500 AS number) AS n, LATERAL (SELECT md5(number::text) AS h) AS p;
CREATE TABLE spread (LIKE local);
SELECT FROM create_distributed_table('spread', 'event');
INSERT INTO spread TABLE local;
CREATE TABLE nobody (LIKE local);
SELECT FROM create_distributed_table('nobody', 'event');
SQL
is "$(sql -c "SELECT count(*) > 4 FROM (SELECT FROM run_command_on_shards('spread', 'SELECT count(*) FROM %s') WHERE result::int > 0) AS s")" t 'rows are in many shards'
# same QUESTION NAME: the question, asked of T, has the answer for the distributed table that it has for the local one
same() {
	local name=$2 there here
	there=$(sql -c "${1//FROM T/FROM spread}" 2>&1 || true) here=$(sql -c "${1//FROM T/FROM local}" 2>&1 || true)
	if [ -z "$here" ] || [[ $here == *ERROR* ]]; then result 1 "$name" "no rows: $here"; else is "$there" "$here" "$name"; fi
}
for subject in pseudonym number label; do
	for k in 5 20; do
		same "SELECT cell, bucket, n FROM (SELECT cell, bucket, mobanon.kanon_suppress($subject, $k) AS n FROM T GROUP BY cell, bucket) AS g WHERE n IS NOT NULL ORDER BY cell::text, bucket" "kanon_suppress($subject, $k) per cell and hour"
	done
done
same "SELECT cell, mobanon.kanon_suppress(pseudonym, 20) FROM T GROUP BY cell HAVING mobanon.kanon_suppress(pseudonym, 20) IS NOT NULL ORDER BY cell::text" 'with HAVING'
same "SELECT mobanon.kanon_suppress(pseudonym, 20), mobanon.kanon_suppress(pseudonym, 20) FILTER (WHERE number % 2 = 0), count(*) FROM T" 'in all, with FILTER'
same "SELECT cell, mobanon.cardinality(mobanon.subject_set_agg(pseudonym)) FROM T GROUP BY cell ORDER BY cell::text" 'sets'
is "$(sql -c 'SELECT count(*) FROM (SELECT mobanon.kanon_suppress(pseudonym, 20) FROM nobody GROUP BY cell) AS g' -c 'SELECT mobanon.kanon_suppress(pseudonym, 20) IS NULL FROM nobody')" $'0\nt' 'an empty table'
# each distinct subject of a group crosses the network once, not each row
like "$(sql -c 'EXPLAIN (VERBOSE, COSTS OFF) SELECT cell, mobanon.kanon_suppress(pseudonym, 20) FROM spread GROUP BY cell')" 'worker_partial_agg' 'in two phases'
# hours into days from stored sets, which are distributed themselves
sql <<'SQL'
CREATE TABLE hourly (cell mobanon.cell, bucket timestamptz, place bigint, subjects mobanon.subject_set);
SELECT FROM create_distributed_table('hourly', 'place');
INSERT INTO hourly SELECT cell, bucket, hashint8(cell::bigint), subjects
FROM (SELECT cell, bucket, mobanon.subject_set_agg(pseudonym) AS subjects FROM spread GROUP BY cell, bucket) AS g;
SQL
is "$(sql -c "SELECT cell, mobanon.kanon_suppress(subjects, 20) FROM hourly GROUP BY cell ORDER BY cell::text")" \
	"$(sql -c "SELECT cell, mobanon.kanon_suppress(pseudonym, 20) FROM local GROUP BY cell ORDER BY cell::text")" 'stored sets merged'
not_ok 'two values of k in a group are an error there, too' sql -c 'SELECT mobanon.kanon_suppress(pseudonym, 20 + (number % 2)::int) FROM spread'
done_testing
