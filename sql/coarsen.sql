-- coarsen_cell: from a position to the cell that holds it, and from a cell to its ancestors.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
-- EPSG Guidance Note 7-2: 50 N 5 E is E 3962799.45, N 2999718.85.
SELECT coarsen_cell(50, 5, '100m');
-- IOGP GIGS 5110: latitude, longitude, east, north. The cell's corner is what is left below the cell size.
SELECT latitude, longitude, cell, cell = format('CRS3035RES100mN%sE%s', floor(north / 100) * 100, floor(east / 100) * 100)::cell AS ok
FROM (VALUES
	(70, 5, 4127824.658, 5214090.649), (60, 5, 4041548.13, 4109791.66), (50, 5, 3962799.451, 2999718.853),
	(40, 5, 3892127.02, 1892578.962), (30, 5, 3830117.90, 796781.677), (52, 10, 4321000, 3210000),
	(50, 0, 3606514.431, 3036305.967), (50, 3, 3819948.288, 3011432.894), (50, 8, 4177612.521, 2989464.315),
	(50, 10, 4321000, 2987510.567)) AS gigs(latitude, longitude, east, north),
	coarsen_cell(latitude, longitude, '100m') AS cell;
-- European cities, computed with 40 digits.
SELECT latitude, longitude, coarsen_cell(latitude, longitude, '100m') = m100::cell AS "100m", coarsen_cell(latitude, longitude, '1km') = km1::cell AS "1km"
FROM (VALUES
	(52.516262, 13.377704, '100mN32727E45502', '1kmN3272E4550'), (48.137154, 11.576124, '100mN27816E44383', '1kmN2781E4438'),
	(53.550341, 9.992196, '100mN33825E43204', '1kmN3382E4320'), (50.941278, 6.958281, '100mN30966E41072', '1kmN3096E4107'),
	(40.416775, -3.703790, '100mN20298E31593', '1kmN2029E3159'), (48.2082, 16.3738, '100mN28087E47942', '1kmN2808E4794')) AS v(latitude, longitude, m100, km1);
-- A position in every resolution; each is the ancestor of those that divide it.
SELECT r, coarsen_cell(52.516262, 13.377704, r) FROM unnest(ARRAY['100m', '250m', '500m', '1km', '2km', '5km', '10km', '20km', '50km', '100km']) AS r;
-- 52 N 10 E is a grid corner, and all of 10 E is an edge: such a position is in the cell north-east of it.
SELECT r, coarsen_cell(52, 10, r) FROM unnest(ARRAY['100m', '250m', '500m', '1km', '2km', '5km', '10km']) AS r;
SELECT DISTINCT substring(coarsen_cell(25 + i * 0.0595, 10, '1km')::text FROM 'E.*') AS east FROM generate_series(0, 1000) AS i;
SELECT coarsen_cell(52 - 1e-12, 10 - 1e-12, '1km') AS snapped, coarsen_cell(52 - 1e-10, 10 - 1e-10, '1km') AS south_west;
-- Outside the area of use: an error that names the other grid.
SELECT coarsen_cell(40.7, -74, '1km');
\echo :LAST_ERROR_SQLSTATE
SELECT coarsen_cell(84.74, 10, '1km');
SELECT coarsen_cell(24.6, -35.58, '1km');
SELECT coarsen_cell(84.73, 44.83, '1km') AS north_east, coarsen_cell(24.6, 44.83, '1km') AS south_east, coarsen_cell(84.73, -35.58, '1km') AS north_west;

-- Map tiles. Level 16 of the Brandenburg Gate: tile (35203, 21493).
SELECT coarsen_cell(52.516262, 13.377704, 'z16');
SELECT r, coarsen_cell(52.516262, 13.377704, r) FROM unnest(ARRAY['z0', 'z1', 'z2', 'z22', 'z23']) AS r;
-- The middle of the map is an edge as well: south-east.
SELECT coarsen_cell(0, 0, 'z2') AS zero, coarsen_cell('-0.0', '-0.0', 'z2') AS minus_zero, coarsen_cell(1e-300, -1e-300, 'z2') AS snapped, coarsen_cell(1e-6, -1e-6, 'z2') AS north_west;
-- The antimeridian has two names, each on its side of the map; the map ends before the poles.
SELECT coarsen_cell(0, 180, 'z3') AS east, coarsen_cell(0, -180, 'z3') AS west,
	coarsen_cell(85.05112878, 0, 'z3') AS north, coarsen_cell(-85.05112878, 180, 'z23') AS south_east;
