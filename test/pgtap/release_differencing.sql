-- Yesterday's copy minus today's must not be the person who withdrew.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(29);

CREATE ROLE tap_diff_dba;
CREATE ROLE tap_diff_processing;
GRANT mobanon_admin, tap_diff_processing TO tap_diff_dba;
CREATE SCHEMA diff AUTHORIZATION tap_diff_dba;
SET ROLE tap_diff_dba;
SET search_path = public, mobanon;
CREATE TABLE diff.events (subject bigint, at timestamptz, latitude numeric, longitude real);
SELECT mobanon.create_purpose('tap_diff', 'test');
SELECT mobanon.bind_purpose('tap_diff', 'tap_diff_processing');
SELECT mobanon.protect('diff.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_diff', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 40) AS i;
-- three hours, 30 people each, in one place
INSERT INTO diff.events
SELECT i + h, '2024-06-10 12:00+00'::timestamptz + h * interval '1 hour' + i * interval '1 minute', 52.516, 13.377
FROM generate_series(1, 30) AS i, generate_series(0, 2) AS h;
SELECT mobanon.create_pipeline('diff.footfall', 'diff.events', 'tap_diff', starts_at => '2024-06-10 00:00+00');
RESET ROLE;

-- Time goes by: the watermark is set so that the buckets before a time are closed.
CREATE FUNCTION pg_temp.it_is(at timestamptz) RETURNS void LANGUAGE sql AS $$
	UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - at) * interval '1 second' WHERE pipeline = 'diff.footfall'
$$;
-- What somebody keeps who copies the release, byte by byte, and what a naive view shows.
CREATE FUNCTION pg_temp.copy() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r::text, E'\n' ORDER BY bucket, cell) FROM diff.footfall AS r $$;
CREATE FUNCTION pg_temp.naive() RETURNS SETOF record LANGUAGE sql AS $$
	SELECT date_trunc('hour', e.at), count(DISTINCT e.subject) FROM diff.events AS e
	WHERE e.subject IN (SELECT s.subject::bigint FROM (SELECT DISTINCT ON (l.subject) l.subject, l.state FROM mobanon.consent_ledger AS l
		ORDER BY l.subject, l.entry_id DESC) AS s WHERE s.state = 'granted')
	GROUP BY 1 ORDER BY 1 $$;

SELECT pg_temp.it_is('2024-06-10 13:30+00');
SELECT is((mobanon.publish('diff.footfall')).window_to, '2024-06-10 13:00+00'::timestamptz, 'the bucket that is not over stays out');
SELECT results_eq('SELECT bucket, subjects FROM diff.footfall ORDER BY 1',
	$$VALUES ('2024-06-10 12:00+00'::timestamptz, 30::bigint)$$, 'one hour is out');
SELECT pg_temp.copy() AS before \gset
CREATE TEMP TABLE naive_before AS SELECT * FROM pg_temp.naive() AS n (bucket timestamptz, subjects bigint);

-- One person withdraws, another is seen late, a third was never there.
SELECT mobanon.withdraw_consent('17', 'tap_diff', 'app');
INSERT INTO diff.events VALUES (35, '2024-06-10 12:59:59.999999+00', 52.516, 13.377);
SELECT pg_temp.it_is('2024-06-10 14:00+00');
SELECT is((mobanon.publish('diff.footfall')).window_from, '2024-06-10 13:00+00'::timestamptz, 'the next publication goes on where the first ended');
SELECT is(split_part(pg_temp.copy(), E'\n', 1), :'before', 'what was out is the same, byte by byte');
SELECT results_eq('SELECT bucket, subjects, publication FROM diff.footfall ORDER BY 1',
	$$VALUES ('2024-06-10 12:00+00'::timestamptz, 30::bigint, 1), ('2024-06-10 13:00+00', 29, 2)$$,
	'the withdrawal counts in the hour that was not');
SELECT isnt((SELECT subjects FROM pg_temp.naive() AS n (bucket timestamptz, subjects bigint) WHERE bucket = '2024-06-10 13:00+00'),
	(SELECT subjects FROM naive_before WHERE bucket = '2024-06-10 13:00+00'), 'where a naive view betrays it');
SELECT is((SELECT number FROM publication_withheld WHERE publication = 2 AND reason = 'unusable position'), 0::bigint, 'nothing was withheld');
SELECT is((SELECT count(*) FROM mobanon.audit('diff.footfall') WHERE NOT ok), 0::bigint, 'the audit passes');

-- On the boundary: an event at 14:00 sharp is of the bucket that begins then.
INSERT INTO diff.events SELECT i, '2024-06-10 15:00+00', 52.516, 13.377 FROM generate_series(1, 25) AS i;
SELECT pg_temp.it_is('2024-06-10 15:00+00');
SELECT mobanon.publish('diff.footfall');
SELECT pg_temp.it_is('2024-06-10 16:00+00');
SELECT mobanon.publish('diff.footfall');
SELECT results_eq('SELECT bucket, subjects, publication FROM diff.footfall WHERE publication > 2 ORDER BY 1',
	$$VALUES ('2024-06-10 14:00+00'::timestamptz, 29::bigint, 3), ('2024-06-10 15:00+00', 24, 4)$$, 'a boundary belongs to the bucket that it begins');

