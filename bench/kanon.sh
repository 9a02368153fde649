#!/usr/bin/env bash
# kanon_suppress beside what an analyst has today, and beside the floor, a bare
# count(*) with the same GROUP BY: many small groups, then a few huge ones.
# hll comes from apt, DuckDB from npm; without them those variants are left out.
source "$(dirname "$0")/lib.sh"
bench_init
events_table "$ROWS" "$SUBJECTS"
bench_sql <<'SQL'
CREATE UNLOGGED TABLE pseudonymized AS
SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, date_trunc('hour', at) AS bucket, at,
	(substr(md5(subject), 1, 12) || '8' || substr(md5(subject), 14, 3) || 'a' || substr(md5(subject), 18))::uuid AS pseudonym,
	subject_number, site % 14 AS region
FROM events;
DROP TABLE events;
VACUUM ANALYZE pseudonymized;
SQL
say "bench: $(bench_sql -Atc "SELECT count(*) || ' groups, ' || count(*) FILTER (WHERE n = 1) || ' of one event, largest ' || max(n) FROM (SELECT count(*) AS n FROM pseudonymized GROUP BY cell, bucket) AS g")"

HLL=
if (install "postgresql-$PGMAJOR-hll") 2>/dev/null; then
	share=$("$PG_CONFIG" --sharedir) lib=$("$PG_CONFIG" --pkglibdir)
	ln -sf "$share"/extension/hll* "$ROOT$share/extension/"
	ln -sf "$lib"/hll.so "$ROOT$lib/"
	bench_sql -c 'CREATE EXTENSION hll' 2>/dev/null && HLL=1
fi
[ -n "$HLL" ] || say "bench: hll is absent (no postgresql-$PGMAJOR-hll to install)"

# Every group comes out of its node and is looked at, none is sent to the client.
over() { echo "SELECT count(*), count(n) FROM (SELECT $1, $2 AS n FROM ${from:-pseudonymized} GROUP BY $1 ${3:-} OFFSET 0) AS g"; }
plain='SET mobanon.enable_kanon_scan = off'
workers='SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0'
suppress='mobanon.kanon_suppress(pseudonym, 20)'
having="HAVING count(DISTINCT pseudonym) >= 20"

many='Many small groups: cell and hour'
group='cell, bucket'
variant 'count(*)' "SET work_mem = '512MB';;$(over "$group" 'count(*)')"
variant 'kanon_suppress, HashAggregate' "$plain;;$(over "$group" "$suppress")"
variant 'kanon_suppress, KanonScan' ";;$(over "$group" "$suppress")"
variant 'kanon_suppress, KanonScan, 4 MB' "SET work_mem = '4MB';;$(over "$group" "$suppress")"
variant 'count(*), 4 MB' "SET work_mem = '4MB';;$(over "$group" 'count(*)')"
variant 'count(DISTINCT), 4 MB' "SET work_mem = '4MB';;$(over "$group" 'count(DISTINCT pseudonym)' "$having")"
variant 'count(DISTINCT), 512 MB' ";;$(over "$group" 'count(DISTINCT pseudonym)' "$having")"
variant 'SELECT DISTINCT subquery' ";;SELECT count(*), count(n) FROM (SELECT cell, bucket, count(pseudonym) AS n FROM (SELECT DISTINCT cell, bucket, pseudonym FROM pseudonymized) AS d GROUP BY cell, bucket HAVING count(pseudonym) >= 20 OFFSET 0) AS g"
compare "$many" 'count(*)'
target "$many" 'kanon_suppress, HashAggregate' '<' 1.5
target "$many" 'kanon_suppress, KanonScan' '<' 0.6
if [ -n "$HLL" ]; then
	# Minutes for millions of sketches: a part of the rows has to do.
	bench_sql -c 'CREATE UNLOGGED TABLE fewer AS SELECT * FROM pseudonymized LIMIT 100000' -c 'VACUUM ANALYZE fewer'
	from=fewer
	variant 'count(*)' ";;$(over "$group" 'count(*)')"
	variant 'hll, approximate' ";;$(over "$group" '(hll_cardinality(hll_add_agg(hll_hash_bytea(uuid_send(pseudonym)))))::bigint')"
	variant 'kanon_suppress, KanonScan' ";;$(over "$group" "$suppress")"
	from=
	ROUNDS=1 compare 'hll: cell and hour, 100,000 rows' 'count(*)'
fi

# pg_diffix knows only names of its own for types and functions, and wants a subject that is a number or text: a table
# with the cell as a number.  Its answers have noise; what is compared is what an analyst waits for.
if peer pg_diffix '' pg_diffix; then
	bench_sql -c 'CREATE UNLOGGED TABLE personal AS SELECT cell::bigint AS cell, bucket, subject_number FROM pseudonymized' \
		-c 'VACUUM ANALYZE personal' -c "LOAD 'pg_diffix'" -c "CALL diffix.mark_personal('personal', 'subject_number')"
	diffix='pg_diffix: cell and hour'
	variant 'pg_diffix, count(DISTINCT)' "LOAD 'pg_diffix'; SET pg_diffix.session_access_level = 'anonymized_trusted';;SELECT cell, bucket, count(DISTINCT subject_number) FROM personal GROUP BY cell, bucket"
	variant 'kanon_suppress, HashAggregate' "$plain;;SELECT cell, bucket, mobanon.kanon_suppress(subject_number, 20) FROM personal GROUP BY cell, bucket HAVING mobanon.kanon_suppress(subject_number, 20) IS NOT NULL"
	variant 'kanon_suppress, KanonScan' ";;SELECT cell, bucket, mobanon.kanon_suppress(subject_number, 20) FROM personal GROUP BY cell, bucket HAVING mobanon.kanon_suppress(subject_number, 20) IS NOT NULL"
	ROUNDS=1 compare "$diffix" 'kanon_suppress, KanonScan'
	target "$diffix" 'pg_diffix, count(DISTINCT)' '>' 10
	target "$diffix" 'pg_diffix, count(DISTINCT)' '>' 30
