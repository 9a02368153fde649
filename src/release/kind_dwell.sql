/*
 * Kind dwell: how long people stay in a cell.
 *
 * A window of a pipeline is published once and alone, so stays are found within
 * a bucket: what crosses its edge is cut there into two stays, each measured
 * between its own events.  Else a number would depend on when the next window
 * comes.
 */
CREATE FUNCTION mobanon.stays_query(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
RETURN format($sql$SELECT p.pseudonym, %1$sp.bucket%2$s,%7$s
             mobanon.stays(%3$s, p.at, %4$L, %5$L, mobanon.cleaning() ORDER BY p.at) AS "the stays"
      FROM %6$s AS p
      GROUP BY p.pseudonym, %1$sp.bucket%2$s$sql$,
	CASE WHEN p.account_column IS NOT NULL THEN 'p.account, ' END, breakdown_list(p, 'p'), cell_expression(p, p.resolution),
	p.minimum_stay, p.maximum_gap, stage_name(p.pipeline, 'pseudonymized'),
	CASE WHEN (p.diversity).column_name IS NOT NULL THEN format(E'\n             %s AS diverse,', only_value()) END);
COMMENT ON FUNCTION mobanon.stays_query(mobanon.pipeline) IS
'For kinds: the stays of each subject in each bucket, as an array. With accounts, those of each of its subjects: two phones in one trace are no stays.';

CREATE FUNCTION mobanon.stays_about(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
RETURN format('a stay is from the first to the last event in a cell (%s), at least %s, with no more than %s between two; at the edge of a bucket it is cut',
	p.resolution, p.minimum_stay, p.maximum_gap);
COMMENT ON FUNCTION mobanon.stays_about(mobanon.pipeline) IS
'For kinds: what a stay is, in words.';

CREATE FUNCTION mobanon.dwell_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT
		format($sql$SELECT %s, s.cell, p.bucket%s, (extract(epoch FROM s.departure - s.arrival) / 60)::bigint AS "the minutes"%s
FROM (%s) AS p%s, unnest(p."the stays") AS s$sql$, counted_expression(p), breakdown_list(p, 'p'), diverse_value(p), stays_query(p), homes_join(p)),
		format('stays in cells (%s), in minutes, per bucket (%s); %s.', p.resolution, p.bucket, stays_about(p)),
		format($sql$SELECT c.bucket, c.cell%3$s, %5$s AS subjects,
       round(mobanon.kanon_avg(c.pseudonym, c."the minutes", %2$s, %4$s), 1) AS average_minutes,
       mobanon.kanon_quantile(c.pseudonym, c."the minutes", 0.25, %2$s, %4$s) AS quarter_minutes,
       mobanon.kanon_quantile(c.pseudonym, c."the minutes", 0.5, %2$s, %4$s) AS median_minutes,
       mobanon.kanon_quantile(c.pseudonym, c."the minutes", 0.75, %2$s, %4$s) AS three_quarter_minutes
FROM %1$s AS c
GROUP BY c.bucket, c.cell%3$s
HAVING %5$s IS NOT NULL$sql$, s.two, p.k, breakdown_list(p, 'c'), s.bound, suppress_expression(p)),
		format('distinct %s who stayed, and how long, per group where there are at least %s, of the windows to be published next.', s.counted, p.k),
		withheld_query(p, '{cell}'),
		format('distinct %s who stayed, per %s, at least %s each, and how long', s.counted, column_list('{bucket, cell}'::name[] || p.breakdowns), p.k),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', p.bucket, p.time_zone)),
			ROW('cell', 'mobanon.cell', 'key', false, format('area (resolution %s)', p.resolution))]::release_column[]
		|| breakdown_columns(p)
		|| ARRAY[
			ROW('subjects', 'bigint', 'subjects', false, format('number of %s with a stay (%s); groups of fewer than %s are not released%s', unit_counted(p), stays_about(p), p.k, diversity_about(p))),
			ROW('average_minutes', 'numeric', 'value', true, format('minutes of all stays in the period, average per subject, of each at most %s; null where it would tell of one or two', s.bound)),
			ROW('quarter_minutes', 'bigint', 'value', true, format('minutes that a quarter of the subjects stayed at most (from means of at least %s subjects each); null with fewer than %s', p.k, 3::bigint * p.k)),
			ROW('median_minutes', 'bigint', 'value', true, format('minutes that half of the subjects stayed at most (from means of at least %s subjects each); null with fewer than %s', p.k, 3::bigint * p.k)),
			ROW('three_quarter_minutes', 'bigint', 'value', true, format('minutes that three quarters of the subjects stayed at most (from means of at least %s subjects each); null with fewer than %s', p.k, 3::bigint * p.k))]::release_column[]
	FROM (SELECT stage_name(p.pipeline, 'coarsened') AS two,
			CASE WHEN p.account_column IS NULL THEN 'subjects' ELSE 'accounts' END AS counted,
			-- nobody is anywhere for longer than the bucket
			(extract(epoch FROM p.bucket) / 60)::bigint AS bound) AS s
$$;
COMMENT ON FUNCTION mobanon.dwell_plan(mobanon.pipeline) IS
'The kind dwell: how many distinct subjects stayed in a cell during a bucket, and for how long.';
