/*
 * An attack on a table with totals, in plain SQL, for test/t/kanon_table_city.sh.  Reads
 *	seen   (a text, b text, n bigint)		what was released: null a or b is a total, null n is withheld
 *	person (a text, b text, subject text)	who was where: for judging only
 * and prints: rows withheld, rows that the reader computes, of these wrong ones, of these with fewer than k subjects,
 * and sums of withheld rows that the reader computes and that are of fewer than k subjects.
 */
SET client_min_messages = warning;
CREATE TEMP TABLE guess AS SELECT COALESCE(a, 'all') AS a, COALESCE(b, 'all') AS b, n, n IS NULL AS withheld, false AS computed FROM seen;
-- each line of the table: its parts (+1), and its total (-1), which add up to 0
CREATE TEMP TABLE line AS
SELECT 'a ' || a AS line, a, b, CASE WHEN b = 'all' THEN -1 ELSE 1 END AS sign FROM guess
UNION ALL SELECT 'b ' || b, a, b, CASE WHEN a = 'all' THEN -1 ELSE 1 END FROM guess;
ANALYZE guess, line;
-- what alone is missing from a line is the difference of the others; until nothing new is found
CREATE FUNCTION pg_temp.compute() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		UPDATE guess AS g SET n = f.n, computed = true
		FROM (SELECT max(l.a) FILTER (WHERE g.n IS NULL) AS a, max(l.b) FILTER (WHERE g.n IS NULL) AS b,
				-sum(l.sign * g.n) * max(l.sign) FILTER (WHERE g.n IS NULL) AS n
			FROM line AS l JOIN guess AS g USING (a, b) GROUP BY l.line HAVING count(*) FILTER (WHERE g.n IS NULL) = 1) AS f
		WHERE g.a = f.a AND g.b = f.b AND g.n IS NULL;
		EXIT WHEN NOT FOUND;
	END LOOP;
END
$$;
SELECT pg_temp.compute() \g /dev/null
-- the truth, and who is in the withheld rows of each line whose total is shown
CREATE TEMP TABLE truth AS
SELECT COALESCE(a, 'all') AS a, COALESCE(b, 'all') AS b, count(*) AS n, count(DISTINCT subject) AS subjects FROM (SELECT DISTINCT a, b, subject FROM person) AS p GROUP BY CUBE (a, b);
CREATE TEMP TABLE everybody AS
SELECT a, b, subject FROM person UNION SELECT a, 'all', subject FROM person UNION SELECT 'all', b, subject FROM person;
ANALYZE everybody;
SELECT count(*) FILTER (WHERE g.withheld), count(*) FILTER (WHERE g.computed),
	count(*) FILTER (WHERE g.computed AND g.n <> COALESCE(t.n, 0)), count(*) FILTER (WHERE g.computed AND COALESCE(t.subjects, 0) < :k),
	(SELECT count(*) FROM (SELECT l.line FROM line AS l JOIN guess AS s USING (a, b) LEFT JOIN everybody AS p USING (a, b)
		WHERE l.line IN (SELECT l.line FROM line AS l JOIN guess AS s USING (a, b) WHERE l.sign < 0 AND NOT s.withheld) AND s.withheld
		GROUP BY l.line HAVING count(DISTINCT p.subject) < :k) AS x)
FROM guess AS g LEFT JOIN truth AS t USING (a, b);
