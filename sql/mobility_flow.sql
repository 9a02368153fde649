-- Trips and flows: from stays to trips, from trips to flows between areas of k people or more.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
-- ---- trips -------------------------------------------------------------------
-- Two people's stays of a day.  The second is seen again five hours later, elsewhere; then twice at one place.
CREATE TABLE stayed (pseudonym uuid, cell cell, arrival timestamptz, departure timestamptz);
INSERT INTO stayed
SELECT lpad(pseudonym::text, 32, '0')::uuid, cell::cell, ('2024-06-08 ' || arrival)::timestamptz, ('2024-06-08 ' || departure)::timestamptz FROM (VALUES
	(1, '1kmN3265E4334', '06:00', '07:40'), (1, '1kmN3267E4336', '08:10', '17:00'), (1, '1kmN3266E4335', '17:20', '18:05'), (1, '1kmN3265E4334', '18:30', '23:50'),
	(2, '1kmN3270E4340', '08:00', '09:00'), (2, '1kmN3267E4336', '14:00', '15:00'), (2, '1kmN3267E4336', '17:30', '18:00'), (2, '1kmN3270E4340', '20:00', '21:00'))
	AS v (pseudonym, cell, arrival, departure);
CREATE VIEW stays_of AS
SELECT pseudonym, array_agg(ROW(cell, arrival, departure, 2)::stay ORDER BY arrival) AS stays FROM stayed GROUP BY pseudonym;
-- A trip leads to the next stay in another cell, if no more than 2 hours pass on the way.  In real life: trips(stays(cell, at, '15 minutes', '2 hours' ORDER BY at)).
SELECT right(pseudonym::text, 1) AS who, t.*, t.arrival - t.departure AS duration FROM stays_of, unnest(trips(stays)) AS t ORDER BY who, departure;
-- The time on the way may be longer or shorter; exactly the longest counts.
SELECT longest, count(*) AS trips, max(t.arrival - t.departure) FROM stays_of, (VALUES (interval '25 minutes'), ('24 minutes 59 seconds'), ('2 hours'), ('5 hours'), ('1 day')) AS l (longest), unnest(trips(stays, longest)) AS t
GROUP BY longest ORDER BY longest;
-- Two trips in a row make a chain, over the stay in between.
SELECT right(pseudonym::text, 1) AS who, c.* FROM stays_of, unnest(trip_chains(stays)) AS c ORDER BY who, departure;
-- At most two trips a day count: drawn by lot, with the pseudonym, so the same ones each time, and others for somebody else with the same day.
SELECT left(pseudonym::text, 8) AS who, t.departure::time, t.arrival::time
FROM (SELECT md5(n::text)::uuid AS pseudonym, stays FROM stays_of, generate_series(4, 7) AS n WHERE right(pseudonym::text, 1) = '1') AS s,
	unnest(trips(stays, '2 hours', per_day => 2, subject => pseudonym, time_zone => 'Europe/Berlin')) AS t ORDER BY who, departure;
-- No stays, one stay, no trip: no row.
SELECT trips(NULL) IS NULL AS nothing, trips('{}') AS none, trips(stays[1:1]) AS one, trip_chains(stays[1:2]) AS two FROM stays_of LIMIT 1;
-- What is refused.
SELECT trips(stays[2:2] || stays[1:1]) FROM stays_of LIMIT 1;
SELECT trips(ARRAY[NULL]::stay[]);
SELECT trips(stays, NULL) FROM stays_of;
SELECT trips(stays, '1 month') FROM stays_of;
SELECT trips(stays, '-1 hour') FROM stays_of;
SELECT trips(stays, '2 hours', 0, pseudonym) FROM stays_of;
SELECT trips(stays, '2 hours', 2) FROM stays_of;
SELECT trips(stays, '2 hours', 2, pseudonym, 'Mars/Olympus') FROM stays_of;
-- ---- flows -------------------------------------------------------------------
-- A morning: from four cells in the north-west to two in the south-east; with the number of people, all different.
CREATE TABLE made (subject bigint, origin cell, destination cell);
CREATE PROCEDURE make_trips(people int, origin cell, destination cell) LANGUAGE sql AS $$
	INSERT INTO made SELECT 1000 * (SELECT count(*) FROM made) + n, origin, destination FROM generate_series(1, people) AS n
