-- See test/t/mobility_flow_data.sh.
\set QUIET 1
SET client_min_messages = warning;
SET search_path = public, mobanon;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64MB';
SELECT plan(13);
SELECT count(*) > 0 AS real FROM checkin \gset
SELECT 'no real data at $MOBANON_DATA' AS why, 4 AS how_many \gset
\ir flow_oracle.sql
\ir flow_checker.sql

-- ---- trips -------------------------------------------------------------------
-- Stays of check-ins and of the city, as one table; trips and chains from it with lead(), a way of its own.
CREATE TABLE stayed AS
SELECT 'checkin' AS source, md5(subject)::uuid AS pseudonym, stays(coarsen_cell(latitude, longitude, 'z14'), at, '0', '3 hours' ORDER BY at) AS stays FROM checkin GROUP BY subject
UNION ALL
SELECT 'city', md5(subject)::uuid, stays(try_coarsen_cell(latitude, longitude, '1km'), event_time, '0', '12 hours' ORDER BY event_time) FROM events WHERE subject IS NOT NULL GROUP BY subject;
CREATE TABLE stay_row AS SELECT source, pseudonym, s.* FROM stayed, unnest(stays) AS s;
CREATE FUNCTION trips_differ(source text, longest interval) RETURNS bigint LANGUAGE sql AS $$
	WITH want AS (
		SELECT pseudonym, cell AS origin, next AS destination, departure, arrives AS arrival
		FROM (SELECT pseudonym, cell, departure, lead(cell) OVER w AS next, lead(arrival) OVER w AS arrives FROM stay_row AS s WHERE s.source = $1 WINDOW w AS (PARTITION BY pseudonym ORDER BY arrival)) AS s
		WHERE next <> cell AND arrives - departure <= longest
	), got AS (SELECT pseudonym, t.* FROM stayed AS s, unnest(trips(stays, longest)) AS t WHERE s.source = $1)
	SELECT (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) AS d) + (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) AS d)
$$;
CREATE FUNCTION chains_differ(source text, longest interval) RETURNS bigint LANGUAGE sql AS $$
	WITH want AS (
		SELECT pseudonym, cell AS origin, b AS via, c AS destination, departure, c_arrival AS arrival
		FROM (SELECT pseudonym, cell, departure, lead(cell) OVER w AS b, lead(arrival) OVER w AS b_arrival, lead(departure) OVER w AS b_departure, lead(cell, 2) OVER w AS c, lead(arrival, 2) OVER w AS c_arrival
			FROM stay_row AS s WHERE s.source = $1 WINDOW w AS (PARTITION BY pseudonym ORDER BY arrival)) AS s
		WHERE b <> cell AND c <> b AND b_arrival - departure <= longest AND c_arrival - b_departure <= longest
	), got AS (SELECT pseudonym, t.* FROM stayed AS s, unnest(trip_chains(stays, longest)) AS t WHERE s.source = $1)
	SELECT (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) AS d) + (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) AS d)
$$;
\if :real
SELECT is(trips_differ('checkin', '6 hours'), 0::bigint, 'trips between check-ins, as lead() finds them');
SELECT is(chains_differ('checkin', '6 hours'), 0::bigint, 'chains between check-ins, as lead() finds them');
\else
SELECT skip(:'why', 2);
\endif
SELECT is(trips_differ('city', '4 hours'), 0::bigint, 'trips in the city, as lead() finds them');
SELECT is(chains_differ('city', '4 hours'), 0::bigint, 'chains in the city, as lead() finds them');

