#!/usr/bin/env bash
# coarsen_cell beside PostGIS and beside an empty C function.
#
# Each variant reads the same table and hands each position to one expression;
# count() only counts its results.  Ratios are walls of whole statements, scan
# included; the last table is what one row costs more than one that is only read.
EXTRA_PACKAGES="postgresql-@MAJOR@-postgis-3"
source "$(dirname "$0")/lib.sh"
bench_init

# An empty function, built and loaded for this run only.
mkdir "$WORK/empty"
cat >"$WORK/empty/empty.c" <<'C'
#include "postgres.h"
#include "fmgr.h"
PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(empty_cell);
PGDLLEXPORT Datum empty_cell(PG_FUNCTION_ARGS);
Datum
empty_cell(PG_FUNCTION_ARGS)
{
	return Int64GetDatum(0);
}
C
cc -O2 -fPIC -shared -I"$("$PG_CONFIG" --includedir-server)" -o "$WORK/empty/empty.so" "$WORK/empty/empty.c"
chmod -R a+rX "$WORK/empty"
bench_sql -c "CREATE FUNCTION empty_cell(float8, float8, text) RETURNS bigint LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS '$WORK/empty/empty'"
events_table "$ROWS" "$SUBJECTS"

POSTGIS=
if bench_sql -c 'CREATE EXTENSION postgis' >/dev/null 2>&1; then
	POSTGIS=1
else
	say "bench: no PostGIS here, measured without it"
fi

title="a position to a 1 km cell, $ROWS rows"
variant 'empty C function' "SELECT count(empty_cell(latitude, longitude, '1km')) FROM events"
variant 'coarsen_cell 1km' "SELECT count(mobanon.coarsen_cell(latitude, longitude, '1km')) FROM events"
variant 'try_coarsen_cell 1km' "SELECT count(mobanon.try_coarsen_cell(latitude, longitude, '1km')) FROM events"
variant 'coarsen_cell 250m' "SELECT count(mobanon.coarsen_cell(latitude, longitude, '250m')) FROM events"
variant 'coarsen_cell z16' "SELECT count(mobanon.coarsen_cell(latitude, longitude, 'z16')) FROM events"
variant 'scan only' "SELECT count(latitude) FROM events"
if [ -n "$POSTGIS" ]; then
	variant 'PostGIS ST_Transform + ST_SnapToGrid' "SELECT count(ST_SnapToGrid(ST_Transform(ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), 3035), 1000)) FROM events"
fi
compare "$title" 'coarsen_cell 1km'
if [ -n "$POSTGIS" ]; then
	target "$title" 'PostGIS ST_Transform + ST_SnapToGrid' '>' 2.5
	target "$title" 'PostGIS ST_Transform + ST_SnapToGrid' '>' 4
fi

# ns per row above the scan, from the medians just written.
{
	printf '| variant | ns per row above the scan |\n| --- | ---: |\n'
	awk -F, -v rows="$ROWS" '$(NF-4) == "\"scan only\"" {scan = $(NF-3)} NR > 1 {n++; name[n] = $(NF-4); ms[n] = $(NF-3)}
		END {for (i = 1; i <= n; i++) if (name[i] != "\"scan only\"") {gsub(/"/, "", name[i]); printf "| %s | %.0f |\n", name[i], (ms[i] - scan) * 1e6 / rows}}' "$RESULTS/$BENCH.csv"
	echo
} | tee -a "$RESULTS/$BENCH.md"

title="a 1 km cell to its 10 km ancestor, $ROWS rows"
bench_sql -c "CREATE UNLOGGED TABLE cells AS SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell FROM events" -c 'VACUUM ANALYZE cells'
variant 'scan only' "SELECT count(cell) FROM cells"
variant 'coarsen_cell(cell)' "SELECT count(mobanon.coarsen_cell(cell, '10km')) FROM cells"
variant 'GROUP BY cell' "SELECT count(*) FROM (SELECT cell FROM cells GROUP BY cell) AS g"
variant 'GROUP BY bigint' "SELECT count(*) FROM (SELECT cell::bigint FROM cells GROUP BY cell::bigint) AS g"
compare "$title"
