-- Property: kanon_flows and kanon_chains give what their definition says, in plain SQL (flow_oracle.sql),
-- on :datasets random data sets, both grids, whatever the plan and however the groups are cut.
\set QUIET 1
CREATE SCHEMA prop;
SET search_path = prop, mobanon, public;
SELECT plan(9);
SET client_min_messages = warning;
SET mobanon.k_floor = 1;
SET max_parallel_workers_per_gather = 0;
\ir flow_oracle.sql
CREATE TABLE ladder (id int, grid text, resolutions text[]);
INSERT INTO ladder VALUES (0, 'europe', '{100m,500m,1km,5km,10km}'), (1, 'europe', '{250m,500m,2km,20km}'), (2, 'world', '{z16,z15,z14,z12,z9}'), (3, 'europe', '{1km}'),
	(4, 'world', '{z17,z10}'), (5, 'europe', '{500m,1km,10km,50km,100km}');
CREATE TABLE wrong (dataset int, what text, detail text);
CREATE TABLE total (what text, rows bigint, finer bigint, mixed bigint, no_trips bigint);

-- People go from one of a few places to another, most of them near each other; few or many groups, people, trips; some nulls.
CREATE PROCEDURE make_data(seed int, ends int) LANGUAGE plpgsql AS $$
DECLARE
	n_rows	int := CASE WHEN seed % 9 = 0 THEN 5 ELSE 200 + floor(random() * 2500) END;
	n_subjects int := (ARRAY[3, 30, 200, 1500])[1 + floor(random() * 4)];
	n_places int := (ARRAY[1, 4, 12, 60])[1 + floor(random() * 4)];
	spread	float8 := (ARRAY[0.002, 0.03, 0.3])[1 + floor(random() * 3)];
	scatter	float8 := (ARRAY[0, 0.02, 0.1])[1 + floor(random() * 3)];
	skew	float8 := (ARRAY[1, 2, 5])[1 + floor(random() * 3)];
	grid	text := (SELECT l.grid FROM ladder AS l WHERE id = seed % 6);
	finest	text := (SELECT resolutions[1] FROM ladder WHERE id = seed % 6);
BEGIN
	DROP TABLE IF EXISTS made_trip, place, place_around;
	-- Each place is a scatter of points, some of them nowhere, some finer than asked for.
	CREATE TABLE place AS SELECT p, 52.5 + spread * (random() - 0.5) AS latitude, 13.4 + spread * (random() - 0.5) AS longitude FROM generate_series(0, n_places - 1) AS p;
	CREATE TABLE place_around AS SELECT p, a, CASE WHEN random() < 0.97 THEN
			coarsen_cell(latitude + scatter * (random() - 0.5), longitude + scatter * (random() - 0.5), CASE WHEN random() < 0.9 OR finest = '250m' THEN finest WHEN grid = 'world' THEN 'z20' ELSE '100m' END) END AS cell
		FROM place, generate_series(0, 19) AS a;
	CREATE TABLE made_trip AS SELECT i % CASE WHEN seed % 4 = 0 THEN 3 ELSE 1 END AS grp, CASE WHEN s % 50 < 49 THEN s END AS subject, cells
		FROM (SELECT i, floor(n_subjects * power(random(), skew))::bigint AS s,
				ARRAY(SELECT (SELECT cell FROM place_around WHERE p = floor(n_places * power(u, skew)) AND a = floor(20 * power(v, 3)))
					FROM (SELECT random() + 0 * i * e AS u, random() + 0 * i * e AS v FROM generate_series(1, ends) AS e OFFSET 0) AS d) AS cells
			FROM generate_series(1, n_rows) AS i) AS r;
	ANALYZE made_trip;
END $$;

-- What the aggregate gives, as rows like those of want.
CREATE FUNCTION got(ends int, subject text, k int, ladder text[], bound int, loss int, by_root boolean) RETURNS SETOF want LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT grp, ARRAY[%s], f.subjects, f.trips FROM (SELECT grp, mobanon.%I(%s, %s, $1, $2%s) AS flows FROM made_trip GROUP BY grp%s) AS g, unnest(g.flows) AS f',
		CASE ends WHEN 2 THEN 'f.origin, f.destination' ELSE 'f.origin, f.via, f.destination' END, CASE ends WHEN 2 THEN 'kanon_flows' ELSE 'kanon_chains' END,
		subject, CASE ends WHEN 2 THEN 'cells[1], cells[2]' ELSE 'cells[1], cells[2], cells[3]' END,
		CASE WHEN bound = 4 AND loss = 5 THEN '' ELSE ', $3, $4' END,
		CASE WHEN by_root THEN (SELECT string_agg(format(', coarsen_cell(cells[%s], $2[cardinality($2)])', e), '') FROM generate_series(1, ends) AS e) ELSE '' END)
	USING k, ladder, bound, loss;
END $$;

CREATE PROCEDURE compare(seed int) LANGUAGE plpgsql AS $$
DECLARE
	ends	int := 2 + seed % 2;
	k		int := (ARRAY[1, 2, 5, 20])[1 + floor(random() * 4)];
	ladder	text[] := (SELECT resolutions FROM ladder WHERE id = seed % 6);
	bound	int := least(k, (ARRAY[4, 1, 20])[1 + seed % 3]);
	loss	int := (ARRAY[0, 5, 0, 50])[1 + seed / 2 % 4];
	subject	text := (ARRAY['subject', '(''user-'' || subject)', 'md5(subject::text)::uuid'])[1 + seed % 3];
	way		text;
	n		bigint;
