-- Property: stays(), clean_events() and cleaning_counts() are what the same rules say in plain SQL, row by row.
-- Needs a table event (subject, cell, at) and the rules as variables: distance, speed, window, dwell, minimum, gap and
-- the switches duplicates, jumps, ping_pong.  Of mobanon's functions the comparison uses those on single cells (middle,
-- outline), for distances.  Prints how many rows differ, and how much there was to compare.
\set QUIET 1
SET search_path = pg_temp, public, mobanon;
SET jit = off;
SET client_min_messages = warning;

-- Least distance between two cells: the haversine formula between their middles, less the ways to the corners.
CREATE FUNCTION pg_temp.haversine(lat1 float8, lon1 float8, lat2 float8, lon2 float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
	SELECT 2 * 6371008.7714 * asin(least(1, sqrt(sind((lat2 - lat1) / 2) ^ 2 + cosd(lat1) * cosd(lat2) * sind((lon2 - lon1) / 2) ^ 2))) $$;
CREATE TEMP TABLE middle AS
SELECT c.cell, m.latitude, m.longitude,
	(SELECT max(pg_temp.haversine(m.latitude, m.longitude, (p ->> 1)::float8, (p ->> 0)::float8)) FROM jsonb_array_elements(cell_geojson(c.cell) #> '{coordinates,0}') AS p) AS radius
FROM (SELECT DISTINCT cell FROM event WHERE cell IS NOT NULL) AS c, cell_center(c.cell) AS m;
CREATE TYPE pg_temp.spot AS (cell cell, at timestamptz, latitude float8, longitude float8, radius float8);
CREATE FUNCTION pg_temp.too_fast(a pg_temp.spot, b pg_temp.spot, distance float8, speed float8) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	least_distance float8 := pg_temp.haversine(a.latitude, a.longitude, b.latitude, b.longitude) - a.radius - b.radius;
BEGIN
	RETURN coalesce(a.cell <> b.cell AND least_distance >= distance AND least_distance >= speed * extract(epoch FROM b.at - a.at)::float8, false);
END $$;

-- Step by step through every subject's events: by index, not by a hash of all of them at each step.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_seqscan = off;

-- One event an instant: the cell of the event before, if it is there, else the smallest.
CREATE TEMP TABLE seen AS
SELECT subject, at, cell, count(*) AS rows, cell::bigint = min(cell::bigint) OVER (PARTITION BY subject, at) AS is_least,
	sum(count(*)) OVER (PARTITION BY subject, at) AS all_rows, dense_rank() OVER (PARTITION BY subject ORDER BY at) AS n
FROM event WHERE cell IS NOT NULL AND isfinite(at) GROUP BY subject, at, cell;
CREATE INDEX ON seen (subject, n);
ANALYZE seen;
CREATE TEMP TABLE instant AS
WITH RECURSIVE step AS (
	SELECT subject, n, at, cell, rows, all_rows FROM seen WHERE n = 1 AND is_least
	UNION ALL
	SELECT c.subject, c.n, c.at, c.cell, c.rows, c.all_rows FROM step AS s JOIN seen AS c ON c.subject = s.subject AND c.n = s.n + 1
	WHERE c.cell = s.cell OR c.is_least AND NOT EXISTS (SELECT FROM seen AS o WHERE o.subject = c.subject AND o.n = c.n AND o.cell = s.cell)
)
SELECT subject, n, at, cell, CASE WHEN :'duplicates' THEN 1 ELSE rows END AS events, CASE WHEN :'duplicates' THEN rows - 1 ELSE 0 END AS duplicates,
	all_rows - rows AS same_time, (cell, at, latitude, longitude, radius)::pg_temp.spot AS spot
FROM step JOIN middle USING (cell);
CREATE UNIQUE INDEX ON instant (subject, n);
ANALYZE instant;

-- Jumps: too fast from the last event kept, and on to the next.
CREATE TEMP TABLE verdict AS
WITH RECURSIVE step AS (
	SELECT i.subject, i.n, i.spot, NULL::pg_temp.spot AS kept, false AS came, pg_temp.too_fast(i.spot, next.spot, :distance, :speed) AS went
	FROM instant AS i LEFT JOIN instant AS next ON next.subject = i.subject AND next.n = 2
	WHERE i.n = 1 AND :'jumps'
	UNION ALL
	SELECT i.subject, i.n, i.spot, k.spot, pg_temp.too_fast(k.spot, i.spot, :distance, :speed), pg_temp.too_fast(i.spot, next.spot, :distance, :speed)
	FROM step AS s JOIN instant AS i ON i.subject = s.subject AND i.n = s.n + 1 LEFT JOIN instant AS next ON next.subject = i.subject AND next.n = i.n + 1,
		LATERAL (SELECT CASE WHEN s.came AND s.went THEN s.kept ELSE s.spot END AS spot) AS k
)
SELECT subject, n, came AND went AS dropped FROM step
UNION ALL SELECT subject, n, false FROM instant WHERE NOT :'jumps';
CREATE UNIQUE INDEX ON verdict (subject, n);
ANALYZE verdict;
CREATE TEMP TABLE kept AS
SELECT subject, cell, at, events, row_number() OVER w AS m, :'jumps' AND (pg_temp.too_fast(lag(spot) OVER w, spot, :distance, :speed) OR pg_temp.too_fast(spot, lead(spot) OVER w, :distance, :speed)) AS suspicious
FROM instant JOIN verdict USING (subject, n) WHERE NOT dropped WINDOW w AS (PARTITION BY subject ORDER BY n);
CREATE UNIQUE INDEX ON kept (subject, m);
ANALYZE kept;

-- Ping-pong: step by step over runs that may be taken for the cell at home.
CREATE TEMP TABLE clean AS
WITH RECURSIVE step AS (
	SELECT subject, m AS first, m AS last, cell AS final, at AS home_at FROM kept WHERE m = 1 AND :'ping_pong'
	UNION ALL
	SELECT e.subject, e.m, l.m, CASE WHEN e.cell <> s.final AND next.cell = s.final AND next.at - s.home_at <= :'window' THEN s.final ELSE e.cell END, l.at
	FROM step AS s JOIN kept AS e ON e.subject = s.subject AND e.m = s.last + 1
		-- the first event that is not part of the run
		LEFT JOIN LATERAL (SELECT y.m FROM kept AS y WHERE y.subject = e.subject AND y.m > e.m
			AND (e.cell = s.final OR y.cell <> e.cell OR y.at - s.home_at > :'window' OR y.at - e.at >= :'dwell') ORDER BY y.m LIMIT 1) AS stop ON true
		JOIN kept AS l ON l.subject = e.subject AND l.m = coalesce(stop.m - 1, (SELECT x.m FROM kept AS x WHERE x.subject = e.subject ORDER BY x.m DESC LIMIT 1))
		LEFT JOIN kept AS next ON next.subject = e.subject AND next.m = l.m + 1
)
SELECT k.subject, k.at, s.final AS cell, k.cell <> s.final AS moved, k.events, k.suspicious
FROM step AS s JOIN kept AS k ON k.subject = s.subject AND k.m BETWEEN s.first AND s.last
UNION ALL SELECT subject, at, cell, false, events, suspicious FROM kept WHERE NOT :'ping_pong';

ANALYZE clean;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_seqscan;

-- Stays: gaps and islands.
CREATE TEMP TABLE want_stay AS
SELECT subject, cell, min(at) AS arrival, max(at) AS departure, sum(events)::bigint AS events
FROM (SELECT *, count(*) FILTER (WHERE starts) OVER (PARTITION BY subject ORDER BY at) AS island
	FROM (SELECT *, (cell = lag(cell) OVER w AND at - lag(at) OVER w <= :'gap') IS NOT TRUE AS starts FROM clean WINDOW w AS (PARTITION BY subject ORDER BY at)) AS c) AS i
GROUP BY subject, island, cell HAVING max(at) - min(at) >= :'minimum';
CREATE TEMP TABLE want_count AS
SELECT subject, row_count, unusable, coalesce(duplicates, 0)::bigint AS duplicates, coalesce(same_time, 0)::bigint AS same_time, coalesce(jumps, 0)::bigint AS jumps,
	coalesce(suspicious, 0)::bigint AS suspicious, coalesce(ping_pong, 0)::bigint AS ping_pong, coalesce(c.events, 0)::bigint AS events
FROM (SELECT subject, count(*) AS row_count, count(*) FILTER (WHERE (cell IS NOT NULL AND isfinite(at)) IS NOT TRUE) AS unusable FROM event GROUP BY subject) AS e
LEFT JOIN (SELECT subject, sum(duplicates) AS duplicates, sum(same_time) AS same_time, sum(events) FILTER (WHERE dropped) AS jumps FROM instant JOIN verdict USING (subject, n) GROUP BY subject) AS i USING (subject)
LEFT JOIN (SELECT subject, sum(events) AS events, sum(events) FILTER (WHERE suspicious) AS suspicious, sum(events) FILTER (WHERE moved) AS ping_pong FROM clean GROUP BY subject) AS c USING (subject);

CREATE TEMP TABLE got AS
SELECT subject, stays(cell, at, :'minimum', :'gap', rules ORDER BY at) AS stays, clean_events(cell, at, rules ORDER BY at) AS events, cleaning_counts(cell, at, rules ORDER BY at) AS counts
FROM event, cleaning(:'duplicates', :'jumps', :'ping_pong', :distance, :speed, :'window', :'dwell') AS rules GROUP BY subject;
CREATE TEMP TABLE got_stay AS SELECT subject, s.* FROM got, unnest(stays) AS s;
CREATE TEMP TABLE got_event AS SELECT subject, e.* FROM got, unnest(got.events) AS e;
CREATE TEMP TABLE got_count AS SELECT subject, (counts).* FROM got;
-- The order of the array is that of time.
CREATE TEMP TABLE unordered AS SELECT FROM (SELECT s.*, lag(s.departure) OVER (PARTITION BY subject ORDER BY n) AS before FROM got, unnest(stays) WITH ORDINALITY AS s (cell, arrival, departure, events, n)) AS o WHERE before >= arrival;
-- Without cleaning, the form without that argument.
CREATE TEMP TABLE bare AS
SELECT subject, stays(cell, at, :'minimum', :'gap' ORDER BY at) AS stays FROM event WHERE NOT (:'jumps' OR :'ping_pong') AND :'duplicates' GROUP BY subject;

SELECT (SELECT count(*) FROM ((TABLE want_stay EXCEPT ALL TABLE got_stay) UNION ALL (TABLE got_stay EXCEPT ALL TABLE want_stay)) AS d),
	(SELECT count(*) FROM ((SELECT subject, cell, at, events FROM clean EXCEPT ALL TABLE got_event) UNION ALL (TABLE got_event EXCEPT ALL SELECT subject, cell, at, events FROM clean)) AS d),
	(SELECT count(*) FROM ((TABLE want_count EXCEPT ALL TABLE got_count) UNION ALL (TABLE got_count EXCEPT ALL TABLE want_count)) AS d),
	(SELECT count(*) FROM unordered) + (SELECT count(*) FROM bare JOIN got USING (subject) WHERE bare.stays <> got.stays);
SELECT format('%s rows of %s subjects, %s stays: %s unusable, %s duplicates, %s at the same time, %s jumps, %s suspicious, %s ping-pong', sum(row_count), count(*), (SELECT count(*) FROM got_stay),
	sum(unusable), sum(duplicates), sum(same_time), sum(jumps), sum(suspicious), sum(ping_pong)) FROM got_count;
