-- Property: kanon_partition is what its definition says, whatever the plan and the memory.
-- For each of :datasets random data sets, each way's areas are compared with a plain SQL oracle, and with each other box by box.
\set QUIET 1
CREATE SCHEMA prop;
SET search_path = prop, mobanon, public;
SELECT plan(14);
SET client_min_messages = warning;
SET mobanon.k_floor = 1;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE way (id serial, name text, settings text[], function text DEFAULT 'kanon_partition', want text DEFAULT 'want');
INSERT INTO way (name, settings) VALUES
	('one piece', '{enable_sort=off}'),
	('sorted', '{enable_hashagg=off}'),
	('2 workers', '{enable_sort=off,max_parallel_workers_per_gather=2}'),
	('1 MB', '{enable_sort=off,work_mem=1MB,hash_mem_multiplier=1}'),
	('64 kB', '{enable_sort=off,work_mem=64kB,hash_mem_multiplier=1}'),
	('64 kB, sorted', '{enable_hashagg=off,work_mem=64kB,hash_mem_multiplier=1}');
INSERT INTO way (name, settings, function, want) SELECT 'rests, ' || name, settings, 'kanon_partition_rest', 'want_rest' FROM way WHERE name IN ('one piece', '64 kB');
CREATE TABLE wrong (dataset int, way text, detail text);
CREATE TABLE seen (dataset int, areas bigint, levels bigint, roots bigint, dropped bigint, rests bigint, wholes bigint);

-- The parameters of a data set: a ladder, k.
CREATE TABLE ladder (resolutions text[], buckets interval[], time_zone text, k int);
-- The levels of the ladder, from definition: space first, then time.
CREATE VIEW level AS
SELECT r.n + b.n - 2 AS level, r.resolution, b.width, b.n AS b
FROM ladder AS l, unnest(l.resolutions) WITH ORDINALITY AS r (resolution, n), unnest(COALESCE(l.buckets, '{NULL}')) WITH ORDINALITY AS b (width, n)
WHERE b.n = 1 OR r.n = cardinality(l.resolutions);

CREATE PROCEDURE make_data(seed int) LANGUAGE plpgsql AS $$
DECLARE
	n_rows	int := CASE WHEN seed % 8 = 0 THEN 12000 WHEN seed % 8 = 1 THEN 30 ELSE 500 + floor(random() * 3000) END;
	n_subjects int := (ARRAY[60, 300, 900, 3000])[1 + floor(random() * 4)];
	spread	float8 := (ARRAY[0.004, 0.05, 0.4, 2])[1 + floor(random() * 4)];
	hours	float8 := (ARRAY[0.1, 1, 8, 100])[1 + floor(random() * 4)];
	skew	float8 := (ARRAY[1, 3, 6, 12])[1 + floor(random() * 4)];
	subject	text := (ARRAY['CASE WHEN s % 50 > 0 THEN s - 3 END', '(''user-'' || s)', 'CASE WHEN s % 90 > 0 THEN md5(s::text)::uuid END'])[1 + seed % 3];
	zone	text := (ARRAY['Europe/Berlin', 'UTC', 'Australia/Lord_Howe', 'Asia/Kathmandu'])[1 + seed % 4];
	ladders	text[] := ARRAY['100m,500m,1km,5km,10km', '100m,1km,2km,10km', '500m,1km,10km,100km', '250m,1km', '2km,20km,100km', '100m,500m,1km,5km,10km,50km,100km', '100m', '100m,1km,20km',
		'z19,z18,z17,z16,z15,z14', 'z18,z15,z11', 'z23,z0', 'z16'];
	widths	text[] := ARRAY[NULL, '15 minutes,1 hour,6 hours,1 day', '1 hour,12 hours,1 day,7 days', NULL, '30 minutes', '10 seconds,1 hour,3 hours'];
	ladder	text := ladders[1 + floor(random() * cardinality(ladders))];