BEGIN
	PERFORM setseed(seed / 100000.0);
	CALL make_data(seed, ends);
	CALL make_want(k, ladder, bound, loss);
	FOREACH way IN ARRAY '{sort,hash,by root}'::text[] LOOP
		PERFORM set_config('enable_hashagg', (way = 'hash')::text, true), set_config('enable_sort', (way <> 'hash')::text, true);
		SELECT count(*) INTO n FROM (SELECT w::text AS row, count(*) AS copies FROM want AS w GROUP BY 1) AS w
			FULL JOIN (SELECT g::text AS row, count(*) AS copies FROM got(ends, subject, k, ladder, bound, loss, way = 'by root') AS g GROUP BY 1) AS g USING (row)
			WHERE w.copies IS DISTINCT FROM g.copies OR w.copies > 1;
		IF n > 0 THEN
			INSERT INTO wrong VALUES (seed, format('%s ends, %s', ends, way), format('%s rows differ: k %s, ladder %s, bound %s, loss %s', n, k, ladder, bound, loss));
		END IF;
	END LOOP;
	INSERT INTO total SELECT format('%s ends', ends), count(*), count(*) FILTER (WHERE cell_resolution(cells[1]) <> ladder[cardinality(ladder)]),
		count(*) FILTER (WHERE cell_resolution(cells[1]) <> cell_resolution(cells[2])), count(*) FILTER (WHERE trips IS NULL) FROM want;
	COMMIT;
END $$;

-- The checker knows rows and the public grid; it must find nothing here, and something below.
\ir flow_checker.sql
CREATE TABLE found (dataset int, what text);
CREATE PROCEDURE check_all(datasets int) LANGUAGE plpgsql AS $$
BEGIN
	FOR seed IN 1 .. datasets LOOP
		CALL compare(seed);
		INSERT INTO found SELECT seed, what FROM flow_overlaps((SELECT array_agg(ROW(grp, cells::text[], subjects, trips)::flow_row) FROM want)) AS what;
		TRUNCATE made_extent;
		INSERT INTO made_extent SELECT grp, subject, ARRAY(SELECT flow_extent(c::text) FROM unnest(cells) WITH ORDINALITY AS u (c, e) ORDER BY e) AS ends
			FROM made_trip WHERE array_position(cells, NULL) IS NULL;
		INSERT INTO found SELECT seed, 'count' FROM (SELECT * FROM want ORDER BY md5(cells::text) LIMIT 8) AS w WHERE w.subjects <> flow_inside(w.grp, w.cells::text[]);
	END LOOP;
END $$;
CALL check_all(:datasets);

SELECT is((SELECT count(*) FROM wrong WHERE what LIKE '2 ends, sort'), 0::bigint, :'datasets' || ' data sets: flows as defined, sorted groups');
SELECT is((SELECT count(*) FROM wrong WHERE what LIKE '2 ends, hash'), 0::bigint, 'flows as defined, hashed groups');
SELECT is((SELECT count(*) FROM wrong WHERE what LIKE '2 ends, by root'), 0::bigint, 'flows as defined, grouped by the coarsest cells as well');
SELECT is((SELECT count(*) FROM wrong WHERE what LIKE '3 ends%'), 0::bigint, 'chains as defined');
SELECT diag(format('data set %s, %s: %s', dataset, what, detail)) FROM wrong LIMIT 10;
SELECT ok(sum(rows) > 100 AND sum(finer) > 50 AND sum(mixed) > 10 AND sum(no_trips) BETWEEN 10 AND sum(rows) - 10, format('flows of all kinds: %s rows, %s of them finer than the root, %s with ends of different sizes, %s without trips', sum(rows), sum(finer), sum(mixed), sum(no_trips))) FROM total WHERE what = '2 ends';
SELECT ok(sum(rows) > 50 AND sum(finer) > 20, format('chains of all kinds: %s rows, %s finer than the root, %s with ends of different sizes', sum(rows), sum(finer), sum(mixed))) FROM total WHERE what = '3 ends';
SELECT is((SELECT count(*) FROM found WHERE what <> 'count'), 0::bigint, 'the checker, which knows the codes of the grid only, finds no two rows that overlap');
SELECT is((SELECT count(*) FROM found WHERE what = 'count'), 0::bigint, 'and in each row''s areas as many subjects as it says');
-- A naive table: every resolution suppressed by itself, side by side.
CREATE TABLE naive (grp int, cells cell[], subjects bigint);
SELECT setseed(0.5);
CALL make_data(6, 2);
INSERT INTO naive SELECT grp, ARRAY[mobanon.coarsen_cell(cells[1], r), mobanon.coarsen_cell(cells[2], r)], count(DISTINCT subject) AS subjects
	FROM made_trip, unnest('{100m,1km,10km}'::text[]) AS r WHERE array_position(cells, NULL) IS NULL GROUP BY 1, 2 HAVING count(DISTINCT subject) >= 5;
SELECT isnt((SELECT count(*) FROM flow_overlaps((SELECT array_agg(ROW(grp, cells::text[], subjects, NULL)::flow_row) FROM naive))), 0::bigint, 'but it finds overlaps where each resolution is suppressed by itself');
SELECT * FROM finish();
