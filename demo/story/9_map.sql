-- As the analyst: what the map draws, one JSON object, all of it from the release.
\pset tuples_only on
\pset format unaligned
SET timezone = 'UTC';
WITH cells AS (
	SELECT cell, row_number() OVER (ORDER BY cell) - 1 AS number FROM footfall GROUP BY cell
), buckets AS (
	SELECT bucket, row_number() OVER (ORDER BY bucket) - 1 AS number FROM (
		-- also those without a row; longer buckets start by the clock of the zone
		SELECT CASE WHEN :'bucket'::interval < '1 day' THEN b ELSE b AT TIME ZONE 'UTC' AT TIME ZONE :'time_zone' END AS bucket
		FROM (SELECT min(bucket) AS first, max(bucket) AS last FROM footfall) AS f,
			LATERAL generate_series(
				CASE WHEN :'bucket'::interval < '1 day' THEN first ELSE first AT TIME ZONE :'time_zone' AT TIME ZONE 'UTC' END,
				CASE WHEN :'bucket'::interval < '1 day' THEN last ELSE last AT TIME ZONE :'time_zone' AT TIME ZONE 'UTC' END,
				:'bucket'::interval) AS b
		UNION
		SELECT bucket FROM footfall) AS every
)
SELECT replace(json_build_object(
	'title', :'title', 'subtitle', :'subtitle', 'k', :k, 'resolution', :'resolution', 'bucket', :'bucket',
	'seconds', extract(epoch FROM :'bucket'::interval), 'time_zone', :'time_zone', 'grid', :'grid',
	'places', :'places'::json,
	'buckets', (SELECT json_agg(to_char(bucket, 'YYYY-MM-DD"T"HH24:MI"Z"') ORDER BY number) FROM buckets),
	'cells', (SELECT json_agg(json_build_object('name', cell, 'ring',
			(SELECT json_agg(json_build_array(round((p->>0)::numeric, 6), round((p->>1)::numeric, 6)))
			 FROM jsonb_array_elements(mobanon.cell_geojson(cell)->'coordinates'->0) AS p)) ORDER BY number) FROM cells),
	'rows', (SELECT json_agg(json_build_array(b.number, c.number, f.subjects) ORDER BY b.number, c.number)
			 FROM footfall AS f JOIN cells AS c USING (cell) JOIN buckets AS b USING (bucket)))::text, '</', '<\/');
