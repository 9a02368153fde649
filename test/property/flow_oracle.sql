-- What kanon_flows and kanon_chains ought to give, from the definition, in plain SQL and slowly.
-- Reads table made_trip (grp, subject, cells mobanon.cell[]): a cell for each end.  Fills table want (grp, cells, subjects, trips).
CREATE TABLE want (grp int, cells mobanon.cell[], subjects bigint, trips bigint);
CREATE PROCEDURE make_want(k int, ladder text[], bound int, loss int) LANGUAGE plpgsql AS $$
DECLARE
	top		int := cardinality(ladder);
	divided	boolean := true;
BEGIN
	DROP TABLE IF EXISTS walk;
	-- Each trip begins in its root: the coarsest area at each end.
	CREATE TEMP TABLE walk AS
	SELECT grp, subject, cells, ARRAY(SELECT mobanon.coarsen_cell(c, ladder[top]) FROM unnest(cells) WITH ORDINALITY AS u (c, e) ORDER BY e) AS box,
		array_fill(top, ARRAY[cardinality(cells)]) AS level, true AS open
	FROM made_trip WHERE subject IS NOT NULL AND array_position(cells, NULL) IS NULL;
	DELETE FROM walk AS w USING (SELECT grp, box FROM walk GROUP BY grp, box HAVING count(DISTINCT subject) < k) AS few WHERE w.grp = few.grp AND w.box = few.box;
	WHILE divided LOOP
		DROP TABLE IF EXISTS part, choice;
		-- What each box would be divided into along each of its ends, and how many subjects are in it.
		CREATE TEMP TABLE part AS
		SELECT grp, box, level, e, mobanon.coarsen_cell(cells[e], ladder[level[e] - 1]) AS area, count(DISTINCT subject) AS subjects
		FROM walk, generate_subscripts(cells, 1) AS e WHERE open AND level[e] > 1 GROUP BY 1, 2, 3, 4, 5;
		-- Along which end: one where the parts have k subjects, but for the loss; the coarser end, then the earlier one.
		CREATE TEMP TABLE choice AS
		SELECT DISTINCT ON (grp, box, level) grp, box, level, e
		FROM (SELECT grp, box, level, e, sum(subjects) AS subjects, coalesce(sum(subjects) FILTER (WHERE subjects < k), 0) AS withheld
				FROM part GROUP BY grp, box, level, e) AS verdict
		WHERE withheld < subjects AND withheld * 100 <= subjects * loss ORDER BY grp, box, level, level[e] DESC, e;
		UPDATE walk AS w SET open = false WHERE open AND NOT EXISTS (SELECT FROM choice AS c WHERE (c.grp, c.box, c.level) = (w.grp, w.box, w.level));
		DELETE FROM walk AS w USING choice AS c, part AS p WHERE w.open AND (c.grp, c.box, c.level) = (w.grp, w.box, w.level)
			AND (p.grp, p.box, p.level, p.e) = (c.grp, c.box, c.level, c.e) AND p.area OPERATOR(mobanon.=) mobanon.coarsen_cell(w.cells[c.e], ladder[w.level[c.e] - 1]) AND p.subjects < k;
		UPDATE walk AS w SET box = w.box[:c.e - 1] || mobanon.coarsen_cell(w.cells[c.e], ladder[w.level[c.e] - 1]) || w.box[c.e + 1:],
			level = w.level[:c.e - 1] || w.level[c.e] - 1 || w.level[c.e + 1:]
		FROM choice AS c WHERE w.open AND (c.grp, c.box, c.level) = (w.grp, w.box, w.level);
		divided := FOUND;
	END LOOP;
	TRUNCATE want;
	-- Trips, unless they would tell of fewer than k: of those who went more than once, or of those who went less often than they could.
	INSERT INTO want SELECT grp, box, count(*), CASE WHEN bound = 1 OR count(*) FILTER (WHERE times > 1) >= k AND count(*) FILTER (WHERE times < bound) >= k THEN sum(least(times, bound)) END
	FROM (SELECT grp, box, subject, count(*) AS times FROM walk GROUP BY grp, box, subject) AS s GROUP BY grp, box;
END $$;
