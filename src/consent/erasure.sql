/*
 * Erasure (GDPR Art. 17): what can be erased is, and the rest is named.
 *
 * Entries of the ledger stay, without the subject: the seals cover their hashes.
 * That somebody once consented has to be shown for as long as it can be
 * disputed (Art. 7(1), 17(3)(e)): until then an entry keeps a keyed hash of the
 * number, HMAC-SHA-256 under a key of the keyring, which the root key wraps.
 * Whoever has the number and this server's root key finds the entries again;
 * nobody gets a number out of them, or tries all numbers, without that key.
 */
-- Tables that are emptied keep the planner's sample of values for ever, and these need none.
ALTER TABLE mobanon.consent_import ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN evidence SET STATISTICS 0, ALTER COLUMN actor SET STATISTICS 0;
ALTER TABLE mobanon.access_code ALTER COLUMN subject SET STATISTICS 0;
ALTER TABLE mobanon.access_token ALTER COLUMN subject SET STATISTICS 0;
ALTER TABLE mobanon.code_event ALTER COLUMN subject SET STATISTICS 0;
ALTER TABLE mobanon.outbox ALTER COLUMN subject SET STATISTICS 0;

CREATE FUNCTION mobanon.proof_hash(subject text, at timestamptz) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM keyring AS k WHERE k.domain = 'proof of consent' AND k.ends_at > at) THEN
		-- one of those who find no key makes it
		LOCK TABLE ledger_erasure IN SHARE ROW EXCLUSIVE MODE;
		IF NOT EXISTS (SELECT FROM keyring AS k WHERE k.domain = 'proof of consent') THEN
			PERFORM make_domain('proof of consent', '1 year', date_trunc('year', at, 'UTC'), at + interval '1 year');
		ELSIF NOT EXISTS (SELECT FROM keyring AS k WHERE k.domain = 'proof of consent' AND k.ends_at > at) THEN
			PERFORM extend_domain('proof of consent', at + interval '1 year');
		END IF;
	END IF;
	RETURN pseudonymize(subject, 'proof of consent', at);
END
$$;
COMMENT ON FUNCTION mobanon.proof_hash(text, timestamptz) IS
'For erase_subject(): the keyed hash of a subject that proofs of this time are kept under. Its key, one a year, is made when it is first needed.';

CREATE FUNCTION mobanon.consent_proof(subject text)
RETURNS TABLE (entry_id bigint, purpose text, category text, state text, counts boolean, decided_at timestamptz, valid_until timestamptz,
	recorded_at timestamptz, channel text, notice_version text, kept_until timestamptz)
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT l.entry_id, s.purpose, s.category, l.state, l.counts, l.decided_at, l.valid_until, l.recorded_at, l.channel, l.notice_version, l.proof_until
	FROM keyring AS k, LATERAL (SELECT pseudonymize(consent_proof.subject, k.domain, k.starts_at) AS hash OFFSET 0) AS h
	JOIN consent_ledger AS l ON l.proof = h.hash
	JOIN consent_scope AS s USING (scope_id)
	WHERE k.domain = 'proof of consent' AND k.shredded_at IS NULL AND l.proof_until > now()
	ORDER BY l.decided_at, l.entry_id;
END
$$;
COMMENT ON FUNCTION mobanon.consent_proof(text) IS
'What a person who was erased had decided, for whoever has the number and a server with the root key: the entries of the ledger, while their proof is kept. A number that was handed on brings the entries of everybody erased who had it: decided_at tells whose. Errors: MP003 no root key, MP004 another root key.';

CREATE FUNCTION mobanon.forget_proofs() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	number	bigint;
	forgotten bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM consent_ledger AS l WHERE l.proof IS NOT NULL AND l.proof_until <= now()) THEN
		RETURN 0;
	END IF;
	INSERT INTO ledger_erasure (reason) VALUES ('proof of consent: no longer kept') RETURNING erasure_id INTO number;
	UPDATE consent_ledger AS l SET proof = NULL, proof_until = NULL WHERE l.proof IS NOT NULL AND l.proof_until <= now();
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	UPDATE ledger_erasure AS e SET entries = forgotten WHERE e.erasure_id = number;
	RETURN forgotten;
