/*
 * What keeps a protected table protected while definitions change: event
 * triggers for what can be put right or refused afterwards, and guard.c for
 * what would have told of hidden rows by then.
 */
CREATE FUNCTION mobanon.reads_around_policies() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles AS r WHERE r.rolname = current_user $$;
COMMENT ON FUNCTION mobanon.reads_around_policies() IS
'For the event triggers: whether the current role is a superuser or has BYPASSRLS: no policy holds for it.';

CREATE FUNCTION mobanon.is_restoring() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	-- Anybody can set these: they count only for who reads around policies anyway.
	SELECT current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off' AND reads_around_policies()
$$;
COMMENT ON FUNCTION mobanon.is_restoring() IS
'For the event triggers: whether this session restores a dump, which says itself how its tables were protected; told by the settings at its head.';

CREATE FUNCTION mobanon.check_protected_table() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	entered		regclass := COALESCE(NEW.relation, OLD.relation);
	closed		boolean;
	listed		boolean;
BEGIN
	SELECT c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = c.oid AND y.polname = 'mobanon_load')
	INTO closed FROM pg_class AS c WHERE c.oid = entered;
	IF NOT FOUND OR is_restoring() THEN
		RETURN NULL;
	END IF;
	listed := EXISTS (SELECT FROM protected_table AS t WHERE t.relation = entered);
	IF NOT listed AND closed AND NOT EXISTS (SELECT FROM protected_table AS t WHERE entered IN (SELECT relation_tree(t.relation))) THEN
		RAISE EXCEPTION 'the table % is closed, and would be missing in mobanon.protected_table', entered
			USING ERRCODE = 'integrity_constraint_violation', HINT = 'mobanon.unprotect() takes the protection off.';
	ELSIF listed AND (NOT closed OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = entered)) THEN
		RAISE EXCEPTION 'the table % would stand in mobanon.protected_table, and is not closed', entered
			USING ERRCODE = 'integrity_constraint_violation', HINT = 'mobanon.protect() protects a table; its topmost parent, if it has one.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.check_protected_table() IS
'Trigger: when a transaction commits, a table stands in protected_table if and only if it is closed; whoever writes there by hand gets an error.';
CREATE CONSTRAINT TRIGGER protected_table_is_closed AFTER INSERT OR DELETE ON mobanon.protected_table
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mobanon.check_protected_table();

CREATE FUNCTION mobanon.foreign_policies(relation regclass) RETURNS TABLE (policy name, fault text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	-- As pg_get_expr() writes what purpose_policy() made, with this search_path.
	WITH root AS (
		SELECT t.* FROM protected_table AS t WHERE foreign_policies.relation IN (SELECT relation_tree(t.relation)) LIMIT 1
	), call AS (
		SELECT format('consented(%s, %I, ', CASE a.atttypid
				WHEN 'varchar'::regtype THEN format('(%I)::text', r.subject_column)
				WHEN 'uuid'::regtype THEN format('(%I)::text', r.subject_column)
				WHEN 'int4'::regtype THEN format('(%I)::bigint', r.subject_column)
				WHEN 'int2'::regtype THEN format('(%I)::bigint', r.subject_column)
				ELSE format('%I', r.subject_column) END, r.event_time_column) AS text
		FROM root AS r JOIN pg_attribute AS a ON a.attrelid = foreign_policies.relation AND a.attname = r.subject_column AND NOT a.attisdropped
	)
	SELECT y.polname, CASE
			WHEN p.purpose IS NULL THEN 'it is none of mobanon'
			WHEN c.text IS NULL OR y.polqual IS NULL OR pg_get_expr(y.polqual, y.polrelid) <> c.text || format('%L::text)', p.purpose)
				THEN 'its condition is not consented() with the columns given to protect()'
			ELSE 'it holds for roles that are not bound to the purpose' END
	FROM pg_policy AS y
	LEFT JOIN call AS c ON true
	LEFT JOIN purpose AS p ON y.polname = left('mobanon_' || p.purpose, 63)::name
	-- those for INSERT let nothing be read
	WHERE y.polrelid = foreign_policies.relation AND y.polcmd <> 'a'
	AND NOT COALESCE(y.polpermissive AND y.polcmd = 'r'
		AND pg_get_expr(y.polqual, y.polrelid) = c.text || format('%L::text)', p.purpose)
		AND y.polroles <@ ARRAY(SELECT r.role_name::oid FROM purpose_role AS r WHERE r.purpose = p.purpose), false)
$$;
COMMENT ON FUNCTION mobanon.foreign_policies(regclass) IS
'For protection_gaps(): the policies of a protected table (or partition) that are not what protect() makes: permissive ones let more be read, restrictive ones may run code over rows without consent.';

CREATE FUNCTION mobanon.owner_loads(relation regclass) RETURNS boolean
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = c.oid AND y.polname = 'mobanon_load' AND y.polroles && ARRAY[c.relowner, 0::oid])
	FROM pg_class AS c WHERE c.oid = relation
