/*
 * Pipelines: from a protected table to views, a candidate and a release, as
 * plain statements that pipeline_sql() prints and create_pipeline() runs.
 */
-- One statement or two per right that is missing: granted for the building, taken back afterwards.
CREATE FUNCTION mobanon.schema_statements(schema name, roles name[], readers regrole[],
	OUT before text[], OUT after text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT COALESCE(array_agg(format('GRANT %s ON SCHEMA %I TO %I', g.rights, schema, g.role) ORDER BY g.place), '{}'),
		COALESCE(array_agg(format('REVOKE CREATE ON SCHEMA %I FROM %I', schema, g.role) ORDER BY g.place)
				 FILTER (WHERE g.rights LIKE '%CREATE'), '{}')
	FROM (
		SELECT r.role, r.place, concat_ws(', ',
			CASE WHEN NOT has_schema_privilege(r.role, schema, 'USAGE') THEN 'USAGE' END,
			CASE WHEN r.builds AND NOT has_schema_privilege(r.role, schema, 'CREATE') THEN 'CREATE' END) AS rights
		FROM (
			SELECT b.role, b.place, true AS builds FROM unnest(roles) WITH ORDINALITY AS b (role, place)
			UNION ALL
			SELECT a.rolname, 100 + row_number() OVER (ORDER BY a.rolname), false
			FROM pg_roles AS a WHERE a.oid = ANY (readers::oid[])
		) AS r
	) AS g
	WHERE g.rights <> ''
$$;
COMMENT ON FUNCTION mobanon.schema_statements(name, name[], regrole[]) IS
'For the release room: the rights on its schema that a pipeline is built with, and those that are taken back after.';

CREATE FUNCTION mobanon.keys_needed_until(at timestamptz, bucket interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
RETURN date_trunc('day', at, 'UTC') + interval '9 days' + bucket;
COMMENT ON FUNCTION mobanon.keys_needed_until(timestamptz, interval) IS
'For the release room: how far ahead keys are made, so that a REFRESH between two publications never lacks one.';

CREATE FUNCTION mobanon.domain_statement(p mobanon.pipeline) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	starts	timestamptz;
BEGIN
	SELECT min(r.starts_at) INTO starts FROM keyring AS r WHERE r.domain = p.domain;
	IF starts IS NULL AND p.domain <> p.pipeline THEN
		RAISE EXCEPTION 'pipeline %: pseudonym domain "%" does not exist', p.pipeline, p.domain
			USING ERRCODE = 'undefined_object',
				  HINT = 'Make it with mobanon.create_domain(), or leave domain out to get one of the pipeline''s name.';
	ELSIF starts IS NULL AND extract(epoch FROM keys_needed_until(GREATEST(p.starts_at, now()), p.bucket) - p.starts_at)
			> 10000 * extract(epoch FROM GREATEST(interval '1 day', p.bucket)) THEN
		RAISE EXCEPTION 'pipeline %: it would need more than 10000 keys from % on', p.pipeline, p.starts_at
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a later starts_at; or make a domain of longer periods with mobanon.create_domain(), and name it with domain.';
	ELSIF starts IS NULL AND length(p.domain) > 63 THEN
		RAISE EXCEPTION 'pipeline %: its name is too long for a pseudonym domain', p.pipeline
			USING ERRCODE = 'name_too_long',
				  HINT = 'Make a domain with mobanon.create_domain() and name it with domain.';
	ELSIF starts > p.starts_at THEN
		RAISE EXCEPTION 'pipeline %: pseudonym domain "%" has keys only from %', p.pipeline, p.domain, starts
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = (SELECT format('The pipeline would start at %1$s. Take a later starts_at, or another domain, whose keys begin earlier: SELECT mobanon.create_domain(%2$L, %3$L, starts_at => %1$L), and domain => %2$L.',
						p.starts_at, left(p.domain, 60) || ' ' || n, d.period)
					FROM key_domain AS d, generate_series(2, 99) AS n WHERE d.domain = p.domain
					AND NOT EXISTS (SELECT FROM key_domain AS o WHERE o.domain = left(p.domain, 60) || ' ' || n) ORDER BY n LIMIT 1);
	ELSIF starts IS NULL THEN
		RETURN format('SELECT mobanon.create_domain(%L, %L, starts_at => %L, ends_at => %L)',
			p.domain, GREATEST(interval '1 day', p.bucket), p.starts_at, keys_needed_until(GREATEST(p.starts_at, now()), p.bucket));
	END IF;
	RETURN format('SELECT mobanon.extend_domain(%L, %L)', p.domain, keys_needed_until(GREATEST(p.starts_at, now()), p.bucket));
END
$$;
COMMENT ON FUNCTION mobanon.domain_statement(mobanon.pipeline) IS
'For the release room: the statement that gives a pipeline its keys.';

CREATE FUNCTION mobanon.stage_statements(p mobanon.pipeline, stage text, query text, about text) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT ARRAY[
		-- pg_class would show everybody how many groups autovacuum counted in it
		format(CASE WHEN s.is_candidate THEN E'CREATE MATERIALIZED VIEW %s WITH (autovacuum_enabled = off) AS\n%s\nWITH NO DATA'
			ELSE E'CREATE VIEW %s WITH (security_barrier) AS\n%s' END, s.name, query),
		format('COMMENT ON %s %s IS %L', s.kind, s.name, about)]
		|| CASE WHEN s.is_candidate THEN ARRAY[format('GRANT SELECT ON %s TO mobanon_owner', s.name)] END
		|| format('ALTER %s %s OWNER TO %I', s.kind, s.name, p.role_name)
	FROM (SELECT stage_name(p.pipeline, stage) AS name, stage = 'candidate' AS is_candidate,
			CASE stage WHEN 'candidate' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind) AS s
$$;
COMMENT ON FUNCTION mobanon.stage_statements(mobanon.pipeline, text, text, text) IS
'For the release room: the statements that make one stage of a pipeline.';

CREATE FUNCTION mobanon.stage_1(p mobanon.pipeline, source regclass) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT format($sql$SELECT mobanon.pseudonymize(%1$s, %2$L, b.bucket) AS pseudonym,%9$s
       %3$s, %4$s AS at, b.bucket%5$s
FROM %6$s AS e
CROSS JOIN LATERAL (SELECT %7$s AS bucket) AS b
WHERE %4$s >= mobanon.published_until(%8$L)
  AND %4$s < mobanon.closed_until(%8$L)$sql$,
		s.subject, p.domain,
		CASE WHEN p.site_column IS NULL THEN format('%s AS latitude, %s AS longitude',
				source_expression(p.pipeline, source, p.latitude_column, 'latitude'),
				source_expression(p.pipeline, source, p.longitude_column, 'longitude'))
			ELSE format('%s AS site', source_expression(p.pipeline, source, p.site_column, 'radio cell')) END,
		s.event_time,
		-- as text, so that nobody's type runs its code for mobanon_owner
		concat((SELECT string_agg(format(E',\n       CASE WHEN mobanon.consented(%s, %s, %L, %L) THEN e.%I::text END COLLATE "C" AS %I',
			s.subject, s.event_time, p.purpose, b, b, b), '' ORDER BY place) FROM unnest(p.breakdowns) WITH ORDINALITY AS u (b, place)),
		-- what is negative is not known
		(SELECT string_agg(format(E',\n       CASE WHEN mobanon.consented(%s, %s, %L, %L) AND %s >= 0 THEN %s END AS %I',
			s.subject, s.event_time, p.purpose, m, source_expression(p.pipeline, source, m, 'measure'), source_expression(p.pipeline, source, m, 'measure'), m), '' ORDER BY place)
			FROM unnest(measured_columns(p)) WITH ORDINALITY AS u (m, place)),
		(SELECT format(E',\n       CASE WHEN mobanon.consented(%s, %s, %L, %L) THEN e.%I::text END COLLATE "C" AS diverse',
			s.subject, s.event_time, p.purpose, d.c, d.c) FROM (SELECT (p.diversity).column_name) AS d (c) WHERE d.c IS NOT NULL)),
		source, bucket_expression(s.event_time, p.bucket, p.time_zone), p.pipeline,
		-- without an account, a subject stands for itself
		CASE WHEN p.account_column IS NOT NULL THEN format(E'\n       mobanon.pseudonymize(COALESCE(''account '' || %s, %s::text), %L, b.bucket) AS account,',
			source_expression(p.pipeline, source, p.account_column, 'account'), s.subject, p.domain) END)
	FROM (SELECT source_expression(p.pipeline, source, p.subject_column, 'subject') AS subject,
			source_expression(p.pipeline, source, p.event_time_column, 'event time') AS event_time) AS s
$$;
COMMENT ON FUNCTION mobanon.stage_1(mobanon.pipeline, regclass) IS
'For the release room: the query of stage 1, which is the same for all kinds.';

CREATE FUNCTION mobanon.view_statements(p mobanon.pipeline, source regclass) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT stage_statements(p, 'pseudonymized', stage_1(p, source), format(
			'Stage 1 of the pipeline %s for %s: pseudonyms instead of subjects, of the windows that are closed and not yet published.', p.pipeline, p.purpose))
		|| stage_statements(p, 'coarsened', f.stage_2, format('Stage 2 of the pipeline %s: %s', p.pipeline, f.stage_2_about))
		|| stage_statements(p, 'candidate', f.stage_3, format('Stage 3 of the pipeline %s: %s', p.pipeline, f.stage_3_about))
	FROM plan_of(p) AS f
$$;
COMMENT ON FUNCTION mobanon.view_statements(mobanon.pipeline, regclass) IS
'For the release room: the statements that make the three stages of a pipeline.';

CREATE FUNCTION mobanon.register_statement(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
RETURN format($sql$SELECT mobanon.register_pipeline(%L, source => %L, purpose => %L, role_name => %L,
       latitude_column => %L, longitude_column => %L, resolution => %L, bucket => %L, k => %s,
       watermark => %L, time_zone => %L, starts_at => %L, domain => %L, recipients => %L, breakdowns => %L, site_column => %L%s)$sql$,
	p.pipeline, p.source, p.purpose, quote_ident(p.role_name), p.latitude_column, p.longitude_column, p.resolution, p.bucket, p.k,
	p.watermark, p.time_zone, p.starts_at, p.domain, p.recipients, p.breakdowns, p.site_column,
	-- in the order of the arguments, those that are not left out
	(SELECT E',\n       ' || string_agg(format('%s => %s', o.name, o.value), ', ' ORDER BY o.place)
	 FROM (VALUES (1, 'kind', quote_literal(NULLIF(p.kind, 'footfall'))), (2, 'account_column', quote_literal(p.account_column)),
		(3, 'resolutions', quote_literal(p.resolutions)), (4, 'buckets', quote_literal(p.buckets)), (5, 'measures', measures_expression(p.measures)),
		(6, 'cells_per_day', p.cells_per_day::text), (7, 'minimum_stay', quote_literal(p.minimum_stay)), (8, 'maximum_gap', quote_literal(p.maximum_gap)),
		(9, 'trips_per_day', p.trips_per_day::text), (10, 'places', quote_literal(p.places)), (11, 'homes', quote_literal(p.homes)),
		(12, 'diversity', diversity_expression(p.diversity)), (13, 'grants_usage', CASE WHEN p.usage_granted IS NOT NULL THEN 'true' END)) AS o (place, name, value)
	 WHERE o.value IS NOT NULL));
COMMENT ON FUNCTION mobanon.register_statement(mobanon.pipeline) IS
'For the release room: the statement that registers a pipeline.';

CREATE FUNCTION mobanon.pipeline_statements(p mobanon.pipeline, readers regrole[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	source	regclass := relation_named(p.source);
	around	record;
BEGIN
	IF readers IS NULL OR array_position(readers, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: readers must not be null, nor one of them', p.pipeline
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default.';
	END IF;
	IF NOT has_schema_privilege(p.role_name, (parse_ident(p.pipeline))[1], 'USAGE') THEN
		p.usage_granted := ARRAY[(parse_ident(p.pipeline))[1]];
	END IF;
	around := schema_statements((parse_ident(p.pipeline))[1], ARRAY[p.role_name, 'mobanon_owner'], readers);
	RETURN domain_statement(p)
		|| around.before
		|| format('GRANT SELECT (%s) ON %s TO %I', column_list(source_columns(p)), p.source, p.role_name)
		|| view_statements(p, source)
		|| register_statement(p)
		|| ARRAY(SELECT format('SELECT mobanon.grant_release(%L, %L)', p.pipeline, r::text)
				 FROM (SELECT DISTINCT unnest(readers) AS r) AS d ORDER BY r::text)
		|| around.after;
END
$$;
COMMENT ON FUNCTION mobanon.pipeline_statements(mobanon.pipeline, regrole[]) IS
'For the release room: the statements of pipeline_sql() in an array; of what describe_pipeline() returned.';

CREATE FUNCTION mobanon.run_statements(pipeline text, source regclass, statements text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
	statement	text;
	fault		text;
BEGIN
	IF NOT pg_has_role((SELECT c.relowner FROM pg_class AS c WHERE c.oid = source), 'USAGE') THEN
		RAISE EXCEPTION 'pipeline %: only the owner of % can let a role read it', pipeline, source
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Have its owner call this, or print the statements with mobanon.pipeline_sql().';
	END IF;
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
	GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT;
	IF starts_with(fault, 'pipeline ') THEN
		RAISE;
	END IF;
	RAISE EXCEPTION 'pipeline %: %', pipeline, fault
		USING ERRCODE = 'insufficient_privilege', DETAIL = 'The statement: ' || statement,
			  HINT = 'The caller is a member of mobanon_admin and of the role that processes for the purpose, owns the source, and may grant on the schema. Nothing was made; mobanon.pipeline_sql() prints the statements for somebody who may.';
END
$$;
COMMENT ON FUNCTION mobanon.run_statements(text, regclass, text[]) IS
'For the release room: runs the statements of a pipeline with the caller''s rights, all or none.';

-- Whether there are earlier events would take a scan, of rows that the caller may not see; that there are rows at all does not.
CREATE FUNCTION mobanon.note_start(name text, source regclass, chosen boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF NOT chosen AND EXISTS (SELECT FROM relation_tree(source) AS t WHERE pg_relation_size(t) > 0) THEN
		RAISE NOTICE 'pipeline %: the source has rows already, and only those from its first window on will be counted', name
			USING DETAIL = format('It starts at %s.', (SELECT p.starts_at FROM pipeline AS p WHERE p.pipeline = note_start.name AND p.dropped_at IS NULL)),
				  HINT = 'For earlier windows drop the pipeline, and give the time of the first event as starts_at when you make it again.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.note_start(text, regclass, boolean) IS
'For create_pipeline(): a notice when no start was chosen and the source has rows already.';

CREATE FUNCTION mobanon.pipeline_sql(name text, source regclass, purpose text,
	latitude_column name DEFAULT 'latitude', longitude_column name DEFAULT 'longitude',
	resolution text DEFAULT '1km', bucket interval DEFAULT NULL, k int DEFAULT NULL,
	watermark interval DEFAULT '24 hours', time_zone text DEFAULT 'UTC', starts_at timestamptz DEFAULT NULL,
	domain text DEFAULT NULL, role_name regrole DEFAULT NULL, recipients text[] DEFAULT '{}',
	readers regrole[] DEFAULT '{}', breakdowns name[] DEFAULT '{}', site_column name DEFAULT NULL,
	kind text DEFAULT 'footfall', account_column name DEFAULT NULL, resolutions text[] DEFAULT NULL, buckets interval[] DEFAULT NULL,
	measures mobanon.measure[] DEFAULT NULL, cells_per_day int DEFAULT NULL, minimum_stay interval DEFAULT NULL,
	maximum_gap interval DEFAULT NULL, trips_per_day int DEFAULT NULL, places text DEFAULT NULL, homes text DEFAULT NULL,
	diversity mobanon.diversity DEFAULT NULL) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT s.statement || ';'
	FROM unnest(mobanon.pipeline_statements(mobanon.describe_pipeline(mobanon.pipeline_name(name, false), source, purpose, latitude_column,
		longitude_column, resolution, bucket, k, watermark, time_zone, starts_at, domain, role_name, recipients, breakdowns,
		site_column, kind, account_column, resolutions, buckets, measures, cells_per_day, minimum_stay, maximum_gap, trips_per_day, places, homes,
			diversity, true), readers)) WITH ORDINALITY AS s (statement, place)
	ORDER BY s.place;
END;
COMMENT ON FUNCTION mobanon.pipeline_sql IS
'Prints every statement that create_pipeline() would run with these arguments, in order, to be read, changed and run by hand.';

CREATE FUNCTION mobanon.create_pipeline(name text, source regclass, purpose text,
	latitude_column name DEFAULT 'latitude', longitude_column name DEFAULT 'longitude',
	resolution text DEFAULT '1km', bucket interval DEFAULT NULL, k int DEFAULT NULL,
	watermark interval DEFAULT '24 hours', time_zone text DEFAULT 'UTC', starts_at timestamptz DEFAULT NULL,
	domain text DEFAULT NULL, role_name regrole DEFAULT NULL, recipients text[] DEFAULT '{}',
	readers regrole[] DEFAULT '{}', breakdowns name[] DEFAULT '{}', site_column name DEFAULT NULL,
	kind text DEFAULT 'footfall', account_column name DEFAULT NULL, resolutions text[] DEFAULT NULL, buckets interval[] DEFAULT NULL,
	measures mobanon.measure[] DEFAULT NULL, cells_per_day int DEFAULT NULL, minimum_stay interval DEFAULT NULL,
	maximum_gap interval DEFAULT NULL, trips_per_day int DEFAULT NULL, places text DEFAULT NULL, homes text DEFAULT NULL,
	diversity mobanon.diversity DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.run_statements(mobanon.pipeline_name(name, false), source, mobanon.pipeline_statements(
		mobanon.describe_pipeline(mobanon.pipeline_name(name, false), source, purpose, latitude_column,
			longitude_column, resolution, bucket, k, watermark, time_zone, starts_at, domain, role_name, recipients, breakdowns,
			site_column, kind, account_column, resolutions, buckets, measures, cells_per_day, minimum_stay, maximum_gap, trips_per_day, places, homes,
			diversity, true), readers));
	SELECT mobanon.note_start(mobanon.pipeline_name(name), source, starts_at IS NOT NULL);
END;
COMMENT ON FUNCTION mobanon.create_pipeline IS
'Makes a pipeline from a protected table: the views NAME_pseudonymized and NAME_coarsened, the materialized view NAME_candidate of closed windows not yet published, and the append-only table NAME that publish() fills and readers may read. Runs what pipeline_sql() prints, all or nothing.';