END
$$;
COMMENT ON FUNCTION mobanon.forget_proofs() IS
'Removes proofs of consent that are no longer to be kept; returns of how many entries. Run it once a day or so.';

CREATE FUNCTION mobanon.erase_statistics(words text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	one		record;
	found	bigint := 0;
BEGIN
	-- Of an empty table ANALYZE keeps what it has: for that long there is nobody's row.
	IF NOT EXISTS (SELECT FROM consent_state) THEN
		INSERT INTO consent_state (writer, scope_id, subject, decisions) VALUES (pg_current_xact_id(), 0, '', '{}');
	END IF;
	FOR one IN
		SELECT s.tablename, s.attname FROM pg_stats AS s
		WHERE s.schemaname = 'mobanon' AND s.tablename IN ('consent_ledger', 'consent_state') AND s.attname IN ('subject', 'evidence', 'actor')
		AND EXISTS (SELECT FROM unnest(words) AS w
					WHERE strpos(concat(s.most_common_vals::text, s.histogram_bounds::text), w) > 0)
	LOOP
		EXECUTE format('ANALYZE %I (%I)', one.tablename, one.attname);
		found := found + 1;
	END LOOP;
	DELETE FROM consent_state AS s WHERE s.scope_id = 0;
	RETURN found;
END
$$;
COMMENT ON FUNCTION mobanon.erase_statistics(text[]) IS
'For erase_subject(): the planner keeps some values of each column of ledger and states (of the other tables, none of what names somebody); where these words are among them they are drawn anew. Returns for how many columns.';

CREATE FUNCTION mobanon.erase_subject(subject text, reason text, keep_proof interval DEFAULT '3 years')
RETURNS TABLE (what text, outcome text, entries bigint, why text, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	at		CONSTANT timestamptz := now();
	number	bigint;
	words	text[];
	hash	uuid;
	part	bigint;
	touched	bigint;
	kept_before bigint := 0;
	kept_until timestamptz;
BEGIN
	IF erase_subject.subject IS NULL OR erase_subject.reason IS NULL THEN
		RAISE EXCEPTION 'an erasure needs a subject and a reason'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'The reason is kept, as ''request of 2026-04-01''; it must not name the subject.';
	END IF;
	IF length(erase_subject.subject) > 3 AND strpos(erase_subject.reason, erase_subject.subject) > 0 THEN
		RAISE EXCEPTION 'the reason of an erasure must not name the subject'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'The reason is kept.';
	END IF;
	IF at + erase_subject.keep_proof <= at THEN
		RAISE EXCEPTION 'a proof is kept for a positive time, or not at all (NULL)'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave keep_proof out for three years.';
	END IF;
	IF erase_subject.keep_proof IS NOT NULL THEN
		SELECT count(*), max(p.kept_until) INTO kept_before, kept_until FROM consent_proof(erase_subject.subject) AS p;
		IF EXISTS (SELECT FROM consent_ledger AS l WHERE l.subject = erase_subject.subject) THEN
			hash := proof_hash(erase_subject.subject, at);
		END IF;
	END IF;

	INSERT INTO ledger_erasure (reason) VALUES (erase_subject.reason) RETURNING erasure_id INTO number;
	SELECT array_agg(DISTINCT l.evidence) || erase_subject.subject INTO words FROM consent_ledger AS l
	WHERE l.subject = erase_subject.subject AND length(l.evidence) > 3;
	DELETE FROM consent_state AS s WHERE s.subject = erase_subject.subject;
	GET DIAGNOSTICS part = ROW_COUNT;
	UPDATE consent_ledger AS l
	SET leaf = ledger_leaf(l), subject = NULL, salt = NULL, evidence = NULL, actor = '(erased)',
		proof = hash, proof_until = CASE WHEN hash IS NOT NULL THEN at + erase_subject.keep_proof END
	WHERE l.subject = erase_subject.subject;
	GET DIAGNOSTICS touched = ROW_COUNT;
	UPDATE ledger_erasure AS e SET entries = touched WHERE e.erasure_id = number;

	RETURN QUERY VALUES
		('number, evidence and actor in the ledger', 'erased', touched, 'consent that was in force ended with it', NULL::timestamptz),
		('consent in force, rewards', 'erased', part, 'rewards follow from consent and are stored nowhere', NULL),
		('decisions in the ledger: purpose, kind, times, channel', 'kept', touched, 'the ledger is sealed; the entries say no longer whose they are', NULL);
	IF hash IS NOT NULL THEN
		RETURN QUERY VALUES ('proof of consent: keyed hash of the number', 'kept', touched,
			'to be shown when the consent is disputed (GDPR Art. 7(1), 17(3)(e)); found by consent_proof() with the number and the root key', at + erase_subject.keep_proof);
	END IF;
	IF kept_before > 0 THEN
		RETURN QUERY VALUES ('proof of consent: of an earlier erasure', 'kept', kept_before,
			'the same, for whoever was erased with this number before', kept_until);
	END IF;
	DELETE FROM consent_import AS i WHERE i.subject = erase_subject.subject;
	GET DIAGNOSTICS part = ROW_COUNT;
	RETURN QUERY VALUES ('decisions that wait for their import', 'erased', part, 'they were not recorded yet', NULL::timestamptz);
	WITH code AS (DELETE FROM access_code AS c WHERE c.subject = erase_subject.subject RETURNING 1),
		token AS (DELETE FROM access_token AS t WHERE t.subject = erase_subject.subject RETURNING 1),
		event AS (DELETE FROM code_event AS e WHERE e.subject = erase_subject.subject RETURNING 1),
		message AS (DELETE FROM outbox AS o WHERE o.subject = erase_subject.subject RETURNING 1)
	SELECT (SELECT count(*) FROM code) + (SELECT count(*) FROM token) + (SELECT count(*) FROM event) + (SELECT count(*) FROM message) INTO part;
	RETURN QUERY VALUES ('codes, tokens and messages', 'erased', part, 'tokens hold no longer', NULL::timestamptz);
	part := erase_statistics(COALESCE(words, ARRAY[erase_subject.subject]));
	RETURN QUERY VALUES ('the planner''s statistics', 'erased', part, 'columns whose sample of values had the number or its evidence', NULL::timestamptz);
	RETURN QUERY
	SELECT format('events in %s', t.relation), 'kept', NULL::bigint,
		format('the table is its owner''s: DELETE FROM %s WHERE %I = the number', t.relation, t.subject_column), NULL::timestamptz
	FROM protected_table AS t
	WHERE NOT EXISTS (SELECT FROM pg_inherits AS i JOIN protected_table AS o ON o.relation = i.inhparent WHERE i.inhrelid = t.relation)
	ORDER BY t.relation::text;
	RETURN QUERY VALUES
		('releases', 'kept', NULL::bigint, 'numbers of people in groups: they describe no person, and name none', NULL::timestamptz),
		('old versions of rows in files, WAL and backups', 'kept', NULL, 'gone with VACUUM (FULL at once), with the archive''s and the backups'' own retention', NULL);
END
$$;
COMMENT ON FUNCTION mobanon.erase_subject(text, text, interval) IS
'Erases a person (GDPR Art. 17) and says, line by line, what was erased and what is kept, why, and until when. Consent of the subject is gone with it; a number that is handed on starts afresh. keep_proof: for how long the proof of consent is kept under a keyed hash (NULL: not at all; then no root key is needed). reason is kept and must not name the subject. Each call makes every session read consent_state anew: do many in one transaction.';
