/*
 * Kinds of pipelines: what is counted.
 *
 * All pipelines have the same frame: stage 1, windows, a candidate, a release
 * that only publish() adds to, register, audit, recipients.  A kind says what
 * stage 2 makes of the events, what stage 3 counts, and which columns the
 * release has.  Each is one function in a file of its own,
 *
 *		KIND_plan(p mobanon.pipeline) RETURNS mobanon.pipeline_plan		kind_KIND.sql
 *
 * that reads nothing but the pipeline's parameters; plan_of() knows them all.
 *
 * A breakdown or a measured column may have any name that a data category may
 * have.  Columns that a query makes for itself are named with a space, "the
 * stays", and no category is; those that stand beside them in a stage or in the
 * release are refused: see reserved_columns().
 */
CREATE TYPE mobanon.release_column AS (
	name		name,
	type		text,
	-- key: no two rows are equal in all of these; subjects: what k holds for; value: the rest
	use			text,
	nullable	boolean,
	about		text
);
COMMENT ON TYPE mobanon.release_column IS
'A column of a release (bucket first, publication not among them): its use is key, subjects or value; about is its comment, with unit and k.';

CREATE TYPE mobanon.pipeline_plan AS (
	-- queries: over stage 1 as p, over stage 2 as c
	stage_2		text,
	stage_2_about text,
	stage_3		text,
	stage_3_about text,
	-- a query for events, events without a usable position, groups that are not in the candidate
	counted		text,
	release_about text,
	columns		mobanon.release_column[]
);
COMMENT ON TYPE mobanon.pipeline_plan IS
'What a kind makes of a pipeline''s parameters: the queries of its stages, and the columns of its release.';

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

CREATE FUNCTION mobanon.relation_of(pipeline_id int, use text, qualified text) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE((SELECT c.oid FROM pipeline_relation AS r JOIN pg_class AS c ON c.oid = r.relation
		WHERE r.pipeline_id = relation_of.pipeline_id AND r.use = relation_of.use), relation_named(qualified));
COMMENT ON FUNCTION mobanon.relation_of(int, text, text) IS
'For the release room: the table that is a pipeline''s source or release, also when it was renamed; else what has the name now; NULL when there is none.';

CREATE FUNCTION mobanon.column_list(columns name[], alias text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT string_agg(concat_ws('.', alias, quote_ident(u.c)), ', ' ORDER BY u.place)
		FROM unnest(columns) WITH ORDINALITY AS u (c, place));
COMMENT ON FUNCTION mobanon.column_list(name[], text) IS
'For the release room: columns as SQL writes them, with the alias of their table.';

CREATE FUNCTION mobanon.measure(aggregate text, column_name name, bound bigint, fraction float8 DEFAULT NULL, name name DEFAULT NULL) RETURNS mobanon.measure
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ROW(aggregate, column_name, bound, fraction, COALESCE(name, (column_name || '_'
	|| CASE WHEN fraction IS NULL THEN aggregate WHEN fraction = 0.5 THEN 'median' ELSE 'p' || (100 * fraction)::numeric END)::name))::measure;
COMMENT ON FUNCTION mobanon.measure(text, name, bigint, float8, name) IS
'For create_pipeline(measures => ARRAY[...]): sum, avg or quantile of a column of whole numbers, per group. bound: the most that one person counts for in a group. fraction: of a quantile, 0.5 is the median. name: of the column in the release, by default such as bytes_sum, bytes_median.';

CREATE FUNCTION mobanon.measures_expression(measures mobanon.measure[]) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT 'ARRAY[' || string_agg(format('mobanon.measure(%L, %L, bound => %s%s, name => %L)', m.aggregate, m.column_name, m.bound,
		', fraction => ' || m.fraction, m.name), ', ' ORDER BY m.place) || ']'
	FROM unnest(measures) WITH ORDINALITY AS m (aggregate, column_name, bound, fraction, name, place));
COMMENT ON FUNCTION mobanon.measures_expression(mobanon.measure[]) IS
'For the release room: measures as SQL writes them.';

