/*
 * Kinds flows and chains: how many people go from one area to another, and from
 * there to a third.
 *
 * Trips lie between two stays of one subject in one bucket.  Both ends are as
 * fine as k allows, and no two rows of a bucket overlap.
 */
CREATE FUNCTION mobanon.flow_ends(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE p.kind WHEN 'flows' THEN '{origin, destination}'::name[] WHEN 'chains' THEN '{origin, via, destination}' END;
COMMENT ON FUNCTION mobanon.flow_ends(mobanon.pipeline) IS
'For flows_plan(): the areas of a row.';

CREATE FUNCTION mobanon.flows_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT
		format($sql$SELECT %s, %s, p.bucket%s
FROM (%s) AS p,
     unnest(mobanon.%s(p.stays, %L, %s, p.pseudonym, %L)) AS t$sql$,
			counted_expression(p), column_list(s.ends, 't'), breakdown_list(p, 'p'), stays_query(p),
			CASE p.kind WHEN 'flows' THEN 'trips' ELSE 'trip_chains' END, p.maximum_gap, p.trips_per_day, p.time_zone),
		format('trips between stays, from and to cells (%s), per bucket (%s), at most %s a day of one subject, and of no more than %s; %s.',
			p.resolution, p.bucket, p.trips_per_day, p.maximum_gap, stays_about(p)),
		format($sql$SELECT g.bucket%1$s, %2$s, f.subjects, f.trips
FROM (SELECT c.bucket%3$s, mobanon.kanon_%4$s(c.pseudonym, %5$s, %6$s, %7$L) AS flows
      FROM %8$s AS c
      GROUP BY c.bucket%3$s, %9$s) AS g, unnest(g.flows) AS f$sql$,
			breakdown_list(p, 'g'), column_list(s.ends, 'f'), breakdown_list(p, 'c'), p.kind, column_list(s.ends, 'c'), p.k, p.resolutions,
			stage_name(p.pipeline, 'coarsened'),
			-- a root of the ladder at a time: the rows are the same
			(SELECT string_agg(format('mobanon.coarsen_cell(c.%I, %L)', e, p.resolutions[cardinality(p.resolutions)]), ', ') FROM unnest(s.ends) AS e)),
		format('trips of at least %s distinct %s from area to area, in areas as fine as that allows, of the windows to be published next.', p.k, s.counted),
		withheld_query(p, s.ends),
		format('trips of at least %s distinct %s per %s', p.k, s.counted, column_list('{bucket}'::name[] || p.breakdowns || s.ends)),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', p.bucket, p.time_zone))]::release_column[]
		|| breakdown_columns(p)
		|| ARRAY(SELECT ROW(e.name, 'mobanon.cell', 'key', false, format('area %s (resolution %s, as fine as k allows; no two rows of a period overlap)',
				CASE e.name WHEN 'origin' THEN 'that the trip starts in' WHEN 'via' THEN 'of the stay in between' ELSE 'that the trip ends in' END,
				array_to_string(p.resolutions, ', ')))::release_column FROM unnest(s.ends) WITH ORDINALITY AS e (name, place) ORDER BY e.place)
		|| ARRAY[ROW('subjects', 'bigint', 'subjects', false, format('number of %s with such a trip; never fewer than %s', unit_counted(p), p.k)),
			ROW('trips', 'bigint', 'value', true, format('number of trips, of one at most %s a day and 4 in a row (%s); null where it would tell of fewer than %s who went more than once, or less than 4 times',
				p.trips_per_day, stays_about(p), p.k))]::release_column[]
	FROM (SELECT flow_ends(p) AS ends, CASE WHEN p.account_column IS NULL THEN 'subjects' ELSE 'accounts' END AS counted) AS s
$$;
COMMENT ON FUNCTION mobanon.flows_plan(mobanon.pipeline) IS
'The kinds flows and chains: trips from area to area (and from there to a third), of at least k distinct subjects each.';
