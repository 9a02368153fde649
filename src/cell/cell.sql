CREATE TYPE mobanon.cell;

CREATE FUNCTION mobanon.cell_in(cstring) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_in(cstring) IS
	'input function of cell: a code of the European grid (short or long), a quadkey, or z0';
CREATE FUNCTION mobanon.cell_out(mobanon.cell) RETURNS cstring
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_out(mobanon.cell) IS
	'output function of cell: the short code of the European grid, a quadkey, or z0; lossless';
CREATE FUNCTION mobanon.cell_recv(internal) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_recv(internal) IS
	'binary input of cell: eight bytes, checked';
CREATE FUNCTION mobanon.cell_send(mobanon.cell) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_send(mobanon.cell) IS
	'binary output of cell: eight bytes, big-endian; lossless';

-- LIKE bigint: 8 bytes, aligned and passed as the platform does it for those.
CREATE TYPE mobanon.cell (
	INPUT = mobanon.cell_in,
	OUTPUT = mobanon.cell_out,
	RECEIVE = mobanon.cell_recv,
	SEND = mobanon.cell_send,
	LIKE = pg_catalog.int8
);
COMMENT ON TYPE mobanon.cell IS
	'an area of the European statistical grid (100m to 100km, EPSG:3035) or of the world-wide quadtree of map tiles (z0 to z23)';

CREATE FUNCTION mobanon.cell_to_bigint(mobanon.cell) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_to_bigint(mobanon.cell) IS
	'the number of a cell: positive, below 2^53, in the order of the cells; what cell::bigint calls';
CREATE FUNCTION mobanon.cell_from_bigint(bigint) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_from_bigint(bigint) IS
	'the cell with that number, an error where there is none; what bigint::cell calls';
CREATE CAST (mobanon.cell AS bigint) WITH FUNCTION mobanon.cell_to_bigint(mobanon.cell);
CREATE CAST (bigint AS mobanon.cell) WITH FUNCTION mobanon.cell_from_bigint(bigint);

-- Comparison: grid first, then along the grid's curve, a cell before what lies in it.

