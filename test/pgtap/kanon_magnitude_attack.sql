-- Attacks on sums, averages, quantiles and diversity: each breaks the plain way, a threshold on count(DISTINCT phone), and not ours.
\set QUIET 1
SET search_path = public, mobanon;
SET client_min_messages = warning;
SELECT plan(30);

-- ---- planted groups ----------------------------------------------------------
-- minutes: what a phone stayed; home: where its owner lives.
CREATE TABLE visit (place text, phone bigint, account bigint, home text, minutes bigint);
INSERT INTO visit
SELECT 'square', i, i, (ARRAY['Ahlen', 'Beckum', 'Oelde'])[i % 3 + 1], 10 + i % 41 FROM generate_series(1, 120) AS i
-- four people in their garden
UNION ALL SELECT 'garden', 900 + i, 900 + i, 'Oelde', 600 FROM generate_series(1, 4) AS i
-- 25 phones of one owner; 24 phones that somebody brings along to the place of one other
UNION ALL SELECT 'depot', 1000 + i, 1000, 'Ahlen', 480 FROM generate_series(1, 25) AS i
UNION ALL SELECT 'sybils', 1100 + i, least(1101, 1100 + i), 'Ahlen', CASE i WHEN 0 THEN 77 ELSE 1 END FROM generate_series(0, 24) AS i
-- all visitors live in one street
UNION ALL SELECT 'funeral', 1200 + i, 1200 + i, 'Hof 3', 60 + i FROM generate_series(1, 60) AS i
-- one lives where others pass by; two do, and know each other
UNION ALL SELECT 'hamlet', 1300 + i, 1300 + i, 'Oelde', CASE i WHEN 1 THEN 900 ELSE 2 END FROM generate_series(1, 30) AS i
UNION ALL SELECT 'lodge', 1400 + i, 1400 + i, 'Oelde', CASE WHEN i <= 2 THEN 900 - i ELSE 2 END FROM generate_series(1, 30) AS i;
CREATE TABLE naive AS SELECT place, count(DISTINCT phone) AS subjects, sum(minutes) AS minutes, percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) AS median FROM visit GROUP BY place HAVING count(DISTINCT phone) >= 20;
CREATE TABLE ours AS SELECT place, kanon_suppress(account, 20) AS subjects, kanon_diverse(account, home, 20, 2) AS diverse,
	kanon_sum(account, minutes, 20, 1440) AS minutes, kanon_avg(account, minutes, 20, 1440) AS average, kanon_quantile(account, minutes, 0.5, 20, 1440) AS median FROM visit GROUP BY place;
SELECT is((SELECT count(*) FROM naive WHERE place IN ('depot', 'sybils', 'funeral', 'hamlet', 'lodge')), 5::bigint, 'a threshold on phones tells of five planted groups');
SELECT is((SELECT minutes - 24 FROM naive WHERE place = 'sybils'), 77::numeric, 'who brought 24 phones along reads the minutes of the 25th');
SELECT is((SELECT minutes - 899 FROM naive WHERE place = 'lodge'), (898 + 56)::numeric, 'one of two residents knows the other''s minutes within 7 percent');
SELECT ok(subjects = 120 AND diverse = 120 AND minutes > 0 AND average > 0 AND median > 0, 'the square, where many are, is told') FROM ours WHERE place = 'square';
SELECT ok(subjects IS NULL AND diverse IS NULL AND minutes IS NULL AND average IS NULL AND median IS NULL, format('nothing is told of the %s', place)) FROM ours WHERE place IN ('garden', 'depot', 'sybils') ORDER BY place;
SELECT ok(diverse IS NULL, 'whose visitors share one home: no count where homes matter') FROM ours WHERE place = 'funeral';
SELECT ok(minutes IS NULL AND average IS NULL AND median IS NULL, format('who lives in the %s: no minutes', place)) FROM ours WHERE place IN ('hamlet', 'lodge') ORDER BY place;

