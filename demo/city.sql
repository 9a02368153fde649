/*
 * A city that does not exist: Havelmünde, near 52.5 N 13.4 E, two weeks in September 2025.
 *
 *	psql -v subjects=20000 -f demo/city.sql
 *
 * makes a table events (subject text, event_time timestamptz, latitude float8,
 * longitude float8).  Every number comes from a hash of the
 * subject and of the event, with +, -, *, / only: the same rows on every run,
 * machine and major version.  20,000 subjects make about 2 million events.
 *
 * People sleep, work, study, run errands and travel; shops are closed on
 * Sundays; on the second Saturday there is a concert.  Positions are those a
 * mobile network would give: near an antenna, not where the person stands.
 * At the end come a few rows as bad as real ones (see "Bad rows").
 */
SET jit = off;
SET work_mem = '256MB';

-- A number in [0, 1) from a hash, and one around 0 with standard deviation 1/2.
CREATE FUNCTION pg_temp.u(key bigint, seed int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (hashint8extended(key, seed) & 1073741823) / 1073741824::float8;
CREATE FUNCTION pg_temp.bell(key bigint, seed int) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(key, seed) & 1048575) + (hashint8extended(key, seed) >> 20 & 1048575)
		+ (hashint8extended(key, seed) >> 40 & 1048575)) / 1048576::float8 - 1.5;

-- Districts: metres east and north of the old town, how far they spread, and
-- their share of homes, work places and errands (per cent).
CREATE TEMP TABLE district AS
SELECT name, x, y, spread,
	sum(homes) OVER w - homes AS home_from, sum(homes) OVER w AS home_to,
	sum(works) OVER w - works AS work_from, sum(works) OVER w AS work_to,
	sum(errands) OVER w - errands AS errand_from, sum(errands) OVER w AS errand_to
FROM (VALUES
	('Altstadt',          0,     0,  550, 12, 26, 26),
	('Bahnhof',         950,  -650,  350,  7, 17, 12),
	('Universität',   -1300,   900,  450,  6, 10,  7),
	('Nordend',         250,  2300,  700, 15,  6,  7),
	('Westhafen',     -2700,  -350,  600,  7,  9,  3),
	('Südstadt',       -450, -2300,  800, 18,  5,  6),
	('Ostend',         2500,   350,  750, 14,  6,  7),
	('Gewerbepark',    4300, -2300,  600,  1, 11,  1),
	('Seeviertel',    -3300,  2700,  800,  7,  2,  2),
	('Gartenstadt',    3100,  3100,  900,  6,  1,  1),
	('Passage',        1900, -1600,  120,  1,  4, 26),
	('Lindenhof',     -5700, -3700, 1000,  3,  1,  1),
	('Flughafen',      6600,  4800,  500,  3,  2,  1))
	AS d (name, x, y, spread, homes, works, errands)
WINDOW w AS (ORDER BY y, x);

-- Who lives here: 62 % work, 12 % study, 18 % are mostly at home, 8 % are
-- travellers who come once, for one to three days.
CREATE TEMP TABLE inhabitant AS
SELECT s,
	'4915' || lpad((s * 7368787 % 100000000)::text, 9, '2') AS subject,
	CASE WHEN pg_temp.u(s, 1) < 0.62 THEN 'worker' WHEN pg_temp.u(s, 1) < 0.74 THEN 'student'
		 WHEN pg_temp.u(s, 1) < 0.92 THEN 'home' ELSE 'traveller' END AS kind,
	-- events a day: most make few, few make many
	2.4 + 3.4 * pg_temp.u(s, 2) + 15 * pg_temp.u(s, 3) * pg_temp.u(s, 3) * pg_temp.u(s, 3) AS activity,
	2.4 * (pg_temp.u(s, 4) - 0.5) AS late,
	floor(13 * pg_temp.u(s, 5))::int AS first_day,
	1 + floor(3 * pg_temp.u(s, 6))::int AS stays,
	h.x + h.spread * pg_temp.bell(s, 7) AS home_x, h.y + h.spread * pg_temp.bell(s, 8) AS home_y,
	w.x + w.spread * pg_temp.bell(s, 9) AS work_x, w.y + w.spread * pg_temp.bell(s, 10) AS work_y,
	e.x + e.spread * pg_temp.bell(s, 11) AS errand_x, e.y + e.spread * pg_temp.bell(s, 12) AS errand_y,
	f.x + f.spread * pg_temp.bell(s, 13) AS other_x, f.y + f.spread * pg_temp.bell(s, 14) AS other_y,
	pg_temp.u(s, 15) < 0.09 AS goes_to_concert
