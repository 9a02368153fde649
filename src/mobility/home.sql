/*
 * Meaningful locations: where people live and where they are in the daytime.
 * Found and forgotten within the pipeline; what comes out are counts of at
 * least k, which add up.
 *
 * The rules are the night and working hours of multimno (Eurostat), 18:00 to
 * 08:00 and 08:00 to 17:00 from Monday to Friday; see doc/mobility.md.
 */
CREATE FUNCTION mobanon.residents_query(stays text, k int, bucket interval, time_zone text, diversity int DEFAULT 2,
	min_nights int DEFAULT 3, night_share int DEFAULT 50, min_workdays int DEFAULT 3, workday_share int DEFAULT 50) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM check_rule(min_nights, night_share);
	PERFORM check_rule(min_workdays, workday_share);
	PERFORM check_figures(k, diversity, bucket, min_nights, time_zone);
	RETURN format($sql$WITH stay AS MATERIALIZED (
  SELECT * FROM %3$s
), %1$s, %2$s, resident AS (
  -- one row per person
  SELECT DISTINCT ON (n.bucket, n.person) n.bucket, n.person, n.pseudonym, n.place AS home, w.place AS work
  FROM night AS n
  LEFT JOIN workday AS w ON w.bucket = n.bucket AND w.pseudonym = n.pseudonym
  WHERE n.place IS NOT NULL
  ORDER BY n.bucket, n.person, n.days DESC, n.place, n.pseudonym
), seen AS (
  -- where residents were, by day
  SELECT r.bucket, r.person, r.home, d.day::date AS day, s.place
  FROM resident AS r
  JOIN stay AS s ON s.bucket = r.bucket AND s.pseudonym = r.pseudonym AND s.reference
  CROSS JOIN LATERAL generate_series(date_trunc('day', s.arrival AT TIME ZONE %4$L), s.departure AT TIME ZONE %4$L, interval '1 day') AS d (day)
  GROUP BY r.bucket, r.person, r.home, d.day, s.place
), label AS (
  SELECT r.bucket, r.home AS area, 'work' AS measure, NULL::date AS day, r.person, r.work COLLATE "C" AS value FROM resident AS r
  UNION ALL
  SELECT r.bucket, r.home, 'presence', d.day, r.person, p.value COLLATE "C"
  FROM resident AS r
  JOIN (SELECT DISTINCT bucket, day FROM seen) AS d ON d.bucket = r.bucket
  LEFT JOIN (SELECT bucket, person, day, CASE WHEN bool_and(place IS NOT DISTINCT FROM home) THEN 'at home'
                    WHEN bool_or(place IS NOT DISTINCT FROM home) THEN 'home and elsewhere' ELSE 'away' END AS value
             FROM seen GROUP BY bucket, person, day) AS p ON p.bucket = r.bucket AND p.person = r.person AND p.day = d.day
), total AS (
  SELECT bucket, home, mobanon.kanon_suppress(person, %5$s) AS subjects FROM resident GROUP BY bucket, home
), visited AS (
  -- Who works in a place was seen there, and who was not is the difference: k of each, or of both together.
  SELECT s.bucket, s.home, s.place, s.subjects, count(*) OVER (PARTITION BY s.bucket, s.home) AS places
  FROM (SELECT a.bucket, a.home, a.place, mobanon.kanon_suppress(a.person, %5$s) AS subjects,
               mobanon.kanon_suppress(a.person, %5$s) FILTER (WHERE a.works) AS work,
               mobanon.kanon_suppress(a.person, %5$s) FILTER (WHERE NOT a.works) AS no_work
        FROM (SELECT DISTINCT s.bucket, s.home, s.person, s.place, r.work IS NOT DISTINCT FROM s.place AS works
              FROM seen AS s JOIN resident AS r ON r.bucket = s.bucket AND r.person = s.person
              WHERE s.place <> s.home) AS a
        GROUP BY a.bucket, a.home, a.place) AS s
  JOIN total AS t ON t.bucket = s.bucket AND t.home = s.home
  WHERE s.subjects IS NOT NULL AND t.subjects - s.subjects >= %5$s AND (s.work IS NULL OR s.no_work IS NOT NULL)
), breakdown AS (
%6$s
)
SELECT t.bucket, t.home AS area, 'residents' AS measure, NULL::date AS day, NULL::text COLLATE "C" AS value, t.subjects
FROM total AS t WHERE t.subjects IS NOT NULL
UNION ALL
SELECT b.bucket, b.area, b.measure, b.day, b.value, b.subjects FROM breakdown AS b
UNION ALL
SELECT v.bucket, v.home, 'visited', NULL, v.place, v.subjects FROM visited AS v WHERE v.places >= %7$s$sql$,
		usual_place_cte('night', 'stay', time_zone, '18:00', '08:00', true, min_nights, night_share),
		usual_place_cte('workday', 'stay', time_zone, '08:00', '17:00', false, min_workdays, workday_share),
		stays, time_zone, k, breakdown_query('label', k, diversity), diversity);
END
$$;
COMMENT ON FUNCTION mobanon.residents_query(text, int, interval, text, int, int, int, int, int) IS
'The query for stage 3 of residents over stage 2 (home_stays_query): per bucket and home area the residents, where they are in working hours (work), who of them was seen at home, elsewhere or both on each day (presence), and where they were seen at all (visited). Each count is at least k; work, and presence of each day, add up to the residents or are withheld. A home is the place of at least min_nights nights (18:00 to 08:00) and of night_share per cent of those observed; a daytime area likewise of days from Monday to Friday (08:00 to 17:00).';
