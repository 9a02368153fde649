/*
 * The release: a table of its own that belongs to mobanon_owner, takes rows
 * from publish() only, and never changes one.
 */
CREATE FUNCTION mobanon.refuse_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pipeline AS p
				   WHERE p.pipeline = format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME)
				   AND p.dropped_at IS NULL AND p.publishing IS NOT NULL) THEN
		RAISE EXCEPTION 'insert into %.%: rows come in by mobanon.publish() only', TG_TABLE_SCHEMA, TG_TABLE_NAME
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'A row that was not published would have no entry in the register.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.refuse_insert() IS
'Trigger on releases: refuses rows that publish() does not bring.';

CREATE FUNCTION mobanon.refuse_release_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	dropping	timestamptz;
BEGIN
	IF TG_OP = 'DELETE' THEN
		SELECT p.dropping_before INTO dropping FROM pipeline AS p
		WHERE p.pipeline = format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) AND p.dropping_before IS NOT NULL;
		IF TG_LEVEL = 'STATEMENT' AND dropping IS NOT NULL THEN
			RETURN NULL;
		ELSIF TG_LEVEL = 'ROW' AND OLD.bucket < dropping THEN
			RETURN OLD;
		END IF;
	END IF;
	RAISE EXCEPTION '% of %.%: what was published is never changed', lower(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME
		USING ERRCODE = 'object_not_in_prerequisite_state',
			  HINT = 'Later windows may have other parameters: mobanon.create_pipeline(). Old ones are removed with mobanon.drop_windows().';
END
$$;
COMMENT ON FUNCTION mobanon.refuse_release_change() IS
'Trigger on releases: refuses to change what was published, and to remove it by anything but drop_windows().';

CREATE FUNCTION mobanon.create_release(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
	pipeline	text := p.pipeline;
	c			record;
BEGIN
	EXECUTE format('CREATE TABLE %s (%s, publication int NOT NULL, %s (%s))', pipeline,
		(SELECT string_agg(format('%I %s%s%s', r.name, r.type, CASE r.type WHEN 'text' THEN ' COLLATE "C"' END,
			CASE WHEN NOT r.nullable THEN ' NOT NULL' END || CASE r.use WHEN 'subjects' THEN format(' CHECK (%I >= %s)', r.name, p.k) ELSE '' END), ', ' ORDER BY r.place)
		 FROM release_columns(p) AS r),
		CASE WHEN EXISTS (SELECT FROM release_columns(p) AS r WHERE r.use = 'key' AND r.nullable) THEN 'UNIQUE NULLS NOT DISTINCT' ELSE 'PRIMARY KEY' END,
		column_list(key_columns(p)));
	EXECUTE format('COMMENT ON TABLE %s IS %L', pipeline, format(
		'Release: %s. Rows are added by mobanon.publish() and never change.', (plan_of(p)).release_about));
	FOR c IN SELECT * FROM release_columns(p) LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', pipeline, c.name, c.about);
	END LOOP;
	EXECUTE format('COMMENT ON COLUMN %s.publication IS %L', pipeline, 'number of the publication that brought the row');
	-- who runs the pipeline looks at what it made
	EXECUTE format('GRANT SELECT ON %s TO mobanon_admin', pipeline);
	EXECUTE format('CREATE TRIGGER published_only BEFORE INSERT ON %s
		FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_insert()', pipeline);
	EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
		FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_release_change()', pipeline);
	-- a subscriber applies row by row, without triggers of statements
	EXECUTE format('CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON %s
		FOR EACH ROW EXECUTE FUNCTION mobanon.refuse_release_change()', pipeline);
	EXECUTE format('ALTER TABLE %1$s ENABLE ALWAYS TRIGGER published_only, ENABLE ALWAYS TRIGGER append_only,
		ENABLE ALWAYS TRIGGER append_only_row', pipeline);
EXCEPTION WHEN insufficient_privilege THEN
	RAISE EXCEPTION 'pipeline %: mobanon_owner may not create the release: %', pipeline, SQLERRM
		USING ERRCODE = 'insufficient_privilege',
			  HINT = format('GRANT USAGE, CREATE ON SCHEMA %I TO mobanon_owner; CREATE may be revoked afterwards.', (parse_ident(pipeline))[1]);
END
$$;
COMMENT ON FUNCTION mobanon.create_release(mobanon.pipeline) IS
'For the release room: makes the append-only table of a pipeline, owned by mobanon_owner.';

-- Tables, columns and roles are renamed in the life of a pipeline; the catalogs know what a stage reads under any name,
-- so they are asked first.
CREATE FUNCTION mobanon.stage_reads(p mobanon.pipeline, OUT role oid, OUT source oid, OUT columns name[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	SELECT c.relowner, d.refobjid, array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attnum > 0)
	INTO role, source, columns
	FROM pg_class AS c
	JOIN pg_rewrite AS w ON w.ev_class = c.oid
	JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
	JOIN pg_class AS s ON s.oid = d.refobjid AND s.relkind IN ('r', 'p')
	LEFT JOIN pg_attribute AS a ON a.attrelid = s.oid AND a.attnum = d.refobjsubid
	WHERE c.oid = relation_named(stage_name(p.pipeline, 'pseudonymized'))
	GROUP BY c.relowner, d.refobjid
	ORDER BY d.refobjid = relation_named(p.source) DESC NULLS LAST, EXISTS (SELECT FROM protected_table AS t WHERE t.relation = d.refobjid) DESC
	LIMIT 1;
	IF NOT FOUND THEN
		role := (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = p.role_name);
		source := relation_named(p.source);
		columns := ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attname = ANY (source_columns(p)) ORDER BY a.attnum);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.stage_reads(mobanon.pipeline) IS
'For the release room: which role reads what of which table in stage 1, under their present names; as registered, where there is no stage 1.';

CREATE FUNCTION mobanon.policies_for(source text, role_name name) RETURNS SETOF pg_catalog.pg_policy
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT p.* FROM pg_policy AS p
	WHERE p.polrelid = relation_named(source) AND p.polcmd IN ('r', '*')
	AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) AS r
			JOIN pg_roles AS m ON m.oid = r JOIN pg_roles AS me ON me.rolname = role_name WHERE pg_has_role(me.oid, r, 'USAGE')))
$$;
COMMENT ON FUNCTION mobanon.policies_for(text, name) IS
'For the release room: the policies that decide what a role reads from a table.';

-- The stages as they are, in words that do not depend on the session.
CREATE FUNCTION mobanon.pipeline_definition(pipeline text, source text, role_name name) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
	SELECT concat_ws(E'\n',
		(SELECT string_agg(format('%s %s owner %I %s%s', c.relkind, c.name, pg_get_userbyid(c.relowner),
					c.reloptions::text, E'\n' || pg_get_viewdef(c.oid)), E'\n' ORDER BY c.place)
		 FROM (SELECT s.place, s.name, r.* FROM (VALUES (1, stage_name(pipeline, 'pseudonymized')),
				(2, stage_name(pipeline, 'coarsened')), (3, stage_name(pipeline, 'candidate'))) AS s (place, name)
			JOIN pg_class AS r ON r.oid = relation_named(s.name)) AS c),
		(SELECT string_agg(format('policy %I %s %s', p.polname, CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
					pg_get_expr(p.polqual, p.polrelid)), E'\n' ORDER BY p.polname)
		 FROM policies_for(source, role_name) AS p))
$$;
COMMENT ON FUNCTION mobanon.pipeline_definition(text, text, name) IS
'For the release room: owners, options and queries of a pipeline''s stages, and the policies of its source that let the role read, as they are now.';

-- The register keeps names; the stages follow a renaming by themselves.
CREATE FUNCTION mobanon.missing(what text, registered text, present text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format('%s %s does not exist%s', what, registered,
	': if it was renamed to ' || present || ', rename it back or call mobanon.accept_definition()');
COMMENT ON FUNCTION mobanon.missing(text, text, text) IS
'For the release room: that a role or table of a pipeline is not there under its registered name, and the name that its stages know.';

-- What must be so whenever something is published.
CREATE FUNCTION mobanon.pipeline_checks(p mobanon.pipeline) RETURNS TABLE (check_name text, ok boolean, detail text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH source AS (
		SELECT c.relrowsecurity AND c.relforcerowsecurity AS closed FROM pg_class AS c WHERE c.oid = relation_named(p.source)
	), release AS (
		SELECT c.* FROM pg_class AS c WHERE c.oid = relation_named(p.pipeline)
	), role AS (
		SELECT r.rolsuper OR r.rolbypassrls AS free FROM pg_roles AS r WHERE r.rolname = p.role_name
	)
	SELECT c.check_name, c.ok, c.detail FROM (
		SELECT 'role is subject to the policies'::text, COALESCE(NOT (SELECT free FROM role), false),
			CASE WHEN EXISTS (SELECT FROM role) THEN format('role %I must exist, without SUPERUSER and BYPASSRLS', p.role_name)
				ELSE missing('role', quote_ident(p.role_name), (SELECT quote_ident(r.rolname) FROM stage_reads(p) AS s JOIN pg_roles AS r ON r.oid = s.role)) END
		UNION ALL
		SELECT 'role processes for the purpose', EXISTS (SELECT FROM purpose_role AS b WHERE b.purpose = p.purpose AND b.role_name = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = p.role_name)),
			format('role %I must be bound to the purpose %s', p.role_name, p.purpose)
		UNION ALL
		SELECT 'source is protected', COALESCE((SELECT closed FROM source), false)
				AND EXISTS (SELECT FROM protected_table AS t WHERE t.relation = relation_named(p.source)
							AND t.subject_column = p.subject_column AND t.event_time_column = p.event_time_column),
			CASE WHEN relation_named(p.source) IS NOT NULL THEN format('%s must have forced row-level security, by mobanon.protect() with the columns %I and %I',
				   p.source, p.subject_column, p.event_time_column)
				ELSE missing('table', p.source, (SELECT s.source::regclass::text FROM stage_reads(p) AS s WHERE s.source IS NOT NULL)) END
		UNION ALL
		SELECT 'only the consent policy lets the role read', (SELECT count(*) = 1 AND min(l.polname) = 'mobanon_' || p.purpose
				FROM policies_for(p.source, p.role_name) AS l WHERE l.polpermissive),
			format('%s must have the policy %I, and no other permissive one for the role %I (policies add up)',
				   p.source, 'mobanon_' || p.purpose, p.role_name)
		UNION ALL
		SELECT 'stages are complete', (SELECT count(*) = 3 AND bool_and(c.relkind = s.kind AND pg_get_userbyid(c.relowner) = p.role_name)
				FROM (VALUES ('pseudonymized', 'v'::"char"), ('coarsened', 'v'), ('candidate', 'm')) AS s (stage, kind)
				JOIN pg_class AS c ON c.oid = relation_named(stage_name(p.pipeline, s.stage)))
				AND COALESCE((SELECT array_agg((a.attname, a.atttypid)::text ORDER BY a.attnum)
					= ARRAY(SELECT (c.name, c.type::regtype::oid)::text FROM release_columns(p) AS c ORDER BY c.place)
					FROM pg_attribute AS a WHERE a.attrelid = relation_named(stage_name(p.pipeline, 'candidate'))
					AND a.attnum > 0 AND NOT a.attisdropped), false)
				AND COALESCE(has_table_privilege('mobanon_owner', relation_named(stage_name(p.pipeline, 'candidate')), 'SELECT'), false),
			format('two views and the materialized view %s (%s), owned by %I, the last readable by mobanon_owner', stage_name(p.pipeline, 'candidate'),
				   (SELECT string_agg(format('%I %s', c.name, c.type), ', ' ORDER BY c.place) FROM release_columns(p) AS c), p.role_name)
		UNION ALL
		SELECT 'stages are as registered',
			pipeline_definition(p.pipeline, p.source, p.role_name) = p.definition,
			'the stages or the policies of the source differ from what was registered'
		UNION ALL
		SELECT 'release is append-only', COALESCE((
				SELECT r.relkind = 'r' AND r.relpersistence = 'p' AND pg_get_userbyid(r.relowner) = 'mobanon_owner' AND NOT r.relhasrules
				AND (SELECT array_agg(t.tgname::text || t.tgenabled::text ORDER BY t.tgname) FROM pg_trigger AS t
					 WHERE t.tgrelid = r.oid AND NOT t.tgisinternal)
					= ARRAY['append_onlyA', 'append_only_rowA', 'published_onlyA']
				-- through a parent, rows would come in past the trigger; a child's would be read with it
				AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE r.oid IN (i.inhrelid, i.inhparent))
				FROM release AS r), false),
			format('%s must be a table of mobanon_owner, not UNLOGGED, no partition or parent of another, with its three triggers ENABLE ALWAYS, and no others', p.pipeline)
	) AS c (check_name, ok, detail)
	-- what a recipient gets is a copy, and what was dropped is done: no stages
	WHERE p.parent_id IS NULL AND p.dropped_at IS NULL OR c.check_name = 'release is append-only'
$$;
COMMENT ON FUNCTION mobanon.pipeline_checks(mobanon.pipeline) IS
'For the release room: what must be so whenever a pipeline publishes, and what is wrong when it is not.';

CREATE FUNCTION mobanon.enforce_checks(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	failed	record;
BEGIN
	SELECT * INTO failed FROM pipeline_checks(p) AS c WHERE NOT c.ok LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'pipeline %: nothing is published: %', p.pipeline, failed.detail
			USING ERRCODE = 'MR002',
				  DETAIL = format('The check "%s" failed.', failed.check_name),
				  HINT = format('See SELECT * FROM mobanon.audit(%L); put right what was changed, or register it as it is with mobanon.accept_definition(). Windows that are out are not for a pipeline made anew: leave out its starts_at.', p.pipeline);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.enforce_checks(mobanon.pipeline) IS
'For the release room: an error when one of pipeline_checks() fails.';

CREATE FUNCTION mobanon.register_pipeline(name text, source regclass, purpose text, role_name regrole,
	latitude_column name, longitude_column name, resolution text, bucket interval, k int, watermark interval,
	time_zone text, starts_at timestamptz, domain text, recipients text[], breakdowns name[] DEFAULT '{}',
	site_column name DEFAULT NULL, kind text DEFAULT 'footfall', account_column name DEFAULT NULL, resolutions text[] DEFAULT NULL, buckets interval[] DEFAULT NULL,
	measures mobanon.measure[] DEFAULT NULL, cells_per_day int DEFAULT NULL, minimum_stay interval DEFAULT NULL,
	maximum_gap interval DEFAULT NULL, trips_per_day int DEFAULT NULL, places text DEFAULT NULL, homes text DEFAULT NULL,
	diversity mobanon.diversity DEFAULT NULL, grants_usage boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline;
	unknown	text;
BEGIN
	p := describe_pipeline(format('%I.%I', (parse_ident(name))[1], (parse_ident(name))[2]), source, purpose, latitude_column, longitude_column,
		resolution, bucket, k, watermark, time_zone, starts_at, domain, role_name, recipients, breakdowns, site_column,
		kind, account_column, resolutions, buckets, measures, cells_per_day, minimum_stay, maximum_gap, trips_per_day, places, homes,
		diversity, false);
	IF starts_at IS DISTINCT FROM p.starts_at THEN
		RAISE EXCEPTION 'pipeline %: starts_at is not the start of a bucket', name
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Take %s.', p.starts_at);
	END IF;
	SELECT r INTO unknown FROM unnest(recipients) AS r WHERE r NOT IN (SELECT c.recipient FROM recipient AS c);
	IF FOUND THEN
		RAISE EXCEPTION 'pipeline %: recipient "%" does not exist', name, unknown
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_recipient().';
	END IF;
	p.definition := pipeline_definition(p.pipeline, p.source, p.role_name);
	p.usage_granted := CASE WHEN grants_usage THEN ARRAY[(parse_ident(p.pipeline))[1]] END;
	p.created_at := now();
	p.created_by := session_user;
	LOCK TABLE pipeline IN SHARE ROW EXCLUSIVE MODE;
	SELECT COALESCE(max(o.pipeline_id), 0) + 1 INTO p.pipeline_id FROM pipeline AS o;
	INSERT INTO pipeline SELECT p.*;
	-- what areas mean stays as it is
	PERFORM seal_area_set(p.places), seal_area_set(p.homes), seal_area_set((p.diversity).homes);
	PERFORM create_release(p);
	INSERT INTO pipeline_relation VALUES (p.pipeline_id, 'source', source), (p.pipeline_id, 'release', relation_named(p.pipeline));
	PERFORM enforce_checks(p);
END
$$;
COMMENT ON FUNCTION mobanon.register_pipeline IS
'The last step of a pipeline''s statements: checks its stages, writes it into the register, and makes the release.';

CREATE FUNCTION mobanon.set_release_reader(pipeline text, reader regrole, reads boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF (release_entry(pipeline)).pipeline_id IS NULL THEN
		PERFORM report_no_pipeline(pipeline);
	ELSIF reads THEN
		EXECUTE format('GRANT SELECT ON %s TO %s', pipeline, reader);
	ELSE
		EXECUTE format('REVOKE SELECT ON %s FROM %s', pipeline, reader);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.set_release_reader(text, regrole, boolean) IS
'For the release room: grant_release() and revoke_release() after the name was found.';

CREATE FUNCTION mobanon.grant_release(name text, reader regrole) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.set_release_reader(mobanon.pipeline_name(name), reader, true);
END;
COMMENT ON FUNCTION mobanon.grant_release(text, regrole) IS
'Lets a role read a release, and nothing else. It also needs USAGE on the schema.';

CREATE FUNCTION mobanon.revoke_release(name text, reader regrole) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.set_release_reader(mobanon.pipeline_name(name), reader, false);
END;
COMMENT ON FUNCTION mobanon.revoke_release(text, regrole) IS
'Takes from a role the right to read a release.';

-- Only what is gone under its old name was renamed; what else differs, the checks find.
CREATE FUNCTION mobanon.follow_names(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	reads	record := stage_reads(p);
BEGIN
	IF p.parent_id IS NOT NULL THEN
		RETURN;
	END IF;
	UPDATE pipeline AS o SET role_name = r.rolname FROM pg_roles AS r
	WHERE o.role_name = p.role_name AND r.oid = reads.role
	AND NOT EXISTS (SELECT FROM pg_roles AS n WHERE n.rolname = p.role_name);
	UPDATE pipeline AS o SET source = reads.source::regclass::text
	WHERE o.source = p.source AND relation_named(p.source) IS NULL AND reads.source IS NOT NULL;
	UPDATE pipeline AS o SET subject_column = t.subject_column, event_time_column = t.event_time_column FROM protected_table AS t
	WHERE COALESCE(o.parent_id, o.pipeline_id) = p.pipeline_id AND t.relation = reads.source AND t.relation = relation_named(o.source)
	AND EXISTS (SELECT FROM unnest(ARRAY[o.subject_column, o.event_time_column]) AS c
		WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.relation AND a.attname = c AND NOT a.attisdropped));
END
$$;
COMMENT ON FUNCTION mobanon.follow_names(mobanon.pipeline) IS
'For accept_definition(): registers the present names of role, source and the columns given to protect(), where the registered ones are gone.';

CREATE FUNCTION mobanon.accept_definition_of(name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	p	pipeline := lock_pipeline(name);
BEGIN
	IF p.parent_id IS NOT NULL THEN
		RAISE EXCEPTION '% is a part of the release % and has no stages', name,
				(SELECT o.pipeline FROM pipeline AS o WHERE o.pipeline_id = p.parent_id)
			USING ERRCODE = 'wrong_object_type', HINT = 'Name that one.';
	END IF;
	PERFORM follow_names(p);
	UPDATE pipeline AS o SET definition = pipeline_definition(o.pipeline, o.source, o.role_name)
	WHERE o.pipeline_id = p.pipeline_id AND o.parent_id IS NULL
	RETURNING o.* INTO p;
	-- all but what was just accepted must be as ever
	PERFORM enforce_checks(p);
END
$$;
COMMENT ON FUNCTION mobanon.accept_definition_of(text) IS
'For the release room: accept_definition() after the name was found.';

CREATE FUNCTION mobanon.accept_definition(name text) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.accept_definition_of(mobanon.pipeline_name(name));
END;
COMMENT ON FUNCTION mobanon.accept_definition(text) IS
'Registers the stages of a pipeline as they are now, after the DBA changed them on purpose, after an upgrade of PostgreSQL that words them differently, or after role, source or columns were renamed. Later publications carry the hash of the new definition.';
