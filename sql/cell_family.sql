-- Sets of cells: children, neighbours, bounding boxes; areas.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SELECT cell_children('12');
SELECT cell_children('2kmN3272E4550');
SELECT cell_children('1kmN3272E4550', '250m') LIMIT 5;
SELECT r AS cell, cell_resolution(c) AS children, count(*) FROM unnest(ARRAY['100kmN32E45', '50kmN325E455', '20kmN326E454', '10kmN327E455', '5kmN3270E4550', '2kmN3272E4550', '1kmN3272E4550', '500mN32725E45500', 'z0']::cell[]) AS r, cell_children(r) AS c GROUP BY r, 2 ORDER BY r;
-- Children fill the parent: as many as fit, all different, all inside, all its area.
SELECT p, r, count(*), count(DISTINCT c) = count(*) AS different, bool_and(c <@ p) AS inside, sum(cell_area_m2(c)) / cell_area_m2(p) BETWEEN 1 - 1e-9 AND 1 + 1e-9 AS same_area
FROM (VALUES ('100kmN32E45'::cell, '1km'), ('20kmN326E454', '100m'), ('z0', 'z6'), ('120', 'z9')) AS v(p, r), cell_children(p, r) AS c GROUP BY p, r ORDER BY p;
SELECT cell_children('100mN32727E45502');
SELECT cell_children('250mN327275E455000');
SELECT cell_children('5kmN3270E4550', '2km');
SELECT cell_children('12', 'z1');
SELECT cell_children('12', '1km');
SELECT cell_children('12', 'z2');
-- The stream stops when nobody wants more.
SELECT * FROM (SELECT cell_children('z0', 'z23') LIMIT 3) AS c;
-- Neighbours: of a cell, at the border, across 180 degrees, of small worlds.
SELECT cell_neighbors('1kmN3272E4550');
SELECT c, array_agg(n ORDER BY n) AS neighbors FROM unnest(ARRAY['100kmN1E0', '100kmN69E79', '222', '03', '1', 'z0']::cell[]) AS c LEFT JOIN LATERAL cell_neighbors(c) AS n ON true GROUP BY c ORDER BY c;
SELECT bool_and(EXISTS (SELECT FROM cell_neighbors(n) AS back WHERE back = c)) AS mutual
FROM cells_within(52.4, 13.3, 52.5, 13.4, '1km') AS c, cell_neighbors(c) AS n;
-- The cells of a bounding box.
SELECT cells_within(52.515, 13.37, 52.52, 13.38, '500m');
SELECT cells_within(-10, -10, 10, 10, 'z2');
SELECT count(*) FROM cells_within(-90, -180, 90, 180, 'z3');
-- Every position in the box is in one of its cells, and every cell has one: also
-- where parallels and meridians run askew through the grid, and with a box inside a cell.
CREATE TEMP TABLE box (south float8, west float8, north float8, east float8, resolution text);
INSERT INTO box VALUES (52.515, 13.37, 52.52, 13.38, '500m'), (60, -20, 62, -17, '20km'), (70, 30, 71, 36, '10km'), (35, 9.5, 35.3, 10.5, '5km'),
	(28, -17, 28.5, -16, '10km'), (84, -35.58, 84.73, 44.83, '50km'), (24.6, -35.58, 84.73, 44.83, '100km'), (52.51, 13.37, 52.5101, 13.3701, '100km'), (40, 44, 45, 44.83, '50km'), (-1, -1, 1, 1, 'z9');
CREATE TEMP TABLE found AS
SELECT b.*, (SELECT array_agg(c ORDER BY c) FROM cells_within(south, west, north, east, resolution) AS c) AS cells,
	(SELECT array_agg(DISTINCT c ORDER BY c) FROM generate_series(0, 200) AS i, generate_series(0, 200) AS j,
		try_coarsen_cell(south + (north - south) * i / 200, west + (east - west) * j / 200, resolution) AS c WHERE c IS NOT NULL) AS sampled
FROM box AS b;
SELECT south, west, north, east, resolution, cardinality(cells) AS cells, cardinality(sampled) AS sampled, sampled <@ cells AS complete,
	cardinality(cells) - cardinality(sampled) <= greatest(1, cardinality(cells) / 50) AS tight FROM found ORDER BY south, west, resolution;
SELECT cells_within(40, -80, 41, -79, '1km');
SELECT cells_within(53, 13, 52, 14, '1km');
SELECT cells_within(52, 170, 53, -170, 'z3');
SELECT cells_within(52, 13, 91, 14, 'z3');
SELECT cells_within('NaN', 13, 52, 14, 'z3');
SELECT cells_within(52, 13, 53, 14, 'z99');
SELECT count(*) FROM cells_within(NULL, 13, 53, 14, '1km');
-- Areas. The world between the limits of the map, all of it in z1; a tile at the equator and one in the north.
SELECT c, cell_area_m2(c) FROM unnest(ARRAY['100mN32727E45502', '250mN327275E455000', '100kmN32E45']::cell[]) AS c;
SELECT round((cell_area_m2('z0') / 1e6)::numeric) AS km2, cell_area_m2('z0') = sum(cell_area_m2(c)) AS sum FROM cell_children('z0') AS c;
SELECT round((cell_area_m2(coarsen_cell(latitude, 10, 'z15')) / 1e6)::numeric, 4) AS km2 FROM unnest(ARRAY[0, 52, 70]) AS latitude;
