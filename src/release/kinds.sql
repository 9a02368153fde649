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
	-- a query for events, events without a usable position, groups before suppression
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

CREATE FUNCTION mobanon.column_list(columns name[], alias text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT string_agg(concat_ws('.', alias, quote_ident(u.c)), ', ' ORDER BY u.place)
		FROM unnest(columns) WITH ORDINALITY AS u (c, place));
COMMENT ON FUNCTION mobanon.column_list(name[], text) IS
'For the release room: columns as SQL writes them, with the alias of their table.';

CREATE FUNCTION mobanon.source_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN array_remove(ARRAY[p.subject_column, p.event_time_column, p.latitude_column, p.longitude_column, p.site_column], NULL) || p.breakdowns;
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

CREATE FUNCTION mobanon.cell_expression(p mobanon.pipeline, resolution text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format(CASE WHEN p.site_column IS NULL THEN 'mobanon.try_coarsen_cell(p.latitude, p.longitude, %L)'
	ELSE 'mobanon.try_coarsen_site(p.site, p.at, %L)' END, resolution);
COMMENT ON FUNCTION mobanon.cell_expression(mobanon.pipeline, text) IS
'For kinds: the cell of an event of stage 1, as stage 2 writes it.';

CREATE FUNCTION mobanon.plan_of(p mobanon.pipeline) RETURNS mobanon.pipeline_plan
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
BEGIN
	CASE p.kind
		WHEN 'footfall' THEN RETURN footfall_plan(p);
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

CREATE FUNCTION mobanon.key_columns(p mobanon.pipeline) RETURNS name[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(SELECT c.name FROM release_columns(p) AS c WHERE c.use = 'key' ORDER BY c.place);
COMMENT ON FUNCTION mobanon.key_columns(mobanon.pipeline) IS
'For the release room: the columns that no two rows of a release are equal in, bucket first.';