$$;
CALL make_trips(40, '1kmN3265E4330', '1kmN3251E4351');
CALL make_trips(30, '1kmN3266E4331', '1kmN3251E4351');
CALL make_trips(25, '1kmN3267E4332', '1kmN3253E4353');
CALL make_trips(20, '1kmN3268E4333', '1kmN3253E4353');
CALL make_trips(22, '1kmN3241E4321', '1kmN3242E4322');
CALL make_trips(3, '1kmN3221E4321', '1kmN3242E4322');
-- k = 20: all as fine as it gets; three people between two other areas of ten kilometres are nowhere.
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}') AS flows FROM made) AS g, unnest(flows) AS f;
-- One person more, from a cell of her own, cannot be shown there.  She is withheld, as a small part of her area (up to 5 per cent in each step); nobody can tell whether there was anybody.
CALL make_trips(1, '1kmN3267E4331', '1kmN3251E4351');
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}') AS flows FROM made) AS g, unnest(flows) AS f;
-- Whoever wants all trips in the sum says so (bound 4, loss 0).  The origin becomes 5 km wide, the destination stays 1 km: she is one of 71.
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}', 4, 0) AS flows FROM made) AS g, unnest(flows) AS f;
-- One more to a place of his own, and both ends become wide where they have to.
CALL make_trips(1, '1kmN3265E4330', '1kmN3254E4351');
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}', 4, 0) AS flows FROM made) AS g, unnest(flows) AS f;
-- Twenty more with the same way are a row of their own; they do not change the others.
CALL make_trips(20, '1kmN3265E4330', '1kmN3254E4351');
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}') AS flows FROM made) AS g, unnest(flows) AS f;
-- A ladder of one step is plain suppression.
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km}') AS flows FROM made) AS g, unnest(flows) AS f;
SELECT origin, destination, kanon_suppress(subject, 20) AS subjects FROM made GROUP BY origin, destination HAVING kanon_suppress(subject, 20) IS NOT NULL ORDER BY origin, destination;
-- It makes no difference whether the coarsest cells are grouped by as well; in a view it saves memory.
SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}') AS flows FROM made
	GROUP BY coarsen_cell(origin, '10km'), coarsen_cell(destination, '10km')) AS g, unnest(flows) AS f ORDER BY f.origin, f.destination;
-- One subject counts once among the subjects and at most bound times (4, if not said) among the trips.  So many went once, twice, nine times:
CREATE TABLE often (subject bigint, origin cell, destination cell);
INSERT INTO often SELECT n, '1kmN3201E4301', '1kmN3202E4302' FROM generate_series(1, 75) AS n, generate_series(1, CASE WHEN n <= 30 THEN 1 WHEN n <= 50 THEN 2 ELSE 9 END);
SELECT bound, f.subjects, f.trips FROM (SELECT 1 AS bound, kanon_flows(subject, origin, destination, 20, '{1km}', 1, 0) AS flows FROM often
	UNION ALL SELECT 2, kanon_flows(subject, origin, destination, 20, '{1km}', 2, 0) FROM often
	UNION ALL SELECT 4, kanon_flows(subject, origin, destination, 20, '{1km}') FROM often
	UNION ALL SELECT 20, kanon_flows(subject, origin, destination, 20, '{1km}', 20, 0) FROM often) AS g, unnest(flows) AS f ORDER BY bound;