$$;
COMMENT ON FUNCTION mobanon.owner_loads(regclass) IS
'Whether a table has the policy mobanon_load, and that for its owner of today: by this policy the owner inserts, and a protected table is known.';

CREATE FUNCTION mobanon.settle_protected_tables() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	-- Detached, it stays protected, by the columns it was protected by.
	WITH member AS MATERIALIZED (SELECT relation_tree(t.relation) AS relation FROM protected_table AS t),
		apart AS MATERIALIZED (
			SELECT p.*, EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = p.relation AND y.polname = 'mobanon_load') AS closed
			FROM protected_part AS p WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.relation = p.relation)),
		-- unprotected, or dropped
		gone AS (DELETE FROM protected_part AS p USING apart AS a WHERE a.relation = p.relation AND NOT a.closed)
	INSERT INTO protected_table (relation, subject_column, event_time_column)
	SELECT a.relation, a.subject_column, a.event_time_column FROM apart AS a WHERE a.closed;
	-- Attached to a protected table, it is part of that; or it was dropped.
	WITH member AS MATERIALIZED (SELECT t.relation AS root, relation_tree(t.relation) AS relation FROM protected_table AS t)
	DELETE FROM protected_table AS t WHERE EXISTS (SELECT FROM member AS m WHERE m.relation = t.relation AND m.root <> t.relation)
	OR NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.relation);
	-- Nobody but this function writes here, and only what is below a protected table: a policy of that name is not enough.
	INSERT INTO protected_part AS p (relation, subject_column, event_time_column)
	SELECT DISTINCT ON (m.relation) m.relation, t.subject_column, t.event_time_column
	FROM protected_table AS t, relation_tree(t.relation) AS m (relation) ORDER BY m.relation, t.relation
	ON CONFLICT (relation) DO UPDATE SET subject_column = excluded.subject_column, event_time_column = excluded.event_time_column
	WHERE (p.subject_column, p.event_time_column) <> (excluded.subject_column, excluded.event_time_column);
END
$$;
COMMENT ON FUNCTION mobanon.settle_protected_tables() IS
'For the event trigger: keeps protected_part, enters tables that were detached from a protected one into protected_table, and takes out those that were attached to one. Does the same whoever calls it.';

CREATE FUNCTION mobanon.close_new_partitions() RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	touched	oid[] := ARRAY(SELECT d.objid FROM pg_event_trigger_ddl_commands() AS d WHERE d.classid = 'pg_class'::regclass
		UNION SELECT y.polrelid FROM pg_event_trigger_ddl_commands() AS d JOIN pg_policy AS y ON y.oid = d.objid
			WHERE d.classid = 'pg_policy'::regclass);
	-- with what is below
	affected	oid[] := ARRAY(SELECT relation_tree(t) FROM unnest(touched) AS t);
	policies	name[] := ARRAY(SELECT y.polname FROM pg_event_trigger_ddl_commands() AS d JOIN pg_policy AS y ON y.oid = d.objid
			WHERE d.classid = 'pg_policy'::regclass);
	root	regclass;
	member	regclass;
	above	regclass;
	table_owner	regrole;
	kind	"char";
	found_policy	name;
	fault	text;
	lost	name;
	part	text;
