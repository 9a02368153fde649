-- blur_time: the time of an event, shifted a little, by a key.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT create_domain('blur', '1 day', '2024-03-01 00:00+00', '2024-03-03 00:00+00');
SELECT create_domain('blur_other', '1 day', '2024-03-01 00:00+00', '2024-03-03 00:00+00');
CREATE TEMP TABLE event AS
SELECT timestamptz '2024-03-01 12:00+00' + (i % 100) * interval '1 second' AS at, md5((i / 100)::text)::uuid AS pseudonym FROM generate_series(0, 9999) AS i;
CREATE TEMP TABLE blurred AS
SELECT at, pseudonym, blur_time(at, pseudonym, '10 minutes', 'blur') AS blurred, blur_time(at, pseudonym, '10 minutes', 'blur_other') AS other FROM event;
-- Bounded by half the spread either way, and spread over all of it.
SELECT min(blurred - at) >= -interval '5 minutes' AS low, max(blurred - at) < interval '5 minutes' AS high,
	min(blurred - at) < -interval '4 minutes 55 seconds' AS reaches_low, max(blurred - at) > interval '4 minutes 55 seconds' AS reaches_high FROM blurred;
-- Ten equal parts hold a tenth each: chi-squared with 9 degrees of freedom; by chance above 62 once in 10^9 runs.
SELECT sum((n - 1000) ^ 2 / 1000) < 62 AS uniform FROM (
	SELECT count(*) AS n FROM blurred GROUP BY width_bucket(extract(epoch FROM blurred - at), -300, 300, 10)) AS part;
-- Reproducible; another person, another time, another domain give another shift.
SELECT bool_and(blurred = blur_time(at, pseudonym, '10 minutes', 'blur')) AS same, count(DISTINCT blurred - at) > 9990 AS all_differ, avg((blurred = other)::int) < 0.01 AS domains_differ FROM blurred;
-- The smallest spread, whole days, and what is refused.
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '1 microsecond', 'blur');
SELECT abs(extract(epoch FROM blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '31 days', 'blur') - timestamptz '2024-03-01 12:00+00')) <= 31 * 43200 AS within;
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '0', 'blur');
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '-1 minute', 'blur');
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '1 month', 'blur');
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '32 days', 'blur');
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '2147483647 days', 'blur');
-- Without a key there is no blur, as there is no pseudonym.
SELECT blur_time('2024-03-05 12:00+00', '00000000-0000-8000-8000-000000000001', '10 minutes', 'blur');
SELECT blur_time('infinity', '00000000-0000-8000-8000-000000000001', '10 minutes', 'blur');
SELECT blur_time('2024-03-01 12:00+00', '00000000-0000-8000-8000-000000000001', '10 minutes', 'no such domain');
SELECT blur_time(NULL, '00000000-0000-8000-8000-000000000001', '10 minutes', 'blur') IS NULL AS null_in;
-- It has a key, so nobody may call it without a grant.
SELECT count(*) FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.oid = 'blur_time(timestamptz, uuid, interval, text)'::regprocedure AND a.grantee <> p.proowner;
