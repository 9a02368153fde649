/*
 * Places and residents, by other means than those of src/mobility/place.sql and home.sql: self-joins and ranges instead
 * of window functions, a loop instead of ranks.  From a table ev (pseudonym, person, cell, at, bucket) and the variables
 * areas, homes, zone, k, or with the variable given from stays in a table given_stay; compares and prints the number of rows that differ, then what there was.
 */
SET search_path = public, mobanon;
SET jit = off;
SET client_min_messages = warning;
DROP TABLE IF EXISTS got_place, got_home;
\if :{?given}
CREATE TEMP TABLE st AS SELECT * FROM given_stay;
\else
SELECT place_stays_query('ev', :'areas', :'homes', person => 'person') AS query \gset
CREATE TEMP TABLE st AS :query;
\endif
CREATE INDEX ON st (pseudonym, bucket, arrival);
ANALYZE st;
SELECT places_query('st', :k, '7 days', :'zone', '1km') AS query \gset
CREATE TEMP TABLE got_place AS :query;
SELECT residents_query('st', :k, '7 days', :'zone') AS query \gset
CREATE TEMP TABLE got_home AS :query;

-- A breakdown as one would do it by hand: the small ones in a box, and as long as too few are in the box, the next larger one, too.
CREATE OR REPLACE FUNCTION pg_temp.by_hand(vals text[], counts bigint[], k int) RETURNS TABLE (value text, subjects bigint) LANGUAGE plpgsql AS $$
DECLARE
	box		bigint := 0;
	kept	int[] := '{}';
	i		int;
BEGIN
	FOR i IN SELECT o FROM generate_subscripts(vals, 1) AS o ORDER BY counts[o], vals[o] COLLATE "C" LOOP
		IF vals[i] IS NULL OR counts[i] < k THEN
			box := box + counts[i];
		ELSE
			kept := kept || i;
		END IF;
	END LOOP;
	WHILE box > 0 AND box < k AND kept <> '{}' LOOP
		box := box + counts[kept[1]];
		kept := kept[2:];
	END LOOP;
	IF box > 0 AND box < k OR cardinality(kept) + (box > 0)::int < 2 THEN
		RETURN;
	END IF;
	RETURN QUERY SELECT vals[x], counts[x] FROM unnest(kept) AS x UNION ALL SELECT NULL, box WHERE box > 0;
END $$;

-- Visits: the stay before is looked up, and a visit ends before the next one that begins.
CREATE TEMP TABLE seq AS
SELECT s.*, NOT coalesce(b.place IS NOT DISTINCT FROM s.place AND s.arrival <= b.departure + interval '2 hours' AND b.pseudonym IS NOT NULL, false) AS first
FROM st AS s LEFT JOIN LATERAL (SELECT * FROM st AS b WHERE b.pseudonym = s.pseudonym AND b.bucket = s.bucket AND b.arrival < s.arrival AND NOT b.reference ORDER BY b.arrival DESC LIMIT 1) AS b ON true
WHERE NOT s.reference;
CREATE INDEX ON seq (pseudonym, bucket, arrival);
CREATE TEMP TABLE vis AS
SELECT f.pseudonym, f.person, f.bucket, f.place, f.arrival, l.departure, l.events, tstzrange(f.arrival, l.departure, '[]') AS during
FROM seq AS f
LEFT JOIN LATERAL (SELECT n.arrival FROM seq AS n WHERE n.pseudonym = f.pseudonym AND n.bucket = f.bucket AND n.first AND n.arrival > f.arrival ORDER BY n.arrival LIMIT 1) AS n ON true
CROSS JOIN LATERAL (SELECT max(m.departure) AS departure, sum(m.events) AS events FROM seq AS m WHERE m.pseudonym = f.pseudonym AND m.bucket = f.bucket AND m.arrival >= f.arrival AND (n.arrival IS NULL OR m.arrival < n.arrival)) AS l
WHERE f.first;
CREATE INDEX ON vis (pseudonym, bucket, arrival);
CREATE TEMP TABLE went AS
SELECT v.*, nullif((SELECT b.place FROM vis AS b WHERE b.pseudonym = v.pseudonym AND b.bucket = v.bucket AND b.departure < v.arrival AND NOT EXISTS (SELECT FROM vis AS x WHERE x.pseudonym = v.pseudonym AND x.bucket = v.bucket AND x.arrival > b.arrival AND x.arrival < v.arrival) AND v.arrival <= b.departure + interval '4 hours'), v.place) AS came_from,
	nullif((SELECT a.place FROM vis AS a WHERE a.pseudonym = v.pseudonym AND a.bucket = v.bucket AND a.arrival > v.departure AND NOT EXISTS (SELECT FROM vis AS x WHERE x.pseudonym = v.pseudonym AND x.bucket = v.bucket AND x.arrival < a.arrival AND x.arrival > v.arrival) AND a.arrival <= v.departure + interval '4 hours'), v.place) AS went_to
