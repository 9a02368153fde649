-- Stays: where a subject was for a while, in one pass over its events.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
-- A day of two people, in cells of a kilometre; the rows come in no order.
CREATE TABLE seen (pseudonym int, cell cell, at timestamptz);
INSERT INTO seen
SELECT pseudonym, cell::cell, ('2024-06-08 ' || clock)::timestamptz FROM (VALUES
	(1, '1kmN3265E4334', '19:40'), (1, '1kmN3265E4334', '07:00'), (1, '1kmN3265E4334', '07:40'), (1, '1kmN3266E4335', '07:55'),
	(1, '1kmN3267E4336', '08:10'), (1, '1kmN3267E4336', '09:00'), (1, '1kmN3267E4336', '10:50'), (1, '1kmN3267E4336', '16:30'),
	(1, '1kmN3267E4336', '17:00'), (1, '1kmN3265E4334', '17:45'),
	(2, '1kmN3267E4336', '12:00'), (2, '1kmN3267E4336', '12:14:59.999999'), (2, '1kmN3270E4340', '12:20'), (2, '1kmN3270E4340', '12:35')) AS v (pseudonym, cell, clock);
-- At least 15 minutes, with no more than 2 hours between two events.
SELECT p.pseudonym, s.cell, s.arrival, s.departure, s.events, s.departure - s.arrival AS dwell
FROM (SELECT pseudonym, stays(cell, at, '15 minutes', '2 hours' ORDER BY at) AS stays FROM seen GROUP BY pseudonym) AS p,
	unnest(p.stays) AS s
ORDER BY pseudonym, arrival;
-- A longer gap joins the working day, a minimum of nothing keeps who passed by.
SELECT p.pseudonym, s.* FROM (SELECT pseudonym, stays(cell, at, '0', '6 hours' ORDER BY at) AS stays FROM seen GROUP BY pseudonym) AS p, unnest(p.stays) AS s
ORDER BY pseudonym, arrival;
-- Exactly the gap extends a stay, a microsecond more ends it; exactly the minimum counts, a microsecond less does not.
SELECT gap, cardinality(stays('1kmN3265E4334', at, '0', gap ORDER BY at)) AS stays
FROM (VALUES (interval '2 hours'), ('01:59:59.999999')) AS g (gap), (VALUES (timestamptz '2024-06-08 10:00'), ('2024-06-08 12:00')) AS e (at) GROUP BY gap ORDER BY gap;
SELECT minimum, cardinality(stays('1kmN3265E4334', at, minimum, '1 day' ORDER BY at)) AS stays
FROM (VALUES (interval '2 hours'), ('02:00:00.000001')) AS g (minimum), (VALUES (timestamptz '2024-06-08 10:00'), ('2024-06-08 12:00')) AS e (at) GROUP BY minimum ORDER BY minimum;
-- Two cells at one instant: the one of the event before, else the smallest, in whatever order the rows come.  Rows that say the same are one event.
CREATE TABLE twice (n int, cell cell, at timestamptz);
INSERT INTO twice VALUES (1, '1kmN3265E4334', '2024-06-08 10:00'), (2, '1kmN3265E4334', '2024-06-08 10:20'), (3, '1kmN3200E4300', '2024-06-08 10:20'),
	(4, '1kmN3265E4334', '2024-06-08 10:20'), (5, '1kmN3270E4340', '2024-06-08 10:40'), (6, '1kmN3200E4300', '2024-06-08 10:40'), (7, '1kmN3200E4300', '2024-06-08 10:50');
SELECT s.* FROM (SELECT stays(cell, at, '0', '2 hours' ORDER BY at, n) AS stays FROM twice) AS p, unnest(stays) AS s;
SELECT stays(cell, at, '0', '2 hours' ORDER BY at, n) = stays(cell, at, '0', '2 hours' ORDER BY at, -n) AS same FROM twice;
-- A row without cell or without a finite time is no event.  No stay is an empty array, no row at all is null.
SELECT stays(cell, at, '0', '2 hours' ORDER BY at) FROM (VALUES (NULL::cell, timestamptz '2024-06-08 10:00'), ('1kmN3265E4334', NULL),
	('1kmN3265E4334', 'infinity'), ('1kmN3265E4334', '-infinity'), ('1kmN3265E4334', '2024-06-08 11:00')) AS v (cell, at);
SELECT stays(cell, at, '1 hour', '2 hours' ORDER BY at), (stays(cell, at, '1 hour', '2 hours' ORDER BY at) FILTER (WHERE false)) IS NULL AS no_row FROM seen WHERE pseudonym = 2;
-- The ends of time.
SELECT s.* FROM (SELECT stays('1kmN3265E4334', at, '0', '100000000 days' ORDER BY at) AS stays FROM (VALUES (timestamptz '4714-11-24 00:00:00 BC'), ('294276-12-31 23:59:59.999999')) AS v (at)) AS p, unnest(stays) AS s;
SELECT cardinality(stays('1kmN3265E4334', at, '0', '106751991 days 04:00:54.775807' ORDER BY at)) FROM (VALUES (timestamptz '4714-11-24 00:00:00 BC'), ('294276-12-31 23:59:59.999999')) AS v (at);
-- Running: each row of a window sees the stays so far.
SELECT at::time, cardinality(stays(cell, at, '15 minutes', '2 hours') OVER (ORDER BY at)) AS stays FROM seen WHERE pseudonym = 1 ORDER BY at;
-- The same by every plan: sorted in the aggregate, sorted below it, and hashed, where groups with gaps of their own take turns.
CREATE VIEW sorted AS SELECT pseudonym, cell, at, make_interval(hours => pseudonym) AS gap FROM seen ORDER BY at;
CREATE TABLE by_sort AS SELECT pseudonym, stays(cell, at, '0', make_interval(hours => pseudonym) ORDER BY at) AS stays FROM seen GROUP BY pseudonym;
CREATE FUNCTION stays_plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || query; END $$;
SET enable_sort = off;
SELECT * FROM stays_plan($$SELECT pseudonym, stays(cell, at, '0', gap) FROM (SELECT * FROM sorted OFFSET 0) AS s GROUP BY pseudonym$$) AS node WHERE node LIKE '%Aggregate%';
SELECT count(*) AS same FROM by_sort JOIN (SELECT pseudonym, stays(cell, at, '0', gap) AS stays FROM (SELECT * FROM sorted OFFSET 0) AS s GROUP BY pseudonym) AS h USING (pseudonym, stays);
RESET enable_sort;
-- What is refused.
SELECT stays(cell, at, '0', '2 hours') FROM (VALUES (timestamptz '2024-06-08 10:00'), ('2024-06-08 09:59')) AS v (at), (VALUES ('1kmN3265E4334'::cell)) AS c (cell);
SELECT stays(cell, at, NULL, '2 hours' ORDER BY at) FROM seen;
SELECT stays(cell, at, '15 minutes', NULL ORDER BY at) FROM seen;
SELECT stays(cell, at, '1 month', '2 hours' ORDER BY at) FROM seen;
SELECT stays(cell, at, '15 minutes', '-2 hours' ORDER BY at) FROM seen;
SELECT stays(cell, at, '15 minutes', '2147483647 days' ORDER BY at) FROM seen;
SELECT stays(cell, at, '15 minutes', make_interval(hours => pseudonym) ORDER BY at) FROM seen;
DROP VIEW sorted;
DROP FUNCTION stays_plan;
DROP TABLE seen, twice, by_sort;
