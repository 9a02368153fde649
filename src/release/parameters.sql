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
	IF p.resolution IS NULL OR p.watermark IS NULL OR p.time_zone IS NULL OR p.starts_at IS NULL THEN
		RAISE EXCEPTION 'pipeline %: resolution, watermark and time_zone must not be null', p.pipeline
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
	IF p.starts_at NOT BETWEEN '0001-01-02' AND '9999-12-31' THEN
		RAISE EXCEPTION 'pipeline %: starts_at must be a time in the years 1 to 9999', p.pipeline
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
				  HINT = CASE WHEN use IN ('account', 'measure') THEN 'Name a column of the table.'
					  ELSE 'Name the columns with latitude_column and longitude_column, or site_column where events have the identity of a radio cell.' END;
	END IF;
	target := CASE
		WHEN use = 'event time' AND type = 'timestamptz'::regtype THEN 'timestamptz'
		WHEN use = 'radio cell' AND type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'text'
		WHEN use IN ('latitude', 'longitude') AND type IN ('float8'::regtype, 'float4'::regtype, 'numeric'::regtype,
			'int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'float8'
		WHEN use IN ('subject', 'measure') AND type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint'
		WHEN use = 'account' AND type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype,
			'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'text'
		-- a long-lived pseudonym, of which stage 1 makes a short-lived one
		WHEN use = 'subject' AND type = 'uuid'::regtype THEN 'uuid'
		WHEN use = 'subject' AND type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'text'
	END;
	IF target IS NULL THEN
		RAISE EXCEPTION 'pipeline %: column "%" of % is of type %, which cannot be the %', pipeline, column_name, source, format_type(type, NULL), use
			USING ERRCODE = 'datatype_mismatch',
				  HINT = CASE use WHEN 'event time' THEN 'The event time is a timestamp with time zone.'
								  WHEN 'measure' THEN 'A measure is of a whole number of a small unit: bytes, metres, seconds, cents.'
								  WHEN 'account' THEN 'An account is text, a whole number or a uuid.'
								  WHEN 'subject' THEN 'A subject is text, a whole number, or the uuid of a long-lived pseudonym.'
								  WHEN 'radio cell' THEN 'The identity of a radio cell is text: see mobanon.site_identity().'
								  ELSE 'A position is two numbers, in degrees.' END;
	END IF;
	RETURN format(CASE WHEN target::regtype = type THEN 'e.%I' ELSE 'e.%I::%s' END, column_name, target);
END
$$;
COMMENT ON FUNCTION mobanon.source_expression(text, regclass, name, text) IS
'For the release room: a column of the source, cast to what a stage needs it as; an error when it cannot be.';

-- Subjects decide about a column apart from where they were, by its name.
CREATE FUNCTION mobanon.check_category(p mobanon.pipeline, category name) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF category !~ '^[a-z][a-z0-9_]{0,47}$' THEN
		RAISE EXCEPTION 'pipeline %: column "%" cannot be a data category', p.pipeline, category
			USING ERRCODE = 'invalid_name',
				  HINT = 'A data category is named by 1 to 48 of a-z, 0-9 and _, beginning with a letter: rename the column.';
	ELSIF NOT EXISTS (SELECT FROM consent_scope AS s WHERE s.purpose = p.purpose AND s.category = check_category.category) THEN
		RAISE EXCEPTION 'pipeline %: purpose "%" has no data category "%"', p.pipeline, p.purpose, category
			USING ERRCODE = 'undefined_object',
				  HINT = format('Subjects decide about it apart from where they were: SELECT mobanon.add_category(%L, %L).', p.purpose, category);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_category(mobanon.pipeline, name) IS
'For the release room: an error for a column that is no data category of the purpose, or can be none.';

-- Of stage 1, of every release, of PostgreSQL's own, and what a GeoJSON file says of a row beside its columns.
CREATE FUNCTION mobanon.reserved_columns() RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN '{pseudonym, account, latitude, longitude, site, at, bucket, publication, location, diverse, from, to,
	tableoid, cmax, xmax, cmin, xmin, ctid}'::name[];
COMMENT ON FUNCTION mobanon.reserved_columns() IS
'For the release room: names that neither a breakdown nor a measure can have, whatever the kind.';