FROM vis AS v;

-- Usual places: seconds in common of a stay and a night, or a working day.
CREATE TEMP TABLE common AS
SELECT d.hours, s.pseudonym, s.person, s.bucket, s.place, d.day, sum(s.events) AS events, sum(CASE WHEN isempty(x) THEN 0 ELSE extract(epoch FROM upper(x) - lower(x)) END) AS seconds
FROM (SELECT st.*, tstzrange(arrival, departure, '[]') AS during FROM st WHERE reference) AS s
CROSS JOIN LATERAL generate_series(-1, (departure AT TIME ZONE :'zone')::date - (arrival AT TIME ZONE :'zone')::date) AS o
CROSS JOIN LATERAL (SELECT (arrival AT TIME ZONE :'zone')::date + o AS day) AS y
CROSS JOIN LATERAL (VALUES ('night', y.day, timezone(:'zone', y.day + time '18:00'), timezone(:'zone', y.day + 1 + time '08:00')), ('work', y.day, timezone(:'zone', y.day + time '08:00'), timezone(:'zone', y.day + time '17:00'))) AS d (hours, day, a, b)
CROSS JOIN LATERAL (SELECT tstzrange(d.a, d.b) AS span, s.during * tstzrange(d.a, d.b) AS x) AS z
WHERE s.during && z.span AND (d.hours = 'night' OR to_char(d.day, 'ID')::int < 6) GROUP BY 1, 2, 3, 4, 5, 6;
CREATE INDEX ON common (pseudonym, bucket, day, hours);
ANALYZE common;
CREATE TEMP TABLE winner AS
SELECT c.* FROM common AS c WHERE NOT EXISTS (SELECT FROM common AS o WHERE o.pseudonym = c.pseudonym AND o.bucket = c.bucket AND o.day = c.day AND o.hours = c.hours
	AND ((o.seconds, o.events) > (c.seconds, c.events) OR (o.seconds, o.events) = (c.seconds, c.events) AND coalesce(o.place, U&'\+10FFFD') COLLATE "C" < coalesce(c.place, U&'\+10FFFD') COLLATE "C"));
CREATE OR REPLACE FUNCTION pg_temp.usual(of text) RETURNS TABLE (pseudonym uuid, person uuid, bucket timestamptz, place text, days bigint) LANGUAGE sql AS $$
	WITH total AS (SELECT w.pseudonym, w.bucket, count(*) AS n FROM winner AS w WHERE hours = of GROUP BY 1, 2),
	own AS (SELECT w.pseudonym, w.person, w.bucket, w.place, count(*) AS n FROM winner AS w WHERE hours = of GROUP BY 1, 2, 3, 4)
	SELECT o.pseudonym, o.person, o.bucket, (array_agg(o.place ORDER BY o.n DESC, coalesce(o.place, U&'\+10FFFD') COLLATE "C"))[1], max(o.n)
	FROM own AS o JOIN total AS t ON t.pseudonym = o.pseudonym AND t.bucket = o.bucket WHERE o.n >= 3 AND o.n >= t.n / 2.0 GROUP BY 1, 2, 3