BEGIN
	-- a crowd in a small place, each of them in many cells
	IF seed % 3 = 2 THEN
		n_rows := 2500; n_subjects := 100; spread := 0.02; hours := 0.4; skew := 1;
	END IF;
	TRUNCATE ladder;
	DROP TABLE IF EXISTS data;
	INSERT INTO ladder VALUES (string_to_array(ladder, ','), string_to_array(widths[1 + floor(random() * cardinality(widths))], ',')::interval[], zone, (ARRAY[1, 2, 3, 5, 12])[1 + floor(random() * 5)]);
	-- around 52 N 10 E, a corner of all cells of the grid; half the nights of a change of the clock
	EXECUTE format('CREATE UNLOGGED TABLE data AS
		SELECT i, %s AS subject, CASE WHEN i %% 199 > 0 THEN coarsen_cell(52 + %s * (x - 0.4), 10 + %s * (y - 0.4), %L) END AS cell,
			CASE i %% 211 WHEN 0 THEN NULL WHEN 1 THEN ''infinity'' ELSE timestamptz %L + t * %s * interval ''1 hour'' END AS at, i %% 3 AS part
		FROM (SELECT i, floor(%s * power(random(), %s))::bigint AS s, power(random(), %s) AS x, power(random(), %s) AS y, power(random(), %s) AS t FROM generate_series(1, %s) AS i) AS r',
		subject, spread, spread, CASE WHEN ladder LIKE 'z%' THEN 'z23' WHEN ladder LIKE '250m%' THEN '250m' ELSE '100m' END,
		(ARRAY['2025-10-25 20:00+00', '2025-03-29 22:00+00', '2025-04-05 10:00+00'])[1 + seed % 3], hours, n_subjects, skew, skew, skew, skew, n_rows);
	-- many of one box
	IF seed % 5 = 0 THEN
		UPDATE data SET cell = (SELECT cell FROM data WHERE cell IS NOT NULL LIMIT 1), at = '2025-10-26 00:30+00' WHERE i % 3 > 0;
	END IF;
	ANALYZE data;
END $$;

-- From the definition: count the distinct subjects of each box, then go down while each child has at least k.
CREATE PROCEDURE make_want() LANGUAGE plpgsql AS $$
DECLARE
	step	record;
BEGIN
	DROP TABLE IF EXISTS visit, box, want;
	CREATE UNLOGGED TABLE visit (part int, subject text, level bigint, cell cell, bucket timestamptz, parent_cell cell, parent_bucket timestamptz);
	FOR step IN SELECT level, resolution, width, b, lead(resolution) OVER w AS above, lead(width) OVER w AS longer, time_zone
		FROM level, ladder WINDOW w AS (ORDER BY level) ORDER BY level
	LOOP
		INSERT INTO visit
		SELECT part, subject, step.level, cell, bucket, coarsen_cell(cell, step.above),
			CASE WHEN step.above IS NULL THEN NULL WHEN step.longer IS DISTINCT FROM step.width THEN bucket_start(bucket, step.longer, step.time_zone) ELSE bucket END
		FROM (SELECT DISTINCT part, subject::text, coarsen_cell(cell, step.resolution) AS cell, CASE WHEN step.width IS NULL THEN at ELSE bucket_start(at, step.width, step.time_zone) END AS bucket
			FROM data WHERE step.level = 0 AND subject IS NOT NULL AND cell IS NOT NULL AND at IS NOT NULL
			UNION
			SELECT part, subject, parent_cell, parent_bucket FROM visit WHERE level = step.level - 1) AS v;
	END LOOP;
	CREATE UNLOGGED TABLE box AS
	SELECT part, level, cell, bucket, parent_cell, parent_bucket, count(DISTINCT subject) AS n, false AS divided
	FROM visit GROUP BY part, level, cell, bucket, parent_cell, parent_bucket;
	ANALYZE box;
	UPDATE box AS b SET divided = true
	FROM (SELECT part, level + 1 AS level, parent_cell, parent_bucket FROM box, ladder GROUP BY part, level, parent_cell, parent_bucket HAVING min(n) >= min(k)) AS c
	WHERE c.part = b.part AND c.level = b.level AND c.parent_cell = b.cell AND c.parent_bucket = b.bucket;
	CREATE UNLOGGED TABLE want AS
	WITH RECURSIVE down AS (
		SELECT b.* FROM box AS b, ladder AS l WHERE b.parent_cell IS NULL AND b.n >= l.k
		UNION ALL
		SELECT c.* FROM down AS b JOIN box AS c ON c.part = b.part AND c.level = b.level - 1 AND c.parent_cell = b.cell AND c.parent_bucket = b.bucket WHERE b.divided
	)
	SELECT d.part, d.cell, d.bucket, l.width, d.n AS subjects FROM down AS d JOIN level AS l USING (level) WHERE NOT d.divided;
	INSERT INTO seen (dataset, areas, levels, roots, dropped) SELECT (SELECT count(*) FROM seen), count(*), count(DISTINCT (cell_resolution(cell), width)),
		(SELECT count(*) FROM box WHERE parent_cell IS NULL), (SELECT count(*) FROM box, ladder AS l WHERE parent_cell IS NULL AND n < l.k) FROM want;
