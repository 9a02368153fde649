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
			'time_zone', p.time_zone, 'k', p.k, 'breakdowns', p.breakdowns, 'kind', p.kind)
		|| jsonb_strip_nulls(jsonb_build_object('resolutions', p.resolutions, 'buckets', p.buckets, 'measures', p.measures, 'places', p.places,
			'minimum_stay', p.minimum_stay, 'maximum_gap', p.maximum_gap, 'trips_per_day', p.trips_per_day, 'cells_per_day', p.cells_per_day,
			'persons', CASE WHEN p.account_column IS NOT NULL THEN 'accounts' END))
	FROM pipeline AS p WHERE relation_named(p.pipeline) = release
	ORDER BY p.dropped_at DESC NULLS FIRST LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.release_parameters(regclass) IS
'What a release counts: kind, purpose, resolution, bucket, time zone, k, breakdowns, and what else its kind takes; NULL for a table that is no release. The same that its column comments say to everybody.';

-- What a reader of the release must know to draw it.
CREATE FUNCTION mobanon.release_shape(release regclass, OUT keys name[], OUT cells name[], OUT places text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT key_columns(p), cell_columns(p), p.places
	FROM pipeline AS p WHERE relation_named(p.pipeline) = release
	ORDER BY p.dropped_at DESC NULLS FIRST LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.release_shape(regclass) IS
'For maps of a release: the columns of its key, those that are cells, and the places that areas are of.';

CREATE FUNCTION mobanon.release_area(release regclass, area text) RETURNS jsonb
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT CASE WHEN (place_parts(s.places, NULL)).is_set THEN area_geojson(s.places, release_area.area) ELSE cell_geojson(release_area.area::cell) END
	FROM release_shape(release) AS s WHERE s.places IS NOT NULL
$$;
COMMENT ON FUNCTION mobanon.release_area(regclass, text) IS
'For maps of a release: where an area that it names lies, as a GeoJSON geometry; null for an area that there is not.';

-- One cell is a polygon, several are a line through their centers, an area is its cells.
CREATE FUNCTION mobanon.row_geometry(release regclass) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT CASE cardinality(s.cells)
	WHEN 0 THEN format('release_area(%L::regclass, r.area)', release)
	WHEN 1 THEN format('cell_geojson(r.%I)', s.cells[1])
	ELSE format($sql$jsonb_build_object('type', 'LineString', 'coordinates', jsonb_build_array(%s))$sql$,
		(SELECT string_agg(format('(SELECT jsonb_build_array(round(m.longitude::numeric, 6), round(m.latitude::numeric, 6)) FROM cell_center(r.%I) AS m)', c.name), ', ' ORDER BY c.place)
		 FROM unnest(s.cells) WITH ORDINALITY AS c (name, place))) END
	FROM release_shape(release) AS s);
COMMENT ON FUNCTION mobanon.row_geometry(regclass) IS
'For maps of a release: the GeoJSON geometry of a row, as an expression over "r".';

CREATE FUNCTION mobanon.release_geojson(release regclass, window_from timestamptz DEFAULT '-infinity',
	window_to timestamptz DEFAULT 'infinity') RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	about	jsonb := release_parameters(release);
	keys	text := column_list((release_shape(release)).keys, 'r');
BEGIN
	IF about IS NULL THEN
		RAISE EXCEPTION '% is not a release', release USING ERRCODE = 'wrong_object_type';
	END IF;
	RETURN NEXT format('{"type": "FeatureCollection", "about": %s, "features": [', about);
	RETURN QUERY EXECUTE format($sql$
		SELECT jsonb_build_object('type', 'Feature', 'geometry', %1$s, 'properties',
				to_jsonb(r) - '{bucket, publication}'::text[] || jsonb_build_object(
				'from', to_char(r.bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'to', to_char(bucket_end(r.bucket, %4$s, $4), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
			|| CASE WHEN lead(true) OVER w THEN ',' ELSE '' END
		FROM %2$s AS r WHERE r.bucket >= $1 AND r.bucket < $2 WINDOW w AS (ORDER BY %3$s) ORDER BY %3$s$sql$,
			row_geometry(release), release, keys, CASE WHEN jsonb_array_length(about -> 'buckets') > 1 THEN 'r.width' ELSE '$3' END)
	USING window_from, window_to, COALESCE(about -> 'buckets' ->> 0, about ->> 'bucket')::interval, about ->> 'time_zone';
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
