-- The whole pipeline against plain SQL: consent read off the grants,
-- count(DISTINCT subject), buckets read off the local clock.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(37);

CREATE ROLE tap_pipeline_dba;
CREATE ROLE tap_pipeline_processing;
GRANT mobanon_admin, tap_pipeline_processing TO tap_pipeline_dba;
CREATE SCHEMA geo AUTHORIZATION tap_pipeline_dba;
GRANT USAGE ON SCHEMA geo TO PUBLIC;
SET ROLE tap_pipeline_dba;
SET search_path = public, mobanon;
CREATE TABLE geo.events (id int, subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('tap_pipeline', 'test');
SELECT mobanon.bind_purpose('tap_pipeline', 'tap_pipeline_processing');
SELECT mobanon.protect('geo.events', 'subject', 'at');
RESET ROLE;

-- 400 subjects; two thirds consent, some later than their first events, some withdrew.
CREATE TABLE geo.grants (subject text, since timestamptz);
INSERT INTO geo.grants SELECT '4915100' || i, CASE WHEN i % 5 = 0 THEN '2024-03-31 00:30+00' ELSE '2024-01-01 00:00+00' END::timestamptz
FROM generate_series(1, 400) AS i WHERE i % 3 <> 0;
SELECT count(mobanon.grant_consent(subject, 'tap_pipeline', 'app', since)) FROM geo.grants;
SELECT count(mobanon.withdraw_consent('4915100' || i, 'tap_pipeline', 'app', '2024-03-31 12:00+00')) FROM generate_series(1, 400, 7) AS i;
DELETE FROM geo.grants WHERE subject IN (SELECT '4915100' || i FROM generate_series(1, 400, 7) AS i);

-- Events around both changes of the clock in Berlin, at four places of one city.
INSERT INTO geo.events
SELECT i, '4915100' || (1 + (i::bigint * 7919) % 400),
	CASE WHEN i % 2 = 0 THEN '2024-03-30 20:00+00' ELSE '2024-10-26 20:00+00' END::timestamptz
		+ ((i::bigint * 104729) % 129600) * interval '1 second',
	52.45 + ((i::bigint * 31) % 4) * 0.03, 13.3 + ((i::bigint * 17) % 2) * 0.05
FROM generate_series(1, 20000) AS i;
-- what data brings with it
INSERT INTO geo.events SELECT 100000 + i, e.subject, e.at, e.latitude, e.longitude FROM geo.events AS e, generate_series(1, 2) AS i WHERE e.id % 50 = 0;
INSERT INTO geo.events VALUES
(200000, NULL, '2024-03-31 01:00+00', 52.45, 13.3),
(200001, '49151001', NULL, 52.45, 13.3),
(200002, '49151002', '2024-03-31 01:00+00', 91, 13.3),
(200003, '49151002', '2024-03-31 01:00+00', 'NaN', 13.3),
(200004, '49151002', '2024-03-31 01:00+00', 52.45, 'infinity'),
(200005, '49151002', '2024-03-31 01:00+00', NULL, 13.3),
(200006, '49151002', '2024-03-31 01:00+00', -33.8, 151.2),
(200007, '49151002', 'infinity', 52.45, 13.3),
(200008, '49151002', '-infinity', 52.45, 13.3),
(200009, '49151002', '2999-01-01 00:00+00', 52.45, 13.3),
(200010, '49151002', now() + interval '1 minute', 52.45, 13.3),
(200011, '49151002', now() - interval '1 minute', 52.45, 13.3),
(200012, '49151002', '2024-02-01 00:00+00', 52.45, 13.3);

-- The oracle.  label: the bucket as a local time, which repeats where the clock
-- goes back; so the bucket is the first event time it may have.
CREATE FUNCTION pg_temp.oracle(span interval, zone text, resolution text, k int, since timestamptz)
RETURNS TABLE (bucket timestamptz, cell cell, subjects bigint) LANGUAGE sql AS $$
	WITH seen AS (
		SELECT e.subject, coarsen_cell(e.latitude, e.longitude, resolution) AS cell,
			CASE WHEN span <= '1 hour' THEN e.at - (extract(epoch FROM e.at)::numeric % extract(epoch FROM span)) * interval '1 second'
				 ELSE date_bin(span, e.at AT TIME ZONE zone, '2001-01-01') AT TIME ZONE zone END AS label
		FROM geo.events AS e JOIN geo.grants AS g ON g.subject = e.subject AND e.at >= g.since
		WHERE e.id < 200000 AND e.at >= since
	)
	SELECT CASE WHEN span = '2 hours' AND label = '2024-10-27 01:00+00' THEN '2024-10-27 00:00+00' ELSE label END,
		s.cell, count(DISTINCT s.subject)
	FROM seen AS s GROUP BY 1, 2 HAVING count(DISTINCT s.subject) >= k
$$;
CREATE TABLE geo.case_of (n int, name text, span interval, zone text, resolution text, k int, domain text);
-- epochs that change within every bucket, and none
SELECT mobanon.create_domain('uneven', '5 hours', '2024-01-01 00:17+00', '2024-11-15 00:00+00');
SELECT mobanon.create_domain('even', '1 year', '2024-01-01 00:00+00');
INSERT INTO geo.case_of VALUES
(1, 'hour_utc', '1 hour', 'UTC', '1km', 20, 'even'),
(2, 'hour_utc_uneven', '1 hour', 'UTC', '1km', 20, 'uneven'),
(3, 'quarter', '15 minutes', 'Europe/Berlin', '2km', 5, 'uneven'),
(4, 'two_hours', '2 hours', 'Europe/Berlin', 'z12', 20, 'uneven'),
(5, 'day', '1 day', 'Europe/Berlin', '500m', 20, 'uneven'),
(6, 'week', '7 days', 'Europe/Berlin', '1km', 5, 'uneven');
GRANT SELECT ON geo.case_of TO PUBLIC;
SET ROLE tap_pipeline_dba;
SET search_path = public, mobanon;
SELECT mobanon.create_pipeline('geo.' || name, 'geo.events', 'tap_pipeline', resolution => resolution, bucket => span, k => k,
	time_zone => zone, domain => domain, starts_at => '2024-03-25 00:00+00'::timestamp AT TIME ZONE zone)
FROM geo.case_of ORDER BY n;
REFRESH MATERIALIZED VIEW geo.hour_utc_candidate;
RESET ROLE;
-- A bucket of the week of 25 March, where all times are in one epoch of its start.
SELECT is((SELECT count(*) > 100 FROM pg_temp.oracle('1 hour', 'UTC', '1km', 20, '2024-03-25')), true, 'the oracle has something to say');
SELECT bag_eq('SELECT bucket, cell::text, subjects FROM geo.hour_utc_candidate',
	$$SELECT bucket, cell::text, subjects FROM pg_temp.oracle('1 hour', 'UTC', '1km', 20, '2024-03-25')$$, 'a plain REFRESH computes the candidate');
-- jit as it is where the publication is written down: nothing is compiled for it, whatever the session says
CREATE TEMP TABLE jit_seen (jit text);
CREATE FUNCTION pg_temp.see_jit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO pg_temp.jit_seen VALUES (current_setting('jit')); RETURN NULL; END $$;
GRANT INSERT ON jit_seen TO mobanon_owner;
CREATE TRIGGER see_jit AFTER INSERT ON mobanon.publication FOR EACH ROW EXECUTE FUNCTION pg_temp.see_jit();
SET jit = on;
SELECT is((mobanon.publish('geo.' || name)).publication, 1, name || ' is published') FROM geo.case_of ORDER BY n;
SELECT is(current_setting('jit'), 'on', 'jit is as it was');
RESET jit;
SELECT is((SELECT string_agg(DISTINCT jit, ',') FROM jit_seen), 'off', 'nothing of a publication is compiled');
DROP TRIGGER see_jit ON mobanon.publication;
CREATE FUNCTION pg_temp.compare(n int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE c geo.case_of;
BEGIN
	SELECT * INTO c FROM geo.case_of AS o WHERE o.n = compare.n;
	RETURN NEXT bag_eq(format('SELECT bucket, cell::text, subjects FROM geo.%I', c.name),
		format('SELECT bucket, cell::text, subjects FROM pg_temp.oracle(%L, %L, %L, %s, %L)', c.span, c.zone, c.resolution, c.k,
			'2024-03-25'::timestamp AT TIME ZONE c.zone),
		format('%s: every group that plain SQL counts, and no other', c.name));
	EXECUTE format('SELECT ok(count(*) > 0 AND min(subjects) >= %s, %L) FROM geo.%I', c.k, c.name || ' has rows, none below k', c.name) INTO c.name;
	RETURN NEXT c.name;
END
$$;
SELECT pg_temp.compare(n) FROM geo.case_of ORDER BY n;
SELECT is((SELECT count(*) FROM mobanon.audit('geo.' || name) WHERE NOT ok), 0::bigint, name || ' passes the audit')
FROM geo.case_of ORDER BY n;

-- What was left out, by reason.
SELECT is((SELECT number FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'geo.hour_utc' AND reason = 'unusable position'),
	5::bigint, 'events without a usable position are counted');
SELECT is((SELECT number FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'geo.hour_utc' AND reason = 'fewer than k subjects'),
	(SELECT count(*) FROM pg_temp.oracle('1 hour', 'UTC', '1km', 1, '2024-03-25')) - (SELECT count(*) FROM pg_temp.oracle('1 hour', 'UTC', '1km', 20, '2024-03-25')),
	'and so are the groups below k');

-- The hash is what somebody outside computes from the rows.
SELECT is((SELECT encode(w.sha256, 'hex') FROM publication_window AS w JOIN pipeline USING (pipeline_id)
		WHERE pipeline = 'geo.hour_utc' ORDER BY w.bucket LIMIT 1),
	(SELECT encode(sha256(convert_to(string_agg(to_char(bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z,"') || cell || ',' || subjects || E'\n', '' ORDER BY cell), 'UTF8')), 'hex')
		FROM geo.hour_utc WHERE bucket = (SELECT min(bucket) FROM geo.hour_utc)), 'the hash of a window is over its rows as text');

-- The same result on another plan: an index on the event time, parallel workers.
SELECT mobanon.pipeline_name('geo.hour_utc') AS name \gset
UPDATE mobanon.pipeline SET published_until = starts_at WHERE pipeline = :'name';
CREATE INDEX ON geo.events (at);
ANALYZE geo.events;
SET ROLE tap_pipeline_processing;
SET search_path = public, mobanon;
PREPARE stage AS SELECT bucket, cell::text, kanon_suppress(pseudonym, 20) AS subjects FROM geo.hour_utc_coarsened GROUP BY bucket, cell
	HAVING kanon_suppress(pseudonym, 20) IS NOT NULL AND cell IS NOT NULL;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END
$$;
RESET ROLE;
CREATE TEMP TABLE expected AS SELECT bucket, cell::text, subjects FROM geo.hour_utc;
GRANT SELECT ON expected TO PUBLIC;
SET ROLE tap_pipeline_processing;
SET enable_seqscan = off;
SELECT matches(pg_temp.plan('SELECT * FROM geo.hour_utc_pseudonymized'), 'Index Cond:.*published_until.*closed_until', 'the window is a condition of the index');
SELECT bag_eq('EXECUTE stage', 'SELECT * FROM expected', 'by the index');
-- the candidate as it is written down, on the plan for many events
SET enable_hashagg = off; SET enable_sort = off;
SELECT matches(pg_temp.plan(rtrim(pg_get_viewdef('geo.hour_utc_candidate'), ';')), 'Custom Scan .KanonScan.', 'the candidate can be computed by KanonScan');
RESET enable_hashagg; RESET enable_sort;
SELECT bag_eq(format('SELECT bucket, cell::text, subjects FROM (%s) AS candidate', rtrim(pg_get_viewdef('geo.hour_utc_candidate'), ';')), 'SELECT * FROM expected', 'and is the same');
RESET enable_seqscan;
DEALLOCATE stage;
SET enable_indexscan = off; SET enable_bitmapscan = off;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
PREPARE stage AS SELECT bucket, cell::text, kanon_suppress(pseudonym, 20) AS subjects FROM geo.hour_utc_coarsened GROUP BY bucket, cell
	HAVING kanon_suppress(pseudonym, 20) IS NOT NULL AND cell IS NOT NULL;
SELECT matches(pg_temp.plan('EXECUTE stage'), 'Partial (Hash|Group)Aggregate|Gather', 'in parallel');
SELECT bag_eq('EXECUTE stage', 'SELECT * FROM expected', 'by workers');
SELECT * FROM finish();
