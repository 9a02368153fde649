/*
 * protection_gaps(), continued: privileges, roles, and the house itself.
 */
CREATE FUNCTION mobanon.grant_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	WITH acl AS (
		SELECT m.member, NULL::name AS attname, c.relowner, x.grantee, x.privilege_type
		FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member, aclexplode(c.relacl) AS x
		UNION ALL
		SELECT m.member, a.attname, c.relowner, x.grantee, x.privilege_type
		FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member
		JOIN pg_attribute AS a ON a.attrelid = m.member, aclexplode(a.attacl) AS x
	), named AS (
		SELECT a.*, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role FROM acl AS a WHERE a.grantee <> a.relowner
	)
	SELECT n.member, CASE WHEN n.attname IS NULL THEN 'grant' ELSE 'column grant' END,
		concat(n.role, ' has ', n.privilege_type, ' on column ' || quote_ident(n.attname))
			|| CASE n.privilege_type WHEN 'INSERT' THEN ': a unique key tells it whether a row exists'
				WHEN 'TRUNCATE' THEN ', which no policy holds back' WHEN 'REFERENCES' THEN ': a foreign key tells it whether a row exists'
				WHEN 'SELECT' THEN ', and is not bound to a purpose' ELSE '' END,
		concat('REVOKE ', n.privilege_type, ' (' || quote_ident(n.attname) || ')', ' ON ', n.member, ' FROM ', n.role)
	FROM named AS n
	WHERE NOT (n.privilege_type = 'SELECT' AND EXISTS (SELECT FROM purpose_role AS r WHERE r.role_name = n.grantee))
	-- loading is free where nothing answers
	AND NOT (n.privilege_type = 'INSERT' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = n.member AND i.indisunique))
	UNION ALL
	-- what CREATE EXTENSION and bind_purpose() did not give
	SELECT NULL, 'privilege on mobanon', format('%s has %s on %s', o.role, o.privilege_type, o.name),
		format('REVOKE %s ON %s %s FROM %s', o.privilege_type, o.kind, o.name, o.role)
	FROM (
		SELECT p.oid, 'ROUTINE' AS kind, p.oid::regprocedure::text AS name, p.proowner AS owner, x.grantee, x.privilege_type,
			-- area_cells() reads where areas are: nobody's data
			EXISTS (SELECT FROM purpose_role AS r WHERE r.role_name = x.grantee) AND (NOT p.prosecdef OR p.proname = 'area_cells') AS bound, i.initprivs
		FROM pg_proc AS p LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid,
			aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS x
		WHERE p.pronamespace = 'mobanon'::regnamespace
		UNION ALL
		SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text, c.relowner, x.grantee, x.privilege_type,
			false, i.initprivs
		FROM pg_class AS c LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0,
			aclexplode(c.relacl) AS x
		WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'v', 'S')
		UNION ALL
		SELECT c.oid, 'TABLE', c.oid::regclass::text, c.relowner, x.grantee, format('%s (%I)', x.privilege_type, a.attname), false, NULL
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid, aclexplode(a.attacl) AS x
		WHERE c.relnamespace = 'mobanon'::regnamespace
	) AS p, LATERAL (SELECT CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE p.grantee::regrole::text END AS role, p.privilege_type, p.name, p.kind) AS o
	WHERE p.grantee <> p.owner AND NOT p.bound
	AND NOT EXISTS (SELECT FROM aclexplode(p.initprivs) AS g WHERE g.grantee = p.grantee AND g.privilege_type = p.privilege_type)
$$;
COMMENT ON FUNCTION mobanon.grant_gaps() IS
'For protection_gaps(): privileges on protected tables and on mobanon''s own objects that nobody needs.';

