-- diversity of a pipeline: groups whose persons share one home, or another value, are released in no kind.  Each kind is compared
-- with the same pipeline without diversity, of which plain SQL keeps the rows that are diverse; and planted groups with their controls.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(102);

CREATE ROLE tap_div_dba;
CREATE ROLE tap_div_processing;
CREATE ROLE tap_div_analyst;
GRANT mobanon_admin, tap_div_processing TO tap_div_dba;
CREATE SCHEMA div AUTHORIZATION tap_div_dba;
GRANT USAGE ON SCHEMA div TO PUBLIC;
SET ROLE tap_div_dba;
SET search_path = public, mobanon;
CREATE TABLE div.events (subject bigint, at timestamptz, latitude float8, longitude float8, contract int, bytes bigint, home_area text, employer text);
SELECT create_purpose('tap_div', 'test'), add_category('tap_div', 'bytes'), add_category('tap_div', 'home_area');
SELECT bind_purpose('tap_div', 'tap_div_processing');
SELECT protect('div.events', 'subject', 'at');
RESET ROLE;

-- Planted groups that go from one spot to a second and a third, each for itself; and 300 people in a town, two phones to
-- some contracts.  home: a number, or null for who is not seen at night.
CREATE TABLE div.phone AS
SELECT row_number() OVER () AS id, g.*, 4915300000 + row_number() OVER () AS subject, CASE WHEN "group" = 'company' THEN 99999 ELSE 1000 + row_number() OVER () END AS contract
FROM (
	SELECT 'mixed' AS "group", i % 4 AS home FROM generate_series(1, 40) AS i
	UNION ALL SELECT 'one home', 0 FROM generate_series(1, 40)
	UNION ALL SELECT 'nearly one home', CASE WHEN i > 10 THEN 0 ELSE 1 END FROM generate_series(1, 110) AS i
	UNION ALL SELECT 'two homes', CASE WHEN i > 10 THEN 0 ELSE 1 END FROM generate_series(1, 40) AS i
	UNION ALL SELECT 'mostly unknown', CASE WHEN i <= 20 THEN i % 2 END FROM generate_series(1, 120) AS i
	UNION ALL SELECT 'some unknown', CASE WHEN i <= 20 THEN i % 2 END FROM generate_series(1, 40) AS i
	UNION ALL SELECT 'family', 0 FROM generate_series(1, 4)
	UNION ALL SELECT 'company', i % 4 FROM generate_series(1, 25) AS i
	-- together, but these come once and those again
	UNION ALL SELECT 'once', 0 FROM generate_series(1, 30)
	UNION ALL SELECT 'again', 1 FROM generate_series(1, 30)) AS g;
INSERT INTO div.phone
SELECT 1000 + i, 'town', CASE WHEN i % 10 < 8 THEN i * 7919 % 101 % 6 END, 4915300000 + 1000 + i, CASE WHEN i % 3 > 0 THEN i / 3 END FROM generate_series(1, 300) AS i;
CREATE VIEW div.home AS
SELECT n, c.latitude + 0.0007 AS latitude, c.longitude + 0.0007 AS longitude, coarsen_cell(c.latitude, c.longitude, '5km')::text AS cell
FROM generate_series(0, 5) AS n, cell_center(coarsen_cell(52.7 + n % 3 * 0.1, 13.3 + n / 3 * 0.2, '1km')) AS c;
-- where a phone is at its first, second and third stop of a day
CREATE FUNCTION div.spot(p div.phone, d int, stop int) RETURNS mobanon.cell LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN p."group" = 'town' THEN mobanon.coarsen_cell(52.45 + s.n % 4 * 0.03, 13.3 + s.n / 4 * 0.05, '1km')
		ELSE mobanon.coarsen_cell(50.5 + 0.15 * array_position('{mixed,one home,nearly one home,two homes,mostly unknown,some unknown,family,company,once}', replace(p."group", 'again', 'once')), 12.5 + stop * 0.4, '1km') END
	FROM (SELECT ((p.home IS NULL)::int + COALESCE(p.home, 3) / 2 + (p.id * 31 + d) % 5 + stop * 4) % 12 AS n) AS s $$;
