-- What must not get through in flows: a family, 25 phones of one owner, travellers from one home; what can be computed from flows; who is drawn by lot.
-- Each attack is run on a naive table first, which it must break.
\set QUIET 1
SET client_min_messages = warning;
CREATE SCHEMA attack;
SET search_path = attack, mobanon, public;
SELECT plan(21);
\ir ../property/flow_checker.sql

-- Six towns, and 6000 people who go from one to another on one day; each from a home and to a place within 3 km of the middle.
CREATE TABLE town AS SELECT t, 52.30 + 0.07 * t AS latitude, 13.0 + (t * 5 % 6) * 0.16 AS longitude FROM generate_series(0, 5) AS t;
CREATE FUNCTION u(n bigint, seed int) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN (hashint8extended(n, seed) & 1048575) / 1048576.0;
CREATE FUNCTION near(latitude float8, longitude float8, n bigint, seed int) RETURNS cell LANGUAGE sql IMMUTABLE
	RETURN coarsen_cell(latitude + 0.03 * (u(n, seed) * u(n, seed + 1) - 0.3), longitude + 0.05 * (u(n, seed + 2) * u(n, seed + 3) - 0.3), '500m');
CREATE TABLE way AS
SELECT n AS sim, n AS account, near(f.latitude, f.longitude, n, 1) AS origin, near(t.latitude, t.longitude, n, 5) AS destination
FROM generate_series(1::bigint, 6000) AS n JOIN town AS f ON f.t = floor(6 * u(n, 9) * u(n, 10)) JOIN town AS t ON t.t = floor(6 * u(n, 11)), generate_series(1, 1 + (n % 10 = 0)::int) AS times;

-- A family of five at one lake, there and back and there, five times a day; 25 phones of one owner on a round; 40 people of one home on an outing.
CREATE TABLE planted (kind text, sim bigint, account bigint, origin cell, destination cell);
INSERT INTO planted SELECT 'family', 100000 + n, 100000 + n, coarsen_cell(52.82, 13.71, '500m'), coarsen_cell(52.86, 13.60, '500m') FROM generate_series(1, 5) AS n, generate_series(1, 5);
INSERT INTO planted SELECT 'phones', 200000 + n, 200000, coarsen_cell(52.05, 12.71, '500m'), coarsen_cell(52.05, 12.95, '500m') FROM generate_series(1, 25) AS n;
INSERT INTO planted SELECT 'home', 300000 + n, 300000 + n, coarsen_cell(52.15, 14.21, '500m'), coarsen_cell(52.95, 14.25, '500m') FROM generate_series(1, 40) AS n;
INSERT INTO way SELECT sim, account, origin, destination FROM planted;
ANALYZE way;

