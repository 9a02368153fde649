/*
 * For the customer's side: which publications could use somebody's data.  The
 * report asks access.sql about every publication; decision(), which is called
 * for every page, looks up the first and the last one in an index.
 *
 * Nothing about subjects is stored with a release.  What is said here follows
 * from the ledger as it was known when each publication was made.
 */
CREATE INDEX publication_time ON mobanon.publication (pipeline_id, published_at);

CREATE FUNCTION mobanon.known_consent(subject text, scope_id int, pipeline_id int)
RETURNS TABLE (known tstzrange, in_force tstzmultirange, usable tstzmultirange)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	-- Few entries; each with the first publication that saw it, which nearly always is the first one looked at.
	WITH entry AS (
		SELECT l.decided_at, l.state, l.valid_until, f.known_from
		FROM consent_ledger AS l,
			-- published_at is when the statement began: the ledger was read a little later
			LATERAL (SELECT b.published_at AS known_from FROM publication AS b
				WHERE b.pipeline_id = known_consent.pipeline_id AND b.published_at >= l.recorded_at - interval '1 day' AND known_to(l, b)
				ORDER BY b.published_at LIMIT 1) AS f
		WHERE l.subject = known_consent.subject AND l.scope_id = known_consent.scope_id AND l.counts
	), known AS (
		SELECT tstzrange(m.known_from, lead(m.known_from) OVER (ORDER BY m.known_from)) AS known,
			(SELECT merge_decisions('{}', array_agg(ARRAY[e.decided_at, decision_code(e.state, e.valid_until)])) FROM entry AS e
			 WHERE e.known_from <= m.known_from) AS decisions
		FROM (SELECT DISTINCT e.known_from FROM entry AS e) AS m
	)
	SELECT k.known, i.spans,
		CASE WHEN s.use_earlier_events AND NOT isempty(i.spans) THEN tstzmultirange(tstzrange(consent_floor(k.decisions), upper(range_merge(i.spans)))) ELSE i.spans END
			* tstzmultirange(tstzrange(person_since(known_consent.subject), NULL))
	FROM known AS k JOIN consent_scope AS s ON s.scope_id = known_consent.scope_id,
		LATERAL (SELECT CASE WHEN consent_open(k.decisions) THEN consent_intervals(k.decisions) ELSE '{}' END AS spans) AS i
$$;
COMMENT ON FUNCTION mobanon.known_consent(text, int, int) IS
'For decision(): when consent was in force, as the publications of a pipeline saw it that were made during "known". usable: of which times events could be used, of the person who has the identifier now.';

CREATE FUNCTION mobanon.subject_use(subject text, purpose text, category text,
	OUT first_used timestamptz, OUT last_used timestamptz, OUT recipients text[], OUT unpublished_from timestamptz) RETURNS record
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH line AS (
		SELECT p.*, s.scope_id FROM pipeline AS p JOIN consent_scope AS s ON s.purpose = p.purpose AND s.category = subject_use.category
		WHERE p.purpose = subject_use.purpose AND (subject_use.category = 'location' OR subject_use.category = ANY (decided_columns(p)))
	), used AS (
		SELECT l.recipients, f.published_at AS first, t.published_at AS last
		FROM line AS l, known_consent(subject_use.subject, l.scope_id, l.pipeline_id) AS k,
			LATERAL (SELECT b.published_at FROM publication AS b
				WHERE b.pipeline_id = l.pipeline_id AND b.published_at >= lower(k.known) AND b.published_at < COALESCE(upper(k.known), 'infinity')
				AND b.ledger_era IS NOT NULL AND k.in_force @> b.published_at AND k.usable && tstzrange(b.window_from, b.window_to)
				ORDER BY b.published_at LIMIT 1) AS f,
			LATERAL (SELECT b.published_at FROM publication AS b
				WHERE b.pipeline_id = l.pipeline_id AND b.published_at >= lower(k.known) AND b.published_at < COALESCE(upper(k.known), 'infinity')
				AND b.ledger_era IS NOT NULL AND k.in_force @> b.published_at AND k.usable && tstzrange(b.window_from, b.window_to)
				ORDER BY b.published_at DESC LIMIT 1) AS t
	)
	SELECT min(u.first), max(u.last),
		(SELECT array_agg(DISTINCT r ORDER BY r) FROM used AS v, unnest(v.recipients) AS r),
		(SELECT min(l.published_until) FROM line AS l WHERE l.dropped_at IS NULL)
	FROM used AS u
$$;
COMMENT ON FUNCTION mobanon.subject_use(text, text, text) IS
'For decision(): the first and last publication that could use data of the subject for a purpose and category, who received them, and the first time that is not published yet.';

CREATE FUNCTION mobanon.subject_publications(subject text)
RETURNS TABLE (pipeline text, publication int, purpose text, recipients text[], window_from timestamptz, window_to timestamptz, published_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT b.pipeline, b.publication, p.purpose, recipients_of(b), b.window_from, b.window_to, b.published_at
	FROM publications_open_to(subject_publications.subject, now()) AS o
	JOIN pipeline AS p ON p.pipeline_id = o.pipeline_id
	JOIN publication AS b ON b.pipeline_id = o.pipeline_id AND b.publication = o.publication
	WHERE NOT isempty(o.counted)
	ORDER BY b.published_at, b.pipeline_id, b.publication
$$;
COMMENT ON FUNCTION mobanon.subject_publications(text) IS
'For subject_access(): the publications made while data of the subject could be used for them. Whether the subject was anywhere in their windows only the events would tell: publications_using().';

CREATE FUNCTION mobanon.purpose_recipients(purpose text) RETURNS TABLE (recipient text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT DISTINCT r FROM pipeline AS p, unnest(p.recipients) AS r WHERE p.purpose = purpose_recipients.purpose
$$;
COMMENT ON FUNCTION mobanon.purpose_recipients(text) IS
'For receipts: who receives, or received, releases for a purpose.';
