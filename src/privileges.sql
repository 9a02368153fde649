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
	mobanon.key_fingerprint() TO mobanon_admin;

-- cell ---------------------------------------------------------------------
-- Cells hold nobody's data: everybody may compute with them.
GRANT EXECUTE ON FUNCTION
	mobanon.cell_in(cstring), mobanon.cell_out(mobanon.cell), mobanon.cell_recv(internal), mobanon.cell_send(mobanon.cell),
	mobanon.cell_to_bigint(mobanon.cell), mobanon.cell_from_bigint(bigint),
	mobanon.cell_eq(mobanon.cell, mobanon.cell), mobanon.cell_ne(mobanon.cell, mobanon.cell),
	mobanon.cell_lt(mobanon.cell, mobanon.cell), mobanon.cell_le(mobanon.cell, mobanon.cell),
	mobanon.cell_gt(mobanon.cell, mobanon.cell), mobanon.cell_ge(mobanon.cell, mobanon.cell),
	mobanon.cell_cmp(mobanon.cell, mobanon.cell), mobanon.cell_sortsupport(internal),
	mobanon.cell_hash(mobanon.cell), mobanon.cell_hash_extended(mobanon.cell, bigint),
	mobanon.coarsen_cell(double precision, double precision, text), mobanon.coarsen_cell(mobanon.cell, text),
	mobanon.try_coarsen_cell(double precision, double precision, text), mobanon.try_coarsen_cell(mobanon.cell, text),
	mobanon.cell_resolution(mobanon.cell), mobanon.cell_center(mobanon.cell),
	mobanon.cell_boundary(mobanon.cell), mobanon.cell_geojson(mobanon.cell), mobanon.cell_area_m2(mobanon.cell),
	mobanon.cell_contains(mobanon.cell, mobanon.cell), mobanon.cell_contained(mobanon.cell, mobanon.cell),
	mobanon.cell_last_inside(mobanon.cell), mobanon.cell_contains_support(internal), mobanon.cell_contained_support(internal),
	mobanon.cell_children(mobanon.cell), mobanon.cell_children(mobanon.cell, text), mobanon.cell_neighbors(mobanon.cell),
	mobanon.cells_within(double precision, double precision, double precision, double precision, text),
	mobanon.site_identity(text), mobanon.try_site_identity(text),
	mobanon.site_identity(text, text, text, bigint, bigint), mobanon.try_site_identity(text, text, text, bigint, bigint),
	mobanon.eci(integer, integer), mobanon.nci(bigint, integer, integer)
	TO PUBLIC;
-- Where the sites are is the operator's business. A purpose role that processes radio cells is
-- granted coarsen_site and try_coarsen_site, one that blurs times blur_time, which has a key.
GRANT SELECT, INSERT, UPDATE, DELETE ON mobanon.site TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.load_sites(regclass, integer, timestamptz, text), mobanon.site_column(text[], text[], boolean),
	mobanon.coarsen_site(text, timestamptz, text), mobanon.try_coarsen_site(text, timestamptz, text) TO mobanon_admin;

-- kanon --------------------------------------------------------------------

-- mobility -----------------------------------------------------------------

-- release ------------------------------------------------------------------