-- ---- who knows one contribution ------------------------------------------------
-- The second subtracts its own from the sum, to learn the first's; and the same with what is missing to the bound.
SELECT setseed(0.7);
CREATE TABLE crowd AS SELECT g, s, CASE WHEN g % 2 = 0 THEN v ELSE 1000 - v END AS v FROM (SELECT g, s, (CASE WHEN s <= g % 3 THEN 900 - 100 * s ELSE 1 + floor(power(random(), 3) * (2 + g / 10)) END)::bigint AS v
	FROM generate_series(1, 200) AS g, generate_series(1, 20 + g % 25) AS s) AS c;
CREATE TABLE sums AS SELECT g, count(*) AS n, sum(v) AS naive, kanon_sum(s, v, 20, 1000) AS told, (array_agg(v ORDER BY v DESC))[1:2] AS top, (array_agg(v ORDER BY v))[1:2] AS low FROM crowd GROUP BY g;
SELECT ok(count(*) FILTER (WHERE naive - top[2] < 1.1 * top[1]) >= 10, format('the second knows the first within 10 percent in %s of %s groups of 20 and more', count(*) FILTER (WHERE naive - top[2] < 1.1 * top[1]), count(*))) FROM sums;
SELECT ok(count(*) FILTER (WHERE n * 1000 - naive - (1000 - low[2]) < 1.1 * (1000 - low[1])) >= 10, format('or from above, in %s', count(*) FILTER (WHERE n * 1000 - naive - (1000 - low[2]) < 1.1 * (1000 - low[1])))) FROM sums;
SELECT is(count(*) FILTER (WHERE told - top[2] < 1.1 * top[1] OR n * 1000 - told - (1000 - low[2]) < 1.1 * (1000 - low[1])), 0::bigint, 'in none that is told') FROM sums;
SELECT ok(count(told) >= 100, format('of which there are %s', count(told))) FROM sums;
SELECT is(count(*) FILTER (WHERE told <> naive), 0::bigint, 'and they are told exactly') FROM sums;

-- ---- counts in disguise ----------------------------------------------------------
-- A sum of flags is the count of those who have it, and of those who do not.
CREATE TABLE flags AS SELECT f, kanon_sum(s, (s <= f)::int, 20, 1) AS told, round(kanon_avg(s, (s <= f)::int, 20, 1) * 60) AS by_average FROM generate_series(0, 60) AS f, generate_series(1::bigint, 60) AS s GROUP BY f;
SELECT results_eq('SELECT f, told FROM flags WHERE told IS NOT NULL ORDER BY f', 'SELECT f, f::bigint FROM generate_series(20, 40) AS f', 'a sum of flags tells of no less than k on either side');
SELECT is(count(*), 0::bigint, 'nor does the average times the count') FROM flags WHERE by_average IS DISTINCT FROM told;
-- Who has no value at all is nobody's count either.
SELECT is((SELECT kanon_avg(s, CASE WHEN s > 1 THEN 5 + s % 9 END, 20, 100) * kanon_suppress(s, 20) - kanon_sum(s, CASE WHEN s > 1 THEN 5 + s % 9 END, 20, 100) FROM generate_series(1::bigint, 30) AS s),
	0.0, 'sum, average and count are of the same subjects, with and without a value');
SELECT is((SELECT count(*) FROM (SELECT kanon_avg(s, v, 20, 1000) AS a, kanon_suppress(s, 20) AS n, kanon_sum(s, v, 20, 1000) AS x FROM crowd GROUP BY g) AS g WHERE a IS DISTINCT FROM x::numeric / n),
	0::bigint, 'in every group: so the average tells nothing new');

-- ---- all quantiles at once ----------------------------------------------------------
-- 130 subjects with values far apart; every fraction there is.  A quantile of the plain kind is somebody's value.
CREATE TABLE wage AS SELECT s, 1000 + s * s * 17 % 9973 * 10 + s % 7 AS v FROM generate_series(1::bigint, 130) AS s;
CREATE TABLE quantile AS SELECT f, (SELECT percentile_disc(f / 1000.0) WITHIN GROUP (ORDER BY v) FROM wage) AS naive,
	(SELECT kanon_quantile(s, v, f / 1000.0, 20, 200000) FROM wage) AS told FROM generate_series(1, 999) AS f;
