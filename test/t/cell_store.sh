#!/usr/bin/env bash
# Cells on their way: text, binary and bigint, dump and restore (also of hash
# partitions), logical replication.  CELLS=n random cells of all 34 resolutions
# (make test: 34000; make test-cell: a million).
source "$(dirname "$0")/../tap.sh"
CELLS=${CELLS:-34000}
cluster_start store "shared_preload_libraries = 'mobanon'" "wal_level = logical"
createdb a
createdb b
createdb l
export PGDATABASE=a
for database in a b l; do
	# the operators of cell live in the extension's schema
	sql -d $database -c "ALTER DATABASE $database SET search_path = public, mobanon"
done
sql -c 'CREATE EXTENSION mobanon'
sql -v n=$((CELLS / 34)) <<'SQL'
CREATE TABLE public.c (c cell, r text);
INSERT INTO public.c
SELECT try_coarsen_cell(26 + (h & 1048575) / 1048576.0 * 58, -30 + (h >> 20 & 1048575) / 1048576.0 * 74, r), r
FROM (SELECT r, abs(hashint8extended(i, hashtext(r))) AS h
	FROM unnest('{100m,250m,500m,1km,2km,5km,10km,20km,50km,100km}'::text[] || ARRAY(SELECT 'z' || z FROM generate_series(0, 23) AS z)) AS r, generate_series(1, :n) AS i) AS s;
