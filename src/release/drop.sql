/*
 * The end of a pipeline: its stages go, and with them the rights that its role
 * no longer needs.
 */
CREATE FUNCTION mobanon.take_back_rights(name text) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline;
	reads	record;
	surplus	name[];
	schema	name;
	heir	int;
BEGIN
	SELECT * INTO p FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL AND o.parent_id IS NULL FOR UPDATE;
	reads := stage_reads(p);
	IF reads.role IS NULL THEN
		RETURN;
	END IF;
	surplus := ARRAY(SELECT c FROM unnest(reads.columns) AS c
		EXCEPT
		SELECT unnest(r.columns) FROM pipeline AS o, stage_reads(o) AS r
		WHERE o.dropped_at IS NULL AND o.parent_id IS NULL AND o.pipeline_id <> p.pipeline_id AND (r.role, r.source) = (reads.role, reads.source)
		ORDER BY 1);
	IF surplus <> '{}' THEN
		RETURN NEXT format('REVOKE SELECT (%s) ON %s FROM %s', column_list(surplus), reads.source::regclass, reads.role::regrole);
	END IF;
	FOREACH schema IN ARRAY COALESCE(p.usage_granted, '{}') LOOP
		CONTINUE WHEN NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = schema);
		-- the last one that is in the schema, or has its source there, takes the right back
		heir := (SELECT min(o.pipeline_id) FROM pipeline AS o, stage_reads(o) AS r LEFT JOIN pg_class AS c ON c.oid = r.source
			WHERE o.dropped_at IS NULL AND o.parent_id IS NULL AND o.pipeline_id <> p.pipeline_id AND r.role = reads.role
			AND schema IN ((parse_ident(o.pipeline))[1], (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = c.relnamespace)));
		IF heir IS NULL THEN
			RETURN NEXT format('REVOKE USAGE ON SCHEMA %I FROM %s', schema, reads.role::regrole);
		ELSE
			UPDATE pipeline AS o SET usage_granted = array_append(o.usage_granted, schema) WHERE o.pipeline_id = heir;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.take_back_rights(text) IS
'For drop_pipeline(), while the stages are there: the statements that take from the role what no other pipeline needs of the source, and USAGE on the schema where a pipeline had it granted.';

CREATE FUNCTION mobanon.unregister_pipeline(name text, release boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline := lock_pipeline(name, kept => release);
	stage	text;
	part	text;
BEGIN
	FOREACH stage IN ARRAY ARRAY['candidate', 'coarsened', 'pseudonymized'] LOOP
		IF p.parent_id IS NULL AND p.dropped_at IS NULL AND relation_named(stage_name(name, stage)) IS NOT NULL THEN
			RAISE EXCEPTION 'pipeline %: % still exists', name, stage_name(name, stage)
				USING ERRCODE = 'object_in_use', HINT = 'Drop a pipeline with mobanon.drop_pipeline().';
		END IF;
	END LOOP;
	-- parts of it are not published any more either; those that were kept with it go with it
	FOR part IN SELECT o.pipeline FROM pipeline AS o WHERE o.parent_id = p.pipeline_id AND o.dropped_at IS NOT DISTINCT FROM p.dropped_at
		AND (release_entry(o.pipeline)).pipeline_id = o.pipeline_id LOOP
		PERFORM unregister_pipeline(part, release);
	END LOOP;
	UPDATE pipeline AS o SET dropped_at = now() WHERE o.pipeline_id = p.pipeline_id AND o.dropped_at IS NULL;
	IF release OR NOT EXISTS (SELECT FROM publication AS b WHERE b.pipeline_id = p.pipeline_id) THEN
		EXECUTE format('DROP TABLE IF EXISTS %s', name);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.unregister_pipeline(text, boolean) IS
'For the release room: the end of drop_pipeline(): marks the pipeline as dropped, and drops its release where that is not kept.';

CREATE FUNCTION mobanon.drop_stages(pipeline text, release boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
	-- what the stages read is known while they are there
	rights		CONSTANT text[] := ARRAY(SELECT take_back_rights(pipeline));
	statement	text;
BEGIN
	-- a release for one recipient has no stages
	IF EXISTS (SELECT FROM pipeline AS p WHERE p.pipeline = drop_stages.pipeline AND p.dropped_at IS NULL AND p.parent_id IS NULL) THEN
		EXECUTE format('DROP MATERIALIZED VIEW IF EXISTS %s', stage_name(pipeline, 'candidate'));
		EXECUTE format('DROP VIEW IF EXISTS %s', stage_name(pipeline, 'coarsened'));
		EXECUTE format('DROP VIEW IF EXISTS %s', stage_name(pipeline, 'pseudonymized'));
	END IF;
	PERFORM unregister_pipeline(pipeline, release);
	FOREACH statement IN ARRAY rights LOOP
		EXECUTE statement;
	END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE EXCEPTION 'pipeline %: %', pipeline, SQLERRM
		USING ERRCODE = 'insufficient_privilege',
			  HINT = 'The caller is a member of mobanon_admin and of the role that processes for the purpose, owns the source, and may grant on the schema. Nothing was dropped.';
END
$$;
COMMENT ON FUNCTION mobanon.drop_stages(text, boolean) IS
'For the release room: drop_pipeline() after its name was found.';

CREATE FUNCTION mobanon.drop_pipeline(name text, release boolean DEFAULT false) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.drop_stages(mobanon.pipeline_name(name), release);
END;
COMMENT ON FUNCTION mobanon.drop_pipeline(text, boolean) IS
'Drops the stages of a pipeline. What was published stays readable, unless release is true, which also drops a release that was kept before; the register and the keys stay in any case.';
