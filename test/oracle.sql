/*
 * The whole pipeline in plain SQL: what a release must hold, row by row.
 *
 * Of mobanon's functions it uses none.  Consent comes from the ledger's rows,
 * the tile from the published formula (Microsoft's tile system), the LAEA cell
 * from EPSG Guidance Note 7-2 (method 9820), the bucket from the local clock,
 * the number of subjects from count(DISTINCT).  For programs in test/t:
 *
 *	psql -v purpose=... -v is_tile=0|1 -v size=1000|13 -v days=N -v k=N -v time_zone=... -v from=... -f test/oracle.sql
 *
 * makes the table oracle (bucket, cell text, subjects) from the table raw
 * (subject, event_time, latitude, longitude).  Buckets are of one hour (days=0),
 * or of whole days counted from Monday, 1 January 2001.
 */
SET jit = off;
CREATE TEMP TABLE decision AS
SELECT l.subject, l.decided_at, l.state,
	lead(l.decided_at) OVER (PARTITION BY l.subject ORDER BY l.decided_at) AS until
FROM mobanon.consent_ledger AS l JOIN mobanon.consent_scope AS s USING (scope_id)
WHERE s.purpose = :'purpose' AND s.category = 'location' AND l.counts;
ANALYZE decision, raw;

-- Events with consent at their time and now, at usable times.
CREATE TEMP TABLE lawful AS
SELECT r.subject, r.event_time, r.latitude, r.longitude
FROM raw AS r
JOIN decision AS d ON d.subject = r.subject AND d.decided_at <= r.event_time AND (d.until IS NULL OR r.event_time < d.until)
JOIN decision AS present ON present.subject = r.subject AND present.until IS NULL
WHERE d.state = 'granted' AND present.state = 'granted'
	AND r.event_time >= :'from'::timestamptz
	AND r.event_time < date_trunc('hour', now() - interval '24 hours');

CREATE TEMP TABLE binned AS
SELECT subject,
	CASE WHEN :days = 0 THEN date_trunc('hour', event_time)
		ELSE (date '2001-01-01' + ((event_time AT TIME ZONE :'time_zone')::date - date '2001-01-01') / GREATEST(:days, 1) * GREATEST(:days, 1))::timestamp
			AT TIME ZONE :'time_zone' END AS bucket,
	latitude AS la, longitude AS lo
FROM lawful
WHERE latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180;

CREATE TEMP TABLE placed AS
SELECT DISTINCT la, lo, NULL::text AS cell FROM binned;
ANALYZE binned, placed;

\if :is_tile
-- the quadkey of the tile: the bits of x and y in turns, y first
UPDATE placed SET cell = (
	SELECT string_agg((((y >> bit) & 1) * 2 + ((x >> bit) & 1))::text, '' ORDER BY bit DESC)
	FROM (SELECT floor((lo + 180) / 360 * (1 << :size))::int AS x,
			floor((0.5 - ln((1 + sin(radians(la))) / (1 - sin(radians(la)))) / (4 * pi())) * (1 << :size))::int AS y) AS t,
		generate_series(0, :size - 1) AS bit)
WHERE abs(la) <= 85.05112878;
\else
-- Lambert azimuthal equal area, ETRS89 (GRS 80), origin 52 N 10 E; letters as in the Guidance Note
CREATE FUNCTION pg_temp.q(phi float8) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN
	(SELECT (1 - e * e) * (sin(phi) / (1 - e * e * sin(phi) ^ 2) - 1 / (2 * e) * ln((1 - e * sin(phi)) / (1 + e * sin(phi))))
	 FROM (SELECT sqrt(2 / 298.257222101::float8 - 1 / 298.257222101::float8 ^ 2) AS e) AS ellipsoid);
CREATE TEMP TABLE laea AS
SELECT qp, b0, rq, 6378137 * cos(radians(52)) / sqrt(1 - e2 * sin(radians(52)) ^ 2) / (rq * cos(b0)) AS d
FROM (SELECT pg_temp.q(pi() / 2) AS qp, asin(pg_temp.q(radians(52)) / pg_temp.q(pi() / 2)) AS b0,
	6378137 * sqrt(pg_temp.q(pi() / 2) / 2) AS rq, 2 / 298.257222101::float8 - 1 / 298.257222101::float8 ^ 2 AS e2) AS c;
UPDATE placed AS p SET cell =
	CASE WHEN :size >= 1000 THEN :size / 1000 || 'km' ELSE :size || 'm' END
	|| 'N' || floor(north / :size)::bigint * :size / zeros || 'E' || floor(east / :size)::bigint * :size / zeros
FROM (SELECT la, lo, 4321000 + big * d * cos(b) * sin(dl) AS east,
		3210000 + big / d * (cos(b0) * sin(b) - sin(b0) * cos(b) * cos(dl)) AS north
	FROM (SELECT *, rq * sqrt(2 / (1 + sin(b0) * sin(b) + cos(b0) * cos(b) * cos(dl))) AS big
		FROM (SELECT la, lo, d, b0, rq, asin(pg_temp.q(radians(la)) / qp) AS b, radians(lo - 10) AS dl
			FROM placed, laea OFFSET 0) AS beta OFFSET 0) AS b) AS en,
	-- the numbers are written without as many zeros as the size ends with
	(SELECT (10 ^ (length(:'size') - length(rtrim(:'size', '0'))))::bigint AS zeros) AS z
WHERE p.la = en.la AND p.lo = en.lo AND p.la BETWEEN 24.6 AND 84.73 AND p.lo BETWEEN -35.58 AND 44.83;
\endif

CREATE TABLE oracle AS
SELECT b.bucket, p.cell, count(DISTINCT b.subject) AS subjects
FROM binned AS b JOIN placed AS p USING (la, lo)
WHERE p.cell IS NOT NULL
GROUP BY b.bucket, p.cell
HAVING count(DISTINCT b.subject) >= :k;
