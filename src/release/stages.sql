/*
 * For the entrance: which views and materialized views are stages of pipelines.
 */
CREATE FUNCTION mobanon.registered_stages() RETURNS TABLE (stage regclass)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT relation_named(stage_name(p.pipeline, s.name))::regclass
	FROM pipeline AS p, unnest(ARRAY['pseudonymized', 'coarsened', 'candidate']) AS s (name)
	WHERE p.dropped_at IS NULL AND relation_named(stage_name(p.pipeline, s.name)) IS NOT NULL
	-- the views alone: policies of the source are looked at there
	AND split_part(pipeline_definition(p.pipeline, p.source, p.role_name), E'\npolicy ', 1) = split_part(p.definition, E'\npolicy ', 1)
$$;
COMMENT ON FUNCTION mobanon.registered_stages() IS
'For protection_gaps(): the stages of the pipelines that are as they were registered.';
