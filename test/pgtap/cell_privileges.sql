-- Cells below row-level security: everybody may compute with them, and an index serves a policy.
\set QUIET 1
SET search_path = mobanon, public;
SELECT plan(8);
CREATE ROLE cell_reader;
CREATE TABLE public.held (c cell, owner name);
INSERT INTO public.held SELECT cells_within(52.3, 13.1, 52.7, 13.7, 'z16'), 'cell_reader';
INSERT INTO public.held SELECT c, 'somebody else' FROM public.held;
CREATE INDEX held_c ON public.held (c);
ANALYZE public.held;
ALTER TABLE public.held ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.held USING (owner = current_user);
GRANT SELECT ON public.held TO cell_reader;
CREATE FUNCTION public.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; result text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP result := result || line || E'\n'; END LOOP;
	RETURN result;
END $$;
GRANT EXECUTE ON FUNCTION public.plan_of(text) TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
GRANT USAGE ON SCHEMA public TO cell_reader;
SET ROLE cell_reader;
SELECT matches(plan_of($$SELECT * FROM public.held WHERE c = '1202102332220213'$$), 'Index Cond: \(c = ', 'an index serves = below a policy');
SELECT matches(plan_of($$SELECT * FROM public.held WHERE c <@ '12021023322202'$$), 'Index Cond: \(\(c >= ', 'an index serves <@ below a policy');
SELECT is((SELECT count(*) FROM public.held WHERE c <@ '12021023322202'), 16::bigint, 'and only one''s own rows are seen');
SELECT lives_ok($$SELECT c::text::cell, c::bigint::cell, cell_send(c), cell_geojson(c), cell_boundary(c), cell_center(c), cell_area_m2(c), cell_resolution(c), coarsen_cell(c, 'z1'),
	try_coarsen_cell(c, 'z1'), coarsen_cell(1, 2, 'z1'), try_coarsen_cell(1, 2, 'z1'), (SELECT count(*) FROM cell_children(c)), (SELECT count(*) FROM cell_children(c, 'z5')),
	(SELECT count(*) FROM cell_neighbors(c)), (SELECT count(*) FROM cells_within(1, 1, 2, 2, 'z5')) FROM (VALUES ('12'::cell)) AS v(c) GROUP BY v.c ORDER BY v.c$$,
	'a role without any grant computes with cells');
RESET ROLE;
SELECT is((SELECT count(*) FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE a.grantee = 0 AND p.pronamespace = 'mobanon'::regnamespace AND p.proname IN ('coarsen_site', 'try_coarsen_site', 'load_sites', 'blur_time', 'site_column')),
	0::bigint, 'but not with sites and keys');
SELECT is((SELECT count(*) FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.oid = 'site'::regclass AND a.grantee NOT IN (c.relowner, 'mobanon_admin'::regrole)), 0::bigint, 'the sites are mobanon_admin''s');
-- Leakproof is claimed only for functions that cannot fail: no input function, nothing that takes a resolution.
SELECT bag_eq($$SELECT p.proname::text FROM pg_proc AS p WHERE p.proleakproof AND p.pronamespace = 'mobanon'::regnamespace AND p.proname ~ '^(cell|coarsen|try_coarsen)'$$,
	ARRAY['cell_out', 'cell_send', 'cell_to_bigint', 'cell_eq', 'cell_ne', 'cell_lt', 'cell_le', 'cell_gt', 'cell_ge', 'cell_cmp', 'cell_hash', 'cell_hash_extended', 'cell_last_inside', 'cell_contains', 'cell_contained', 'cell_resolution'], 'which functions are leakproof');
-- Whatever is leakproof takes every cell there is.
SELECT lives_ok($$SELECT cell_out(c), cell_send(c), cell_to_bigint(c), cell_hash(c), cell_hash_extended(c, -1), cell_last_inside(c), cell_resolution(c), c @> d, c <@ d, c < d, cell_cmp(c, d)
	FROM unnest(ARRAY['z0', '3', '33333333333333333333333', '00000000000000000000000', '100kmN1E0', '100mN69999E79999', '250mN699975E799975', '20kmN698E798']::cell[]) AS c,
	unnest(ARRAY['z0', '3', '33333333333333333333333', '100kmN1E0', '100mN69999E79999', '250mN699975E799975', '20kmN698E798']::cell[]) AS d$$, 'leakproof functions take the first and the last cell');
SELECT * FROM finish();
