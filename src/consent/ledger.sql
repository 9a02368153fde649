/*
 * The ledger holds every decision and is only ever added to.  The state holds,
 * per scope and subject, the same decisions merged, for consented() to read; a
 * trigger keeps it in step within the same transaction.
 */
CREATE FUNCTION mobanon.ledger_era() RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ledger_era';
COMMENT ON FUNCTION mobanon.ledger_era() IS
'For the ledger: the identifier of this cluster, within which transaction numbers can be compared.';

-- No foreign keys: scopes and channels are never deleted, the functions that write
-- here check them, and a check per row would take a third of an import's time.
CREATE TABLE mobanon.consent_ledger (
	entry_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	scope_id	int NOT NULL,
	-- NULL once erased, and then leaf is what the row's hash was
	subject		text COLLATE "C",
	state		text NOT NULL CHECK (state IN ('granted', 'refused', 'withdrawn', 'expired', 'invalidated', 'ended')),
	counts		boolean NOT NULL,
	decided_at	timestamptz NOT NULL CHECK (isfinite(decided_at)),
	valid_until	timestamptz,
	recorded_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	channel		text COLLATE "C" NOT NULL,
	actor		text NOT NULL,
	notice_version text NOT NULL,
	evidence	text,
	era			bigint NOT NULL DEFAULT mobanon.ledger_era(),
	writer		xid8 NOT NULL DEFAULT pg_current_xact_id(),
	-- makes the hash of a row that was erased say nothing about its subject
	salt		uuid DEFAULT gen_random_uuid(),
	leaf		bytea,
	-- of a subject that was erased: a keyed hash of it, see erasure.sql
	proof		uuid,
	proof_until	timestamptz,
	CHECK (proof IS NULL OR subject IS NULL),
	CHECK ((proof IS NULL) = (proof_until IS NULL)),
	CHECK ((subject IS NULL) = (leaf IS NOT NULL)),
	CHECK ((subject IS NULL) = (salt IS NULL))
);
CREATE INDEX consent_ledger_subject ON mobanon.consent_ledger (subject);
-- few rows: what withdrawal_status() looks for
CREATE INDEX consent_ledger_withdrawal ON mobanon.consent_ledger (recorded_at) WHERE state IN ('refused', 'withdrawn', 'invalidated', 'ended');
CREATE INDEX consent_ledger_proof ON mobanon.consent_ledger (proof) WHERE proof IS NOT NULL;
CREATE INDEX consent_ledger_writer ON mobanon.consent_ledger (era, writer);
COMMENT ON TABLE mobanon.consent_ledger IS
'Every decision ever recorded, append-only. state as in ISO/IEC TS 27560 (event state), and "ended": the subject identifier belongs to somebody else from decided_at on. counts: false for a grant without proof from the subject through a channel that its purpose does not allow; it is recorded and changes nothing.';
COMMENT ON COLUMN mobanon.consent_ledger.entry_id IS 'number of the entry';
COMMENT ON COLUMN mobanon.consent_ledger.scope_id IS 'purpose and data category: consent_scope';
COMMENT ON COLUMN mobanon.consent_ledger.subject IS 'who decided; NULL once erased';
COMMENT ON COLUMN mobanon.consent_ledger.state IS 'what was decided';
COMMENT ON COLUMN mobanon.consent_ledger.counts IS 'false: a grant without proof, which changes nothing';
COMMENT ON COLUMN mobanon.consent_ledger.channel IS 'how the decision reached the ledger';
COMMENT ON COLUMN mobanon.consent_ledger.notice_version IS 'text the subject saw';
COMMENT ON COLUMN mobanon.consent_ledger.era IS 'cluster in which the entry was written';
COMMENT ON COLUMN mobanon.consent_ledger.salt IS 'random: the hash of an erased entry says nothing about its subject';
COMMENT ON COLUMN mobanon.consent_ledger.leaf IS 'of an erased entry: what its hash was';
COMMENT ON COLUMN mobanon.consent_ledger.decided_at IS 'when the subject decided; it counts from then on';
COMMENT ON COLUMN mobanon.consent_ledger.recorded_at IS 'when the decision was written here';
COMMENT ON COLUMN mobanon.consent_ledger.valid_until IS 'for a grant, the end of its validity, NULL for none';
COMMENT ON COLUMN mobanon.consent_ledger.actor IS 'who recorded it: the database role, or the person named by the front end';
COMMENT ON COLUMN mobanon.consent_ledger.evidence IS 'where the proof is kept, for example the number of a document';
COMMENT ON COLUMN mobanon.consent_ledger.proof IS 'of an erased subject: keyed hash by which consent_proof() finds the entry again';
COMMENT ON COLUMN mobanon.consent_ledger.proof_until IS 'until when the proof is kept; forget_proofs()';
COMMENT ON COLUMN mobanon.consent_ledger.writer IS 'transaction that wrote the row, in the cluster "era"';

