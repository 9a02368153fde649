CREATE TYPE mobanon.kanon_area AS (
	cell		mobanon.cell,
	bucket		timestamptz,
	width		interval,
	subjects	bigint
);
COMMENT ON TYPE mobanon.kanon_area IS 'an area of a partition: a cell during a bucket, and how many distinct subjects were in it';
COMMENT ON COLUMN mobanon.kanon_area.cell IS 'of one of the resolutions: cell_resolution(cell) says which';
COMMENT ON COLUMN mobanon.kanon_area.bucket IS 'start of the bucket';
COMMENT ON COLUMN mobanon.kanon_area.width IS 'length of the bucket, one of buckets; null where time was not coarsened';
COMMENT ON COLUMN mobanon.kanon_area.subjects IS 'distinct subjects, exact, at least k';

CREATE FUNCTION mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[]) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'kanon_partition_uuid';
COMMENT ON FUNCTION mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[], interval[], text) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'kanon_partition_uuid';
COMMENT ON FUNCTION mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[]) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'kanon_partition_bigint';
COMMENT ON FUNCTION mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[], interval[], text) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'kanon_partition_bigint';
COMMENT ON FUNCTION mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[]) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME', 'kanon_partition_text';
COMMENT ON FUNCTION mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[], interval[], text) RETURNS internal
	LANGUAGE c STABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME', 'kanon_partition_text';
COMMENT ON FUNCTION mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_partition_final(internal) RETURNS mobanon.kanon_area[]
	LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_partition_final(internal) IS
	'final function of kanon_partition; part of an aggregate, not to be called by itself';

CREATE FUNCTION mobanon.kanon_partition_rest_final(internal) RETURNS mobanon.kanon_area[]
	LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_partition_rest_final(internal) IS
	'final function of kanon_partition_rest; part of an aggregate, not to be called by itself';

-- The state is all rows, so it is never sent to another process: internal, and no combine function.

CREATE AGGREGATE mobanon.kanon_partition(subject uuid, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_uuid,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(uuid, mobanon.cell, timestamptz, integer, text[]) IS
	'the finest areas of the grid with at least k distinct subjects each (uuid pseudonyms), apart from each other, for each bucket. resolutions from fine to coarse. Where a cell with anybody in it has fewer than k, all of its parent is one area. Null when there is none. Rows with a null subject, cell or bucket are left out.';
CREATE AGGREGATE mobanon.kanon_partition(subject uuid, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_uuid,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(uuid, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time: where the coarsest cell has fewer than k in a bucket, the next longer bucket is tried. buckets from short to long, on the clock of the time zone, as bucket_start() counts them.';
CREATE AGGREGATE mobanon.kanon_partition(subject bigint, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_bigint,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(bigint, mobanon.cell, timestamptz, integer, text[]) IS
	'the finest areas of the grid with at least k distinct subjects each (bigint subjects), apart from each other, for each bucket. resolutions from fine to coarse. Where a cell with anybody in it has fewer than k, all of its parent is one area. Null when there is none. Rows with a null subject, cell or bucket are left out.';
CREATE AGGREGATE mobanon.kanon_partition(subject bigint, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_bigint,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(bigint, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time: where the coarsest cell has fewer than k in a bucket, the next longer bucket is tried. buckets from short to long, on the clock of the time zone, as bucket_start() counts them.';
CREATE AGGREGATE mobanon.kanon_partition(subject text, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_text,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(text, mobanon.cell, timestamptz, integer, text[]) IS
	'the finest areas of the grid with at least k distinct subjects each (text subjects, compared byte by byte), apart from each other, for each bucket. resolutions from fine to coarse. Where a cell with anybody in it has fewer than k, all of its parent is one area. Null when there is none. Rows with a null subject, cell or bucket are left out.';
CREATE AGGREGATE mobanon.kanon_partition(subject text, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_text,
	FINALFUNC = mobanon.kanon_partition_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition(text, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time: where the coarsest cell has fewer than k in a bucket, the next longer bucket is tried. buckets from short to long, on the clock of the time zone, as bucket_start() counts them.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject uuid, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_uuid,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(uuid, mobanon.cell, timestamptz, integer, text[]) IS
	'as kanon_partition (uuid pseudonyms), but each cell of the finest resolution with at least k is an area, and cells with fewer are one area together: a row of a coarser cell stands for that cell without the areas inside it. Where that would tell that somebody is in one of them, or how many, they are part of the next coarser rest. What is left over at the end is dropped.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject uuid, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_uuid,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(uuid, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time, as kanon_partition with buckets.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject bigint, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_bigint,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(bigint, mobanon.cell, timestamptz, integer, text[]) IS
	'as kanon_partition (bigint subjects), but each cell of the finest resolution with at least k is an area, and cells with fewer are one area together: a row of a coarser cell stands for that cell without the areas inside it. Where that would tell that somebody is in one of them, or how many, they are part of the next coarser rest. What is left over at the end is dropped.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject bigint, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_bigint,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(bigint, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time, as kanon_partition with buckets.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject text, cell mobanon.cell, bucket timestamptz, k integer, resolutions text[]) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_text,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(text, mobanon.cell, timestamptz, integer, text[]) IS
	'as kanon_partition (text subjects, compared byte by byte), but each cell of the finest resolution with at least k is an area, and cells with fewer are one area together: a row of a coarser cell stands for that cell without the areas inside it. Where that would tell that somebody is in one of them, or how many, they are part of the next coarser rest. What is left over at the end is dropped.';
CREATE AGGREGATE mobanon.kanon_partition_rest(subject text, cell mobanon.cell, at timestamptz, k integer, resolutions text[], buckets interval[], time_zone text) (
	STYPE = internal, SSPACE = 4096, SFUNC = mobanon.kanon_partition_text,
	FINALFUNC = mobanon.kanon_partition_rest_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_partition_rest(text, mobanon.cell, timestamptz, integer, text[], interval[], text) IS
	'the same in space and time, as kanon_partition with buckets.';