-- Nothing happened: an entry without rows, and the windows go on.
SELECT pg_temp.it_is('2024-06-11 00:00+00');
SELECT is((mobanon.publish('diff.footfall')).rows, 0::bigint, 'an empty publication');
SELECT is((SELECT published_until FROM pipeline WHERE pipeline = 'diff.footfall'), '2024-06-11 00:00+00'::timestamptz, 'advances all the same');
-- The clock goes back (or the watermark is raised): nothing is published again.
SELECT pg_temp.it_is('2024-06-10 12:00+00');
SELECT is((mobanon.publish('diff.footfall')) IS NULL, true, 'nothing new when the clock went back');
SELECT is((SELECT published_until FROM pipeline WHERE pipeline = 'diff.footfall'), '2024-06-11 00:00+00'::timestamptz, 'and nothing moves back');

-- A transaction that is rolled back published nothing.
SELECT pg_temp.it_is('2024-06-11 02:00+00');
INSERT INTO diff.events SELECT i, '2024-06-11 00:30+00', 52.516, 13.377 FROM generate_series(1, 25) AS i;
BEGIN;
SELECT is((mobanon.publish('diff.footfall')).rows, 1::bigint, 'published in a transaction');
ROLLBACK;
SELECT is((SELECT count(*) FROM diff.footfall), 4::bigint, 'rolled back: not a row');
SELECT is((SELECT count(*) FROM publication), 5::bigint, 'and no entry');
-- A snapshot that may be older than a withdrawal is refused.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT throws_ok($$SELECT mobanon.publish('diff.footfall')$$, '25000', NULL, 'not in REPEATABLE READ');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT throws_ok($$SELECT mobanon.publish('diff.footfall')$$, '25000', NULL, 'not in SERIALIZABLE');
ROLLBACK;

-- Dropped, and made again under its name: what was published is not computed again.
SET ROLE tap_diff_dba;
SET search_path = public, mobanon;
SELECT mobanon.drop_pipeline('diff.footfall', release => true);
SELECT throws_like($$SELECT mobanon.create_pipeline('diff.footfall', 'diff.events', 'tap_diff', starts_at => '2024-06-10 00:00+00')$$,
	'%windows up to 2024-06-11 00:00:00+00 were published%', 'the name remembers its windows');
SELECT lives_ok($$SELECT mobanon.create_pipeline('diff.footfall', 'diff.events', 'tap_diff', starts_at => '2024-06-11 00:00+00')$$,
	'later windows are free');
SELECT is((mobanon.publish('diff.footfall')).rows, 1::bigint, 'and come out');
RESET ROLE;
SELECT is((SELECT count(*) FROM publication WHERE pipeline = 'diff.footfall'), 6::bigint, 'the register has both lives');
SELECT is((SELECT count(*) FROM mobanon.audit('diff.footfall') WHERE NOT ok), 0::bigint, 'and the audit passes');
-- A backlog comes out in parts; together they are what one publication would have been.
INSERT INTO diff.events SELECT i, '2024-07-01 00:30+00'::timestamptz + h * interval '7 hours', 52.516, 13.377 FROM generate_series(1, 30) AS i, generate_series(0, 9) AS h;
SELECT mobanon.create_pipeline('diff.parts', 'diff.events', 'tap_diff', starts_at => '2024-07-01 00:00+00', domain => 'diff.footfall');
SELECT mobanon.create_pipeline('diff.whole', 'diff.events', 'tap_diff', starts_at => '2024-07-01 00:00+00', domain => 'diff.footfall');
UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - '2024-07-04 00:00+00') * interval '1 second' WHERE pipeline IN ('diff.parts', 'diff.whole');
SELECT is((mobanon.publish('diff.parts', '2024-07-01 05:59+00')).window_to, '2024-07-01 05:00+00'::timestamptz, 'up to a time: whole buckets before it');
SELECT is((mobanon.publish('diff.parts', '2024-07-01 03:00+00')) IS NULL, true, 'an earlier time: nothing');
SELECT is((SELECT publish_until FROM pipeline WHERE pipeline = 'diff.parts'), NULL, 'and no trace of it');
CALL mobanon.publish_backlog('diff.parts', '20 hours');
SELECT mobanon.publish('diff.whole');
SELECT is((SELECT count(*) FROM publication WHERE pipeline = 'diff.parts'), 5::bigint, 'a backlog in parts');
SELECT bag_eq('SELECT bucket, cell::text, subjects FROM diff.parts', 'SELECT bucket, cell::text, subjects FROM diff.whole', 'is the same as a whole');
SELECT is((SELECT count(*) FROM mobanon.audit('diff.parts') WHERE NOT ok), 0::bigint, 'and passes the audit');
SELECT * FROM finish();