CREATE TABLE public.part (c cell, n int) PARTITION BY HASH (c);
SELECT format('CREATE TABLE public.part_%s PARTITION OF public.part FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i) FROM generate_series(0, 3) AS i \gexec
INSERT INTO public.part SELECT c, row_number() OVER () FROM public.c;
CREATE INDEX ON public.part (c);
CREATE TABLE public.listed (c cell PRIMARY KEY) PARTITION BY RANGE (c);
CREATE TABLE public.listed_europe PARTITION OF public.listed FOR VALUES FROM (MINVALUE) TO ('z0');
CREATE TABLE public.listed_world PARTITION OF public.listed FOR VALUES FROM ('z0') TO (MAXVALUE);
INSERT INTO public.listed SELECT DISTINCT c FROM public.c;
SQL
is "$(sql -c "SELECT count(*) - count(c) FROM c")" 0 "every position is in a cell"
is "$(sql -c "SELECT count(DISTINCT r) FROM c WHERE mobanon.cell_resolution(c) = r")" 34 "cells of all 34 resolutions"
is "$(sql -c "SELECT count(*) FROM c WHERE c::text::mobanon.cell <> c OR c::bigint::mobanon.cell <> c")" 0 "text and bigint of $(sql -c 'SELECT count(*) FROM c') cells come back"
for format in text csv binary; do
	sql -c "\\copy (SELECT c FROM c) TO '$WORK/c.$format' WITH (FORMAT $format)" -c "CREATE TABLE back_$format (c mobanon.cell)" \
		-c "\\copy back_$format FROM '$WORK/c.$format' WITH (FORMAT $format)"
	is "$(sql -c "SELECT count(*) FROM (SELECT c FROM c EXCEPT ALL SELECT c FROM back_$format) AS d"),$(sql -c "SELECT count(*) FROM back_$format")" \
		"0,$(sql -c 'SELECT count(*) FROM c')" "COPY $format out and in"
done
is "$(sql -c 'SELECT bool_and(before IS NULL OR before <= n) FROM (SELECT c::bigint AS n, lag(c::bigint) OVER (ORDER BY c) AS before FROM c) AS s')" t "order of cells is order of their numbers"
groups="SELECT count(*) FROM (SELECT c FROM c GROUP BY c) AS g"
is "$(sql -c "SET enable_hashagg = off" -c "$groups")" "$(sql -c "SET enable_sort = off" -c "$groups")" "hashing and sorting see the same cells"
join="SELECT count(*) FROM listed AS a JOIN c AS b USING (c)"
rows=$(sql -c 'SELECT count(*) FROM c')
is "$(sql -c "SET enable_hashjoin = off" -c "SET enable_nestloop = off" -c "$join")" "$rows" "a merge join finds every cell"
is "$(sql -c "SET enable_mergejoin = off" -c "SET enable_nestloop = off" -c "$join")" "$rows" "and so does a hash join"

# ---- dump and restore ---------------------------------------------------------
sql -c "INSERT INTO mobanon.site (site_identity, latitude, longitude) VALUES ('ecgi:262-03-1', 52, 13)"
all="SELECT md5(string_agg(c::text || n, ',' ORDER BY n)) || count(*) || (SELECT count(*) FROM listed_europe) || (SELECT string_agg(site_identity || mnc, ',') FROM mobanon.site) FROM part"
pg_dump -Fc -f "$WORK/a.dump" a 2>"$WORK/dump.log" || cat "$WORK/dump.log"
PGDATABASE=b pg_restore -d b "$WORK/a.dump" >"$WORK/restore.log" 2>&1 || true
is "$(cat "$WORK/restore.log")" "" "restored without a word"
is "$(PGDATABASE=b sql -c "$all")" "$(sql -c "$all")" "what was restored is what was dumped, sites included"
is "$(PGDATABASE=b sql -c "SELECT count(*) FROM part_1 AS one WHERE NOT EXISTS (SELECT FROM part WHERE part.c = one.c AND part.n = one.n)")" 0 "what is in a hash partition is found through its key"
ok "and a constant prunes to it" test "$(PGDATABASE=b sql -c "EXPLAIN (COSTS OFF) SELECT * FROM part WHERE c = '1kmN3272E4550'" | grep -cE 'Scan .*on part_[0-9] part')" = 1

# ---- logical replication, as text and as binary ------------------------------
PGDATABASE=l sql -c 'CREATE EXTENSION mobanon'
sql -c 'CREATE TABLE r_text (c mobanon.cell PRIMARY KEY)' -c 'CREATE TABLE r_binary (c mobanon.cell PRIMARY KEY)'
PGDATABASE=l sql -c 'CREATE TABLE r_text (c mobanon.cell PRIMARY KEY)' -c 'CREATE TABLE r_binary (c mobanon.cell PRIMARY KEY)'
for way in text binary; do
	sql -c "CREATE PUBLICATION p_$way FOR TABLE r_$way" >/dev/null
	sql -c "SELECT pg_create_logical_replication_slot('s_$way', 'pgoutput')" >/dev/null
	PGDATABASE=l sql -c "CREATE SUBSCRIPTION s_$way CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=a' PUBLICATION p_$way
		WITH (create_slot = false, slot_name = 's_$way', copy_data = false, binary = $([ $way = binary ] && echo true || echo false))" 2>/dev/null
	sql -c "INSERT INTO r_$way SELECT DISTINCT c FROM c LIMIT 2000" -c "DELETE FROM r_$way WHERE c IN (SELECT c FROM r_$way ORDER BY c LIMIT 100)"
done
for way in text binary; do
	for ((i = 0; i < 300; i++)); do
		[ "$(PGDATABASE=l sql -c "SELECT count(*) FROM r_$way")" != "$(sql -c "SELECT count(*) FROM r_$way")" ] || break
		sleep 0.1
	done
	sum="SELECT count(*) || md5(string_agg(c::text, ',' ORDER BY c)) FROM r_$way"
	is "$(PGDATABASE=l sql -c "$sum")" "$(sql -c "$sum")" "replicated as $way"
	PGDATABASE=l sql -c "ALTER SUBSCRIPTION s_$way DISABLE" -c "ALTER SUBSCRIPTION s_$way SET (slot_name = NONE)" -c "DROP SUBSCRIPTION s_$way"
done

# ---- the real files of radio cells -------------------------------------------
if [ -r "${MOBANON_DATA:-}/cells_lesotho.csv.gz" ]; then
	for file in lesotho tartu; do
		zcat "$MOBANON_DATA/cells_$file.csv.gz" >"$WORK/cells.csv"
		rows=$(($(wc -l <"$WORK/cells.csv") - 1))
		got=$(sql -c "CREATE TABLE file_$file (n bigint GENERATED ALWAYS AS IDENTITY, line text)" \
			-c "\\copy file_$file (line) FROM '$WORK/cells.csv' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')" \
			-c "SELECT string_agg(outcome || ' ' || sites, ', ') FROM mobanon.load_sites('file_$file', 2)")
		note "$file: $got"
		is "$(tr ',' '\n' <<<"$got" | awk '{n += $NF} END {print n}')" "$rows" "each of the $rows lines of $file has an outcome"
		is "$(sql -c "SELECT count(*) FROM mobanon.site AS s, LATERAL (SELECT mobanon.coarsen_site(s.site_identity, now(), 'z14') AS c) AS f
			WHERE f.c IS DISTINCT FROM mobanon.coarsen_cell(s.latitude, s.longitude, 'z14')")" 0 "and each site is found where it is"
	done
else
	skip "files of radio cells" "no real data at ${MOBANON_DATA:-MOBANON_DATA}"
fi
done_testing