-- A breakdown is a column with a data category of its own, which a subject consents to or not.
CREATE FUNCTION mobanon.check_breakdowns(p mobanon.pipeline, source regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	breakdown	name;
	reserved	name[] := reserved_columns();
	without		pipeline := p;
BEGIN
	without.breakdowns := '{}';
	reserved := reserved || ARRAY(SELECT c.name FROM release_columns(without) AS c);
	FOREACH breakdown IN ARRAY p.breakdowns LOOP
		IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname = breakdown AND a.attnum > 0 AND NOT a.attisdropped) THEN
			RAISE EXCEPTION 'pipeline %: table % has no column "%" to break down by', p.pipeline, source, breakdown
				USING ERRCODE = 'undefined_column', HINT = 'Name a column of the table.';
		ELSIF breakdown = ANY (reserved)
			OR (SELECT count(*) FROM unnest(p.breakdowns) AS b WHERE b = breakdown) > 1 THEN
			RAISE EXCEPTION 'pipeline %: "%" cannot be a breakdown', p.pipeline, breakdown
				USING ERRCODE = 'duplicate_column', HINT = 'The release, or a stage, has a column of this name: give the column of the source another one.';
		END IF;
		PERFORM check_category(p, breakdown);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.check_breakdowns(mobanon.pipeline, regclass) IS
'For the release room: an error for a breakdown that is no column, or no data category of the purpose.';

-- What a kind takes and what not; and the defaults of what was left out.
CREATE FUNCTION mobanon.check_choices(p mobanon.pipeline, chosen mobanon.pipeline_kind) RETURNS mobanon.pipeline
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
	wrong	text;
BEGIN
	SELECT o.key INTO wrong FROM jsonb_each(jsonb_strip_nulls(to_jsonb(p) || jsonb_build_object('breakdowns', NULLIF(p.breakdowns, '{}')))) AS o
	WHERE o.key IN (SELECT unnest(s.takes) FROM pipeline_kinds() AS s) AND o.key <> ALL (chosen.takes);
	IF FOUND THEN
		RAISE EXCEPTION 'pipeline %: the kind % takes no %', p.pipeline, p.kind, wrong
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('It is for: %s. Leave it out, or see mobanon.pipeline_kinds().',
					  (SELECT string_agg(s.kind, ', ') FROM pipeline_kinds() AS s WHERE wrong = ANY (s.takes)));
	END IF;
	IF 'minimum_stay' = ANY (chosen.takes) THEN
		p.minimum_stay := COALESCE(p.minimum_stay, '15 minutes');
		p.maximum_gap := COALESCE(p.maximum_gap, '2 hours');
		IF NOT (p.minimum_stay >= '0' AND p.maximum_gap > '0' AND extract(month FROM p.minimum_stay) + extract(month FROM p.maximum_gap)
				+ extract(year FROM p.minimum_stay) + extract(year FROM p.maximum_gap) = 0) THEN
			RAISE EXCEPTION 'pipeline %: minimum_stay and maximum_gap must be times of days or hours, not negative', p.pipeline
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as ''15 minutes'' and ''2 hours'', the defaults.';
		END IF;
	END IF;
	IF 'trips_per_day' = ANY (chosen.takes) THEN
		p.trips_per_day := COALESCE(p.trips_per_day, 4);
	END IF;
	IF p.trips_per_day < 1 OR p.cells_per_day < 1 THEN
		RAISE EXCEPTION 'pipeline %: trips_per_day and cells_per_day must be at least 1', p.pipeline
			USING ERRCODE = 'invalid_parameter_value', HINT = 'They say how much one person may contribute to a day.';
	END IF;
	IF p.cells_per_day IS NOT NULL AND p.bucket < '1 day' THEN
		RAISE EXCEPTION 'pipeline %: cells_per_day needs a bucket of whole days', p.pipeline
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = 'Which cells of a day count would depend on hours that are published later.',
				  HINT = 'Publish day by day and count hour by hour: bucket => ''1 day'', buckets => ''{1 hour}''.';
	END IF;
	IF p.measures IS NOT NULL AND cardinality(p.buckets) > 1 THEN
		RAISE EXCEPTION 'pipeline %: measures need rows of one length', p.pipeline
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give one of buckets, or none; resolutions may be several.';
	END IF;
	IF p.resolutions IS NULL AND (p.kind IN ('flows', 'chains') OR cardinality(p.buckets) > 1) THEN
		p.resolutions := ARRAY[p.resolution];
	END IF;
	IF NOT p.diversity IS NULL AND (p.diversity).enough IS NULL THEN
		p.diversity.enough := p.k;
	END IF;
	PERFORM check_ladders(p);
	p.resolution := COALESCE(p.resolutions[1], p.resolution);
	IF 'places' = ANY (chosen.takes) THEN
		p.places := COALESCE(p.places, p.resolution);
		p.resolution := (place_parts(p.places, NULL)).resolution_of;
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION mobanon.check_choices(mobanon.pipeline, mobanon.pipeline_kind) IS
'For the release room: a pipeline with the defaults of its kind; an error for what the kind does not take.';