CREATE FUNCTION mobanon.purpose_members() RETURNS TABLE (purpose text, role_name regrole, member oid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH RECURSIVE members (purpose, role_name, member) AS (
		SELECT p.purpose, p.role_name, r.oid FROM purpose_role AS p JOIN pg_roles AS r ON r.oid = p.role_name
		UNION
		SELECT m.purpose, m.role_name, a.member FROM members AS m JOIN pg_auth_members AS a ON a.roleid = m.member
	)
	SELECT * FROM members
$$;
COMMENT ON FUNCTION mobanon.purpose_members() IS
'For protection_gaps(): the roles of each purpose, with their members, and the members'' members.';

CREATE FUNCTION mobanon.role_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	SELECT NULL::regclass, 'purpose role reads around policies', format('%I, which processes for "%s", is a superuser or has BYPASSRLS', r.rolname, m.purpose),
		format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', r.rolname)
	FROM purpose_members() AS m JOIN pg_roles AS r ON r.oid = m.member
	WHERE m.member = m.role_name AND (r.rolsuper OR r.rolbypassrls)
	UNION
	SELECT NULL, 'member reads around policies', format('%I, a member of %s, is a superuser or has BYPASSRLS', r.rolname, m.role_name),
		format('REVOKE %s FROM %s', a.roleid::regrole, r.oid::regrole)
	FROM purpose_members() AS m JOIN pg_roles AS r ON r.oid = m.member JOIN pg_auth_members AS a ON a.member = m.member
	WHERE m.member <> m.role_name AND (r.rolsuper OR r.rolbypassrls)
	AND a.roleid IN (SELECT s.member FROM purpose_members() AS s WHERE s.role_name = m.role_name)
	UNION
	SELECT NULL, 'two purposes', format('%I reads the rows of %s', r.rolname, string_agg(DISTINCT m.purpose, ' and ' ORDER BY m.purpose)),
		string_agg(DISTINCT format('REVOKE %s FROM %s', m.role_name, r.oid::regrole), ' -- or: ') FILTER (WHERE m.member <> m.role_name)
	FROM purpose_members() AS m JOIN pg_roles AS r ON r.oid = m.member
	WHERE r.rolcanlogin AND NOT r.rolsuper
	GROUP BY r.oid, r.rolname HAVING count(DISTINCT m.purpose) > 1
	UNION
	-- what belongs to mobanon_owner and is not mobanon's is a release
	SELECT NULL, 'analyst in the identity zone', format('%I reads the release %s, and processes for "%s"', r.rolname, c.oid::regclass, m.purpose),
		format('REVOKE %s FROM %s', m.role_name, r.oid::regrole)
	FROM pg_class AS c, aclexplode(c.relacl) AS x, purpose_members() AS m JOIN pg_roles AS r ON r.oid = m.member
	WHERE c.relowner = 'mobanon_owner'::regrole AND c.relnamespace <> 'mobanon'::regnamespace AND c.relkind = 'r'
	AND x.grantee NOT IN (c.relowner, 'mobanon_admin'::regrole) AND x.grantee = r.oid
	UNION
	SELECT m.member, 'role reads around policies', format('%I has BYPASSRLS, and SELECT', r.rolname), format('ALTER ROLE %I NOBYPASSRLS', r.rolname)
	FROM protected_members() AS m, pg_roles AS r
	WHERE r.rolbypassrls AND NOT r.rolsuper AND has_any_column_privilege(r.oid, m.member, 'SELECT')
	UNION
	SELECT NULL, 'role may join a purpose', format('%I may make itself a member of %s', r.rolname, m.role_name),
		CASE WHEN a.admin_option THEN format('REVOKE ADMIN OPTION FOR %s FROM %s', m.role_name, r.oid::regrole)
			ELSE format('ALTER ROLE %I NOCREATEROLE', r.rolname) END
	FROM purpose_role AS m JOIN pg_roles AS g ON g.oid = m.role_name, pg_roles AS r
	LEFT JOIN pg_auth_members AS a ON a.member = r.oid AND a.admin_option
	WHERE NOT r.rolsuper
	AND (a.roleid = m.role_name OR (r.rolcreaterole AND current_setting('server_version_num')::int < 160000))
	UNION
	SELECT NULL, 'role acts as mobanon_owner', format('mobanon_owner %s', CASE WHEN r.rolcanlogin THEN 'can log in' ELSE 'is more than a plain role' END),
		'ALTER ROLE mobanon_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION'
	FROM pg_roles AS r WHERE r.rolname = 'mobanon_owner' AND (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication)
	UNION
	SELECT NULL, 'role acts as mobanon_owner', format('%I is a member of mobanon_owner, and can change ledger and keyring', r.rolname),
		format('REVOKE mobanon_owner FROM %s', r.oid::regrole)
	FROM pg_auth_members AS a JOIN pg_roles AS r ON r.oid = a.member
	WHERE a.roleid = 'mobanon_owner'::regrole AND NOT r.rolsuper
	UNION
	SELECT NULL, 'role reads everything', format('%I is a member of %I, which %s', r.rolname, b.rolname, d.does),
		format('REVOKE %I FROM %s', b.rolname, r.oid::regrole)
	FROM (VALUES ('pg_read_all_data', 'reads ledger, keyring and stages'), ('pg_write_all_data', 'writes the state of consent'),
		('pg_read_server_files', 'reads the files of all tables'), ('pg_write_server_files', 'writes the files of all tables'),
		('pg_execute_server_program', 'acts as the server'), ('pg_read_all_stats', 'reads the statements of others, with the subjects in them'),
		('pg_monitor', 'reads the statements of others, with the subjects in them'),
		('pg_maintain', 'runs code of a table''s owner over all rows')) AS d (name, does)
	JOIN pg_roles AS b ON b.rolname = d.name JOIN pg_auth_members AS a ON a.roleid = b.oid JOIN pg_roles AS r ON r.oid = a.member
	-- pg_monitor is a member of others by itself
	WHERE NOT r.rolsuper AND r.oid >= 16384
	UNION
	SELECT NULL, 'replication', format('%I may stream every table', r.rolname), format('ALTER ROLE %I NOREPLICATION', r.rolname)
	FROM pg_roles AS r WHERE r.rolreplication AND NOT r.rolsuper
	UNION
	SELECT NULL, 'logical replication slot', format('slot %s decodes what is written to every table of this database', s.slot_name),
		format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
	FROM pg_replication_slots AS s WHERE s.slot_type = 'logical' AND s.database = current_database()
$$;
COMMENT ON FUNCTION mobanon.role_gaps() IS
'For protection_gaps(): roles for which a policy does not hold, or too many do.';

CREATE FUNCTION mobanon.house_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	SELECT NULL::regclass, 'event trigger', format('%s is %s', e.name, CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'not always on' END),
		CASE WHEN t.oid IS NULL THEN format('CREATE EVENT TRIGGER %I ... EXECUTE FUNCTION mobanon.%I()', e.name, substr(e.name, 9))
			ELSE format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', e.name) END
	FROM (VALUES ('mobanon_close_new_partitions'), ('mobanon_guard_load'), ('mobanon_guard_rewrite')) AS e (name)
	LEFT JOIN pg_event_trigger AS t ON t.evtname = e.name
	WHERE t.evtenabled IS DISTINCT FROM 'A'
	UNION ALL
	SELECT NULL, 'library not preloaded', 'a role with privileges on a protected table and no policy sees the planner''s estimates of chosen subjects in a new session',
		format('ALTER DATABASE %I SET session_preload_libraries = mobanon', current_database())
	WHERE NOT guard_is_preloaded()
	UNION ALL
	SELECT c.oid, 'ledger trigger', format('%I is %s', e.name, CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'not always on' END),
		CASE WHEN t.oid IS NULL THEN 'DROP and CREATE EXTENSION, and restore' ELSE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', c.oid::regclass, e.name) END
	FROM (VALUES ('consent_ledger', 'append_only'), ('consent_ledger', 'apply_decisions'), ('consent_state', 'state_deleted'),
		('ledger_seal', 'append_only'), ('ledger_sealed', 'append_only'), ('publication', 'append_only'),
		('publication_window', 'append_only'), ('publication_withheld', 'append_only')) AS e (table_name, name)
	JOIN pg_class AS c ON c.relname = e.table_name AND c.relnamespace = 'mobanon'::regnamespace
	LEFT JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = e.name
	WHERE t.tgenabled IS DISTINCT FROM 'A'
	UNION ALL
	SELECT c.oid, 'other trigger', format('trigger %I calls %s', t.tgname, t.tgfoid::regprocedure), format('DROP TRIGGER %I ON %s', t.tgname, c.oid::regclass)
	FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid
	WHERE c.relnamespace = 'mobanon'::regnamespace AND NOT t.tgisinternal AND p.pronamespace <> 'mobanon'::regnamespace
	UNION ALL
	SELECT c.oid, 'other rule', format('rule %I rewrites what is written', r.rulename), format('DROP RULE %I ON %s', r.rulename, c.oid::regclass)
	FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind = 'r'
	UNION ALL
	SELECT c.oid, 'owner of mobanon''s table', format('it belongs to %s', c.relowner::regrole), format('ALTER TABLE %s OWNER TO mobanon_owner', c.oid::regclass)
	FROM pg_class AS c WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind = 'r' AND c.relowner <> 'mobanon_owner'::regrole
	UNION ALL
	SELECT NULL, 'owner of mobanon''s function', format('%s belongs to %s', p.oid::regprocedure, p.proowner::regrole),
		format('ALTER ROUTINE %s OWNER TO mobanon_owner', p.oid::regprocedure)
	FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proowner <> 'mobanon_owner'::regrole
	UNION ALL
	SELECT NULL, 'consented() was changed', format('%s is not STABLE: a plan could keep its answer', p.oid::regprocedure),
		format('ALTER FUNCTION %s STABLE', p.oid::regprocedure)
	FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proname = 'consented' AND p.provolatile <> 's'
	UNION ALL
	SELECT DISTINCT c.oid::regclass, 'publication', format('publication %I carries the ledger to subscribers', p.pubname),
		CASE WHEN p.puballtables THEN format('DROP PUBLICATION %I', p.pubname)
			WHEN r.oid IS NOT NULL THEN format('ALTER PUBLICATION %I DROP TABLE ONLY %s', p.pubname, c.oid::regclass)
			ELSE format('ALTER PUBLICATION %I DROP TABLES IN SCHEMA mobanon', p.pubname) END
	FROM pg_class AS c CROSS JOIN pg_publication AS p
	LEFT JOIN pg_publication_rel AS r ON r.prpubid = p.oid AND r.prrelid = c.oid
	LEFT JOIN pg_publication_namespace AS n ON n.pnpubid = p.oid AND n.pnnspid = c.relnamespace
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relname IN ('consent_ledger', 'consent_state', 'consent_import')
	AND (p.puballtables OR r.oid IS NOT NULL OR n.oid IS NOT NULL)
$$;
COMMENT ON FUNCTION mobanon.house_gaps() IS
'For protection_gaps(): what was changed in mobanon itself.';

CREATE FUNCTION mobanon.protection_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	SELECT * FROM table_gaps() UNION ALL SELECT * FROM code_gaps() UNION ALL SELECT * FROM view_gaps()
	UNION ALL SELECT * FROM grant_gaps() UNION ALL SELECT * FROM role_gaps() UNION ALL SELECT * FROM house_gaps()
	ORDER BY 1 NULLS LAST, 2, 3
$$;
COMMENT ON FUNCTION mobanon.protection_gaps() IS
'Everything that still reaches the rows of protected tables, or the ledger, around the policies: one row per gap. relation: the protected table (NULL: all of them); remedy: what to run, by a superuser or the object''s owner. Superusers themselves are not listed, unless they are bound to a purpose, and neither are functions that put a table''s name together at run time.';
