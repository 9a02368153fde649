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

CREATE FUNCTION mobanon.flows_stage_3(p mobanon.pipeline, ends name[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT CASE WHEN p.diversity IS NULL THEN s.query
	-- the same trips again, in the flows that they are in
	ELSE format($sql$SELECT a.bucket%1$s, %2$s, a.subjects, a.trips
FROM (%3$s) AS a
JOIN (SELECT c.pseudonym, c.bucket%4$s, c.diverse%5$s
      FROM %6$s AS c%7$s) AS c
  ON c.bucket = a.bucket AND %8$s
GROUP BY a.bucket%1$s, %2$s, a.subjects, a.trips%9$s$sql$,
			breakdown_list(p, 'a'), column_list(ends, 'a'), s.query, breakdown_list(p, 'c'),
			(SELECT string_agg(format(', mobanon.coarsen_cell(c.%1$I, %2$I.resolution) AS %1$I', e, 'of ' || e), '') FROM unnest(ends) AS e),
			stage_name(p.pipeline, 'coarsened'),
			(SELECT string_agg(format(', unnest(%L::text[]) AS %I (resolution)', p.resolutions, 'of ' || e), '') FROM unnest(ends) AS e),
			concat_ws(' AND ', (SELECT string_agg(format('c.%1$I OPERATOR(mobanon.=) a.%1$I', e), ' AND ') FROM unnest(ends) AS e),
				(SELECT string_agg(format('c.%1$I IS NOT DISTINCT FROM a.%1$I', b), ' AND ') FROM unnest(p.breakdowns) AS b)),
			having_diverse(p)) END
	FROM (SELECT format($sql$SELECT g.bucket%1$s, %2$s, f.subjects, f.trips
FROM (SELECT c.bucket%3$s, mobanon.kanon_%4$s(c.pseudonym, %5$s, %6$s, %7$L) AS "the flows"
      FROM %8$s AS c
      GROUP BY c.bucket%3$s, %9$s) AS g, unnest(g."the flows") AS f$sql$,
			breakdown_list(p, 'g'), column_list(ends, 'f'), breakdown_list(p, 'c'), p.kind, column_list(ends, 'c'), p.k, p.resolutions,
			stage_name(p.pipeline, 'coarsened'),
			-- a root of the ladder at a time: the rows are the same
			(SELECT string_agg(format('mobanon.coarsen_cell(c.%I, %L)', e, p.resolutions[cardinality(p.resolutions)]), ', ') FROM unnest(ends) AS e)) AS query) AS s
$$;
COMMENT ON FUNCTION mobanon.flows_stage_3(mobanon.pipeline, name[]) IS
'For flows_plan(): the query of stage 3.';

CREATE FUNCTION mobanon.flows_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT
		format($sql$SELECT %s, %s, p.bucket%s%s
FROM (%s) AS p%s,
     unnest(mobanon.%s(p."the stays", %L, %s, p.pseudonym, %L)) AS t$sql$,
			counted_expression(p), column_list(s.ends, 't'), breakdown_list(p, 'p'), diverse_value(p), stays_query(p), homes_join(p),
			CASE p.kind WHEN 'flows' THEN 'trips' ELSE 'trip_chains' END, p.maximum_gap, p.trips_per_day, p.time_zone),
		format('trips between stays, from and to cells (%s), per bucket (%s), at most %s a day of one subject, and of no more than %s; %s.',
			p.resolution, p.bucket, p.trips_per_day, p.maximum_gap, stays_about(p)),
		flows_stage_3(p, s.ends),
		format('trips of at least %s distinct %s from area to area, in areas as fine as that allows, of the windows to be published next.', p.k, s.counted),
		withheld_query(p, s.ends),
		format('trips of at least %s distinct %s per %s', p.k, s.counted, column_list('{bucket}'::name[] || p.breakdowns || s.ends)),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', p.bucket, p.time_zone))]::release_column[]
		|| breakdown_columns(p)
		|| ARRAY(SELECT ROW(e.name, 'mobanon.cell', 'key', false, format('area %s (resolution %s, as fine as k allows; no two rows of a period overlap)',
				CASE e.name WHEN 'origin' THEN 'that the trip starts in' WHEN 'via' THEN 'of the stay in between' ELSE 'that the trip ends in' END,
				array_to_string(p.resolutions, ', ')))::release_column FROM unnest(s.ends) WITH ORDINALITY AS e (name, place) ORDER BY e.place)
		|| ARRAY[ROW('subjects', 'bigint', 'subjects', false, format('number of %s with such a trip; never fewer than %s%s', unit_counted(p), p.k, diversity_about(p))),
			ROW('trips', 'bigint', 'value', true, format('number of trips, of one at most %s a day and 4 in a row (%s); null where it would tell of fewer than %s who went more than once, or less than 4 times',
				p.trips_per_day, stays_about(p), p.k))]::release_column[]
	FROM (SELECT flow_ends(p) AS ends, CASE WHEN p.account_column IS NULL THEN 'subjects' ELSE 'accounts' END AS counted) AS s
$$;
COMMENT ON FUNCTION mobanon.flows_plan(mobanon.pipeline) IS
'The kinds flows and chains: trips from area to area (and from there to a third), of at least k distinct subjects each.';
