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
		FROM root AS r JOIN pg_attribute AS a ON a.attrelid = foreign_policies.relation AND a.attname = r.subject_column
	)
	SELECT y.polname, CASE
			WHEN p.purpose IS NULL THEN 'it is none of mobanon'
			WHEN y.polqual IS NULL OR pg_get_expr(y.polqual, y.polrelid) <> c.text || format('%L::text)', p.purpose)
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

CREATE FUNCTION mobanon.settle_protected_tables(touched oid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	-- Detached, it stays protected, by the columns it was protected by.
	INSERT INTO protected_table (relation, subject_column, event_time_column)
	SELECT DISTINCT ON (y.polrelid) y.polrelid, t.subject_column, t.event_time_column
	FROM pg_policy AS y
	JOIN protected_table AS t
		ON EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = y.polrelid AND a.attname = t.subject_column AND NOT a.attisdropped)
		AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = y.polrelid AND a.attname = t.event_time_column AND NOT a.attisdropped)
	WHERE y.polname = 'mobanon_load'
	AND NOT EXISTS (SELECT FROM protected_table AS p WHERE y.polrelid IN (SELECT relation_tree(p.relation)))
	ORDER BY y.polrelid, EXISTS (SELECT FROM relation_tree(t.relation) AS m WHERE m = ANY (touched)) DESC, t.relation;
	-- Attached to a protected table, it is part of that.
	DELETE FROM protected_table AS t
	WHERE EXISTS (SELECT FROM protected_table AS p WHERE p.relation <> t.relation AND t.relation IN (SELECT relation_tree(p.relation)));
END
$$;
COMMENT ON FUNCTION mobanon.settle_protected_tables(oid[]) IS
'For the event trigger: enters tables that were detached from a protected one into protected_table, and takes out those that were attached to one.';

CREATE FUNCTION mobanon.close_new_partitions() RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	touched	oid[] := ARRAY(SELECT d.objid FROM pg_event_trigger_ddl_commands() AS d WHERE d.classid = 'pg_class'::regclass
		UNION SELECT y.polrelid FROM pg_event_trigger_ddl_commands() AS d JOIN pg_policy AS y ON y.oid = d.objid
			WHERE d.classid = 'pg_policy'::regclass);
	policies	name[] := ARRAY(SELECT y.polname FROM pg_event_trigger_ddl_commands() AS d JOIN pg_policy AS y ON y.oid = d.objid
			WHERE d.classid = 'pg_policy'::regclass);
	root	regclass;
	member	regclass;
	above	regclass;
	kind	"char";
	found_policy	name;
	fault	text;
BEGIN
	-- A dump says itself how its tables were protected; these settings stand at its head.
	-- Anybody can set them: they count only for who reads around policies anyway.
	IF current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off' AND reads_around_policies() THEN
		RETURN;
	END IF;
	IF TG_TAG = 'ALTER TABLE' THEN
		PERFORM settle_protected_tables(touched);
	END IF;
	FOR root IN
		SELECT t.relation FROM protected_table AS t JOIN pg_class AS c ON c.oid = t.relation
		WHERE TG_TAG = 'DROP POLICY' OR EXISTS (SELECT FROM relation_tree(t.relation) AS m WHERE m = ANY (touched))
			OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = t.relation)
	LOOP
		FOR member IN SELECT relation_tree(root) LOOP
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
			IF NOT (SELECT c.relrowsecurity AND c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = member)
				OR NOT EXISTS (SELECT FROM pg_policy AS y WHERE y.polrelid = member AND y.polname = 'mobanon_load') THEN
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
'Event trigger: what becomes a partition or child of a protected table is protected in the same command and stays so when it is detached; protection is not taken off by ALTER TABLE or other policies, and a protected table is not read through a parent.';
CREATE EVENT TRIGGER mobanon_close_new_partitions ON ddl_command_end
	WHEN TAG IN ('CREATE TABLE', 'CREATE SCHEMA', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'ALTER TABLE',
		'CREATE POLICY', 'ALTER POLICY', 'DROP POLICY')
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