CREATE FUNCTION mobanon.measured_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT m.column_name FROM unnest(p.measures) AS m GROUP BY m.column_name ORDER BY m.column_name);
COMMENT ON FUNCTION mobanon.measured_columns(mobanon.pipeline) IS
'For the release room: the columns that a pipeline''s measures are of.';

CREATE FUNCTION mobanon.decided_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN p.breakdowns || measured_columns(p) || array_remove(ARRAY[(p.diversity).column_name], NULL);
COMMENT ON FUNCTION mobanon.decided_columns(mobanon.pipeline) IS
'For the release room: the columns of its source that a pipeline reads and that subjects decide about apart from where they were: each is a data category.';

CREATE FUNCTION mobanon.source_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN array_remove(ARRAY[p.subject_column, p.event_time_column, p.latitude_column, p.longitude_column, p.site_column, p.account_column], NULL)
	|| decided_columns(p);
COMMENT ON FUNCTION mobanon.source_columns(mobanon.pipeline) IS
'For the release room: the columns of its source that a pipeline reads.';

CREATE FUNCTION mobanon.breakdown_list(p mobanon.pipeline, alias text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE(', ' || column_list(p.breakdowns, alias), '');
COMMENT ON FUNCTION mobanon.breakdown_list(mobanon.pipeline, text) IS
'For kinds: the breakdowns of a pipeline, as they follow other columns of a query.';

CREATE FUNCTION mobanon.breakdown_columns(p mobanon.pipeline) RETURNS mobanon.release_column[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT ROW(u.b, 'text', 'key', true, 'as in the source; null where it is unknown, or the subject does not consent to its use')::release_column
	FROM unnest(p.breakdowns) WITH ORDINALITY AS u (b, place) ORDER BY u.place);
COMMENT ON FUNCTION mobanon.breakdown_columns(mobanon.pipeline) IS
'For kinds: the columns of the release that its breakdowns are.';

CREATE FUNCTION mobanon.counted_expression(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.account_column IS NULL THEN 'p.pseudonym' ELSE 'p.account AS pseudonym' END;
COMMENT ON FUNCTION mobanon.counted_expression(mobanon.pipeline) IS
'For kinds: whose distinct number k is held against, as stage 2 takes it from stage 1: the subject, or its account.';

CREATE FUNCTION mobanon.unit_counted(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.account_column IS NULL THEN 'distinct consenting subjects' ELSE 'distinct accounts of consenting subjects' END;
COMMENT ON FUNCTION mobanon.unit_counted(mobanon.pipeline) IS
'For kinds: what "subjects" counts, in words.';

CREATE FUNCTION mobanon.cell_expression(p mobanon.pipeline, resolution text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format(CASE WHEN p.site_column IS NULL THEN 'mobanon.try_coarsen_cell(p.latitude, p.longitude, %L)'
	ELSE 'mobanon.try_coarsen_site(p.site, p.at, %L)' END, resolution);
COMMENT ON FUNCTION mobanon.cell_expression(mobanon.pipeline, text) IS
'For kinds: the cell of an event of stage 1, as stage 2 writes it.';

CREATE FUNCTION mobanon.events_in_cells(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format('(SELECT p.pseudonym, %s%s AS cell, p.at, p.bucket FROM %s AS p)', CASE WHEN p.account_column IS NOT NULL THEN 'p.account, ' END,
	cell_expression(p, p.resolution), stage_name(p.pipeline, 'pseudonymized'));
COMMENT ON FUNCTION mobanon.events_in_cells(mobanon.pipeline) IS
'For kinds: the events of stage 1 with their cells, as a subquery.';

CREATE FUNCTION mobanon.event_counts(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
-- a pseudonym is not asked for, so none is computed
RETURN format('SELECT count(*) AS events, count(*) FILTER (WHERE %s IS NULL) AS unusable FROM %s AS p',
	cell_expression(p, p.resolution), stage_name(p.pipeline, 'pseudonymized'));
COMMENT ON FUNCTION mobanon.event_counts(mobanon.pipeline) IS
'For kinds: the query that counts the events of stage 1, and those without a usable position.';

CREATE FUNCTION mobanon.keeps_events(p mobanon.pipeline) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN p.kind = 'footfall' AND p.cells_per_day IS NULL;
COMMENT ON FUNCTION mobanon.keeps_events(mobanon.pipeline) IS
'For kinds: whether stage 2 has one row for each event of stage 1, so that they can be counted there.';

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

-- Groups of the finest cells; for a kind whose stage 2 has the events as they are, with the number of events.
CREATE FUNCTION mobanon.finest_groups(p mobanon.pipeline, cells name[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
-- nobody's number of distinct zeros is wanted: with it the planner may group by KanonScan, which is several times faster
RETURN format(CASE WHEN keeps_events(p) THEN 'SELECT c.bucket, %1$s, count(*) AS "the events", mobanon.kanon_suppress(0::bigint, %4$s) AS "the zeros" FROM %2$s AS c GROUP BY c.bucket, %1$s'
	ELSE 'SELECT DISTINCT c.bucket, %1$s FROM %2$s AS c WHERE %3$s IS NOT NULL' END,
	column_list(cells || p.breakdowns, 'c'), stage_name(p.pipeline, 'coarsened'), column_list(cells[1:1], 'c'), p.k);
COMMENT ON FUNCTION mobanon.finest_groups(mobanon.pipeline, name[]) IS
'For withheld_query(): the query for the groups of stage 2.';

/*
 * A group of stage 2 is in at most one row of the candidate: its areas do not
 * overlap.  On a ladder, each group is looked up at the steps that areas have:
 * grouped together with the areas, since of a candidate that was just filled
 * the planner knows nothing that would tell it how to join.
 */
CREATE FUNCTION mobanon.withheld_query(p mobanon.pipeline, cells name[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT format($sql$WITH g AS MATERIALIZED (%1$s)
SELECT e.events, e.unusable, e.groups - (SELECT %2$s)
FROM (%3$s) AS e$sql$,
		finest_groups(p, cells),
		CASE WHEN p.resolutions IS NULL THEN 'count(*) FROM ' || s.three ELSE
			format($sql$COALESCE(sum(f.groups), 0)::bigint
	FROM (SELECT count(*) FILTER (WHERE NOT u."is released") AS groups
		FROM (SELECT %1$s AS bucket%2$s, false AS "is released"
			FROM g CROSS JOIN (SELECT DISTINCT %3$s FROM %4$s AS a) AS s
			UNION ALL
			SELECT %5$s, true FROM %4$s AS a) AS u
		GROUP BY %6$s
		HAVING bool_or(u."is released")) AS f$sql$,
				CASE WHEN s.timed THEN format('mobanon.bucket_start(g.bucket, s.width, %L)', p.time_zone) ELSE 'g.bucket' END,
				concat(CASE WHEN s.timed THEN ', s.width' END,
					(SELECT string_agg(format(', mobanon.coarsen_cell(g.%1$I, s.%2$I) AS %1$I', u.c, 'of ' || u.c), '') FROM unnest(cells) AS u (c)),
					', ' || column_list(p.breakdowns, 'g')),
				concat_ws(', ', CASE WHEN s.timed THEN 'a.width' END,
					(SELECT string_agg(format('mobanon.cell_resolution(a.%1$I) AS %2$I', u.c, 'of ' || u.c), ', ') FROM unnest(cells) AS u (c))),
				s.three, column_list(s.key, 'a'), column_list(s.key, 'u'))
		END,
		CASE WHEN keeps_events(p) THEN format('SELECT COALESCE(sum(g."the events"), 0)::bigint AS events, COALESCE(sum(g."the events") FILTER (WHERE %1$s IS NULL), 0)::bigint AS unusable,
	count(*) FILTER (WHERE %1$s IS NOT NULL) AS groups FROM g', column_list(cells[1:1], 'g'))
			ELSE format('SELECT p.*, (SELECT count(*) FROM g) AS groups FROM (%s) AS p', event_counts(p)) END)
	FROM (SELECT stage_name(p.pipeline, 'candidate') AS three, cardinality(p.buckets) > 1 AS timed,
			'{bucket}'::name[] || CASE WHEN cardinality(p.buckets) > 1 THEN '{width}'::name[] END || cells || p.breakdowns AS key) AS s
$$;
COMMENT ON FUNCTION mobanon.withheld_query(mobanon.pipeline, name[]) IS
'For kinds whose rows are cells: the query for events, events without a usable position, and groups of the finest cells that are in no row of the candidate.';

CREATE TYPE mobanon.pipeline_kind AS (
	kind	text,
	-- defaults
	bucket	interval,
	k		int,
	-- arguments that not every kind has
	takes	text[],
	about	text
);
COMMENT ON TYPE mobanon.pipeline_kind IS
'A kind of pipeline: see mobanon.pipeline_kinds().';

CREATE FUNCTION mobanon.pipeline_kinds() RETURNS SETOF mobanon.pipeline_kind
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	VALUES
	('footfall', interval '1 hour', 20, '{breakdowns, resolutions, buckets, measures, cells_per_day, diversity}'::text[],
		'how many persons were seen in a cell during a bucket'),
	('dwell', '1 day', 20, '{breakdowns, minimum_stay, maximum_gap, diversity}',
		'how many persons stayed in a cell during a bucket, and for how long'),
	('flows', '1 day', 100, '{breakdowns, resolutions, minimum_stay, maximum_gap, trips_per_day, diversity}',
		'how many persons went from one area to another during a bucket'),
	('chains', '1 day', 100, '{breakdowns, resolutions, minimum_stay, maximum_gap, trips_per_day, diversity}',
		'how many persons went from one area to another and on to a third during a bucket'),
	('places', '1 day', 20, '{minimum_stay, maximum_gap, places, homes, diversity}',
		'how many persons visited an area, for how long, from where and to where'),
	('residents', '7 days', 20, '{places}',
		'how many persons live in an area, where they work and where they are')
$$;
COMMENT ON FUNCTION mobanon.pipeline_kinds() IS
'The kinds that create_pipeline() knows: their default bucket and k, which of its arguments they take that others do not, and what they count.';

CREATE FUNCTION mobanon.plan_of(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
BEGIN
	CASE p.kind
		WHEN 'footfall' THEN RETURN footfall_plan(p);
		WHEN 'dwell' THEN RETURN dwell_plan(p);
		WHEN 'flows', 'chains' THEN RETURN flows_plan(p);
		WHEN 'places', 'residents' THEN RETURN places_plan(p);
	END CASE;
END
$$;
COMMENT ON FUNCTION mobanon.plan_of(mobanon.pipeline) IS
'For the release room: what the pipeline''s kind makes of its parameters.';

CREATE FUNCTION mobanon.release_columns(p mobanon.pipeline) RETURNS TABLE (place bigint, name name, type text, use text, nullable boolean, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT c.place, c.name, c.type, c.use, c.nullable, c.about
	FROM plan_of(p) AS f, unnest(f.columns) WITH ORDINALITY AS c (name, type, use, nullable, about, place)
$$;
COMMENT ON FUNCTION mobanon.release_columns(mobanon.pipeline) IS
'For the release room: the columns of a pipeline''s release, in order, but the last, the number of the publication.';

CREATE FUNCTION mobanon.cell_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT c.name FROM release_columns(p) AS c WHERE c.type = 'mobanon.cell' ORDER BY c.place);
COMMENT ON FUNCTION mobanon.cell_columns(mobanon.pipeline) IS
'For the release room: the columns of a release that are cells; a release without any has a column area.';

CREATE FUNCTION mobanon.key_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT c.name FROM release_columns(p) AS c WHERE c.use = 'key' ORDER BY c.place);
COMMENT ON FUNCTION mobanon.key_columns(mobanon.pipeline) IS
'For the release room: the columns that no two rows of a release are equal in, bucket first.';