END $$;

CREATE FUNCTION metres(resolution text) RETURNS float8 LANGUAGE sql AS
$$ SELECT substring(resolution, '^[0-9]+')::float8 * CASE WHEN resolution LIKE '%km' THEN 1000 ELSE 1 END $$;
-- Children that the grid has of a box, with or without anybody in them.
CREATE FUNCTION grid_children(step bigint, start timestamptz) RETURNS float8 LANGUAGE sql AS $$
	SELECT CASE WHEN this.b > 1 THEN CASE WHEN isfinite(start) THEN
			(SELECT count(DISTINCT s) FROM generate_series(start, bucket_end(start, this.width, l.time_zone) - interval '1 second', LEAST(below.width, interval '15 minutes')) AS t,
				bucket_start(t, below.width, l.time_zone) AS s WHERE s >= start) ELSE 1 END
		WHEN this.resolution LIKE 'z%' THEN power(4::float8, ltrim(below.resolution, 'z')::int - ltrim(this.resolution, 'z')::int)
		ELSE (metres(this.resolution) / metres(below.resolution)) ^ 2 END
	FROM level AS this JOIN level AS below ON below.level = this.level - 1, ladder AS l WHERE this.level = step
$$;
-- The other rule, level by level: who is left of each box, in how many children, and how many have room; a rest that may be shown, or it goes up.
CREATE PROCEDURE make_want_rest() LANGUAGE plpgsql AS $$
DECLARE
	step	record;
BEGIN
	DROP TABLE IF EXISTS want_rest, below, rest, closed;
	CREATE UNLOGGED TABLE want_rest (part int, level bigint, cell cell, bucket timestamptz, n bigint);
	CREATE TEMP TABLE below (part int, subject text, cell cell, bucket timestamptz, parent_cell cell, parent_bucket timestamptz);
	CREATE TEMP TABLE closed (part int, cell cell, bucket timestamptz);
	FOR step IN SELECT level, k, b FROM level, ladder ORDER BY level LOOP
		CREATE TEMP TABLE grid AS
		SELECT bucket, grid_children(step.level, bucket) AS children
		FROM (SELECT DISTINCT CASE WHEN step.b > 1 THEN bucket END AS bucket FROM box WHERE level = step.level AND level > 0) AS d;
		CREATE TEMP TABLE rest AS
		SELECT b.*, b.n >= step.k AND (step.level = 0 OR b.n <= (b.children - 1) * (step.k - 1) AND b.n <= (b.room - 2) * (step.k - 1)) AS is_area
		FROM (SELECT x.part, x.cell, x.bucket, x.parent_cell, x.parent_bucket, count(DISTINCT v.subject) AS n, count(DISTINCT (v.child_cell, v.child_bucket)) AS children,
				array_agg(DISTINCT v.subject) FILTER (WHERE v.subject IS NOT NULL) AS subjects,
				(SELECT g.children FROM grid AS g WHERE g.bucket IS NOT DISTINCT FROM CASE WHEN step.b > 1 THEN x.bucket END) - (SELECT count(*) FROM closed AS c WHERE c.part = x.part AND c.cell = x.cell AND c.bucket = x.bucket) AS room
			FROM box AS x
			LEFT JOIN (SELECT part, subject, cell, bucket, NULL::cell AS child_cell, NULL::timestamptz AS child_bucket FROM visit WHERE level = 0 AND step.level = 0
				UNION ALL
				SELECT part, subject, parent_cell, parent_bucket, cell, bucket FROM below) AS v ON v.part = x.part AND v.cell = x.cell AND v.bucket = x.bucket
			WHERE x.level = step.level
			GROUP BY x.part, x.cell, x.bucket, x.parent_cell, x.parent_bucket) AS b;
		INSERT INTO want_rest SELECT part, step.level, cell, bucket, n FROM rest WHERE is_area;
		UPDATE seen SET rests = COALESCE(rests, 0) + (SELECT count(*) FROM rest WHERE step.level > 0 AND is_area),
			wholes = COALESCE(wholes, 0) + (SELECT count(*) FROM rest WHERE step.level > 0 AND n >= step.k AND NOT is_area)
		WHERE dataset = (SELECT max(dataset) FROM seen);
		TRUNCATE below, closed;
		INSERT INTO below SELECT part, unnest(subjects), cell, bucket, parent_cell, parent_bucket FROM rest WHERE NOT is_area;
		INSERT INTO closed SELECT part, parent_cell, parent_bucket FROM rest WHERE is_area OR room = 0;
		DROP TABLE rest, grid;
	END LOOP;
	ALTER TABLE want_rest RENAME TO leveled;
	CREATE UNLOGGED TABLE want_rest AS SELECT d.part, d.cell, d.bucket, l.width, d.n AS subjects FROM leveled AS d JOIN level AS l USING (level);
	DROP TABLE leveled, below, closed;
