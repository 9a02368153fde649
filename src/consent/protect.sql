/*
 * consented(), and the policies that call it.
 */
CREATE FUNCTION mobanon.consented_support(internal) RETURNS internal
LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'consented_support';
COMMENT ON FUNCTION mobanon.consented_support(internal) IS
'Planner support of consented(): brings in what keeps statistics and EXPLAIN ANALYZE from telling of hidden rows.';
CREATE FUNCTION mobanon.consented(subject text, event_time timestamptz, purpose text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 5 SUPPORT mobanon.consented_support AS 'MODULE_PATHNAME', 'consented_text';
COMMENT ON FUNCTION mobanon.consented(text, timestamptz, text) IS
'Whether the subject''s consent for the purpose was in force at event_time and is in force now. False otherwise, also for NULL. For row-level-security policies; see mobanon.protect().';
CREATE FUNCTION mobanon.consented(subject bigint, event_time timestamptz, purpose text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 5 SUPPORT mobanon.consented_support AS 'MODULE_PATHNAME', 'consented_bigint';
COMMENT ON FUNCTION mobanon.consented(bigint, timestamptz, text) IS
'The same for a subject that is a number.';
CREATE FUNCTION mobanon.consented(subject text, event_time timestamptz, purpose text, category text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 5 SUPPORT mobanon.consented_support AS 'MODULE_PATHNAME', 'consented_text';
COMMENT ON FUNCTION mobanon.consented(text, timestamptz, text, text) IS
'The same for another data category than "location": CASE WHEN mobanon.consented(subject, at, purpose, ''age_band'') THEN age_band END.';
CREATE FUNCTION mobanon.consented(subject bigint, event_time timestamptz, purpose text, category text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE COST 5 SUPPORT mobanon.consented_support AS 'MODULE_PATHNAME', 'consented_bigint';
COMMENT ON FUNCTION mobanon.consented(bigint, timestamptz, text, text) IS
'The same for a subject that is a number, and another data category than "location".';

CREATE TABLE mobanon.protected_table (
	relation	regclass PRIMARY KEY,
	subject_column name NOT NULL,
	event_time_column name NOT NULL,
	protected_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mobanon.protected_table IS
'Tables that protect() closed: whoever reads them reads only rows with consent.';
COMMENT ON COLUMN mobanon.protected_table.relation IS 'the table; its partitions and children are protected with it';
COMMENT ON COLUMN mobanon.protected_table.subject_column IS 'column with the subject';
COMMENT ON COLUMN mobanon.protected_table.event_time_column IS 'column with the time of the event';
COMMENT ON COLUMN mobanon.protected_table.protected_at IS 'since when';
SELECT pg_catalog.pg_extension_config_dump('mobanon.protected_table', '');

CREATE TABLE mobanon.protected_part (
	relation	regclass PRIMARY KEY,
	subject_column name NOT NULL,
	event_time_column name NOT NULL
);
COMMENT ON TABLE mobanon.protected_part IS
'Protected tables with all their partitions and children, and the columns they are protected by: one that is detached stays protected. Written by settle_protected_tables() alone.';
SELECT pg_catalog.pg_extension_config_dump('mobanon.protected_part', '');

-- Only who owns a table registers it, or takes it off.
ALTER TABLE mobanon.protected_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON mobanon.protected_table FOR SELECT USING (true);
CREATE POLICY owner_registers ON mobanon.protected_table FOR INSERT WITH CHECK (
	pg_has_role((SELECT c.relowner FROM pg_class AS c WHERE c.oid = relation), 'USAGE'));
CREATE POLICY owner_removes ON mobanon.protected_table FOR DELETE USING (
	pg_has_role((SELECT c.relowner FROM pg_class AS c WHERE c.oid = relation), 'USAGE'));

CREATE FUNCTION mobanon.relation_tree(relation regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE tree (relid) AS (
		SELECT relation::oid
		UNION
		SELECT i.inhrelid FROM pg_inherits AS i JOIN tree AS t ON i.inhparent = t.relid
	)
	SELECT relid::regclass FROM tree
$$;
COMMENT ON FUNCTION mobanon.relation_tree(regclass) IS
'For protect(): a table with its partitions and inheritance children, of all levels.';

CREATE FUNCTION mobanon.purpose_policy(relation regclass, purpose text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	root	protected_table;
	roles	text;
	policy	text := 'mobanon_' || purpose_policy.purpose;
	there	boolean;
BEGIN
	SELECT t.* INTO STRICT root FROM protected_table AS t
	WHERE purpose_policy.relation IN (SELECT relation_tree(t.relation));
	SELECT string_agg(r.role_name::text, ', ' ORDER BY r.role_name::text) INTO roles
	FROM purpose_role AS r JOIN pg_roles AS g ON g.oid = r.role_name
	WHERE r.purpose = purpose_policy.purpose;
	there := EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = purpose_policy.relation AND y.polname = policy);
	IF roles IS NULL AND there THEN
		EXECUTE format('DROP POLICY %I ON %s', policy, purpose_policy.relation);
	ELSIF roles IS NOT NULL AND there THEN
		EXECUTE format('ALTER POLICY %I ON %s TO %s', policy, purpose_policy.relation, roles);
	ELSIF roles IS NOT NULL THEN
		-- a pseudonym is known to the ledger by its text
		EXECUTE format('CREATE POLICY %I ON %s FOR SELECT TO %s USING (mobanon.consented(%I%s, %I, %L))',
			policy, purpose_policy.relation, roles, root.subject_column,
			(SELECT CASE a.atttypid WHEN 'uuid'::regtype THEN '::text' END FROM pg_attribute AS a
			 WHERE a.attrelid = purpose_policy.relation AND a.attname = root.subject_column),
			root.event_time_column, purpose_policy.purpose);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.purpose_policy(regclass, text) IS
'For protect() and bind_purpose(): makes, changes or drops the policy of a purpose on one table.';

CREATE FUNCTION mobanon.close_table(relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	table_owner	regrole;
	loaders	oid[];
	bound	text;
BEGIN
	-- One command: what it fires finds both done.
	IF NOT (SELECT c.relrowsecurity AND c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = close_table.relation) THEN
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', close_table.relation);
	END IF;
	SELECT c.relowner::regrole INTO table_owner FROM pg_class AS c WHERE c.oid = close_table.relation;
	SELECT y.polroles INTO loaders FROM pg_policy AS y WHERE y.polrelid = close_table.relation AND y.polname = 'mobanon_load';
	IF loaders IS NULL THEN
		EXECUTE format('CREATE POLICY mobanon_load ON %s FOR INSERT TO %s WITH CHECK (true)', close_table.relation, table_owner);
	ELSIF NOT loaders && ARRAY[table_owner::oid, 0::oid] THEN
		-- the owner before is no loader any more, others that were added are
		EXECUTE format('ALTER POLICY mobanon_load ON %s TO %s', close_table.relation,
			(SELECT string_agg(l::regrole::text, ', ') FROM unnest(table_owner::oid || CASE WHEN cardinality(loaders) > 1 THEN loaders END) AS l));
	END IF;
	FOR bound IN SELECT DISTINCT r.purpose FROM purpose_role AS r LOOP
		PERFORM purpose_policy(close_table.relation, bound);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.close_table(regclass) IS
'For protect(): row-level security, forced, the policy by which the owner loads, and those of all bound purposes, on one table.';

CREATE FUNCTION mobanon.possible_columns(relation regclass, types regtype[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT COALESCE(string_agg(format('"%s"', a.attname), ', ' ORDER BY a.attnum), 'none') FROM pg_attribute AS a
	WHERE a.attrelid = possible_columns.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = ANY (types::oid[])
$$;
COMMENT ON FUNCTION mobanon.possible_columns(regclass, regtype[]) IS
'For protect(): the columns of these types, for the hint of an error.';

CREATE FUNCTION mobanon.protect(relation regclass, subject_column name, event_time_column name) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	c	pg_class;
	t	regtype;
	member	regclass;
BEGIN
	IF protect.relation IS NULL OR protect.subject_column IS NULL OR protect.event_time_column IS NULL THEN
		RAISE EXCEPTION 'protect() needs a table, its subject column and its event time column'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT mobanon.protect(''events'', ''subject'', ''at'').';
	END IF;
	SELECT k.* INTO c FROM pg_class AS k WHERE k.oid = protect.relation;
	IF c.relkind NOT IN ('r', 'p') THEN
		RAISE EXCEPTION '% is not a table', protect.relation
			USING ERRCODE = 'wrong_object_type',
				  HINT = 'Row-level security works on tables: protect the tables that a view reads; a foreign table is protected where it is.';
	END IF;
	IF c.relpersistence = 't' THEN
		RAISE EXCEPTION '% is a temporary table', protect.relation
			USING ERRCODE = 'wrong_object_type', HINT = 'It is its session''s own and ends with it: keep events in a permanent table.';
	END IF;
	IF NOT pg_has_role(c.relowner, 'USAGE') THEN
		RAISE EXCEPTION 'must be owner of table %', protect.relation
			USING ERRCODE = 'insufficient_privilege', HINT = format('SET ROLE to its owner, %s.', c.relowner::regrole);
	END IF;
	IF EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = protect.relation) THEN
		RAISE EXCEPTION '% is a partition or inheritance child', protect.relation
			USING ERRCODE = 'wrong_object_type', HINT = 'Protect its topmost parent: that covers all that is below it.';
	END IF;
	SELECT a.atttypid::regtype INTO t FROM pg_attribute AS a
	WHERE a.attrelid = protect.relation AND a.attname = protect.subject_column AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'column "%" of % does not exist', protect.subject_column, protect.relation
			USING ERRCODE = 'undefined_column', HINT = format('The second argument is the column with the subject. Columns that could be: %s.',
				possible_columns(protect.relation, '{text,varchar,bigint,integer,smallint,uuid}'));
	ELSIF t NOT IN ('text', 'varchar', 'bigint', 'integer', 'smallint', 'uuid') THEN
		RAISE EXCEPTION 'subject column "%" is of type %, not text, bigint or uuid', protect.subject_column, t
			USING ERRCODE = 'datatype_mismatch', HINT = 'The ledger knows subjects as text, as whole numbers, or by a long-lived pseudonym.';
	END IF;
	SELECT a.atttypid::regtype INTO t FROM pg_attribute AS a
	WHERE a.attrelid = protect.relation AND a.attname = protect.event_time_column AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'column "%" of % does not exist', protect.event_time_column, protect.relation
			USING ERRCODE = 'undefined_column', HINT = format('The third argument is the column with the time of the event. Columns that could be: %s.',
				possible_columns(protect.relation, '{timestamptz}'));
	ELSIF t <> 'timestamptz'::regtype THEN
		RAISE EXCEPTION 'event time column "%" is of type %, not timestamp with time zone', protect.event_time_column, t
			USING ERRCODE = 'datatype_mismatch', HINT = 'A time without a zone is no instant that consent could be compared with.';
	END IF;
	IF EXISTS (SELECT FROM protected_table AS p WHERE p.relation = protect.relation) THEN
		RAISE EXCEPTION '% is protected already', protect.relation
			USING ERRCODE = 'duplicate_object', HINT = 'To protect it by other columns, call mobanon.unprotect() first.';
	END IF;
	INSERT INTO protected_table (relation, subject_column, event_time_column)
	VALUES (protect.relation, protect.subject_column, protect.event_time_column);
	FOR member IN SELECT relation_tree(protect.relation) LOOP
		IF (SELECT k.relkind FROM pg_class AS k WHERE k.oid = member) NOT IN ('r', 'p') THEN
			RAISE EXCEPTION '% has the foreign partition %, which cannot be protected', protect.relation, member
				USING ERRCODE = 'wrong_object_type', HINT = 'Detach it, and protect it on its own server.';
		END IF;
		PERFORM close_table(member);
	END LOOP;
	PERFORM settle_protected_tables();
END
$$;
COMMENT ON FUNCTION mobanon.protect(regclass, name, name) IS
'Closes a table of events, with its partitions present and future: row-level security is forced, also for its owner, and only roles bound to a purpose read the rows that have consent for it. The owner goes on inserting. Called by the table''s owner.';

CREATE FUNCTION mobanon.unprotect(relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	member	regclass;
	policy	name;
BEGIN
	IF NOT EXISTS (SELECT FROM protected_table AS p WHERE p.relation = unprotect.relation) THEN
		RAISE EXCEPTION '% is not protected', unprotect.relation
			USING ERRCODE = 'undefined_object', HINT = 'mobanon.protected_table lists what is; of a partition or child, its topmost parent.';
	END IF;
	-- First, or the event trigger would close it again.
	DELETE FROM protected_table AS p WHERE p.relation = unprotect.relation;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'must be owner of table %', unprotect.relation
			USING ERRCODE = 'insufficient_privilege',
				  HINT = format('SET ROLE to its owner, %s.', (SELECT c.relowner::regrole FROM pg_class AS c WHERE c.oid = unprotect.relation));
	END IF;
	FOR member IN SELECT relation_tree(unprotect.relation) LOOP
		FOR policy IN SELECT y.polname FROM pg_policy AS y
			WHERE y.polrelid = member AND (y.polname = 'mobanon_load' OR y.polname IN (SELECT 'mobanon_' || p.purpose FROM purpose AS p)) LOOP
			EXECUTE format('DROP POLICY %I ON %s', policy, member);
		END LOOP;
	END LOOP;
	-- After all policies: a table that has one and is registered nowhere counts as detached, and stays protected.
	FOR member IN SELECT relation_tree(unprotect.relation) LOOP
		EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', member);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.unprotect(regclass) IS
'Reverses protect(): from now on privileges alone decide who reads the table.';

/* ---- purposes and roles ---- */

CREATE FUNCTION mobanon.bind_role(purpose text, role_name regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF bind_role.purpose IS NULL OR bind_role.role_name IS NULL THEN
		RAISE EXCEPTION 'bind_purpose() needs a purpose and a role'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT mobanon.bind_purpose(''retail_footfall'', ''retail_job'').';
	END IF;
	IF NOT EXISTS (SELECT FROM purpose AS p WHERE p.purpose = bind_role.purpose) THEN
		RAISE EXCEPTION 'purpose "%" does not exist', bind_role.purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = bind_role.role_name) THEN
		RAISE EXCEPTION 'role with OID % does not exist', bind_role.role_name::oid
			USING ERRCODE = 'undefined_object', HINT = 'Give the role''s name.';
	END IF;
	IF EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = bind_role.role_name AND (r.rolsuper OR r.rolbypassrls)) THEN
		RAISE EXCEPTION 'role % reads around every policy', bind_role.role_name
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'A purpose is bound to a role that is NOSUPERUSER and NOBYPASSRLS.';
	END IF;
	IF EXISTS (SELECT FROM purpose_role AS r WHERE r.purpose = bind_role.purpose AND r.role_name = bind_role.role_name) THEN
		RAISE EXCEPTION 'role % is bound to purpose "%" already', bind_role.role_name, bind_role.purpose
			USING ERRCODE = 'duplicate_object', HINT = 'It reads already what consent for the purpose allows, where it has the privilege SELECT.';
	END IF;
	IF EXISTS (SELECT FROM purpose_role AS r WHERE r.role_name = bind_role.role_name) THEN
		RAISE EXCEPTION 'role % is bound to another purpose', bind_role.role_name
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = 'A role of two purposes would read the rows of both.',
				  HINT = 'Make a role for each purpose.';
	END IF;
	INSERT INTO purpose_role (purpose, role_name) VALUES (bind_role.purpose, bind_role.role_name);
	PERFORM grant_processing(bind_role.role_name);
END
$$;
COMMENT ON FUNCTION mobanon.bind_role(text, regrole) IS
'For bind_purpose(): enters the role, and lets it call what a pipeline calls.';

CREATE FUNCTION mobanon.unbind_role(purpose text, role_name regrole) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	DELETE FROM purpose_role AS r WHERE r.purpose = unbind_role.purpose AND r.role_name = unbind_role.role_name;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'role % is not bound to purpose "%"', unbind_role.role_name, unbind_role.purpose
			USING ERRCODE = 'undefined_object', HINT = 'mobanon.purpose_role lists who is bound to what.';
	END IF;
	PERFORM revoke_processing(unbind_role.role_name);
END
$$;
COMMENT ON FUNCTION mobanon.unbind_role(text, regrole) IS 'For unbind_purpose(): the reverse of bind_role().';

CREATE FUNCTION mobanon.purpose_policies(purpose text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	member	regclass;
	foreign_table	regclass;
BEGIN
	SELECT t.relation INTO foreign_table FROM protected_table AS t JOIN pg_class AS c ON c.oid = t.relation
	WHERE NOT pg_has_role(c.relowner, 'USAGE') LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'must be owner of protected table % to change its policies', foreign_table
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Purposes are bound by somebody who is a member of the owners of all protected tables.';
	END IF;
	FOR member IN SELECT relation_tree(t.relation) FROM protected_table AS t JOIN pg_class AS c ON c.oid = t.relation LOOP
		PERFORM purpose_policy(member, purpose_policies.purpose);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.purpose_policies(text) IS
'For bind_purpose(): brings the policy of a purpose up to date on all protected tables.';

CREATE FUNCTION mobanon.bind_purpose(purpose text, role_name regrole) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	PERFORM bind_role(bind_purpose.purpose, bind_purpose.role_name);
	PERFORM purpose_policies(bind_purpose.purpose);
END
$$;
COMMENT ON FUNCTION mobanon.bind_purpose(text, regrole) IS
'Lets a role process for a purpose: on every protected table it reads the rows with consent for the purpose, if it has the privilege SELECT there. A role serves one purpose. Called by somebody who owns the protected tables.';

CREATE FUNCTION mobanon.unbind_purpose(purpose text, role_name regrole) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	PERFORM unbind_role(unbind_purpose.purpose, unbind_purpose.role_name);
	PERFORM purpose_policies(unbind_purpose.purpose);
END
$$;
COMMENT ON FUNCTION mobanon.unbind_purpose(text, regrole) IS
'Reverses bind_purpose(): the role reads nothing of the protected tables any more.';
