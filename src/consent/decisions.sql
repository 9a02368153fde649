/*
 * Recording decisions.
 */
CREATE FUNCTION mobanon.record_decision(subject text, purpose text, category text, state text, channel text,
	decided_at timestamptz, actor text, evidence text, notice_version text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	p		purpose;
	scope	int;
	proof	boolean;
	counts	boolean;
	entry	bigint;
BEGIN
	-- No message names the subject.
	IF record_decision.subject IS NULL OR record_decision.purpose IS NULL OR record_decision.channel IS NULL
		OR record_decision.decided_at IS NULL OR record_decision.category IS NULL THEN
		RAISE EXCEPTION 'a decision needs a subject, a purpose, a category, a channel and a time'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default; NULL is none.';
	END IF;
	IF length(record_decision.subject) NOT BETWEEN 1 AND 255 OR btrim(record_decision.subject) <> record_decision.subject THEN
		RAISE EXCEPTION 'a subject identifier has 1 to 255 characters and no space around it'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Give it as it stands in the events; telephone numbers are brought into one form by mobanon.normalize_msisdn().';
	END IF;
	IF NOT isfinite(record_decision.decided_at) OR record_decision.decided_at > clock_timestamp() + interval '5 minutes' THEN
		RAISE EXCEPTION 'a decision cannot be taken in the future'
			USING ERRCODE = 'datetime_field_overflow',
				  HINT = 'decided_at is when the subject decided; check the clock of the system that sends it.';
	END IF;
	SELECT * INTO p FROM purpose AS q WHERE q.purpose = record_decision.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', record_decision.purpose
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.purpose; make it with mobanon.create_purpose().';
	END IF;
	SELECT s.scope_id INTO scope FROM consent_scope AS s
	WHERE s.purpose = record_decision.purpose AND s.category = record_decision.category;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" has no data category "%"', record_decision.purpose, record_decision.category
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.consent_scope; make it with mobanon.add_category().';
	END IF;
	SELECT c.proof INTO proof FROM channel AS c WHERE c.channel = record_decision.channel;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'channel "%" does not exist', record_decision.channel
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.channel; make it with mobanon.create_channel().';
	END IF;
	IF record_decision.notice_version IS NOT NULL AND NOT EXISTS (
		SELECT FROM purpose_notice AS n
		WHERE n.purpose = p.purpose AND n.version = record_decision.notice_version) THEN
		RAISE EXCEPTION 'purpose "%" has no notice of version "%"', p.purpose, record_decision.notice_version
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.purpose_notice; make it with mobanon.set_notice().';
	END IF;
	counts := record_decision.state <> 'granted' OR proof OR record_decision.channel = ANY (p.unproven_channels);
	INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version, evidence)
	VALUES (scope, record_decision.subject, record_decision.state, counts, record_decision.decided_at,
			CASE WHEN record_decision.state = 'granted' THEN record_decision.decided_at + p.validity END,
			record_decision.channel, COALESCE(record_decision.actor, session_user),
			COALESCE(record_decision.notice_version, p.notice_version), record_decision.evidence)
	RETURNING entry_id INTO entry;
	IF NOT counts THEN
		RAISE WARNING 'the grant is recorded, but does not count: channel "%" carries no proof from the subject',
			record_decision.channel
			USING HINT = format('Purpose "%s" does not allow grants of this channel: see mobanon.set_unproven_channels().', p.purpose);
	END IF;
	RETURN entry;
END
$$;
COMMENT ON FUNCTION mobanon.record_decision(text, text, text, text, text, timestamptz, text, text, text) IS
'For the functions that record decisions: checks one and adds it to the ledger.';

