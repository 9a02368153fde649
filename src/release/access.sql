/*
 * For the access report: which publications used a subject's events.
 *
 * Nothing is kept beside a release about who is in it.  What can be said comes
 * from what is there anyway: the ledger as the publication knew it, and the
 * source.  The ledger is read here with mobanon's rights, the source with those
 * of the caller and no others: nobody sees an event whom its policies hide it from.
 */
CREATE FUNCTION mobanon.counted_times(decisions timestamptz[], earlier boolean, at timestamptz) RETURNS tstzmultirange
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE
	WHEN NOT consent_open(decisions) OR NOT consent_intervals(decisions) @> at THEN '{}'::tstzmultirange
	WHEN earlier THEN tstzmultirange(tstzrange(consent_floor(decisions), upper(range_merge(consent_intervals(decisions)))))
	ELSE consent_intervals(decisions) END;
COMMENT ON FUNCTION mobanon.counted_times(timestamptz[], boolean, timestamptz) IS
'For the access report: of which times consented() lets events be read at a time, given these decisions; earlier: the purpose''s use_earlier_events.';

CREATE FUNCTION mobanon.known_to(entry mobanon.consent_ledger, publication mobanon.publication) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN CASE
	-- in different clusters (one of them was restored into another) transactions cannot be compared
	WHEN entry.era <> publication.ledger_era OR entry.writer = publication.ledger_writer
		THEN entry.recorded_at <= publication.ledger_read_at
	ELSE pg_visible_in_snapshot(entry.writer, publication.ledger_snapshot) END;
COMMENT ON FUNCTION mobanon.known_to(mobanon.consent_ledger, mobanon.publication) IS
'For the access report: whether a publication saw an entry of the ledger.';