$$;
CREATE TEMP TABLE nights AS SELECT * FROM pg_temp.usual('night');
CREATE TEMP TABLE workdays AS SELECT * FROM pg_temp.usual('work');
CREATE INDEX ON nights (person, bucket);
CREATE INDEX ON workdays (pseudonym, bucket);
ANALYZE nights, workdays, vis, went;
CREATE INDEX ON vis (person, place, bucket);
CREATE INDEX ON went (person, place, bucket);

-- One row per person and area.
CREATE TEMP TABLE who AS
SELECT v.bucket, v.place AS area, v.person, count(*) AS visits, sum(v.events)::bigint AS events,
	sum(div(extract(epoch FROM v.departure - v.arrival)::numeric, 60))::bigint / count(*) AS minutes,
	max(div(extract(epoch FROM v.departure - v.arrival)::numeric, 60)) AS longest,
	count(DISTINCT (v.arrival AT TIME ZONE :'zone')::date) AS days,
	(SELECT count(*) FROM (SELECT FROM vis AS x WHERE x.bucket = v.bucket AND x.place = v.place AND x.person = v.person GROUP BY (x.arrival AT TIME ZONE :'zone')::date
		HAVING sum(div(extract(epoch FROM x.departure - x.arrival)::numeric, 60)) >= 240) AS l) AS long_days,
	(SELECT w.came_from FROM went AS w WHERE w.bucket = v.bucket AND w.place = v.place AND w.person = v.person ORDER BY w.arrival, w.pseudonym LIMIT 1) AS came_from,
	(SELECT w.went_to FROM went AS w WHERE w.bucket = v.bucket AND w.place = v.place AND w.person = v.person ORDER BY w.departure DESC, w.pseudonym LIMIT 1) AS went_to,
	(SELECT n.place FROM nights AS n WHERE n.bucket = v.bucket AND n.person = v.person ORDER BY n.days DESC, coalesce(n.place, U&'\+10FFFD') COLLATE "C" LIMIT 1) AS home
FROM vis AS v WHERE v.place IS NOT NULL GROUP BY v.bucket, v.place, v.person;
CREATE TEMP TABLE size AS SELECT bucket, area, count(*) AS n FROM who GROUP BY 1, 2;
ALTER TABLE who ADD often int;
UPDATE who SET often = CASE WHEN long_days >= 3 THEN 3 WHEN days > 1 THEN 2 ELSE 1 END;
CREATE INDEX ON who (bucket, area, person);
ANALYZE who, size;
CREATE TEMP TABLE want_place AS
SELECT bucket, area, 'visitors' AS measure, NULL AS value, n AS subjects, NULL::bigint AS amount FROM size WHERE n >= :k
UNION ALL
SELECT s.bucket, s.area, 'visits', NULL, s.n, sum(w.often + least(w.visits - w.often, 20))::bigint FROM size AS s JOIN who AS w USING (bucket, area) WHERE s.n >= :k GROUP BY 1, 2, 5
UNION ALL
SELECT s.bucket, s.area, 'events', NULL, s.n, sum(w.often + least(w.events - w.often, 1000))::bigint FROM size AS s JOIN who AS w USING (bucket, area) WHERE s.n >= :k GROUP BY 1, 2, 5
UNION ALL
SELECT s.bucket, s.area, 'dwell', f::numeric::text, s.n, mobanon.kanon_quantile(w.person, w.minutes, f, :k, 1440) FROM size AS s JOIN who AS w USING (bucket, area), unnest(ARRAY[0.25, 0.5, 0.75]::float8[]) AS f WHERE s.n >= :k GROUP BY 1, 2, 4, 5, f
UNION ALL
SELECT bucket, area, 'peak hour', NULL, n, (SELECT h FROM (SELECT h, count(DISTINCT v.person) AS p FROM vis AS v, generate_series(0, 23) AS h
		WHERE v.bucket = size.bucket AND v.place = size.area AND EXISTS (SELECT FROM generate_series(date_trunc('day', v.arrival AT TIME ZONE :'zone'), v.departure AT TIME ZONE :'zone', '1 day') AS d
			WHERE d + (h + 1) * interval '1 hour' > v.arrival AT TIME ZONE :'zone' AND d + h * interval '1 hour' <= v.departure AT TIME ZONE :'zone') GROUP BY h) AS x
	WHERE p >= :k ORDER BY p DESC, h LIMIT 1) FROM size WHERE n >= :k
