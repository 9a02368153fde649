#!/usr/bin/env bash
# Beside PostGIS, where it is installed: the documented casts, outlines, areas, cells.
source "$(dirname "$0")/../tap.sh"
if [ ! -e "$("$PG_CONFIG" --sharedir)/extension/postgis.control" ]; then
	skip "cells beside PostGIS" "PostGIS is not installed for this PostgreSQL"
	done_testing
	exit 0
fi
cluster_start postgis "shared_preload_libraries = 'mobanon'"
createdb g
export PGDATABASE=g
sql -c 'ALTER DATABASE g SET search_path = public, mobanon'
sql -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION postgis' -c 'CREATE EXTENSION mobanon'
note "PostGIS $(sql -c 'SELECT postgis_lib_version()'), PROJ $(sql -c 'SELECT postgis_proj_version()' | cut -d' ' -f1)"
# ---- doc/cells.md: the cast ----------------------------------------------------
is "$(sql -c "SELECT ST_AsText(mobanon.cell_boundary('213')::geometry, 3)")" "POLYGON((-45 -66.513,0 -66.513,0 -40.98,-45 -40.98,-45 -66.513))" "text of cell_boundary is a geometry"
sed -n '/^```sql cast$/,/^```$/p' "$TOP/doc/cells.md" | grep -v '^```' >"$WORK/cast.sql"
is "$(grep -c 'CREATE CAST' "$WORK/cast.sql")" 1 "doc/cells.md documents a cast"
ok "and it can be made" sql -f "$WORK/cast.sql"
is "$(sql -c "SELECT ST_SRID(c::geometry) || ' ' || ST_IsValid(c::geometry) || ' ' || ST_IsPolygonCCW(c::geometry) FROM (VALUES ('1kmN3272E4550'::mobanon.cell)) AS v(c)")" "4258 true true" "a cell casts to a valid, counter-clockwise geometry"
# ---- outlines -------------------------------------------------------------------
sql <<'SQL'
CREATE TABLE c AS
SELECT c, mobanon.cell_boundary(c)::geometry AS outline, r, r[1]::float8 AS size
FROM (SELECT mobanon.try_coarsen_cell(26 + (i % 97) * 0.6, -34 + (i % 101) * 0.77, name) AS c, ARRAY[metres, i] AS r
	FROM (VALUES ('100km', 100000), ('20km', 20000), ('5km', 5000), ('1km', 1000), ('100m', 100)) AS v(name, metres), generate_series(1, 400) AS i) AS s
WHERE c IS NOT NULL;
ALTER TABLE c ADD envelope geometry;
-- the corner in metres, from the text form
UPDATE c SET envelope = ST_MakeEnvelope(e * u, n * u, e * u + size, n * u + size, 3035)
FROM (SELECT c AS k, substring(c::text FROM 'N(\d+)')::bigint AS n, substring(c::text FROM 'E(\d+)')::bigint AS e,
	CASE size WHEN 100000 THEN 100000 WHEN 20000 THEN 10000 WHEN 100 THEN 100 ELSE 1000 END AS u FROM c) AS p WHERE p.k = c.c;
SQL
is "$(sql -c "SELECT count(*) FROM c WHERE NOT ST_IsValid(outline) OR NOT ST_IsPolygonCCW(outline) OR NOT ST_IsClosed(ST_ExteriorRing(outline))")" 0 "outlines are valid, closed, counter-clockwise ($(sql -c 'SELECT count(*) FROM c') cells)"
worst=$(sql -c "SELECT max(ST_HausdorffDistance(ST_Transform(ST_SetSRID(outline, 4258), 3035), envelope))::numeric(10, 6) FROM c")
note "corners: worst distance from the grid's square $worst m"
is "$(awk -v w="$worst" 'BEGIN {print w < 0.001}')" 1 "their points are on the square's edges within 1 mm"
worst=$(sql -c "SELECT max(ST_HausdorffDistance(ST_Transform(ST_SetSRID(ST_Segmentize(outline, 0.0008), 4258), 3035), envelope))::numeric(10, 6) FROM c WHERE size >= 1000")
note "between the points: worst distance from the grid's square $worst m"
is "$(awk -v w="$worst" 'BEGIN {print w < 1}')" 1 "and straight lines between them stay within a metre of the edge"
inland=$(sql -c "SELECT max(ST_HausdorffDistance(ST_Transform(ST_SetSRID(ST_Segmentize(outline, 0.0008), 4258), 3035), envelope))::numeric(10, 6) FROM c
	WHERE size >= 1000 AND ST_Within(envelope, ST_MakeEnvelope(4000000, 2650000, 4700000, 3600000, 3035))")
is "$(awk -v w="$inland" 'BEGIN {print w < 0.1}')" 1 "in Germany within 10 cm ($inland m)"
is "$(sql -c "SELECT count(*) FROM c WHERE abs(ST_Area(envelope) - mobanon.cell_area_m2(c)) > 0.001")" 0 "area is the square's"
sql -c "CREATE TABLE t AS SELECT c, z, x, y FROM (SELECT z, (h & ((1 << z) - 1))::int AS x, (h >> 25 & ((1 << z) - 1))::int AS y
	FROM generate_series(1, 23) AS z, generate_series(1, 40) AS i, abs(hashint8extended(i, z)) AS h) AS s,
	LATERAL (SELECT string_agg((((y >> b & 1) << 1) | (x >> b & 1))::text, '' ORDER BY b DESC)::mobanon.cell AS c FROM generate_series(0, z - 1) AS b) AS q"
is "$(sql -c "SELECT count(*) FROM t WHERE ST_HausdorffDistance(ST_Transform(ST_SetSRID(mobanon.cell_boundary(c)::geometry, 4326), 3857), ST_TileEnvelope(z, x, y)) > 0.001")" 0 "tiles are those of ST_TileEnvelope within 1 mm"
is "$(sql -c "SELECT count(*) FROM t WHERE z BETWEEN 12 AND 18 AND abs(ST_Area(mobanon.cell_boundary(c)::geometry::geography) / mobanon.cell_area_m2(c) - 1) > 1e-4")" 0 "area of tiles (z12 to z18) is that on the spheroid"
# ---- cells ----------------------------------------------------------------------
is "$(sql -c "WITH p AS MATERIALIZED (SELECT 30 + (h & 1048575) / 1048576.0 * 45 AS lat, -20 + (h >> 20 & 1048575) / 1048576.0 * 60 AS lon FROM generate_series(1, 50000) AS i, abs(hashint8extended(i, 7)) AS h),
	m AS MATERIALIZED (SELECT lat, lon, ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4258), 3035) AS g FROM p)
	SELECT count(*) FROM m WHERE mobanon.coarsen_cell(lat, lon, '1km')::text <> format('1kmN%sE%s', floor(ST_Y(g) / 1000), floor(ST_X(g) / 1000))
	AND least(ST_X(g)::numeric % 1000, 1000 - ST_X(g)::numeric % 1000, ST_Y(g)::numeric % 1000, 1000 - ST_Y(g)::numeric % 1000) > 0.001")" 0 "50000 positions are in the cell that PostGIS gives"
done_testing