SELECT is((SELECT count(*) FROM wage WHERE v IN (SELECT naive FROM quantile)), 130::bigint, 'all quantiles of the plain kind are all the data');
SELECT ok((SELECT count(*) FROM wage WHERE v IN (SELECT told FROM quantile)) <= 3, 'of ours, the odd value coincides');
-- What all of them together tell: block means, on straight lines.  The attacker finds the corners, and has the means of 6 blocks of 21 or 22.
CREATE TABLE corner AS SELECT b, (SELECT told FROM quantile WHERE f = ((2 * b - 1) * 1000 / 12.0)::int) AS mean FROM generate_series(1, 6) AS b;
SELECT results_eq('SELECT b FROM corner WHERE mean IS NOT NULL ORDER BY b', 'VALUES (2), (3), (4), (5)', 'the middles of the inner blocks are told');
SELECT is((SELECT count(*) FROM quantile AS q JOIN corner AS a ON a.b = floor(f * 6 / 1000.0 + 0.5) JOIN corner AS c ON c.b = a.b + 1
	WHERE abs(told - (a.mean + (c.mean - a.mean) * (f * 6 / 1000.0 + 0.5 - a.b))) > 60), 0::bigint, 'all others lie on lines between them');
SELECT is((SELECT count(*) FROM corner AS c WHERE mean IS NOT NULL AND abs(mean - (SELECT avg(v) FROM (SELECT v, row_number() OVER (ORDER BY v) - 1 AS r FROM wage) AS w WHERE r >= (b - 1) * 130 / 6 AND r < b * 130 / 6)) > 60),
	0::bigint, 'which are means of 21 or 22 subjects each');
-- What one contributes is divided by k before it is seen.
SELECT ok(max(abs(a.told - b.told)) <= (200000 / 20), format('who multiplies his value moves quantiles by %s at most', max(abs(a.told - b.told)))) FROM quantile AS a JOIN
	(SELECT f, (SELECT kanon_quantile(s, CASE s WHEN 77 THEN 200000 ELSE v END, f / 1000.0, 20, 200000) FROM wage) AS told FROM generate_series(1, 999, 7) AS f) AS b USING (f);
-- One stands out in the last block, not in the group: no quantile at all, for the others and the sum would tell the last.
CREATE TABLE outstanding AS SELECT s, CASE WHEN s = 1 THEN 2000 WHEN s > 100 THEN 10 ELSE s % 10 END AS v FROM generate_series(1::bigint, 400) AS s;
SELECT ok(kanon_sum(s, v, 20, 10000) > 0 AND kanon_sum(s, 10000 - v, 20, 10000) > 0, 'a group in which the highest stands out, and one with the lowest: the sum is told') FROM outstanding;
SELECT is((SELECT count(q) FROM (SELECT kanon_quantile(s, v, f / 100.0, 20, 10000) AS q FROM outstanding, generate_series(1, 99) AS f GROUP BY f) AS x), 0::bigint, 'all quantiles of the first are withheld together');
SELECT is((SELECT count(q) FROM (SELECT kanon_quantile(s, 10000 - v, f / 100.0, 20, 10000) AS q FROM outstanding, generate_series(1, 99) AS f GROUP BY f) AS x), 0::bigint, 'and all of the second');

-- ---- what must not be published together ---------------------------------------------
-- doc/kanon.md says so, since no function that sees one group once can prevent it: here is why.
SELECT is((SELECT kanon_sum(s, 1 + s % 40 + CASE s WHEN 7 THEN 60 ELSE 0 END, 20, 61) - kanon_sum(s, 1 + s % 40 + CASE s WHEN 7 THEN 60 ELSE 0 END, 20, 60) FROM generate_series(1::bigint, 200) AS s),
	1::bigint, 'two bounds on one group: their difference counts who is above, and that is one');
SELECT is((SELECT kanon_sum(s, 10 + s % 9, 20, 100) - kanon_sum(s, 10 + s % 9, 20, 100) FILTER (WHERE s <> 7) FROM generate_series(1::bigint, 200) AS s),
	17::bigint, 'two sets of rows that differ by one subject: the difference is its contribution');
SELECT * FROM finish();