fi

few='Groups of some events: cell and day'
group="cell, date_trunc('day', bucket, 'UTC')"
variant 'count(*)' ";;$(over "$group" 'count(*)')"
variant 'kanon_suppress, HashAggregate' "$plain;;$(over "$group" "$suppress")"
variant 'kanon_suppress, KanonScan' ";;$(over "$group" "$suppress")"
variant 'kanon_suppress, KanonScan, k = 5' ";;$(over "$group" 'mobanon.kanon_suppress(pseudonym, 5)')"
variant 'count(DISTINCT), 4 MB' "SET work_mem = '4MB';;$(over "$group" 'count(DISTINCT pseudonym)' "$having")"
variant 'count(DISTINCT), 512 MB' ";;$(over "$group" 'count(DISTINCT pseudonym)' "$having")"
compare "$few" 'count(*)'
target "$few" 'kanon_suppress, HashAggregate' '<' 1.5
target "$few" 'kanon_suppress, KanonScan' '<' 0.6

group='cell, bucket'
huge='A few huge groups: 14 regions'
variant 'count(*)' ";;$(over region 'count(*)')"
variant 'count(DISTINCT)' ";;$(over region 'count(DISTINCT pseudonym)')"
variant 'kanon_suppress, HashAggregate' "$plain;;$(over region "$suppress")"
variant 'kanon_suppress, KanonScan' ";;$(over region "$suppress")"
variant 'kanon_suppress, KanonScan, 4 MB' "SET work_mem = '4MB'; SET hash_mem_multiplier = 1;;$(over region "$suppress")"
variant 'kanon_suppress, 2 workers' "$plain; $workers;;$(over region "$suppress")"
variant 'KanonScan, 2 workers' "$workers;;$(over region "$suppress")"
compare "$huge" 'count(DISTINCT)'
target "$huge" 'kanon_suppress, HashAggregate' '<' 0.4

# What two workers make of each plan, beside the same plan in one process.
variant 'HashAggregate' "$plain;;$(over region "$suppress")"
variant 'HashAggregate, 2 workers' "$plain; $workers;;$(over region "$suppress")"
compare 'Two workers, HashAggregate: 14 regions'
for by in region "$group"; do
	title="Two workers, KanonScan: $by"
	variant 'KanonScan' ";;$(over "$by" "$suppress")"
	variant 'KanonScan, 2 workers' "$workers; SET enable_hashagg = off; SET enable_sort = off;;$(over "$by" "$suppress")"
	compare "$title"
	target "$title" 'KanonScan, 2 workers' '<' 0.625
done

# Kinds of subject: the same people as bigint and text.
kinds='Kinds of subject: cell and hour'
variant 'uuid' ";;$(over "$group" "$suppress")"
variant 'bigint' ";;$(over "$group" 'mobanon.kanon_suppress(subject_number, 20)')"
variant 'text' ";;$(over "$group" 'mobanon.kanon_suppress(subject_number::text, 20)')"
compare "$kinds"

# DuckDB on its own table, one thread; milliseconds of its own clock.
duckdb_once() {
	command -v npm >/dev/null || return 1
	mkdir -p "$WORK/duckdb" && cd "$WORK/duckdb" || return 1
	npm install --silent --no-fund --no-audit @duckdb/node-api >/dev/null 2>&1 || return 1
	bench_sql -c "\\copy (SELECT cell::bigint AS cell, bucket, pseudonym FROM pseudonymized) TO '$WORK/duckdb/events.csv' CSV HEADER"
	cat >run.mjs <<'JS'
import { DuckDBInstance } from '@duckdb/node-api';
const db = await (await DuckDBInstance.create('events.duckdb', { threads: '1' })).connect();
await db.run("CREATE TABLE events AS SELECT * FROM read_csv('events.csv', types = {'cell': 'BIGINT', 'bucket': 'TIMESTAMPTZ', 'pseudonym': 'UUID'})");
const question = 'SELECT count(*), sum(n) FROM (SELECT cell, bucket, count(DISTINCT pseudonym) AS n FROM events GROUP BY cell, bucket)';
const times = [];
for (let i = 0; i <= Number(process.argv[2]); i++) {
	const start = performance.now();
	await (await db.run(question)).getRows();
	if (i > 0) times.push(performance.now() - start);
}
console.log(times.sort((a, b) => a - b)[times.length >> 1].toFixed(1));
JS
	node run.mjs "$ROUNDS"
}
if ms=$(duckdb_once); then
	echo "DuckDB, one thread, its own table, count(DISTINCT) of the same groups: $ms ms" | tee -a "$RESULTS/$BENCH.md"
	echo "$BENCH,\"$many\",\"DuckDB, one thread\",$ms,,," >>"$RESULTS/$BENCH.csv"
else
	echo "DuckDB: absent (npm could not install @duckdb/node-api)" | tee -a "$RESULTS/$BENCH.md"
fi
