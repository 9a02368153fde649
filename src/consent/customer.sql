/*
 * What customers see and do, by a token of redeem_code().
 *
 * A number that was handed on (end_subject) brings nothing of the person before:
 * person_since() is in every query here.
 */
CREATE FUNCTION mobanon.person_since(subject text) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT COALESCE(max(l.decided_at), '-infinity') FROM consent_ledger AS l WHERE l.subject = person_since.subject AND l.state = 'ended'
$$;
COMMENT ON FUNCTION mobanon.person_since(text) IS
'For the customer''s functions: since when the identifier belongs to the person who has it now; -infinity when it was never handed on.';

CREATE FUNCTION mobanon.person_entries(subject text) RETURNS SETOF mobanon.consent_ledger
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT l.* FROM consent_ledger AS l
	WHERE l.subject = person_entries.subject AND l.state <> 'ended' AND l.decided_at >= person_since(person_entries.subject)
	ORDER BY l.decided_at, l.entry_id
$$;
COMMENT ON FUNCTION mobanon.person_entries(text) IS
'For the customer''s functions: the entries of the ledger about the person who has the identifier now.';

CREATE FUNCTION mobanon.decision(token text)
RETURNS TABLE (purpose text, description text, category text, category_description text, state text, decided_at timestamptz,
	in_force boolean, effective_since timestamptz, valid_until timestamptz, channel text, notice_version text,
	used boolean, first_used timestamptz, last_used timestamptz, recipients text[],
	earned numeric, currency text, change text, change_effect text, change_applies_from timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
	since	timestamptz := person_since(whose);
	-- not now(): a decision of the same transaction counts already
	moment	timestamptz := clock_timestamp();
BEGIN
	RETURN QUERY
	SELECT p.purpose, p.description, s.category, s.description,
		CASE WHEN i.span IS NOT NULL THEN 'granted' WHEN e.state IS NULL THEN 'never asked' WHEN e.state = 'granted' THEN 'expired' ELSE e.state END,
		e.decided_at, i.span IS NOT NULL,
		CASE WHEN i.span IS NOT NULL THEN lower(i.span) ELSE COALESCE(o.ended, e.decided_at) END,
		upper(i.span), e.channel, e.notice_version,
		u.last_used IS NOT NULL, u.first_used, u.last_used, u.recipients,
		COALESCE(r.earned, 0), r.currency,
		CASE WHEN i.span IS NOT NULL THEN 'withdraw' ELSE 'grant' END,
		CASE WHEN i.span IS NOT NULL
			THEN 'Withdrawing takes effect at once: no computation that begins after it reads your data for this purpose. What was released before stays: it describes no person.'
				|| CASE WHEN r.running THEN ' No more reward is earned; what was earned stays yours.' ELSE '' END
			ELSE 'Granting takes effect at once' || CASE WHEN p.validity IS NOT NULL THEN format(', for %s', p.validity) ELSE '' END || ': your data '
				|| CASE WHEN p.use_earlier_events THEN 'from now on and from before' ELSE 'from now on' END || ' may be used for this purpose, until you withdraw.'
				|| CASE WHEN r.running THEN ' It earns a reward.' ELSE '' END
		END,
		u.unpublished_from
	FROM purpose AS p JOIN consent_scope AS s USING (purpose)
	LEFT JOIN consent_state AS t ON t.scope_id = s.scope_id AND t.subject = whose
	LEFT JOIN LATERAL (SELECT x AS span FROM unnest(consent_intervals(t.decisions)) AS x WHERE x @> moment) AS i ON true
	LEFT JOIN LATERAL (SELECT max(upper(x)) AS ended FROM unnest(consent_intervals(t.decisions)) AS x WHERE upper(x) <= moment) AS o ON true
	-- of two at one instant, the more protective one
	LEFT JOIN LATERAL (SELECT l.* FROM consent_ledger AS l
		WHERE l.subject = whose AND l.scope_id = s.scope_id AND l.counts AND l.state NOT IN ('ended', 'expired') AND l.decided_at >= since
		ORDER BY l.decided_at DESC, l.state = 'granted', l.entry_id DESC LIMIT 1) AS e ON true
	LEFT JOIN LATERAL (SELECT * FROM subject_use(whose, p.purpose, s.category)) AS u ON true
	LEFT JOIN LATERAL (
		SELECT sum(g.credit) AS earned, min(w.latest) AS currency, bool_or(w.running) AS running
		FROM (SELECT n.*, tstzrange(n.starts_at, n.ends_at) @> moment AS running, first_value(n.currency) OVER (ORDER BY n.starts_at DESC) AS latest
			  FROM reward_plan AS n WHERE n.purpose = s.purpose AND n.category = s.category) AS w
		LEFT JOIN LATERAL (SELECT w.credit WHERE w.currency = w.latest) AS c ON true
		LEFT JOIN LATERAL (SELECT c.credit FROM reward_periods(consent_intervals(t.decisions), w.starts_at, w.ends_at, w.period, w.time_zone, moment)) AS g ON true
	) AS r ON true
	ORDER BY p.purpose_id, s.scope_id;
END
$$;
COMMENT ON FUNCTION mobanon.decision(text) IS
'For a token: what its subject decided, for each purpose and data category. state: as in the ledger, or "never asked"; effective_since: since when it is so; used: whether a release was published while data could be used for it, first_used and last_used when; earned: in the currency of the latest reward plan; all of it is in reward_balance(); change: what can be decided now, change_effect what that does, change_applies_from the first time that is not published yet and that it acts on.';

CREATE FUNCTION mobanon.decide(token text, purpose text, decision text, category text DEFAULT 'location',
	channel text DEFAULT 'web', notice_version text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
	issued	timestamptz;
BEGIN
	IF decide.decision IS NULL OR decide.decision NOT IN ('grant', 'withdraw', 'refuse') THEN
		RAISE EXCEPTION 'a decision is "grant", "withdraw" or "refuse"'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'What can be decided now is in the column "change" of mobanon.decision(). The third argument is the decision, the fourth the data category.';
	END IF;
	IF NOT EXISTS (SELECT FROM channel AS c WHERE c.channel = decide.channel AND c.proof) THEN
		RAISE EXCEPTION 'a customer who identified by a code decides through a channel with proof'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'web, app or sms; see mobanon.channel.';
	END IF;
	SELECT t.issued_at INTO issued FROM access_token AS t WHERE t.token_hash = sha256(convert_to(decide.token, 'UTF8'));
	RETURN record_decision(whose, decide.purpose, decide.category,
		CASE decide.decision WHEN 'grant' THEN 'granted' WHEN 'withdraw' THEN 'withdrawn' ELSE 'refused' END,
		decide.channel, clock_timestamp(), 'subject',
		format('one-time code redeemed at %s', to_char(issued AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), decide.notice_version);
END
$$;
COMMENT ON FUNCTION mobanon.decide(text, text, text, text, text, text) IS
'For a token: its subject grants, withdraws or refuses consent for a purpose, or one data category of it; returns the number of the ledger entry. Takes effect for the next statement. notice_version: the text the subject saw (default: the current one).';
