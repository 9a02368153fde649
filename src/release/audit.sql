/*
 * audit(): is the release still what was published, and closed to everybody
 * who only reads it?
 */

-- Every bucket whose rows are not those that were published.
CREATE FUNCTION mobanon.changed_windows(p mobanon.pipeline) RETURNS TABLE (publication int, bucket timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT b.publication, COALESCE(w.bucket, h.bucket)
	FROM publication AS b
	CROSS JOIN LATERAL (
		SELECT * FROM publication_window AS r WHERE r.pipeline_id = b.pipeline_id AND r.publication = b.publication
	) AS w
	FULL JOIN LATERAL window_hashes(p.pipeline, b.publication) AS h ON h.bucket = w.bucket
	WHERE b.pipeline_id = p.pipeline_id AND (w.rows, w.sha256) IS DISTINCT FROM (h.rows, h.sha256)
$$;
