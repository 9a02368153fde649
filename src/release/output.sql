/*
 * Releases as files: what an analyst hands on.  Each reads the release with
 * the rights of its caller, and nothing else.
 */
-- Who called a function that runs with mobanon's rights: as whom the session acts.
CREATE FUNCTION mobanon.reads_release(release regclass) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE(has_any_column_privilege(COALESCE(NULLIF(current_setting('role'), 'none'), session_user), release, 'SELECT'), false);
COMMENT ON FUNCTION mobanon.reads_release(regclass) IS
'For what is said of a release: whether the session''s user, or the role it set, may read it.';

CREATE FUNCTION mobanon.release_parameters(release regclass) RETURNS jsonb
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT jsonb_build_object('release', p.pipeline, 'purpose', p.purpose, 'resolution', p.resolution, 'bucket', p.bucket,
			'time_zone', p.time_zone, 'k', p.k, 'breakdowns', p.breakdowns, 'kind', p.kind)
		|| jsonb_strip_nulls(jsonb_build_object('resolutions', p.resolutions, 'buckets', p.buckets, 'measures', p.measures, 'places', p.places,
			'minimum_stay', p.minimum_stay, 'maximum_gap', p.maximum_gap, 'trips_per_day', p.trips_per_day, 'cells_per_day', p.cells_per_day, 'diversity', p.diversity,
			'persons', CASE WHEN p.account_column IS NOT NULL THEN 'accounts' END))
	FROM pipeline AS p WHERE relation_named(p.pipeline) = release AND reads_release(release)
	ORDER BY p.dropped_at DESC NULLS FIRST LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.release_parameters(regclass) IS
'What a release counts: kind, purpose, resolution, bucket, time zone, k, breakdowns, and what else its kind takes; NULL for a table that is no release, or that the session may not read.';

