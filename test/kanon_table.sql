/*
 * Random tables with totals for test/t/kanon_table_lp.sh: who was where and when by hashes of fixed seeds,
 * and what kanon_table() shows.  Variables: tables (of each shape), k.
 */
SET client_min_messages = warning;
CREATE FUNCTION draw(VARIADIC parts bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE
	RETURN hashint8extended(hashtextextended(parts::text, 1), 0) & 1023;

-- Six shapes; a and b are a hierarchy where the shape says so, c a dimension of its own.
-- Groups are small: most members have few people, some have many.
CREATE TABLE presence AS
SELECT DISTINCT seed, shape, subject, (d % CASE shape WHEN 'flat' THEN 1 ELSE 3 END)::int AS a, d::int AS b, h::int AS c, (draw(seed, subject, 5) * 3 / 1024)::int AS e
FROM generate_series(1, :tables) AS seed, unnest('{flat,hours,cube,rollup,days,two trees}'::text[]) AS shape, generate_series(1, 70 + 2 * :k + (seed % 5) * 10) AS subject,
	generate_series(1, 4) AS visit,
	-- squares of what is uniform: places and hours differ in size
	LATERAL (SELECT draw(seed, subject, visit, 2) * draw(seed, subject, visit, 2) * 6 / (1024 * 1024) AS d,
		draw(seed, subject, visit, 3) * draw(seed, visit, 4) * CASE shape WHEN 'cube' THEN 3 ELSE 5 END / (1024 * 1024) AS h) AS v;

-- All members that there are, with everybody in them: the shape does not depend on who was there.
CREATE TABLE innermost AS
SELECT s.seed, s.shape, s.a, s.b, s.c, s.e, p.subject
FROM (SELECT * FROM (SELECT DISTINCT seed, shape, a, b FROM presence) AS ab
	JOIN (SELECT DISTINCT seed, shape, c FROM presence) AS c USING (seed, shape)
	JOIN (SELECT DISTINCT seed, shape, e FROM presence) AS e USING (seed, shape)) AS s
LEFT JOIN presence AS p USING (seed, shape, a, b, c, e);

CREATE TABLE counted AS
SELECT shape, seed, NULL::int AS a, b, c, NULL::int AS e, count(subject) AS visits, count(DISTINCT subject) AS subjects, array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL) AS people
FROM (SELECT DISTINCT shape, seed, b, c, subject FROM innermost WHERE shape IN ('flat', 'hours')) AS i GROUP BY shape, seed, CUBE (b, c)
UNION ALL SELECT shape, seed, NULL, b, c, e, count(subject), count(DISTINCT subject), array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL)
FROM (SELECT DISTINCT shape, seed, b, c, e, subject FROM innermost WHERE shape = 'cube') AS i GROUP BY shape, seed, CUBE (b, c, e)
UNION ALL SELECT shape, seed, a, b, c, NULL, count(subject), count(DISTINCT subject), array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL)
FROM (SELECT DISTINCT shape, seed, a, b, c, subject FROM innermost WHERE shape = 'rollup') AS i GROUP BY shape, seed, ROLLUP (a, b), CUBE (c)
UNION ALL SELECT shape, seed, NULL, b, c, e, count(subject), count(DISTINCT subject), array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL)
FROM (SELECT DISTINCT shape, seed, b, c, e, subject FROM innermost WHERE shape = 'days') AS i GROUP BY shape, seed, e, CUBE (b, c)
UNION ALL SELECT shape, seed, a, b, c, e, count(subject), count(DISTINCT subject), array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL)
FROM (SELECT DISTINCT shape, seed, a, b, c, e, subject FROM innermost WHERE shape = 'two trees' AND c < 2) AS i GROUP BY shape, seed, ROLLUP (a, b), ROLLUP (c, e);
-- hours: a sparse table, rows of nobody are not in it
DELETE FROM counted WHERE shape = 'hours' AND visits = 0;

CREATE TABLE suppressed AS
SELECT *, mobanon.kanon_table(visits, subjects, :k, a, b, c, e) OVER (PARTITION BY shape, seed) AS shown,
	mobanon.kanon_table_reason(visits, subjects, :k, a, b, c, e) OVER (PARTITION BY shape, seed) AS reason
FROM counted;
CREATE TABLE bounded AS
SELECT *, mobanon.table_bounds(shown, a, b, c, e) OVER (PARTITION BY shape, seed) AS bounds,
	-- plain suppression: small rows withheld, totals shown
	CASE WHEN subjects >= :k THEN visits END AS naive, mobanon.table_bounds(CASE WHEN subjects >= :k THEN visits END, a, b, c, e) OVER (PARTITION BY shape, seed) AS naive_bounds
FROM suppressed;
CREATE VIEW tables AS
SELECT json_agg(t ORDER BY name) FROM (
	SELECT shape || ' ' || seed AS name, :k AS k, json_agg(json_build_object('at', json_build_array(a, b, c, e), 'shown', shown,
		'lower', lower(bounds), 'upper', upper(bounds), 'people', people)) AS rows
	FROM bounded GROUP BY shape, seed
	UNION ALL SELECT 'naive ' || shape || ' ' || seed, :k, json_agg(json_build_object('at', json_build_array(a, b, c, e), 'shown', naive,
		'lower', lower(naive_bounds), 'upper', upper(naive_bounds), 'people', people))
	FROM bounded GROUP BY shape, seed) AS t;
