/*
 * Recipients with a release of their own: the rows of a release that lie in
 * their areas, copied when they are published.  Nothing is computed for them,
 * so no two recipients have numbers that differ.
 */
CREATE FUNCTION mobanon.register_recipient_release(name text, pipeline text, recipient text, areas mobanon.cell[], history boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p	pipeline := lock_pipeline(pipeline);
	r	pipeline;
	bad	text;
	-- no row may lie across the edge of an area
	largest	text := COALESCE(p.resolutions[cardinality(p.resolutions)], p.resolution);
BEGIN
	IF NOT EXISTS (SELECT FROM recipient AS c WHERE c.recipient = register_recipient_release.recipient) THEN
		RAISE EXCEPTION 'recipient "%" does not exist', recipient
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_recipient().';
	END IF;
	IF p.parent_id IS NOT NULL THEN
		RAISE EXCEPTION '% is itself a part of a release', pipeline
			USING ERRCODE = 'wrong_object_type', HINT = 'Name the pipeline that computes it.';
	END IF;
	IF EXISTS (SELECT FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL) OR relation_named(name) IS NOT NULL THEN
		RAISE EXCEPTION 'there is a relation or pipeline % already', name
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name for the release.';
	END IF;
	IF EXISTS (SELECT FROM publication AS b WHERE b.pipeline = name) THEN
		RAISE EXCEPTION 'windows were published under the name % before', name
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name for the release.';
	END IF;
	SELECT a::text INTO bad FROM unnest(areas) AS a WHERE a IS NULL OR NOT cell_contains_resolution(a, largest) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'area % is not made up of cells of %', COALESCE(bad, 'null'), largest
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('The areas of a recipient are cells of the release (%s) or larger ones of the same grid that these fill.', largest);
	END IF;
	r := p;
	SELECT max(o.pipeline_id) + 1 INTO r.pipeline_id FROM pipeline AS o;
	r.pipeline := name;
	r.parent_id := p.pipeline_id;
	r.areas := areas::text[];
	r.recipients := ARRAY[recipient];
	r.definition := '';
	r.publishing := NULL;
	r.publish_until := NULL;
	r.usage_granted := NULL;
	r.created_at := now();
	r.created_by := session_user;
	r.starts_at := CASE WHEN history THEN COALESCE(p.retained_from, p.starts_at) ELSE p.published_until END;
	r.retained_from := NULL;
	r.published_until := r.starts_at;
	LOCK TABLE pipeline IN SHARE ROW EXCLUSIVE MODE;
	INSERT INTO pipeline SELECT r.*;
	PERFORM create_release(r);
	INSERT INTO pipeline_relation
	SELECT r.pipeline_id, o.use, CASE o.use WHEN 'release' THEN relation_named(name) ELSE o.relation END
	FROM pipeline_relation AS o WHERE o.pipeline_id = p.pipeline_id;
	IF r.published_until < p.published_until THEN
		PERFORM bring_out(r, p.published_until, recipient_rows(p, r, r.published_until, p.published_until));
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.register_recipient_release(text, text, text, mobanon.cell[], boolean) IS
'For create_recipient_release(): makes the release and writes it into the register.';

CREATE FUNCTION mobanon.cell_contains_resolution(area mobanon.cell, resolution text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	latitude	float8;
	longitude	float8;
BEGIN
	SELECT c.latitude, c.longitude INTO latitude, longitude FROM cell_center(area) AS c;
	RETURN coarsen_cell(coarsen_cell(latitude, longitude, resolution), cell_resolution(area)) OPERATOR(mobanon.=) area;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION mobanon.cell_contains_resolution(mobanon.cell, text) IS
'For the release room: whether cells of the resolution fill the area.';

CREATE FUNCTION mobanon.recipient_statements(name text, pipeline text, recipient text, areas mobanon.cell[], readers regrole[], history boolean) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	around	record := schema_statements((parse_ident(name))[1], '{mobanon_owner}', readers);
BEGIN
	RETURN around.before
		|| format('SELECT mobanon.register_recipient_release(%L, pipeline => %L, recipient => %L, areas => %L, history => %L)',
			name, pipeline, recipient, areas, history)
		|| ARRAY(SELECT format('SELECT mobanon.grant_release(%L, %L)', name, r::text)
				 FROM (SELECT DISTINCT unnest(readers) AS r) AS d ORDER BY r::text)
		|| around.after;
END
$$;
COMMENT ON FUNCTION mobanon.recipient_statements(text, text, text, mobanon.cell[], regrole[], boolean) IS
'For the release room: the statements of create_recipient_release().';

CREATE FUNCTION mobanon.create_recipient_release(name text, pipeline text, recipient text, areas mobanon.cell[] DEFAULT NULL,
	readers regrole[] DEFAULT '{}', history boolean DEFAULT false) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.run_statements(mobanon.pipeline_name(name, false), NULL, mobanon.recipient_statements(
		mobanon.pipeline_name(name, false), mobanon.pipeline_name(pipeline), recipient, areas, readers, history));
END;
COMMENT ON FUNCTION mobanon.create_recipient_release(text, text, text, mobanon.cell[], regrole[], boolean) IS
'Makes a release for one recipient: an append-only table of its own, which gets the rows of a pipeline''s release that lie in the areas (cells of the same or a larger resolution; NULL: all) whenever that is published. history: also what was published before. drop_pipeline(), grant_release(), audit() and drop_windows() work on it.';

CREATE VIEW mobanon.received AS
SELECT r.recipient, b.pipeline, b.publication, b.window_from, b.window_to, b.rows, b.published_at,
	b.parameters ->> 'purpose' AS purpose, b.parameters ->> 'resolution' AS resolution, (b.parameters ->> 'k')::int AS k,
	b.parameters -> 'areas' AS areas, b.content_sha256
FROM mobanon.publication AS b, jsonb_array_elements_text(b.parameters -> 'recipients') AS r (recipient);
COMMENT ON VIEW mobanon.received IS
'What each recipient ever got: one row per recipient and publication.';

/* ---- retention ---- */

CREATE FUNCTION mobanon.drop_windows_of(name text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline := lock_pipeline(name, kept => true);
	dropped	bigint;
BEGIN
	IF before IS NULL OR before > p.published_until OR NOT isfinite(before) THEN
		RAISE EXCEPTION 'pipeline %: windows can be dropped up to %, the end of what is published', name, p.published_until
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give such a time, or an earlier one: windows that end by then are removed.';
	END IF;
	-- a bucket goes as a whole
	before := bucket_start(before, p.bucket, p.time_zone);
	IF before <= COALESCE(p.retained_from, '-infinity') THEN
		RETURN 0;
	END IF;
	UPDATE pipeline AS o SET dropping_before = before WHERE o.pipeline_id = p.pipeline_id;
	EXECUTE format('DELETE FROM %s WHERE bucket < $1', name) USING before;
	GET DIAGNOSTICS dropped = ROW_COUNT;
	UPDATE pipeline AS o SET dropping_before = NULL, retained_from = before WHERE o.pipeline_id = p.pipeline_id;
	RETURN dropped;
END
$$;
COMMENT ON FUNCTION mobanon.drop_windows_of(text, timestamptz) IS
'For the release room: drop_windows() after the name was found.';

CREATE FUNCTION mobanon.drop_windows(name text, before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.drop_windows_of(mobanon.pipeline_name(name), before);
END;
COMMENT ON FUNCTION mobanon.drop_windows(text, timestamptz) IS
'Retention: removes the rows of a release whose bucket is before that time, and returns how many. The register keeps their publications and hashes, and they are never published again.';
