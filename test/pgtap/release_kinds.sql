-- Every kind of pipeline against plain SQL, and against groups that must not get through: a family, and 25 phones of one
-- owner.  The oracle uses the grid's arithmetic (tested elsewhere) and none of mobanon's counting.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(119);

CREATE ROLE tap_kinds_dba;
CREATE ROLE tap_kinds_processing;
CREATE ROLE tap_kinds_analyst;
CREATE ROLE tap_kinds_planner;
GRANT mobanon_admin, tap_kinds_processing TO tap_kinds_dba;
CREATE SCHEMA kin AUTHORIZATION tap_kinds_dba;
GRANT USAGE ON SCHEMA kin TO PUBLIC;
SET ROLE tap_kinds_dba;
SET search_path = public, mobanon;
CREATE TABLE kin.events (subject bigint, at timestamptz, latitude float8, longitude float8, contract int, bytes bigint);
SELECT create_purpose('tap_kinds', 'test'), add_category('tap_kinds', 'bytes');
SELECT bind_purpose('tap_kinds', 'tap_kinds_processing');
SELECT protect('kin.events', 'subject', 'at');
RESET ROLE;

-- 180 people (ids up to 180) with a home, a place of work and errands in one town, two phones to a contract, some without; every fifth
-- does not consent.  201-204: a family, always together.  301-325: one company's phones, in places of their own.
CREATE TABLE kin.place AS
SELECT n, c.latitude + 0.0007 AS latitude, c.longitude + 0.0007 AS longitude, coarsen_cell(c.latitude, c.longitude, '1km') AS cell
FROM generate_series(0, 17) AS n,
	cell_center(coarsen_cell(CASE WHEN n < 12 THEN 52.45 ELSE 53.15 END + (n % 4) * 0.03, 13.3 + (n / 4) * 0.05, '1km')) AS c;
CREATE TABLE kin.phone AS
SELECT i AS id, 4915200000 + i AS subject, CASE WHEN i % 17 <> 0 THEN i / 2 END AS contract, CASE WHEN i % 10 = 9 THEN 4 + i / 10 % 3 ELSE i % 4 END AS home,
	CASE WHEN i % 23 = 0 THEN 9 ELSE 7 + i % 2 END AS work, 10 + i % 2 AS errand
FROM generate_series(1, 180) AS i
UNION ALL SELECT i, 4915200000 + i, i, 12, 13, 14 FROM generate_series(201, 204) AS i
UNION ALL SELECT i, 4915200000 + i, 999, 15, 16, 17 FROM generate_series(301, 325) AS i;
SELECT count(grant_consent(subject::text, 'tap_kinds', 'app', '2024-06-01 00:00+00')) FROM kin.phone WHERE id > 200 OR id % 5 <> 0;
SELECT count(grant_consent(subject::text, 'tap_kinds', 'app', '2024-06-01 00:00+00', category => 'bytes')) FROM kin.phone WHERE id > 200 OR id % 5 IN (1, 2, 3);
INSERT INTO kin.events
SELECT p.subject, '2024-06-10 00:00+00'::timestamptz + d * interval '1 day' + h * interval '30 minutes' + p.id % 13 * interval '1 minute',
	l.latitude, l.longitude, p.contract, CASE WHEN p.id % 30 = 7 THEN -5 ELSE 10 * (p.id % 40) + h END
FROM kin.phone AS p, generate_series(0, 3) AS d, unnest(ARRAY[0, 2, 4, 6, 8, 10, 12, 14, 18, 20, 22, 24, 26, 28, 30, 32, 36, 37, 40, 42, 44, 46]) AS h
JOIN kin.place AS l ON true
WHERE l.n = CASE WHEN h < 18 OR h >= 40 OR h >= 36 AND p.id % 11 = 0 THEN p.home WHEN h < 36 THEN p.work ELSE p.errand END;
INSERT INTO kin.events SELECT subject, '2024-06-12 09:20+00', 91, 13.3, contract, 1 FROM kin.phone WHERE id <= 20;
ANALYZE kin.events;

