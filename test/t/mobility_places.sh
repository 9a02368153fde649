#!/usr/bin/env bash
# Places and residents: against plain SQL row by row (test/property/mobility_places.sql), against what the generated city
# hides (demo/city.sql), and planted groups that must not get through.  SUBJECTS=4000 is the long form (make test-places).
source "$(dirname "$0")/../tap.sh"
[ -n "${PGHOST:-}" ] || cluster_start places
HERE=$(dirname "$0")
SUBJECTS=${SUBJECTS:-800}
createdb mobility_places
run() { sql -d mobility_places "$@"; }
run -c 'CREATE EXTENSION mobanon' -c 'ALTER DATABASE mobility_places SET search_path = public, mobanon' -c 'ALTER DATABASE mobility_places SET jit = off' \
	-c "ALTER DATABASE mobility_places SET timezone = 'Europe/Berlin'" -c 'ALTER DATABASE mobility_places SET client_min_messages = warning'

# ---- the city, and what it hides ------------------------------------------------
# Its tables of people and places go away with the session: what they say is kept first.
{
	echo "\\set subjects $SUBJECTS"
	sed -n '1,/^CREATE TABLE events AS/p' "$TOP/demo/city.sql" | sed '$d'
	echo 'CREATE TABLE person AS SELECT subject, kind, home_x, home_y, work_x, work_y, goes_to_concert, first_day, stays FROM inhabitant;'
	echo 'CREATE TABLE middle AS SELECT name, x, y FROM district;'
	echo 'CREATE TABLE truth AS'
	sed -n '/^WITH happening AS/,/^), served AS/p' "$TOP/demo/city.sql" |
		sed "\$s/.*/) SELECT subject, timestamptz '2025-09-01 00:00+02' + (86400 * day + floor(3600 * hour)::int) * interval '1 second' AS at, x, y FROM place;/"
	sed -n '/^CREATE TABLE events AS/,$p' "$TOP/demo/city.sql"
} >"$WORK/city.sql"
run -f "$WORK/city.sql"
run <<'SQL' >"$WORK/areas"
-- Districts: the cells nearest to the middle of each. Metres east and north of 52.5 N 13.4 E, as in the city.
SELECT create_area_set('districts', '500m'), create_area_set('venues', '250m');
SELECT name, create_area('districts', name, array_agg(cell))
FROM (SELECT DISTINCT ON (c.cell) c.cell, d.name FROM cells_within(52.5 - 6000 / 111320.0, 13.4 - 8500 / 67768.0, 52.5 + 7000 / 111320.0, 13.4 + 9000 / 67768.0, '500m') AS c (cell), cell_center(c.cell) AS m, middle AS d
	ORDER BY c.cell, ((m.latitude - 52.5) * 111320 - d.y) ^ 2 + ((m.longitude - 13.4) * 67768 - d.x) ^ 2, d.name) AS n GROUP BY name;
SELECT create_area('venues', name, ARRAY(SELECT cells_within(52.5 + (y - r) / 111320.0, 13.4 + (x - r) / 67768.0, 52.5 + (y + r) / 111320.0, 13.4 + (x + r) / 67768.0, '250m')))
FROM (VALUES ('Passage', 1900, -1600, 600), ('Altstadt', 0, 0, 400), ('Ostend', 2600, 400, 300), ('Stage', -2300, -2200, 600)) AS v (name, x, y, r);
CREATE TABLE event AS
SELECT md5(subject)::uuid AS pseudonym, md5(left(subject, -1))::uuid AS person, try_coarsen_cell(latitude, longitude, '250m') AS cell, event_time AS at,
	date_bin('7 days', event_time, '2025-09-01 00:00+02') AS bucket
FROM events WHERE subject IS NOT NULL AND event_time IS NOT NULL;
ANALYZE event;
SQL