END $$;
CREATE PROCEDURE check_data(dataset int) LANGUAGE plpgsql AS $$
DECLARE
	w		way;
	query	text;
	differences bigint;
	disorder bigint;
BEGIN
	SET max_parallel_workers_per_gather = 0;
	CALL make_want();
	CALL make_want_rest();
	SELECT format('SELECT part, %%s(subject, cell, at, %s, %L%s) AS areas FROM data GROUP BY part',
		k, resolutions, CASE WHEN buckets IS NOT NULL THEN format(', %L::interval[], %L', buckets, time_zone) ELSE '' END) INTO query FROM ladder;
	FOR w IN SELECT * FROM way ORDER BY id LOOP
		PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), false) FROM unnest(w.settings) AS s;
		EXECUTE format('CREATE UNLOGGED TABLE got AS SELECT p.part, a.* FROM (%s) AS p, unnest(p.areas) WITH ORDINALITY AS a (cell, bucket, width, subjects, n)', format(query, w.function));
		EXECUTE format('SELECT count(*) FROM ((SELECT part, cell, bucket, width, subjects FROM got EXCEPT ALL TABLE %1$I)
			UNION ALL (TABLE %1$I EXCEPT ALL SELECT part, cell, bucket, width, subjects FROM got)) AS d', w.want) INTO differences;
		SELECT count(*) INTO disorder FROM (SELECT n, row_number() OVER (PARTITION BY part ORDER BY bucket, cell, width) AS m FROM got) AS o WHERE n <> m;
		IF differences + disorder > 0 THEN
			INSERT INTO wrong SELECT dataset, w.name, format('%s areas differ, %s not in order: %s', differences, disorder, to_json(l)) FROM ladder AS l;
		END IF;
		DROP TABLE got;
		RESET enable_sort; RESET enable_hashagg; RESET work_mem; RESET hash_mem_multiplier;
		SET max_parallel_workers_per_gather = 0;
	END LOOP;
END $$;

SELECT setseed(0.20261125);
SELECT format('CALL make_data(%s)', i), format('CALL check_data(%s)', i) FROM generate_series(1, :datasets) AS i \gexec
SELECT is((SELECT string_agg(format('data set %s: %s', x.dataset, x.detail), '; ') FROM wrong AS x WHERE x.way = w.name), NULL, format('%s: equals the oracle', w.name))
FROM way AS w ORDER BY w.id;
-- The data were such that it could have gone wrong.
SELECT ok(max(levels) >= 3, 'areas of ' || max(levels) || ' levels in one partition') FROM seen;
SELECT ok(count(*) FILTER (WHERE levels >= 2) >= 1, 'areas of several levels in ' || count(*) FILTER (WHERE levels >= 2) || ' of ' || count(*) || ' data sets') FROM seen;
SELECT ok(count(*) FILTER (WHERE dropped > 0 AND dropped < roots) >= 2, 'some roots dropped and others not in ' || count(*) FILTER (WHERE dropped > 0 AND dropped < roots)) FROM seen;
SELECT ok(max(roots) > 100 AND sum(areas) > 500, 'up to ' || max(roots) || ' roots, ' || sum(areas) || ' areas in all') FROM seen;
SELECT ok(sum(rests) > 20, sum(rests) || ' rests that are areas') FROM seen;
SELECT ok(sum(wholes) > 10, sum(wholes) || ' rests that would have said too much, and went up') FROM seen;
SELECT * FROM finish();
