-- The type cell: an area of the European statistical grid, or of the quadtree of map tiles.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
-- Both spellings of the European grid; the short one is written. Pairs from the tests of R's inspire_id_format.
SELECT long::cell AS long, short::cell AS short, long::cell = short::cell AS same, cell_resolution(short::cell)
FROM (VALUES
	('CRS3035RES1000mN2684000E4334000', '1kmN2684E4334'),
	('CRS3035RES10000mN2700000E4400000', '10kmN270E440'),
	('CRS3035RES100mN3400000E4400000', '100mN34000E44000')) AS v(long, short);
-- Every size: as many zeros are left out of the numbers as the cell size has.
SELECT metres, format('CRS3035RES%smN3100000E4400000', metres)::cell AS cell
FROM unnest(ARRAY[100, 250, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000]) AS metres;
SELECT 'CRS3035RES250mN3100250E4400750'::cell;
-- Leading zeros do no harm.
SELECT '1kmN0940E1520'::cell;
-- Quadkeys; the whole world is z0. Tile (3, 5) of level 3 is 213 (Microsoft's tile system).
SELECT q::cell AS cell, cell_resolution(q::cell) FROM unnest(ARRAY['z0', '0', '213', '1202102332220213', '33333333333333333333333']) AS q;

-- What is not a cell is refused, with the position; the text itself is not repeated.
CREATE FUNCTION refusal(text) RETURNS TABLE (message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM $1::mobanon.cell;
	message := 'accepted';
	RETURN NEXT;
EXCEPTION WHEN invalid_text_representation THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN NEXT;
END $$;
SELECT '491761234567'::cell;
\echo :LAST_ERROR_SQLSTATE
SELECT input, refusal.* FROM unnest(ARRAY[
	'', ' ', 'z1', '1 km', '1km', '1kmn3265E4334', '1kmN', '1kmN3265', '1kmN3265E', '1kmN3265E4334 ', '1kmE4334N3265', '1kmN-3265E4334',
	'3kmN3265E4334', '1000mN3265E4334', '01kmN3265E4334', '1kmN3265.5E4334', '1kmN32650000000E4334', '2kmN3265E4334', '250mN310010E440000',
	'1kmN99E4334', '1kmN7000E4334', '1kmN3265E8000', 'CRS3035RES', 'CRS3035RES1000', 'CRS3035RES1000kmN3265000E4334000',
	'CRS3035RES300mN3265000E4334000', 'CRS3035RES1000mN3265001E4334000', 'CRS3035RES1000mN3265000E4334500',
	-- long prefix, short numbers, as one repository writes them
	'CRS3035RES100mN28000E48000',
	'crs3035RES1000mN3265000E4334000', 'CRS4326RES1000mN3265000E4334000', '4', '12a', '000000000000000000000000', E'12\u00e9']) AS input, refusal(input);

-- Order: an ancestor stands before everything in it, and between the ends of its range.
SELECT c FROM unnest(ARRAY['1', '0', '33', 'z0', '10', '03', '1kmN3265E4334', '10kmN326E433', '100kmN32E43', '13', '3', '100mN32650E43340']::cell[]) AS c ORDER BY c;
SELECT a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt, cell_cmp(a, b)
FROM (VALUES ('12'::cell, '13'::cell), ('13', '12'), ('12', '12')) AS v(a, b);
-- hash: of one value, with seed 0, the same low half
SELECT bool_and(cell_hash(c) = (cell_hash_extended(c, 0) << 32 >> 32)) AS agree, count(DISTINCT cell_hash(c)) AS different
FROM (SELECT format('1kmN%sE%s', n, e)::cell AS c FROM generate_series(3000, 3099) AS n, generate_series(4000, 4099) AS e) AS s;
-- Numbers: positive, below 2^53, in the order of the cells, and back.
SELECT c, c::bigint, c::bigint::cell = c AS back FROM unnest(ARRAY['z0', '33333333333333333333333', '1kmN3265E4334']::cell[]) AS c;
SELECT max(c::bigint) < 2::numeric ^ 53 FROM unnest(ARRAY['33333333333333333333333', '100mN69999E79999']::cell[]) AS c;
SELECT n::bigint::cell FROM unnest(ARRAY[0]) AS n;
SELECT '-1'::bigint::cell;
SELECT ('1kmN3265E4334'::cell::bigint + 32)::cell;
-- text
SELECT '213'::text::cell, '213'::cell::text || '!' AS text;
-- Binary form: out and in again.
SELECT cell_send('1kmN3265E4334'), cell_send('213');
CREATE TEMP TABLE c AS SELECT unnest(ARRAY['z0', '213', '1kmN3265E4334', NULL]::cell[]) AS c;
CREATE TEMP TABLE c2 (c cell);
SELECT current_setting('data_directory') || '/cell.bin' AS file \gset
COPY c TO :'file' (FORMAT binary);
COPY c2 FROM :'file' (FORMAT binary);
SELECT c FROM c EXCEPT ALL SELECT c FROM c2;
-- eight bytes that are no cell
CREATE TEMP TABLE n AS SELECT 42::bigint AS n;
COPY n TO :'file' (FORMAT binary);
COPY c2 FROM :'file' (FORMAT binary);
-- Index access methods.
CREATE INDEX ON c USING btree (c);
CREATE INDEX ON c USING hash (c);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM c WHERE c = '213';
EXPLAIN (COSTS OFF) SELECT * FROM c ORDER BY c;
SELECT * FROM c ORDER BY c;
RESET ALL;
DROP FUNCTION refusal;
