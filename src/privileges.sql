/*
 * Who may do what, on one page.
 *
 * Everything the rooms created is first taken from everybody and given to
 * mobanon_owner; what stands below is the whole of what is granted.  The test
 * test/pgtap/privileges.sql compares the catalogs with this page.
 *
 * A room adds its lines under its own heading.
 */
DO LANGUAGE plpgsql $privileges$
DECLARE
	object	record;
BEGIN
	FOR object IN
		SELECT c.relkind, c.oid::pg_catalog.regclass::pg_catalog.text AS name
		FROM pg_catalog.pg_class AS c
		WHERE c.relnamespace OPERATOR(pg_catalog.=) 'mobanon'::pg_catalog.regnamespace
		AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S', 'p', 'm']::pg_catalog."char"[])
		-- a sequence owned by a column follows its table
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
						WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
						AND d.objid OPERATOR(pg_catalog.=) c.oid
						AND d.refobjsubid OPERATOR(pg_catalog.>) 0
						AND d.deptype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'i']::pg_catalog."char"[]))
	LOOP
		EXECUTE pg_catalog.format('ALTER %s %s OWNER TO mobanon_owner',
			CASE object.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
								WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
			object.name);
	END LOOP;

	FOR object IN
		SELECT p.prokind, p.oid::pg_catalog.regprocedure::pg_catalog.text AS name
		FROM pg_catalog.pg_proc AS p
		WHERE p.pronamespace OPERATOR(pg_catalog.=) 'mobanon'::pg_catalog.regnamespace
	LOOP
		EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO mobanon_owner', object.name);
		EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', object.name);
	END LOOP;
END
$privileges$;

REVOKE ALL ON SCHEMA mobanon FROM PUBLIC;
GRANT USAGE ON SCHEMA mobanon TO PUBLIC;
GRANT USAGE ON SCHEMA mobanon TO mobanon_owner;

-- consent ------------------------------------------------------------------

-- pseudonym ----------------------------------------------------------------
GRANT SELECT ON mobanon.keyring TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.create_domain(text, interval, timestamptz, timestamptz),
	mobanon.extend_domain(text, timestamptz),
	mobanon.rotate_key(text),
	mobanon.shred_epoch(text, int),
	mobanon.rewrap_keys(),
	mobanon.key_fingerprint() TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.normalize_msisdn(text), mobanon.normalize_msisdn(text, text),
	mobanon.try_normalize_msisdn(text), mobanon.try_normalize_msisdn(text, text)
	TO mobanon_admin, mobanon_frontend;

-- cell ---------------------------------------------------------------------

-- kanon --------------------------------------------------------------------

-- mobility -----------------------------------------------------------------

-- release ------------------------------------------------------------------
