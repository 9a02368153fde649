-- As the analyst: the release as GeoJSON (RFC 7946), one feature per row.
\pset tuples_only on
\pset format unaligned
SET timezone = 'UTC';
SELECT '{"type": "FeatureCollection", "features": [';
SELECT CASE WHEN row_number() OVER (ORDER BY bucket, cell) > 1 THEN ',' ELSE '' END || jsonb_build_object('type', 'Feature',
	'geometry', mobanon.cell_geojson(cell),
	'properties', jsonb_build_object('cell', cell::text, 'from', to_char(bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'subjects', subjects))
FROM footfall ORDER BY bucket, cell;
SELECT ']}';
