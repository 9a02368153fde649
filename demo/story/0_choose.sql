/*
 * As the DBA, before the table is protected: grid, resolution and bucket for a
 * file that nobody has said anything about.
 *
 * Grid: the European statistical grid when at least 99 % of the positions lie in
 * it, else the world-wide grid of map tiles.  Resolution and bucket: the finest
 * of a few at which half of the events would stand in groups of k consenting
 * subjects.  (In earnest such a choice is made once, from past data, and not
 * by the data that are going to be released.)
 */
SET jit = off;
SELECT count(*) AS usable,
	count(*) FILTER (WHERE mobanon.try_coarsen_cell(latitude, longitude, '100km') IS NOT NULL) AS in_europe
FROM events WHERE mobanon.try_coarsen_cell(latitude, longitude, 'z0') IS NOT NULL \gset
SELECT CASE WHEN :in_europe >= 0.99 * :usable THEN 'europe' ELSE 'world' END AS grid \gset

CREATE TEMP TABLE tried (place int, resolution text, bucket text, share numeric);
INSERT INTO tried (place, resolution, bucket)
SELECT min(place), COALESCE(NULLIF(:'resolution', ''), c.resolution), COALESCE(NULLIF(:'bucket', ''), c.bucket)
FROM (VALUES (1, 'europe', '1km', '1 hour'), (2, 'europe', '1km', '1 day'), (3, 'europe', '2km', '1 day'),
	(4, 'europe', '2km', '7 days'), (5, 'europe', '5km', '7 days'), (6, 'europe', '10km', '7 days'), (7, 'europe', '50km', '28 days'),
	(1, 'world', 'z15', '1 hour'), (2, 'world', 'z15', '1 day'), (3, 'world', 'z14', '1 day'),
	(4, 'world', 'z14', '7 days'), (5, 'world', 'z13', '7 days'), (6, 'world', 'z12', '7 days'), (7, 'world', 'z10', '28 days')) AS c (place, grid, resolution, bucket)
WHERE c.grid = :'grid' GROUP BY 2, 3;
SELECT set_config('demo.k', ceil(:k / :consent_share::numeric)::text, false) AS k_all \gset
DO $$
DECLARE
	t	tried;
BEGIN
	FOR t IN SELECT * FROM tried ORDER BY place LOOP
		SELECT round(100 * COALESCE(sum(events) FILTER (WHERE subjects >= current_setting('demo.k')::int), 0) / sum(events))
		INTO t.share
		FROM (SELECT count(*) AS events, count(DISTINCT subject) AS subjects
			FROM events WHERE isfinite(event_time)
			GROUP BY mobanon.try_coarsen_cell(latitude, longitude, t.resolution), date_bin(t.bucket::interval, event_time, '2001-01-01')) AS g;
		UPDATE tried SET share = t.share WHERE place = t.place;
		EXIT WHEN t.share >= 50;
	END LOOP;
END $$;
SELECT CASE :'grid' WHEN 'europe' THEN 'the European statistical grid, since ' || round(100.0 * :in_europe / GREATEST(:usable, 1), 1) || ' % of the positions lie in it.'
	ELSE 'the world-wide grid of map tiles, since only ' || round(100.0 * :in_europe / GREATEST(:usable, 1), 1) || ' % of the positions lie in the European one.' END AS reason \gset
\echo 'Grid:' :reason
\echo 'Resolution and bucket: the finest tried at which half of the events would stand in groups of at least'
\echo :k_all 'subjects, so that k =' :k 'of them consent:'
\echo
SELECT resolution, bucket, share AS "% of events in such groups",
	CASE WHEN place = max(place) OVER () THEN CASE WHEN share >= 50 THEN '<- taken' ELSE '<- taken, the coarsest' END ELSE '' END AS " "
FROM tried WHERE share IS NOT NULL ORDER BY place;
SELECT resolution, bucket FROM tried WHERE share IS NOT NULL ORDER BY place DESC LIMIT 1
\g (format=unaligned tuples_only=on) :chosen
