/*
 * protection_gaps(): what still reaches the rows of protected tables around
 * their policies.  Each kind of gap has a branch in one of the functions here
 * and in gaps_roles.sql; the remedy is a statement wherever one will do.
 *
 * jit is off: it would take seconds over what is estimated far too high here.
 */
CREATE FUNCTION mobanon.protected_members() RETURNS TABLE (root regclass, member regclass)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT t.relation, m FROM protected_table AS t JOIN pg_class AS c ON c.oid = t.relation, relation_tree(t.relation) AS m
$$;
COMMENT ON FUNCTION mobanon.protected_members() IS
'For protection_gaps(): every protected table, with its partitions and children.';

CREATE FUNCTION mobanon.table_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	SELECT m.member, CASE WHEN c.relrowsecurity THEN 'owner is exempt' ELSE 'no row-level security' END,
		format('of the protected table %s', m.root), format('SELECT mobanon.close_table(%L)', m.member)
	FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member
	WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
	UNION ALL
	SELECT m.member, 'owner has no policy', format('policy mobanon_load is missing, or not for the owner %s: the table is not known as protected, or takes no rows', c.relowner::regrole),
		format('SELECT mobanon.close_table(%L)', m.member)
	FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member
	WHERE c.relkind IN ('r', 'p') AND NOT owner_loads(m.member)
	UNION ALL
	SELECT m.member, 'foreign partition', format('of the protected table %s; it is read on another server', m.root),
		format(CASE WHEN c.relispartition THEN 'ALTER TABLE %s DETACH PARTITION %s' ELSE 'ALTER FOREIGN TABLE %2$s NO INHERIT %1$s' END,
			   i.inhparent::regclass, m.member)
	FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member JOIN pg_inherits AS i ON i.inhrelid = m.member
	WHERE c.relkind NOT IN ('r', 'p')
	UNION ALL
	SELECT m.member, 'read through a parent', format('whoever reads %s reads its rows without its policies', i.inhparent::regclass),
		format(CASE WHEN c.relispartition THEN 'ALTER TABLE %s DETACH PARTITION %s' ELSE 'ALTER TABLE %2$s NO INHERIT %1$s' END,
			   i.inhparent::regclass, m.member)
	FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member JOIN pg_inherits AS i ON i.inhrelid = m.member
	WHERE NOT EXISTS (SELECT FROM protected_members() AS p WHERE p.member = i.inhparent AND p.root = m.root)
	UNION ALL
	SELECT m.member, 'other policy', format('policy %I: %s', f.policy, f.fault),
		CASE WHEN f.policy IN (SELECT 'mobanon_' || p.purpose FROM purpose AS p)
			THEN format('DROP POLICY %I ON %s; SELECT mobanon.purpose_policy(%3$L, %4$L)', f.policy, m.member, m.member, substr(f.policy, 9))
			ELSE format('DROP POLICY %I ON %s', f.policy, m.member) END
	FROM protected_members() AS m, foreign_policies(m.member) AS f
	UNION ALL
	SELECT m.member, 'owner reads around policies', format('its owner %I is a superuser or has BYPASSRLS', r.rolname),
		format('ALTER TABLE %s OWNER TO ...', m.member)
	FROM protected_members() AS m JOIN pg_class AS c ON c.oid = m.member JOIN pg_roles AS r ON r.oid = c.relowner
	WHERE r.rolsuper OR r.rolbypassrls
$$;
COMMENT ON FUNCTION mobanon.table_gaps() IS 'For protection_gaps(): policies that are missing or not enough.';