BEGIN
	IF is_restoring() THEN
		RETURN;
	END IF;
	IF TG_TAG NOT LIKE '%POLICY' THEN
		PERFORM settle_protected_tables();
	END IF;
	FOR root IN
		SELECT t.relation FROM protected_table AS t JOIN pg_class AS c ON c.oid = t.relation
		WHERE TG_TAG IN ('DROP POLICY', 'DROP OWNED') OR EXISTS (SELECT FROM relation_tree(t.relation) AS m WHERE m = ANY (touched))
			OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = t.relation)
	LOOP
		-- Only what the command touched: closing a member is a command itself, and would come back here for all the others.
		FOR member IN SELECT m FROM relation_tree(root) AS m
			WHERE TG_TAG IN ('DROP POLICY', 'DROP OWNED') OR m = ANY (affected) OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = root)
		LOOP
			SELECT c.relkind INTO kind FROM pg_class AS c WHERE c.oid = member;
			IF kind NOT IN ('r', 'p') THEN
				RAISE EXCEPTION '% would be a foreign partition of the protected table %', member, root
					USING ERRCODE = 'wrong_object_type', HINT = 'Protect it on its own server, and keep it apart.';
			END IF;
			SELECT i.inhparent INTO above FROM pg_inherits AS i
			WHERE i.inhrelid = member AND (member = root OR i.inhparent NOT IN (SELECT m::oid FROM relation_tree(root) AS m)) LIMIT 1;
			IF FOUND THEN
				RAISE EXCEPTION 'the rows of the protected table % could be read through %', member, above
					USING ERRCODE = 'invalid_table_definition',
						  HINT = 'Policies hold for the table that a query names: protect the topmost parent, and nothing below it.';
			END IF;
			-- For a superuser, too: what protect() and the pipelines wrote down would be wrong.
			SELECT p.part, p.column_name INTO part, lost
			FROM protected_table AS t, LATERAL (VALUES ('subject column', t.subject_column), ('event time column', t.event_time_column)) AS p (part, column_name)
			WHERE t.relation = root AND NOT EXISTS (
				SELECT FROM pg_attribute AS a WHERE a.attrelid = member AND a.attname = p.column_name AND NOT a.attisdropped) LIMIT 1;
			IF FOUND THEN
				RAISE EXCEPTION 'the % "%" of the protected table % is not renamed or dropped', part, lost, member
					USING ERRCODE = 'object_in_use',
						  HINT = 'In one transaction: mobanon.unprotect() the table, rename, and mobanon.protect() it by the new name.';
			END IF;
			IF NOT (SELECT c.relrowsecurity AND c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = member) OR NOT owner_loads(member) THEN
				SELECT c.relowner::regrole INTO table_owner FROM pg_class AS c WHERE c.oid = member;
				IF NOT pg_has_role(table_owner, 'USAGE') THEN
					RAISE EXCEPTION '% is refused: the policies of the protected table % have to be those of its owner %', TG_TAG, member, table_owner
						USING ERRCODE = 'insufficient_privilege',
							  HINT = format('Let a superuser do it, or somebody who inherits the rights of %s.', table_owner);
				END IF;
				PERFORM close_table(member);
			END IF;
			CONTINUE WHEN TG_TAG LIKE '%POLICY' AND member <> ALL (touched);
			SELECT f.policy, f.fault INTO found_policy, fault FROM foreign_policies(member) AS f
			WHERE TG_TAG NOT LIKE '%POLICY' OR f.policy = ANY (policies) LIMIT 1;
			IF FOUND AND NOT reads_around_policies() THEN
				RAISE EXCEPTION 'policy "%" on the protected table % is refused: %', found_policy, member, fault
					USING ERRCODE = 'insufficient_privilege',
						  HINT = 'Roles read a protected table by mobanon.bind_purpose() only; policies FOR INSERT are free.';
			END IF;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.close_new_partitions() IS