FROM generate_series(1::bigint, :subjects) AS s
-- the whole lies around 52.5 N 13.4 E; 111,320 m make a degree of latitude
JOIN district AS h ON 100 * pg_temp.u(s, 16) >= h.home_from AND 100 * pg_temp.u(s, 16) < h.home_to
JOIN district AS w ON CASE WHEN pg_temp.u(s, 1) BETWEEN 0.62 AND 0.74 THEN w.name = 'Universität'
	ELSE 100 * pg_temp.u(s, 17) >= w.work_from AND 100 * pg_temp.u(s, 17) < w.work_to END
JOIN district AS e ON 100 * pg_temp.u(s, 18) >= e.errand_from AND 100 * pg_temp.u(s, 18) < e.errand_to
JOIN district AS f ON 100 * pg_temp.u(s, 19) >= f.errand_from AND 100 * pg_temp.u(s, 19) < f.errand_to;
ANALYZE inhabitant;

-- What people do, in numbers: these are compared millions of times.
\set concert 1
\set way 2
\set lunch 3
\set work 4
\set errand 5
\set other 6
\set sight 7
\set lake 8
\set home 9

-- The concert: day 12 is the second Saturday.
\set concert_day 12
\set concert_x -2300
\set concert_y -2200

CREATE TABLE events AS
WITH happening AS (
	-- one row per event: e is its number, hour and day say when
	SELECT i.*, day, e, false AS at_concert,
		-- the hours of a hundred events, in the week and at the weekend
		(CASE WHEN day % 7 < 5
			THEN '{0,1,3,5,5,6,6,6,6,7,7,7,7,7,7,7,8,8,8,8,8,8,9,9,9,9,9,10,10,10,10,10,11,11,11,11,11,12,12,12,12,12,12,12,13,13,13,13,13,13,14,14,14,14,14,15,15,15,15,15,15,16,16,16,16,16,16,16,17,17,17,17,17,17,17,17,18,18,18,18,18,18,18,19,19,19,19,19,20,20,20,20,20,21,21,21,22,22,22,23}'::int[]
			ELSE '{0,0,1,1,2,3,5,7,7,8,8,8,9,9,9,9,9,10,10,10,10,10,10,11,11,11,11,11,11,11,12,12,12,12,12,12,12,13,13,13,13,13,13,13,14,14,14,14,14,14,14,15,15,15,15,15,15,15,16,16,16,16,16,16,16,17,17,17,17,17,17,17,18,18,18,18,18,18,19,19,19,19,19,19,20,20,20,20,20,21,21,21,21,22,22,22,22,23,23,23}'::int[]
			END)[1 + floor(100 * pg_temp.u(e, 20))::int]
			+ pg_temp.u(e, 21) AS hour
	FROM inhabitant AS i, generate_series(0, 13) AS day,
		generate_series(1, floor(i.activity * (0.5 + pg_temp.u(100 * i.s + day, 22))
			* CASE day % 7 WHEN 5 THEN 0.95 WHEN 6 THEN 0.8 ELSE 1.05 END)::int) AS n,
		LATERAL (SELECT 100000 * i.s + 1000 * day + n) AS number (e)
	WHERE i.kind <> 'traveller' OR day BETWEEN i.first_day AND i.first_day + i.stays - 1
	UNION ALL
	-- who is at the concert uses the telephone a lot
	SELECT i.*, :concert_day, 100000 * i.s + 90000 + n, true,
		19 + 4.8 * pg_temp.u(100000 * i.s + 90000 + n, 20)
	FROM inhabitant AS i, generate_series(1, 7) AS n
	WHERE i.goes_to_concert AND (i.kind <> 'traveller' OR :concert_day BETWEEN i.first_day AND i.first_day + i.stays - 1)
	-- OFFSET 0, here and below: each number is computed once, not wherever it is used
	OFFSET 0
), doing AS (
	SELECT subject, e, day, hour, at_concert,
		CASE WHEN at_concert THEN :concert
			 WHEN day % 7 < 5 AND kind IN ('worker', 'student') AND hour >= 7.4 + late AND hour < 8.4 + late
				AND pg_temp.u(e, 23) < 0.5 THEN :way
			 WHEN day % 7 < 5 AND kind IN ('worker', 'student') AND hour >= 8.4 + late AND hour < 17 + late
				THEN CASE WHEN hour >= 12 AND hour < 13.5 AND pg_temp.u(e, 23) < 0.35 THEN :lunch ELSE :work END
			 WHEN day % 7 < 5 AND kind IN ('worker', 'student') AND hour >= 17 + late AND hour < 18 + late
				AND pg_temp.u(e, 23) < 0.5 THEN :way
			 WHEN day % 7 < 6 AND hour >= 9.5 AND hour < 20.5
				AND pg_temp.u(e, 23) < CASE WHEN day % 7 = 5 THEN 0.55 WHEN kind = 'worker' THEN 0.4 ELSE 0.45 END
				THEN CASE WHEN pg_temp.u(e, 24) < 0.7 THEN :errand ELSE :other END
			 WHEN kind = 'traveller' AND hour >= 9 AND pg_temp.u(e, 23) < 0.8 THEN :sight
			 WHEN day % 7 = 6 AND hour >= 10 AND hour < 19 AND pg_temp.u(e, 23) < 0.3 THEN :lake
			 ELSE :home END AS what,
		home_x, home_y, work_x, work_y, errand_x, errand_y, other_x, other_y
	FROM happening
	OFFSET 0
), place AS (
	-- where the person is
	SELECT subject, e, day, hour,
		CASE what WHEN :home THEN home_x WHEN :work THEN work_x WHEN :errand THEN errand_x WHEN :other THEN other_x
			WHEN :lunch THEN work_x + 500 * pg_temp.bell(e, 25) WHEN :concert THEN :concert_x + 160 * pg_temp.bell(e, 25)
			WHEN :sight THEN 100 + 700 * pg_temp.bell(e, 25) WHEN :lake THEN -3300 + 900 * pg_temp.bell(e, 25)
			ELSE home_x + (work_x - home_x) * pg_temp.u(e, 25) END AS x,
		CASE what WHEN :home THEN home_y WHEN :work THEN work_y WHEN :errand THEN errand_y WHEN :other THEN other_y
			WHEN :lunch THEN work_y + 500 * pg_temp.bell(e, 26) WHEN :concert THEN :concert_y + 160 * pg_temp.bell(e, 26)
			WHEN :sight THEN -100 + 600 * pg_temp.bell(e, 26) WHEN :lake THEN 2600 + 700 * pg_temp.bell(e, 26)
			ELSE home_y + (work_y - home_y) * pg_temp.u(e, 25) END AS y
	FROM doing
	OFFSET 0
), served AS (
	-- the lattice of the network: dense in the middle; now and then a neighbour serves
	SELECT subject, e, day, hour, g,
		floor((x + CASE WHEN pg_temp.u(e, 27) < 0.08 THEN g WHEN pg_temp.u(e, 27) < 0.16 THEN -g ELSE 0 END) / g)::bigint AS i,
		floor((y + CASE WHEN pg_temp.u(e, 28) < 0.08 THEN g WHEN pg_temp.u(e, 28) < 0.16 THEN -g ELSE 0 END) / g)::bigint AS j
	FROM place, LATERAL (SELECT CASE WHEN x * x + y * y < 6250000 THEN 350::float8 ELSE 800 END) AS lattice (g)
	OFFSET 0
)
SELECT subject,
	timestamptz '2025-09-01 00:00+02' + (86400 * day + floor(3600 * hour)::int) * interval '1 second' AS event_time,
	floor(1e6::float8 * (52.5 + (j + 0.5 + 0.7 * (pg_temp.u(i * 100003 + j, 29) - 0.5) + 0.6 * (pg_temp.u(e, 30) - 0.5)) * g / 111320)) / 1e6::float8 AS latitude,
	floor(1e6::float8 * (13.4 + (i + 0.5 + 0.7 * (pg_temp.u(i * 100003 + j, 31) - 0.5) + 0.6 * (pg_temp.u(e, 32) - 0.5)) * g / 67768)) / 1e6::float8 AS longitude