CREATE FUNCTION mobanon.check_ladders(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
	fault	text;
	advice	text;
	crossed	timestamptz;
	steps	interval[] := p.buckets || p.bucket;
BEGIN
	IF p.resolutions = '{}' OR p.buckets = '{}' OR array_position(p.resolutions, NULL) IS NOT NULL OR array_position(p.buckets, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: resolutions and buckets must name at least one, and no nulls', p.pipeline
			USING ERRCODE = 'invalid_parameter_value', HINT = 'From the finest to the coarsest, such as ''{100m,500m,1km,5km,10km}''; or leave it out.';
	END IF;
	BEGIN
		PERFORM try_coarsen_cell(50, 10, r) FROM unnest(p.resolutions) AS r;
		-- each is an ancestor of the one before
		FOR i IN 2 .. COALESCE(cardinality(p.resolutions), 0) LOOP
			PERFORM coarsen_cell(coarsen_cell(50, 10, p.resolutions[i - 1]), p.resolutions[i]);
			IF p.resolutions[i - 1] = p.resolutions[i] THEN
				RAISE EXCEPTION 'resolution "%" is there twice', p.resolutions[i] USING ERRCODE = 'invalid_parameter_value';
			END IF;
		END LOOP;
		PERFORM bucket_start(p.starts_at, b, p.time_zone) FROM unnest(p.buckets) AS b;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS fault = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'pipeline %: %', p.pipeline, fault
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = COALESCE(NULLIF(advice, ''), 'From the finest to the coarsest, each of which divides the next.');
	END;
	FOR i IN 1 .. COALESCE(cardinality(p.buckets), 0) LOOP
		IF steps[i] <= '1 hour' AND steps[i + 1] > '1 hour' THEN
			-- these are of one length, those go by the local clock: its changes must be multiples
			SELECT o.start INTO crossed
			FROM (SELECT bucket_start(day, steps[i + 1], p.time_zone) AS start
				FROM generate_series(GREATEST(p.starts_at, now() - interval '50 years'), GREATEST(p.starts_at, now()) + interval '2 years', interval '1 day') AS day) AS o
			WHERE bucket_start(o.start, steps[i], p.time_zone) <> o.start LIMIT 1;
			IF FOUND THEN
				RAISE EXCEPTION 'pipeline %: the % of % that begins at % does not begin with a bucket of %', p.pipeline, steps[i + 1], p.time_zone, crossed, steps[i]
					USING ERRCODE = 'invalid_parameter_value',
						  DETAIL = 'Buckets of up to an hour are of one length; longer ones begin by the local clock, which is not a whole number of these away from where it was on 2001-01-01.',
						  HINT = 'Take a shorter one that divides it, such as ''30 minutes'' or ''15 minutes'', or buckets of more than an hour only.';
			END IF;
		END IF;
		IF extract(epoch FROM steps[i + 1])::bigint % extract(epoch FROM steps[i])::bigint <> 0 OR steps[i] >= steps[i + 1] AND i < cardinality(p.buckets) THEN
			RAISE EXCEPTION 'pipeline %: bucket % does not divide %', p.pipeline, steps[i], steps[i + 1]
				USING ERRCODE = 'invalid_parameter_value',
					  HINT = 'buckets go from the finest to the coarsest, each divides the next, and the last divides bucket, the window that is published at once.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.check_ladders(mobanon.pipeline) IS
'For the release room: an error for resolutions and buckets that do not divide each other.';

CREATE FUNCTION mobanon.check_measures(p mobanon.pipeline, source regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	m		measure;
	without	pipeline := p;
	taken	name[];
BEGIN
	without.measures := NULL;
	taken := reserved_columns() || ARRAY(SELECT c.name FROM release_columns(without) AS c);
	FOREACH m IN ARRAY COALESCE(p.measures, '{}') LOOP
		IF m.aggregate IS NULL OR m.aggregate NOT IN ('sum', 'avg', 'quantile') OR m.column_name IS NULL OR m.name IS NULL
			OR m.bound IS NULL OR (m.fraction IS NOT NULL) <> (m.aggregate = 'quantile') THEN
			RAISE EXCEPTION 'pipeline %: a measure is sum, avg or quantile of a column, with a bound; a quantile has a fraction', p.pipeline
				USING ERRCODE = 'invalid_parameter_value', HINT = 'measures => ARRAY[mobanon.measure(''sum'', ''bytes'', bound => 1000000000)]';
		ELSIF m.bound NOT BETWEEN 1 AND 100000000000 OR NOT COALESCE(m.fraction BETWEEN 0 AND 1, true) THEN
			RAISE EXCEPTION 'pipeline %: the bound of "%" must be 1 to 100000000000, and a fraction 0 to 1', p.pipeline, m.name
				USING ERRCODE = 'invalid_parameter_value', HINT = 'The bound is the most that one person counts for in a group.';
		ELSIF (SELECT count(DISTINCT o.bound) > 1 FROM unnest(p.measures) AS o WHERE o.column_name = m.column_name) THEN
			RAISE EXCEPTION 'pipeline %: "%" has two bounds', p.pipeline, m.column_name
				USING ERRCODE = 'invalid_parameter_value', DETAIL = 'The difference of two sums would tell how many persons lie in between.';
		ELSIF m.name = ANY (taken) OR m.column_name = ANY (taken) THEN
			RAISE EXCEPTION 'pipeline %: "%" of "%" cannot be a measure', p.pipeline, m.name, m.column_name
				USING ERRCODE = 'duplicate_column', HINT = 'The release, or a stage, has a column of this name: give the measure a name of its own.';
		END IF;
		PERFORM check_category(p, m.column_name);
		PERFORM source_expression(p.pipeline, source, m.column_name, 'measure');
		taken := taken || m.name;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.check_measures(mobanon.pipeline, regclass) IS
'For the release room: an error for a measure that is none, or of no data category of the purpose.';

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

CREATE FUNCTION mobanon.first_bucket(at timestamptz, bucket interval, time_zone text) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN bucket_start(at, bucket, time_zone) < at THEN bucket_end(at, bucket, time_zone) ELSE at END;
COMMENT ON FUNCTION mobanon.first_bucket(timestamptz, interval, text) IS
'For the release room: the start of the first whole bucket at or after a time.';

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
	RETURN first_bucket(COALESCE(starts_at, GREATEST(date_trunc('day', now(), time_zone), earlier)), bucket, time_zone);
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
		RAISE EXCEPTION 'pipeline %: schema "%" does not exist', name, (parse_ident(name))[1]
			USING ERRCODE = 'invalid_schema_name', HINT = 'Make it with CREATE SCHEMA, or name another.';
	END IF;
	IF EXISTS (SELECT FROM pipeline AS p WHERE p.pipeline = name AND p.dropped_at IS NULL) THEN
		RAISE EXCEPTION 'pipeline % already exists', name
			USING ERRCODE = 'duplicate_object', HINT = 'Take another name, or mobanon.drop_pipeline() first.';
	END IF;
	SELECT o.qualified INTO taken FROM (VALUES (name), (stage_name(name, 'pseudonymized')), (stage_name(name, 'coarsened')),
		(stage_name(name, 'candidate'))) AS o (qualified) WHERE relation_named(o.qualified) IS NOT NULL LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'pipeline %: there is a relation % already', name, taken
			USING ERRCODE = 'duplicate_object',
				  HINT = CASE WHEN (release_entry(taken)).pipeline_id IS NOT NULL
					THEN 'It is the release of a pipeline that was dropped. mobanon.drop_pipeline(name, release => true) drops it, too; to keep it, take another name for the pipeline.'
					ELSE 'Take another name for the pipeline.' END;
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_name(text) IS
'For the release room: an error when the name of a new pipeline is taken, or its schema does not exist.';

CREATE FUNCTION mobanon.describe_pipeline(name text, source regclass, purpose text, latitude_column name, longitude_column name,
	resolution text, bucket interval, k int, watermark interval, time_zone text, starts_at timestamptz, domain text,
	role_name regrole, recipients text[], breakdowns name[], site_column name, kind text, account_column name,
	resolutions text[], buckets interval[], measures mobanon.measure[], cells_per_day int, minimum_stay interval, maximum_gap interval,
	trips_per_day int, places text, homes text, diversity mobanon.diversity, is_new boolean) RETURNS mobanon.pipeline
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
	p		pipeline;
	columns	protected_table;
	chosen	pipeline_kind;
BEGIN
	-- a radio cell takes the place of the position
	IF site_column IS NOT NULL THEN
		latitude_column := NULL;
		longitude_column := NULL;
	END IF;
	IF name IS NULL THEN
		RAISE EXCEPTION 'a pipeline needs a name' USING ERRCODE = 'null_value_not_allowed', HINT = 'It is that of the release: schema.name.';
	ELSIF array_position(recipients, NULL) IS NOT NULL OR array_position(breakdowns, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: recipients and breakdowns must not hold nulls', name
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave the argument out for none.';
	ELSIF source IS NULL OR purpose IS NULL OR (latitude_column IS NULL OR longitude_column IS NULL) AND site_column IS NULL
		OR recipients IS NULL OR breakdowns IS NULL OR kind IS NULL THEN
		RAISE EXCEPTION 'pipeline %: a pipeline needs a source, a purpose and the columns of the position', name
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default.';
	END IF;
	p.pipeline := name;
	SELECT * INTO chosen FROM pipeline_kinds() AS s WHERE s.kind = describe_pipeline.kind;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'pipeline %: there is no kind "%"', name, kind
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('Take one of: %s.', (SELECT string_agg(s.kind, ', ') FROM pipeline_kinds() AS s));
	END IF;
	p.kind := kind;
	p.source := source::text;
	p.purpose := purpose;
	p.latitude_column := latitude_column;
	p.longitude_column := longitude_column;
	p.site_column := site_column;
	p.resolution := resolution;
	p.bucket := COALESCE(bucket, chosen.bucket);
	p.k := COALESCE(k, chosen.k);
	p.watermark := watermark;
	p.time_zone := time_zone;
	p.starts_at := COALESCE(starts_at, now());
	p.domain := COALESCE(domain, name);
	p.recipients := recipients;
	p.breakdowns := breakdowns;
	p.account_column := account_column;
	p.resolutions := resolutions;
	p.buckets := buckets;
	p.measures := NULLIF(measures, '{}');
	p.cells_per_day := cells_per_day;
	p.minimum_stay := minimum_stay;
	p.maximum_gap := maximum_gap;
	p.trips_per_day := trips_per_day;
	p.places := places;
	p.homes := homes;
	-- a row of nulls is not none: it is of nothing, which check_diversity() says
	p.diversity := CASE WHEN num_nulls(diversity) = 0 AND diversity IS NULL THEN diversity() ELSE diversity END;
	PERFORM check_parameters(p);
	p := check_choices(p, chosen);
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
	PERFORM check_diversity(p, source);
	PERFORM check_measures(p, source);
	PERFORM check_breakdowns(p, source);
	p.starts_at := first_window(name, starts_at, p.bucket, time_zone);
	p.published_until := p.starts_at;
	RETURN p;
END
$$;
COMMENT ON FUNCTION mobanon.describe_pipeline IS
'For the release room: the row of mobanon.pipeline that such a pipeline has, as far as it is known before it is registered; an error that says what to do when it cannot be. is_new: its name must be free.';
