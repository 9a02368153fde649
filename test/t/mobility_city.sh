#!/usr/bin/env bash
# The generated city (demo/city.sql) with what its inhabitants really did beside what the network saw: are the stays of
# commuters at home and at work, and how long people stay at the shopping centre, found again?
source "$(dirname "$0")/../tap.sh"
[ -n "${PGHOST:-}" ] || cluster_start city
createdb mobility_city
run() { sql -d mobility_city "$@"; }
run -c 'CREATE EXTENSION mobanon'
# The same city, with the true place (metres from its middle) of every event, and its inhabitants kept.
sed -e 's/SELECT subject, e, day, hour, g,$/SELECT subject, e, day, hour, g, x, y,/' -e 's/ AS longitude$/& , x AS true_x, y AS true_y/' \
	-e 's/^DROP TABLE district, inhabitant;/CREATE TABLE inhabitants AS TABLE inhabitant;/' "$(dirname "$0")/../../demo/city.sql" >"$WORK/city.sql"
run -c 'SET client_min_messages = warning' -v subjects="${SUBJECTS:-1500}" -f "$WORK/city.sql"
run <<'SQL'
SET search_path = public, mobanon;
SET jit = off;
CREATE FUNCTION at_metres(x float8, y float8, resolution text) RETURNS cell LANGUAGE sql IMMUTABLE AS $$ SELECT coarsen_cell(52.5 + y / 111320, 13.4 + x / 67768, resolution) $$;
CREATE VIEW seen AS SELECT subject, event_time AS at, latitude, longitude, 52.5 + true_y / 111320 AS true_latitude, 13.4 + true_x / 67768 AS true_longitude FROM events WHERE subject IS NOT NULL AND event_time < '2026-01-01';
-- Events are hours apart: nights and working days hold together with a gap of twelve.
CREATE TABLE stay AS SELECT subject, s.* FROM (SELECT subject, stays(try_coarsen_cell(latitude, longitude, '1km'), at, '15 minutes', '12 hours', cleaning() ORDER BY at) AS stays FROM seen GROUP BY subject) AS p, unnest(stays) AS s;
-- Where somebody stays longest in the nights (22 to 6), and in working hours (10 to 16).
CREATE TABLE slot AS SELECT what, (day + hours)::timestamp AT TIME ZONE 'Europe/Berlin' AS since, (day + hours + length)::timestamp AT TIME ZONE 'Europe/Berlin' AS until
FROM generate_series(timestamp '2025-08-31', '2025-09-15', '1 day') AS day, (VALUES ('home', interval '22 hours', interval '8 hours'), ('work', '10 hours', '6 hours')) AS v (what, hours, length)
WHERE what = 'home' OR extract(isodow FROM day) < 6;
CREATE TABLE found AS SELECT DISTINCT ON (subject, what) subject, what, cell FROM (SELECT subject, what, cell, sum(least(departure, until) - greatest(arrival, since)) AS time
	FROM stay JOIN slot ON arrival < until AND departure > since GROUP BY subject, what, cell) AS t ORDER BY subject, what, time DESC, cell;
CREATE TABLE commuter AS SELECT i.subject, h.what, at_metres(CASE h.what WHEN 'home' THEN home_x ELSE work_x END, CASE h.what WHEN 'home' THEN home_y ELSE work_y END, '1km') AS cell
FROM inhabitants AS i, (VALUES ('home'), ('work')) AS h (what) WHERE kind IN ('worker', 'student');
CREATE FUNCTION passage(resolution text, OUT seen bigint, OUT really bigint, OUT seen_minutes float8, OUT real_minutes float8) LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE NOT really), count(*) FILTER (WHERE really),
		percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM departure - arrival) / 60) FILTER (WHERE NOT really), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM departure - arrival) / 60) FILTER (WHERE really)
	FROM (SELECT false AS really, stays(try_coarsen_cell(latitude, longitude, resolution), at, '15 minutes', '2 hours', cleaning() ORDER BY at) AS stays FROM seen GROUP BY subject
		UNION ALL SELECT true, stays(try_coarsen_cell(true_latitude, true_longitude, resolution), at, '15 minutes', '2 hours' ORDER BY at) FROM seen GROUP BY subject) AS p, unnest(stays) AS s
	WHERE cell = at_metres(1900, -1600, resolution) $$;
SQL
for what in home work; do
	IFS='|' read -r commuters found near < <(run -c "SET search_path = public, mobanon" -c "SELECT count(*), round(100.0 * count(f.cell) / count(*), 1), round(100.0 * count(*) FILTER (WHERE cell_distance(c.cell, f.cell) < 1500) / count(f.cell), 1)
		FROM commuter AS c LEFT JOIN found AS f USING (subject, what) WHERE what = '$what'")
	note "$what: of $commuters commuters $found % have such a stay; of those $near % in the true cell or one beside it"
	ok "$what: nine commuters in ten have a stay there" awk "BEGIN {exit !($commuters > 500 && $found >= 90)}"
	ok "$what: in 97 of 100 it is the true cell of a kilometre or one beside it" awk "BEGIN {exit !($near >= 97)}"
done
# The network sees people in a neighbouring cell now and then: small cells lose stays to it, and shorten them.
while IFS='|' read -r resolution error seen really seen_minutes real_minutes; do
	note "Passage, $resolution: $seen stays of $seen_minutes minutes (median) seen, $really of $real_minutes really"
	ok "Passage, $resolution: the median dwell is found within 10 %" awk "BEGIN {exit !($really > 100 && $seen_minutes > 0.9 * $real_minutes && $seen_minutes < 1.1 * $real_minutes)}"
	ok "Passage, $resolution: the number of stays is found within $error %" awk "BEGIN {exit !($seen > (1 - $error / 100) * $really && $seen < (1 + $error / 100) * $really)}"
done < <(run -c "SET search_path = public, mobanon" -c "SELECT resolution, error, seen, really, round(seen_minutes), round(real_minutes) FROM (VALUES ('2km', 25), ('5km', 5)) AS v (resolution, error), passage(resolution)")
is "$(run -c "SELECT jumps = 0 AND duplicates > 0 AND ping_pong > 0 FROM (SELECT sum((c).jumps) AS jumps, sum((c).duplicates) AS duplicates, sum((c).ping_pong) AS ping_pong
	FROM (SELECT mobanon.cleaning_counts(mobanon.try_coarsen_cell(latitude, longitude, '1km'), at, mobanon.cleaning() ORDER BY at) AS c FROM seen GROUP BY subject) AS s) AS t")" t 'cleaning finds the duplicates that were planted, neighbours that served, and nobody who flew'
dropdb mobility_city
done_testing
