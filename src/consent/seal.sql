/*
 * Sealing: tamper evidence that no writer waits for.
 *
 * A seal covers the entries of all transactions that had ended when it was
 * made and that no earlier seal covers, told by the numbers of their
 * transactions: whoever commits later gets into a later seal, whatever the
 * number of the entry.  Each seal hashes its entries' hashes and the seal
 * before it; the latest one, kept outside (mobanon.ledger_head), vouches for
 * everything before.  A superuser can rewrite ledger and seals together, but
 * not to match a seal that somebody else keeps.
 */
CREATE TABLE mobanon.ledger_seal (
	seal_id		bigint PRIMARY KEY,
	era			bigint NOT NULL,
	from_writer	xid8 NOT NULL,
	to_writer	xid8 NOT NULL,
	entries		bigint NOT NULL,
	root		bytea NOT NULL,
	seal		bytea NOT NULL,
	sealed_at	timestamptz NOT NULL DEFAULT now(),
	sealed_by	text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE mobanon.ledger_seal IS
'Seals of the ledger: each covers the entries written by transactions from_writer up to, not including, to_writer of an era. root: SHA-256 over their hashes in the order of entry_id; seal: SHA-256 over the seal before, root and the other columns.';
COMMENT ON COLUMN mobanon.ledger_seal.seal_id IS 'number of the seal, without a gap';
COMMENT ON COLUMN mobanon.ledger_seal.era IS 'cluster in which the sealed entries were written';
COMMENT ON COLUMN mobanon.ledger_seal.from_writer IS 'first transaction whose entries are sealed';
COMMENT ON COLUMN mobanon.ledger_seal.to_writer IS 'first transaction whose entries are not';
COMMENT ON COLUMN mobanon.ledger_seal.entries IS 'number of entries sealed';
COMMENT ON COLUMN mobanon.ledger_seal.root IS 'hash of the entries, in the order of entry_id';
COMMENT ON COLUMN mobanon.ledger_seal.seal IS 'hash of the seal before, of root and of the other columns';
COMMENT ON COLUMN mobanon.ledger_seal.sealed_at IS 'when';
COMMENT ON COLUMN mobanon.ledger_seal.sealed_by IS 'role that sealed';
-- No foreign key: pg_restore -j loads tables in any order; verify_ledger() compares them.
CREATE TABLE mobanon.ledger_sealed (
	entry_id	bigint PRIMARY KEY,
	seal_id		bigint NOT NULL,
	leaf		bytea NOT NULL
);
CREATE INDEX ledger_sealed_seal ON mobanon.ledger_sealed (seal_id);
COMMENT ON TABLE mobanon.ledger_sealed IS
'The hash that each sealed entry of the ledger had, so that verify_ledger() can name the entry that was changed.';
SELECT pg_catalog.pg_extension_config_dump('mobanon.ledger_seal', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.ledger_sealed', '');

CREATE FUNCTION mobanon.refuse_seal_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'seals of the ledger are not changed: % is refused', TG_OP
		USING ERRCODE = 'insufficient_privilege', HINT = 'mobanon.seal_ledger() adds seals; mobanon.verify_ledger() checks them.';
END
$$;
COMMENT ON FUNCTION mobanon.refuse_seal_change() IS 'Trigger: nothing in the seals is changed or removed.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mobanon.ledger_seal
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_seal_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mobanon.ledger_sealed
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_seal_change();
ALTER TABLE mobanon.ledger_seal ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE mobanon.ledger_sealed ENABLE ALWAYS TRIGGER append_only;

-- The concatenation of a seal's hashes, hashed: a chain, so that no text grows with the number of entries.
CREATE FUNCTION mobanon.chain_hash(chain bytea, leaf bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(COALESCE(chain, '\x') || leaf);
COMMENT ON FUNCTION mobanon.chain_hash(bytea, bytea) IS 'For seals: transition function of chain_agg().';
CREATE AGGREGATE mobanon.chain_agg(leaf bytea) (
	SFUNC = mobanon.chain_hash, STYPE = bytea
);
COMMENT ON AGGREGATE mobanon.chain_agg(bytea) IS 'For seals: one hash of many, in the order given: SHA-256(SHA-256(SHA-256(first) || second) || third).';

CREATE FUNCTION mobanon.seal_hash(previous bytea, s mobanon.ledger_seal) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(COALESCE(previous, '\x') || s.root || convert_to(jsonb_build_array(s.seal_id, s.era,
	s.from_writer::text, s.to_writer::text, s.entries, extract(epoch FROM s.sealed_at)::text, s.sealed_by)::text, 'UTF8'));
COMMENT ON FUNCTION mobanon.seal_hash(bytea, mobanon.ledger_seal) IS 'For seals: what links a seal to the one before.';

CREATE FUNCTION mobanon.seal_ledger() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	part		record;
	new_seal	ledger_seal;
	previous	bytea;
	horizon		xid8;
	total		bigint := 0;
BEGIN
	-- One sealer at a time; writers of the ledger are not stopped.
	LOCK TABLE ledger_seal IN SHARE ROW EXCLUSIVE MODE;
	horizon := pg_snapshot_xmin(pg_current_snapshot());
	SELECT s.seal_id, s.seal INTO new_seal.seal_id, previous FROM ledger_seal AS s ORDER BY s.seal_id DESC LIMIT 1;
	-- Nobody writes in the eras of former clusters any more: all of theirs is sealed.
	FOR part IN
		SELECT e.era, COALESCE((SELECT max(s.to_writer) FROM ledger_seal AS s WHERE s.era = e.era), '0'::xid8) AS from_writer,
			CASE WHEN e.era = ledger_era() THEN horizon ELSE '18446744073709551615'::xid8 END AS to_writer
		FROM (SELECT DISTINCT l.era FROM consent_ledger AS l) AS e ORDER BY e.era
	LOOP
		new_seal.seal_id := COALESCE(new_seal.seal_id, 0) + 1;
		INSERT INTO ledger_sealed (entry_id, seal_id, leaf)
		SELECT l.entry_id, new_seal.seal_id, ledger_leaf(l) FROM consent_ledger AS l
		WHERE l.era = part.era AND l.writer >= part.from_writer AND l.writer < part.to_writer;
		GET DIAGNOSTICS new_seal.entries = ROW_COUNT;
		IF new_seal.entries = 0 THEN
			new_seal.seal_id := new_seal.seal_id - 1;
			CONTINUE;
		END IF;
		SELECT chain_agg(d.leaf ORDER BY d.entry_id) INTO new_seal.root FROM ledger_sealed AS d WHERE d.seal_id = new_seal.seal_id;
		new_seal.era := part.era;
		new_seal.from_writer := part.from_writer;
		new_seal.to_writer := part.to_writer;
		new_seal.sealed_at := now();
		new_seal.sealed_by := session_user;
		new_seal.seal := seal_hash(previous, new_seal);
		INSERT INTO ledger_seal SELECT new_seal.*;
		previous := new_seal.seal;
		total := total + new_seal.entries;
	END LOOP;
	RETURN total;
END
$$;
COMMENT ON FUNCTION mobanon.seal_ledger() IS
'Seals all entries of the ledger that were committed and not yet sealed; returns how many. Run it regularly, and keep mobanon.ledger_head() outside of the database.';

CREATE FUNCTION mobanon.ledger_head(OUT seal_id bigint, OUT seal text, OUT sealed_at timestamptz) RETURNS record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT s.seal_id, encode(s.seal, 'hex'), s.sealed_at FROM ledger_seal AS s ORDER BY s.seal_id DESC LIMIT 1 $$;
COMMENT ON FUNCTION mobanon.ledger_head() IS
'The latest seal of the ledger: whoever keeps it outside can tell later whether anything before it was rewritten.';

CREATE FUNCTION mobanon.verify_ledger(head text DEFAULT NULL)
RETURNS TABLE (seal_id bigint, entry_id bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH found AS (
		SELECT COALESCE(d.seal_id, c.seal_id) AS seal_id, COALESCE(d.entry_id, l.entry_id) AS entry_id,
			CASE WHEN l.entry_id IS NULL THEN 'the entry is missing'
				WHEN d.entry_id IS NULL THEN 'the entry was added after its seal was made'
				ELSE 'the entry was changed after its seal was made' END AS problem
		FROM consent_ledger AS l
		FULL JOIN ledger_sealed AS d ON d.entry_id = l.entry_id
		LEFT JOIN ledger_seal AS c ON d.entry_id IS NULL AND c.era = l.era AND l.writer >= c.from_writer AND l.writer < c.to_writer
		WHERE l.entry_id IS NULL OR (d.entry_id IS NULL AND c.seal_id IS NOT NULL) OR d.leaf <> ledger_leaf(l)
		UNION ALL
		SELECT s.seal_id, NULL, 'the seal does not fit its entries'
		FROM ledger_seal AS s
		LEFT JOIN (SELECT d.seal_id, count(*) AS entries, chain_agg(d.leaf ORDER BY d.entry_id) AS root
				   FROM ledger_sealed AS d GROUP BY d.seal_id) AS r USING (seal_id)
		WHERE r.root IS DISTINCT FROM s.root OR r.entries IS DISTINCT FROM s.entries
		UNION ALL
		SELECT s.seal_id, NULL, 'the seal does not fit the one before it'
		FROM (SELECT s.seal_id, s AS whole, lag(s.seal) OVER w AS previous, lag(s.seal_id, 1, 0::bigint) OVER w AS previous_id
			  FROM ledger_seal AS s WINDOW w AS (ORDER BY s.seal_id)) AS s
		WHERE (s.whole).seal <> seal_hash(s.previous, s.whole) OR s.seal_id <> s.previous_id + 1
		UNION ALL
		SELECT NULL, NULL, 'the seal that was kept outside is not there'
		WHERE head IS NOT NULL AND NOT EXISTS (SELECT FROM ledger_seal AS s WHERE encode(s.seal, 'hex') = head)
	)
	SELECT f.seal_id, f.entry_id, f.problem FROM found AS f ORDER BY f.seal_id NULLS LAST, f.entry_id NULLS LAST
$$;
COMMENT ON FUNCTION mobanon.verify_ledger(text) IS
'Compares the ledger with its seals; the first row names the first entry that does not fit, no row means that all fits. head: a seal that was kept outside (mobanon.ledger_head), which must be among them.';
