/*
 * Diversity: groups whose persons are too much alike are withheld.
 *
 * Twenty visitors from one home are twenty, and who knows that a neighbour was
 * among them knows more than that.  With diversity, stage 2 has one more
 * column, "diverse": a column of the source, or each person's home; and stage 3
 * asks kanon_diverse() where it would ask kanon_suppress().
 *
 * Areas as fine as k allows are found first, by k alone, and then each is
 * released or withheld as it is.  Nothing grows because of its neighbours'
 * homes, and since no two areas overlap, no row less others is one that was
 * withheld.
 */
CREATE FUNCTION mobanon.diversity(column_name name DEFAULT NULL, homes text DEFAULT NULL, l int DEFAULT 2, enough int DEFAULT NULL,
	share int DEFAULT 90) RETURNS mobanon.diversity
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ROW(column_name, homes, l, enough, share)::diversity;
COMMENT ON FUNCTION mobanon.diversity(name, text, int, int, int) IS
'For create_pipeline(diversity => ...): groups are withheld where fewer than l values are each held by enough persons (by default k), or one value may be held by more than share per cent of them. What the values are of: column_name, a column of the source, which is never released; or homes, an area set or a resolution in which each person''s home is found by the night rule. Who has no known value, or several, holds none, and may be thought to hold any.';

CREATE FUNCTION mobanon.diversity_expression(d mobanon.diversity) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN NOT d IS NULL THEN format('mobanon.diversity(%s, l => %s, enough => %s, share => %s)',
	concat_ws(', ', 'column_name => ' || quote_literal(d.column_name), 'homes => ' || quote_literal(d.homes)), d.l, d.enough, d.share) END;
COMMENT ON FUNCTION mobanon.diversity_expression(mobanon.diversity) IS
'For the release room: a pipeline''s diversity as SQL writes it; null for none.';

