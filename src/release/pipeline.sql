/*
 * Pipelines: from a protected table to views, a candidate and a release, as
 * plain statements that pipeline_sql() prints and create_pipeline() runs.
 */
CREATE FUNCTION mobanon.stage_name(pipeline text, stage text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format('%I.%I', (parse_ident(pipeline))[1], (parse_ident(pipeline))[2] || '_' || stage);
COMMENT ON FUNCTION mobanon.stage_name(text, text) IS
'For the release room: the name of a pipeline''s relation for a stage: pseudonymized, coarsened or candidate.';

CREATE FUNCTION mobanon.relation_named(qualified text) RETURNS oid
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = (parse_ident(qualified))[1] AND c.relname = (parse_ident(qualified))[2]
$$;
COMMENT ON FUNCTION mobanon.relation_named(text) IS
'For the release room: the relation of a schema-qualified name, also in a schema that the caller may not use; NULL when there is none.';

CREATE FUNCTION mobanon.check_parameters(pipeline text, resolution text, bucket interval, k int,
	watermark interval, time_zone text, starts_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	fault	text;
	advice	text;
BEGIN
	IF octet_length((parse_ident(pipeline))[2]) > 49 THEN
		RAISE EXCEPTION 'pipeline %: the name is longer than 49 bytes', pipeline
			USING ERRCODE = 'name_too_long',
				  HINT = 'Its views carry the name and an ending, in at most 63 bytes together. Take a shorter one.';
	END IF;
	IF resolution IS NULL OR bucket IS NULL OR k IS NULL OR watermark IS NULL OR time_zone IS NULL OR starts_at IS NULL THEN
		RAISE EXCEPTION 'pipeline %: resolution, bucket, k, watermark and time_zone must not be null', pipeline
			USING ERRCODE = 'null_value_not_allowed',
				  HINT = 'Leave an argument out to get its default.';
	END IF;
	IF k < current_setting('mobanon.k_floor')::int THEN
		RAISE EXCEPTION 'pipeline %: k = % is below the floor of %', pipeline, k, current_setting('mobanon.k_floor')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a larger k (20 is the default); the floor is the setting mobanon.k_floor, which only a superuser may change.';
	END IF;
	IF watermark < '0' OR extract(month FROM watermark) <> 0 OR extract(year FROM watermark) <> 0
		OR watermark > '100 years' THEN
		RAISE EXCEPTION 'pipeline %: the watermark must be a time of days or hours, not negative', pipeline
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'It says how long to wait for late events after a bucket ended, such as ''24 hours''.';
	END IF;
	IF NOT isfinite(starts_at) THEN
		RAISE EXCEPTION 'pipeline %: starts_at must be a finite time', pipeline
			USING ERRCODE = 'datetime_field_overflow',
				  HINT = 'Give the time of the first event that may count.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = time_zone) THEN
		RAISE EXCEPTION 'pipeline %: time zone "%" does not exist', pipeline, time_zone
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a name from the view pg_timezone_names, such as ''Europe/Berlin'' or ''UTC''.';
	END IF;
	BEGIN
		PERFORM bucket_start(starts_at, bucket, time_zone);
	EXCEPTION WHEN invalid_parameter_value THEN
		GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'pipeline %: bucket %: %', pipeline, bucket, fault
			USING ERRCODE = 'invalid_parameter_value', HINT = advice;
	END;
	BEGIN
		PERFORM try_coarsen_cell(50, 10, resolution);
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'pipeline %: %', pipeline, fault
			USING ERRCODE = 'invalid_parameter_value', HINT = advice;
	END;
END
$$;
COMMENT ON FUNCTION mobanon.check_parameters(text, text, interval, int, interval, text, timestamptz) IS
'For the release room: an error that says what to do when the parameters of a pipeline do not make sense.';

CREATE FUNCTION mobanon.base_type(type oid) RETURNS oid
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH RECURSIVE base (type, below) AS (
		SELECT t.oid, t.typbasetype FROM pg_type AS t WHERE t.oid = base_type.type
		UNION ALL
		SELECT t.oid, t.typbasetype FROM base JOIN pg_type AS t ON t.oid = base.below
	)
	SELECT base.type FROM base WHERE base.below = 0
$$;
COMMENT ON FUNCTION mobanon.base_type(oid) IS
'For the release room: the type below a domain, or the type itself.';

-- The column of a source as an expression of the type that a stage needs.
CREATE FUNCTION mobanon.source_expression(pipeline text, source regclass, column_name name, use text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	type	oid;
	target	text;
BEGIN
	SELECT base_type(a.atttypid) INTO type FROM pg_attribute AS a
	WHERE a.attrelid = source AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
	IF type IS NULL THEN
		RAISE EXCEPTION 'pipeline %: table % has no column "%" for the %', pipeline, source, column_name, use
			USING ERRCODE = 'undefined_column',
				  HINT = 'Name the columns with latitude_column and longitude_column.';
	END IF;
	target := CASE
		WHEN use = 'event time' AND type = 'timestamptz'::regtype THEN 'timestamptz'
		WHEN use IN ('latitude', 'longitude') AND type IN ('float8'::regtype, 'float4'::regtype, 'numeric'::regtype,
			'int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'float8'
		WHEN use = 'subject' AND type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint'
		-- a long-lived pseudonym, of which stage 1 makes a short-lived one
		WHEN use = 'subject' AND type = 'uuid'::regtype THEN 'uuid'
		WHEN use = 'subject' AND type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'text'
	END;
	IF target IS NULL THEN
		RAISE EXCEPTION 'pipeline %: column "%" of % is of type %, which cannot be the %', pipeline, column_name, source, format_type(type, NULL), use
			USING ERRCODE = 'datatype_mismatch',
				  HINT = CASE use WHEN 'event time' THEN 'The event time is a timestamp with time zone.'
								  WHEN 'subject' THEN 'A subject is text, a whole number, or the uuid of a long-lived pseudonym.'
								  ELSE 'A position is two numbers, in degrees.' END;
	END IF;
	RETURN format(CASE WHEN target::regtype = type THEN 'e.%I' ELSE 'e.%I::%s' END, column_name, target);
END
$$;
COMMENT ON FUNCTION mobanon.source_expression(text, regclass, name, text) IS
'For the release room: a column of the source, cast to what a stage needs it as; an error when it cannot be.';

CREATE FUNCTION mobanon.column_list(columns name[], alias text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT string_agg(concat_ws('.', alias, quote_ident(u.c)), ', ' ORDER BY u.place)
		FROM unnest(columns) WITH ORDINALITY AS u (c, place));
COMMENT ON FUNCTION mobanon.column_list(name[], text) IS
'For the release room: columns as SQL writes them, with the alias of their table.';

-- A breakdown is a column with a data category of its own, which a subject consents to or not.
CREATE FUNCTION mobanon.check_breakdowns(pipeline text, source regclass, purpose text, breakdowns name[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	breakdown	name;
BEGIN
	FOREACH breakdown IN ARRAY breakdowns LOOP
		IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname = breakdown AND a.attnum > 0 AND NOT a.attisdropped) THEN
			RAISE EXCEPTION 'pipeline %: table % has no column "%" to break down by', pipeline, source, breakdown
				USING ERRCODE = 'undefined_column';
		ELSIF breakdown IN ('pseudonym', 'latitude', 'longitude', 'at', 'bucket', 'cell', 'subjects', 'publication', 'location')
			OR (SELECT count(*) FROM unnest(breakdowns) AS b WHERE b = breakdown) > 1 THEN
			RAISE EXCEPTION 'pipeline %: "%" cannot be a breakdown', pipeline, breakdown
				USING ERRCODE = 'duplicate_column', HINT = 'The release has a column of this name.';
		ELSIF NOT EXISTS (SELECT FROM consent_scope AS s WHERE s.purpose = check_breakdowns.purpose AND s.category = breakdown) THEN
			RAISE EXCEPTION 'pipeline %: purpose "%" has no data category "%"', pipeline, purpose, breakdown
				USING ERRCODE = 'undefined_object',
					  HINT = format('Subjects decide about it apart from where they were: SELECT mobanon.add_category(%L, %L).', purpose, breakdown);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.check_breakdowns(text, regclass, text, name[]) IS
'For the release room: an error for a breakdown that is no column, or no data category of the purpose.';

-- The role that processes for the purpose: the given one, or the only one.
CREATE FUNCTION mobanon.processing_role(pipeline text, purpose text, role_name regrole) RETURNS regrole
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	bound	regrole[];
	roles	text;
BEGIN
	IF NOT EXISTS (SELECT FROM purpose AS p WHERE p.purpose = processing_role.purpose) THEN
		RAISE EXCEPTION 'pipeline %: purpose "%" does not exist', pipeline, purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
	SELECT array_agg(b.role_name ORDER BY b.role_name::text), string_agg(b.role_name::text, ', ' ORDER BY b.role_name::text)
	INTO bound, roles
	FROM purpose_role AS b WHERE b.purpose = processing_role.purpose;
	IF bound IS NULL THEN
		RAISE EXCEPTION 'pipeline %: no role processes for the purpose "%"', pipeline, purpose
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Bind one with mobanon.bind_purpose().';
	END IF;
	IF role_name IS NULL AND cardinality(bound) > 1 THEN
		RAISE EXCEPTION 'pipeline %: several roles process for the purpose "%"', pipeline, purpose
			USING ERRCODE = 'ambiguous_parameter',
				  HINT = format('Say which one with role_name: %s.', roles);
	END IF;
	IF role_name <> ALL (bound) THEN
		RAISE EXCEPTION 'pipeline %: role % does not process for the purpose "%"', pipeline, role_name, purpose
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('Take one of: %s; or bind it with mobanon.bind_purpose().', roles);
	END IF;
	role_name := COALESCE(role_name, bound[1]);
	IF EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = role_name AND (r.rolsuper OR r.rolbypassrls)) THEN
		RAISE EXCEPTION 'pipeline %: role % is not subject to row-level security', pipeline, role_name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Who processes for a purpose is neither superuser nor BYPASSRLS: ALTER ROLE, or take another role.';
	END IF;
	RETURN role_name;
END
$$;
COMMENT ON FUNCTION mobanon.processing_role(text, text, regrole) IS
'For the release room: the role that a pipeline''s stages belong to; an error when there is none, or more than one and none is named.';

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

CREATE FUNCTION mobanon.domain_statement(pipeline text, domain text, bucket interval, first timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	name	text := COALESCE(domain, pipeline);
	starts	timestamptz;
BEGIN
	SELECT min(r.starts_at) INTO starts FROM keyring AS r WHERE r.domain = name;
	IF starts IS NULL AND domain IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: pseudonym domain "%" does not exist', pipeline, domain
			USING ERRCODE = 'undefined_object',
				  HINT = 'Make it with mobanon.create_domain(), or leave domain out to get one of the pipeline''s name.';
	ELSIF starts IS NULL AND length(name) > 63 THEN
		RAISE EXCEPTION 'pipeline %: its name is too long for a pseudonym domain', pipeline
			USING ERRCODE = 'name_too_long',
				  HINT = 'Make a domain with mobanon.create_domain() and name it with domain.';
	ELSIF starts > first THEN
		RAISE EXCEPTION 'pipeline %: pseudonym domain "%" has keys only from %', pipeline, name, starts
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('The pipeline would start at %s. Take a later starts_at, or another domain with an earlier start.', first);
	ELSIF starts IS NULL THEN
		RETURN format('SELECT mobanon.create_domain(%L, %L, starts_at => %L, ends_at => %L)',
			name, GREATEST(interval '1 day', bucket), first, keys_needed_until(GREATEST(first, now()), bucket));
	END IF;
	RETURN format('SELECT mobanon.extend_domain(%L, %L)', name, keys_needed_until(GREATEST(first, now()), bucket));
END
$$;
COMMENT ON FUNCTION mobanon.domain_statement(text, text, interval, timestamptz) IS
'For the release room: the statement that gives a pipeline its keys.';

CREATE FUNCTION mobanon.keys_needed_until(at timestamptz, bucket interval) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
RETURN date_trunc('day', at, 'UTC') + interval '9 days' + bucket;
COMMENT ON FUNCTION mobanon.keys_needed_until(timestamptz, interval) IS
'For the release room: how far ahead keys are made, so that a REFRESH between two publications never lacks one.';

CREATE FUNCTION mobanon.bucket_expression(event_time text, bucket interval, time_zone text) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
RETURN CASE WHEN extract(epoch FROM bucket) <= 3600
	THEN format('date_bin(%L::interval, %s, %L::timestamptz)', bucket, event_time,
		timezone(time_zone, timestamp '2001-01-01'))
	ELSE format('mobanon.bucket_start(%s, %L::interval, %L)', event_time, bucket, time_zone) END;
COMMENT ON FUNCTION mobanon.bucket_expression(text, interval, text) IS
'For the release room: the bucket of an event time, as a view writes it: date_bin where it gives what bucket_start does.';

CREATE FUNCTION mobanon.view_statements(pipeline text, source regclass, purpose text, role_name regrole, subject text,
	event_time text, latitude text, longitude text, resolution text, bucket interval, k int, time_zone text, domain text, breakdowns name[])
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT ARRAY[
	format($sql$CREATE VIEW %1$s WITH (security_barrier) AS
SELECT mobanon.pseudonymize(%2$s, %3$L, b.bucket) AS pseudonym,
       %4$s AS latitude, %5$s AS longitude, %6$s AS at, b.bucket%10$s
FROM %7$s AS e
CROSS JOIN LATERAL (SELECT %8$s AS bucket) AS b
WHERE %6$s >= mobanon.published_until(%9$L)
  AND %6$s < mobanon.closed_until(%9$L)$sql$,
		s.one, subject, domain, latitude, longitude, event_time, source,
		bucket_expression(event_time, bucket, time_zone), pipeline, s.consented),
	format('COMMENT ON VIEW %s IS %L', s.one, format(
		'Stage 1 of the pipeline %s for %s: pseudonyms instead of subjects, of the windows that are closed and not yet published.', pipeline, purpose)),
	format('ALTER VIEW %s OWNER TO %s', s.one, role_name),
	format($sql$CREATE VIEW %s WITH (security_barrier) AS
SELECT p.pseudonym, mobanon.try_coarsen_cell(p.latitude, p.longitude, %L) AS cell, p.bucket%s
FROM %s AS p$sql$, s.two, resolution, s.taken, s.one),
	format('COMMENT ON VIEW %s IS %L', s.two, format(
		'Stage 2 of the pipeline %s: cells (%s) and buckets (%s) instead of places and times; no cell where the position is unusable.', pipeline, resolution, bucket)),
	format('ALTER VIEW %s OWNER TO %s', s.two, role_name),
	format($sql$CREATE MATERIALIZED VIEW %1$s AS
SELECT c.bucket, c.cell%4$s, mobanon.kanon_suppress(c.pseudonym, %3$s) FILTER (WHERE c.cell IS NOT NULL) AS subjects
FROM %2$s AS c
GROUP BY c.bucket, c.cell%4$s
HAVING mobanon.kanon_suppress(c.pseudonym, %3$s) FILTER (WHERE c.cell IS NOT NULL) IS NOT NULL
WITH NO DATA$sql$, s.three, s.two, k, s.grouped),
	format('COMMENT ON MATERIALIZED VIEW %s IS %L', s.three, format(
		'Stage 3 of the pipeline %s: distinct subjects per group where there are at least %s, of the windows to be published next.', pipeline, k)),
	format('GRANT SELECT ON %s TO mobanon_owner', s.three),
	format('ALTER MATERIALIZED VIEW %s OWNER TO %s', s.three, role_name)]
	FROM (SELECT stage_name(pipeline, 'pseudonymized') AS one, stage_name(pipeline, 'coarsened') AS two,
			stage_name(pipeline, 'candidate') AS three,
			-- as text, so that nobody's type runs its code for mobanon_owner
			(SELECT string_agg(format(E',\n       CASE WHEN mobanon.consented(%s, %s, %L, %L) THEN e.%I::text END COLLATE "C" AS %I',
				subject, event_time, purpose, b, b, b), '' ORDER BY place) FROM unnest(breakdowns) WITH ORDINALITY AS u (b, place)) AS consented,
			(SELECT string_agg(format(', p.%I', b), '' ORDER BY place) FROM unnest(breakdowns) WITH ORDINALITY AS u (b, place)) AS taken,
			(SELECT string_agg(format(', c.%I', b), '' ORDER BY place) FROM unnest(breakdowns) WITH ORDINALITY AS u (b, place)) AS grouped) AS s
$$;
COMMENT ON FUNCTION mobanon.view_statements(text, regclass, text, regrole, text, text, text, text, text, interval, int, text, text, name[]) IS
'For the release room: the statements that make the three stages of a pipeline.';

-- The first window of a pipeline: whole, and after everything published under the name.
CREATE FUNCTION mobanon.first_window(pipeline text, starts_at timestamptz, bucket interval, time_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	earlier	timestamptz;
BEGIN
	SELECT max(b.window_to) INTO earlier FROM publication AS b WHERE b.pipeline = first_window.pipeline;
	IF starts_at < earlier THEN
		RAISE EXCEPTION 'pipeline %: windows up to % were published under this name', pipeline, earlier
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = 'A window that is computed again differs from the first by exactly the persons who withdrew in between.',
				  HINT = 'Take a starts_at that is not earlier.';
	END IF;
	starts_at := COALESCE(starts_at, GREATEST(date_trunc('day', now(), time_zone), earlier));
	RETURN CASE WHEN bucket_start(starts_at, bucket, time_zone) < starts_at
		THEN bucket_end(starts_at, bucket, time_zone) ELSE starts_at END;
END
$$;
COMMENT ON FUNCTION mobanon.first_window(text, timestamptz, interval, text) IS
'For the release room: the start of the first whole bucket at or after starts_at; by default of today.';

CREATE FUNCTION mobanon.pipeline_statements(name text, source regclass, purpose text, latitude_column name, longitude_column name,
	resolution text, bucket interval, k int, watermark interval, time_zone text, starts_at timestamptz, domain text,
	role_name regrole, recipients text[], readers regrole[], breakdowns name[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	schema		name := (parse_ident(name))[1];
	columns		protected_table;
	first		timestamptz;
	taken		text;
	around		record;
BEGIN
	IF source IS NULL OR purpose IS NULL OR latitude_column IS NULL OR longitude_column IS NULL
		OR recipients IS NULL OR readers IS NULL OR breakdowns IS NULL THEN
		RAISE EXCEPTION 'pipeline %: a pipeline needs a source, a purpose and the columns of the position', name
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default.';
	END IF;
	PERFORM check_parameters(name, resolution, bucket, k, watermark, time_zone, COALESCE(starts_at, now()));
	IF NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = schema) THEN
		RAISE EXCEPTION 'pipeline %: schema "%" does not exist', name, schema USING ERRCODE = 'invalid_schema_name';
	END IF;
	IF EXISTS (SELECT FROM pipeline AS p WHERE p.pipeline = name AND p.dropped_at IS NULL) THEN
		RAISE EXCEPTION 'pipeline % already exists', name
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name, or mobanon.drop_pipeline() first.';
	END IF;
	SELECT o.qualified INTO taken FROM (VALUES (name), (stage_name(name, 'pseudonymized')), (stage_name(name, 'coarsened')),
		(stage_name(name, 'candidate'))) AS o (qualified) WHERE relation_named(o.qualified) IS NOT NULL LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'pipeline %: there is a relation % already', name, taken
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name for the pipeline.';
	END IF;
	role_name := processing_role(name, purpose, role_name);
	SELECT * INTO columns FROM protected_table AS t WHERE t.relation = source;
	IF NOT FOUND OR columns.event_time_column IS NULL THEN
		RAISE EXCEPTION 'pipeline %: table % is not protected', name, source
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Its owner protects it: SELECT mobanon.protect(table, subject_column, event_time_column).';
	END IF;
	PERFORM check_breakdowns(name, source, purpose, breakdowns);
	first := first_window(name, starts_at, bucket, time_zone);
	around := schema_statements(schema, ARRAY[pg_get_userbyid(role_name), 'mobanon_owner'], readers);
	RETURN domain_statement(name, domain, bucket, first)
		|| around.before
		|| format('GRANT SELECT (%s) ON %s TO %s', column_list(ARRAY[columns.subject_column, columns.event_time_column,
				  latitude_column, longitude_column] || breakdowns), source, role_name)
		|| view_statements(name, source, purpose, role_name,
				  source_expression(name, source, columns.subject_column, 'subject'),
				  source_expression(name, source, columns.event_time_column, 'event time'),
				  source_expression(name, source, latitude_column, 'latitude'),
				  source_expression(name, source, longitude_column, 'longitude'),
				  resolution, bucket, k, time_zone, COALESCE(domain, name), breakdowns)
		|| format($sql$SELECT mobanon.register_pipeline(%L, source => %L, purpose => %L, role_name => %L,
       latitude_column => %L, longitude_column => %L, resolution => %L, bucket => %L, k => %s,
       watermark => %L, time_zone => %L, starts_at => %L, domain => %L, recipients => %L, breakdowns => %L)$sql$,
				  name, source, purpose, role_name, latitude_column, longitude_column, resolution, bucket, k,
				  watermark, time_zone, first, COALESCE(domain, name), recipients, breakdowns)
		|| ARRAY(SELECT format('SELECT mobanon.grant_release(%L, %L)', name, r::text)
				 FROM (SELECT DISTINCT unnest(readers) AS r) AS d ORDER BY r::text)
		|| around.after;
END
$$;
COMMENT ON FUNCTION mobanon.pipeline_statements(text, regclass, text, name, name, text, interval, int, interval, text, timestamptz, text, regrole, text[], regrole[], name[]) IS
'For the release room: the statements of pipeline_sql() in an array; the name with its schema.';

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

CREATE FUNCTION mobanon.pipeline_sql(name text, source regclass, purpose text,
	latitude_column name DEFAULT 'latitude', longitude_column name DEFAULT 'longitude',
	resolution text DEFAULT '1km', bucket interval DEFAULT '1 hour', k int DEFAULT 20,
	watermark interval DEFAULT '24 hours', time_zone text DEFAULT 'UTC', starts_at timestamptz DEFAULT NULL,
	domain text DEFAULT NULL, role_name regrole DEFAULT NULL, recipients text[] DEFAULT '{}',
	readers regrole[] DEFAULT '{}', breakdowns name[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT s.statement || ';'
	FROM unnest(mobanon.pipeline_statements(mobanon.pipeline_name(name, false), source, purpose, latitude_column,
		longitude_column, resolution, bucket, k, watermark, time_zone, starts_at, domain, role_name, recipients,
		readers, breakdowns)) WITH ORDINALITY AS s (statement, place)
	ORDER BY s.place;
END;
COMMENT ON FUNCTION mobanon.pipeline_sql(text, regclass, text, name, name, text, interval, int, interval, text, timestamptz, text, regrole, text[], regrole[], name[]) IS
'Prints every statement that create_pipeline() would run with these arguments, in order, to be read, changed and run by hand.';

CREATE FUNCTION mobanon.create_pipeline(name text, source regclass, purpose text,
	latitude_column name DEFAULT 'latitude', longitude_column name DEFAULT 'longitude',
	resolution text DEFAULT '1km', bucket interval DEFAULT '1 hour', k int DEFAULT 20,
	watermark interval DEFAULT '24 hours', time_zone text DEFAULT 'UTC', starts_at timestamptz DEFAULT NULL,
	domain text DEFAULT NULL, role_name regrole DEFAULT NULL, recipients text[] DEFAULT '{}',
	readers regrole[] DEFAULT '{}', breakdowns name[] DEFAULT '{}') RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.run_statements(mobanon.pipeline_name(name, false), source,
		mobanon.pipeline_statements(mobanon.pipeline_name(name, false), source, purpose, latitude_column,
			longitude_column, resolution, bucket, k, watermark, time_zone, starts_at, domain, role_name, recipients,
			readers, breakdowns));
END;
COMMENT ON FUNCTION mobanon.create_pipeline(text, regclass, text, name, name, text, interval, int, interval, text, timestamptz, text, regrole, text[], regrole[], name[]) IS
'Makes a pipeline from a protected table: the views NAME_pseudonymized and NAME_coarsened, the materialized view NAME_candidate of closed windows not yet published, and the append-only table NAME that publish() fills and readers may read. Runs what pipeline_sql() prints, all or nothing.';

CREATE FUNCTION mobanon.drop_stages(pipeline text, release boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET client_min_messages = warning
AS $$
DECLARE
	statement	text;
BEGIN
	-- a release for one recipient has no stages
	IF EXISTS (SELECT FROM pipeline AS p WHERE p.pipeline = drop_stages.pipeline AND p.dropped_at IS NULL AND p.parent_id IS NULL) THEN
		EXECUTE format('DROP MATERIALIZED VIEW IF EXISTS %s', stage_name(pipeline, 'candidate'));
		EXECUTE format('DROP VIEW IF EXISTS %s', stage_name(pipeline, 'coarsened'));
		EXECUTE format('DROP VIEW IF EXISTS %s', stage_name(pipeline, 'pseudonymized'));
	END IF;
	FOR statement IN SELECT unregister_pipeline(pipeline, release) LOOP
		EXECUTE statement;
	END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE EXCEPTION 'pipeline %: %', pipeline, SQLERRM
		USING ERRCODE = 'insufficient_privilege',
			  HINT = 'The caller is a member of mobanon_admin and of the role that processes for the purpose, and owns the source. Nothing was dropped.';
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
'Drops the stages of a pipeline. What was published stays readable, unless release is true; the register and the keys stay in any case.';
