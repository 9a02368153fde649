-- Buckets against a plain-SQL reading of the clock, minute by minute, around
-- every kind of change a clock has made; and the laws that hold everywhere.
\set QUIET 1
SET search_path = mobanon, public;
SET timezone = 'UTC';
SET client_min_messages = warning;

-- zone, and a day around which its clock did something
CREATE TEMP TABLE change (n int, zone text, around timestamptz, what text);
INSERT INTO change VALUES
(1, 'Europe/Berlin', '2024-03-31 01:00+00', 'forward at 2:00'),
(2, 'Europe/Berlin', '2024-10-27 01:00+00', 'back at 3:00'),
(3, 'America/Havana', '2024-11-03 05:00+00', 'back at 1:00 to midnight'),
(4, 'America/Havana', '2024-03-10 05:00+00', 'forward at midnight'),
(5, 'America/St_Johns', '2010-11-07 02:31+00', 'back at 0:01 to the day before'),
(6, 'Australia/Lord_Howe', '2024-04-06 15:00+00', 'back by half an hour'),
(7, 'Australia/Lord_Howe', '2024-10-05 15:30+00', 'forward by half an hour'),
(8, 'Pacific/Apia', '2011-12-30 10:00+00', 'over the date line: a day skipped'),
(9, 'Asia/Kathmandu', '2024-05-01 00:00+00', 'an offset of 5:45'),
(10, 'Asia/Pyongyang', '2015-08-14 15:00+00', 'back by half an hour at midnight'),
(11, 'UTC', '2024-02-29 00:00+00', 'nothing');
CREATE TEMP TABLE span (span interval);
INSERT INTO span VALUES ('15 minutes'), ('1 hour'), ('2 hours'), ('3 hours'), ('12 hours'), ('1 day'), ('3 days');

-- The oracle: a boundary of the clock is reached at the first minute at which
-- the clock shows it or a later time; the bucket of a minute begins at the
-- last boundary reached.
CREATE TEMP TABLE minute AS
SELECT n, zone, t, t AT TIME ZONE zone AS local
FROM change, generate_series(around - interval '4 days', around + interval '2 days', '1 minute') AS t;
CREATE INDEX ON minute (n, t);
CREATE FUNCTION pg_temp.oracle(change int, span interval) RETURNS TABLE (t timestamptz, start timestamptz)
LANGUAGE sql AS $$
	WITH furthest AS (
		SELECT m.t, max(date_bin(span, m.local, '2001-01-01')) OVER (ORDER BY m.t) AS boundary
		FROM minute AS m WHERE m.n = change
	)
	SELECT f.t, min(f.t) OVER (PARTITION BY f.boundary) FROM furthest AS f
$$;
SELECT plan((SELECT count(*)::int FROM change) * 4 + 22);

SELECT is((SELECT count(*) FROM (
		SELECT o.t, o.start, mobanon.bucket_start(o.t, s.span, c.zone) AS ours
		FROM span AS s, pg_temp.oracle(c.n, s.span) AS o WHERE s.span > '1 hour'
	) AS r
	-- the first bucket of the oracle is cut off by the start of its minutes
	WHERE r.ours <> r.start AND r.start > (SELECT min(t) FROM minute AS m WHERE m.n = c.n)),
	0::bigint, format('%s, %s: buckets longer than an hour as read off the clock', c.zone, c.what))
FROM change AS c ORDER BY n;

SELECT is((SELECT count(*) FROM minute AS m, span AS s
	WHERE m.n = c.n AND s.span <= '1 hour'
	AND mobanon.bucket_start(m.t, s.span, c.zone)
		<> date_bin(s.span, m.t, timestamp '2001-01-01' AT TIME ZONE c.zone)),
	0::bigint, format('%s, %s: buckets up to an hour are what date_bin gives', c.zone, c.what))
FROM change AS c ORDER BY n;