CREATE FUNCTION mobanon.grant_consent(subject text, purpose text, channel text, decided_at timestamptz DEFAULT now(),
	category text DEFAULT 'location', actor text DEFAULT NULL, evidence text DEFAULT NULL,
	notice_version text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT record_decision(subject, purpose, category, 'granted', channel, decided_at, actor, evidence, notice_version) $$;
COMMENT ON FUNCTION mobanon.grant_consent(text, text, text, timestamptz, text, text, text, text) IS
'Records that a subject consents to a purpose, from decided_at on; returns the number of the ledger entry. category: the data category, "location" for the events themselves. actor: who recorded it (default: the session''s role). evidence: where the proof is kept. notice_version: the text the subject saw (default: the current one).';

CREATE FUNCTION mobanon.withdraw_consent(subject text, purpose text, channel text, decided_at timestamptz DEFAULT now(),
	category text DEFAULT 'location', actor text DEFAULT NULL, evidence text DEFAULT NULL,
	notice_version text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT record_decision(subject, purpose, category, 'withdrawn', channel, decided_at, actor, evidence, notice_version) $$;
COMMENT ON FUNCTION mobanon.withdraw_consent(text, text, text, timestamptz, text, text, text, text) IS
'Records that a subject withdraws consent: no statement that begins after this commits reads the subject''s events for the purpose. Counts through every channel. Returns the number of the ledger entry.';

CREATE FUNCTION mobanon.refuse_consent(subject text, purpose text, channel text, decided_at timestamptz DEFAULT now(),
	category text DEFAULT 'location', actor text DEFAULT NULL, evidence text DEFAULT NULL,
	notice_version text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT record_decision(subject, purpose, category, 'refused', channel, decided_at, actor, evidence, notice_version) $$;
COMMENT ON FUNCTION mobanon.refuse_consent(text, text, text, timestamptz, text, text, text, text) IS
'Records that a subject was asked and said no. Returns the number of the ledger entry.';

CREATE FUNCTION mobanon.invalidate_consent(subject text, purpose text, channel text, decided_at timestamptz DEFAULT now(),
	category text DEFAULT 'location', actor text DEFAULT NULL, evidence text DEFAULT NULL,
	notice_version text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT record_decision(subject, purpose, category, 'invalidated', channel, decided_at, actor, evidence, notice_version) $$;
COMMENT ON FUNCTION mobanon.invalidate_consent(text, text, text, timestamptz, text, text, text, text) IS
'Records that the last consent before decided_at, with its renewals, was never valid: it counts for no time at all. Returns the number of the ledger entry.';

CREATE FUNCTION mobanon.end_subject(subject text, at timestamptz DEFAULT now(), channel text DEFAULT 'import',
	actor text DEFAULT NULL, evidence text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	entries	bigint := 0;
	scope	consent_scope;
BEGIN
	-- Every scope, also those it never decided about: a grant that arrives late is the former person's.
	FOR scope IN SELECT * FROM consent_scope AS s ORDER BY s.scope_id LOOP
		PERFORM record_decision(end_subject.subject, scope.purpose, scope.category, 'ended', end_subject.channel,
			end_subject.at, end_subject.actor, end_subject.evidence, NULL);
		entries := entries + 1;
	END LOOP;
	RETURN entries;
END
$$;
COMMENT ON FUNCTION mobanon.end_subject(text, timestamptz, text, text, text) IS
'Records that a subject identifier (a telephone number) belongs to nobody or to somebody else from this time on: nothing decided before counts any more, and events from before are nobody''s. Returns the number of ledger entries, one per purpose and category.';

CREATE FUNCTION mobanon.carry_ends() RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, channel, actor, notice_version)
	SELECT s.scope_id, e.subject, 'ended', true, e.decided_at, 'system', 'mobanon', p.notice_version
	FROM (SELECT DISTINCT l.subject, l.decided_at FROM consent_ledger AS l WHERE l.state = 'ended' AND l.subject IS NOT NULL) AS e
	CROSS JOIN consent_scope AS s JOIN purpose AS p USING (purpose)
	WHERE NOT EXISTS (SELECT FROM consent_ledger AS l
					  WHERE l.subject = e.subject AND l.scope_id = s.scope_id AND l.state = 'ended' AND l.decided_at = e.decided_at)
$$;
COMMENT ON FUNCTION mobanon.carry_ends() IS
'For add_category() and import_consents(): a number that was handed on was so for every purpose. Notes each end (end_subject()) in the scopes that do not have it, as "mobanon" by the channel "system"; a purpose made later, or an import for one purpose, would else open the former holder''s events to the next one''s grant.';

CREATE FUNCTION mobanon.note_expired() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET enable_nestloop = off
AS $$
	-- A consent lapses by itself; that it did is noted, and counts for nothing.
	WITH lapsed AS (
		SELECT s.scope_id, s.subject, upper(range_merge(consent_intervals(s.decisions))) AS at
		FROM consent_state AS s
		WHERE consent_open(s.decisions) AND upper(range_merge(consent_intervals(s.decisions))) <= now()
	), noted AS (
		INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, channel, actor, notice_version)
		SELECT d.scope_id, d.subject, 'expired', false, d.at, 'system', 'mobanon', p.notice_version
		FROM lapsed AS d JOIN consent_scope AS c USING (scope_id) JOIN purpose AS p USING (purpose)
		WHERE NOT EXISTS (SELECT FROM consent_ledger AS l
						  WHERE l.subject = d.subject AND l.scope_id = d.scope_id AND l.state = 'expired' AND l.decided_at = d.at)
		RETURNING 1
	)
	SELECT count(*) FROM noted
$$;
COMMENT ON FUNCTION mobanon.note_expired() IS
'Notes in the ledger which consents have come to the end of their validity since the last call; returns how many. They count no longer in any case, with or without the note.';

CREATE FUNCTION mobanon.set_unproven_channels(purpose text, unproven_channels text[], recount boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
	counted	bigint := 0;
BEGIN
	IF set_unproven_channels.unproven_channels IS NULL OR set_unproven_channels.recount IS NULL THEN
		RAISE EXCEPTION 'set_unproven_channels() needs a list of channels, and whether to count what is recorded'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'For no channel, give an empty list: ''{}''.';
	END IF;
	PERFORM check_unproven_channels(set_unproven_channels.unproven_channels);
	UPDATE purpose AS p SET unproven_channels = set_unproven_channels.unproven_channels WHERE p.purpose = set_unproven_channels.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', set_unproven_channels.purpose
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.purpose; make it with mobanon.create_purpose().';
	END IF;
	IF set_unproven_channels.recount THEN
		-- No entry of the ledger is changed: the same grants once more, from the same time on. Withdrawals since then hold.
		INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version, evidence)
		SELECT DISTINCT ON (l.scope_id, l.subject, l.decided_at, l.channel)
			l.scope_id, l.subject, l.state, true, l.decided_at, l.valid_until, l.channel, session_user, l.notice_version,
			concat_ws('; ', l.evidence, format('recorded as entry %s, counted by decision of the controller', l.entry_id))
		FROM consent_ledger AS l JOIN consent_scope AS s USING (scope_id)
		WHERE s.purpose = set_unproven_channels.purpose AND l.state = 'granted' AND NOT l.counts AND l.subject IS NOT NULL
		AND l.channel = ANY (set_unproven_channels.unproven_channels)
		AND NOT EXISTS (SELECT FROM consent_ledger AS o
						WHERE o.subject = l.subject AND o.scope_id = l.scope_id AND o.state = 'granted'
						AND o.decided_at = l.decided_at AND o.channel = l.channel AND o.counts)
		ORDER BY l.scope_id, l.subject, l.decided_at, l.channel, l.entry_id;
		GET DIAGNOSTICS counted = ROW_COUNT;
	END IF;
	RETURN counted;
END
$$;
COMMENT ON FUNCTION mobanon.set_unproven_channels(text, text[], boolean) IS
'Sets through which channels without proof from the subject a grant for a purpose counts all the same. Holds for what is recorded from now on: a grant that counted goes on counting, invalidate_consent() ends it. recount: grants through these channels that were recorded and did not count are added to the ledger once more, counting from when they were decided; returns how many. What was withdrawn in the meantime stays withdrawn. The responsibility is the controller''s: actor is the session''s role.';

/* ---- bulk ---- */

CREATE TABLE mobanon.consent_import (
	subject		text,
	purpose		text,
	category	text DEFAULT 'location',
	state		text DEFAULT 'granted',
	channel		text DEFAULT 'import',
	decided_at	timestamptz,
	actor		text,
	evidence	text,
	notice_version text,
	refused		text,
	loaded_at	timestamptz DEFAULT now()
);
COMMENT ON TABLE mobanon.consent_import IS
'Staging for decisions from elsewhere: COPY into it, then call mobanon.import_consents(). Rows that were refused stay, with the reason in "refused".';
COMMENT ON COLUMN mobanon.consent_import.subject IS 'identifier as it stands in the events';
COMMENT ON COLUMN mobanon.consent_import.purpose IS 'purpose that was decided about';
COMMENT ON COLUMN mobanon.consent_import.category IS 'data category of the purpose';
COMMENT ON COLUMN mobanon.consent_import.state IS 'granted, refused, withdrawn, invalidated, ended or expired';
COMMENT ON COLUMN mobanon.consent_import.channel IS 'how the decision was taken; "import" carries no proof';
COMMENT ON COLUMN mobanon.consent_import.decided_at IS 'when the subject decided';
COMMENT ON COLUMN mobanon.consent_import.actor IS 'who recorded it (default: the session''s role)';
COMMENT ON COLUMN mobanon.consent_import.evidence IS 'where the proof is kept';
COMMENT ON COLUMN mobanon.consent_import.notice_version IS 'text the subject saw (default: the current one)';
COMMENT ON COLUMN mobanon.consent_import.refused IS 'why import_consents() refused the row; NULL: not imported yet';
COMMENT ON COLUMN mobanon.consent_import.loaded_at IS 'when the row was loaded';

CREATE FUNCTION mobanon.import_consents() RETURNS TABLE (outcome text, decisions bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
-- sets against sets: a nested loop would search a ledger that has no statistics yet
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
	unproven	text;
	handed_on	boolean;
BEGIN
	-- One import at a time; COPY by others goes on and waits for the next one.
	LOCK TABLE consent_import IN SHARE UPDATE EXCLUSIVE MODE;
	CREATE TEMP TABLE mobanon_import ON COMMIT DROP AS
	WITH taken AS (
		DELETE FROM consent_import RETURNING *
	)
	SELECT t.subject, t.purpose, t.category, t.state, t.channel, t.decided_at, t.actor, t.evidence, t.notice_version, t.loaded_at,
		s.scope_id, p.validity, p.notice_version AS current_notice,
		t.state <> 'granted' OR c.proof OR t.channel = ANY (p.unproven_channels) AS counts,
		CASE WHEN t.subject IS NULL THEN 'no subject'
			WHEN length(t.subject) NOT BETWEEN 1 AND 255 OR btrim(t.subject) <> t.subject THEN 'subject is empty, too long, or has spaces around it'
			WHEN p.purpose IS NULL THEN 'no such purpose'
			WHEN s.scope_id IS NULL THEN 'no such data category of the purpose'
			WHEN t.state IS NULL OR t.state NOT IN ('granted', 'refused', 'withdrawn', 'expired', 'invalidated', 'ended') THEN 'no such state'
			WHEN c.channel IS NULL THEN 'no such channel'
			WHEN t.decided_at IS NULL THEN 'no time of decision'
			WHEN NOT isfinite(t.decided_at) OR t.decided_at > clock_timestamp() + interval '5 minutes' THEN 'decided in the future, or never'
			WHEN t.notice_version IS NOT NULL AND n.version IS NULL THEN 'no such notice version of the purpose'
		END AS refused
	FROM taken AS t
	LEFT JOIN purpose AS p ON p.purpose = t.purpose
	LEFT JOIN consent_scope AS s ON s.purpose = t.purpose AND s.category = t.category
	LEFT JOIN channel AS c ON c.channel = t.channel
	LEFT JOIN purpose_notice AS n ON n.purpose = t.purpose AND n.version = t.notice_version;

	INSERT INTO consent_import (subject, purpose, category, state, channel, decided_at, actor, evidence, notice_version, refused, loaded_at)
	SELECT i.subject, i.purpose, i.category, i.state, i.channel, i.decided_at, i.actor, i.evidence, i.notice_version, i.refused, i.loaded_at
	FROM pg_temp.mobanon_import AS i WHERE i.refused IS NOT NULL;
	DELETE FROM pg_temp.mobanon_import AS i WHERE i.refused IS NOT NULL;
	ANALYZE pg_temp.mobanon_import;

	handed_on := EXISTS (SELECT FROM pg_temp.mobanon_import AS i WHERE i.state = 'ended');
	SELECT string_agg(DISTINCT format('"%s"', i.channel), ', ') INTO unproven FROM pg_temp.mobanon_import AS i WHERE NOT i.counts;
	IF unproven IS NOT NULL THEN
		RAISE WARNING 'grants do not count: no proof from the subject comes through channel %', unproven
			USING HINT = 'If they were taken with proof, import them with the channel they came through; '
				'mobanon.set_unproven_channels() lets a purpose count them without.';
	END IF;

	RETURN QUERY
	SELECT 'refused: ' || i.refused, count(*) FROM consent_import AS i WHERE i.refused IS NOT NULL GROUP BY i.refused ORDER BY 1;

	-- The same decision again, in this batch or an earlier one, is no news.
	RETURN QUERY
	WITH fresh AS (
		SELECT DISTINCT ON (i.scope_id, i.subject, i.state, i.decided_at, i.channel) i.*
		FROM pg_temp.mobanon_import AS i
		WHERE NOT EXISTS (SELECT FROM consent_ledger AS l
						  WHERE l.subject = i.subject AND l.scope_id = i.scope_id AND l.state = i.state
						  AND l.decided_at = i.decided_at AND l.channel = i.channel
						  -- one that did not count then may count by now
						  AND (l.counts OR NOT i.counts))
	), added AS (
		INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version, evidence)
		SELECT f.scope_id, f.subject, f.state, f.counts, f.decided_at,
			CASE WHEN f.state = 'granted' THEN f.decided_at + f.validity END,
			f.channel, COALESCE(f.actor, session_user), COALESCE(f.notice_version, f.current_notice), f.evidence
		FROM fresh AS f
		RETURNING counts
	), tally AS (
		SELECT count(*) AS all_rows, count(*) FILTER (WHERE NOT a.counts) AS unproven FROM added AS a
	)
	SELECT v.outcome, v.decisions FROM tally AS y,
		LATERAL (VALUES ('recorded', y.all_rows - y.unproven), ('recorded, does not count: no proof from the subject', y.unproven),
			('known already', (SELECT count(*) FROM pg_temp.mobanon_import) - y.all_rows)) AS v (outcome, decisions)
	WHERE v.decisions > 0 OR v.outcome = 'recorded';
	DROP TABLE pg_temp.mobanon_import;
	IF handed_on THEN
		PERFORM carry_ends();
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.import_consents() IS
'Records all decisions in mobanon.consent_import, set by set, and reports how many were recorded, were known already, or were refused and why. Refused rows stay there; the others are removed. May be repeated.';