CREATE FUNCTION mobanon.diverse_value(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN (p.diversity).column_name IS NOT NULL THEN ', p.diverse'
	WHEN (p.diversity).homes IS NOT NULL THEN ', h.place AS diverse' ELSE '' END;
COMMENT ON FUNCTION mobanon.diverse_value(mobanon.pipeline) IS
'For kinds: what must differ within a group, as it follows other columns of stage 2; nothing without diversity.';

CREATE FUNCTION mobanon.only_value() RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN 'CASE WHEN min(p.diverse) = max(p.diverse) THEN min(p.diverse) END';
COMMENT ON FUNCTION mobanon.only_value() IS
'For kinds: the one value that a subject has in a window of stage 1; null for who has several, or none.';

CREATE FUNCTION mobanon.person_column(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.account_column IS NULL THEN 'pseudonym' ELSE 'account' END;
COMMENT ON FUNCTION mobanon.person_column(mobanon.pipeline) IS
'For kinds: the column of stage 1 that k is held against.';

CREATE FUNCTION mobanon.homes_join(p mobanon.pipeline, person text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
RETURN CASE WHEN (p.diversity).homes IS NULL THEN ''
	ELSE format(E'\nLEFT JOIN (%s) AS h ON h.bucket = p.bucket AND h.person = p.%s',
		homes_query(home_stays_query(events_in_cells(p), (p.diversity).homes, p.resolution,
			person_column(p)), p.time_zone), COALESCE(person, person_column(p))) END;
COMMENT ON FUNCTION mobanon.homes_join(mobanon.pipeline, text) IS
'For kinds: joins the home of each person as h to p, a query with the bucket of the pipeline and the person (by default the column of stage 1); nothing where it is not asked for.';

CREATE FUNCTION mobanon.diverse_stays(p mobanon.pipeline, stays text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.diversity IS NULL THEN stays ELSE format(E'SELECT p.*, h.place AS diverse\nFROM (%s) AS p%s', stays,
	COALESCE(NULLIF(homes_join(p, 'person'), ''), format(E'\nLEFT JOIN (SELECT p.pseudonym, p.bucket, %s AS place FROM %s AS p GROUP BY p.pseudonym, p.bucket) AS h ON h.pseudonym = p.pseudonym AND h.bucket = p.bucket',
		only_value(), stage_name(p.pipeline, 'pseudonymized')))) END;
COMMENT ON FUNCTION mobanon.diverse_stays(mobanon.pipeline, text) IS
'For the kind places: stays (pseudonym, person, bucket and more) with what must differ in their groups.';

CREATE FUNCTION mobanon.suppress_expression(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.diversity IS NULL THEN format('mobanon.kanon_suppress(c.pseudonym, %s)', p.k)
	ELSE format('mobanon.kanon_diverse(c.pseudonym, c.diverse, %s, %s, %s, %s)', p.k, (p.diversity).l, (p.diversity).enough, (p.diversity).share) END;
COMMENT ON FUNCTION mobanon.suppress_expression(mobanon.pipeline) IS
'For kinds: how stage 3 counts the persons of a group of stage 2: null when it is withheld.';

CREATE FUNCTION mobanon.having_diverse(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.diversity IS NULL THEN '' ELSE format(E'\nHAVING %s IS NOT NULL', suppress_expression(p)) END;
COMMENT ON FUNCTION mobanon.having_diverse(mobanon.pipeline) IS
'For kinds: the condition for areas that were found by k alone; nothing without diversity.';

CREATE FUNCTION mobanon.diversity_about(p mobanon.pipeline) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE WHEN p.diversity IS NULL THEN ''
	ELSE format('; nor those without %s values of %s that at least %s of them hold each, nor those where more than %s per cent may hold one', (p.diversity).l,
		COALESCE(quote_ident((p.diversity).column_name), format('the home area (%s)', (p.diversity).homes)), (p.diversity).enough, (p.diversity).share) END;
COMMENT ON FUNCTION mobanon.diversity_about(mobanon.pipeline) IS
'For kinds: what diversity withholds, in words that follow what k withholds.';

CREATE FUNCTION mobanon.check_diversity(p mobanon.pipeline, source regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
	d		diversity := p.diversity;
	floor	int := current_setting('mobanon.k_floor')::int;
BEGIN
	IF d IS NULL THEN
		RETURN;
	ELSIF (d.column_name IS NULL) = (d.homes IS NULL) THEN
		RAISE EXCEPTION 'pipeline %: diversity is of a column or of homes', p.pipeline
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Give one of the two: mobanon.diversity(column_name => ''employer''), mobanon.diversity(homes => ''5km'').';
	ELSIF d.l IS NULL OR d.l < 2 OR d.enough < floor OR d.share IS NULL OR d.share NOT BETWEEN 1 AND 100 THEN
		RAISE EXCEPTION 'pipeline %: diversity takes l from 2, enough from %, and a share of 1 to 100 per cent', p.pipeline, floor
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'l values must each be held by enough persons of a group, and none by more than the share. 2, k and 90 are the defaults.';
	ELSIF d.homes IS NOT NULL THEN
		PERFORM place_parts(d.homes, p.resolution);
		IF p.bucket < interval '3 days' THEN
			RAISE EXCEPTION 'pipeline %: a home is where 3 nights were spent, and a bucket of % has fewer', p.pipeline, p.bucket
				USING ERRCODE = 'invalid_parameter_value',
					  HINT = 'Take a bucket of several days, such as ''7 days'' (footfall can still count by the hour: buckets => ''{1 hour}''), or a column that tells the home area: mobanon.diversity(column_name => ...).';
		END IF;
		RETURN;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname = d.column_name AND a.attnum > 0 AND NOT a.attisdropped) THEN
		RAISE EXCEPTION 'pipeline %: table % has no column "%" for diversity', p.pipeline, source, d.column_name
			USING ERRCODE = 'undefined_column', HINT = 'Name a column of the table, or have homes found: mobanon.diversity(homes => ''5km'').';
	ELSIF d.column_name = ANY (array_remove(ARRAY[p.subject_column, p.event_time_column, p.latitude_column, p.longitude_column, p.site_column, p.account_column], NULL)
			|| p.breakdowns || measured_columns(p)) THEN
		RAISE EXCEPTION 'pipeline %: "%" cannot be what the persons of a group differ in', p.pipeline, d.column_name
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = 'All persons of a group share the values of its breakdowns; and no two subjects or accounts are the same.',
				  HINT = 'Take a column that many share and that nothing else is made of, such as the home area, the household''s building or the employer.';
	END IF;
	PERFORM check_category(p, d.column_name);
END
$$;
COMMENT ON FUNCTION mobanon.check_diversity(mobanon.pipeline, regclass) IS
'For the release room: an error for a diversity of nothing, of what makes no sense, or of no data category of the purpose.';
