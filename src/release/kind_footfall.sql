/*
 * Kind footfall: how many distinct subjects were seen in a cell during a bucket.
 */
CREATE FUNCTION mobanon.footfall_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT
		format(E'SELECT p.pseudonym, %s AS cell, p.bucket%s\nFROM %s AS p',
			cell_expression(p, p.resolution), breakdown_list(p, 'p'), s.one),
		format('cells (%s) and buckets (%s) instead of places and times; no cell where the position is unusable.', p.resolution, p.bucket),
		format($sql$SELECT c.bucket, c.cell%3$s, mobanon.kanon_suppress(c.pseudonym, %2$s) FILTER (WHERE c.cell IS NOT NULL) AS subjects
FROM %1$s AS c
GROUP BY c.bucket, c.cell%3$s
HAVING mobanon.kanon_suppress(c.pseudonym, %2$s) FILTER (WHERE c.cell IS NOT NULL) IS NOT NULL$sql$, s.two, p.k, breakdown_list(p, 'c')),
		format('distinct subjects per group where there are at least %s, of the windows to be published next.', p.k),
		-- a pseudonym is not asked for, so none is computed
		format($sql$SELECT coalesce(sum(g.events), 0)::bigint, coalesce(sum(g.events) FILTER (WHERE g.cell IS NULL), 0)::bigint,
	count(*) FILTER (WHERE g.cell IS NOT NULL)
FROM (SELECT c.cell, count(*) AS events FROM %1$s AS c GROUP BY c.bucket, c.cell%2$s) AS g$sql$, s.two, breakdown_list(p, 'c')),
		format('distinct subjects per %s, at least %s each', column_list('{bucket, cell}'::name[] || p.breakdowns), p.k),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', p.bucket, p.time_zone)),
			ROW('cell', 'mobanon.cell', 'key', false, format('area (resolution %s)', p.resolution))]::release_column[]
		|| breakdown_columns(p)
		|| ROW('subjects', 'bigint', 'subjects', false, format('number of distinct consenting subjects; groups of fewer than %s are not released', p.k))::release_column
	FROM (SELECT stage_name(p.pipeline, 'pseudonymized') AS one, stage_name(p.pipeline, 'coarsened') AS two) AS s
$$;
COMMENT ON FUNCTION mobanon.footfall_plan(mobanon.pipeline) IS
'The kind footfall: how many distinct subjects were seen in a cell during a bucket.';