# compare NAME VARIABLE=VALUE...
compare() {
	local name=$1 out v options=()
	shift
	for v in "$@"; do options+=(-v "$v"); done
	out=$(run "${options[@]}" -f "$HERE/../property/mobility_places.sql" 2>&1) || true
	is "$(head -1 <<<"$out")|$(tail -1 <<<"$out")" '0|0|0|0|0|0|0' "$name: every figure is that of plain SQL, none is below k, and breakdowns add up"
	LAST=$(sed -n 2p <<<"$out")
	note "$name: $LAST"
}
run -c "CREATE VIEW ev AS SELECT * FROM event WHERE hashtext(pseudonym::text) % 4 = 0"
compare 'city, venues and districts, accounts' areas=venues homes=districts zone=Europe/Berlin k=6
like "$LAST" 'dwell.*home.*peak hour.*presence.*residents.*return.*stayed.*visited.*visitors.*work' 'there is something of nearly everything'
# Stays at and beside every limit: of visits, ways, classes, nights and working days, in a fortnight in which summer time ends; areas that are reached
# from one other, places that nearly everybody goes to, groups about as large as k.
run <<'SQL'
DROP VIEW ev;
CREATE FUNCTION u(key bigint, seed int) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN (hashint8extended(key, seed) & 1073741823) / 1073741824::float8;
CREATE FUNCTION pick(list text[], r float8) RETURNS text LANGUAGE sql IMMUTABLE RETURN list[1 + floor(r * cardinality(list))];
CREATE TABLE given_stay AS
WITH v AS (
	SELECT i, 100000 * i + n AS e, n, pick('{900,1799,1800,1801,3600,7199,7200,14399,14400,14400,14401}', u(100000 * i + n, 1))::int AS lasts, pick('{60,7199,7200,7200,7201,14399,14400,14400,14401,40000}', u(100000 * i + n, 2))::int AS gap
	FROM generate_series(1::bigint, 400) AS i, generate_series(1, 6 + (i % 5 * 6)::int) AS n
), w AS (SELECT *, timestamptz '2025-10-20 00:00' + sum(lasts + gap) OVER (PARTITION BY i ORDER BY n) * interval '1 second' AS departure,
		CASE WHEN i % 9 = 7 THEN CASE n % 2 WHEN 1 THEN 'A7' ELSE 'B7' END WHEN i % 9 = 0 AND n % 4 = 1 THEN 'A7' WHEN u(e, 3) < 0.15 THEN NULL WHEN n % 2 = 1 OR u(e, 3) < 0.3 THEN 'A' || i % 9 WHEN u(e, 4) < 0.85 THEN 'B' || i % 9 ELSE 'C' || (i + n) % 3 END AS place FROM v
), r AS (
	SELECT i, 100000 * i + 50000 + n AS e, n, pick('{0,1,1,2,3,8,14}', u(100000 * i + 50000 + n, 1))::int AS lasts, pick('{1,1,2,3,7}', u(100000 * i + 50000 + n, 2))::int AS gap
	FROM generate_series(1::bigint, 400) AS i, generate_series(1, 50) AS n
), h AS (SELECT *, timestamptz '2025-10-20 00:00' + sum(lasts + gap) OVER (PARTITION BY i ORDER BY n) * interval '1 hour' AS departure FROM r
)
SELECT md5('p' || i)::uuid AS pseudonym, md5('a' || i / 2)::uuid AS person, date_bin('7 days', departure - lasts * interval '1 second', '2025-10-20') AS bucket, place COLLATE "C" AS place,
	departure - lasts * interval '1 second' AS arrival, departure, 1 + floor(u(e, 5) * 4)::bigint AS events, false AS reference FROM w WHERE departure < '2025-11-03'
UNION ALL
SELECT md5('p' || i)::uuid, md5('a' || i / 2)::uuid, date_bin('7 days', departure - lasts * interval '1 hour', '2025-10-20'),
	CASE WHEN u(e, 6) < 0.1 THEN 'hub' WHEN extract(hour FROM departure - lasts * interval '30 minutes') BETWEEN 8 AND 16 THEN 'H' || CASE WHEN i % 4 = 0 THEN i % 5 ELSE (i / 2 + i % 3) % 7 END
		WHEN u(e, 6) < 0.16 THEN NULL WHEN u(e, 6) < 0.3 THEN 'H' || (i + n) % 8 ELSE 'H' || i / 2 % 5 END,
	departure - lasts * interval '1 hour', departure, 1 + floor(u(e, 5) * 3)::bigint, true FROM h WHERE departure < '2025-11-03';
