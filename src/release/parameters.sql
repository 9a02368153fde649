/*
 * The parameters of a pipeline: what somebody chose, checked and completed.
 */
CREATE FUNCTION mobanon.check_parameters(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	fault	text;
	advice	text;
BEGIN
	IF octet_length((parse_ident(p.pipeline))[2]) > 49 THEN
		RAISE EXCEPTION 'pipeline %: the name is longer than 49 bytes', p.pipeline
			USING ERRCODE = 'name_too_long',
				  HINT = 'Its views carry the name and an ending, in at most 63 bytes together. Take a shorter one.';
	END IF;
	IF p.resolution IS NULL OR p.bucket IS NULL OR p.k IS NULL OR p.watermark IS NULL OR p.time_zone IS NULL OR p.starts_at IS NULL THEN
		RAISE EXCEPTION 'pipeline %: resolution, bucket, k, watermark and time_zone must not be null', p.pipeline
			USING ERRCODE = 'null_value_not_allowed',
				  HINT = 'Leave an argument out to get its default.';
	END IF;
	IF p.k < current_setting('mobanon.k_floor')::int THEN
		RAISE EXCEPTION 'pipeline %: k = % is below the floor of %', p.pipeline, p.k, current_setting('mobanon.k_floor')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a larger k (20 is the default); the floor is the setting mobanon.k_floor, which only a superuser may change.';
	END IF;
	IF p.watermark < '0' OR extract(month FROM p.watermark) <> 0 OR extract(year FROM p.watermark) <> 0
		OR p.watermark > '100 years' THEN
		RAISE EXCEPTION 'pipeline %: the watermark must be a time of days or hours, not negative', p.pipeline
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'It says how long to wait for late events after a bucket ended, such as ''24 hours''.';
	END IF;
	IF NOT isfinite(p.starts_at) THEN
		RAISE EXCEPTION 'pipeline %: starts_at must be a finite time', p.pipeline
			USING ERRCODE = 'datetime_field_overflow',
				  HINT = 'Give the time of the first event that may count.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = p.time_zone) THEN
		RAISE EXCEPTION 'pipeline %: time zone "%" does not exist', p.pipeline, p.time_zone
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a name from the view pg_timezone_names, such as ''Europe/Berlin'' or ''UTC''.';
	END IF;
	BEGIN
		PERFORM bucket_start(p.starts_at, p.bucket, p.time_zone);
	EXCEPTION WHEN invalid_parameter_value THEN
		GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'pipeline %: bucket %: %', p.pipeline, p.bucket, fault
			USING ERRCODE = 'invalid_parameter_value', HINT = advice;
	END;
	BEGIN
		PERFORM try_coarsen_cell(50, 10, p.resolution);
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'pipeline %: %', p.pipeline, fault
			USING ERRCODE = 'invalid_parameter_value', HINT = advice;
	END;
END
$$;
COMMENT ON FUNCTION mobanon.check_parameters(mobanon.pipeline) IS
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
				  HINT = 'Name the columns with latitude_column and longitude_column, or site_column where events have the identity of a radio cell.';
	END IF;
	target := CASE
		WHEN use = 'event time' AND type = 'timestamptz'::regtype THEN 'timestamptz'
		WHEN use = 'radio cell' AND type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'text'
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
								  WHEN 'radio cell' THEN 'The identity of a radio cell is text: see mobanon.site_identity().'
								  ELSE 'A position is two numbers, in degrees.' END;
	END IF;
	RETURN format(CASE WHEN target::regtype = type THEN 'e.%I' ELSE 'e.%I::%s' END, column_name, target);
END
$$;
COMMENT ON FUNCTION mobanon.source_expression(text, regclass, name, text) IS
'For the release room: a column of the source, cast to what a stage needs it as; an error when it cannot be.';

-- A breakdown is a column with a data category of its own, which a subject consents to or not.
CREATE FUNCTION mobanon.check_breakdowns(p mobanon.pipeline, source regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	breakdown	name;
	reserved	name[] := '{pseudonym, latitude, longitude, site, at, bucket, publication, location}';
	without		pipeline := p;
BEGIN
	without.breakdowns := '{}';
	reserved := reserved || ARRAY(SELECT c.name FROM release_columns(without) AS c);
	FOREACH breakdown IN ARRAY p.breakdowns LOOP
		IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname = breakdown AND a.attnum > 0 AND NOT a.attisdropped) THEN
			RAISE EXCEPTION 'pipeline %: table % has no column "%" to break down by', p.pipeline, source, breakdown
				USING ERRCODE = 'undefined_column';
		ELSIF breakdown = ANY (reserved)
			OR (SELECT count(*) FROM unnest(p.breakdowns) AS b WHERE b = breakdown) > 1 THEN
			RAISE EXCEPTION 'pipeline %: "%" cannot be a breakdown', p.pipeline, breakdown
				USING ERRCODE = 'duplicate_column', HINT = 'The release has a column of this name.';
		ELSIF NOT EXISTS (SELECT FROM consent_scope AS s WHERE s.purpose = p.purpose AND s.category = breakdown) THEN
			RAISE EXCEPTION 'pipeline %: purpose "%" has no data category "%"', p.pipeline, p.purpose, breakdown
				USING ERRCODE = 'undefined_object',
					  HINT = format('Subjects decide about it apart from where they were: SELECT mobanon.add_category(%L, %L).', p.purpose, breakdown);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.check_breakdowns(mobanon.pipeline, regclass) IS
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

-- Whether a pipeline of that name can be made.
CREATE FUNCTION mobanon.check_name(name text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	taken	text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = (parse_ident(name))[1]) THEN
		RAISE EXCEPTION 'pipeline %: schema "%" does not exist', name, (parse_ident(name))[1] USING ERRCODE = 'invalid_schema_name';
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
END
$$;
COMMENT ON FUNCTION mobanon.check_name(text) IS
'For the release room: an error when the name of a new pipeline is taken, or its schema does not exist.';

CREATE FUNCTION mobanon.describe_pipeline(name text, source regclass, purpose text, latitude_column name, longitude_column name,
	resolution text, bucket interval, k int, watermark interval, time_zone text, starts_at timestamptz, domain text,
	role_name regrole, recipients text[], breakdowns name[], site_column name, kind text, is_new boolean) RETURNS mobanon.pipeline
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline;
	columns	protected_table;
BEGIN
	-- a radio cell takes the place of the position
	IF site_column IS NOT NULL THEN
		latitude_column := NULL;
		longitude_column := NULL;
	END IF;
	IF source IS NULL OR purpose IS NULL OR (latitude_column IS NULL OR longitude_column IS NULL) AND site_column IS NULL
		OR recipients IS NULL OR breakdowns IS NULL OR kind IS NULL THEN
		RAISE EXCEPTION 'pipeline %: a pipeline needs a source, a purpose and the columns of the position', name
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default.';
	END IF;
	p.pipeline := name;
	p.kind := kind;
	p.source := source::text;
	p.purpose := purpose;
	p.latitude_column := latitude_column;
	p.longitude_column := longitude_column;
	p.site_column := site_column;
	p.resolution := resolution;
	p.bucket := bucket;
	p.k := k;
	p.watermark := watermark;
	p.time_zone := time_zone;
	p.starts_at := COALESCE(starts_at, now());
	p.domain := COALESCE(domain, name);
	p.recipients := recipients;
	p.breakdowns := breakdowns;
	PERFORM check_parameters(p);
	IF is_new THEN
		PERFORM check_name(name);
	END IF;
	p.role_name := (SELECT r.rolname FROM pg_roles AS r WHERE r.oid = processing_role(name, purpose, role_name));
	SELECT * INTO columns FROM protected_table AS t WHERE t.relation = source;
	IF NOT FOUND OR columns.event_time_column IS NULL THEN
		RAISE EXCEPTION 'pipeline %: table % is not protected', name, source
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Its owner protects it: SELECT mobanon.protect(table, subject_column, event_time_column).';
	END IF;
	p.subject_column := columns.subject_column;
	p.event_time_column := columns.event_time_column;
	PERFORM check_breakdowns(p, source);
	p.starts_at := first_window(name, starts_at, bucket, time_zone);
	p.published_until := p.starts_at;
	RETURN p;
END
$$;
COMMENT ON FUNCTION mobanon.describe_pipeline(text, regclass, text, name, name, text, interval, int, interval, text, timestamptz, text, regrole, text[], name[], name, text, boolean) IS
'For the release room: the row of mobanon.pipeline that such a pipeline has, as far as it is known before it is registered; an error that says what to do when it cannot be. is_new: its name must be free.';
