CREATE FUNCTION mobanon.contribution_draw(pseudonym uuid, cell mobanon.cell, bucket timestamptz, domain text) RETURNS bigint
	LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.contribution_draw(uuid, mobanon.cell, timestamptz, text) IS
	'a number for each visit, with the key of the pseudonym domain: the m visits of a subject and day with the smallest numbers are a uniform choice, the same in every query. dense_rank() OVER (PARTITION BY pseudonym, day ORDER BY the draw) <= m bounds what one subject contributes. Null for null.';