SQL
for k in 5 12 20; do compare "made up, k = $k" given=1 zone=Europe/Berlin k=$k; done
compare 'made up, k = 9' given=1 zone=Europe/Berlin k=9
like "$LAST" 'from [0-9]+.* to [0-9]+.* visited [0-9]+.* work [0-9]+' 'and of where from and where to'
run -c 'DROP TABLE given_stay'
if [ -e "${MOBANON_DATA:-}/gowalla_nyc.csv.gz" ]; then
	run -c 'CREATE TABLE checkin (subject int, at timestamptz, latitude float8, longitude float8, venue text)'
	zcat "$MOBANON_DATA/gowalla_nyc.csv.gz" | run -c '\copy checkin FROM STDIN CSV HEADER'
	# half of the months; the whole in the long form
	run -c "CREATE TABLE ev AS SELECT md5(subject::text)::uuid AS pseudonym, md5(subject::text)::uuid AS person, coarsen_cell(latitude, longitude, 'z16') AS cell, at,
			date_trunc('month', at, 'America/New_York') AS bucket FROM checkin WHERE $SUBJECTS >= 4000 OR at >= '2010-09-15'" -c 'ANALYZE ev'
	compare 'check-ins, months' areas=z12 homes=z11 zone=America/New_York k=5
	run -c 'DROP TABLE ev'
else
	skip 'check-ins' 'no real data'
fi

# ---- planted facts found again -----------------------------------------------------
run -v k="$((SUBJECTS / 100))" <<'SQL' >"$WORK/found" 2>&1
SELECT place_stays_query('event', 'venues', 'districts') AS query \gset
CREATE TABLE stay AS :query;
ANALYZE stay;
SELECT places_query('stay', :k, '7 days', 'Europe/Berlin', 'districts') AS query \gset
CREATE TABLE figure AS :query;
SELECT residents_query('stay', :k, '7 days', 'Europe/Berlin') AS query \gset
CREATE TABLE resident AS :query;
-- Homes and daytime areas one by one, as the rules find them.
SELECT usual_place_cte('night', 'stay', 'Europe/Berlin', '18:00', '08:00', true, 3, 50) AS night, usual_place_cte('workday', 'stay', 'Europe/Berlin', '08:00', '17:00', false, 3, 50) AS workday \gset
CREATE TABLE rule AS WITH :night, :workday SELECT pseudonym, bucket, n.place AS home, w.place AS work FROM night AS n FULL JOIN workday AS w USING (pseudonym, bucket);
CREATE TABLE fact AS
SELECT md5(subject)::uuid AS pseudonym, kind, h.area AS home, w.area AS work
FROM person LEFT JOIN area_cells('districts') AS h ON h.cell = coarsen_cell(52.5 + home_y / 111320, 13.4 + home_x / 67768, '500m')
LEFT JOIN area_cells('districts') AS w ON w.cell = coarsen_cell(52.5 + work_y / 111320, 13.4 + work_x / 67768, '500m');
-- Visits as they really were: no antenna in between.
CREATE TABLE real_visit AS
WITH e AS (SELECT subject, at, date_bin('7 days', at, '2025-09-01 00:00+02') AS bucket,
		CASE WHEN abs(x - 1900) <= 600 AND abs(y + 1600) <= 600 THEN 'Passage' WHEN abs(x + 2300) <= 600 AND abs(y + 2200) <= 600 THEN 'Stage' ELSE '' END AS area FROM truth),
	f AS (SELECT *, (area = lag(area) OVER w AND at - lag(at) OVER w <= '2 hours') IS NOT TRUE AS first FROM e WINDOW w AS (PARTITION BY subject, bucket ORDER BY at)),
	r AS (SELECT *, count(*) FILTER (WHERE first) OVER (PARTITION BY subject, bucket ORDER BY at) AS run FROM f)
