/*
 * Kind footfall: how many distinct subjects were seen in a cell during a bucket.
 *
 * With a ladder of resolutions, or of buckets, the cells are as fine as k
 * allows; with measures, a group also has sums, averages or quantiles of a
 * column of the events.
 */
CREATE FUNCTION mobanon.footfall_columns(p mobanon.pipeline, alias text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE(', ' || column_list(p.breakdowns || measured_columns(p), alias), '');
COMMENT ON FUNCTION mobanon.footfall_columns(mobanon.pipeline, text) IS
'For footfall_plan(): the columns beside pseudonym, cell and bucket that go through the stages.';

CREATE FUNCTION mobanon.measure_expressions(p mobanon.pipeline, alias text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE((SELECT string_agg(format(E',\n       mobanon.kanon_%s(%s.pseudonym, %s.%I%s, %s, %s) AS %I', m.aggregate, alias, alias, m.column_name,
		', ' || m.fraction, p.k, m.bound, m.name), '' ORDER BY m.place)
	FROM unnest(p.measures) WITH ORDINALITY AS m (aggregate, column_name, bound, fraction, name, place)), '');
COMMENT ON FUNCTION mobanon.measure_expressions(mobanon.pipeline, text) IS
'For kinds: the measures of a group, as stage 3 writes them.';

CREATE FUNCTION mobanon.measure_columns(p mobanon.pipeline) RETURNS mobanon.release_column[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT ROW(m.name, CASE m.aggregate WHEN 'avg' THEN 'numeric' ELSE 'bigint' END, 'value', true,
		format('%s of %s, of each at most %s in all; null where it would tell of one or two, or of fewer than %s',
			CASE m.aggregate WHEN 'sum' THEN 'sum' WHEN 'avg' THEN 'average per subject' ELSE 'quantile ' || m.fraction || ' of the subjects'' sums' END,
			m.column_name, m.bound, p.k))::release_column
	FROM unnest(p.measures) WITH ORDINALITY AS m (aggregate, column_name, bound, fraction, name, place) ORDER BY m.place);
COMMENT ON FUNCTION mobanon.measure_columns(mobanon.pipeline) IS
'For kinds: the columns of the release that its measures are.';

CREATE FUNCTION mobanon.footfall_stage_2(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
	SELECT CASE WHEN p.cells_per_day IS NULL THEN s.query ELSE format(
		$sql$SELECT d.pseudonym, d.cell, d.bucket%1$s%6$s
FROM (SELECT s.*, dense_rank() OVER (PARTITION BY s.pseudonym, mobanon.bucket_start(s.bucket, '1 day', %2$L)
             ORDER BY mobanon.contribution_draw(s.pseudonym, s.cell, s.bucket, %3$L), s.cell, s.bucket) AS "the draw"
      FROM (%4$s) AS s
      WHERE s.cell IS NOT NULL) AS d
WHERE d."the draw" <= %5$s$sql$, footfall_columns(p, 'd'), p.time_zone, p.domain, s.query, p.cells_per_day,
			CASE WHEN NOT p.diversity IS NULL THEN ', d.diverse' END) END
	FROM (SELECT format(E'SELECT %s, %s AS cell, %s%s%s\nFROM %s AS p%s', counted_expression(p), cell_expression(p, p.resolution),
			CASE WHEN p.buckets IS NULL THEN 'p.bucket' ELSE bucket_expression('p.at', p.buckets[1], p.time_zone) || ' AS bucket' END,
			footfall_columns(p, 'p'), diverse_value(p), stage_name(p.pipeline, 'pseudonymized'), homes_join(p)) AS query) AS s
$$;
COMMENT ON FUNCTION mobanon.footfall_stage_2(mobanon.pipeline) IS
'For footfall_plan(): the query of stage 2.';

CREATE FUNCTION mobanon.footfall_stage_3(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT CASE
	-- WHERE, not FILTER, which keeps KanonScan out
	WHEN p.resolutions IS NULL THEN
		format($sql$SELECT c.bucket, c.cell%3$s, %2$s AS subjects%4$s
FROM %1$s AS c
WHERE c.cell IS NOT NULL
GROUP BY c.bucket, c.cell%3$s
HAVING %2$s IS NOT NULL$sql$,
			s.two, suppress_expression(p), breakdown_list(p, 'c'), measure_expressions(p, 'c'))
	WHEN p.measures IS NULL AND p.diversity IS NULL THEN
		format(E'SELECT a.bucket%s, a.cell%s, a.subjects\nFROM (%s) AS g, unnest(g."the areas") AS a',
			CASE WHEN cardinality(p.buckets) > 1 THEN ', a.width' END, breakdown_list(p, 'g'), s.areas)
	-- the same rows again, in the areas that they are in
	ELSE
		format($sql$SELECT a.bucket%8$s, a.cell%1$s, a.subjects%2$s
FROM (SELECT a.bucket%8$s, a.cell%3$s, a.subjects FROM (%4$s) AS g, unnest(g."the areas") AS a) AS a
JOIN (SELECT c.*, r.resolution AS "the resolution"%9$s FROM %5$s AS c, unnest(%6$L::text[]) AS r (resolution)%10$s) AS c
  ON %11$s AND mobanon.coarsen_cell(c.cell, c."the resolution") OPERATOR(mobanon.=) a.cell%7$s
GROUP BY a.bucket%8$s, a.cell%1$s, a.subjects%12$s$sql$,
			breakdown_list(p, 'a'), measure_expressions(p, 'c'), breakdown_list(p, 'g'), s.areas, s.two, p.resolutions,
			(SELECT string_agg(format(' AND c.%1$I IS NOT DISTINCT FROM a.%1$I', b), '') FROM unnest(p.breakdowns) AS b),
			CASE WHEN s.timed THEN ', a.width' END,
			CASE WHEN s.timed THEN format(', w.width AS "the width", mobanon.bucket_start(c.bucket, w.width, %L) AS "the start"', p.time_zone) END,
			CASE WHEN s.timed THEN format(', unnest(%L::interval[]) AS w (width)', p.buckets) END,
			CASE WHEN s.timed THEN 'c."the width" = a.width AND c."the start" = a.bucket' ELSE 'c.bucket = a.bucket' END,
			having_diverse(p))
	END
	FROM (SELECT stage_name(p.pipeline, 'coarsened') AS two, cardinality(p.buckets) > 1 AS timed,
			format('SELECT %smobanon.kanon_partition(c.pseudonym, c.cell, c.bucket, %s, %L%s) AS "the areas" FROM %s AS c%s',
				column_list(p.breakdowns, 'c') || ', ', p.k, p.resolutions,
				CASE WHEN cardinality(p.buckets) > 1 THEN format(', %L, %L', p.buckets, p.time_zone) END,
				stage_name(p.pipeline, 'coarsened'), ' GROUP BY ' || column_list(p.breakdowns, 'c')) AS areas) AS s
$$;
COMMENT ON FUNCTION mobanon.footfall_stage_3(mobanon.pipeline) IS
'For footfall_plan(): the query of stage 3.';

CREATE FUNCTION mobanon.footfall_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT
		footfall_stage_2(p),
		format('cells (%s) and buckets (%s) instead of places and times; no cell where the position is unusable.', p.resolution, s.bucket),
		footfall_stage_3(p),
		format('distinct %s per group where there are at least %s, of the windows to be published next.', s.counted, p.k),
		withheld_query(p, '{cell}'),
		format('distinct %s per %s, at least %s each', s.counted, column_list('{bucket, cell}'::name[] || p.breakdowns), p.k),
		ARRAY[ROW('bucket', 'timestamptz', 'key', false, format('start of the period (length %s, time zone %s)', s.width, p.time_zone))]::release_column[]
		|| CASE WHEN cardinality(p.buckets) > 1
			THEN ARRAY[ROW('width', 'interval', 'value', false, 'length of the period: the shortest in which the area has enough')::release_column] END
		|| ROW('cell', 'mobanon.cell', 'key', false, CASE WHEN p.resolutions IS NULL THEN format('area (resolution %s)', p.resolution)
			ELSE format('area (resolution %s, the finest that has enough; areas never overlap)', array_to_string(p.resolutions, ', ')) END)::release_column
		|| breakdown_columns(p)
		|| ROW('subjects', 'bigint', 'subjects', false, format('number of %s; groups of fewer than %s are not released%s', unit_counted(p), p.k, diversity_about(p)))::release_column
		|| measure_columns(p)
	FROM (SELECT COALESCE(p.buckets[1], p.bucket) AS bucket, CASE WHEN p.account_column IS NULL THEN 'subjects' ELSE 'accounts' END AS counted,
			CASE WHEN cardinality(p.buckets) > 1 THEN 'as in width' ELSE COALESCE(p.buckets[1], p.bucket)::text END AS width) AS s
$$;
COMMENT ON FUNCTION mobanon.footfall_plan(mobanon.pipeline) IS
'The kind footfall: how many distinct subjects were seen in a cell during a bucket.';