CREATE FUNCTION mobanon.code_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
	WITH RECURSIVE m AS (
		SELECT p.root, p.member, t.subject_column FROM protected_members() AS p JOIN protected_table AS t ON t.relation = p.root
	), over (domain, base) AS (
		-- a domain, and the domains it is made of
		SELECT y.oid, y.oid FROM pg_type AS y WHERE y.typtype = 'd'
		UNION ALL
		SELECT o.domain, y.typbasetype FROM over AS o JOIN pg_type AS y ON y.oid = o.base WHERE y.typbasetype <> 0
	), changeable AS (
		-- functions whose owner is subject to policies, and could change what they do
		SELECT p.oid, p.oid::regprocedure AS function FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner
		WHERE NOT r.rolsuper AND p.pronamespace <> 'mobanon'::regnamespace
	)
	SELECT m.member, 'trigger', format('trigger %I passes the rows that come in to %s', t.tgname, t.tgfoid::regprocedure),
		format('DROP TRIGGER %I ON %s', t.tgname, m.member)
	FROM m JOIN pg_trigger AS t ON t.tgrelid = m.member
	-- those of a partitioned table are dropped there
	WHERE NOT t.tgisinternal AND t.tgparentid = 0
	UNION ALL
	SELECT m.member, 'rule', format('rule %I acts on the rows that come in, with the rights of the table''s owner', r.rulename),
		format('DROP RULE %I ON %s', r.rulename, m.member)
	FROM m JOIN pg_rewrite AS r ON r.ev_class = m.member
	UNION ALL
	SELECT m.member, 'foreign key', format('%s of %s tells whether a row exists, and acts on it, around the policies', k.conname, k.conrelid::regclass),
		format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)
	FROM m JOIN pg_constraint AS k ON k.contype = 'f' AND k.conparentid = 0 AND m.member IN (k.conrelid, k.confrelid)
	UNION ALL
	SELECT m.member, 'extended statistics', format('%s holds frequent values of all rows', format('%I.%I', s.stxnamespace::regnamespace::text, s.stxname)),
		format('DROP STATISTICS %s.%I', s.stxnamespace::regnamespace, s.stxname)
	FROM m JOIN pg_statistic_ext AS s ON s.stxrelid = m.member
	UNION ALL
	SELECT m.member, 'partial index', format('index %s counts the rows of chosen subjects: pg_class tells the number to everybody', i.indexrelid::regclass),
		format('DROP INDEX %s', i.indexrelid::regclass)
	FROM m JOIN pg_index AS i ON i.indrelid = m.member JOIN pg_class AS c ON c.oid = i.indexrelid
	WHERE i.indpred IS NOT NULL AND NOT c.relispartition
	AND EXISTS (SELECT FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = m.member AND a.attnum = d.refobjsubid
				WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass
				AND d.refobjid = m.member AND a.attname = m.subject_column)
	UNION ALL
	SELECT m.member, 'code over all rows', format('index %s calls %s, whose owner may change it', i.indexrelid::regclass, f.function),
		format('DROP INDEX %s', i.indexrelid::regclass)
	FROM m JOIN pg_index AS i ON i.indrelid = m.member JOIN pg_class AS c ON c.oid = i.indexrelid
	JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_proc'::regclass
	JOIN changeable AS f ON f.oid = d.refobjid
	WHERE NOT c.relispartition
	UNION ALL
	SELECT m.member, 'code over all rows', format('constraint %I calls %s, whose owner may change it', k.conname, f.function),
		format('ALTER TABLE %s DROP CONSTRAINT %I', m.member, k.conname)
	FROM m JOIN pg_constraint AS k ON k.conrelid = m.member AND k.conislocal
	JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass
	JOIN changeable AS f ON f.oid = d.refobjid
	UNION ALL
	SELECT m.member, 'code over all rows', format('column %I is generated by %s, whose owner may change it', a.attname, f.function),
		format('ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION', m.member, a.attname)
	FROM m JOIN pg_attribute AS a ON a.attrelid = m.member AND a.attgenerated <> ''
	JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
	JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_proc'::regclass
	JOIN changeable AS f ON f.oid = d.refobjid
	WHERE m.member = m.root
	UNION ALL
	SELECT m.member, 'code over all rows', format('the partition key calls %s, whose owner may change it', f.function),
		format('ALTER FUNCTION %s OWNER TO ...', f.function)
	FROM m JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = m.member AND d.refclassid = 'pg_proc'::regclass
	JOIN changeable AS f ON f.oid = d.refobjid
	UNION ALL
	SELECT m.member, 'code over all rows', format('column %I is of the domain %s, which calls %s, whose owner may change it', a.attname, k.contypid::regtype, f.function),
		format('ALTER DOMAIN %s DROP CONSTRAINT %I', k.contypid::regtype, k.conname)
	FROM m JOIN pg_attribute AS a ON a.attrelid = m.member AND a.attnum > 0 AND NOT a.attisdropped
	JOIN over AS o ON o.domain = a.atttypid
	JOIN pg_constraint AS k ON k.contypid = o.base
	JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass
	JOIN changeable AS f ON f.oid = d.refobjid
	WHERE m.member = m.root
	UNION ALL
	SELECT DISTINCT m.root, 'publication', format('publication %I carries the rows to subscribers', p.pubname),
		CASE WHEN p.puballtables THEN format('DROP PUBLICATION %I', p.pubname)
			WHEN r.oid IS NOT NULL THEN format('ALTER PUBLICATION %I DROP TABLE ONLY %s', p.pubname, m.member)
			ELSE format('ALTER PUBLICATION %I DROP TABLES IN SCHEMA %s', p.pubname, n.pnnspid::regnamespace) END
	FROM m JOIN pg_class AS c ON c.oid = m.member
	CROSS JOIN pg_publication AS p
	LEFT JOIN pg_publication_rel AS r ON r.prpubid = p.oid AND r.prrelid = m.member
	LEFT JOIN pg_publication_namespace AS n ON n.pnpubid = p.oid AND n.pnnspid = c.relnamespace
	WHERE p.puballtables OR r.oid IS NOT NULL OR n.oid IS NOT NULL