CREATE FUNCTION mobanon.publications_open_to(subject text, holder_at timestamptz)
RETURNS TABLE (pipeline_id int, publication int, counted tstzmultirange, readable tstzmultirange, same_era boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH scope AS (
		SELECT s.scope_id, s.purpose, s.use_earlier_events AS earlier, l.entries,
			merge_decisions('{}', l.decisions) AS decisions,
			tstzrange(l.since, l.until) AS held
		FROM consent_scope AS s,
		LATERAL (SELECT array_agg(l) AS entries, array_agg(ARRAY[l.decided_at, decision_code(l.state, l.valid_until)]) AS decisions,
				max(l.decided_at) FILTER (WHERE l.state = 'ended' AND l.decided_at <= holder_at) AS since,
				min(l.decided_at) FILTER (WHERE l.state = 'ended' AND l.decided_at > holder_at) AS until
			FROM consent_ledger AS l
			WHERE l.subject = publications_open_to.subject AND l.scope_id = s.scope_id AND l.counts) AS l
		WHERE s.category = 'location' AND l.entries IS NOT NULL
	)
	SELECT b.pipeline_id, b.publication,
		COALESCE(counted_times(merge_decisions('{}', known.decisions), s.earlier, b.published_at), '{}') * w.held,
		counted_times(s.decisions, s.earlier, statement_timestamp()), b.ledger_era = ledger_era()
	FROM scope AS s
	JOIN pipeline AS p ON p.purpose = s.purpose AND p.parent_id IS NULL
	JOIN publication AS b ON b.pipeline_id = p.pipeline_id
	CROSS JOIN LATERAL (SELECT tstzmultirange(s.held * tstzrange(b.window_from, b.window_to)) AS held) AS w
	CROSS JOIN LATERAL (SELECT array_agg(ARRAY[e.decided_at, decision_code(e.state, e.valid_until)]) AS decisions
		FROM unnest(s.entries) AS e WHERE known_to(e, b)) AS known
	WHERE NOT isempty(w.held)
$$;
COMMENT ON FUNCTION mobanon.publications_open_to(text, timestamptz) IS
'For publications_using(): the publications for purposes that the subject decided about, in the time of the identifier''s holder; of which times its events counted, as the ledger was known then; of which they can be read now; whether transactions can be compared.';

-- An event's xmin, which has 32 bits, as the transaction of this cluster that it most likely is.
CREATE FUNCTION mobanon.writer_of(row_xmin xid, next bigint) RETURNS xid8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN GREATEST(next - ((next - row_xmin::text::bigint) & 4294967295), 3)::text::xid8;
COMMENT ON FUNCTION mobanon.writer_of(xid, bigint) IS
'For publications_using(): the last transaction up to "next" that has this xmin.';

CREATE FUNCTION mobanon.look_into_source(source oid, subject text, subject_column name, event_time_column name,
	times tstzmultirange, snapshot pg_snapshot, OUT there boolean, OUT there_then boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	kind	text := (SELECT CASE WHEN base_type(a.atttypid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint'
							WHEN base_type(a.atttypid) = 'uuid'::regtype THEN 'uuid' ELSE 'text' END
					 FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname = subject_column);
	-- xmin of this transaction's own rows may lie beyond the snapshot
	next	bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000;
BEGIN
	there := false;
	there_then := false;
	-- no error that quotes the subject
	IF NOT (CASE kind WHEN 'bigint' THEN subject ~ '^(0|-?[1-9][0-9]{0,18})$'
					AND ltrim(subject, '-') COLLATE "C" <= CASE WHEN length(ltrim(subject, '-')) = 19 THEN '9223372036854775807' ELSE ':' END
				WHEN 'uuid' THEN subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
				ELSE true END) THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT count(*) > 0, COALESCE(bool_or(pg_visible_in_snapshot(writer_of(e.xmin, $5), $4)), false)
		FROM %1$s AS e WHERE e.%2$I = %3$s AND e.%4$I >= $2 AND e.%4$I < $3 AND e.%4$I::timestamptz <@ $6',
		source::regclass, subject_column, '$1::' || kind, event_time_column)
	INTO there, there_then
	USING subject, COALESCE(lower(times), '-infinity'), COALESCE(upper(times), 'infinity'), snapshot, next, times;
END
$$;
COMMENT ON FUNCTION mobanon.look_into_source(oid, text, name, name, tstzmultirange, pg_snapshot) IS
'For publications_using(): whether the caller finds an event of the subject at these times in the source, and one that the snapshot saw.';

CREATE FUNCTION mobanon.earliest_event(source oid, event_time_column name) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	earliest	timestamptz;
BEGIN
	EXECUTE format('SELECT min(e.%I) FROM %s AS e', event_time_column, source::regclass) INTO earliest;
	RETURN earliest;
END
$$;
COMMENT ON FUNCTION mobanon.earliest_event(oid, name) IS
'For publications_using(): the time of the first event that the caller finds in the source.';

CREATE FUNCTION mobanon.recipients_of(b mobanon.publication) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN ARRAY(
	SELECT jsonb_array_elements_text(b.parameters -> 'recipients')
	UNION
	SELECT jsonb_array_elements_text(c.parameters -> 'recipients')
	FROM pipeline AS o JOIN publication AS c ON c.pipeline_id = o.pipeline_id
	WHERE o.parent_id = b.pipeline_id AND c.window_from < b.window_to AND c.window_to > b.window_from
	ORDER BY 1);
COMMENT ON FUNCTION mobanon.recipients_of(mobanon.publication) IS
'For publications_using(): who received what was published, or a part of it.';

CREATE FUNCTION mobanon.publications_using(subject text, holder_at timestamptz DEFAULT now())
RETURNS TABLE (pipeline text, publication int, purpose text, recipients text[], window_from timestamptz, window_to timestamptz,
	published_at timestamptz, used text, reason text)
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	r		record;
	source	oid;
	looked_at int := 0;
	earliest timestamptz;
	seen	record;
BEGIN
	FOR r IN
		SELECT b, p, o.counted, o.readable, o.same_era
		FROM publications_open_to(publications_using.subject, publications_using.holder_at) AS o
		JOIN pipeline AS p ON p.pipeline_id = o.pipeline_id
		JOIN publication AS b ON b.pipeline_id = o.pipeline_id AND b.publication = o.publication
		ORDER BY (b).window_from, (p).pipeline_id
	LOOP
		pipeline := (r.b).pipeline;
		publication := (r.b).publication;
		purpose := (r.p).purpose;
		recipients := recipients_of(r.b);
		window_from := (r.b).window_from;
		window_to := (r.b).window_to;
		published_at := (r.b).published_at;
		used := 'not known';
		source := (SELECT t.relation FROM protected_table AS t WHERE t.relation = relation_of((r.p).pipeline_id, 'source', (r.p).source)
			AND t.subject_column = (r.p).subject_column AND t.event_time_column = (r.p).event_time_column);
		IF (r.b).ledger_era IS NULL THEN
			used := 'no';
			reason := 'its windows were passed over: their key was shredded';
		ELSIF isempty(r.counted) THEN
			used := 'no';
			reason := 'no consent that the publication knew of reaches into its windows';
		ELSIF source IS NULL THEN
			reason := 'the source is no longer there, or no longer protected by the same columns';
		ELSIF NOT has_table_privilege(source, 'SELECT') THEN
			reason := 'the caller may not read the source';
		ELSE
			seen := look_into_source(source, publications_using.subject, (r.p).subject_column, (r.p).event_time_column,
				r.counted, (r.b).ledger_snapshot);
			IF seen.there AND NOT r.same_era THEN
				reason := 'there is an event; whether before the publication cannot be told after a restore';
			ELSIF seen.there_then THEN
				used := 'yes';
				reason := 'an event with consent was there';
			ELSIF seen.there THEN
				reason := 'an event with consent was written after the publication: it came late, or was changed since';
			ELSIF row_security_active(source) AND NOT (r.counted <@ r.readable
				AND COALESCE(pg_has_role((SELECT m.oid FROM pg_roles AS m WHERE m.rolname = (r.p).role_name), 'USAGE'), false)) THEN
				reason := 'the policies of the source hide events whose subject does not consent now from the caller';
			ELSE
				IF looked_at <> (r.p).pipeline_id THEN
					looked_at := (r.p).pipeline_id;
					earliest := earliest_event(source, (r.p).event_time_column);
				END IF;
				IF earliest < bucket_end(window_from, (r.p).bucket, (r.p).time_zone) THEN
					used := 'no';
					reason := 'no event in these windows';
				ELSE
					reason := 'the source no longer has events of these windows';
				END IF;
			END IF;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.publications_using(text, timestamptz) IS
'For the access report: every publication for a purpose that the subject ever decided about, and whether an event of the subject went into it: yes, no, or not known, and why. holder_at: whose identifier, when it was handed on (end_subject): that of its holder at this time; publications from another holder''s time are not shown. The source is read with the caller''s rights: complete for who reads around its policies; otherwise for subjects who consent now.';
