/*
 * publish(): closed windows go into the release, once, with their entry in the
 * register, in one transaction.
 */

-- A row of a release as text: bucket,cell[,"breakdown"...],subjects; an expression over "r".
CREATE FUNCTION mobanon.row_line(p mobanon.pipeline) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN (SELECT string_agg(format(CASE
		WHEN c.type = 'timestamptz' THEN $sql$to_char(r.%1$I, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')$sql$
		WHEN c.type = 'text' THEN $sql$coalesce('"' || replace(r.%1$I, '"', '""') || '"', '')$sql$
		WHEN c.nullable THEN $sql$coalesce(r.%1$I::text, '')$sql$
		ELSE 'r.%1$I::text' END, c.name), $sql$ || ',' || $sql$ ORDER BY c.place) || $sql$ || E'\n'$sql$ FROM release_columns(p) AS c);
COMMENT ON FUNCTION mobanon.row_line(mobanon.pipeline) IS
'For the release room: the expression for a row of a release as a line of CSV, in UTC: what the hashes are over.';

CREATE FUNCTION mobanon.window_hashes(p mobanon.pipeline, window_from timestamptz, window_to timestamptz)
RETURNS TABLE (publication int, bucket timestamptz, rows bigint, sha256 bytea, row_checks bytea)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		$sql$SELECT l.publication, l.bucket, count(*),
				pg_catalog.sha256(convert_to(string_agg(l."the line", '' ORDER BY %1$s), 'UTF8')),
				string_agg(substr(pg_catalog.sha256(convert_to(l."the line", 'UTF8')), 1, 4), '' ORDER BY %1$s)
			FROM (SELECT r.publication, %4$s, %2$s AS "the line" FROM %3$s AS r WHERE r.bucket >= $1 AND r.bucket < $2) AS l
			GROUP BY l.publication, l.bucket ORDER BY l.bucket$sql$,
		column_list((key_columns(p))[2:], 'l'), row_line(p), p.pipeline, column_list(key_columns(p), 'r'))
	USING window_from, window_to;
END
$$;
COMMENT ON FUNCTION mobanon.window_hashes(mobanon.pipeline, timestamptz, timestamptz) IS
'For the release room: rows and hashes of each bucket in a period, as they are in the release now.';