SELECT is((SELECT count(*) FROM minute AS m, span AS s, LATERAL (
		SELECT mobanon.bucket_start(m.t, s.span, c.zone) AS start, mobanon.bucket_end(m.t, s.span, c.zone) AS end_at) AS b
	WHERE m.n = c.n AND (m.t < b.start OR m.t >= b.end_at OR mobanon.bucket_start(b.start, s.span, c.zone) <> b.start
		OR mobanon.bucket_start(b.end_at, s.span, c.zone) <> b.end_at
		OR mobanon.bucket_end(b.end_at - interval '1 microsecond', s.span, c.zone) <> b.end_at)),
	0::bigint, format('%s, %s: a bucket contains its times, and the next begins where it ends', c.zone, c.what))
FROM change AS c ORDER BY n;

SELECT is((SELECT count(*) FROM (
		SELECT s.span, mobanon.bucket_start(m.t, s.span, c.zone) AS start,
			lag(mobanon.bucket_start(m.t, s.span, c.zone)) OVER (PARTITION BY s.span ORDER BY m.t) AS before
		FROM minute AS m, span AS s WHERE m.n = c.n) AS r WHERE r.before > r.start),
	0::bigint, format('%s, %s: the start never goes back', c.zone, c.what))
FROM change AS c ORDER BY n;

-- Weeks, and days of a year, as date_trunc has them in a zone without a midnight change.
SELECT is((SELECT count(*) FROM generate_series('2023-01-01 00:00+00'::timestamptz, '2026-01-01 00:00+00', '47 minutes') AS t
	WHERE mobanon.bucket_start(t, '7 days', 'Europe/Berlin') <> date_trunc('week', t, 'Europe/Berlin')), 0::bigint, 'seven days are a week, from Monday');
SELECT is((SELECT count(*) FROM generate_series('2023-01-01 00:00+00'::timestamptz, '2026-01-01 00:00+00', '47 minutes') AS t
	WHERE mobanon.bucket_start(t, '1 day', 'America/New_York') <> date_trunc('day', t, 'America/New_York')), 0::bigint, 'a day is a day');
-- before the origin, and in the times of local mean time
SELECT is(mobanon.bucket_start('1999-12-31 23:30+00', '1 hour', 'UTC'), '1999-12-31 23:00+00'::timestamptz, 'before the origin');
SELECT is(mobanon.bucket_start('2000-12-31 23:00+00', '1 hour', 'UTC'), '2000-12-31 23:00+00'::timestamptz, 'on a boundary before the origin');
SELECT is(mobanon.bucket_start('1990-01-01 12:00+00', '7 days', 'UTC'), '1990-01-01 00:00+00'::timestamptz, 'a Monday before the origin');
SELECT is(mobanon.bucket_start('0044-03-15 12:00+00 BC', '1 day', 'UTC'), '0044-03-15 00:00+00 BC'::timestamptz, 'long before');
-- One call site, changing arguments: nothing is remembered wrongly.
SELECT is((SELECT count(*) FROM (VALUES ('1 hour'::interval, 'UTC'), ('1 day', 'UTC'), ('1 day', 'Europe/Berlin'), ('1 day', 'Europe/Berlin'), ('2 hours', 'Asia/Tokyo')) AS v (span, zone),
		generate_series('2024-06-01 00:00+00'::timestamptz, '2024-06-02 00:00+00', '7 minutes') AS t
	WHERE mobanon.bucket_start(t, v.span, v.zone) <>
		date_bin(v.span, t AT TIME ZONE v.zone, '2001-01-01') AT TIME ZONE v.zone), 0::bigint, 'arguments may change from row to row');
-- the expression a pipeline writes means the same
SELECT is((SELECT count(*) FROM (VALUES ('15 minutes'::interval), ('1 hour'), ('60 minutes')) AS v (span)
	WHERE mobanon.bucket_expression('t', v.span, 'Asia/Kathmandu') NOT LIKE 'date_bin%'), 0::bigint, 'date_bin where it is right');