UNION ALL
SELECT g.bucket, g.area, g.measure, b.value, b.subjects, NULL
FROM (SELECT bucket, area, measure, array_agg(value) AS v, array_agg(n) AS c
	FROM (SELECT w.bucket, w.area, m.measure, m.value, count(*) AS n FROM who AS w, LATERAL (VALUES ('home', w.home), ('return', CASE WHEN w.long_days >= 3 THEN 'regular' WHEN w.days > 1 THEN 'again' ELSE 'once' END),
			('stayed', CASE WHEN w.longest >= 120 THEN '2 hours and more' WHEN w.longest >= 30 THEN '30 minutes to 2 hours' ELSE 'under 30 minutes' END),
			('from', CASE WHEN (SELECT s.n FROM size AS s WHERE s.bucket = w.bucket AND s.area = w.came_from) - (SELECT count(*) FROM who AS x WHERE x.bucket = w.bucket AND x.area = w.area AND x.came_from = w.came_from) >= :k THEN w.came_from END),
			('to', CASE WHEN (SELECT s.n FROM size AS s WHERE s.bucket = w.bucket AND s.area = w.went_to) - (SELECT count(*) FROM who AS x WHERE x.bucket = w.bucket AND x.area = w.area AND x.went_to = w.went_to) >= :k THEN w.went_to END)) AS m (measure, value)
		GROUP BY 1, 2, 3, 4) AS x GROUP BY 1, 2, 3) AS g, pg_temp.by_hand(g.v, g.c, :k) AS b;
-- Sums and quantiles may be withheld for reasons of their own, but not shown otherwise than they are; at what they are withheld, k decides.
DELETE FROM want_place AS w WHERE measure IN ('visits', 'events', 'dwell', 'peak hour') AND NOT EXISTS (SELECT FROM got_place AS g WHERE g.bucket = w.bucket AND g.area = w.area AND g.measure = w.measure AND g.value IS NOT DISTINCT FROM w.value);

CREATE TEMP TABLE resident AS
SELECT DISTINCT ON (n.bucket, n.person) n.bucket, n.person, n.pseudonym, n.place AS home, (SELECT w.place FROM workdays AS w WHERE w.pseudonym = n.pseudonym AND w.bucket = n.bucket) AS work
FROM nights AS n WHERE n.place IS NOT NULL ORDER BY n.bucket, n.person, n.days DESC, n.place COLLATE "C", n.pseudonym;
CREATE TEMP TABLE there AS
SELECT DISTINCT r.bucket, r.person, r.home, r.work, s.place, d::date AS day FROM resident AS r JOIN st AS s ON s.reference AND s.pseudonym = r.pseudonym AND s.bucket = r.bucket,
	generate_series((s.arrival AT TIME ZONE :'zone')::date, (s.departure AT TIME ZONE :'zone')::date, '1 day') AS d;
