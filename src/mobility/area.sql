/*
 * Areas: named sets of cells, such as a shopping centre, a high street or a
 * district.  They come in area sets, and a release speaks of one set: areas
 * that overlap could be subtracted from each other, so within a set they
 * cannot.  All cells of a set have one resolution, so the primary key of
 * area_cell is what keeps areas apart, also between two sessions.
 */

-- No foreign keys, as all tables of mobanon: the functions that write check them.
CREATE TABLE mobanon.area_set (
	area_set	text COLLATE "C" PRIMARY KEY CHECK (area_set ~ '^[a-z][a-z0-9_]{0,47}$' AND area_set !~ '^z[0-9]+$'),
	resolution	text NOT NULL,
	description	text,
	created_at	timestamptz NOT NULL DEFAULT now(),
	sealed_at	timestamptz
);
COMMENT ON TABLE mobanon.area_set IS
'Sets of areas that do not overlap. resolution: of all their cells; sealed_at: since when the set may not change, because something was released with it.';
COMMENT ON COLUMN mobanon.area_set.area_set IS 'name of the set';
COMMENT ON COLUMN mobanon.area_set.resolution IS 'resolution of all its cells';
COMMENT ON COLUMN mobanon.area_set.description IS 'what the areas are';
COMMENT ON COLUMN mobanon.area_set.created_at IS 'when it was made';
COMMENT ON COLUMN mobanon.area_set.sealed_at IS 'since when the set may not change; NULL: it may';
CREATE TABLE mobanon.area_cell (
	area_set	text COLLATE "C" NOT NULL,
	cell		mobanon.cell NOT NULL,
	area		text COLLATE "C" NOT NULL CHECK (area <> '' AND length(area) <= 100),
	PRIMARY KEY (area_set, cell)
);
COMMENT ON TABLE mobanon.area_cell IS 'The cells of areas, each in one area of its set.';
COMMENT ON COLUMN mobanon.area_cell.area_set IS 'the set';
COMMENT ON COLUMN mobanon.area_cell.cell IS 'a cell of the area';
COMMENT ON COLUMN mobanon.area_cell.area IS 'name of the area';
SELECT pg_catalog.pg_extension_config_dump('mobanon.area_set', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.area_cell', '');

-- The set, locked, so that it is not sealed meanwhile.
CREATE FUNCTION mobanon.open_area_set(name text) RETURNS mobanon.area_set
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	found_set	area_set;
BEGIN
	SELECT * INTO found_set FROM area_set AS s WHERE s.area_set = name FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'area set "%" does not exist', name
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_area_set().';
	ELSIF found_set.sealed_at IS NOT NULL THEN
		RAISE EXCEPTION 'area set "%" is sealed', name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Something is released with its areas, and they mean the same in every release. Make a new set.';
	END IF;
	RETURN found_set;
END
$$;
COMMENT ON FUNCTION mobanon.open_area_set(text) IS
'For the mobility room: an area set that may still change; an error for one that is sealed or does not exist.';

CREATE FUNCTION mobanon.create_area_set(area_set text, resolution text, description text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF area_set IS NULL OR area_set !~ '^[a-z][a-z0-9_]{0,47}$' OR area_set ~ '^z[0-9]+$' THEN
		RAISE EXCEPTION '"%" cannot be the name of an area set', area_set
			USING ERRCODE = 'invalid_name',
				  HINT = 'A lower-case letter, then up to 47 lower-case letters, digits and underscores; not that of a resolution, such as z12.';
	ELSIF resolution IS NULL THEN
		RAISE EXCEPTION 'area set "%": the resolution must not be null', area_set
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Such as ''100m'' or ''1km''.';
	END IF;
	-- an error for what is no resolution
	PERFORM try_coarsen_cell(50, 10, resolution);
	INSERT INTO area_set (area_set, resolution, description) VALUES (area_set, resolution, description);
EXCEPTION WHEN unique_violation THEN
	RAISE EXCEPTION 'area set "%" exists already', area_set
		USING ERRCODE = 'duplicate_object', HINT = 'Take another name, or mobanon.drop_area_set() first.';
END
$$;
COMMENT ON FUNCTION mobanon.create_area_set(text, text, text) IS
'Makes a set for areas that do not overlap, with the resolution of all their cells.';

CREATE FUNCTION mobanon.create_area(area_set text, area text, cells mobanon.cell[]) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	largest	CONSTANT int := 1000000;
	stored	int;
	target	area_set := open_area_set(area_set);
	taken	record;
BEGIN
	IF area IS NULL OR area = '' OR length(area) > 100 THEN
		RAISE EXCEPTION 'an area needs a name of 1 to 100 characters' USING ERRCODE = 'invalid_name';
	ELSIF cells IS NULL OR cells = '{}' OR array_position(cells, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'area "%": its cells must be given, and none of them null', area
			USING ERRCODE = 'null_value_not_allowed',
				  HINT = 'An array of cells, such as ARRAY(SELECT mobanon.cells_within(...)) or ARRAY(SELECT mobanon.polygon_cells(...)).';
	ELSIF EXISTS (SELECT FROM area_cell AS c WHERE c.area_set = area_set AND c.area = area) THEN
		RAISE EXCEPTION 'area "%" exists already in area set "%"', area, area_set
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name, or mobanon.drop_area() first.';
	END IF;
	SELECT c.area, c.cell INTO taken FROM unnest(cells) AS k JOIN area_cell AS c ON c.cell <@ k
	WHERE c.area_set = area_set ORDER BY c.cell LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'area "%" overlaps area "%" of area set "%"', area, taken.area, area_set
			USING ERRCODE = 'exclusion_violation', DETAIL = format('Both hold the cell %s.', taken.cell),
				  HINT = 'Areas of one set are apart, since one minus the other would tell of those in between. Take the cell out of one, or make another set.';
	END IF;
	INSERT INTO area_cell (area_set, cell, area)
	SELECT DISTINCT area_set, p.cell, area
	FROM (SELECT k.cell
		  FROM unnest(cells) AS c, LATERAL (
			SELECT c WHERE cell_resolution(c) = target.resolution
			UNION ALL
			SELECT cell_children(c, target.resolution) WHERE cell_resolution(c) <> target.resolution) AS k (cell)
		  LIMIT largest + 1) AS p;
	GET DIAGNOSTICS stored = ROW_COUNT;
	IF stored > largest THEN
		RAISE EXCEPTION 'area "%" has more than % cells', area, largest
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Take an area set with a coarser resolution.';
	END IF;
	RETURN stored;
END
$$;
COMMENT ON FUNCTION mobanon.create_area(text, text, mobanon.cell[]) IS
'Adds an area to a set: cells of the set''s resolution, or coarser ones, which stand for the cells in them. Returns the number of cells. An error for a cell that another area of the set holds.';

CREATE FUNCTION mobanon.drop_area(area_set text, area text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM open_area_set(area_set);
	DELETE FROM area_cell AS c WHERE c.area_set = area_set AND c.area = area;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'area "%" does not exist in area set "%"', area, area_set USING ERRCODE = 'undefined_object';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.drop_area(text, text) IS
'Takes an area out of a set that is not sealed.';

CREATE FUNCTION mobanon.drop_area_set(area_set text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM open_area_set(area_set);
	DELETE FROM area_cell AS c WHERE c.area_set = area_set;
	DELETE FROM area_set AS s WHERE s.area_set = area_set;
END
$$;
COMMENT ON FUNCTION mobanon.drop_area_set(text) IS
'Removes a set that is not sealed, with its areas.';

CREATE FUNCTION mobanon.seal_area_set(area_set text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	UPDATE area_set AS s SET sealed_at = now() WHERE s.area_set = seal_area_set.area_set AND s.sealed_at IS NULL
$$;
COMMENT ON FUNCTION mobanon.seal_area_set(text) IS
'From now on no area of the set changes: what is released with it means the same for good.';

-- The anchor stands for the area where something takes cells, such as stays().
CREATE FUNCTION mobanon.area_cells(area_set text) RETURNS TABLE (cell mobanon.cell, area text, anchor mobanon.cell)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT c.cell, c.area, first_value(c.cell) OVER (PARTITION BY c.area ORDER BY c.cell)
	FROM area_cell AS c WHERE c.area_set = area_cells.area_set
$$;
COMMENT ON FUNCTION mobanon.area_cells(text) IS
'The cells of a set with their areas; anchor is the first cell of the area, which stands for it where a cell is wanted. No rows for a set that does not exist.';

CREATE FUNCTION mobanon.area_geojson(area_set text, area text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT jsonb_build_object('type', 'MultiPolygon', 'coordinates', jsonb_agg(cell_geojson(c.cell) -> 'coordinates' ORDER BY c.cell))
	FROM area_cell AS c WHERE c.area_set = area_geojson.area_set AND c.area = area_geojson.area
	HAVING count(*) > 0
$$;
COMMENT ON FUNCTION mobanon.area_geojson(text, text) IS
'The cells of an area as one GeoJSON geometry (RFC 7946), for maps; null for an area that does not exist.';

-- PostGIS is asked only when this is called, and with the rights of the caller.
CREATE FUNCTION mobanon.polygon_cells(polygon text, resolution text, share numeric DEFAULT 0.5) RETURNS SETOF mobanon.cell
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	largest	CONSTANT bigint := 4000000;
	postgis	name := (SELECT n.nspname FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace WHERE x.extname = 'postgis');
	shape	text;
	box		float8[];
	fault	text;
BEGIN
	IF polygon IS NULL OR resolution IS NULL OR share IS NULL THEN
		RETURN;
	ELSIF share < 0 OR share >= 1 THEN
		RAISE EXCEPTION 'share must be at least 0 and less than 1'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'A cell belongs to a polygon that covers more than this share of it. From 0.5 on, polygons that are apart never claim the same cell.';
	ELSIF postgis IS NULL THEN
		RAISE EXCEPTION 'polygons need PostGIS, which is not installed in this database'
			USING ERRCODE = 'feature_not_supported',
				  HINT = 'CREATE EXTENSION postgis, or give the cells themselves, such as with mobanon.cells_within().';
	END IF;
	-- degrees as they are: within a cell they are as good as a map's
	shape := format('%1$I.ST_SetSRID(%1$I.%2$I($1), 0)', postgis,
		CASE WHEN polygon ~ '^\s*\{' THEN 'st_geomfromgeojson' ELSE 'st_geomfromtext' END);
	EXECUTE format('SELECT CASE WHEN %1$I.ST_Dimension(g) IS DISTINCT FROM 2 THEN ''it is no polygon''
			WHEN NOT %1$I.ST_IsValid(g) THEN %1$I.ST_IsValidReason(g) END,
			ARRAY[%1$I.ST_YMin(%1$I.Box3D(g)), %1$I.ST_XMin(%1$I.Box3D(g)), %1$I.ST_YMax(%1$I.Box3D(g)), %1$I.ST_XMax(%1$I.Box3D(g))]
		FROM (SELECT %2$s AS g) AS s', postgis, shape) INTO fault, box USING polygon;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION 'the polygon cannot be used: %', fault
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a POLYGON or MULTIPOLYGON, longitude before latitude, as WKT or GeoJSON.';
	ELSIF (SELECT count(*) FROM (SELECT cells_within(box[1], box[2], box[3], box[4], resolution) LIMIT largest + 1) AS c) > largest THEN
		RAISE EXCEPTION 'the polygon spans more than % cells', largest
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Take a coarser resolution.';
	END IF;
	RETURN QUERY EXECUTE format('SELECT c.cell
		FROM (SELECT %2$s AS g) AS p, mobanon.cells_within($2, $3, $4, $5, $6) AS c (cell),
			LATERAL (SELECT %1$I.ST_GeomFromText(mobanon.cell_boundary(c.cell)) AS b) AS o
		WHERE %1$I.ST_Area(%1$I.ST_Intersection(p.g, o.b)) > %1$I.ST_Area(o.b) * $7::float8', postgis, shape)
	USING polygon, box[1], box[2], box[3], box[4], resolution, share;
END
$$;
COMMENT ON FUNCTION mobanon.polygon_cells(text, text, numeric) IS
'The cells of which a polygon (WKT or GeoJSON, degrees) covers more than a share: by default half, so that polygons that are apart share no cell. Needs PostGIS in the database. No rows for null.';
