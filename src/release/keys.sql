/*
 * Windows and the keys they need.  A key that was shredded before its windows
 * were published never comes back: publishing stops there, until the DBA has
 * it pass over them.
 */
CREATE FUNCTION mobanon.window_of_key(p mobanon.pipeline, starts_at timestamptz, ends_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	-- a window takes the key of its start
	SELECT w.first FROM first_bucket(GREATEST(starts_at, p.published_until), p.bucket, p.time_zone) AS w (first) WHERE w.first < ends_at
$$;
COMMENT ON FUNCTION mobanon.window_of_key(mobanon.pipeline, timestamptz, timestamptz) IS
'For the release room: the first window, not yet published, that takes the key of this period; NULL when there is none.';

CREATE FUNCTION mobanon.next_without_key(p mobanon.pipeline, OUT window_from timestamptz, OUT window_to timestamptz, OUT epoch int)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT window_of_key(p, e.starts_at, e.ends_at), first_bucket(e.ends_at, p.bucket, p.time_zone), e.epoch
	FROM keyring AS e
	WHERE e.domain = p.domain AND e.state = 'shredded' AND e.ends_at > p.published_until
	AND window_of_key(p, e.starts_at, e.ends_at) IS NOT NULL
	ORDER BY e.starts_at LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.next_without_key(mobanon.pipeline) IS
'For the release room: the next windows of a pipeline whose key was shredded, from and up to, and the epoch; NULL when there are none.';

CREATE FUNCTION mobanon.pipelines_waiting_for(domain text, epoch int) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT p.pipeline FROM pipeline AS p JOIN keyring AS e ON e.domain = p.domain
	WHERE e.domain = pipelines_waiting_for.domain AND e.epoch = pipelines_waiting_for.epoch
	AND p.dropped_at IS NULL AND p.parent_id IS NULL AND window_of_key(p, e.starts_at, e.ends_at) IS NOT NULL
	ORDER BY p.pipeline
$$;
COMMENT ON FUNCTION mobanon.pipelines_waiting_for(text, int) IS
'For shred_epoch(): the pipelines that have not yet published all windows of a key.';

CREATE FUNCTION mobanon.report_no_key(p mobanon.pipeline, epoch int) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'pipeline %: the next window, %, needs the key of epoch % of pseudonym domain "%", which was shredded',
			p.pipeline, p.published_until, epoch, p.domain
		USING ERRCODE = 'MP002',
			  HINT = format('It can never be computed. SELECT mobanon.skip_windows(%L) passes over the windows of this key; those after them can be published then.', p.pipeline);
END
$$;
COMMENT ON FUNCTION mobanon.report_no_key(mobanon.pipeline, int) IS
'For the release room: the error for a window that is next and can never be computed.';

CREATE FUNCTION mobanon.skip_windows_of(name text) RETURNS mobanon.publication
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	p		pipeline := lock_pipeline(name);
	-- as if all before it were published
	reached	pipeline := p;
	closed	CONSTANT timestamptz := closed_until(name);
	hole	record;
	entry	publication;
BEGIN
	PERFORM refuse_part(p);
	LOOP
		SELECT * INTO hole FROM next_without_key(reached);
		EXIT WHEN hole.window_from IS DISTINCT FROM reached.published_until OR reached.published_until >= closed;
		reached.published_until := LEAST(hole.window_to, closed);
	END LOOP;
	IF reached.published_until <= p.published_until THEN
		RETURN NULL;
	END IF;
	PERFORM enforce_checks(p);
	entry := bring_out(p, reached.published_until, format('SELECT %s FROM %s WHERE false',
		column_list(ARRAY(SELECT c.name FROM release_columns(p) AS c ORDER BY c.place)), p.pipeline));
	INSERT INTO publication_withheld (pipeline_id, publication, reason, number, unit)
	VALUES (p.pipeline_id, entry.publication, 'key shredded', windows_between(p, entry.window_from, entry.window_to), 'windows');
	PERFORM bring_out_to_recipients(p, entry);
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.skip_windows_of(text) IS
'For the release room: skip_windows() after the name was found.';

CREATE FUNCTION mobanon.skip_windows(name text) RETURNS mobanon.publication
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT mobanon.skip_windows_of(mobanon.pipeline_name(name));
END;
COMMENT ON FUNCTION mobanon.skip_windows(text) IS
'Passes over the closed windows that are next and can never be computed, since their key was shredded: they get an entry in the register, without rows, and are never published. Returns the entry, or NULL when the next window has its key or is not closed.';
