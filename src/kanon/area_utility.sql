CREATE FUNCTION mobanon.partition_utility(source regclass, k integer, resolutions text[], buckets interval[] DEFAULT NULL, time_zone text DEFAULT 'UTC',
	subject_column name DEFAULT 'pseudonym', cell_column name DEFAULT 'cell', bucket_column name DEFAULT 'bucket', rest boolean DEFAULT false)
RETURNS TABLE (resolution text, width interval, visits bigint, share numeric, plain_visits bigint, plain_share numeric)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	finest		text;
	start		text;		-- of a level's bucket, as an expression
	levels		text;		-- rows (level, resolution, width)
	boxes		text;		-- visits, once for each level
BEGIN
	IF source IS NULL OR k IS NULL OR COALESCE(cardinality(resolutions), 0) = 0 OR subject_column IS NULL OR cell_column IS NULL OR bucket_column IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'source, k, resolutions and columns are needed',
			HINT = 'For example partition_utility(''footfall_coarsened'', 20, ''{100m,500m,1km,5km,10km}'').';
	END IF;
	finest := CASE WHEN buckets IS NULL THEN 'b' ELSE format('bucket_start(b, %L::interval, %L)', buckets[1], time_zone) END;
	-- space first ...
	SELECT string_agg(format('(%s, %L, %L::interval)', n, r, buckets[1]), ', '),
		string_agg(format('SELECT %s AS level, v, subject, coarsen_cell(cell, %L) AS cell, bucket FROM visit', n, r), ' UNION ALL ')
	INTO levels, boxes FROM unnest(resolutions) WITH ORDINALITY AS r (r, n);
	-- ... then time
	start := 'bucket';
	FOR i IN 2 .. COALESCE(cardinality(buckets), 1) LOOP
		start := format('bucket_start(%s, %L::interval, %L)', start, buckets[i], time_zone);
		levels := levels || format(', (%s, %L, %L::interval)', cardinality(resolutions) + i - 1, resolutions[cardinality(resolutions)], buckets[i]);
		boxes := boxes || format(' UNION ALL SELECT %s, v, subject, coarsen_cell(cell, %L), %s FROM visit',
			cardinality(resolutions) + i - 1, resolutions[cardinality(resolutions)], start);
	END LOOP;
	RETURN QUERY EXECUTE format(
		'WITH visit AS MATERIALIZED (
			SELECT row_number() OVER () AS v, d.* FROM (
				SELECT DISTINCT s AS subject, coarsen_cell(c, %1$L) AS cell, %2$s AS bucket
				FROM (SELECT %3$I AS s, %4$I AS c, %5$I AS b FROM %6$s) AS r WHERE s IS NOT NULL AND c IS NOT NULL AND b IS NOT NULL) AS d
		), level (level, resolution, width) AS (VALUES %7$s),
		box AS (%8$s),
		area AS MATERIALIZED (
			SELECT a.* FROM (SELECT %10$s(subject, cell, bucket, $1, %9$s) AS areas FROM visit) AS p, unnest(p.areas) AS a
		), published AS (
			-- a visit is in the finest area around it
			SELECT f.level, count(*) AS n FROM (
				SELECT min(l.level) AS level FROM area AS a
				JOIN level AS l ON l.resolution = cell_resolution(a.cell) AND l.width IS NOT DISTINCT FROM a.width
				JOIN box AS b ON b.level = l.level AND b.cell = a.cell AND b.bucket = a.bucket GROUP BY b.v) AS f
			GROUP BY f.level
		), plain AS (
			SELECT level, sum(n)::bigint AS n FROM (
				SELECT level, count(*) AS n, kanon_suppress(subject, $1) AS subjects FROM box GROUP BY level, cell, bucket) AS g
			WHERE subjects IS NOT NULL GROUP BY level
		), total AS (SELECT count(*) AS n FROM visit)
		SELECT l.resolution, l.width, COALESCE(p.n, 0), round(COALESCE(p.n, 0)::numeric / NULLIF(t.n, 0), 4),
			COALESCE(s.n, 0), round(COALESCE(s.n, 0)::numeric / NULLIF(t.n, 0), 4)
		FROM level AS l LEFT JOIN published AS p USING (level) LEFT JOIN plain AS s USING (level), total AS t ORDER BY l.level',
		resolutions[1], finest, subject_column, cell_column, bucket_column, source, levels, boxes,
		CASE WHEN buckets IS NULL THEN '$2' ELSE '$2, $3, $4' END, CASE WHEN rest THEN 'kanon_partition_rest' ELSE 'kanon_partition' END)
	USING k, resolutions, buckets, time_zone;
END
$$;
COMMENT ON FUNCTION mobanon.partition_utility(regclass, integer, text[], interval[], text, name, name, name, boolean) IS
'What a partition would publish of a stage 2 view, beside plain suppression; with rest, what kanon_partition_rest() would. A visit is a subject in a cell of the finest resolution in a bucket of the first length. visits and share: those in areas of this resolution and width; the shares of a partition add up. plain_visits and plain_share: what kanon_suppress() would publish if all were grouped by this resolution and width; each line is a table of its own. Exact numbers: for who runs the pipeline, not for analysts.';