-- Over the hashes of its windows, one line each.  Read once, by period: a publication's own windows are found without
-- those before it.
CREATE FUNCTION mobanon.content_hashes(pipeline_id int, window_from timestamptz, window_to timestamptz)
RETURNS TABLE (publication int, sha256 bytea)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT w.publication, pg_catalog.sha256(convert_to(string_agg(
		to_char(w.bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ',' || encode(w.sha256, 'hex') || E'\n', '' ORDER BY w.bucket), 'UTF8'))
	FROM publication_window AS w
	WHERE w.pipeline_id = content_hashes.pipeline_id AND w.bucket >= window_from AND w.bucket < window_to
	GROUP BY w.publication
$$;
COMMENT ON FUNCTION mobanon.content_hashes(int, timestamptz, timestamptz) IS
'For the release room: SHA-256 of what each publication published in a period, over the lines "bucket,sha256" of its windows; those without rows are not there.';

CREATE FUNCTION mobanon.content_hash(hash bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN COALESCE(hash, pg_catalog.sha256(''));
COMMENT ON FUNCTION mobanon.content_hash(bytea) IS
'For the release room: what content_hashes() found of a publication; where it found nothing, the hash of nothing.';

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

CREATE FUNCTION mobanon.refresh_candidate(candidate regclass, counted text,
	OUT events bigint, OUT unusable bigint, OUT groups bigint, OUT snapshot pg_snapshot)
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.refresh_candidate(regclass, text) IS
'For the release room: refreshes a candidate as its owner, and runs a query that counts events, events without a usable position, and groups that are not in it, under the same snapshot, which it returns, too.';
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
		$sql$SELECT concat_ws(', ', %1$s) || ': ' ||
				CASE WHEN r.subjects >= $1 THEN 'not a bucket and cell of a window to be published' ELSE 'fewer than k subjects' END
			FROM %2$s AS r
			WHERE r.subjects IS NULL OR r.subjects < $1 OR %3$s
			OR r.bucket < $2 OR r.bucket >= $3 OR bucket_start(r.bucket, $4, $5) <> r.bucket
			ORDER BY %4$s LIMIT 1$sql$,
		(SELECT string_agg(format($sql$'%1$s ' || coalesce(r.%1$I::text, 'null')$sql$, c.name), ', ' ORDER BY c.place)
			FROM release_columns(p) AS c WHERE c.type IN ('timestamptz', 'mobanon.cell')),
		candidate,
		(SELECT string_agg(CASE WHEN NOT c.nullable THEN format('r.%I IS NULL', c.name) ELSE 'false' END
				|| CASE c.type WHEN 'mobanon.cell' THEN format(' OR cell_resolution(r.%I) <> ALL ($6)', c.name) ELSE '' END, ' OR ' ORDER BY c.place)
			FROM release_columns(p) AS c),
		column_list(key_columns(p), 'r'))
	INTO found USING p.k, p.published_until, upto, COALESCE(p.buckets[1], p.bucket), p.time_zone, COALESCE(p.resolutions, ARRAY[p.resolution]);
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
	SELECT jsonb_strip_nulls(to_jsonb(p) - ARRAY['pipeline_id', 'pipeline', 'published_until', 'publishing', 'dropping_before',
			'retained_from', 'publish_until', 'definition', 'created_at', 'created_by', 'dropped_at', 'usage_granted'])
		|| jsonb_build_object('definition_sha256', encode(pg_catalog.sha256(convert_to(p.definition, 'UTF8')), 'hex'),
			'keys', (SELECT jsonb_build_object('epochs', count(*), 'first', min(e.epoch), 'last', max(e.epoch)) FROM keyring AS e
					 WHERE e.domain = p.domain AND e.ends_at > p.published_until AND e.starts_at < closed_until(p.pipeline)))
$$;
COMMENT ON FUNCTION mobanon.parameters_of(mobanon.pipeline) IS
'For the release room: what a publication is registered with: the pipeline''s parameters, the epochs of its keys and the hash of its definition.';

-- Brings rows out: the release, its windows, its entry.  "rows" is a query for the release's columns but the last.
CREATE FUNCTION mobanon.bring_out(p mobanon.pipeline, upto timestamptz, rows text, entry mobanon.publication DEFAULT NULL) RETURNS mobanon.publication
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	columns	name[] := ARRAY(SELECT c.name FROM release_columns(p) AS c ORDER BY c.place);
BEGIN
	entry.pipeline_id := p.pipeline_id;
	entry.pipeline := p.pipeline;
	entry.window_from := p.published_until;
	entry.window_to := upto;
	entry.parameters := parameters_of(p);
	entry.version := (SELECT x.extversion FROM pg_extension AS x WHERE x.extname = 'mobanon');
	entry.published_at := statement_timestamp();
	entry.published_by := session_user;
	SELECT COALESCE(max(b.publication), 0) + 1 INTO entry.publication FROM publication AS b WHERE b.pipeline_id = p.pipeline_id;
	UPDATE pipeline AS o SET publishing = entry.publication WHERE o.pipeline_id = p.pipeline_id;
	EXECUTE format('INSERT INTO %1$s (%2$s, publication) SELECT %2$s, $1 FROM (%3$s) AS q ORDER BY %4$s',
		p.pipeline, column_list(columns), rows, column_list(key_columns(p))) USING entry.publication;
	GET DIAGNOSTICS entry.rows = ROW_COUNT;
	INSERT INTO publication_window (pipeline_id, publication, bucket, rows, sha256, row_checks)
	SELECT p.pipeline_id, w.publication, w.bucket, w.rows, w.sha256, w.row_checks FROM window_hashes(p, p.published_until, upto) AS w;
	entry.content_sha256 := content_hash((SELECT h.sha256 FROM content_hashes(p.pipeline_id, entry.window_from, upto) AS h));
	entry.entry_sha256 := entry_hash(entry);
	INSERT INTO publication SELECT entry.*;
	UPDATE pipeline AS o SET publishing = NULL, publish_until = NULL, published_until = upto WHERE o.pipeline_id = p.pipeline_id;
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.bring_out(mobanon.pipeline, timestamptz, text, mobanon.publication) IS
'For the release room: puts the rows of a query into a release and writes its entry in the register. entry: what of it is known already.';

-- The part of a publication that goes to a recipient with a release of its own.
CREATE FUNCTION mobanon.bring_out_to_recipients(p mobanon.pipeline, entry mobanon.publication) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	r	pipeline;
BEGIN
	FOR r IN SELECT * FROM pipeline AS o WHERE o.parent_id = p.pipeline_id AND o.dropped_at IS NULL ORDER BY o.pipeline_id FOR UPDATE LOOP
		PERFORM bring_out(r, entry.window_to, recipient_rows(p, r, entry.window_from, entry.window_to));
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.bring_out_to_recipients(mobanon.pipeline, mobanon.publication) IS
'For the release room: copies what was just published into the releases of single recipients.';

-- A row lies in the areas of a recipient when one of its ends does, or the whole of its own area.
CREATE FUNCTION mobanon.areas_condition(p mobanon.pipeline, areas text[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE
	WHEN cell_columns(p) <> '{}' THEN (SELECT string_agg(format(
		'EXISTS (SELECT FROM unnest(%L::mobanon.cell[]) AS a (area) WHERE coarsen_cell(r.%I, cell_resolution(a.area)) = a.area)', areas, c.name), ' OR ')
		FROM unnest(cell_columns(p)) AS c (name))
	WHEN (place_parts(p.places, NULL)).is_set THEN format(
		'NOT EXISTS (SELECT FROM area_cells(%L) AS c WHERE c.area = r.area AND NOT EXISTS (SELECT FROM unnest(%L::mobanon.cell[]) AS a (area) WHERE coarsen_cell(c.cell, cell_resolution(a.area)) = a.area))',
		p.places, areas)
	ELSE format('EXISTS (SELECT FROM unnest(%L::mobanon.cell[]) AS a (area) WHERE coarsen_cell(r.area::mobanon.cell, cell_resolution(a.area)) = a.area)', areas) END;
COMMENT ON FUNCTION mobanon.areas_condition(mobanon.pipeline, text[]) IS
'For the release room: the condition for the rows of a release that lie in the areas of a recipient.';

CREATE FUNCTION mobanon.recipient_rows(p mobanon.pipeline, r mobanon.pipeline, window_from timestamptz, window_to timestamptz) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
RETURN format('SELECT %s FROM %s AS r WHERE bucket >= %L AND bucket < %L%s', column_list(ARRAY(SELECT c.name FROM release_columns(p) AS c ORDER BY c.place)),
	p.pipeline, window_from, window_to, CASE WHEN r.areas IS NOT NULL THEN ' AND (' || areas_condition(p, r.areas) || ')' END);
COMMENT ON FUNCTION mobanon.recipient_rows(mobanon.pipeline, mobanon.pipeline, timestamptz, timestamptz) IS
'For the release room: the query for the rows of a release that a recipient gets: all, or those inside of its areas.';

-- A pipeline that is locked for publishing.
CREATE FUNCTION mobanon.lock_pipeline(name text, kept boolean DEFAULT false) RETURNS mobanon.pipeline
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	p	pipeline;
BEGIN
	SELECT * INTO p FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL FOR UPDATE;
	IF NOT FOUND AND kept THEN
		SELECT * INTO p FROM pipeline AS o WHERE o.pipeline_id = (release_entry(name)).pipeline_id FOR UPDATE;
	END IF;
	IF p.pipeline_id IS NULL THEN
		PERFORM report_no_pipeline(name);
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION mobanon.lock_pipeline(text, boolean) IS
'For the release room: a pipeline''s row, locked until the end of the transaction; an error when there is none. kept: also one that was dropped and whose release is there.';

CREATE FUNCTION mobanon.refuse_part(p mobanon.pipeline) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF p.parent_id IS NOT NULL THEN
		RAISE EXCEPTION '% is a part of the release % and is published with it', p.pipeline,
				(SELECT o.pipeline FROM pipeline AS o WHERE o.pipeline_id = p.parent_id)
			USING ERRCODE = 'wrong_object_type', HINT = 'Publish that one.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.refuse_part(mobanon.pipeline) IS
'For the release room: an error for the release of one recipient, which nothing is computed for.';

-- jit: a stage has few expressions and many plan nodes that are estimated far too high; compiling takes longer than it saves.
CREATE FUNCTION mobanon.publish_pipeline(name text, until timestamptz, backlog_from timestamptz DEFAULT NULL) RETURNS mobanon.publication
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
DECLARE
	p			pipeline;
	upto		timestamptz;
	backlog_to	timestamptz;
	candidate	text := stage_name(name, 'candidate');
	hole		record;
	counts		record;
	strange		text;
	entry		publication;
BEGIN
	IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION 'pipeline %: nothing is published in a % transaction', name, current_setting('transaction_isolation')
			USING ERRCODE = 'invalid_transaction_state',
				  DETAIL = 'Its snapshot may be older than a withdrawal that has to count.',
				  HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, or set default_transaction_isolation.';
	END IF;
	PERFORM report_progress(o.pipeline_id, 'waiting') FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL;
	-- one at a time: who comes second waits here, and then sees what the first has published
	p := lock_pipeline(name);
	backlog_to := CASE WHEN backlog_from IS NOT NULL THEN closed_until(name) END;
	backlog_from := COALESCE(backlog_from, p.published_until);
	PERFORM refuse_part(p);
	UPDATE pipeline AS o SET publish_until = GREATEST(until, p.published_until) WHERE o.pipeline_id = p.pipeline_id AND until IS NOT NULL;
	upto := closed_until(name);
	IF upto <= p.published_until THEN
		UPDATE pipeline AS o SET publish_until = NULL WHERE o.pipeline_id = p.pipeline_id AND until IS NOT NULL;
		PERFORM report_progress(NULL, NULL);
		RETURN NULL;
	END IF;
	SELECT * INTO hole FROM next_without_key(p);
	IF hole.window_from = p.published_until THEN
		PERFORM report_no_key(p, hole.epoch);
	ELSIF hole.window_from < upto THEN
		-- what is before it comes out
		upto := hole.window_from;
		UPDATE pipeline AS o SET publish_until = upto WHERE o.pipeline_id = p.pipeline_id;
	END IF;
	PERFORM report_progress(p.pipeline_id, 'checking', windows_between(p, backlog_from, p.published_until), windows_between(p, backlog_from, COALESCE(backlog_to, upto)),
		(SELECT sum(b.rows)::bigint FROM publication AS b WHERE b.pipeline_id = p.pipeline_id AND b.window_from >= backlog_from));
	PERFORM enforce_checks(p);
	PERFORM extend_domain(p.domain, keys_needed_until(now(), p.bucket));
	RAISE DEBUG 'pipeline %: computing the windows from % up to %', name, p.published_until, upto;
	entry.ledger_era := ledger_era();
	entry.ledger_writer := pg_current_xact_id();
	entry.ledger_read_at := clock_timestamp();
	counts := refresh_candidate(relation_named(candidate)::regclass, (plan_of(p)).counted);
	PERFORM report_progress(NULL, 'checking');
	-- The refresh holds locks on stages and source: what is found now is what was computed.
	PERFORM enforce_checks(p);
	strange := strange_row(p, candidate, upto);
	IF strange IS NOT NULL THEN
		RAISE EXCEPTION 'pipeline %: nothing is published: the candidate has a row that cannot be: %', name, strange
			USING ERRCODE = 'MR002',
				  HINT = 'The stages were not made by mobanon.create_pipeline(), or were changed before they were registered: compare them with mobanon.pipeline_sql().';
	END IF;
	RAISE DEBUG 'pipeline %: % groups of % events computed, moving what is left into the release', name, counts.groups, counts.events;
	PERFORM report_progress(NULL, 'releasing');
	entry.ledger_snapshot := counts.snapshot;
	entry := bring_out(p, upto, format('SELECT * FROM %s', candidate), entry);
	INSERT INTO publication_withheld (pipeline_id, publication, reason, number, unit)
	VALUES (p.pipeline_id, entry.publication, 'unusable position', counts.unusable, 'events'),
		   (p.pipeline_id, entry.publication, CASE WHEN p.diversity IS NULL THEN 'fewer than k subjects' ELSE 'fewer than k subjects, or too much alike' END,
			counts.groups, 'groups');
	PERFORM report_progress(NULL, 'copying', windows_between(p, backlog_from, upto), NULL,
		(SELECT sum(b.rows)::bigint FROM publication AS b WHERE b.pipeline_id = p.pipeline_id AND b.window_from >= backlog_from));
	PERFORM bring_out_to_recipients(p, entry);
	-- nothing of it is left to be published; and a restore need not compute it
	PERFORM empty_candidate(relation_named(candidate)::regclass);
	PERFORM report_progress(NULL, NULL);
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.publish_pipeline(text, timestamptz, timestamptz) IS
'For the release room: publish() after the name was found. backlog_from: since when a backlog is being published, for mobanon.publish_progress.';

CREATE FUNCTION mobanon.publish(name text, until timestamptz DEFAULT NULL) RETURNS mobanon.publication
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.publish_pipeline(mobanon.pipeline_name(name), until);
END;
COMMENT ON FUNCTION mobanon.publish(text, timestamptz) IS
'Computes the closed windows that are not yet published, with every withdrawal committed so far, and moves them into the release with an entry in the register; all in this transaction. Returns the entry, or NULL when nothing new is closed. It stops before a window whose key was shredded: see skip_windows(). until: only windows that end by then.';

-- By when a backlog's next part ends.
CREATE FUNCTION mobanon.next_part(name text, step interval) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	p	pipeline;
BEGIN
	IF step IS NULL OR step <= '0' THEN
		RAISE EXCEPTION 'pipeline %: a step must be longer than nothing', name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as ''1 day'', the default.';
	END IF;
	SELECT * INTO p FROM pipeline AS o WHERE o.pipeline = name AND o.dropped_at IS NULL;
	RETURN GREATEST(bucket_end(p.published_until, p.bucket, p.time_zone), p.published_until + step);
END
$$;
COMMENT ON FUNCTION mobanon.next_part(text, interval) IS
'For publish_backlog(): the end of the next part: a step further, at least one bucket.';

CREATE PROCEDURE mobanon.publish_backlog(name text, step interval DEFAULT '1 day')
LANGUAGE plpgsql
AS $$
DECLARE
	pipeline CONSTANT text := mobanon.pipeline_name(name);
	backlog_from CONSTANT timestamptz := mobanon.published_until(pipeline);
	entry	mobanon.publication;
BEGIN
	LOOP
		entry := mobanon.publish_pipeline(pipeline, mobanon.next_part(pipeline, step), backlog_from);
		EXIT WHEN entry.publication IS NULL;
		RAISE NOTICE 'pipeline %: publication %, windows up to %, % rows', pipeline, entry.publication, entry.window_to, entry.rows;
		COMMIT;
	END LOOP;
END
$$;
COMMENT ON PROCEDURE mobanon.publish_backlog(text, interval) IS
'Publishes all closed windows in parts of that length, each in a transaction of its own, and says how far it is. What it did before it was interrupted stays.';