/* ---- the oracle ---- */
CREATE TABLE kin.seen AS
SELECT p.id, p.subject, COALESCE('account ' || p.contract, p.subject::text) AS person, e.at, date_trunc('day', e.at) AS day,
	coarsen_cell(e.latitude, e.longitude, '100m') AS fine, coarsen_cell(e.latitude, e.longitude, '1km') AS cell,
	CASE WHEN p.id > 200 OR p.id % 5 IN (1, 2, 3) THEN CASE WHEN e.bytes >= 0 THEN e.bytes END END AS bytes
FROM kin.events AS e JOIN kin.phone AS p USING (subject)
WHERE (p.id > 200 OR p.id % 5 <> 0) AND e.latitude < 90;
-- stays: runs of events in one cell and day with no more than two hours between, of at least 15 minutes
CREATE TABLE kin.stay AS
SELECT subject, person, day, cell, min(at) AS arrival, max(at) AS departure
FROM (SELECT s.*, sum(begins) OVER (PARTITION BY subject, day ORDER BY at) AS run
	FROM (SELECT s.*, CASE WHEN cell = lag(cell) OVER w AND at - lag(at) OVER w <= '2 hours' THEN 0 ELSE 1 END AS begins
		FROM kin.seen AS s WINDOW w AS (PARTITION BY subject, day ORDER BY at)) AS s) AS r
GROUP BY subject, person, day, cell, run HAVING max(at) - min(at) >= '15 minutes';
CREATE TABLE kin.trip AS
SELECT *, lead(destination) OVER w AS further, lead(origin) OVER w AS via
FROM (SELECT subject, person, day, cell AS origin, lead(cell) OVER w AS destination, departure, lead(arrival) OVER w AS arrival,
		row_number() OVER w AS place
	FROM kin.stay WINDOW w AS (PARTITION BY subject, day ORDER BY arrival)) AS t
WHERE destination <> origin AND arrival - departure <= '2 hours'
WINDOW w AS (PARTITION BY subject, day ORDER BY departure);
-- sum and average of one number per person: withheld where few contribute, or all but two say little about the largest (p = 10)
CREATE FUNCTION pg_temp.safe_sum(x numeric[], bound numeric, k int) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN count(*) FILTER (WHERE v > 0) >= k AND count(*) FILTER (WHERE v < bound) >= k
			AND sum(v) - max(v) - COALESCE((array_agg(v ORDER BY v DESC))[2], 0) >= max(v) / 10 THEN sum(v) END
	FROM (SELECT LEAST(v, bound) AS v FROM unnest(x) AS v) AS c $$;

/* ---- the pipelines ---- */
SET ROLE tap_kinds_dba;
SET search_path = public, mobanon;
SELECT create_area_set('tap_kinds', '1km'), create_area('tap_kinds', 'offices', ARRAY[coarsen_cell(52.54, 13.35, '1km'), coarsen_cell(52.45, 13.4, '1km'), coarsen_cell(52.48, 13.4, '1km')]),
	create_area('tap_kinds', 'company', ARRAY[coarsen_cell(53.24, 13.45, '1km'), coarsen_cell(53.15, 13.5, '1km')]);