CREATE FUNCTION mobanon.cell_eq(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_eq(mobanon.cell, mobanon.cell) IS 'implementation of = : same area, same resolution';
CREATE FUNCTION mobanon.cell_ne(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_ne(mobanon.cell, mobanon.cell) IS 'implementation of <>';
CREATE FUNCTION mobanon.cell_lt(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_lt(mobanon.cell, mobanon.cell) IS 'implementation of < : earlier on the curve through the grid';
CREATE FUNCTION mobanon.cell_le(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_le(mobanon.cell, mobanon.cell) IS 'implementation of <=';
CREATE FUNCTION mobanon.cell_gt(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_gt(mobanon.cell, mobanon.cell) IS 'implementation of >';
CREATE FUNCTION mobanon.cell_ge(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_ge(mobanon.cell, mobanon.cell) IS 'implementation of >=';
CREATE FUNCTION mobanon.cell_cmp(mobanon.cell, mobanon.cell) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_cmp(mobanon.cell, mobanon.cell) IS 'btree comparison: -1, 0 or 1';
CREATE FUNCTION mobanon.cell_sortsupport(internal) RETURNS void
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_sortsupport(internal) IS 'sort support of the btree operator class';
CREATE FUNCTION mobanon.cell_hash(mobanon.cell) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_hash(mobanon.cell) IS 'hash of a cell; the same on every machine and major version';
CREATE FUNCTION mobanon.cell_hash_extended(mobanon.cell, bigint) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_hash_extended(mobanon.cell, bigint) IS 'hash of a cell with a seed, for hash partitions; the same on every machine and major version';

CREATE OPERATOR mobanon.= (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_eq,
	COMMUTATOR = OPERATOR(mobanon.=), NEGATOR = OPERATOR(mobanon.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR mobanon.<> (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_ne,
	COMMUTATOR = OPERATOR(mobanon.<>), NEGATOR = OPERATOR(mobanon.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR mobanon.< (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_lt,
	COMMUTATOR = OPERATOR(mobanon.>), NEGATOR = OPERATOR(mobanon.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR mobanon.<= (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_le,
	COMMUTATOR = OPERATOR(mobanon.>=), NEGATOR = OPERATOR(mobanon.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR mobanon.> (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_gt,
	COMMUTATOR = OPERATOR(mobanon.<), NEGATOR = OPERATOR(mobanon.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR mobanon.>= (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_ge,
	COMMUTATOR = OPERATOR(mobanon.<=), NEGATOR = OPERATOR(mobanon.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR CLASS mobanon.cell_ops
	DEFAULT FOR TYPE mobanon.cell USING btree AS
	OPERATOR 1 mobanon.<, OPERATOR 2 mobanon.<=, OPERATOR 3 mobanon.=,
	OPERATOR 4 mobanon.>=, OPERATOR 5 mobanon.>,
	FUNCTION 1 mobanon.cell_cmp(mobanon.cell, mobanon.cell),
	FUNCTION 2 mobanon.cell_sortsupport(internal),
	-- equal cells are equal bytes: index entries may be deduplicated
	FUNCTION 4 pg_catalog.btequalimage(oid);

CREATE OPERATOR CLASS mobanon.cell_ops
	DEFAULT FOR TYPE mobanon.cell USING hash AS
	OPERATOR 1 mobanon.=,
	FUNCTION 1 mobanon.cell_hash(mobanon.cell),
	FUNCTION 2 mobanon.cell_hash_extended(mobanon.cell, bigint);

CREATE OPERATOR CLASS mobanon.cell_minmax_ops
	DEFAULT FOR TYPE mobanon.cell USING brin AS
	OPERATOR 1 mobanon.<, OPERATOR 2 mobanon.<=, OPERATOR 3 mobanon.=,
	OPERATOR 4 mobanon.>=, OPERATOR 5 mobanon.>,
	FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
	FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);

-- Ancestors: a range of a btree or BRIN index, by the planner support functions.

CREATE FUNCTION mobanon.cell_contained_support(internal) RETURNS internal
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_contained_support(internal) IS 'planner support of cell_contained: <@ as a range of an index';
CREATE FUNCTION mobanon.cell_contains_support(internal) RETURNS internal
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_contains_support(internal) IS 'planner support of cell_contains: @> as a range of an index';
CREATE FUNCTION mobanon.cell_last_inside(mobanon.cell) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'cell_last_inside_sql';
COMMENT ON FUNCTION mobanon.cell_last_inside(mobanon.cell) IS 'the last cell in a cell, in the order of cells: the upper end of the range that an index is asked for';
CREATE FUNCTION mobanon.cell_contains(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT mobanon.cell_contains_support AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_contains(mobanon.cell, mobanon.cell) IS 'implementation of @> : the left cell is an ancestor of the right one, or the same';
CREATE FUNCTION mobanon.cell_contained(mobanon.cell, mobanon.cell) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT mobanon.cell_contained_support AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_contained(mobanon.cell, mobanon.cell) IS 'implementation of <@ : the left cell lies in the right one, or is the same';
CREATE OPERATOR mobanon.@> (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_contains,
	COMMUTATOR = OPERATOR(mobanon.<@), RESTRICT = matchingsel, JOIN = matchingjoinsel
);
CREATE OPERATOR mobanon.<@ (
	LEFTARG = mobanon.cell, RIGHTARG = mobanon.cell, FUNCTION = mobanon.cell_contained,
	COMMUTATOR = OPERATOR(mobanon.@>), RESTRICT = matchingsel, JOIN = matchingjoinsel
);

-- Coarsening.

CREATE FUNCTION mobanon.coarsen_cell(latitude double precision, longitude double precision, resolution text) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'coarsen_cell_position';
COMMENT ON FUNCTION mobanon.coarsen_cell(double precision, double precision, text) IS
	'the cell of a resolution that holds a position in degrees (ETRS89 or WGS 84); an error for a position outside the grid, an unknown resolution; null for null';
CREATE FUNCTION mobanon.coarsen_cell(cell mobanon.cell, resolution text) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'coarsen_cell_cell';
COMMENT ON FUNCTION mobanon.coarsen_cell(mobanon.cell, text) IS
	'the ancestor of a cell at a resolution; an error for a finer resolution, one of the other grid, or one that the cell''s does not divide; null for null';
CREATE FUNCTION mobanon.try_coarsen_cell(latitude double precision, longitude double precision, resolution text) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_coarsen_cell_position';
COMMENT ON FUNCTION mobanon.try_coarsen_cell(double precision, double precision, text) IS
	'as coarsen_cell, but null for a position that cannot be used; an unknown resolution is still an error';
CREATE FUNCTION mobanon.try_coarsen_cell(cell mobanon.cell, resolution text) RETURNS mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_coarsen_cell_cell';
COMMENT ON FUNCTION mobanon.try_coarsen_cell(mobanon.cell, text) IS
	'as coarsen_cell, but null where the cell has no such ancestor; an unknown resolution is still an error';
CREATE FUNCTION mobanon.cell_resolution(mobanon.cell) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_resolution(mobanon.cell) IS
	'the resolution of a cell: 100m to 100km, or z0 to z23; null for null';

-- Place and shape.

CREATE FUNCTION mobanon.cell_center(cell mobanon.cell, OUT latitude double precision, OUT longitude double precision)
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_center(mobanon.cell) IS
	'the middle of a cell on its map, in degrees; null for null';
CREATE FUNCTION mobanon.cell_boundary(mobanon.cell) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_boundary(mobanon.cell) IS
	'the outline of a cell as WKT, longitude before latitude in degrees, closed and counter-clockwise, with a point every 2 km on the European grid; null for null';
CREATE FUNCTION mobanon.cell_geojson(mobanon.cell) RETURNS jsonb
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_geojson(mobanon.cell) IS
	'the outline of a cell as a GeoJSON geometry (RFC 7946), otherwise as cell_boundary; null for null';
CREATE FUNCTION mobanon.cell_area_m2(mobanon.cell) RETURNS double precision
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_area_m2(mobanon.cell) IS
	'square metres of a cell on the ellipsoid; null for null';

-- Sets of cells.

CREATE FUNCTION mobanon.cell_children(cell mobanon.cell) RETURNS SETOF mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_children(mobanon.cell) IS
	'the cells of the next finer resolution that fill a cell; an error at the finest; no rows for null';
CREATE FUNCTION mobanon.cell_children(cell mobanon.cell, resolution text) RETURNS SETOF mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_children(mobanon.cell, text) IS
	'the cells of a finer resolution that fill a cell; an error for a resolution that does not divide the cell''s; no rows for null';
CREATE FUNCTION mobanon.cell_neighbors(cell mobanon.cell) RETURNS SETOF mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_neighbors(mobanon.cell) IS
	'the cells of the same resolution that share an edge or corner: eight, fewer at the border of the grid; no rows for null';
CREATE FUNCTION mobanon.cells_within(min_latitude double precision, min_longitude double precision,
	max_latitude double precision, max_longitude double precision, resolution text) RETURNS SETOF mobanon.cell
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cells_within(double precision, double precision, double precision, double precision, text) IS
	'the cells that a bounding box in degrees touches, so that each position in the box is in one of them; an error for a box that is none; no rows for null';