-- Trips less subjects tells of those who went more than once.  With 19 of them trips is null (as with none), with 20 it is not.
SELECT f.subjects, f.trips FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km}') AS flows FROM often WHERE subject <= 49) AS g, unnest(flows) AS f
UNION ALL SELECT f.subjects, f.trips FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km}') AS flows FROM often WHERE subject <= 50) AS g, unnest(flows) AS f;
-- And who went less often than bound can be told from bound times subjects: 19 are not enough, 20 are.
SELECT f.subjects, f.trips FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 2, 0) AS flows FROM often WHERE subject > 11) AS g, unnest(flows) AS f
UNION ALL SELECT f.subjects, f.trips FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 2, 0) AS flows FROM often WHERE subject > 10) AS g, unnest(flows) AS f;
-- Web tiles, text and uuid subjects, cells finer than the ladder's finest.
SELECT f.* FROM (SELECT kanon_flows('user-' || n, coarsen_cell(52.5, 13.4 + n * 1e-4, 'z20'), coarsen_cell(52.4, 13.3, 'z15'), 20, '{z15,z14,z10}') AS flows FROM generate_series(1, 60) AS n) AS g, unnest(flows) AS f;
SELECT f.* FROM (SELECT kanon_flows(lpad(n::text, 32, '0')::uuid, coarsen_cell(52.5, 13.4, '100m'), coarsen_cell(52.4, 13.3, '100m'), 20, '{1km}') AS flows FROM generate_series(1, 20) AS n) AS g, unnest(flows) AS f;
-- A trip without subject or cell is none.  Nothing to show is an empty array, no row is null.
SELECT kanon_flows(subject, origin, destination, 20, '{1km}') FROM (VALUES (NULL::bigint, '1kmN3201E4301'::cell, '1kmN3201E4301'::cell), (1, NULL, '1kmN3201E4301'), (1, '1kmN3201E4301', NULL)) AS v (subject, origin, destination);
SELECT kanon_flows(subject, origin, destination, 20, '{1km}') IS NULL AS no_row FROM made WHERE false;
-- Who comes and who goes: sums of released rows, in which a subject counts once for each row.
CREATE TABLE released AS SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{1km,5km,10km}') AS flows FROM made) AS g, unnest(flows) AS f;
SELECT area, sum(subjects) FILTER (WHERE destination <@ area) AS coming, sum(subjects) FILTER (WHERE origin <@ area) AS going
FROM released, (VALUES ('10kmN325E435'::cell), ('10kmN326E433'), ('10kmN324E432')) AS a (area) GROUP BY area ORDER BY area;
-- A measure of a row: the trips joined to it, since a row holds all the trips between its areas; same subjects, same k.  The median takes 3 k of them.
CREATE TABLE timed AS SELECT subject, origin, destination, 10 + subject % 30 AS minutes FROM made;
CREATE TABLE wide AS SELECT f.* FROM (SELECT kanon_flows(subject, origin, destination, 20, '{5km,10km}', 4, 0) AS flows FROM made) AS g, unnest(flows) AS f;
SELECT f.origin, f.destination, f.subjects, kanon_suppress(t.subject, 20) AS again, round(kanon_avg(t.subject, t.minutes, 20, 120), 1) AS average_minutes, kanon_quantile(t.subject, t.minutes, 0.5, 20, 120) AS median_minutes
FROM wide AS f JOIN timed AS t ON t.origin <@ f.origin AND t.destination <@ f.destination GROUP BY f.origin, f.destination, f.subjects ORDER BY f.origin, f.destination;
-- ---- chains ------------------------------------------------------------------
CREATE TABLE made_chain AS
SELECT n AS subject, '1kmN3265E4330'::cell AS origin, '1kmN3251E4351'::cell AS via, CASE WHEN n <= 60 THEN '1kmN3265E4330' WHEN n <= 62 THEN '1kmN3266E4330' WHEN n <= 100 THEN '1kmN3241E4321' ELSE '1kmN3201E4301' END::cell AS destination
FROM generate_series(1, 103) AS n;
SELECT c.* FROM (SELECT kanon_chains(subject, origin, via, destination, 20, '{1km,5km}') AS chains FROM made_chain) AS g, unnest(chains) AS c;
SELECT c.* FROM (SELECT kanon_chains(subject, origin, via, destination, 20, '{1km,5km}', 1, 0) AS chains FROM made_chain) AS g, unnest(chains) AS c;
-- Flows and chains of the same people are not for the same reader: 103 went from the first place to the second, 100 of them went on as the chains say, so 3 went on elsewhere.
SELECT f.subjects - c.subjects AS few FROM (SELECT sum((c).subjects) AS subjects FROM (SELECT unnest(kanon_chains(subject, origin, via, destination, 20, '{1km,5km}', 1, 0)) AS c FROM made_chain) AS c) AS c,
	(SELECT sum((f).subjects) AS subjects FROM (SELECT unnest(kanon_flows(subject, origin, via, 20, '{1km,5km}')) AS f FROM made_chain) AS f) AS f;
-- ---- what is refused ---------------------------------------------------------
SELECT kanon_flows(subject, origin, destination, 4, '{1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, NULL, '{1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, NULL) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km,NULL}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{5km,1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km,2km,5km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km,z10}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km,1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1 km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{100m,1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{z15}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 21, 0) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 0, 0) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', NULL, 0) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 4, 51) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 4, NULL) FROM made;
SELECT kanon_flows(subject, origin, destination, (20 + subject % 2)::int, '{1km}') FROM made;
SELECT kanon_flows(subject, origin, destination, 20, CASE subject % 2 WHEN 0 THEN '{1km}' ELSE '{5km}' END::text[]) FROM made;
SELECT kanon_flows(subject, origin, destination, 20, '{1km}', 4, (subject % 2)::int) FROM made;
DROP VIEW stays_of;
DROP TABLE stayed, made, often, made_chain, released, timed, wide;
DROP PROCEDURE make_trips;
