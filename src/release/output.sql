/*
 * Releases as files: what an analyst hands on.  Each reads the release with
 * the rights of its caller, and nothing else.
 */
CREATE FUNCTION mobanon.release_parameters(release regclass) RETURNS jsonb
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT jsonb_build_object('release', p.pipeline, 'purpose', p.purpose, 'resolution', p.resolution, 'bucket', p.bucket,
		'time_zone', p.time_zone, 'k', p.k, 'breakdowns', p.breakdowns)
	FROM pipeline AS p WHERE relation_named(p.pipeline) = release
	ORDER BY p.dropped_at DESC NULLS FIRST LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.release_parameters(regclass) IS
'What a release counts: purpose, resolution, bucket, time zone, k, breakdowns; NULL for a table that is no release. The same that its column comments say to everybody.';

CREATE FUNCTION mobanon.release_geojson(release regclass, window_from timestamptz DEFAULT '-infinity',
	window_to timestamptz DEFAULT 'infinity') RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	about	jsonb := release_parameters(release);
BEGIN
	IF about IS NULL THEN
		RAISE EXCEPTION '% is not a release', release USING ERRCODE = 'wrong_object_type';
	END IF;
	RETURN NEXT format('{"type": "FeatureCollection", "about": %s, "features": [', about);
	RETURN QUERY EXECUTE format($sql$
		SELECT jsonb_build_object('type', 'Feature', 'geometry', cell_geojson(r.cell), 'properties',
				to_jsonb(r) - '{bucket, publication}'::text[] || jsonb_build_object(
				'from', to_char(r.bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'to', to_char(bucket_end(r.bucket, $3, $4), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
			|| CASE WHEN lead(true) OVER w THEN ',' ELSE '' END
		FROM %s AS r WHERE r.bucket >= $1 AND r.bucket < $2 WINDOW w AS (ORDER BY %s) ORDER BY %s$sql$, release,
			column_list('{bucket, cell}'::name[] || ARRAY(SELECT jsonb_array_elements_text(about -> 'breakdowns'))::name[], 'r'),
			column_list('{bucket, cell}'::name[] || ARRAY(SELECT jsonb_array_elements_text(about -> 'breakdowns'))::name[], 'r'))
	USING window_from, window_to, (about ->> 'bucket')::interval, about ->> 'time_zone';
	RETURN NEXT ']}';
END
$$;
COMMENT ON FUNCTION mobanon.release_geojson(regclass, timestamptz, timestamptz) IS
'A release, or its windows from one time up to another, as GeoJSON (RFC 7946), line by line: one feature per row. psql -XAtc "SELECT mobanon.release_geojson(''town.footfall'')" > footfall.geojson';

CREATE FUNCTION mobanon.release_map(release regclass, title text DEFAULT NULL, subtitle text DEFAULT NULL,
	window_from timestamptz DEFAULT '-infinity', window_to timestamptz DEFAULT 'infinity') RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	about	jsonb := release_parameters(release);
	result	json;
BEGIN
	IF about IS NULL THEN
		RAISE EXCEPTION '% is not a release', release USING ERRCODE = 'wrong_object_type';
	END IF;
	-- breakdowns are not drawn, and counts of distinct subjects do not add up: the largest group stands for its cell
	EXECUTE format($sql$
		WITH RECURSIVE shown AS (
			SELECT r.bucket, r.cell, max(r.subjects) AS subjects FROM %s AS r
			WHERE r.bucket >= $4 AND r.bucket < $5 GROUP BY r.bucket, r.cell
		), every AS (
			-- also buckets without a row
			SELECT min(s.bucket) AS bucket FROM shown AS s
			UNION ALL
			SELECT bucket_end(e.bucket, $6, $7) FROM every AS e WHERE e.bucket < (SELECT max(s.bucket) FROM shown AS s)
		), buckets AS (
			SELECT e.bucket, row_number() OVER (ORDER BY e.bucket) - 1 AS number FROM every AS e WHERE e.bucket IS NOT NULL
		), cells AS (
			SELECT s.cell, row_number() OVER (ORDER BY s.cell) - 1 AS number FROM shown AS s GROUP BY s.cell
		)
		SELECT json_build_object('title', $2, 'subtitle', $3, 'k', ($1 ->> 'k')::int, 'resolution', $1 ->> 'resolution',
			'bucket', $1 ->> 'bucket', 'seconds', extract(epoch FROM $6), 'time_zone', $7,
			'grid', CASE WHEN $1 ->> 'resolution' LIKE 'z%%' THEN 'map tiles, quadtree (EPSG:3857)' ELSE 'European statistical grid (EPSG:3035)' END,
			'places', '[]'::json,
			'buckets', (SELECT json_agg(to_char(b.bucket, 'YYYY-MM-DD"T"HH24:MI"Z"') ORDER BY b.number) FROM buckets AS b),
			'cells', (SELECT json_agg(json_build_object('name', c.cell::text, 'ring',
					(SELECT json_agg(json_build_array(round((p ->> 0)::numeric, 6), round((p ->> 1)::numeric, 6)))
					 FROM jsonb_array_elements(cell_geojson(c.cell) -> 'coordinates' -> 0) AS p)) ORDER BY c.number) FROM cells AS c),
			'rows', (SELECT json_agg(json_build_array(b.number, c.number, s.subjects) ORDER BY b.number, c.number)
					 FROM shown AS s JOIN cells AS c ON c.cell = s.cell JOIN buckets AS b ON b.bucket = s.bucket))$sql$, release)
	INTO result USING about, COALESCE(title, 'Release ' || (about ->> 'release')), COALESCE(subtitle, 'Purpose: ' || (about ->> 'purpose')),
		window_from, window_to, (about ->> 'bucket')::interval, about ->> 'time_zone';
	-- may stand in a script of a page
	RETURN replace(result::text, '</', '<\/')::json;
END
$$;
COMMENT ON FUNCTION mobanon.release_map(regclass, text, text, timestamptz, timestamptz) IS
'What demo/map.html draws of a release, as one JSON object. The page itself: psql -XAt -v release=town.footfall -f demo/release_map.sql > map.html';
