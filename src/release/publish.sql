/*
 * publish(): closed windows go into the release, once, with their entry in the
 * register, in one transaction.
 */

-- The rows of a publication as text, one line each: what the hashes are over.
CREATE FUNCTION mobanon.window_hashes(release text, window_from timestamptz, window_to timestamptz)
RETURNS TABLE (publication int, bucket timestamptz, rows bigint, sha256 bytea)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		$sql$SELECT r.publication, r.bucket, count(*), pg_catalog.sha256(convert_to(string_agg(
				to_char(r.bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ',' || r.cell::text || ',' || r.subjects || E'\n',
				'' ORDER BY r.cell), 'UTF8'))
			FROM %s AS r WHERE r.bucket >= $1 AND r.bucket < $2
			GROUP BY r.publication, r.bucket ORDER BY r.bucket$sql$, release)
	USING window_from, window_to;
END
$$;
COMMENT ON FUNCTION mobanon.window_hashes(text, timestamptz, timestamptz) IS
'For the release room: rows and SHA-256 of each bucket in a period, as they are in the release now.';

-- Over the hashes of its windows, one line each.
CREATE FUNCTION mobanon.content_hash(pipeline_id int, publication int) RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT pg_catalog.sha256(convert_to(COALESCE(string_agg(
		to_char(w.bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ',' || encode(w.sha256, 'hex') || E'\n', '' ORDER BY w.bucket), ''), 'UTF8'))
	FROM publication_window AS w
	WHERE w.pipeline_id = content_hash.pipeline_id AND w.publication = content_hash.publication
$$;
COMMENT ON FUNCTION mobanon.content_hash(int, int) IS
'For the release room: SHA-256 of what a publication published, over the lines "bucket,sha256" of its windows.';

CREATE FUNCTION mobanon.entry_hash(entry mobanon.publication) RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT pg_catalog.sha256(convert_to(concat_ws(E'\n',
		COALESCE((SELECT encode(b.entry_sha256, 'hex') FROM publication AS b
				  WHERE b.pipeline_id = entry.pipeline_id AND b.publication = entry.publication - 1), ''),
		(to_jsonb(entry) - 'entry_sha256')::text), 'UTF8'))
$$;
COMMENT ON FUNCTION mobanon.entry_hash(mobanon.publication) IS
'For the release room: SHA-256 over the entry before and this one, so that no entry can be changed or taken out unseen.';

CREATE FUNCTION mobanon.refresh_candidate(candidate regclass, coarsened regclass) RETURNS bigint[]
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.refresh_candidate(regclass, regclass) IS
'For the release room: refreshes a candidate as its owner, and counts events, events without a usable position, and groups in its stage 2, under the same snapshot.';

CREATE FUNCTION mobanon.empty_candidate(candidate regclass) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.empty_candidate(regclass) IS
'For the release room: leaves a candidate without data, once that is published.';

-- A row that the stages as registered cannot have made; NULL when there is none.
CREATE FUNCTION mobanon.strange_row(p mobanon.pipeline, candidate text, upto timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	found	text;
BEGIN
	EXECUTE format(
		$sql$SELECT format('bucket %%s, cell %%s: %%s', coalesce(r.bucket::text, 'null'), coalesce(r.cell::text, 'null'),
				CASE WHEN r.subjects >= $1 THEN 'not a bucket and cell of a window to be published' ELSE 'fewer than k subjects' END)
			FROM %s AS r
			WHERE r.subjects IS NULL OR r.subjects < $1 OR r.cell IS NULL OR r.bucket IS NULL
			OR r.bucket < $2 OR r.bucket >= $3 OR bucket_start(r.bucket, $4, $5) <> r.bucket
			OR cell_resolution(r.cell) <> $6
			ORDER BY r.bucket, r.cell LIMIT 1$sql$, candidate)
	INTO found USING p.k, p.published_until, upto, p.bucket, p.time_zone, p.resolution;
	RETURN found;
END
$$;
COMMENT ON FUNCTION mobanon.strange_row(mobanon.pipeline, text, timestamptz) IS
'For the release room: the first row of a candidate that has fewer than k subjects or does not lie in the windows to be published.';

CREATE FUNCTION mobanon.parameters_of(p mobanon.pipeline) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
	SELECT to_jsonb(p) - ARRAY['pipeline_id', 'pipeline', 'published_until', 'publishing', 'definition', 'created_at',
			'created_by', 'dropped_at']
		|| jsonb_build_object('definition_sha256', encode(pg_catalog.sha256(convert_to(p.definition, 'UTF8')), 'hex'))
$$;
COMMENT ON FUNCTION mobanon.parameters_of(mobanon.pipeline) IS
'For the release room: what a publication is registered with: the pipeline''s parameters and the hash of its definition.';

CREATE FUNCTION mobanon.register_publication(p mobanon.pipeline, number int, upto timestamptz, counts bigint[])
RETURNS mobanon.publication
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	entry	publication;
	groups	bigint;
BEGIN
	INSERT INTO publication_window (pipeline_id, publication, bucket, rows, sha256)
	SELECT p.pipeline_id, w.publication, w.bucket, w.rows, w.sha256 FROM window_hashes(p.pipeline, p.published_until, upto) AS w;
	SELECT COALESCE(sum(w.rows), 0) INTO groups FROM publication_window AS w
	WHERE w.pipeline_id = p.pipeline_id AND w.publication = number;
	entry := ROW(p.pipeline_id, number, p.pipeline, p.published_until, upto, groups,
		content_hash(p.pipeline_id, number), parameters_of(p),
		(SELECT x.extversion FROM pg_extension AS x WHERE x.extname = 'mobanon'),
		now(), session_user, NULL);
	entry.entry_sha256 := entry_hash(entry);
	INSERT INTO publication SELECT entry.*;
	INSERT INTO publication_withheld (pipeline_id, publication, reason, number, unit)
	VALUES (p.pipeline_id, register_publication.number, 'unusable position', counts[2], 'events'),
		   (p.pipeline_id, register_publication.number, 'fewer than k subjects', counts[3] - groups, 'groups');
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.register_publication(mobanon.pipeline, int, timestamptz, bigint[]) IS
'For the release room: the entry of a publication whose rows are in the release.';

CREATE FUNCTION mobanon.publish_pipeline(name text) RETURNS mobanon.publication
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	p			pipeline;
	upto		timestamptz;
	candidate	text := stage_name(name, 'candidate');
	next		int;
	counts		bigint[];
	strange		text;
	entry		publication;
BEGIN
	IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION 'pipeline %: nothing is published in a % transaction', name, current_setting('transaction_isolation')
			USING ERRCODE = 'invalid_transaction_state',
				  DETAIL = 'Its snapshot may be older than a withdrawal that has to count.',
				  HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, or set default_transaction_isolation.';
	END IF;
	-- one at a time: who comes second waits here, and then sees what the first has published
	SELECT * INTO p FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'pipeline "%" does not exist', name USING ERRCODE = 'MR001',
			HINT = 'Make it with mobanon.create_pipeline(); mobanon.pipeline lists those that exist.';
	END IF;
	upto := closed_until(name);
	IF upto <= p.published_until THEN
		RETURN NULL;
	END IF;
	PERFORM enforce_checks(p);
	PERFORM extend_domain(p.domain, keys_needed_until(now(), p.bucket));
	counts := refresh_candidate(relation_named(candidate)::regclass, relation_named(stage_name(name, 'coarsened'))::regclass);
	-- The refresh holds locks on stages and source: what is found now is what was computed.
	PERFORM enforce_checks(p);
	strange := strange_row(p, candidate, upto);
	IF strange IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: nothing is published: the candidate has a row that cannot be: %', name, strange
			USING ERRCODE = 'MR002',
				  HINT = format('The stages were not made by mobanon.create_pipeline(), or were changed before they were registered: compare them with mobanon.pipeline_sql().');
	END IF;
	SELECT COALESCE(max(b.publication), 0) + 1 INTO next FROM publication AS b WHERE b.pipeline_id = p.pipeline_id;
	UPDATE pipeline AS o SET publishing = next WHERE o.pipeline_id = p.pipeline_id;
	EXECUTE format('INSERT INTO %s (bucket, cell, subjects, publication)
		SELECT c.bucket, c.cell, c.subjects, $1 FROM %s AS c ORDER BY c.bucket, c.cell', name, candidate) USING next;
	entry := register_publication(p, next, upto, counts);
	-- nothing of it is left to be published; and a restore need not compute it
	PERFORM empty_candidate(relation_named(candidate)::regclass);
	UPDATE pipeline AS o SET publishing = NULL, published_until = upto WHERE o.pipeline_id = p.pipeline_id;
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.publish_pipeline(text) IS
'For the release room: publish() after the name was found.';

CREATE FUNCTION mobanon.publish(name text) RETURNS mobanon.publication
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.publish_pipeline(mobanon.pipeline_name(name));
END;
COMMENT ON FUNCTION mobanon.publish(text) IS
'Computes the closed windows that are not yet published, with every withdrawal committed so far, and moves them into the release with an entry in the register; all in this transaction. Returns the entry, or NULL when nothing new is closed.';

CREATE FUNCTION mobanon.unregister_pipeline(name text, release boolean) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline;
	stage	text;
BEGIN
	SELECT * INTO p FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'pipeline "%" does not exist', name USING ERRCODE = 'MR001';
	END IF;
	FOREACH stage IN ARRAY ARRAY['candidate', 'coarsened', 'pseudonymized'] LOOP
		IF relation_named(stage_name(name, stage)) IS NOT NULL THEN
			RAISE EXCEPTION 'pipeline %: % still exists', name, stage_name(name, stage)
				USING ERRCODE = 'object_in_use', HINT = 'Drop a pipeline with mobanon.drop_pipeline().';
		END IF;
	END LOOP;
	UPDATE pipeline AS o SET dropped_at = now() WHERE o.pipeline_id = p.pipeline_id;
	IF release OR NOT EXISTS (SELECT FROM publication AS b WHERE b.pipeline_id = p.pipeline_id) THEN
		EXECUTE format('DROP TABLE IF EXISTS %s', name);
	END IF;
	IF relation_named(p.source) IS NOT NULL AND EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = p.role_name)
		AND NOT EXISTS (SELECT FROM pipeline AS o WHERE o.source = p.source AND o.role_name = p.role_name AND o.dropped_at IS NULL) THEN
		RETURN NEXT format('REVOKE SELECT (%I, %I, %I, %I) ON %s FROM %I', p.subject_column, p.event_time_column,
			p.latitude_column, p.longitude_column, p.source, p.role_name);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.unregister_pipeline(text, boolean) IS
'For the release room: the end of drop_pipeline(): marks the pipeline as dropped, and returns what its caller has to run.';
