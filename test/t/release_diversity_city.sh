#!/usr/bin/env bash
# diversity on the generated city, kind by kind: the rows are those of the same pipeline without it whose persons plain SQL
# finds to be of several homes. Homes are found anew, from ranges of time. SUBJECTS=5000 is the long form (make test-diversity).
source "$(dirname "$0")/../tap.sh"
cluster_start diversity "shared_preload_libraries = 'mobanon'" "jit = off" "work_mem = 64MB"
createdb d
export PGDATABASE=d PGTZ=Europe/Berlin
SUBJECTS=${SUBJECTS:-1000}
sql -c 'CREATE EXTENSION mobanon' -c 'ALTER DATABASE d SET search_path = public, mobanon'
sql -v subjects="$SUBJECTS" -f "$TOP/demo/city.sql"
sql <<'SQL'
CREATE ROLE processing;
SELECT create_purpose('movement', 'test'), bind_purpose('movement', 'processing'), protect('events', 'subject', 'event_time') \g /dev/null
SELECT grant_consent(subject, 'movement', 'app', '2025-08-01') FROM events WHERE subject IS NOT NULL GROUP BY subject \g /dev/null
-- What can be used, in the first whole week, and stays in cells and around the night; these and their cleaning are tested elsewhere.
CREATE TABLE seen AS SELECT subject, event_time AS at, try_coarsen_cell(latitude, longitude, '1km') AS cell FROM events WHERE subject IS NOT NULL AND event_time >= '2025-09-01' AND event_time < '2025-09-08';
CREATE TABLE stay AS SELECT subject, s.cell, s.arrival, s.departure, row_number() OVER (PARTITION BY subject ORDER BY s.arrival) AS n
	FROM (SELECT subject, stays(cell, at, '0', '6 hours', cleaning() ORDER BY at) AS stays FROM seen GROUP BY subject) AS p, unnest(stays) AS s;
CREATE TABLE night_stay AS SELECT subject, s.* FROM (SELECT subject, stays(coarsen_cell(cell, '5km'), at, '0', '12 hours', cleaning() ORDER BY at) AS stays FROM seen GROUP BY subject) AS p, unnest(stays) AS s;
-- Of each night the cell of most time, then of most events, then the first; of all nights that of most, if of three and of half.
CREATE TABLE night AS SELECT s.subject, d, s.cell::text COLLATE "C" AS cell, sum(extract(epoch FROM upper(o.both) - lower(o.both))) AS seconds, sum(s.events) AS events
	FROM generate_series(timestamp '2025-08-31', '2025-09-07', '1 day') AS d, LATERAL (SELECT tstzrange((d + time '18:00')::timestamptz, (d + interval '32 hours')::timestamptz) AS hours) AS h,
		night_stay AS s, LATERAL (SELECT tstzrange(s.arrival, s.departure, '[]') * h.hours AS both) AS o
	WHERE NOT isempty(o.both) GROUP BY 1, 2, 3;
CREATE INDEX ON night (subject, d);
CREATE TABLE home AS
	WITH best AS (SELECT * FROM night AS n WHERE NOT EXISTS (SELECT FROM night AS o WHERE o.subject = n.subject AND o.d = n.d AND (o.seconds, o.events) >= (n.seconds, n.events) AND ((o.seconds, o.events) > (n.seconds, n.events) OR o.cell < n.cell))),
	nights AS (SELECT subject, cell, count(*) AS n, (SELECT count(*) FROM best AS a WHERE a.subject = b.subject) AS of FROM best AS b GROUP BY 1, 2)
	SELECT subject, min(cell) AS home FROM nights AS n WHERE n >= 3 AND 2 * n >= of AND n = (SELECT max(o.n) FROM nights AS o WHERE o.subject = n.subject) GROUP BY 1;