$$;
COMMENT ON FUNCTION mobanon.code_gaps() IS
'For protection_gaps(): what runs over the rows, copies them, or counts them, around the policies.';

-- Views, and views of views: with whose rights they read, and whether they keep a copy.
CREATE FUNCTION mobanon.reading_views() RETURNS TABLE (root regclass, view regclass, entrance regclass, rights oid, copied boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH RECURSIVE edge AS (
		SELECT DISTINCT c.oid AS view, c.relkind = 'm' AS copies, c.relowner AS owner, d.refobjid AS reads,
			-- options are kept as written: =true, =on, =1
			COALESCE((SELECT o.option_value::boolean FROM pg_options_to_table(c.reloptions) AS o
					  WHERE o.option_name = 'security_invoker'), false) AS invoker
		FROM pg_rewrite AS r
		JOIN pg_class AS c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
		JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
			AND d.refobjid <> c.oid
	), chain (root, view, entrance, rights, copied) AS (
		SELECT m.root::oid, e.view, e.view, CASE WHEN NOT e.invoker OR e.copies THEN e.owner END, e.copies
		FROM protected_members() AS m JOIN edge AS e ON e.reads = m.member
		UNION
		-- a security_invoker view asks the reader, whatever view it is read through
		SELECT c.root, e.view, CASE WHEN c.rights IS NULL AND e.copies THEN e.view ELSE c.entrance END,
			CASE WHEN c.rights IS NULL AND e.copies THEN e.owner ELSE c.rights END, c.copied OR e.copies
		FROM chain AS c JOIN edge AS e ON e.reads = c.view
	)
	SELECT root, view, entrance, rights, copied FROM chain
$$;
COMMENT ON FUNCTION mobanon.reading_views() IS
'For protection_gaps(): the views that read protected tables, also through other views. rights: of which role (NULL: the reader''s own), which entrance, the first view, brings in; copied: whether a materialized view is in between.';

-- plpgsql: the stages of pipelines are the release room's, which comes later.
CREATE FUNCTION mobanon.view_gaps() RETURNS TABLE (relation regclass, gap text, detail text, remedy text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH v AS (
		SELECT w.root, w.view, w.entrance, c.relkind, c.relowner, c.relacl, o.rolname AS owner,
			o.rolsuper OR o.rolbypassrls AS around, EXISTS (SELECT FROM registered_stages() AS s WHERE s.stage = w.view) AS registered
		FROM reading_views() AS w JOIN pg_class AS c ON c.oid = w.view JOIN pg_roles AS o ON o.oid = w.rights
		-- others find no row
		WHERE o.rolsuper OR o.rolbypassrls OR EXISTS (
			SELECT FROM purpose_role AS p JOIN pg_roles AS g ON g.oid = p.role_name WHERE pg_has_role(w.rights, p.role_name, 'MEMBER'))
	)
	SELECT v.root, 'view around policies', format('%s reads it with the rights of %I, for whom no policy holds', v.view, v.owner),
		format('ALTER VIEW %s SET (security_invoker = true)', v.view)
	FROM v WHERE v.around AND v.relkind = 'v' AND v.entrance = v.view
	UNION
	SELECT v.root, 'materialized view', format('%s keeps its rows beyond a withdrawal', v.view), format('DROP MATERIALIZED VIEW %s', v.view)
	FROM v WHERE v.relkind = 'm' AND NOT v.registered
	UNION
	SELECT v.root, 'view handed on', format('%s, read with the rights of %I, is open to %s', v.view, v.owner, a.grantee),
		format('REVOKE %s ON %s FROM %s', a.privilege_type, v.view, a.grantee)
	FROM v, LATERAL (
		SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS grantee, x.privilege_type
		FROM (SELECT x.* FROM aclexplode(v.relacl) AS x
			  UNION SELECT x.* FROM pg_attribute AS t, aclexplode(t.attacl) AS x WHERE t.attrelid = v.view) AS x
		WHERE x.grantee NOT IN (v.relowner, 'mobanon_owner'::regrole) AND x.privilege_type = 'SELECT') AS a
	UNION
	SELECT m.root, 'function around policies',
		format('%s mentions %s and runs with the rights of %I, for %s', p.oid::regprocedure, n.relation, o.rolname,
			   string_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ')),
		format('ALTER ROUTINE %s SECURITY INVOKER', p.oid::regprocedure)
	FROM pg_proc AS p JOIN pg_roles AS o ON o.oid = p.proowner,
		LATERAL aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS x,
		(SELECT m.root, m.member AS relation FROM protected_members() AS m
		 UNION SELECT w.root, w.view FROM reading_views() AS w) AS n (root, relation),
		LATERAL (SELECT n.root, c.relname FROM pg_class AS c WHERE c.oid = n.relation) AS m
	WHERE p.prosecdef AND x.grantee <> p.proowner AND p.pronamespace <> 'mobanon'::regnamespace
	AND (o.rolsuper OR o.rolbypassrls OR EXISTS (
		SELECT FROM purpose_role AS r JOIN pg_roles AS g ON g.oid = r.role_name WHERE pg_has_role(p.proowner, r.role_name, 'MEMBER')))
	-- the name as a text; a body that is bound to its tables has dependencies as well
	AND (COALESCE(pg_get_function_sqlbody(p.oid), p.prosrc) ~ ('(^|\W)' || regexp_replace(m.relname, '(\W)', '\\\1', 'g') || '($|\W)')
		OR EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
				   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = n.relation))
	GROUP BY m.root, p.oid, o.rolname, n.relation;
END
$$;
COMMENT ON FUNCTION mobanon.view_gaps() IS
'For protection_gaps(): views, materialized views and SECURITY DEFINER functions that hand rows on. Stages of pipelines that are as registered are none.';
