/*
 * Kinds places and residents: what happens in named areas, and who lives there.
 *
 * Both write what src/mobility/place.sql and home.sql say; a release has one row
 * per figure, since the figures of an area come out together or not at all.
 */
CREATE FUNCTION mobanon.places_about(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN (place_parts(p.places, NULL)).is_set THEN format('an area of the set %s', p.places) ELSE format('a cell of %s', p.places) END;
COMMENT ON FUNCTION mobanon.places_about(mobanon.pipeline) IS
'For places_plan(): what an area is, in words.';

CREATE FUNCTION mobanon.places_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT
		CASE p.kind WHEN 'places' THEN diverse_stays(p, place_stays_query(events_in_cells(p), p.places, p.homes, p.resolution, p.minimum_stay, p.maximum_gap, s.person))
			ELSE home_stays_query(events_in_cells(p), p.places, p.resolution, s.person) END,
		format('stays in areas (%s), of cells of %s, per bucket (%s); what crosses the edge of a bucket is cut there.', p.places, p.resolution, p.bucket),
		CASE p.kind WHEN 'places' THEN places_query(s.two, p.k, p.bucket, p.time_zone, p.homes, p.maximum_gap,
				l => (p.diversity).l, enough => (p.diversity).enough, share => (p.diversity).share, by_home => (p.diversity).homes IS NOT NULL)
			ELSE residents_query(s.two, p.k, p.bucket, p.time_zone) END,
		format('figures of areas with at least %s distinct %s, of the windows to be published next.', p.k, s.counted),
		format($sql$SELECT e.events, e.unusable,
	(SELECT count(*) FROM (SELECT FROM %s AS c WHERE c.place IS NOT NULL%s GROUP BY c.bucket, c.place) AS g) - (SELECT count(*) FROM %s AS c WHERE c.measure = %L)
FROM (%s) AS e$sql$, s.two, CASE p.kind WHEN 'places' THEN ' AND NOT c.reference' END, stage_name(p.pipeline, 'candidate'),
			CASE p.kind WHEN 'places' THEN 'visitors' ELSE 'residents' END, event_counts(p)),
		format('figures of %s, of at least %s distinct %s each', CASE p.kind WHEN 'places' THEN 'areas and their visitors' ELSE 'areas and their residents' END, p.k, s.counted),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', p.bucket, p.time_zone)),
			ROW('area', 'text', 'key', false, places_about(p)),
			ROW('measure', 'text', 'key', false, CASE p.kind
				WHEN 'places' THEN 'what is counted: visitors, visits, events, dwell, peak hour; by home, from, to, return, stayed (each sums up to visitors)'
				ELSE 'what is counted: residents (home there by the night rule); by work (their area by day), presence (per day), visited' END)]::release_column[]
		|| CASE p.kind WHEN 'residents' THEN ARRAY[ROW('day', 'date', 'key', true, format('day of the presence (time zone %s)', p.time_zone))]::release_column[] ELSE '{}' END
		|| ARRAY[ROW('value', 'text', 'key', true, 'which part of them; null is the rest, or all'),
			ROW('subjects', 'bigint', 'subjects', false, format('number of %s; never fewer than %s%s', unit_counted(p), p.k, diversity_about(p)))]::release_column[]
		|| CASE p.kind WHEN 'places' THEN ARRAY[ROW('amount', 'bigint', 'value', true,
			'of visits: visits; of events: events; of dwell: minutes that the share in value stayed at most; of peak hour: hour of the day')]::release_column[] ELSE '{}' END
	FROM (SELECT stage_name(p.pipeline, 'coarsened') AS two,
			CASE WHEN p.account_column IS NULL THEN 'subjects' ELSE 'accounts' END AS counted,
			person_column(p) AS person) AS s
$$;
COMMENT ON FUNCTION mobanon.places_plan(mobanon.pipeline) IS
'The kinds places and residents: visitors of areas, how long they stay, where they come from and go to; residents, where they work and are.';