SELECT count(grant_consent(subject::text, 'tap_div', 'app', '2024-06-01 00:00+00')), count(grant_consent(subject::text, 'tap_div', 'app', '2024-06-01 00:00+00', category => 'bytes')) FROM div.phone;
SELECT count(grant_consent(subject::text, 'tap_div', 'app', '2024-06-01 00:00+00', category => 'home_area')) FROM div.phone WHERE "group" <> 'town' OR id % 11 <> 0;
INSERT INTO div.events
SELECT p.subject, at, latitude, longitude, contract, 100 + id % 50, CASE WHEN "group" = 'town' AND id % 13 = 0 AND extract(hour FROM at) > 11 THEN 'area 9' ELSE 'area ' || home END, 'one for all'
FROM div.phone AS p, LATERAL (
	-- four nights at home
	SELECT '2024-06-10 20:00+00'::timestamptz + d * interval '1 day' + h * interval '1 hour' + p.id % 17 * interval '1 minute', l.latitude, l.longitude
	FROM generate_series(0, 3) AS d, unnest('{0,3,7,10}'::int[]) AS h, div.home AS l WHERE l.n = p.home
	UNION ALL
	-- and two days out, an hour at each of three stops
	SELECT '2024-06-11 10:00+00'::timestamptz + d * interval '1 day' + stop * interval '2 hours' + m * interval '30 minutes' + p.id % 17 * interval '1 minute', c.latitude + 0.0007, c.longitude + 0.0007
	FROM generate_series(0, 1) AS d, generate_series(0, 2) AS stop, generate_series(0, 2) AS m, cell_center(div.spot(p, d, stop)) AS c WHERE d = 0 OR "group" <> 'once') AS e (at, latitude, longitude);
ANALYZE div.events;

/* ---- the oracle ---- */
CREATE TABLE div.seen AS
SELECT p.id, p."group", COALESCE('account ' || p.contract, p.subject::text) AS person, e.at, coarsen_cell(e.latitude, e.longitude, '1km') AS cell,
	min(l.cell COLLATE "C") OVER (PARTITION BY COALESCE('account ' || p.contract, p.subject::text)) AS home,
	CASE WHEN p."group" <> 'town' OR p.id % 11 <> 0 THEN e.home_area END AS area
FROM div.events AS e JOIN div.phone AS p USING (subject) LEFT JOIN div.home AS l ON l.n = p.home;
-- one stay each time (an hour), one value for each phone and window
CREATE FUNCTION pg_temp.stays(width interval) RETURNS TABLE (bucket timestamptz, id bigint, person text, cell cell, arrival timestamptz, departure timestamptz, home text, area text) LANGUAGE sql AS $$
	SELECT s.bucket, s.id, s.person, s.cell, min(s.at), max(s.at), s.home, v.area
	FROM (SELECT *, date_bin(width, at, '2024-06-10 00:00+00') AS bucket FROM div.seen) AS s
	JOIN (SELECT date_bin(width, at, '2024-06-10 00:00+00') AS bucket, id, CASE WHEN min(area) = max(area) THEN min(area) END AS area FROM div.seen GROUP BY 1, 2) AS v USING (bucket, id)
	WHERE extract(hour FROM s.at) BETWEEN 10 AND 16
	GROUP BY s.bucket, s.id, s.person, s.cell, floor(extract(epoch FROM s.at - '2024-06-11 10:00+00') / 7200), s.home, v.area
	HAVING max(s.at) - min(s.at) >= '15 minutes' $$;
CREATE FUNCTION pg_temp.trips(width interval) RETURNS TABLE (bucket timestamptz, person text, origin cell, destination cell, further cell, home text, area text) LANGUAGE sql AS $$
	SELECT t.bucket, t.person, t.cell, t.destination, CASE WHEN lead(t.cell) OVER w = t.destination AND lead(t.destination) OVER w <> lead(t.cell) OVER w THEN lead(t.destination) OVER w END, t.home, t.area
	FROM (SELECT s.*, lead(s.cell) OVER w AS destination, lead(s.arrival) OVER w - s.departure AS way FROM pg_temp.stays(width) AS s
		WINDOW w AS (PARTITION BY s.bucket, s.id ORDER BY s.arrival)) AS t
	WHERE t.way < '2 hours' AND t.destination <> t.cell
	WINDOW w AS (PARTITION BY t.bucket, t.id, t.arrival::date ORDER BY t.arrival) $$;
CREATE FUNCTION pg_temp.diverse(persons text[], "values" text[], enough int, share int DEFAULT 90) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT count(*) FILTER (WHERE v IS NOT NULL AND c >= enough) >= 2
		AND 100 * (COALESCE(max(c) FILTER (WHERE v IS NOT NULL), 0) + COALESCE(sum(c) FILTER (WHERE v IS NULL), 0)) <= share * sum(c)
	FROM (SELECT v, count(*) AS c FROM (SELECT p, CASE WHEN count(DISTINCT v) = 1 THEN min(v) END AS v FROM unnest(persons, "values") AS u (p, v) GROUP BY p) AS held GROUP BY v) AS n $$;