-- state_read.c reads this table by column number: columns are only added at the end.
CREATE TABLE mobanon.consent_state (
	writer		xid8 NOT NULL,
	scope_id	int NOT NULL,
	subject		text COLLATE "C" NOT NULL,
	decisions	timestamptz[] NOT NULL,
	PRIMARY KEY (scope_id, subject)
);
CREATE INDEX consent_state_writer ON mobanon.consent_state (scope_id, writer);
COMMENT ON TABLE mobanon.consent_state IS
'What the ledger amounts to, per scope and subject: its decisions that count, sorted, as pairs of time and code (for a grant the end of its validity). Kept by triggers, read by consented(); see mobanon.consent_intervals(). Not dumped: restoring the ledger makes it anew.';

SELECT pg_catalog.pg_extension_config_dump('mobanon.consent_ledger', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.consent_ledger_entry_id_seq', '');

CREATE FUNCTION mobanon.decision_code(state text, valid_until timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'decision_code';
COMMENT ON FUNCTION mobanon.decision_code(text, timestamptz) IS
'For the ledger''s own functions: how consent_state writes a decision.';

CREATE FUNCTION mobanon.merge_decisions(timestamptz[], timestamptz[]) RETURNS timestamptz[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'merge_decisions';
COMMENT ON FUNCTION mobanon.merge_decisions(timestamptz[], timestamptz[]) IS
'For the ledger''s own functions: the decisions of both, sorted, each once; the order of merging does not matter.';

CREATE FUNCTION mobanon.consent_intervals(decisions timestamptz[]) RETURNS tstzmultirange
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'consent_intervals';
COMMENT ON FUNCTION mobanon.consent_intervals(timestamptz[]) IS
'When the consent that these decisions amount to was in force.';

CREATE FUNCTION mobanon.consent_open(decisions timestamptz[]) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'consent_open';
COMMENT ON FUNCTION mobanon.consent_open(timestamptz[]) IS
'Whether the latest of these decisions is a grant (which may have lapsed).';

CREATE FUNCTION mobanon.consent_floor(decisions timestamptz[]) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'consent_floor';
COMMENT ON FUNCTION mobanon.consent_floor(timestamptz[]) IS
'The time from which on the identifier belongs to the person who has it now; -infinity when it was never handed on.';

/* ---- ledger to state ---- */

CREATE FUNCTION mobanon.apply_decisions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	-- In one order everywhere, so that two of these never wait for each other.
	INSERT INTO consent_state AS s (writer, scope_id, subject, decisions)
	SELECT pg_current_xact_id(), a.scope_id, a.subject,
		merge_decisions('{}', array_agg(ARRAY[a.decided_at, decision_code(a.state, a.valid_until)]))
	FROM added AS a
	WHERE a.counts AND a.subject IS NOT NULL
	GROUP BY a.scope_id, a.subject
	ORDER BY a.scope_id, a.subject
	ON CONFLICT (scope_id, subject) DO UPDATE
	SET writer = excluded.writer, decisions = merge_decisions(s.decisions, excluded.decisions)
	WHERE merge_decisions(s.decisions, excluded.decisions) <> s.decisions;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.apply_decisions() IS
'Trigger: merges new rows of the ledger into consent_state, in the same transaction.';
CREATE TRIGGER apply_decisions AFTER INSERT ON mobanon.consent_ledger
	REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mobanon.apply_decisions();
ALTER TABLE mobanon.consent_ledger ENABLE ALWAYS TRIGGER apply_decisions;

/* ---- on a subscriber ---- */

-- Logical replication fires no trigger of a statement. Without these a withdrawal would arrive in a
-- subscriber's ledger and nobody there would heed it.
CREATE FUNCTION mobanon.apply_replicated() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF TG_OP = 'INSERT' AND NEW.counts AND NEW.subject IS NOT NULL THEN
		INSERT INTO consent_state AS s (writer, scope_id, subject, decisions)
		VALUES (pg_current_xact_id(), NEW.scope_id, NEW.subject,
			merge_decisions('{}', ARRAY[NEW.decided_at, decision_code(NEW.state, NEW.valid_until)]))
		ON CONFLICT (scope_id, subject) DO UPDATE
		SET writer = excluded.writer, decisions = merge_decisions(s.decisions, excluded.decisions);
	ELSIF TG_OP <> 'INSERT' THEN
		-- only an erasure changes an entry
		DELETE FROM consent_state AS s WHERE s.subject = OLD.subject;
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.apply_replicated() IS
'Trigger: what apply_decisions() and erase_subject() do to consent_state, for entries that logical replication brings.';
CREATE TRIGGER apply_replicated AFTER INSERT OR UPDATE OR DELETE ON mobanon.consent_ledger
	FOR EACH ROW EXECUTE FUNCTION mobanon.apply_replicated();
ALTER TABLE mobanon.consent_ledger ENABLE REPLICA TRIGGER apply_replicated;

-- States that are replicated themselves: of a transaction of this cluster, and missed when they go.
CREATE FUNCTION mobanon.state_replicated() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		UPDATE consent_scope SET generation = generation + 1;
		RETURN OLD;
	END IF;
	NEW.writer := pg_current_xact_id();
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION mobanon.state_replicated() IS
'Trigger: makes sessions of a subscriber see states that logical replication brings or takes.';
CREATE TRIGGER state_replicated BEFORE INSERT OR UPDATE OR DELETE ON mobanon.consent_state
	FOR EACH ROW EXECUTE FUNCTION mobanon.state_replicated();
ALTER TABLE mobanon.consent_state ENABLE REPLICA TRIGGER state_replicated;

CREATE FUNCTION mobanon.scope_replicated() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	-- counted here, since states are deleted here: the source's number could be one that was there before
	NEW.generation := OLD.generation + 1;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION mobanon.scope_replicated() IS
'Trigger: a subscriber''s sessions read consent_state anew whenever a scope changed at the source.';
CREATE TRIGGER scope_replicated BEFORE UPDATE ON mobanon.consent_scope
	FOR EACH ROW EXECUTE FUNCTION mobanon.scope_replicated();
ALTER TABLE mobanon.consent_scope ENABLE REPLICA TRIGGER scope_replicated;

-- Deleted states leave nothing that a set in memory could be brought forward with.
CREATE FUNCTION mobanon.state_deleted() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	UPDATE consent_scope SET generation = generation + 1;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.state_deleted() IS
'Trigger: makes every session read consent_state anew.';
CREATE TRIGGER state_deleted AFTER DELETE OR TRUNCATE ON mobanon.consent_state
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.state_deleted();
ALTER TABLE mobanon.consent_state ENABLE ALWAYS TRIGGER state_deleted;

CREATE FUNCTION mobanon.rebuild_consent_state() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	states	bigint;
BEGIN
	LOCK TABLE consent_ledger IN SHARE ROW EXCLUSIVE MODE;
	DELETE FROM consent_state;
	INSERT INTO consent_state (writer, scope_id, subject, decisions)
	SELECT pg_current_xact_id(), l.scope_id, l.subject,
		merge_decisions('{}', array_agg(ARRAY[l.decided_at, decision_code(l.state, l.valid_until)]))
	FROM consent_ledger AS l
	WHERE l.counts AND l.subject IS NOT NULL
	GROUP BY l.scope_id, l.subject;
	GET DIAGNOSTICS states = ROW_COUNT;
	RETURN states;
END
$$;
COMMENT ON FUNCTION mobanon.rebuild_consent_state() IS
'Makes consent_state anew from the ledger; returns the number of states. Decisions wait meanwhile. Only needed when the state was damaged.';

/* ---- append-only ---- */

CREATE TABLE mobanon.ledger_erasure (
	erasure_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	writer		xid8 NOT NULL DEFAULT pg_current_xact_id(),
	erased_at	timestamptz NOT NULL DEFAULT now(),
	reason		text NOT NULL,
	entries		bigint
);
CREATE INDEX ledger_erasure_writer ON mobanon.ledger_erasure (writer);
COMMENT ON TABLE mobanon.ledger_erasure IS
'When subjects were erased from the ledger, why, and how many of its rows that touched; not who.';
COMMENT ON COLUMN mobanon.ledger_erasure.erasure_id IS 'number of the erasure';
COMMENT ON COLUMN mobanon.ledger_erasure.writer IS 'transaction of the erasure';
COMMENT ON COLUMN mobanon.ledger_erasure.erased_at IS 'when';
COMMENT ON COLUMN mobanon.ledger_erasure.reason IS 'why, in the words of the caller';
COMMENT ON COLUMN mobanon.ledger_erasure.entries IS 'how many entries of the ledger it touched; NULL while it runs';
SELECT pg_catalog.pg_extension_config_dump('mobanon.ledger_erasure', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.ledger_erasure_erasure_id_seq', '');

CREATE FUNCTION mobanon.refuse_ledger_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND EXISTS (SELECT FROM ledger_erasure AS e
									WHERE e.writer = pg_current_xact_id() AND e.entries IS NULL) THEN
		RETURN NULL;
	END IF;
	RAISE EXCEPTION 'the consent ledger is append-only: % is refused', TG_OP
		USING ERRCODE = 'insufficient_privilege',
			  HINT = 'Record a new decision; a person is erased with mobanon.erase_subject().';
END
$$;
COMMENT ON FUNCTION mobanon.refuse_ledger_change() IS
'Trigger: nothing in the ledger is changed or removed, but by erase_subject().';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mobanon.consent_ledger
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_ledger_change();
ALTER TABLE mobanon.consent_ledger ENABLE ALWAYS TRIGGER append_only;

CREATE FUNCTION mobanon.ledger_leaf(l mobanon.consent_ledger) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN COALESCE(l.leaf, sha256(convert_to(jsonb_build_array(l.entry_id, l.scope_id, l.subject, l.state, l.counts,
	extract(epoch FROM l.decided_at)::text, extract(epoch FROM l.valid_until)::text,
	extract(epoch FROM l.recorded_at)::text, l.channel, l.actor, l.notice_version, l.evidence,
	l.era, l.writer::text, l.salt)::text, 'UTF8')));
COMMENT ON FUNCTION mobanon.ledger_leaf(mobanon.consent_ledger) IS
'The hash of a row of the ledger, as sealed: SHA-256 over all its columns as a JSON array; of an erased row, what it was before.';