-- ---- flows -------------------------------------------------------------------
CREATE TABLE made_trip (grp int, subject bigint, cells cell[]);
CREATE FUNCTION flows_differ(k int, ladder text[], bound int, loss int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	CALL make_want(k, ladder, bound, loss);
	RETURN (WITH got AS (SELECT grp, ARRAY[f.origin, f.destination], f.subjects, f.trips FROM (SELECT grp, kanon_flows(subject, cells[1], cells[2], k, ladder, bound, loss) AS flows FROM made_trip GROUP BY grp) AS g, unnest(flows) AS f)
		SELECT (SELECT count(*) FROM (TABLE want EXCEPT ALL TABLE got) AS d) + (SELECT count(*) FROM (TABLE got EXCEPT ALL TABLE want) AS d));
END $$;
CREATE FUNCTION overlaps() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM flow_overlaps((SELECT array_agg(ROW(grp, cells::text[], subjects, trips)::flow_row) FROM want)) $$;
CREATE FUNCTION released() RETURNS text LANGUAGE sql AS $$ SELECT format('%s rows of %s sizes, %s subjects in them, %s rows without trips', count(*), count(DISTINCT cell_resolution(cells[1]) || cell_resolution(cells[2])), sum(subjects), count(*) FILTER (WHERE trips IS NULL)) FROM want $$;
-- Bicycle trips: months, and each bicycle is a subject.
INSERT INTO made_trip SELECT extract(month FROM started), bike, ARRAY[coarsen_cell(start_lat, start_lon, 'z18'), coarsen_cell(end_lat, end_lon, 'z18')] FROM ride
WHERE start_lat <> 0 AND end_lat <> 0 AND started < date '2017-01-01' + :months * interval '1 month' * CASE WHEN :months > 4 THEN 2 ELSE 1 END;
\if :real
SELECT is(flows_differ(20, '{z17,z16,z15,z14,z12}', 4, 5), 0::bigint, 'bicycle trips: ' || released()) FROM made_trip LIMIT 1;
SELECT is(overlaps(), 0::bigint, 'the checker finds no overlap');
\else
SELECT skip(:'why', 2);
\endif
-- Check-ins in a row, all dates together.
TRUNCATE made_trip;
INSERT INTO made_trip SELECT 1, hashtextextended(pseudonym::text, 1), ARRAY[t.origin, t.destination] FROM stayed, unnest(trips(stays, '6 hours')) AS t WHERE source = 'checkin';
\if :real
SELECT is(flows_differ(20, '{z14,z13,z12,z10}', 4, 5), 0::bigint, 'check-ins: ' || released()) FROM made_trip LIMIT 1;
\else
SELECT skip(:'why', 1);
\endif
-- The city: a working day.
TRUNCATE made_trip;
INSERT INTO made_trip SELECT 1, hashtextextended(pseudonym::text, 1), ARRAY[t.origin, t.destination] FROM stayed, unnest(trips(stays, '4 hours')) AS t
WHERE source = 'city' AND t.departure >= '2025-09-02 00:00+02' AND t.departure < '2025-09-03 00:00+02';
SELECT is(flows_differ(20, '{1km,5km,10km}', 4, 5), 0::bigint, 'a day in the city: ' || released()) FROM made_trip LIMIT 1;
SELECT is(overlaps(), 0::bigint, 'the checker finds no overlap');
SELECT is(flows_differ(20, '{1km,5km,10km}', 4, 0), 0::bigint, 'the same without loss: ' || released()) FROM made_trip LIMIT 1;

-- ---- commuters ---------------------------------------------------------------
-- Who goes on a morning of a working day, from a stay of an hour or more to another one, is a commuter, as far as flows of 2 km tell.
CREATE TABLE commuting AS
SELECT f.* FROM (SELECT kanon_flows(pseudonym, t.origin, t.destination, 10, '{2km}') AS flows
	FROM (SELECT md5(subject)::uuid AS pseudonym, stays(try_coarsen_cell(latitude, longitude, '2km'), event_time, '1 hour', '12 hours' ORDER BY event_time) AS stays FROM events WHERE subject IS NOT NULL GROUP BY subject) AS s,
		unnest(trips(stays, '4 hours')) AS t, LATERAL (SELECT t.arrival AT TIME ZONE 'Europe/Berlin') AS l (arrival)
	WHERE extract(isodow FROM l.arrival) < 6 AND extract(hour FROM l.arrival) BETWEEN 6 AND 11) AS g, unnest(flows) AS f;
CREATE TABLE commuter AS
SELECT origin, destination, count(*) AS n FROM (SELECT coarsen_cell(52.5 + home_y / 111320, 13.4 + home_x / 67768, '2km') AS origin, coarsen_cell(52.5 + work_y / 111320, 13.4 + work_x / 67768, '2km') AS destination
	FROM truth WHERE kind IN ('worker', 'student')) AS c WHERE origin <> destination GROUP BY origin, destination;
SELECT ok(corr(f.subjects, coalesce(c.n, 0)) > 0.85, format('commuters found again: %s flows, correlation %s with home and work place', count(*), round(corr(f.subjects, coalesce(c.n, 0))::numeric, 3)))
FROM commuting AS f LEFT JOIN commuter AS c USING (origin, destination);
SELECT ok(sum(abs(f.subjects - coalesce(c.n, 0))) / sum(coalesce(c.n, 0)) < 0.5, format('%s subjects in them, %s commuters: they differ by %s per cent of the commuters', sum(f.subjects), sum(c.n), round(100 * sum(abs(f.subjects - coalesce(c.n, 0))) / sum(c.n))))
FROM commuting AS f LEFT JOIN commuter AS c USING (origin, destination);
SELECT ok(count(f.subjects) >= 16, format('of the 20 largest streams of commuters %s are flows', count(f.subjects)))
FROM (SELECT * FROM commuter ORDER BY n DESC, origin, destination LIMIT 20) AS c LEFT JOIN commuting AS f USING (origin, destination);
SELECT * FROM finish();
