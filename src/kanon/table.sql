/*
 * Tables with totals whose shape is agreed on: which rows are withheld, and
 * what a reader can compute.  Window functions: a partition is a table.
 */
CREATE FUNCTION mobanon.kanon_table(value bigint, subjects bigint, k integer, VARIADIC dimensions "any") RETURNS bigint
	LANGUAGE c STABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_table(bigint, bigint, integer, "any") IS
	'window function over a table with totals (GROUP BY CUBE, ROLLUP; a null dimension means a total): the value, or null where the row has fewer than k subjects or would let such a row be computed. value: visits, which add up; subjects: distinct subjects, at most value. An error when k is null, below mobanon.k_floor or not constant, when a count is null or negative, or when totals are missing or not the sum of their parts.';

CREATE FUNCTION mobanon.kanon_table_reason(value bigint, subjects bigint, k integer, VARIADIC dimensions "any") RETURNS text
	LANGUAGE c STABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_table_reason(bigint, bigint, integer, "any") IS
	'window function: why kanon_table() withholds a row, small or complementary; null for a row that it shows. For the DBA: it tells which groups are small, so it is not to be released.';

CREATE FUNCTION mobanon.table_bounds(value bigint, VARIADIC dimensions "any") RETURNS numrange
	LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.table_bounds(bigint, "any") IS
	'window function over a released table with totals: for a row whose value is null, the values that a reader cannot exclude, from the other rows and from what adds up. A row that is not there counts as zero. An error when the values contradict each other.';

CREATE FUNCTION mobanon.table_bounds_distinct(value bigint, VARIADIC dimensions "any") RETURNS numrange
	LANGUAGE c IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.table_bounds_distinct(bigint, "any") IS
	'window function: as table_bounds(), for a table whose values count distinct subjects, in totals too: a total is at least each of its parts and at most their sum.';

CREATE FUNCTION mobanon.audit_table(relation regclass, value_column name, k integer, dimensions name[],
	partition_columns name[] DEFAULT '{}', distinct_subjects boolean DEFAULT false)
RETURNS TABLE (place jsonb, lower bigint, upper bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	labels	text := (SELECT string_agg(format('%L, t.%I', c, c), ', ' ORDER BY n) FROM unnest(partition_columns || dimensions) WITH ORDINALITY AS u (c, n));
	parts	text := (SELECT 'PARTITION BY ' || string_agg(format('t.%I', c), ', ' ORDER BY n) FROM unnest(partition_columns) WITH ORDINALITY AS u (c, n));
	members	text := (SELECT string_agg(format('t.%I', c), ', ' ORDER BY n) FROM unnest(dimensions) WITH ORDINALITY AS u (c, n));
BEGIN
	IF relation IS NULL OR value_column IS NULL OR k IS NULL OR members IS NULL OR partition_columns IS NULL
		OR distinct_subjects IS NULL THEN
		RAISE EXCEPTION 'relation, value_column, k and dimensions must not be null or empty'
			USING ERRCODE = 'null_value_not_allowed',
				  HINT = 'Name the columns: SELECT * FROM mobanon.audit_table(''district_hour'', ''visits'', 20, ''{district,hour}'').';
	END IF;
	RETURN QUERY EXECUTE format(
		$sql$SELECT b.place, lower(b.bounds)::bigint, upper(b.bounds)::bigint
			FROM (SELECT jsonb_build_object(%s) AS place, %I(t.%I::bigint, %s) OVER (%s) AS bounds FROM %s AS t) AS b
			WHERE upper(b.bounds) - lower(b.bounds) < $1 ORDER BY b.place$sql$, labels,
		CASE WHEN distinct_subjects THEN 'table_bounds_distinct' ELSE 'table_bounds' END, value_column, members, parts, relation)
	USING k;
END
$$;
COMMENT ON FUNCTION mobanon.audit_table(regclass, name, integer, name[], name[], boolean) IS
	'the withheld rows (null values) of a released table with totals that a reader can bound closer than k, and how; no row when there is none. dimensions: columns that are null in totals; partition_columns: what tables are told apart by; distinct_subjects: values count distinct subjects, whose totals are no sums. Reads the relation with the rights of the caller.';
