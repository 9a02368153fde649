-- Buckets of time on the clock of a time zone.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set VERBOSITY terse
-- An hour is an hour, a week begins on Monday.
SELECT mobanon.bucket_start('2024-06-13 14:59:59.999999+00', '1 hour', 'UTC') AS hour,
	mobanon.bucket_start('2024-06-13 14:59:59.999999+00', '15 minutes', 'UTC') AS quarter,
	mobanon.bucket_start('2024-06-13 14:59:59.999999+00', '1 day', 'UTC') AS day,
	mobanon.bucket_start('2024-06-13 14:59:59.999999+00', '7 days', 'UTC') AS week;
-- In India hours begin at half past.
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '1 hour', 'Asia/Kolkata') AT TIME ZONE 'Asia/Kolkata' AS hour_in_kolkata;
-- The clock goes forward: Berlin, 31 March 2024, 2:00 to 3:00.
SELECT span, mobanon.bucket_start(t, span, 'Europe/Berlin') AS start,
	mobanon.bucket_end(t, span, 'Europe/Berlin') - mobanon.bucket_start(t, span, 'Europe/Berlin') AS length, count(*) AS minutes
FROM (VALUES ('1 hour'::interval), ('2 hours'), ('1 day')) AS s (span),
	generate_series('2024-03-30 23:00+00'::timestamptz, '2024-03-31 02:59+00', '1 minute') AS t
GROUP BY 1, 2, 3 ORDER BY 1, 2;
-- And back: 27 October 2024, 3:00 to 2:00; the hour that is passed twice.
SELECT span, mobanon.bucket_start(t, span, 'Europe/Berlin') AS start,
	mobanon.bucket_end(t, span, 'Europe/Berlin') - mobanon.bucket_start(t, span, 'Europe/Berlin') AS length, count(*) AS minutes
FROM (VALUES ('1 hour'::interval), ('2 hours'), ('1 day')) AS s (span),
	generate_series('2024-10-26 22:00+00'::timestamptz, '2024-10-27 02:59+00', '1 minute') AS t
GROUP BY 1, 2, 3 ORDER BY 1, 2;
-- 24 hours on the clock are a day.
SELECT mobanon.bucket_end(t, '24 hours', 'Europe/Berlin') - mobanon.bucket_start(t, '24 hours', 'Europe/Berlin') AS length
FROM unnest('{2024-03-31 12:00+00, 2024-06-01 12:00+00, 2024-10-27 12:00+00}'::timestamptz[]) AS t;
-- Samoa had no 30 December 2011.
SELECT mobanon.bucket_start(t, '1 day', 'Pacific/Apia') AS start, count(*) AS hours
FROM generate_series('2011-12-29 10:00+00'::timestamptz, '2011-12-31 09:00+00', '1 hour') AS t GROUP BY 1 ORDER BY 1;
-- What is outside of time stays there; what is unknown stays unknown.
SELECT mobanon.bucket_start('infinity', '1 hour', 'UTC'), mobanon.bucket_start('-infinity', '1 day', 'UTC'),
	mobanon.bucket_start(NULL, '1 day', 'UTC');
-- What cannot be.
\set VERBOSITY default
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '1 month', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '7 minutes', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '5 hours', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '36 hours', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '-1 hour', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '0', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '0.5 seconds', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '400 days', 'UTC');
SELECT mobanon.bucket_start('2024-06-13 14:59+00', '1 hour', 'Europe/Nowhere');
SELECT mobanon.bucket_start('294276-12-31 23:00+00', '1 hour', 'UTC');