'Event trigger: what becomes a partition or child of a protected table is protected in the same command and stays so when it is detached, also when its owner changes or goes; protection is not taken off by ALTER TABLE or other policies, and a protected table is not read through a parent.';
CREATE EVENT TRIGGER mobanon_close_new_partitions ON ddl_command_end
	-- PostgreSQL renames a table's columns for ALTER VIEW, too, and the like
	WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'ALTER TABLE',
		'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER TYPE', 'CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP OWNED')
	EXECUTE FUNCTION mobanon.close_new_partitions();

CREATE FUNCTION mobanon.guard_load() RETURNS event_trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'guard_load';
COMMENT ON FUNCTION mobanon.guard_load() IS
'Event trigger: loads what refuses an index with an expression, a CHECK constraint, a foreign key or a statistics object on a protected table to whoever is subject to its policies.';
CREATE EVENT TRIGGER mobanon_guard_load ON ddl_command_start EXECUTE FUNCTION mobanon.guard_load();

CREATE FUNCTION mobanon.guard_is_preloaded() RETURNS boolean
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'guard_is_preloaded';
COMMENT ON FUNCTION mobanon.guard_is_preloaded() IS
'For protection_gaps(): whether sessions begin with the library, by shared_preload_libraries or session_preload_libraries.';

CREATE FUNCTION mobanon.guard_rewrite() RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	rewritten	regclass := pg_event_trigger_table_rewrite_oid();
BEGIN
	IF NOT reads_around_policies()
		AND EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = rewritten AND y.polname = 'mobanon_load') THEN
		RAISE EXCEPTION 'rewriting the protected table % is refused', rewritten
			USING ERRCODE = 'insufficient_privilege',
				  DETAIL = 'It would run over rows that the policies hide, and an error could show their values.',
				  HINT = 'A superuser may do it.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.guard_rewrite() IS
'Event trigger: refuses changes of a column''s type and the like on a protected table to whoever is subject to its policies.';
CREATE EVENT TRIGGER mobanon_guard_rewrite ON table_rewrite EXECUTE FUNCTION mobanon.guard_rewrite();

COMMENT ON EVENT TRIGGER mobanon_close_new_partitions IS
'mobanon: what becomes part of a protected table is protected in the same command; protection is not taken off by other commands.';
COMMENT ON EVENT TRIGGER mobanon_guard_load IS
'mobanon: refuses definitions that would run over hidden rows of a protected table.';
COMMENT ON EVENT TRIGGER mobanon_guard_rewrite IS
'mobanon: refuses rewriting a protected table to whoever is subject to its policies.';
-- Also in a session that plays the replica.
ALTER EVENT TRIGGER mobanon_close_new_partitions ENABLE ALWAYS;
ALTER EVENT TRIGGER mobanon_guard_load ENABLE ALWAYS;
ALTER EVENT TRIGGER mobanon_guard_rewrite ENABLE ALWAYS;

CREATE FUNCTION mobanon.harden_statistics(on_or_off boolean DEFAULT true) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT format(CASE WHEN on_or_off THEN 'REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC; GRANT EXECUTE ON FUNCTION %1$s TO pg_monitor;'
				  ELSE 'GRANT EXECUTE ON FUNCTION %s TO PUBLIC; REVOKE EXECUTE ON FUNCTION %1$s FROM pg_monitor;' END,
				  format('pg_catalog.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)))
	FROM pg_proc AS p
	WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
	AND (p.proname ~ '^pg_stat_get_' AND p.proname !~ 'backend_(pid|idset)$'
		OR p.proname IN ('pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size', 'pg_database_size',
			'pg_tablespace_size', 'pg_lock_status', 'pg_get_aios', 'pg_get_shmem_allocations', 'pg_current_wal_lsn', 'pg_current_wal_insert_lsn',
			'pg_current_wal_flush_lsn', 'pg_control_checkpoint'))
	ORDER BY p.proname, p.oid
$$;
COMMENT ON FUNCTION mobanon.harden_statistics(boolean) IS
'Prints the statements, for a superuser to run in each database, that take PostgreSQL''s activity counters and sizes from PUBLIC and leave them to pg_monitor: they move with a single withdrawal, for everybody to see. false: the statements that give them back. See doc/side-doors.md.';