SELECT subject, bucket, area, max(at) - min(at) AS dwell FROM r WHERE area <> '' GROUP BY subject, bucket, area, run HAVING max(at) - min(at) >= '15 minutes';
SQL
is "$(cat "$WORK/found")" '' 'the figures of the whole city'
within() { # within GOT WANT PER_CENT NAME
	note "$4: found $1, planted $2"
	is "$(awk -v g="${1:-0}" -v w="$2" -v per="$3" 'BEGIN {print (g >= w * (1 - per / 100) && g <= w * (1 + per / 100))}')" 1 "$4 within $3 %"
}
is "$(run -c "SELECT count(*) FILTER (WHERE r.home IS NOT NULL) >= 0.9 * count(*), count(*) FILTER (WHERE r.home = f.home) >= 0.95 * count(r.home), count(*) FILTER (WHERE r.work = f.work) >= 0.95 * count(r.work)
	FROM fact AS f CROSS JOIN (SELECT DISTINCT bucket FROM stay WHERE bucket < '2026-01-01') AS b LEFT JOIN rule AS r USING (pseudonym, bucket) WHERE f.kind IN ('worker', 'student')")" 't|t|t' 'a home is found for nine of ten, and homes and work places are right for 19 of 20'
note "$(run -c "SELECT format('homes found %s %%, right %s %%; work places found %s %%, right %s %%', round(100.0 * count(r.home) / count(*), 1), round(100.0 * count(*) FILTER (WHERE r.home = f.home) / count(r.home), 1),
	round(100.0 * count(r.work) / count(*), 1), round(100.0 * count(*) FILTER (WHERE r.work = f.work) / count(r.work), 1))
	FROM fact AS f CROSS JOIN (SELECT DISTINCT bucket FROM stay WHERE bucket < '2026-01-01') AS b LEFT JOIN rule AS r USING (pseudonym, bucket) WHERE f.kind IN ('worker', 'student')")"