CREATE TABLE trip AS SELECT a.subject, a.cell AS origin, b.cell AS destination, a.n FROM stay AS a JOIN stay AS b ON b.subject = a.subject AND b.n = a.n + 1 AND b.cell <> a.cell AND b.arrival - a.departure <= '6 hours';
CREATE TABLE member AS
	SELECT DISTINCT 'footfall' AS kind, subject, cell AS a, NULL::cell AS b, NULL::cell AS c FROM seen WHERE cell IS NOT NULL
	UNION ALL SELECT DISTINCT 'dwell', subject, cell, NULL::cell, NULL::cell FROM stay
	UNION ALL SELECT DISTINCT 'flows', subject, origin, destination, NULL::cell FROM trip
	UNION ALL SELECT DISTINCT 'chains', t.subject, t.origin, t.destination, u.destination FROM trip AS t JOIN trip AS u ON u.subject = t.subject AND u.n = t.n + 1;
ANALYZE member, home;
CREATE FUNCTION diverse(homes text[], enough int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT count(*) FILTER (WHERE home IS NOT NULL AND n >= enough) >= 2 AND coalesce(max(n) FILTER (WHERE home IS NOT NULL), 0) + coalesce(sum(n) FILTER (WHERE home IS NULL), 0) <= 0.9 * sum(n)
	FROM (SELECT home, count(*) AS n FROM unnest(homes) AS home GROUP BY home) AS h $$;
SQL
note "$(sql -c "SELECT format('%s events of %s people in a week; a home is found for %s', (SELECT count(*) FROM seen), count(*), count(home)) FROM (SELECT DISTINCT subject FROM seen) AS s LEFT JOIN home USING (subject)")"

# pipeline NAME ARGUMENTS
pipeline() {
	sql -c "SELECT create_pipeline('$1', 'events', 'movement', starts_at => '2025-09-01 00:00+02', time_zone => 'Europe/Berlin', bucket => '7 days', k => 20, $2)" -c "SELECT publish('$1', '2025-09-08 00:00+02')" >/dev/null
}
# compare KIND KEYS ARGUMENTS
compare() {
	local kind=$1 keys=$2 within= letter=a key got
	for key in ${keys//,/ }; do
		within+=" AND coarsen_cell(m.$letter, cell_resolution(r.$key)) = r.$key"
		letter=$(tr abc bcd <<<$letter)
	done
	pipeline "$kind" "$3"
	pipeline "diverse_$kind" "$3, diversity => diversity(homes => '5km', enough => 5)"
	got=$(sql -F ' ' <<SQL
CREATE TEMP TABLE judged AS SELECT r::text AS row, min(r.subjects) AS subjects, count(DISTINCT m.subject) AS persons,
	array_agg(DISTINCT m.subject) AS who FROM $kind AS r JOIN member AS m ON m.kind = '$kind'$within GROUP BY r::text;
CREATE TEMP TABLE expected AS SELECT row FROM judged AS j WHERE diverse(ARRAY(SELECT h.home FROM unnest(j.who) AS w (subject) LEFT JOIN home AS h USING (subject)), 5);
SELECT (SELECT count(*) FROM judged WHERE subjects <> persons) + (SELECT count(*) FROM $kind) - (SELECT count(*) FROM judged),
	(SELECT count(*) FROM (SELECT row FROM expected EXCEPT SELECT r::text FROM diverse_$kind AS r) AS d) + (SELECT count(*) FROM (SELECT r::text FROM diverse_$kind AS r EXCEPT SELECT row FROM expected) AS d),
	(SELECT count(*) FROM expected), (SELECT count(*) FROM judged);
SQL
)
	read -r other wrong kept all <<<"$got"
	is "$other $wrong" '0 0' "$kind: exactly the diverse rows"
	note "$kind: $kept of $all rows are of several homes"
	ok "$kind: some are, and others are not" test "$kept" -gt 0 -a "$kept" -lt "$all"
}
compare footfall cell "resolution => '1km'"
compare dwell cell "kind => 'dwell', minimum_stay => '0', maximum_gap => '6 hours'"
compare flows origin,destination "kind => 'flows', minimum_stay => '0', maximum_gap => '6 hours', trips_per_day => 1000, resolutions => '{1km,2km,10km}'"
compare chains origin,via,destination "kind => 'chains', minimum_stay => '0', maximum_gap => '6 hours', trips_per_day => 1000, resolutions => '{1km,10km}'"
done_testing
