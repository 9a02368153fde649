-- "Lies in" and "is ancestor of", and how an index answers them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SELECT a, b, a @> b AS contains, b <@ a AS contained
FROM (VALUES ('12'::cell, '1202'::cell), ('12', '12'), ('12', '13'), ('1202', '12'), ('z0', '33'), ('z0', '1kmN3265E4334')) AS v(a, b);
SELECT a, b, a @> b AS contains FROM (VALUES ('10kmN326E433'::cell, '1kmN3265E4334'::cell), ('5kmN3265E4330', '1kmN3265E4334'), ('5kmN3260E4330', '1kmN3265E4334'),
	('5kmN3260E4330', '2kmN3260E4330'), ('1kmN3265E4334', '10kmN326E433'), ('1kmN3265E4334', '1kmN3265E4334')) AS v(a, b);
-- All tiles of a city at z18, all its European cells, and coarser ones.
CREATE TABLE cell_index (c cell);
INSERT INTO cell_index
SELECT cells_within(52.50, 13.35, 52.54, 13.42, r) FROM unnest(ARRAY['z10', 'z14', 'z18', '100m', '250m', '500m', '1km', '2km', '5km', '20km', '100km']) AS r;
CREATE INDEX cell_index_btree ON cell_index (c);
VACUUM ANALYZE cell_index;
-- On the quadtree an exact range, without touching the table.
EXPLAIN (COSTS OFF) SELECT count(*) FROM cell_index WHERE c <@ '12021023322202';
EXPLAIN (COSTS OFF) SELECT count(*) FROM cell_index WHERE '12021023322202' @> c;
-- On the European grid the same, each entry checked.
EXPLAIN (COSTS OFF) SELECT count(*) FROM cell_index WHERE c <@ '1kmN3272E4550';
-- As parameter, and in a join.
PREPARE inside(cell) AS SELECT count(*) FROM cell_index WHERE c <@ $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE inside('1kmN3272E4550');
EXECUTE inside('1kmN3272E4550');
CREATE TEMP TABLE pair AS SELECT unnest(ARRAY['12021023322202', '1kmN3272E4550']::cell[]) AS c;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_material = off;
EXPLAIN (COSTS OFF) SELECT o.c, count(*) FROM cell_index AS i JOIN pair AS o ON i.c <@ o.c GROUP BY o.c;
SELECT o.c, count(*) FROM cell_index AS i JOIN pair AS o ON i.c <@ o.c GROUP BY o.c ORDER BY o.c;
RESET ALL;
SET search_path = public, mobanon;
-- The index finds what the operator finds, for every ancestor of every cell.
CREATE TEMP TABLE outer_cell AS
SELECT DISTINCT try_coarsen_cell(c, r) AS c FROM cell_index, unnest(ARRAY['z0', 'z9', 'z14', '500m', '1km', '2km', '5km', '10km', '20km', '50km', '100km']) AS r
WHERE try_coarsen_cell(c, r) IS NOT NULL;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
CREATE TEMP TABLE plain AS SELECT o.c AS o, i.c AS i FROM outer_cell AS o JOIN cell_index AS i ON i.c <@ o.c;
RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan; SET enable_seqscan = off; SET enable_material = off;
CREATE TEMP TABLE indexed AS SELECT o.c AS o, i.c AS i FROM outer_cell AS o JOIN cell_index AS i ON i.c <@ o.c;
SELECT count(*) > 10000 AS many FROM plain;
(TABLE plain EXCEPT ALL TABLE indexed) UNION ALL (TABLE indexed EXCEPT ALL TABLE plain);
-- BRIN.
DROP INDEX cell_index_btree;
CREATE TABLE cell_brin AS SELECT c FROM cell_index ORDER BY c;
CREATE INDEX ON cell_brin USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT count(*) FROM cell_brin WHERE c <@ '12021023322202';
SELECT count(*) FROM cell_brin WHERE c <@ '12021023322202';
SELECT count(*) FROM cell_index WHERE c <@ '12021023322202';
-- A hash index cannot.
RESET enable_seqscan;
CREATE INDEX cell_index_hash ON cell_index USING hash (c);
EXPLAIN (COSTS OFF) SELECT count(*) FROM cell_index WHERE c <@ '12021023322202';
-- Equal entries share an index tuple.
CREATE TABLE cell_same AS SELECT '12021023322202'::cell AS c FROM generate_series(1, 100000);
CREATE INDEX cell_same_dedup ON cell_same (c);
CREATE INDEX cell_same_plain ON cell_same (c) WITH (deduplicate_items = off);
SELECT pg_relation_size('cell_same_dedup') * 2 < pg_relation_size('cell_same_plain') AS smaller;
-- Below a policy the operators may use an index, since all are leakproof.
SELECT o.oprname, p.proleakproof FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode WHERE o.oprleft = 'cell'::regtype ORDER BY o.oprname;
RESET ALL;
DROP TABLE cell_index, cell_brin, cell_same;
