/*
 * The whole pipeline in plain SQL: what a release must hold, row by row.
 *
 * Of mobanon's functions it uses none.  Consent comes from the ledger's rows,
 * the tile from the published formula (Microsoft's tile system), the LAEA cell
 * from EPSG Guidance Note 7-2 (method 9820), the bucket from the local clock,
 * the number of subjects from count(DISTINCT).  Sourced by test/t/*.sh:
 *
 *	psql -v grid=laea|tile -v size=1000|13 -v days=N -v k=N -v time_zone=... -v from=... -f test/oracle.sql
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

-- Events with consent at their time and now, at usable times.
CREATE TEMP TABLE lawful AS
SELECT r.subject, r.event_time, r.latitude, r.longitude
FROM raw AS r
WHERE EXISTS (SELECT FROM decision AS d WHERE d.subject = r.subject AND d.state = 'granted'
		AND d.decided_at <= r.event_time AND (d.until IS NULL OR r.event_time < d.until))
	AND EXISTS (SELECT FROM decision AS d WHERE d.subject = r.subject AND d.state = 'granted' AND d.until IS NULL)
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

\if :is_tile
-- the quadkey of the tile: the bits of x and y in turns, y first
UPDATE placed SET cell = (
	SELECT string_agg((((y >> bit) & 1) * 2 + ((x >> bit) & 1))::text, '' ORDER BY bit DESC)
	FROM (SELECT floor((lo + 180) / 360 * (1 << :size))::int AS x,
			floor((0.5 - ln((1 + sin(radians(la))) / (1 - sin(radians(la)))) / (4 * pi())) * (1 << :size))::int AS y) AS t,
		generate_series(0, :size - 1) AS bit)
WHERE abs(la) <= 85.05112878;
\else
-- Lambert azimuthal equal area, ETRS89 (GRS 80), origin 52 N 10 E
UPDATE placed SET cell = (
	WITH ellipsoid AS (
		SELECT 6378137.0::float8 AS a, sqrt(2 / 298.257222101 - 1 / 298.257222101 ^ 2)::float8 AS e
	), q AS (
		SELECT a, e, v.name, (1 - e * e) * (sin(v.phi) / (1 - e * e * sin(v.phi) ^ 2) - 1 / (2 * e) * ln((1 - e * sin(v.phi)) / (1 + e * sin(v.phi)))) AS q
		FROM ellipsoid, (VALUES ('point', radians(la)), ('origin', radians(52)), ('pole', pi() / 2)) AS v (name, phi)
	), beta AS (
		SELECT a, e, max(q) FILTER (WHERE name = 'pole') AS qp,
			asin(max(q) FILTER (WHERE name = 'point') / max(q) FILTER (WHERE name = 'pole')) AS b,
			asin(max(q) FILTER (WHERE name = 'origin') / max(q) FILTER (WHERE name = 'pole')) AS b0
		FROM q GROUP BY a, e
	), r AS (
		SELECT *, a * sqrt(qp / 2) AS rq, radians(lo - 10) AS dl,
			a * cos(radians(52)) / sqrt(1 - e * e * sin(radians(52)) ^ 2) / (a * sqrt(qp / 2) * cos(b0)) AS d
		FROM beta
	), bb AS (
		SELECT *, rq * sqrt(2 / (1 + sin(b0) * sin(b) + cos(b0) * cos(b) * cos(dl))) AS big FROM r
	), en AS (
		SELECT 4321000 + big * d * cos(b) * sin(dl) AS east,
			3210000 + big / d * (cos(b0) * sin(b) - sin(b0) * cos(b) * cos(dl)) AS north
		FROM bb
	)
	SELECT CASE WHEN :size >= 1000 THEN :size / 1000 || 'km' ELSE :size || 'm' END
		|| 'N' || (floor(north / :size) * :size)::bigint / zeros || 'E' || (floor(east / :size) * :size)::bigint / zeros
	-- the numbers are written without as many zeros as the size ends with
	FROM en, (SELECT 10 ^ (length(:'size') - length(rtrim(:'size', '0'))) AS z) AS z, LATERAL (SELECT z.z::bigint AS zeros) AS n)
WHERE la BETWEEN 24.6 AND 84.73 AND lo BETWEEN -35.58 AND 44.83;
\endif

CREATE TABLE oracle AS
SELECT b.bucket, p.cell, count(DISTINCT b.subject) AS subjects
FROM binned AS b JOIN placed AS p USING (la, lo)
WHERE p.cell IS NOT NULL
GROUP BY b.bucket, p.cell
HAVING count(DISTINCT b.subject) >= :k;