FROM served
-- as they would arrive: by time
ORDER BY 2, 1;

-- Bad rows, as in every real table.
INSERT INTO events (subject, event_time, latitude, longitude)
SELECT CASE WHEN kind = 'no subject' THEN NULL ELSE e.subject END,
	CASE kind WHEN 'no time' THEN NULL WHEN 'future' THEN e.event_time + interval '200 years' ELSE e.event_time END,
	CASE kind WHEN 'latitude 91' THEN 91 WHEN 'null island' THEN 0 WHEN 'NaN' THEN 'NaN' WHEN 'no position' THEN NULL ELSE e.latitude END,
	CASE kind WHEN 'null island' THEN 0 WHEN 'NaN' THEN 'NaN' WHEN 'no position' THEN NULL ELSE e.longitude END
FROM (SELECT *, row_number() OVER (ORDER BY hashtextextended(subject, 33), event_time, latitude, longitude) AS n
		FROM events WHERE extract(epoch FROM event_time)::bigint % 101 = 0) AS e
JOIN (VALUES ('no subject', 1, 40), ('no time', 41, 50), ('future', 51, 70), ('latitude 91', 71, 95), ('NaN', 96, 110),
	('no position', 111, 130), ('null island', 131, 140), ('exact duplicate', 201, 400)) AS bad (kind, from_n, to_n)
	ON e.n BETWEEN bad.from_n AND bad.to_n;
DROP TABLE district, inhabitant;
RESET jit;
RESET work_mem;