CREATE INDEX ON there (bucket, person, day);
ANALYZE there, resident;
CREATE TEMP TABLE want_home AS
SELECT bucket, home AS area, 'residents' AS measure, NULL::date AS day, NULL AS value, count(*) AS subjects FROM resident GROUP BY 1, 2 HAVING count(*) >= :k
UNION ALL
SELECT g.bucket, g.area, 'work', NULL, b.value, b.subjects
FROM (SELECT bucket, home AS area, array_agg(work) AS v, array_agg(n) AS c FROM (SELECT bucket, home, work, count(*) AS n FROM resident GROUP BY 1, 2, 3) AS x GROUP BY 1, 2) AS g, pg_temp.by_hand(g.v, g.c, :k) AS b
UNION ALL
SELECT g.bucket, g.area, 'presence', g.day, b.value, b.subjects
FROM (SELECT bucket, area, day, array_agg(value) AS v, array_agg(n) AS c
	FROM (SELECT r.bucket, r.home AS area, d.day, p.value, count(*) AS n FROM resident AS r JOIN (SELECT DISTINCT bucket, day FROM there) AS d USING (bucket),
		LATERAL (SELECT CASE WHEN array_agg(t.place) IS NULL THEN NULL WHEN r.home = ALL (array_agg(coalesce(t.place, ''))) THEN 'at home' WHEN r.home = ANY (array_agg(t.place)) THEN 'home and elsewhere' ELSE 'away' END AS value
			FROM there AS t WHERE t.bucket = r.bucket AND t.person = r.person AND t.day = d.day) AS p GROUP BY 1, 2, 3, 4) AS x GROUP BY 1, 2, 3) AS g, pg_temp.by_hand(g.v, g.c, :k) AS b;
WITH v AS (
	SELECT t.bucket, t.home, t.place, count(DISTINCT t.person) AS n, count(DISTINCT t.person) FILTER (WHERE t.work = t.place) AS work, (SELECT count(*) FROM resident AS r WHERE r.bucket = t.bucket AND r.home = t.home) AS all_n
	FROM there AS t WHERE t.place <> t.home GROUP BY 1, 2, 3
), fine AS (SELECT * FROM v WHERE n >= :k AND all_n >= :k AND all_n - n >= :k AND (work < :k OR n - work >= :k))
INSERT INTO want_home SELECT bucket, home, 'visited', NULL, place, n FROM fine AS f WHERE (SELECT count(*) FROM fine AS o WHERE o.bucket = f.bucket AND o.home = f.home) >= 2;

\pset tuples_only on
\pset format unaligned
SELECT (SELECT count(*) FROM (SELECT * FROM got_place EXCEPT ALL SELECT * FROM want_place) AS a) || '|' || (SELECT count(*) FROM (SELECT * FROM want_place EXCEPT ALL SELECT * FROM got_place) AS a)
	|| '|' || (SELECT count(*) FROM (SELECT * FROM got_home EXCEPT ALL SELECT * FROM want_home) AS a) || '|' || (SELECT count(*) FROM (SELECT * FROM want_home EXCEPT ALL SELECT * FROM got_home) AS a);
SELECT string_agg(measure || ' ' || n, ', ' ORDER BY measure) FROM (SELECT measure, count(*) AS n FROM got_place GROUP BY 1 UNION ALL SELECT measure, count(*) FROM got_home GROUP BY 1) AS c;
-- From the figures alone: nothing below k, and breakdowns that add up.
SELECT (SELECT count(*) FROM got_place WHERE subjects < :k) + (SELECT count(*) FROM got_home WHERE subjects < :k)
	|| '|' || (SELECT count(*) FROM (SELECT bucket, area, measure FROM got_place AS g WHERE measure IN ('home', 'from', 'to', 'return', 'stayed') GROUP BY 1, 2, 3
		HAVING sum(subjects) IS DISTINCT FROM (SELECT v.subjects FROM got_place AS v WHERE v.bucket = g.bucket AND v.area = g.area AND v.measure = 'visitors') OR count(*) < 2) AS x)
	|| '|' || (SELECT count(*) FROM (SELECT bucket, area, measure, day FROM got_home AS g WHERE measure IN ('work', 'presence') GROUP BY 1, 2, 3, 4
		HAVING sum(subjects) IS DISTINCT FROM (SELECT v.subjects FROM got_home AS v WHERE v.bucket = g.bucket AND v.area = g.area AND v.measure = 'residents') OR count(*) < 2) AS x);