SELECT is((SELECT count(*) FROM (VALUES ('2 hours'::interval), ('1 day'), ('7 days')) AS v (span)
	WHERE mobanon.bucket_expression('t', v.span, 'Asia/Kathmandu') NOT LIKE 'mobanon.bucket_start%'), 0::bigint, 'bucket_start where it is not');
-- Buckets of up to an hour are of one length, longer ones go by the local clock: where the one does not fit into the other, no pipeline.
CREATE ROLE tap_bucket_processing;
SELECT create_domain('tap_bucket', '10 years', '1940-01-01 00:00+00');
CREATE TABLE public.bucket_event (subject int, at timestamptz, latitude float8, longitude float8);
SELECT create_purpose('tap_bucket', 'test'), bind_purpose('tap_bucket', 'tap_bucket_processing'), protect('public.bucket_event', 'subject', 'at');
CREATE FUNCTION pg_temp.ladder(zone text, bucket interval, buckets interval[], starts_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pipeline_sql('public.lad', 'public.bucket_event', 'tap_bucket', bucket => bucket, buckets => buckets, time_zone => zone, starts_at => starts_at, domain => 'tap_bucket');
	RETURN 'fits';
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.ladder(zone, bucket, buckets, starts_at), result, format('%s: %s in %s from %s', zone, buckets, bucket, starts_at::date))
FROM (VALUES
	('Australia/Lord_Howe', interval '1 day', '{1 hour}'::interval[], timestamptz '2025-04-03 13:00+00', 'pipeline public.lad: the 1 day of Australia/Lord_Howe that begins at 2025-04-06 13:30:00+00 does not begin with a bucket of 01:00:00'),
	('Australia/Lord_Howe', '1 day', '{30 minutes}', '2025-04-03 13:00+00', 'fits'),
	('Australia/Lord_Howe', '1 day', '{2 hours}', '2025-04-03 13:00+00', 'fits'),
	('Australia/Lord_Howe', '1 day', '{30 minutes,2 hours,1 day}', '2025-06-03 13:30+00', 'fits'),
	('Australia/Lord_Howe', '1 day', '{30 minutes,1 hour,1 day}', '2025-06-03 13:30+00', 'pipeline public.lad: the 1 day of Australia/Lord_Howe that begins at 2025-06-03 13:30:00+00 does not begin with a bucket of 01:00:00'),
	('Australia/Lord_Howe', '1 day', '{1 hour,2 hours,4 hours,1 day}', '2025-06-03 13:30+00', 'pipeline public.lad: the 02:00:00 of Australia/Lord_Howe that begins at 2025-06-03 13:30:00+00 does not begin with a bucket of 01:00:00'),
	('Australia/Lord_Howe', '12 hours', '{20 minutes,2 hours,12 hours}', '2025-06-03 13:30+00', 'pipeline public.lad: the 02:00:00 of Australia/Lord_Howe that begins at 2025-06-03 13:30:00+00 does not begin with a bucket of 00:20:00'),
	('Asia/Colombo', '1 day', '{1 hour}', '2025-06-03 18:30+00', 'pipeline public.lad: the 1 day of Asia/Colombo that begins at 2025-06-03 18:30:00+00 does not begin with a bucket of 01:00:00'),
	('Asia/Kolkata', '1 day', '{20 minutes,1 hour,6 hours}', '1990-06-03 18:30+00', 'fits'),
	('Asia/Kathmandu', '1 day', '{1 hour}', '2025-06-03 18:15+00', 'fits'),
	('Europe/Berlin', '7 days', '{1 hour,1 day}', '1980-01-01 00:00+00', 'fits'),
	('America/Sao_Paulo', '1 day', '{1 hour,3 hours,12 hours}', '1985-01-01 03:00+00', 'fits'),
	('America/New_York', '1 day', '{15 minutes,1 hour,4 hours,1 day}', '1950-03-15 05:00+00', 'fits')) AS v (zone, bucket, buckets, starts_at, result);
SELECT * FROM finish();
