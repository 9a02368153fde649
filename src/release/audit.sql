/*
 * audit(): is the release still what was published, and closed to everybody
 * who only reads it?
 */

-- The first bucket whose rows are not those that were published.
CREATE FUNCTION mobanon.first_difference(p mobanon.pipeline, OUT bucket timestamptz, OUT published bigint, OUT present bigint,
	OUT row_checks bytea, OUT present_checks bytea)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT COALESCE(w.bucket, h.bucket), COALESCE(w.rows, 0), COALESCE(h.rows, 0), COALESCE(w.row_checks, ''), COALESCE(h.row_checks, '')
	FROM (SELECT * FROM publication_window AS r
		  WHERE r.pipeline_id = p.pipeline_id AND r.bucket >= COALESCE(p.retained_from, '-infinity')) AS w
	FULL JOIN window_hashes(p, '-infinity', 'infinity') AS h USING (bucket, publication)
	WHERE (w.rows, w.sha256) IS DISTINCT FROM (h.rows, h.sha256)
	ORDER BY COALESCE(w.bucket, h.bucket) LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.first_difference(mobanon.pipeline) IS
'For the release room: the first bucket whose rows are not those that were published, with the checks of its rows then and now; NULL when there is none.';

CREATE FUNCTION mobanon.verify_rows(p mobanon.pipeline) RETURNS TABLE (bucket timestamptz, cell mobanon.cell, problem text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	d		record;
	cells	name[] := cell_columns(p);
	place	bigint;
	subjects bigint;
	of_what	text;
BEGIN
	SELECT * INTO d FROM first_difference(p);
	IF d.bucket IS NULL THEN
		RETURN;
	END IF;
	bucket := d.bucket;
	-- the first place at which then and now differ
	SELECT min(i) INTO place FROM generate_series(1, GREATEST(d.published, d.present)) AS i
	WHERE substr(d.row_checks, (4 * i - 3)::int, 4) <> substr(d.present_checks, (4 * i - 3)::int, 4);
	EXECUTE format($sql$SELECT %s, concat_ws(', ', %s), r.subjects FROM %s AS r WHERE r.bucket = $1 ORDER BY %s OFFSET $2 - 1 LIMIT 1$sql$,
		COALESCE(column_list(cells[1:1], 'r'), 'NULL'),
		-- what the cell alone does not say
		COALESCE((SELECT string_agg(format('%L || r.%I', c.name || ' ', c.name), ', ' ORDER BY c.place) FROM release_columns(p) AS c
			WHERE c.use = 'key' AND c.name <> ALL ('{bucket}'::name[] || cells[1:1] || p.breakdowns)), 'NULL'),
		p.pipeline, column_list((key_columns(p))[2:], 'r'))
	INTO cell, of_what, subjects USING bucket, COALESCE(place, 1);
	problem := CASE
		WHEN d.published = 0 THEN format('the bucket has %s rows, and nothing was published for it', d.present)
		WHEN d.present = 0 THEN format('the bucket has no rows, and %s were published', d.published)
		-- all of four bytes agree, but not the whole
		WHEN place IS NULL THEN 'a row was changed'
		WHEN d.present < d.published THEN format('%s of %s rows are missing, the first before this one', d.published - d.present, d.published)
		WHEN d.present > d.published THEN format('%s rows too many, this is the first', d.present - d.published)
		ELSE format('row %s of %s (%s subjects) is not what was published', place, d.published, subjects) END
		|| COALESCE(': ' || NULLIF(of_what, ''), '');
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION mobanon.verify_rows(mobanon.pipeline) IS
'For the release room: the first row of a release that does not fit what was published.';

CREATE FUNCTION mobanon.verify_pipeline(name text) RETURNS TABLE (bucket timestamptz, cell mobanon.cell, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	p	pipeline := release_entry(name);
BEGIN
	IF p.pipeline_id IS NULL THEN
		PERFORM report_no_pipeline(name);
	END IF;
	RETURN QUERY SELECT v.bucket, v.cell, v.problem FROM verify_rows(p) AS v;
END
$$;
COMMENT ON FUNCTION mobanon.verify_pipeline(text) IS
'For the release room: verify_release() after the name was found.';

-- The first publication whose entry, or whose list of windows, is not as it was written.
CREATE FUNCTION mobanon.first_bad_entry(p mobanon.pipeline) RETURNS int
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT b.publication
	FROM (SELECT b.*, row_number() OVER (ORDER BY b.publication) AS place FROM publication AS b
		  WHERE b.pipeline_id = p.pipeline_id) AS b
	JOIN publication AS e ON e.pipeline_id = b.pipeline_id AND e.publication = b.publication
	LEFT JOIN content_hashes(p.pipeline_id, '-infinity', 'infinity') AS h ON h.publication = b.publication
	WHERE b.publication <> b.place OR e.entry_sha256 <> entry_hash(e) OR e.content_sha256 <> content_hash(h.sha256)
	ORDER BY b.publication LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.first_bad_entry(mobanon.pipeline) IS
'For the release room: the first publication whose register entry was changed, or before which one is missing; NULL when none.';

-- Whom SELECT is granted to, on the whole or on a column; 0 is everybody.
CREATE FUNCTION mobanon.grantees_of(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE STRICT ROWS 5
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT x.grantee FROM pg_class AS c, aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) AS x
	WHERE c.oid = relation AND x.privilege_type = 'SELECT'
	UNION
	SELECT x.grantee FROM pg_attribute AS a, aclexplode(a.attacl) AS x
	WHERE a.attrelid = relation AND NOT a.attisdropped AND x.privilege_type = 'SELECT'
	UNION
	SELECT 'pg_read_all_data'::regrole
$$;
COMMENT ON FUNCTION mobanon.grantees_of(oid) IS
'For audit(): the roles that a relation or a column of it is granted to, its owner and pg_read_all_data with them; 0 for PUBLIC.';

CREATE FUNCTION mobanon.acts_as(member oid, role oid) RETURNS boolean
LANGUAGE sql STABLE
RETURN pg_catalog.pg_has_role(member, role, 'USAGE')
	-- without INHERIT, by SET ROLE
	OR pg_catalog.pg_has_role(member, role, CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END);
COMMENT ON FUNCTION mobanon.acts_as(oid, oid) IS
'For audit(): whether a role has the rights of another, at once or after SET ROLE.';

-- What a reader of the release could reach beside it.
CREATE FUNCTION mobanon.reachable_by_readers(p mobanon.pipeline) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	WITH release AS (
		SELECT g.role FROM pg_class AS r, grantees_of(r.oid) AS g (role)
		WHERE r.oid = relation_of(p.pipeline_id, 'release', p.pipeline) AND g.role NOT IN (r.relowner, 'mobanon_admin'::regrole, 'pg_read_all_data'::regrole)
	), reader AS MATERIALIZED (
		SELECT g.role, g.role AS through FROM release AS g
		UNION
		-- who runs pipelines may be in a group of readers
		SELECT m.oid, g.role FROM release AS g JOIN pg_roles AS m ON g.role <> 0 AND acts_as(m.oid, g.role)
		WHERE NOT m.rolsuper AND m.rolname <> 'mobanon_owner' AND NOT pg_has_role(m.oid, 'mobanon_admin', 'MEMBER')
	), beside AS (
		SELECT relation_of(p.pipeline_id, 'source', p.source) AS relation
		UNION SELECT relation_named(stage_name(o.pipeline, n)) FROM pipeline AS o, unnest(ARRAY['pseudonymized', 'coarsened', 'candidate']) AS n
			WHERE o.pipeline_id = COALESCE(p.parent_id, p.pipeline_id)
		UNION SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'p', 'm')
			AND NOT has_any_column_privilege('public', c.oid, 'SELECT')
	), opened AS MATERIALIZED (
		SELECT b.relation, g.role FROM beside AS b, grantees_of(b.relation) AS g (role)
	), reached AS MATERIALIZED (
		SELECT DISTINCT r.role, o.relation
		FROM (SELECT DISTINCT r.role, g.role AS as_role FROM (SELECT DISTINCT role FROM reader) AS r, (SELECT DISTINCT role FROM opened) AS g
			WHERE g.role = 0 OR r.role <> 0 AND acts_as(r.role, g.role)) AS r
		JOIN opened AS o ON o.role = r.as_role
	)
	SELECT format('%s may read %s', CASE WHEN d.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(d.role)) END, d.relation::regclass)
	FROM reached AS d
	-- a group stands for its members
	WHERE NOT EXISTS (SELECT FROM reader AS r JOIN reached AS g ON g.role = r.through AND g.relation = d.relation WHERE r.role = d.role AND r.through <> d.role)
	ORDER BY 1