SELECT coarsen_cell(85.06, 0, 'z3');
SELECT coarsen_cell(90, 0, 'z3');
-- What is not a position.
SELECT coarsen_cell(91, 0, 'z3');
SELECT coarsen_cell(-91, 0, '1km');
SELECT coarsen_cell(0, 180.5, 'z3');
SELECT coarsen_cell('NaN', 0, 'z3');
SELECT coarsen_cell(52, 'NaN', '1km');
SELECT coarsen_cell('Infinity', 0, '1km');
SELECT coarsen_cell(52, '-Infinity', 'z3');
-- try_coarsen_cell gives null for all of them.
SELECT latitude, longitude, try_coarsen_cell(latitude, longitude, '1km') AS europe, try_coarsen_cell(latitude, longitude, 'z3') AS world
FROM (VALUES (52.5, 13.4), (40.7, -74), (90, 0), (-90, 0), (91, 0), (0, 181), ('NaN', 0), (0, 'NaN'), ('Infinity', 0), (0, '-Infinity'), (NULL, 0)) AS v(latitude, longitude);
-- An unknown resolution is an error in both; resolutions are written exactly so.
SELECT try_coarsen_cell(91, 0, '3km');
SELECT coarsen_cell(52, 10, '1KM');
SELECT coarsen_cell(52, 10, 'z24');
SELECT coarsen_cell(52, 10, 'z01');
SELECT coarsen_cell(52, 10, '');
SELECT coarsen_cell(52, 10, NULL) IS NULL AS null_resolution;

-- Cells to ancestors: only where one size is a multiple of the other.
SELECT coarsen_cell('100mN32727E45502'::cell, r) AS of_100m, coarsen_cell('1202102332220213'::cell, z) AS of_z16
FROM (VALUES ('100m', 'z16'), ('500m', 'z15'), ('1km', 'z10'), ('100km', 'z0')) AS v(r, z);
SELECT fine, string_agg(coarse, ' ' ORDER BY n) AS ancestors
FROM unnest(ARRAY['100m', '250m', '500m', '1km', '2km', '5km', '10km', '20km', '50km', '100km']) WITH ORDINALITY AS f(fine, m),
	unnest(ARRAY['100m', '250m', '500m', '1km', '2km', '5km', '10km', '20km', '50km', '100km']) WITH ORDINALITY AS c(coarse, n)
WHERE try_coarsen_cell(coarsen_cell(52.5, 13.4, fine), coarse) = coarsen_cell(52.5, 13.4, coarse)
GROUP BY fine, m ORDER BY m;
SELECT coarsen_cell('1kmN3272E4550'::cell, '100m');
SELECT coarsen_cell('2kmN3272E4550'::cell, '5km');
SELECT coarsen_cell('1kmN3272E4550'::cell, 'z3');
SELECT coarsen_cell('213'::cell, 'z4');
SELECT try_coarsen_cell('213'::cell, 'z4') IS NULL AS finer, try_coarsen_cell('213'::cell, '1km') IS NULL AS other_grid, try_coarsen_cell('213'::cell, 'z2') AS coarser;
SELECT try_coarsen_cell('213'::cell, 'z24');

-- Place and shape. Corners of 1kmN3210E4321: its south-west one is 52 N 10 E.
SELECT cell_center('1kmN3210E4321'), (cell_center('213')).latitude;
SELECT coarsen_cell(latitude, longitude, cell_resolution(c)) = c AS centre_is_inside
FROM unnest(ARRAY['z0', '213', '1kmN3210E4321', '100kmN32E43', '250mN310025E440075']::cell[]) AS c, cell_center(c);
SELECT cell_boundary('1kmN3210E4321');
SELECT cell_boundary('z0');
SELECT cell_geojson('213');
-- Long edges of the European grid have a point every 2 km; the outline is closed.
SELECT c, jsonb_array_length(ring) AS points, ring -> 0 = ring -> -1 AS closed
FROM unnest(ARRAY['1kmN3210E4321', '2kmN3210E4320', '5kmN3210E4320', '100kmN32E43', '213']::cell[]) AS c, LATERAL (SELECT cell_geojson(c) #> '{coordinates,0}' AS ring) AS g;