CREATE FUNCTION pg_temp.make(name text, arguments text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT create_pipeline(%L, %L, %L, starts_at => %L, k => 10, %s)', 'kin.' || name, 'kin.events', 'tap_kinds', '2024-06-10 00:00+00', arguments);
	EXECUTE format('SELECT publish(%L)', 'kin.' || name);
	RETURN QUERY EXECUTE format('SELECT ok(count(*) > 0 AND min(subjects) >= 10, %L) FROM kin.%I', name || ': rows, and none below k', name);
	RETURN NEXT is((SELECT string_agg(check_name || ': ' || detail, '; ') FROM audit('kin.' || name) WHERE NOT ok), NULL, name || ' passes the audit');
	RETURN NEXT is((SELECT count(*) FROM verify_release('kin.' || name)), 0::bigint, name || ' is what was published');
END
$$;
SELECT pg_temp.make('persons', $$bucket => '1 day', account_column => 'contract', readers => '{tap_kinds_analyst}', measures => ARRAY[measure('sum', 'bytes', 2000),
	measure('avg', 'bytes', 2000), measure('quantile', 'bytes', 2000, 0.5)]$$);
SELECT pg_temp.make('phones', $$bucket => '1 day'$$);
SELECT pg_temp.make('adaptive', $$account_column => 'contract', resolutions => '{100m,500m,1km,5km,10km,50km}'$$);
SELECT pg_temp.make('parted', $$account_column => 'contract', resolutions => '{100m,1km,10km}', bucket => '1 day', breakdowns => '{bytes}'$$);
SELECT pg_temp.make('measured', $$account_column => 'contract', resolutions => '{100m,1km,10km}', bucket => '1 day', measures => ARRAY[measure('sum', 'bytes', 2000)]$$);
SELECT pg_temp.make('timed', $$account_column => 'contract', resolutions => '{1km,5km,10km}', buckets => '{1 hour,6 hours,1 day}', bucket => '1 day'$$);
SELECT pg_temp.make('bounded', $$account_column => 'contract', bucket => '1 day', buckets => '{1 hour}', cells_per_day => 3$$);
SELECT pg_temp.make('dwell', $$account_column => 'contract', kind => 'dwell'$$);
SELECT pg_temp.make('flows', $$account_column => 'contract', kind => 'flows', readers => '{tap_kinds_planner}'$$);
SELECT pg_temp.make('wide_flows', $$account_column => 'contract', kind => 'flows', resolutions => '{1km,5km,10km,50km}'$$);
SELECT pg_temp.make('chains', $$account_column => 'contract', kind => 'chains'$$);
SELECT pg_temp.make('visits', $$account_column => 'contract', kind => 'places', places => 'tap_kinds'$$);
SELECT pg_temp.make('residents', $$account_column => 'contract', kind => 'residents', places => '1km'$$);
RESET ROLE;
SET search_path = public, mobanon;

/* ---- compared ---- */
SELECT bag_eq('SELECT bucket, cell::text, subjects FROM kin.phones',
	'SELECT day, cell::text, count(DISTINCT subject) FROM kin.seen GROUP BY 1, 2 HAVING count(DISTINCT subject) >= 10', 'subjects, as plain SQL counts them');
CREATE VIEW kin.by_person AS SELECT day, cell, person, sum(bytes) AS bytes FROM kin.seen GROUP BY 1, 2, 3;
SELECT bag_eq('SELECT bucket, cell::text, subjects, bytes_sum, round(bytes_avg, 6) FROM kin.persons',
	$$SELECT day, cell::text, count(*), pg_temp.safe_sum(array_agg(COALESCE(bytes, 0)), 2000, 10), round(pg_temp.safe_sum(array_agg(COALESCE(bytes, 0)), 2000, 10) / count(*), 6)
	FROM kin.by_person GROUP BY 1, 2 HAVING count(*) >= 10$$, 'accounts, with sums and averages');
SELECT bag_eq('SELECT bucket, cell::text, bytes_median FROM kin.persons',
	$$SELECT day, cell::text, kanon_quantile(person, bytes::bigint, 0.5, 10, 2000) FROM kin.by_person GROUP BY 1, 2 HAVING count(*) >= 10$$, 'and medians');
SELECT is((SELECT count(*) > 0 FROM kin.persons WHERE bytes_sum IS NOT NULL), true, 'of which there are some');

CREATE FUNCTION pg_temp.areas(name text, resolution text, ending text DEFAULT '') RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT bag_eq(format('SELECT bucket, cell::text, subjects FROM kin.%I', name), format($q$SELECT r.bucket, r.cell::text, count(DISTINCT s.person)
		FROM kin.%I AS r JOIN kin.seen AS s ON s.at >= r.bucket AND s.at < r.bucket + %s AND coarsen_cell(s.fine, cell_resolution(r.cell)) = r.cell GROUP BY r.bucket, r.cell %s$q$,
		name, CASE name WHEN 'timed' THEN 'r.width' WHEN 'measured' THEN 'interval ''1 day''' ELSE 'interval ''1 hour''' END, ending), name || ': every area has the persons that were there');
	RETURN NEXT is_empty(format($q$SELECT FROM kin.%1$I AS a JOIN kin.%1$I AS b ON (a.bucket, a.cell) <> (b.bucket, b.cell) AND a.cell @> b.cell
		AND tstzrange(a.bucket, a.bucket + %2$s) && tstzrange(b.bucket, b.bucket + %3$s)$q$, name,
		CASE name WHEN 'timed' THEN 'a.width' ELSE 'interval ''1 second''' END, CASE name WHEN 'timed' THEN 'b.width' ELSE 'interval ''1 second''' END), name || ': and no two overlap');
	RETURN NEXT is_empty(format($q$SELECT FROM (SELECT date_bin(%3$L, at, '2024-06-10 00:00+00') AS bucket, coarsen_cell(fine, %2$L) AS cell
			FROM kin.seen GROUP BY 1, 2 HAVING count(DISTINCT person) >= 10) AS root
		WHERE NOT EXISTS (SELECT FROM kin.%1$I AS r WHERE r.bucket >= root.bucket AND r.bucket < root.bucket + %3$L AND coarsen_cell(r.cell, %2$L) = root.cell)$q$,
		name, resolution, CASE name WHEN 'adaptive' THEN interval '1 hour' ELSE interval '1 day' END), name || ': nothing that could be released is missing as a whole');
	RETURN QUERY EXECUTE format('SELECT ok(count(DISTINCT cell_resolution(cell)) > 1, %L) FROM kin.%I', name || ': in several resolutions', name);
END
$$;
SELECT pg_temp.areas('adaptive', '50km');
SELECT pg_temp.areas('measured', '10km');
SELECT pg_temp.areas('timed', '10km');
SELECT ok(count(DISTINCT width) > 1, 'timed: and several lengths') FROM kin.timed;
SELECT bag_eq('SELECT bucket, cell::text, bytes_sum FROM kin.measured', $$SELECT g.bucket, g.cell, pg_temp.safe_sum(array_agg(g.bytes), 2000, 10)
	FROM (SELECT r.bucket, r.cell::text AS cell, s.person, COALESCE(sum(s.bytes), 0) AS bytes FROM kin.measured AS r
		JOIN kin.seen AS s ON s.day = r.bucket AND coarsen_cell(s.fine, cell_resolution(r.cell)) = r.cell GROUP BY 1, 2, 3) AS g GROUP BY 1, 2$$, 'measured: sums of each area');

-- Nobody counts in more than three cells and hours of a day, and who was in more, in three of those; as far as that is seen.
UPDATE pipeline SET published_until = starts_at WHERE pipeline = 'kin.bounded';
SET ROLE tap_kinds_processing;
SET search_path = public, mobanon;
CREATE TEMP TABLE bounded AS SELECT pseudonym, date_trunc('day', bucket) AS day, bucket, cell, count(*) FROM kin.bounded_coarsened GROUP BY 1, 2, 3, 4;
RESET ROLE;
SET search_path = public, mobanon;
SELECT results_eq('SELECT count(*) FROM bounded GROUP BY pseudonym, day ORDER BY 1', $$SELECT LEAST(count(DISTINCT (date_trunc('hour', at), cell)), 3) FROM kin.seen GROUP BY person, day ORDER BY 1$$,
	'bounded: every person and day has three cells, or all of fewer');
SELECT bag_eq('SELECT bucket, cell::text, subjects FROM kin.bounded', 'SELECT bucket, cell::text, count(*) FROM bounded GROUP BY 1, 2 HAVING count(*) >= 10', 'bounded: and those are counted');
SELECT ok(count(DISTINCT bucket::time) > 15, 'bounded: of the whole day, not of its first hours') FROM bounded;
UPDATE pipeline SET published_until = (SELECT max(window_to) FROM publication AS b WHERE b.pipeline_id = p.pipeline_id) FROM pipeline AS p WHERE pipeline.pipeline_id = p.pipeline_id AND p.pipeline = 'kin.bounded';
CREATE VIEW kin.dwelt AS SELECT day, cell, person, sum(round(extract(epoch FROM departure - arrival) / 60)) AS minutes FROM kin.stay GROUP BY 1, 2, 3;
SELECT bag_eq('SELECT bucket, cell::text, subjects, average_minutes FROM kin.dwell',
	$$SELECT day, cell::text, count(*), round(pg_temp.safe_sum(array_agg(minutes), 1440, 10) / count(*), 1) FROM kin.dwelt GROUP BY 1, 2 HAVING count(*) >= 10$$, 'dwell: who stayed, and how long');
SELECT bag_eq('SELECT bucket, cell::text, quarter_minutes, median_minutes, three_quarter_minutes FROM kin.dwell',
	$$SELECT day, cell::text, kanon_quantile(person, minutes::bigint, 0.25, 10, 1440) AS a, kanon_quantile(person, minutes::bigint, 0.5, 10, 1440) AS b,
		kanon_quantile(person, minutes::bigint, 0.75, 10, 1440) AS c
	FROM kin.dwelt GROUP BY 1, 2 HAVING count(*) >= 10$$, 'dwell: quartiles');
SELECT ok(count(median_minutes) > 0, 'dwell: of which there are some') FROM kin.dwell;

-- trips only where they tell of ten who went more than once and of ten who went less than four times, the most that counts
SELECT bag_eq('SELECT bucket, origin::text, destination::text, subjects, trips FROM kin.flows',
	'SELECT day, origin, destination, count(*), CASE WHEN count(*) FILTER (WHERE n > 1) >= 10 AND count(*) FILTER (WHERE n < 4) >= 10 THEN sum(least(n, 4))::bigint END
	FROM (SELECT day, origin::text, destination::text, person, count(*) AS n FROM kin.trip GROUP BY 1, 2, 3, 4) AS t GROUP BY 1, 2, 3 HAVING count(*) >= 10', 'flows: persons and trips from cell to cell');
SELECT bag_eq('SELECT bucket, origin::text, via::text, destination::text, subjects, trips FROM kin.chains',
	'SELECT day, origin, via, further, count(*), CASE WHEN count(*) FILTER (WHERE n > 1) >= 10 AND count(*) FILTER (WHERE n < 4) >= 10 THEN sum(least(n, 4))::bigint END
	FROM (SELECT day, origin::text, via::text, further::text, person, count(*) AS n FROM kin.trip WHERE further IS NOT NULL GROUP BY 1, 2, 3, 4, 5) AS t GROUP BY 1, 2, 3, 4 HAVING count(*) >= 10', 'chains: and on to a third');
SELECT is_empty('SELECT FROM kin.wide_flows AS a JOIN kin.wide_flows AS b ON a.bucket = b.bucket AND (a.origin, a.destination) <> (b.origin, b.destination)
	AND (a.origin @> b.origin OR b.origin @> a.origin) AND (a.destination @> b.destination OR b.destination @> a.destination)', 'wide flows: no two overlap');
SELECT bag_eq('SELECT bucket, origin::text, destination::text, subjects FROM kin.wide_flows', $$SELECT r.bucket, r.origin::text, r.destination::text, count(DISTINCT t.person)
	FROM kin.wide_flows AS r JOIN kin.trip AS t ON t.day = r.bucket AND coarsen_cell(t.origin, cell_resolution(r.origin)) = r.origin
		AND coarsen_cell(t.destination, cell_resolution(r.destination)) = r.destination GROUP BY 1, 2, 3$$, 'wide flows: every row has the persons who went');

SELECT bag_eq($$SELECT bucket, area, subjects FROM kin.visits WHERE measure = 'visitors'$$, $$SELECT day, area, count(DISTINCT person) FROM kin.stay JOIN area_cell USING (cell)
	WHERE area_set = 'tap_kinds' GROUP BY 1, 2 HAVING count(DISTINCT person) >= 10$$, 'places: visitors of areas');
-- a person with two phones lives where the first in order of area has its nights (both have all of them)
SELECT bag_eq($$SELECT area, subjects FROM kin.residents WHERE measure = 'residents'$$, $$SELECT area, count(*) FROM (SELECT person, min(cell::text COLLATE "C") AS area
	FROM kin.seen WHERE at::time < '06:00' GROUP BY person) AS h GROUP BY 1 HAVING count(*) >= 10$$, 'residents: by where they sleep');

/* ---- what must not get through ---- */
CREATE FUNCTION pg_temp.planted(ids text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	p	text;
	n	bigint;
	found text := '';
BEGIN
	FOR p IN SELECT split_part(pipeline, '.', 2) FROM pipeline ORDER BY 1 LOOP
		EXECUTE format($q$SELECT count(*) FROM kin.%I AS r, kin.place AS l WHERE l.n = ANY (%L::int[]) AND position(l.cell::text IN r::text) > 0$q$, p, ids) INTO n;
		IF n > 0 THEN found := found || p || ' '; END IF;
	END LOOP;
	RETURN found;
END
$$;
SELECT is(pg_temp.planted('{12,13,14}'), '', 'a family of four is in no release of any kind');
SELECT is(pg_temp.planted('{15,16,17}'), 'phones ', '25 phones of one owner are in none that counts accounts, and in the one that does not');
SELECT is_empty($$SELECT FROM kin.visits WHERE area = 'company' OR value = 'company'$$, 'nor is their area');
SELECT is_empty($$SELECT FROM kin.adaptive WHERE cell @> coarsen_cell(53.2, 13.4, '100m')$$, 'nor are both together where areas grow up to 50 km');

/* ---- what was withheld ---- */
SELECT is((SELECT number FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'kin.persons' AND reason = 'unusable position'), 16::bigint, 'positions that are none');
SELECT is((SELECT number FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'kin.dwell' AND reason = 'unusable position'), 16::bigint, 'for every kind');
CREATE FUNCTION pg_temp.withheld(name text) RETURNS bigint LANGUAGE sql AS $$
	SELECT number FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'kin.' || name AND reason = 'fewer than k subjects' $$;
SELECT is(pg_temp.withheld('persons'), (SELECT count(DISTINCT (day, cell::text)) FROM kin.seen) - (SELECT count(*) FROM kin.persons), 'groups of cells');
SELECT is(pg_temp.withheld('adaptive'), (SELECT count(*) FROM (SELECT DISTINCT date_trunc('hour', at) AS bucket, fine FROM kin.seen) AS g
	WHERE NOT EXISTS (SELECT FROM kin.adaptive AS r WHERE r.bucket = g.bucket AND r.cell @> g.fine)), 'groups of the finest cells that are in no area');
SELECT is(pg_temp.withheld('parted'), (SELECT count(*) FROM (SELECT DISTINCT date_trunc('day', e.at) AS bucket, coarsen_cell(e.latitude, e.longitude, '100m') AS fine,
		CASE WHEN p.id > 200 OR p.id % 5 IN (1, 2, 3) THEN e.bytes::text END AS bytes
		FROM kin.events AS e JOIN kin.phone AS p USING (subject) WHERE (p.id > 200 OR p.id % 5 <> 0) AND e.latitude < 90) AS g
	WHERE NOT EXISTS (SELECT FROM kin.parted AS r WHERE r.bucket = g.bucket AND r.cell @> g.fine AND r.bytes IS NOT DISTINCT FROM g.bytes)), 'of a breakdown, too');
SELECT is((SELECT bool_or(bytes IS NULL) FROM kin.parted), true, 'also where it is null');
SELECT is(pg_temp.withheld('timed'), (SELECT count(*) FROM (SELECT DISTINCT date_trunc('hour', at) AS bucket, cell FROM kin.seen) AS g
	WHERE NOT EXISTS (SELECT FROM kin.timed AS r WHERE g.bucket >= r.bucket AND g.bucket < r.bucket + r.width AND r.cell @> g.cell)), 'nor in a longer period');
SELECT is(pg_temp.withheld('wide_flows'), (SELECT count(*) FROM (SELECT DISTINCT day, origin, destination FROM kin.trip) AS g
	WHERE NOT EXISTS (SELECT FROM kin.wide_flows AS r WHERE r.bucket = g.day AND r.origin @> g.origin AND r.destination @> g.destination)), 'pairs of cells that are in no flow');

/* ---- what the audit finds ---- */
CREATE FUNCTION pg_temp.found(change text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
BEGIN
	EXECUTE format('ALTER TABLE kin.%I DISABLE TRIGGER USER', name);
	EXECUTE change;
	EXECUTE format('ALTER TABLE kin.%I ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_row, ENABLE ALWAYS TRIGGER published_only', name);
	wrong := (SELECT string_agg(check_name, ', ') FROM audit('kin.' || name) WHERE NOT ok);
	RAISE EXCEPTION 'undo' USING ERRCODE = 'MRZZZ';
EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN
	RETURN wrong;
END
$$;
SELECT is(pg_temp.found($$INSERT INTO kin.adaptive SELECT bucket, coarsen_cell(cell, '50km'), 99, 1 FROM kin.adaptive WHERE cell_resolution(cell) = '100m' LIMIT 1$$, 'adaptive'),
	'no two rows overlap, rows are those that were published', 'an area around another');
SELECT is(pg_temp.found($$INSERT INTO kin.timed SELECT bucket_start(bucket, '6 hours', 'UTC'), '6 hours', coarsen_cell(cell, '10km'), 99, 1 FROM kin.timed WHERE width = '1 hour' ORDER BY bucket DESC LIMIT 1$$, 'timed'),
	'no two rows overlap, rows are those that were published', 'a longer period around a shorter one');
SELECT is(pg_temp.found($$INSERT INTO kin.wide_flows SELECT bucket, coarsen_cell(origin, '50km'), destination, 99, 99, 1 FROM kin.wide_flows WHERE cell_resolution(origin) = '1km' LIMIT 1$$, 'wide_flows'),
	'no two rows overlap, rows are those that were published', 'a flow from around another one''s origin');
SELECT is(pg_temp.found($$INSERT INTO kin.wide_flows SELECT bucket, coarsen_cell(origin, '50km'), cell, 99, 99, 1 FROM kin.wide_flows, coarsen_cell(48, 2, '1km') AS cell LIMIT 1$$, 'wide_flows'),
	'rows are those that were published', 'but not one to somewhere else');
SELECT is(pg_temp.found($$UPDATE kin.visits SET amount = amount + 1 WHERE measure = 'visits'$$, 'visits'), 'rows are those that were published', 'another amount');
CREATE FUNCTION pg_temp.problem() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
BEGIN
	ALTER TABLE kin.residents DISABLE TRIGGER USER;
	UPDATE kin.residents SET subjects = subjects + 1 WHERE measure = 'residents';
	wrong := (SELECT problem FROM verify_release('kin.residents'));
	RAISE EXCEPTION 'undo' USING ERRCODE = 'MRZZZ';
EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN
	RETURN wrong;
END
$$;
SELECT alike(pg_temp.problem(), 'row % is not what was published: area 1km%, measure residents', 'verify_release() names a row that has no cell');

-- Two releases of the same events with one reader.
SELECT is((SELECT detail FROM audit('kin.flows') WHERE check_name = 'nobody has another release of the same events'), NULL, 'one reader, one release');
SELECT grant_release('kin.chains', 'tap_kinds_planner');
SELECT is((SELECT detail FROM audit('kin.flows') WHERE check_name = 'nobody has another release of the same events'),
	'tap_kinds_planner also reads kin.chains (chains of tap_kinds, 1km, 1 day, k = 10)', 'a reader of two is named, and the other release');
SELECT is((SELECT ok FROM audit('kin.chains') WHERE check_name = 'nobody has another release of the same events'), false, 'on both sides');
SELECT revoke_release('kin.chains', 'tap_kinds_planner');
CREATE ROLE tap_kinds_both IN ROLE tap_kinds_planner, tap_kinds_analyst;
SELECT alike((SELECT detail FROM audit('kin.flows') WHERE NOT ok), 'tap_kinds_both also reads kin.persons %', 'also who is a member of two readers');
DROP ROLE tap_kinds_both;
SELECT create_recipient('tap_kinds_city');
UPDATE pipeline SET recipients = '{tap_kinds_city}' WHERE pipeline IN ('kin.dwell', 'kin.visits');
SELECT is((SELECT detail FROM audit('kin.dwell') WHERE NOT ok), 'recipient tap_kinds_city also receives kin.visits (places of tap_kinds, 1km, 1 day, k = 10)', 'and a recipient of two');
SELECT create_recipient_release('kin.copy', 'kin.flows', 'tap_kinds_city', readers => '{tap_kinds_planner}');
SELECT is((SELECT string_agg(detail, ' ') FROM audit('kin.flows') WHERE NOT ok), NULL, 'a copy has the same numbers');

/* ---- refused ---- */
CREATE FUNCTION pg_temp.refused(arguments text, state text, what text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT pipeline_sql(%L, %L, %L, %s)', 'kin.x', 'kin.events', 'tap_kinds', arguments), state, NULL, what) $$;
SELECT pg_temp.refused($$kind => 'footprint'$$, '22023', 'a kind that there is not');
SELECT pg_temp.refused($$kind => 'dwell', resolutions => '{1km,10km}'$$, '22023', 'what a kind does not take');
SELECT pg_temp.refused($$kind => 'places', breakdowns => '{bytes}'$$, '22023', 'breakdowns, too');
SELECT pg_temp.refused($$resolutions => '{2km,5km}'$$, '22023', 'resolutions that do not divide each other');
SELECT pg_temp.refused($$resolutions => '{5km,1km}'$$, '22023', 'or in the wrong order');
SELECT pg_temp.refused($$resolutions => '{1km,1km}'$$, '22023', 'or twice');
SELECT pg_temp.refused($$resolutions => '{}'$$, '22023', 'or none');
SELECT pg_temp.refused($$buckets => '{7 hours}', bucket => '1 day'$$, '22023', 'buckets that do not divide the window');
SELECT pg_temp.refused($$buckets => '{6 hours,1 hour}', bucket => '1 day'$$, '22023', 'or in the wrong order');
SELECT pg_temp.refused($$cells_per_day => 4$$, '22023', 'a bound per day where hours are published');
SELECT pg_temp.refused($$cells_per_day => 0, bucket => '1 day'$$, '22023', 'or of nothing');
SELECT pg_temp.refused($$measures => ARRAY[measure('max', 'bytes', 10)]$$, '22023', 'a maximum is one person''s');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'bytes', 10), measure('avg', 'bytes', 20)]$$, '22023', 'two bounds of one column');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'bytes', 0)]$$, '22023', 'a bound of nothing');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'bytes', 10, 0.5)]$$, '22023', 'a sum with a fraction');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'contract', 10)]$$, '42704', 'a column that nobody was asked about');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'bytes', 10, name => 'subjects')]$$, '42701', 'a name that is taken');
SELECT pg_temp.refused($$measures => ARRAY[measure('sum', 'bytes', 10)], buckets => '{1 hour,1 day}', bucket => '1 day'$$, '22023', 'measures of rows of several lengths');
SELECT pg_temp.refused($$account_column => 'latitude'$$, '42804', 'an account that is a position');
SELECT pg_temp.refused($$account_column => 'nothing'$$, '42703', 'an account that is no column');
SELECT pg_temp.refused($$kind => 'dwell', minimum_stay => '-1 minute'$$, '22023', 'stays of less than nothing');
SELECT pg_temp.refused($$kind => 'dwell', maximum_gap => '1 month'$$, '22023', 'and months');
SELECT pg_temp.refused($$kind => 'flows', trips_per_day => 0$$, '22023', 'no trips');
SELECT pg_temp.refused($$kind => 'places', places => 'nowhere'$$, '42704', 'areas that there are not');
SELECT pg_temp.refused($$kind => 'places', places => 'tap_kinds', homes => '5km'$$, '22023', 'homes of one night');
SELECT throws_ok($$SELECT create_area('tap_kinds', 'more', ARRAY[coarsen_cell(52.3, 13.3, '1km')])$$, '55000', NULL, 'areas that a release was made of stay as they are');
SELECT * FROM finish();