-- What a reader of the release must know to draw it.
CREATE FUNCTION mobanon.release_shape(release regclass, OUT keys name[], OUT cells name[], OUT places text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT key_columns(p), cell_columns(p), p.places
	FROM pipeline AS p WHERE relation_named(p.pipeline) = release AND reads_release(release)
	ORDER BY p.dropped_at DESC NULLS FIRST LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.release_shape(regclass) IS
'For maps of a release: the columns of its key, those that are cells, and the places that areas are of; null for who may not read it.';

CREATE FUNCTION mobanon.release_area(release regclass, area text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	places	text := (SELECT s.places FROM release_shape(release) AS s);
BEGIN
	IF places IS NULL THEN
		RETURN NULL;
	ELSIF (SELECT p.is_set FROM place_parts(places, NULL) AS p) THEN
		RETURN area_geojson(places, release_area.area);
	END IF;
	-- Not in a CASE of SQL: PostgreSQL 18 would look at the constant's cast before it knows which way it goes.
	RETURN cell_geojson(release_area.area::cell);
END
$$;
COMMENT ON FUNCTION mobanon.release_area(regclass, text) IS
'For maps of a release: where an area that it names lies, as a GeoJSON geometry; null for an area that there is not, and for who may not read the release.';

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
		RAISE EXCEPTION '% is not a release that % may read', release, current_user
			USING ERRCODE = 'wrong_object_type', HINT = 'Releases are what create_pipeline() and create_recipient_release() make; who may read one is set with mobanon.grant_release().';
	END IF;
	RETURN NEXT format('{"type": "FeatureCollection", "about": %s, "features": [', about);
	RETURN QUERY EXECUTE format($sql$
		SELECT jsonb_build_object('type', 'Feature', 'geometry', %1$s, 'properties',
				to_jsonb(r.*) - '{bucket, publication}'::text[] || jsonb_build_object(
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

-- What is drawn of a row: its shape, or those that a line goes through, its subjects, and one more number.
CREATE FUNCTION mobanon.rows_on_map(release regclass, about jsonb) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT format('SELECT r.bucket, %s AS until, %s AS way, max(r.subjects) AS subjects, %s AS more FROM %s AS r WHERE r.bucket >= $4 AND r.bucket < $5%s GROUP BY 1, 2, 3',
	-- breakdowns are not drawn, and counts of distinct subjects do not add up: the largest group stands for its cell
	CASE WHEN jsonb_array_length(about -> 'buckets') > 1 THEN 'bucket_end(r.bucket, r.width, $7)' ELSE 'bucket_end(r.bucket, $6, $7)' END,
	CASE WHEN s.cells = '{}' THEN 'ARRAY[r.area]' ELSE format('ARRAY[%s]', (SELECT string_agg(format('r.%I::text', c.name), ', ' ORDER BY c.place)
		FROM unnest(s.cells) WITH ORDINALITY AS c (name, place))) END,
	CASE about ->> 'kind' WHEN 'dwell' THEN '(array_agg(r.median_minutes ORDER BY r.subjects DESC))[1]' WHEN 'flows' THEN 'max(r.trips)' WHEN 'chains' THEN 'max(r.trips)'
		WHEN 'places' THEN $$max(r.amount) FILTER (WHERE r.measure = 'dwell' AND r.value = '0.5')$$ ELSE 'NULL::bigint' END,
	release, CASE about ->> 'kind' WHEN 'places' THEN $$ AND r.measure IN ('visitors', 'dwell')$$ WHEN 'residents' THEN $$ AND r.measure = 'residents'$$ END)
	FROM release_shape(release) AS s);
COMMENT ON FUNCTION mobanon.rows_on_map(regclass, jsonb) IS
'For release_map(): the query for what is drawn of a release.';

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
		RAISE EXCEPTION '% is not a release that % may read', release, current_user
			USING ERRCODE = 'wrong_object_type', HINT = 'Releases are what create_pipeline() and create_recipient_release() make; who may read one is set with mobanon.grant_release().';
	END IF;
	EXECUTE format($sql$
		WITH RECURSIVE shown AS MATERIALIZED (%1$s), every AS (
			-- also buckets without a row
			SELECT min(s.bucket) AS bucket FROM shown AS s
			UNION ALL
			SELECT bucket_end(e.bucket, $6, $7) FROM every AS e WHERE e.bucket < (SELECT max(s.bucket) FROM shown AS s)
		), buckets AS (
			SELECT e.bucket, row_number() OVER (ORDER BY e.bucket) - 1 AS number FROM every AS e WHERE e.bucket IS NOT NULL
		), shapes AS (
			SELECT u.name, row_number() OVER (ORDER BY u.name COLLATE "C") - 1 AS number, %2$s AS geometry
			FROM (SELECT DISTINCT unnest(s.way) AS name FROM shown AS s) AS u
		)
		SELECT json_build_object('title', $2, 'subtitle', $3, 'kind', $1 ->> 'kind', 'k', ($1 ->> 'k')::int,
			'resolution', COALESCE((SELECT string_agg(r, ' to ') FROM jsonb_array_elements_text($1 -> 'resolutions') WITH ORDINALITY AS r (r, n)
				WHERE n IN (1, jsonb_array_length($1 -> 'resolutions'))), $1 ->> 'resolution'),
			'bucket', $6::text, 'seconds', extract(epoch FROM $6), 'time_zone', $7,
			'grid', CASE WHEN $1 ->> 'resolution' LIKE 'z%%' THEN 'map tiles, quadtree (EPSG:3857)' ELSE 'European statistical grid (EPSG:3035)' END,
			'places', '[]'::json,
			'buckets', (SELECT json_agg(to_char(b.bucket, 'YYYY-MM-DD"T"HH24:MI"Z"') ORDER BY b.number) FROM buckets AS b),
			'cells', (SELECT json_agg(json_build_object('name', c.name, 'rings',
					(SELECT json_agg((SELECT json_agg(json_build_array(round((p ->> 0)::numeric, 6), round((p ->> 1)::numeric, 6))) FROM jsonb_array_elements(g -> 0) AS p))
					 FROM jsonb_array_elements(CASE c.geometry ->> 'type' WHEN 'MultiPolygon' THEN c.geometry -> 'coordinates' ELSE jsonb_build_array(c.geometry -> 'coordinates') END) AS g))
				ORDER BY c.number) FROM shapes AS c),
			-- bucket, subjects, one more number, shape[, shape...]
			'rows', (SELECT json_agg(to_json(ARRAY[b.number, s.subjects, s.more] || ARRAY(SELECT c.number FROM unnest(s.way) WITH ORDINALITY AS w (name, n) JOIN shapes AS c USING (name) ORDER BY w.n))
						ORDER BY b.number, s.way)
					 FROM shown AS s JOIN buckets AS b ON b.bucket >= s.bucket AND b.bucket < s.until))$sql$,
		rows_on_map(release, about),
		CASE WHEN (release_shape(release)).cells <> '{}' THEN 'cell_geojson(u.name::cell)' ELSE format('release_area(%L::regclass, u.name)', release) END)
	INTO result USING about, COALESCE(title, 'Release ' || (about ->> 'release')), COALESCE(subtitle, 'Purpose: ' || (about ->> 'purpose')),
		window_from, window_to, COALESCE(about -> 'buckets' ->> 0, about ->> 'bucket')::interval, about ->> 'time_zone';
	-- may stand in a script of a page
	RETURN replace(result::text, '</', '<\/')::json;
END
$$;
COMMENT ON FUNCTION mobanon.release_map(regclass, text, text, timestamptz, timestamptz) IS
'What demo/map.html draws of a release, as one JSON object. The page itself: psql -XAt -v release=town.footfall -f demo/release_map.sql > map.html';