$$;
COMMENT ON FUNCTION mobanon.reachable_by_readers(mobanon.pipeline) IS
'For the release room: every relation beside the release that one of its readers, or a member of one, may read: source, stages, and tables of mobanon that are not everybody''s.';

CREATE FUNCTION mobanon.release_rows_at_fault(p mobanon.pipeline, OUT below_k bigint, OUT twice bigint, OUT outside bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	EXECUTE format(
		$sql$SELECT count(*) FILTER (WHERE r.subjects < $2 OR r.subjects IS NULL), count(*) - count(DISTINCT (%2$s)),
			count(*) FILTER (WHERE NOT EXISTS (SELECT FROM publication AS b
				WHERE b.pipeline_id = $1 AND b.publication = r.publication
				AND r.bucket >= b.window_from AND r.bucket < b.window_to) OR r.bucket < $3)
			FROM %1$s AS r$sql$, p.pipeline, column_list(key_columns(p), 'r'))
	INTO below_k, twice, outside USING p.pipeline_id, p.k, COALESCE(p.retained_from, '-infinity');
END
$$;
COMMENT ON FUNCTION mobanon.release_rows_at_fault(mobanon.pipeline) IS
'For the release room: rows of a release with fewer than k subjects, that are there twice, or that lie in no published window.';

-- Two rows of one window whose areas and periods overlap: less the one, the other is a group that nobody checked.
CREATE FUNCTION mobanon.overlapping_rows(p mobanon.pipeline) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
AS $$
DECLARE
	cells	name[] := cell_columns(p);
	timed	boolean := cardinality(p.buckets) > 1;
	found	text;
BEGIN
	IF p.resolutions IS NULL OR cardinality(p.resolutions) = 1 AND NOT timed THEN
		RETURN NULL;
	END IF;
	-- of two that overlap, one's first area lies in the other's: found by its ancestors
	EXECUTE format(
		$sql$WITH r AS MATERIALIZED (SELECT %7$s, %3$s AS "the start", row_number() OVER () AS "the row" FROM %1$s AS r)
			SELECT format('bucket %%s: %%s and %%s', a.bucket, concat_ws(' ', %4$s), concat_ws(' ', %5$s))
			FROM r AS a
			CROSS JOIN unnest($1) WITH ORDINALITY AS l (resolution, place)
			JOIN r AS b ON b."the start" = a."the start"
				AND b.%2$I = CASE WHEN l.place >= array_position($1, cell_resolution(a.%2$I)) THEN coarsen_cell(a.%2$I, l.resolution) END
			WHERE a."the row" <> b."the row" AND %6$s
			ORDER BY a.bucket, a."the row" LIMIT 1$sql$,
		p.pipeline, cells[1], CASE WHEN timed THEN 'bucket_start(r.bucket, $2, $3)' ELSE 'r.bucket' END,
		column_list(cells, 'a'), column_list(cells, 'b'),
		concat_ws(' AND ', CASE WHEN timed THEN 'a.bucket < bucket_end(b.bucket, b.width, $3) AND b.bucket < bucket_end(a.bucket, a.width, $3)' ELSE 'true' END,
			(SELECT string_agg(format('(a.%1$I @> b.%1$I OR b.%1$I @> a.%1$I)', c), ' AND ') FROM unnest(cells[2:]) AS c),
			(SELECT string_agg(format('a.%1$I IS NOT DISTINCT FROM b.%1$I', c), ' AND ') FROM unnest(p.breakdowns) AS c)),
		column_list(key_columns(p) || CASE WHEN timed THEN '{width}'::name[] END, 'r'))
	INTO found USING p.resolutions, p.bucket, p.time_zone;
	RETURN found;
END
$$;
COMMENT ON FUNCTION mobanon.overlapping_rows(mobanon.pipeline) IS
'For the release room: two rows of an adaptive release that overlap; NULL when there are none.';

-- Other releases of the same events that one of the readers or recipients has, too.
CREATE FUNCTION mobanon.comparable_releases(p mobanon.pipeline) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
SET intervalstyle = 'postgres'
AS $$
	WITH mine AS (
		SELECT COALESCE(p.parent_id, p.pipeline_id) AS root, relation_of(p.pipeline_id, 'release', p.pipeline) AS relation,
			relation_of(p.pipeline_id, 'source', p.source) AS source
	), other AS (
		SELECT o.*, relation_of(o.pipeline_id, 'release', o.pipeline) AS relation
		FROM pipeline AS o, mine AS m
		-- what took the name of a source may hold its events; what is copied from one release has the same numbers
		WHERE (o.source = p.source OR relation_of(o.pipeline_id, 'source', o.source) = m.source) AND COALESCE(o.parent_id, o.pipeline_id) <> m.root AND o.pipeline <> p.pipeline
		AND o.starts_at < CASE WHEN p.dropped_at IS NULL THEN 'infinity' ELSE p.published_until END
		AND p.starts_at < CASE WHEN o.dropped_at IS NULL THEN 'infinity' ELSE o.published_until END
	), reader AS MATERIALIZED (
		SELECT r.oid, r.rolname FROM pg_roles AS r
		WHERE NOT r.rolsuper AND r.rolname <> 'mobanon_owner'
		AND NOT pg_has_role(r.oid, 'mobanon_admin', 'MEMBER') AND NOT pg_has_role(r.oid, 'pg_read_all_data', 'MEMBER')
		AND EXISTS (SELECT FROM mine AS m, grantees_of(m.relation) AS g (role) WHERE g.role = 0 OR acts_as(r.oid, g.role))
	)
	SELECT format('%s also %s %s (%s of %s, %s, %s, k = %s)', w.who, w.does, o.pipeline, o.kind, o.purpose,
		array_to_string(COALESCE(o.resolutions, ARRAY[o.resolution]), ' to '), o.bucket, o.k)
	FROM other AS o, LATERAL (
		SELECT quote_ident(r.rolname), 'reads' FROM reader AS r
		WHERE EXISTS (SELECT FROM grantees_of(o.relation) AS g (role) WHERE g.role = 0 OR acts_as(r.oid, g.role))
		UNION ALL
		SELECT format('recipient %I', c), 'receives' FROM unnest(p.recipients) AS c WHERE c = ANY (o.recipients)
	) AS w (who, does)
	ORDER BY 1
$$;
COMMENT ON FUNCTION mobanon.comparable_releases(mobanon.pipeline) IS
'For the release room: which readers and recipients of a release have another release of the same events and times, of other parameters or computed at another time. The difference of two is a group that nobody checked.';

CREATE FUNCTION mobanon.verify_release(name text) RETURNS TABLE (bucket timestamptz, cell mobanon.cell, problem text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT v.bucket, v.cell, v.problem FROM mobanon.verify_pipeline(mobanon.pipeline_name(name)) AS v;
END;
COMMENT ON FUNCTION mobanon.verify_release(text) IS
'Compares a release with its register, row by row: the first row that does not fit, and why; no row when every one is what was published.';

CREATE FUNCTION mobanon.audit_pipeline(name text) RETURNS TABLE (check_name text, ok boolean, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	p		pipeline := release_entry(name);
	fault	record;
	wrong	text;
BEGIN
	IF p.pipeline_id IS NULL THEN
		PERFORM report_no_pipeline(name);
	END IF;
	RETURN QUERY SELECT c.check_name, c.ok, CASE WHEN NOT c.ok THEN c.detail END FROM pipeline_checks(p) AS c;

	SELECT string_agg(r, '; ') INTO wrong FROM reachable_by_readers(p) AS r;
	RETURN QUERY SELECT 'readers reach the release only', wrong IS NULL, wrong;
	SELECT string_agg(r, '; ') INTO wrong FROM comparable_releases(p) AS r;
	RETURN QUERY SELECT 'nobody has another release of the same events', wrong IS NULL, wrong;

	IF p.parent_id IS NULL AND p.dropped_at IS NULL THEN
		SELECT format('the key of epoch %s was shredded: windows from %s up to %s cannot be computed, see mobanon.skip_windows()', h.epoch, h.window_from, h.window_to)
		INTO wrong FROM next_without_key(p) AS h WHERE h.epoch IS NOT NULL;
		RETURN QUERY SELECT 'keys of the windows to come are there', wrong IS NULL, wrong;
	END IF;

	IF relation_named(name) IS NULL THEN
		RETURN;
	END IF;
	fault := release_rows_at_fault(p);
	RETURN QUERY VALUES
		('no row has fewer than k subjects', fault.below_k = 0, CASE WHEN fault.below_k > 0 THEN format('%s rows', fault.below_k) END),
		('no group is there twice', fault.twice = 0, CASE WHEN fault.twice > 0 THEN format('%s rows', fault.twice) END);
	wrong := overlapping_rows(p);
	RETURN QUERY SELECT 'no two rows overlap', wrong IS NULL, wrong;
	RETURN QUERY VALUES
		('every row lies in a published window', fault.outside = 0, CASE WHEN fault.outside > 0 THEN format('%s rows', fault.outside) END);
	SELECT format('bucket %s: %s', v.bucket, v.problem) INTO wrong FROM verify_rows(p) AS v;
	RETURN QUERY SELECT 'rows are those that were published', wrong IS NULL, wrong;
	wrong := first_bad_entry(p)::text;
	RETURN QUERY SELECT 'register is whole', wrong IS NULL, 'publication ' || wrong;
	SELECT format('publication %s', b.publication) INTO wrong FROM (
		SELECT b.publication, b.window_from, lag(b.window_to) OVER (ORDER BY b.publication) AS before,
			b.window_to, lead(b.window_from) OVER (ORDER BY b.publication) AS after
		FROM publication AS b WHERE b.pipeline_id = p.pipeline_id) AS b
	WHERE b.window_from <> COALESCE(b.before, p.starts_at) OR COALESCE(b.after, p.published_until) <> b.window_to
	ORDER BY b.publication LIMIT 1;
	RETURN QUERY SELECT 'windows follow each other', wrong IS NULL, wrong;
END
$$;
COMMENT ON FUNCTION mobanon.audit_pipeline(text) IS
'For the release room: audit() after the name was found.';

CREATE FUNCTION mobanon.audit(name text) RETURNS TABLE (check_name text, ok boolean, detail text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT a.check_name, a.ok, a.detail FROM mobanon.audit_pipeline(mobanon.pipeline_name(name)) AS a;
END;
COMMENT ON FUNCTION mobanon.audit(text) IS
'Is a release what was published, and can its readers reach nothing else? One line per check; detail says what is wrong. Also of a release that drop_pipeline() kept.';