is "$(run -c "SELECT count(*) FROM rule AS r JOIN fact AS f USING (pseudonym) WHERE f.kind = 'traveller' AND r.home IS NOT NULL" | awk -v n="$(run -c "SELECT count(*) FROM fact WHERE kind = 'traveller'")" '{print ($1 < n * 0.15)}')" 1 'few travellers are taken for residents'
read -r got want < <(run -F ' ' -c "SELECT sum(r.subjects), sum(f.n) FROM resident AS r JOIN (SELECT home, count(*) AS n FROM fact WHERE kind <> 'traveller' GROUP BY home) AS f ON f.home = r.area WHERE r.measure = 'residents' AND r.bucket < '2025-09-05'")
within "$got" "$want" 6 'residents'
read -r got want < <(run -F ' ' -c "SELECT sum(r.subjects), sum(f.n) FROM resident AS r JOIN (SELECT home, work, count(*) AS n FROM fact WHERE kind IN ('worker', 'student') GROUP BY home, work) AS f ON f.home = r.area AND f.work = r.value
	WHERE r.measure = 'work' AND r.area <> r.value AND r.bucket < '2025-09-05'")
within "$got" "$want" 10 'commuters between the released pairs of districts'
read -r got want < <(run -F ' ' -c "SELECT (SELECT subjects FROM figure WHERE area = 'Stage' AND measure = 'visitors' AND bucket > '2025-09-05'), count(*) FROM person WHERE goes_to_concert AND (kind <> 'traveller' OR 12 BETWEEN first_day AND first_day + stays - 1)")
within "$got" "$want" 15 'visitors of the concert'
is "$(run -c "SELECT amount BETWEEN 19 AND 23 FROM figure WHERE area = 'Stage' AND measure = 'peak hour' AND bucket > '2025-09-05'")" t 'its peak hour is in the evening'
is "$(run -c "SELECT count(*) FROM figure WHERE area = 'Stage' AND bucket < '2025-09-05'")" 0 'the week before, nobody is told to have been there'
read -r got want < <(run -F ' ' -c "SELECT sum(f.subjects), (SELECT sum(n) FROM (SELECT count(DISTINCT subject) AS n FROM real_visit WHERE area = 'Passage' GROUP BY bucket) AS t) FROM figure AS f WHERE f.area = 'Passage' AND f.measure = 'visitors'")
within "$got" "$want" 15 'visitors of the shopping centre'
for q in 0.25 0.5 0.75; do
	read -r got want < <(run -F ' ' -c "SELECT f.amount, round((SELECT percentile_cont($q) WITHIN GROUP (ORDER BY m) FROM (SELECT avg(extract(epoch FROM dwell)) / 60 AS m FROM real_visit AS v WHERE v.area = 'Passage' AND v.bucket = f.bucket GROUP BY subject) AS t)::numeric, 1)
		FROM figure AS f WHERE f.area = 'Passage' AND f.measure = 'dwell' AND f.value = '$q' ORDER BY f.bucket LIMIT 1")
	within "$got" "$want" 15 "minutes in the shopping centre, at $q"
done

# ---- planted groups ------------------------------------------------------------------
# A family of 12 in the yard; 25 telephones of one owner in the depot; 30 visitors of the club who all live in the village and all work in the mill.
run <<'SQL' >"$WORK/planted" 2>&1
SELECT create_area_set('planted', '500m') \g /dev/null
SELECT create_area('planted', name, ARRAY[cell]::cell[]) FROM (VALUES ('yard', '500mN34000E45000'), ('depot', '500mN34000E45100'), ('club', '500mN34000E45200'), ('village', '500mN34100E45000'), ('mill', '500mN34100E45100'), ('hamlet', '500mN34100E45200'), ('town', '500mN34200E45000')) AS v (name, cell) \g /dev/null
CREATE TABLE planted AS
SELECT md5(g.name || i)::uuid AS pseudonym, CASE g.name WHEN 'phones' THEN md5('owner') ELSE md5(g.name || i) END::uuid AS account, c.cell, date '2025-09-01' + d + h * interval '1 hour' + i * interval '1 second' AS at, timestamptz '2025-09-01 00:00' AS bucket
FROM (VALUES ('family', 12, 'hamlet', 'hamlet', 'yard'), ('phones', 25, 'town', 'depot', 'depot'), ('guests', 30, 'village', 'mill', 'club'), ('crowd', 60, 'town', 'town', 'town')) AS g (name, n, home, work, place),
	generate_series(1, g.n) AS i, generate_series(0, 6) AS d, LATERAL (VALUES (1, g.home), (7, g.home), (9, g.work), (12, g.work), (16, g.work), (18, g.place), (19, g.place), (22, g.home)) AS e (h, area) JOIN area_cells('planted') AS c USING (area);
SELECT place_stays_query('planted', 'planted', 'planted', person => 'account') AS query \gset
CREATE TABLE planted_stay AS :query;
SELECT places_query('planted_stay', 20, '7 days', 'Europe/Berlin', 'planted') AS query \gset
CREATE TABLE planted_figure AS :query;
SELECT residents_query('planted_stay', 20, '7 days', 'Europe/Berlin') AS query \gset
CREATE TABLE planted_resident AS :query;
SQL
is "$(cat "$WORK/planted")" '' 'planted groups'
# What counting without thought would publish, at k = 20 (12 for the family, whom a smaller k lets through).
is "$(run -c "SELECT count(DISTINCT pseudonym) FROM planted_stay WHERE place = 'yard' AND NOT reference") $(run -c "SELECT count(DISTINCT pseudonym) FROM planted_stay WHERE place = 'depot' AND NOT reference") $(run -c "SELECT string_agg(DISTINCT n.place, ',')
	FROM planted_stay AS v JOIN planted_stay AS n USING (pseudonym) WHERE v.place = 'club' AND n.reference AND n.departure - n.arrival > '8 hours'")" '12 25 village' 'naive counts tell of all three'
is "$(run -c "SELECT string_agg(DISTINCT area, ',' ORDER BY area) FROM planted_figure")" 'club,town' 'no figure tells of the family, of one owner of 25 telephones, of their places'
is "$(run -c "SELECT string_agg(DISTINCT measure, ',' ORDER BY measure) FROM planted_figure WHERE area = 'club'")" 'peak hour,visitors,visits' 'of the club, visitors are told, not where they live, nor that they are all of one kind'
is "$(run -c "SELECT string_agg(area || ' ' || measure || coalesce(' ' || value, ''), ',' ORDER BY area, measure) FROM planted_resident WHERE area <> 'town'")" 'village residents' 'of the village, residents are told, not where they all work or are'
is "$(run -c "SELECT count(*) FROM planted_resident WHERE subjects < 20 OR area IN ('hamlet', 'yard', 'depot') OR value IN ('hamlet', 'yard', 'depot')")" 0 'and of the hamlet nothing'
is "$(run -c "SELECT subjects FROM planted_resident WHERE area = 'town' AND measure = 'residents'")" 61 'the owner of the telephones is one resident of the town'

# ---- areas: dump, PostGIS ---------------------------------------------------------------
run -c "SELECT seal_area_set('planted')" >/dev/null
pg_dump -Fc -d mobility_places -T 'public.*' -f "$WORK/areas.dump"
createdb mobility_places_copy
ok 'a dump with areas restores' pg_restore --exit-on-error -d mobility_places_copy "$WORK/areas.dump"
digest="SELECT md5(string_agg(format('%s', t), E'\n' ORDER BY t::text)) FROM (SELECT a.*, s.sealed_at FROM mobanon.area_cell AS a JOIN mobanon.area_set AS s USING (area_set)) AS t"
is "$(sql -d mobility_places_copy -c "$digest")" "$(run -c "$digest")" 'areas and seals are the same after dump and restore'
like "$(sql -d mobility_places_copy -c "SELECT mobanon.drop_area('planted', 'club')" 2>&1)" 'sealed' 'and what was sealed is sealed'
dropdb mobility_places_copy
like "$(run -c "SELECT polygon_cells('POLYGON((13 52, 14 52, 14 53, 13 52))', '10km')" 2>&1)" 'need PostGIS.*HINT.*CREATE EXTENSION postgis' 'polygons without PostGIS: an error that says what to do'
if [ -e "$("$PG_CONFIG" --sharedir)/extension/postgis.control" ]; then
	run -c 'CREATE SCHEMA "Geo X"' -c 'CREATE EXTENSION postgis SCHEMA "Geo X"' >/dev/null
	run >"$WORK/polygons" 2>&1 <<'SQL' || true
SET search_path = mobanon;
CREATE TABLE public.shape AS SELECT * FROM (VALUES ('west', 'POLYGON((13.37 52.50, 13.4012 52.50, 13.395 52.53, 13.37 52.53, 13.37 52.50))'), ('east', 'POLYGON((13.4012 52.50, 13.43 52.50, 13.43 52.53, 13.395 52.53, 13.4012 52.50))')) AS v (name, wkt);
SELECT create_area_set('polygons', '250m') \g /dev/null
SELECT create_area('polygons', name, ARRAY(SELECT polygon_cells(wkt, '250m'))) > 50 FROM public.shape;
-- against the share of each cell, on the European grid in metres instead of degrees
SELECT count(*) FILTER (WHERE (share > 0.5) <> (a.area IS NOT NULL) AND abs(share - 0.5) > 0.01), count(*) FILTER (WHERE share > 0.5) > 100
FROM public.shape AS s, cells_within(52.49, 13.36, 52.54, 13.44, '250m') AS c (cell)
LEFT JOIN LATERAL (SELECT x.area FROM area_cells('polygons') AS x WHERE x.cell = c.cell AND x.area = s.name) AS a ON true,
	LATERAL (SELECT "Geo X".ST_Transform("Geo X".ST_GeomFromText(s.wkt, 4258), 3035) AS g, "Geo X".ST_Transform("Geo X".ST_GeomFromText(cell_boundary(c.cell), 4258), 3035) AS b) AS m,
	LATERAL (SELECT "Geo X".ST_Area("Geo X".ST_Intersection(m.g, m.b)) / "Geo X".ST_Area(m.b) AS share) AS r;
SELECT count(*) = 0 FROM (SELECT polygon_cells("Geo X".ST_AsGeoJSON("Geo X".ST_GeomFromText(wkt)), '250m') FROM public.shape EXCEPT SELECT cell FROM area_cells('polygons')) AS d;
SELECT polygon_cells('POLYGON((13.37 52.51, 13.39 52.52, 13.39 52.51, 13.37 52.52, 13.37 52.51))', '100m');
SQL
	is "$(head -4 "$WORK/polygons" | tr '\n' ' ')" 't t 0|t t ' 'polygons that touch become areas that do not overlap, of the cells they cover by more than half; GeoJSON as WKT'
	like "$(cat "$WORK/polygons")" 'the polygon cannot be used: Self-intersection' 'a polygon that is none is refused'
else
	skip 'polygons' 'PostGIS is not installed for this PostgreSQL'
fi
dropdb mobility_places
done_testing
