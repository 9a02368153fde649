/*
 * Does every withdrawal take effect in time?
 *
 * In the database a withdrawal acts on the next statement.  What takes time, or
 * goes wrong, is the way there: staging that nobody imports, letters that lie
 * about, a state that does not follow the ledger.  This is where that shows.
 */
CREATE FUNCTION mobanon.set_withdrawal_limit(purpose text, withdrawal_limit interval) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT COALESCE(set_withdrawal_limit.withdrawal_limit > '0', false) THEN
		RAISE EXCEPTION 'a limit is a positive length of time' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE purpose AS p SET withdrawal_limit = set_withdrawal_limit.withdrawal_limit WHERE p.purpose = set_withdrawal_limit.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', set_withdrawal_limit.purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.set_withdrawal_limit(text, interval) IS
'Sets within what time after its decision a withdrawal has to be in effect (default 24 hours); withdrawal_status() lists what takes longer.';

CREATE FUNCTION mobanon.withdrawal_status(since timestamptz DEFAULT now() - interval '30 days')
RETURNS TABLE (purpose text, category text, state text, entry_id bigint, decided_at timestamptz, recorded_at timestamptz, pipeline text,
	effective_at timestamptz, took interval, last_publication_before timestamptz, first_publication_after timestamptz, status text, refused text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH withdrawal AS (
		SELECT s.purpose, s.category, l.state, l.entry_id, l.decided_at, l.recorded_at, p.withdrawal_limit,
			-- in effect: the state has it
			EXISTS (SELECT FROM consent_state AS t WHERE t.scope_id = l.scope_id AND t.subject = l.subject
					AND merge_decisions(t.decisions, ARRAY[l.decided_at, decision_code(l.state, NULL)]) = t.decisions) AS in_state,
			NULL AS refused
		FROM consent_ledger AS l JOIN consent_scope AS s USING (scope_id) JOIN purpose AS p USING (purpose)
		WHERE l.state IN ('refused', 'withdrawn', 'invalidated', 'ended') AND l.subject IS NOT NULL AND l.recorded_at >= since
		-- carry_ends() says again what was recorded in time
		AND NOT (l.state = 'ended' AND l.channel = 'system' AND l.actor = 'mobanon')
		UNION ALL
		-- loaded, and not imported or refused there
		SELECT i.purpose, COALESCE(i.category, 'location'), i.state, NULL, COALESCE(i.decided_at, i.loaded_at), NULL,
			COALESCE((SELECT p.withdrawal_limit FROM purpose AS p WHERE p.purpose = i.purpose), '24 hours'), false, i.refused
		FROM consent_import AS i WHERE i.state IS DISTINCT FROM 'granted' AND i.state IS DISTINCT FROM 'expired'
	)
	SELECT w.purpose, w.category, w.state, w.entry_id, w.decided_at, w.recorded_at, l.pipeline,
		CASE WHEN w.in_state THEN w.recorded_at END,
		CASE WHEN w.in_state THEN w.recorded_at ELSE now() END - w.decided_at,
		(SELECT max(b.published_at) FROM publication AS b WHERE b.pipeline_id = l.pipeline_id AND b.published_at < COALESCE(w.recorded_at, now())),
		(SELECT min(b.published_at) FROM publication AS b WHERE b.pipeline_id = l.pipeline_id AND b.published_at >= w.recorded_at),
		CASE WHEN w.in_state AND w.recorded_at - w.decided_at <= w.withdrawal_limit THEN 'in effect'
			WHEN w.in_state THEN 'late'
			WHEN now() - w.decided_at <= w.withdrawal_limit THEN 'waiting'
			ELSE 'overdue' END,
		w.refused
	FROM withdrawal AS w
	LEFT JOIN pipeline AS l ON l.purpose = w.purpose AND l.dropped_at IS NULL
		AND (w.category = 'location' OR w.category = ANY (decided_columns(l)))
	ORDER BY w.decided_at, w.entry_id NULLS LAST, l.pipeline_id
$$;
COMMENT ON FUNCTION mobanon.withdrawal_status(timestamptz) IS
'Every withdrawal, refusal, invalidation and handing-on recorded since then (default: 30 days), and those loaded and not imported, for each pipeline of its purpose: when it took effect there, the last publication that did not know of it, and the first one that did. status: "in effect"; "late" (in effect, after the limit); "waiting" and "overdue" (not in effect, within and beyond the limit, set_withdrawal_limit()). refused: why import_consents() refused it. An erased subject''s are not listed.';

CREATE FUNCTION mobanon.customer_alarms()
RETURNS TABLE (alarm text, detail text, since timestamptz, remedy text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	RETURN QUERY
	-- a row with its columns in disorder may have a number anywhere
	SELECT 'withdrawal overdue', format('%s of %s: %s, decided %s ago',
			CASE WHEN w.state IN ('refused', 'withdrawn', 'invalidated', 'ended') THEN w.state ELSE 'unknown decision' END,
			COALESCE((SELECT 'purpose ' || p.purpose FROM purpose AS p WHERE p.purpose = w.purpose), 'an unknown purpose'),
			CASE WHEN w.entry_id IS NOT NULL THEN format('entry %s of the ledger, not in mobanon.consent_state', w.entry_id)
				WHEN w.refused IS NOT NULL THEN format('refused by the import: %s', w.refused)
				ELSE 'loaded into mobanon.consent_import' END,
			date_trunc('minute', w.took)),
		w.decided_at,
		CASE WHEN w.entry_id IS NOT NULL THEN 'SELECT mobanon.rebuild_consent_state()'
			WHEN w.refused IS NOT NULL THEN 'correct or delete the row in mobanon.consent_import (refused IS NOT NULL), then SELECT * FROM mobanon.import_consents()'
			ELSE 'SELECT * FROM mobanon.import_consents()' END
	FROM (SELECT DISTINCT ON (s.entry_id, s.purpose, s.category, s.state, s.decided_at, s.refused) s.* FROM withdrawal_status(now() - interval '7 days') AS s
		  WHERE s.status = 'overdue') AS w
	UNION ALL
	SELECT 'withdrawal late', format('entry %s of the ledger, %s of purpose %s, took effect %s after its decision', w.entry_id, w.state, w.purpose,
			date_trunc('minute', w.took)), w.recorded_at, 'find out where it lay; this line goes away a day later'
	FROM (SELECT DISTINCT ON (s.entry_id) s.* FROM withdrawal_status(now() - interval '1 day') AS s WHERE s.status = 'late') AS w
	UNION ALL
	SELECT 'codes are not sent', format('%s codes wait in the outbox', count(*)), min(o.written_at), 'see to the SMS gateway: mobanon.take_messages()'
	FROM outbox AS o WHERE NOT o.held AND o.written_at < clock_timestamp() - interval '2 minutes' AND o.expires_at > clock_timestamp() - interval '1 hour'
	HAVING count(*) > 0
	UNION ALL
	SELECT 'limit of codes reached', format('%s codes sent in the last hour', count(*)), min(e.at), 'an attack, or a limit too small: mobanon.set_code_limits(all_codes_per_hour => ...)'
	FROM code_event AS e WHERE e.event = 'sent' AND e.at > clock_timestamp() - interval '1 hour'
	HAVING count(*) >= (SELECT l.all_codes_per_hour FROM code_limits() AS l)
	UNION ALL
	SELECT 'limit of tries reached', format('%s codes tried in the last hour', count(*)), min(e.at), 'an attack, or a limit too small: mobanon.set_code_limits(all_tries_per_hour => ...)'
	FROM code_event AS e WHERE e.event = 'tried' AND e.at > clock_timestamp() - interval '1 hour'
	HAVING count(*) >= (SELECT l.all_tries_per_hour FROM code_limits() AS l)
	UNION ALL
	SELECT 'codes are not forgotten', format('%s rows are more than two days old', count(*)), min(e.at), 'SELECT mobanon.forget_codes()'
	FROM code_event AS e WHERE e.at < clock_timestamp() - interval '2 days' HAVING count(*) > 0;
END
$$;
COMMENT ON FUNCTION mobanon.customer_alarms() IS
'For monitoring: rows only when something is wrong on the customer''s side: a withdrawal that is overdue or was late, codes that are not sent, limits that are reached, codes that are not forgotten.';