/* ---- the pipelines: each without, with homes (in a window of a week), and with a column (in windows of a day) ---- */
SET ROLE tap_div_dba;
SET search_path = public, mobanon;
CREATE FUNCTION pg_temp.make(name text, arguments text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT create_pipeline(%L, %L, %L, starts_at => %L, k => 20, account_column => %L, %s)', 'div.' || name, 'div.events', 'tap_div', '2024-06-10 00:00+00', 'contract', arguments);
	EXECUTE format('SELECT publish(%L, %L)', 'div.' || name, CASE WHEN arguments ~ '7 days' THEN '2024-06-17 00:00+00' ELSE '2024-06-12 00:00+00' END);
	RETURN NEXT is((SELECT string_agg(check_name || ': ' || detail, '; ') FROM audit('div.' || name) WHERE NOT ok), NULL, name || ' passes the audit');
END
$$;
CREATE TABLE div.kind (kind text, week text, day text);
INSERT INTO div.kind VALUES
	('footfall', $$bucket => '7 days'$$, NULL),
	('timed', $$bucket => '7 days', resolutions => '{1km,5km}', buckets => '{1 hour,1 day}'$$, NULL),
	('measured', NULL, $$bucket => '1 day', resolutions => '{1km,5km}', measures => ARRAY[measure('sum', 'bytes', 10000)]$$),
	-- with a bound that nobody reaches
	('adaptive', NULL, $$bucket => '1 day', resolutions => '{1km,5km,10km,50km}', cells_per_day => 12$$),
	('dwell', $$kind => 'dwell', bucket => '7 days'$$, $$kind => 'dwell', bucket => '1 day'$$),
	('flows', $$kind => 'flows', bucket => '7 days', resolutions => '{1km,5km,50km}'$$, $$kind => 'flows', resolutions => '{1km,5km,50km}'$$),
	('chains', $$kind => 'chains', bucket => '7 days', resolutions => '{1km,50km}'$$, $$kind => 'chains', resolutions => '{1km,50km}'$$),
	('places', $$kind => 'places', places => '1km', homes => '5km', bucket => '7 days'$$, $$kind => 'places', places => '1km'$$);
CREATE VIEW div.variant AS
SELECT kind, 'week' AS plain, 'homes' AS diverse, week AS arguments, $$, diversity => diversity(homes => '5km', enough => 10)$$ AS more, '7 days' AS width, 'home' AS value FROM div.kind WHERE week IS NOT NULL
UNION ALL SELECT kind, 'day', 'column', day, $$, diversity => diversity(column_name => 'home_area', enough => 10)$$, '1 day', 'area' FROM div.kind WHERE day IS NOT NULL;
SELECT pg_temp.make(kind || '_' || v.name, v.arguments) FROM div.variant AS d, LATERAL (VALUES (plain, d.arguments), (diverse, d.arguments || more)) AS v (name, arguments);
RESET ROLE;
SET search_path = public, mobanon;

/* ---- compared, kind by kind ---- */
CREATE FUNCTION pg_temp.compare(kind text, diverse text, plain text, width text, value text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	keys	text := CASE kind WHEN 'flows' THEN 'origin, destination' WHEN 'chains' THEN 'origin, via, destination' ELSE 'cell' END;
	within	text := CASE
		WHEN kind = 'flows' THEN format('JOIN pg_temp.trips(%L) AS s ON s.bucket = r.bucket AND coarsen_cell(s.origin, cell_resolution(r.origin)) = r.origin AND coarsen_cell(s.destination, cell_resolution(r.destination)) = r.destination', width)
		WHEN kind = 'chains' THEN format('JOIN pg_temp.trips(%L) AS s ON s.bucket = r.bucket AND coarsen_cell(s.origin, cell_resolution(r.origin)) = r.origin AND coarsen_cell(s.destination, cell_resolution(r.via)) = r.via AND coarsen_cell(s.further, cell_resolution(r.destination)) = r.destination', width)
		WHEN kind = 'places' THEN format('JOIN pg_temp.stays(%L) AS s ON r.measure = ''visitors'' AND s.bucket = r.bucket AND s.cell::text = r.area', width)
		WHEN kind = 'dwell' THEN format('JOIN pg_temp.stays(%L) AS s ON s.bucket = r.bucket AND s.cell = r.cell', width)
		ELSE format('JOIN div.seen AS s ON s.at >= r.bucket AND s.at < r.bucket + %s AND coarsen_cell(s.cell, cell_resolution(r.cell)) = r.cell',
			CASE WHEN kind = 'timed' THEN 'r.width' ELSE format('%L::interval', width) END) END;
	n		bigint;
BEGIN
	EXECUTE format('CREATE TEMP TABLE expected AS SELECT r::text FROM div.%I AS r %s GROUP BY r::text HAVING count(DISTINCT s.person) = min(r.subjects) AND pg_temp.diverse(array_agg(s.person), array_agg(s.%I), 10)', plain, within, value);
	RETURN NEXT bag_eq(format('SELECT r::text FROM div.%I AS r %s', diverse, CASE kind WHEN 'places' THEN 'WHERE measure = ''visitors''' END), 'SELECT r FROM expected', diverse || ': exactly the rows of plain k that are diverse');
	EXECUTE format('SELECT count(*) FROM div.%I', plain) INTO n;
	RETURN NEXT ok((SELECT count(*) FROM expected) BETWEEN 4 AND n - 2, format('%s: which are some (%s) of all (%s)', diverse, (SELECT count(*) FROM expected), n));
	DROP TABLE expected;
END
$$;
SELECT pg_temp.compare(kind, kind || '_' || diverse, kind || '_' || plain, width, value) FROM div.variant;

/* ---- what must not get through, and what must ---- */
CREATE TABLE div.planted AS SELECT DISTINCT p."group", div.spot(p, 0, stop)::text AS cell FROM div.phone AS p, generate_series(0, 2) AS stop WHERE p."group" NOT IN ('town', 'once', 'again');
CREATE FUNCTION pg_temp.through(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	groups	text;
BEGIN
	EXECUTE format($q$SELECT string_agg(g, ', ' ORDER BY g) FROM (SELECT DISTINCT p."group" AS g FROM div.planted AS p, div.%1$I AS r WHERE position(p.cell IN r::text) > 0) AS s$q$, name) INTO groups;
	RETURN groups;
END
$$;
SELECT is(pg_temp.through(kind || '_' || plain), 'mixed, mostly unknown, nearly one home, one home, some unknown, two homes',
	format('%s_%s: without diversity one home gets through, a family and a company do not', kind, plain)) FROM div.variant;
SELECT is(pg_temp.through(kind || '_' || diverse), 'mixed, some unknown, two homes', format('%s_%s: with it, groups of several homes do, and no others', kind, diverse)) FROM div.variant;

-- Visitors who come once and those who come again are of one home each: together they are diverse, apart they are not.
CREATE FUNCTION pg_temp.meeting(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found	text;
BEGIN
	EXECUTE format($q$SELECT string_agg(concat_ws(' ', measure, value, subjects), ', ' ORDER BY measure, value) FROM div.%I AS r
		WHERE area = (SELECT div.spot(p, 0, 1)::text FROM div.phone AS p WHERE "group" = 'once' LIMIT 1) AND measure IN ('visitors', 'return', 'home')$q$, name) INTO found;
	RETURN found;
END
$$;
CREATE TABLE div.homes AS SELECT format('home %s 30, home %s 30', min(cell COLLATE "C"), max(cell COLLATE "C")) AS told FROM div.home WHERE n < 2;
SELECT is(pg_temp.meeting('places_week'), told || ', return again 30, return once 30, visitors 60', 'places_week: without diversity, who comes once and who comes again') FROM div.homes;
SELECT is(pg_temp.meeting('places_homes'), told || ', visitors 60', 'places_homes: with it, not who comes once, and still how many from each home') FROM div.homes;
SELECT is(pg_temp.meeting('places_column'), 'visitors 60', 'places_column: on the day of both, all of them');
SELECT is_empty(format($$SELECT FROM div.places_%1$s AS r WHERE NOT EXISTS (SELECT FROM div.places_%1$s AS v WHERE v.measure = 'visitors' AND v.bucket = r.bucket AND v.area = r.area)$$, v), 'places_' || v || ': no figure of an area whose visitors are withheld')
FROM unnest('{homes,column}'::text[]) AS v;

/* ---- what a reader and the officer see ---- */
SELECT is(col_description('div.footfall_homes'::regclass, attnum),
	'number of distinct accounts of consenting subjects; groups of fewer than 20 are not released; nor those without 2 values of the home area (5km) that at least 10 of them hold each, nor those where more than 90 per cent may hold one', 'the release says what is withheld')
FROM pg_attribute WHERE attrelid = 'div.footfall_homes'::regclass AND attname = 'subjects';
SELECT is(release_parameters('div.flows_column') -> 'diversity', '{"column_name": "home_area", "l": 2, "enough": 10, "share": 90}', 'as do its parameters');
SELECT is((SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'div.adaptive_column'::regclass AND attnum > 0), 'bucket,cell,subjects,publication', 'the values themselves are not released');
SELECT is(parameters -> 'diversity' ->> 'homes', '5km', 'the register keeps it') FROM publication WHERE pipeline = 'div.dwell_homes';
SELECT is(number, (SELECT count(DISTINCT cell::text) FROM div.seen) - (SELECT count(*) FROM div.footfall_homes), 'what it withheld is counted with what k withheld')
FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'div.footfall_homes' AND reason = 'fewer than k subjects, or too much alike';

SELECT is((SELECT first_used IS NOT NULL FROM subject_use('4915300001', 'tap_div', category)), category <> 'employer', 'the subject is told whether ' || category || ' was used')
FROM unnest('{home_area,bytes,employer}'::text[]) AS category;

/* ---- refused ---- */
SET ROLE tap_div_dba;
SET search_path = public, mobanon;
CREATE FUNCTION pg_temp.refused(arguments text, state text, message text, what text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT pipeline_sql(%L, %L, %L, %s)', 'div.x', 'div.events', 'tap_div', arguments), state, message, what) $$;
SELECT pg_temp.refused($$diversity => diversity(homes => '5km')$$, '22023', 'pipeline div.x: a home is where 3 nights were spent, and a bucket of 01:00:00 has fewer', 'homes of an hour');
SELECT pg_temp.refused($$bucket => '7 days', diversity => diversity(homes => '5km', column_name => 'home_area')$$, '22023', 'pipeline div.x: diversity is of a column or of homes', 'two values at once');
SELECT pg_temp.refused($$kind => 'residents', diversity => diversity('home_area')$$, '22023', 'pipeline div.x: the kind residents takes no diversity', 'residents, who share their home');
SELECT pg_temp.refused($$diversity => diversity()$$, '22023', 'pipeline div.x: diversity is of a column or of homes', 'or none');
SELECT pg_temp.refused($$diversity => diversity(l => NULL, share => NULL)$$, '22023', 'pipeline div.x: diversity is of a column or of homes', 'nor is a diversity of nulls none');
SELECT pg_temp.refused($$diversity => ROW(NULL, NULL, NULL, NULL, NULL)::diversity$$, '22023', 'pipeline div.x: diversity is of a column or of homes', 'however it is written');
SELECT pg_temp.refused($$diversity => diversity('home_area', l => 1)$$, '22023', 'pipeline div.x: diversity takes l from 2, enough from 5, and a share of 1 to 100 per cent', 'one value');
SELECT pg_temp.refused($$diversity => diversity('home_area', enough => 4)$$, '22023', NULL, 'fewer than the floor of k');
SELECT pg_temp.refused($$diversity => diversity('home_area', share => 0)$$, '22023', NULL, 'a share of nothing');
SELECT pg_temp.refused($$diversity => diversity('nothing')$$, '42703', 'pipeline div.x: table div.events has no column "nothing" for diversity', 'no column');
SELECT pg_temp.refused($$diversity => diversity('employer')$$, '42704', 'pipeline div.x: purpose "tap_div" has no data category "employer"', 'a column that nobody was asked about');
SELECT pg_temp.refused($$diversity => diversity('home_area'), breakdowns => '{home_area}'$$, '22023', NULL, 'what a row is of');
SELECT pg_temp.refused($$diversity => diversity('contract'), account_column => 'contract'$$, '22023', NULL, 'who is counted');
SELECT pg_temp.refused($$diversity => diversity('subject')$$, '22023', 'pipeline div.x: "subject" cannot be what the persons of a group differ in', 'the subject');
SELECT pg_temp.refused($$bucket => '7 days', diversity => diversity(homes => '100m')$$, '22023', NULL, 'homes finer than the cells');
SELECT pg_temp.refused($$bucket => '7 days', diversity => diversity(homes => 'nowhere')$$, '42704', NULL, 'homes in areas that there are not');
SELECT alike((SELECT string_agg(s, E'\n') FROM pipeline_sql('div.x', 'div.events', 'tap_div', kind => 'flows', k => 20, diversity => diversity('home_area')) AS s),
	'%kanon_diverse(c.pseudonym, c.diverse, 20, 2, 20, 90)%diversity => mobanon.diversity(column_name => ''home_area'', l => 2, enough => 20, share => 90)%', 'pipeline_sql() prints it, with k persons for each value');
RESET ROLE;
SELECT * FROM finish();
