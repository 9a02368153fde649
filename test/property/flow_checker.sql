-- An independent checker of released flows.  It knows released rows, the codes of the public grids as they are written, and nothing of mobanon.
-- flow_row: a row as text; flow_extent(code): where a cell is; flow_overlaps(rows): pairs of rows of one group whose boxes overlap.
CREATE TYPE flow_row AS (grp int, cells text[], subjects bigint, trips bigint);
CREATE TYPE flow_extent AS (x int8range, y int8range);

-- Europe: size, then metres north and east without the zeros that the size ends in (250m drops one).  World: a quadkey, counted in tiles of zoom 23.
CREATE FUNCTION flow_extent(code text) RETURNS flow_extent LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
	parts	text[] := regexp_match(code, '^(\d+)(k?)mN(\d+)E(\d+)$');
	size	bigint;
	unit	bigint;
	x		bigint := 0;
	y		bigint := 0;
BEGIN
	IF parts IS NOT NULL THEN
		size := parts[1]::bigint * CASE parts[2] WHEN 'k' THEN 1000 ELSE 1 END;
		unit := ('1' || substring(size::text FROM '0*$'))::bigint;
		x := parts[4]::bigint * unit;
		y := parts[3]::bigint * unit;
		RETURN (int8range(x, x + size), int8range(y, y + size));
	END IF;
	IF code = 'z0' THEN code := ''; END IF;
	FOR i IN 1 .. length(code) LOOP
		x := x * 2 + substr(code, i, 1)::bigint % 2;
		y := y * 2 + substr(code, i, 1)::bigint / 2;
	END LOOP;
	size := 1 << (23 - length(code));
	RETURN (int8range(x * size, (x + 1) * size), int8range(y * size, (y + 1) * size));
END $$;

-- Two boxes overlap when their areas do at every end.
CREATE FUNCTION flow_overlaps(released flow_row[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	WITH box AS MATERIALIZED (
		SELECT n, r.grp, r.cells, ARRAY(SELECT flow_extent(c) FROM unnest(r.cells) WITH ORDINALITY AS u (c, e) ORDER BY e) AS ends
		FROM unnest(released) WITH ORDINALITY AS r (grp, cells, subjects, trips, n)
	)
	SELECT format('%s overlaps %s', a.cells, b.cells) FROM box AS a JOIN box AS b ON a.grp = b.grp AND a.n < b.n
	WHERE (a.ends[1]).x && (b.ends[1]).x AND (a.ends[1]).y && (b.ends[1]).y AND (a.ends[2]).x && (b.ends[2]).x AND (a.ends[2]).y && (b.ends[2]).y
	AND (cardinality(a.ends) = 2 OR (a.ends[3]).x && (b.ends[3]).x AND (a.ends[3]).y && (b.ends[3]).y)
$$;

-- How many subjects of table made_extent went through the areas.
CREATE TABLE made_extent (grp int, subject bigint, ends flow_extent[]);
CREATE FUNCTION flow_inside(grp int, areas text[]) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(DISTINCT t.subject)
	FROM made_extent AS t, (SELECT ARRAY(SELECT flow_extent(c) FROM unnest(areas) WITH ORDINALITY AS u (c, e) ORDER BY e)) AS a (ends)
	WHERE t.grp = flow_inside.grp
	AND (t.ends[1]).x <@ (a.ends[1]).x AND (t.ends[1]).y <@ (a.ends[1]).y AND (t.ends[2]).x <@ (a.ends[2]).x AND (t.ends[2]).y <@ (a.ends[2]).y
	AND (cardinality(t.ends) = 2 OR (t.ends[3]).x <@ (a.ends[3]).x AND (t.ends[3]).y <@ (a.ends[3]).y)
$$;