CREATE FUNCTION flows_of(subject text, k int, loss int DEFAULT 5, ladder text[] DEFAULT '{500m,1km,5km,10km}') RETURNS SETOF flow LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT f.* FROM (SELECT kanon_flows(%I, origin, destination, $1, $2, 4, $3) AS flows FROM way) AS g, unnest(flows) AS f', subject) USING k, ladder, loss;
END $$;
CREATE FUNCTION shows(flows flow[], what text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM unnest(flows) AS f WHERE EXISTS (SELECT FROM planted AS p WHERE p.kind = what AND p.origin <@ f.origin AND p.destination <@ f.destination)
$$;
CREATE FUNCTION naive(measure text) RETURNS flow[] LANGUAGE plpgsql AS $$
DECLARE
	result	flow[];
BEGIN
	EXECUTE format('SELECT array_agg(ROW(origin, destination, n, n)::flow) FROM (SELECT origin, destination, %s AS n FROM way GROUP BY origin, destination HAVING %1$s >= 20) AS g', measure) INTO result;
	RETURN result;
END $$;

-- ---- planted groups ------------------------------------------------------------
SELECT is(shows(naive('count(*)'), 'family'), 1::bigint, 'naive: a family is a flow of 25 trips');
SELECT is(shows(ARRAY(SELECT flows_of('sim', 20)), 'family'), 0::bigint, 'the family is in no row, k = 20');
SELECT is(shows(ARRAY(SELECT flows_of('sim', 20, 0)), 'family'), 0::bigint, 'nor without loss: it is alone between its areas of 10 km');
SELECT is(shows(naive('count(DISTINCT sim)'), 'phones'), 1::bigint, 'naive: 25 phones of one owner are 25 subjects');
SELECT is(shows(ARRAY(SELECT flows_of('account', 20)), 'phones'), 0::bigint, 'counted by account they are one, in no row');
SELECT is(shows(ARRAY(SELECT flows_of('sim', 100)), 'phones'), 0::bigint, 'with k = 100, the default for flows, they are in no row either way');
SELECT is(shows(naive('count(DISTINCT account)'), 'home'), 1::bigint, 'naive: 40 people of one home tell where each of those at the goal lives');
SELECT is(shows(ARRAY(SELECT flows_of('account', 100)), 'home'), 0::bigint, 'with k = 100 they are in no row');
-- With k = 20 they are 40 people.  Who publishes with a k that one house can reach asks for a second origin: what is shown goes where people from several rows go.
CREATE FUNCTION several_origins(flows flow[]) RETURNS flow[] LANGUAGE sql AS $$
	SELECT array_agg(ROW(origin, destination, subjects, trips)::flow) FROM (SELECT f.*, count(*) OVER (PARTITION BY destination) AS origins FROM unnest(flows) AS f) AS f WHERE origins > 1
$$;
SELECT is(shows(ARRAY(SELECT flows_of('account', 20)), 'home'), 1::bigint, 'with k = 20 they are 40 people');
SELECT is(shows(several_origins(ARRAY(SELECT flows_of('account', 20))), 'home'), 0::bigint, 'but the only row of their goal, and not shown where a second origin is asked for');
-- A family on a way that many go has no row of its own, and is not missing from theirs.
SELECT ok(count(*) FILTER (WHERE f.subjects < 20) = 0 AND count(*) > 30, format('every one of %s rows has 20 accounts or more', count(*))) FROM flows_of('account', 20) AS f;

-- ---- what can be computed ------------------------------------------------------
CREATE FUNCTION as_rows(flows flow[]) RETURNS flow_row[] LANGUAGE sql AS $$
	SELECT array_agg(ROW(1, ARRAY[origin::text, destination::text], subjects, trips)::flow_row) FROM unnest(flows)
$$;
SELECT is((SELECT count(*) FROM flow_overlaps(as_rows(ARRAY(SELECT flows_of('account', 20)))) AS o), 0::bigint, 'no two rows overlap, as far as the codes of the grid say');
SELECT is((SELECT count(*) FROM flow_overlaps(as_rows(ARRAY(SELECT flows_of('account', 20, 0)))) AS o), 0::bigint, 'nor without loss');
SELECT isnt((SELECT count(*) FROM flow_overlaps(as_rows(ARRAY(SELECT flows_of('account', 20, 0, '{500m}') UNION ALL SELECT flows_of('account', 20, 0, '{5km}')))) AS o), 0::bigint,
	'naive: two resolutions side by side overlap');
SELECT isnt((SELECT count(*) FROM (SELECT c.subjects - sum(f.subjects) AS rest FROM flows_of('account', 20, 0, '{10km}') AS c, flows_of('account', 20, 0, '{5km}') AS f
		WHERE f.origin <@ c.origin AND f.destination <@ c.destination GROUP BY c.origin, c.destination, c.subjects) AS d WHERE rest BETWEEN 1 AND 19), 0::bigint,
	'naive: one less the other is fewer than k people');
-- Trips less subjects are those who went again: none, or k of them.
SELECT isnt((SELECT count(*) FROM (SELECT count(*) - count(DISTINCT sim) AS again FROM way GROUP BY coarsen_cell(origin, '5km'), coarsen_cell(destination, '5km') HAVING count(DISTINCT sim) >= 20) AS g WHERE again BETWEEN 1 AND 19), 0::bigint,
	'naive: trips less subjects are fewer than k people');
SELECT is((SELECT count(*) FROM flows_of('account', 20) AS f WHERE trips - subjects BETWEEN 0 AND 19 OR 4 * subjects - trips BETWEEN 0 AND 19), 0::bigint, 'trips are null where they would tell of fewer than k');

-- ---- flows and chains of the same people ---------------------------------------
CREATE TABLE chain AS SELECT w.sim, w.origin, w.destination AS via, CASE WHEN w.sim % 3 > 0 THEN w.origin ELSE n.destination END AS destination FROM way AS w JOIN way AS n ON n.sim = 1 + w.sim % 6000 WHERE w.sim <= 6000;
CREATE FUNCTION chains_and_flows() RETURNS TABLE (few bigint, chains_below bigint, flows_below bigint) LANGUAGE sql AS $$
	WITH chain_row AS (SELECT (unnest(kanon_chains(sim, origin, via, destination, 20, '{5km}', 1, 0))).* FROM chain),
		flow_row AS (SELECT (unnest(kanon_flows(sim, origin, via, 20, '{5km}', 1, 0))).* FROM chain)
	SELECT (SELECT count(*) FROM (SELECT f.subjects - sum(c.subjects) AS rest FROM flow_row AS f JOIN chain_row AS c ON c.origin = f.origin AND c.via = f.destination GROUP BY f.origin, f.destination, f.subjects) AS d WHERE rest BETWEEN 1 AND 19),
		(SELECT count(*) FROM chain_row WHERE subjects < 20), (SELECT count(*) FROM flow_row WHERE subjects < 20)
$$;
SELECT ok(few > 0 AND chains_below = 0 AND flows_below = 0, format('flows less chains of the same people: %s groups of fewer than k, though each release is right', few)) FROM chains_and_flows();

-- ---- who is drawn by lot -------------------------------------------------------
CREATE TABLE day AS SELECT md5(n::text)::uuid AS pseudonym, (SELECT array_agg(ROW(CASE i % 2 WHEN 0 THEN '1kmN3265E4334' ELSE '1kmN3267E4336' END, timestamptz '2024-06-07 22:00+00' + i * interval '1 hour',
		timestamptz '2024-06-07 22:20+00' + i * interval '1 hour', 2)::stay ORDER BY i) FROM generate_series(0, 47) AS i) AS stays FROM generate_series(1, 3000) AS n;
CREATE TABLE drawn AS SELECT pseudonym, t.departure, (t.departure AT TIME ZONE 'Europe/Berlin')::date AS day FROM day, unnest(trips(stays, '2 hours', 4, pseudonym, 'Europe/Berlin')) AS t;
SELECT is((SELECT array_agg(DISTINCT n) FROM (SELECT count(*) AS n FROM drawn GROUP BY pseudonym, day) AS d), ARRAY[4::bigint], 'four trips of each subject and day');
-- 24 and 23 trips a day: 500 and 521.7 expected for each hour; chi-square with 23 and 22 degrees of freedom stays below 49.7 and 48.3 in 999 of 1000 cases.
SELECT ok(bool_and(chi < 48.3) AND count(*) = 2, format('every hour alike: chi-square %s', string_agg(round(chi, 1)::text, ' and '))) FROM (
	SELECT sum(power(n - e, 2) / e) AS chi FROM (SELECT d.day, count(drawn.departure) AS n, 12000.0 / count(*) OVER (PARTITION BY d.day) AS e
		FROM (SELECT t.departure, (t.departure AT TIME ZONE 'Europe/Berlin')::date AS day FROM (TABLE day LIMIT 1) AS d, unnest(trips(stays)) AS t) AS d LEFT JOIN drawn USING (departure) GROUP BY d.day, d.departure) AS h
	GROUP BY day) AS c;
SELECT results_eq($$SELECT pseudonym, t.departure FROM day, unnest(trips(stays[1:25], '2 hours', 4, pseudonym, 'Europe/Berlin')) AS t ORDER BY 1, 2$$,
	$$SELECT pseudonym, departure FROM drawn WHERE day = '2024-06-08' ORDER BY 1, 2$$, 'the choice of a day is the same whatever comes after it');
SELECT * FROM finish();
