/*
 * What happens in areas, as queries that a pipeline's stages are made of and
 * that a DBA can read and run.  The functions here only write text.
 *
 * Stage 2 is stays: events are first put into places, an area standing for all
 * of its cells, so that walking through a shopping centre is one stay.
 * Stage 3 counts persons, and nothing but persons.  Where a count can be
 * subtracted from another of the same area, both are counts of at least k, or
 * neither is released: see breakdown_query().
 */

-- Places: an area set, or the cells of a resolution.
CREATE FUNCTION mobanon.place_parts(places text, resolution text, OUT resolution_of text, OUT is_set boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	fault	text;
BEGIN
	SELECT s.resolution INTO resolution_of FROM area_set AS s WHERE s.area_set = places;
	is_set := FOUND;
	IF is_set AND NOT EXISTS (SELECT FROM area_cell AS c WHERE c.area_set = places) THEN
		RAISE EXCEPTION 'area set "%" has no areas', places
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Make some with mobanon.create_area().';
	ELSIF NOT is_set THEN
		BEGIN
			PERFORM try_coarsen_cell(50, 10, places);
			resolution_of := places;
		EXCEPTION WHEN invalid_parameter_value THEN
			RAISE EXCEPTION '"%" is neither an area set nor a resolution', places
				USING ERRCODE = 'undefined_object', HINT = 'Make a set with mobanon.create_area_set(), or take a resolution such as ''5km''.';
		END;
	END IF;
	IF places IS NULL THEN
		RAISE EXCEPTION 'the areas must not be null'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Name an area set, or a resolution such as ''5km''.';
	ELSIF try_coarsen_cell(try_coarsen_cell(50, 10, resolution), resolution_of) IS NULL AND resolution IS NOT NULL THEN
		RAISE EXCEPTION 'cells of resolution % do not fill places of resolution %', resolution, resolution_of
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('Take resolution => %L, or a finer one that divides it.', resolution_of);
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.place_parts(text, text) IS
'For the mobility room: what places are: the areas of a set, or the cells of a resolution; an error when they are neither, or cells of the given resolution do not fill them.';

-- Stays in places, of events (pseudonym, cell, at, bucket).
CREATE FUNCTION mobanon.stays_in_query(events text, places text, resolution text, minimum interval, gap interval,
	person name, reference boolean) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
AS $$
#variable_conflict use_variable
DECLARE
	place	record := place_parts(places, resolution);
	cell	text := format('mobanon.coarsen_cell(e.cell, %L)', place.resolution_of);
	persons	text := CASE WHEN person <> 'pseudonym' THEN format(', e.%I', person) END;
BEGIN
	RETURN format($sql$SELECT p.pseudonym, p.%1$I AS person, p.bucket, %2$s AS place,
       s.arrival, s.departure, s.events::bigint AS events, %3$s AS reference
FROM (SELECT e.pseudonym%4$s, e.bucket,
             mobanon.stays(%5$s, e.at, %6$L, %7$L, mobanon.cleaning() ORDER BY e.at) AS stays
      FROM %8$s AS e%9$s
      GROUP BY e.pseudonym%4$s, e.bucket) AS p
CROSS JOIN LATERAL unnest(p.stays) AS s%10$s$sql$,
		person,
		CASE WHEN place.is_set THEN 'a.area' ELSE 's.cell::text COLLATE "C"' END,
		CASE WHEN reference THEN 'true' ELSE 'false' END,
		COALESCE(persons, ''),
		CASE WHEN place.is_set THEN format('COALESCE(a.anchor, %s)', cell) ELSE cell END,
		minimum, gap, events,
		CASE WHEN place.is_set THEN format(E'\n      LEFT JOIN mobanon.area_cells(%L) AS a ON a.cell = %s', places, cell) ELSE '' END,
		CASE WHEN place.is_set THEN format(E'\nLEFT JOIN mobanon.area_cells(%L) AS a ON a.cell = s.cell AND a.cell = a.anchor', places) ELSE '' END);
END
$$;
COMMENT ON FUNCTION mobanon.stays_in_query(text, text, text, interval, interval, name, boolean) IS
'For the mobility room: the query for stays in places; place is null outside the areas.';

CREATE FUNCTION mobanon.home_stays_query(events text, places text, resolution text DEFAULT NULL, person name DEFAULT 'pseudonym') RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN stays_in_query(events, places, resolution, '0', '12 hours', person, true);
COMMENT ON FUNCTION mobanon.home_stays_query(text, text, text, name) IS
'The query for stage 2 of residents: stays that homes and daytime areas are found from. events: a relation or a subquery in parentheses with pseudonym, cell, at, bucket; places: an area set or a resolution; resolution: of the cells, to be checked; person: the column to count by. A single event is a stay, and 12 hours without one do not end it.';

CREATE FUNCTION mobanon.place_stays_query(events text, areas text, homes text DEFAULT NULL, resolution text DEFAULT NULL,
	minimum interval DEFAULT '15 minutes', gap interval DEFAULT '2 hours', person name DEFAULT 'pseudonym') RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN stays_in_query(events, areas, resolution, minimum, gap, person, false)
	|| CASE WHEN homes IS NULL THEN '' ELSE E'\nUNION ALL\n' || home_stays_query(events, homes, resolution, person) END;
COMMENT ON FUNCTION mobanon.place_stays_query(text, text, text, text, interval, interval, name) IS
'The query for stage 2 of places: stays in the areas of a set, and with homes (an area set or a resolution) those that homes are found from. minimum and gap as in mobanon.stays(); the rest as in home_stays_query().';

/*
 * Persons with one value each (bucket, area, measure, day, person, value) become counts of
 * which each is at least k, and which add up to all persons: so that nothing is left to be
 * subtracted.  Values with fewer than k go into the rest; when the rest has fewer than k, the
 * smallest of the others joins it.  Fewer than l counts: everybody has the same value, or
 * might have, and the whole breakdown is withheld.
 */
CREATE FUNCTION mobanon.breakdown_query(labels text, k int, diversity int, diverse text DEFAULT '') RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format($sql$SELECT g.bucket, g.area, g.measure, g.day, g.value, g.subjects
FROM (SELECT r.bucket, r.area, r.measure, r.day, r.value, mobanon.kanon_suppress(r.person, %2$s) AS subjects,
             count(*) OVER w AS counts, bool_and(mobanon.kanon_suppress(r.person, %2$s) IS NOT NULL%4$s) OVER w AS all_large
      FROM (SELECT o.bucket, o.area, o.measure, o.day, o.person,%5$s
                   CASE WHEN o.large AND (o.rest = 0 OR o.rest >= %2$s OR o.before >= %2$s) THEN o.value END AS value
            FROM (SELECT n.*, rank() OVER (PARTITION BY n.bucket, n.area, n.measure, n.day ORDER BY n.large, n.persons, n.value) - 1 AS before,
                         count(*) FILTER (WHERE NOT n.large) OVER (PARTITION BY n.bucket, n.area, n.measure, n.day) AS rest
                  FROM (SELECT v.*, v.value IS NOT NULL AND v.persons >= %2$s AS large
                        FROM (SELECT l.*, count(*) OVER (PARTITION BY l.bucket, l.area, l.measure, l.day, l.value) AS persons
                              FROM %1$s AS l) AS v) AS n) AS o) AS r
      GROUP BY r.bucket, r.area, r.measure, r.day, r.value
      WINDOW w AS (PARTITION BY r.bucket, r.area, r.measure, r.day)) AS g
WHERE g.counts >= %3$s AND g.all_large$sql$, labels, k, diversity, ' AND ' || NULLIF(diverse, ''), CASE WHEN diverse <> '' THEN ' o.diverse,' END);
COMMENT ON FUNCTION mobanon.breakdown_query(text, int, int, text) IS
'For the mobility room: the query that counts persons by value so that each count is at least k and all add up to the persons of the area; value is null for the rest. Needs one row per person and measure. diverse: what must hold of every count besides, an expression over persons r with a column diverse.';

CREATE FUNCTION mobanon.check_figures(k int, diversity int, bucket interval, nights int, time_zone text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF k IS NULL OR diversity IS NULL OR time_zone IS NULL OR bucket IS NULL THEN
		RAISE EXCEPTION 'k, diversity, bucket and time_zone must not be null'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave an argument out to get its default.';
	ELSIF k < current_setting('mobanon.k_floor')::int THEN
		RAISE EXCEPTION 'k = % is below the floor of %', k, current_setting('mobanon.k_floor')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a larger k (20 is usual); the floor is the setting mobanon.k_floor, which only a superuser may change.';
	ELSIF diversity < 2 THEN
		RAISE EXCEPTION 'diversity must be at least 2'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'It is the number of values that a breakdown must have: with one, everybody knows that of each visitor.';
	END IF;
	-- an error when there is no such time zone; pg_timezone_names would read some thousand files, each time a plan is looked at
	PERFORM bucket_start(now(), '1 day', time_zone);
	IF bucket < nights * interval '1 day' THEN
		RAISE EXCEPTION 'a home is where % nights were spent, and a bucket of % has fewer', nights, bucket
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Take a bucket of several days, such as ''7 days''. It costs privacy inside the house: a pseudonym then lasts as long, and so does the trace under it.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_figures(int, int, interval, int, text) IS
'For the mobility room: an error that says what to do when parameters of figures make no sense; nights is null where no home is asked for.';

CREATE FUNCTION mobanon.check_rule(days int, share int) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF days IS NULL OR share IS NULL OR days < 1 OR share NOT BETWEEN 50 AND 100 THEN
		RAISE EXCEPTION 'a usual place is that of at least one day and of 50 to 100 per cent of them'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Less than half, and a person could have two homes. 3 and 50 are the defaults.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_rule(int, int) IS
'For the mobility room: an error when days and share of a usual place make no sense.';

/*
 * Where a pseudonym spends a time of the day: as a CTE of the given name, with
 * (pseudonym, person, bucket, place, days).  A day's place is where most of the time was spent
 * (then: most events; then the first in order); the place is that of most days, if it is the
 * place of enough days and of enough of the days on which there was one.
 */
CREATE FUNCTION mobanon.usual_place_cte(name text, stays text, time_zone text, from_time time, to_time time,
	weekend boolean, days int, share int) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres' SET datestyle = 'ISO, YMD'
RETURN format($sql$%1$s_time AS (
  -- seconds of each stay in each day's hours from %4$s to %5$s
  SELECT s.pseudonym, s.person, s.bucket, s.place, d.day, s.events,
         GREATEST(0, extract(epoch FROM LEAST(s.departure, h.ends) - GREATEST(s.arrival, h.starts))) AS seconds
  FROM %2$s AS s
  CROSS JOIN LATERAL generate_series(date_trunc('day', s.arrival AT TIME ZONE %3$L - interval '1 day'), s.departure AT TIME ZONE %3$L, interval '1 day') AS d (day)
  CROSS JOIN LATERAL (SELECT (d.day + interval %7$L) AT TIME ZONE %3$L AS starts, (d.day + interval %6$L) AT TIME ZONE %3$L AS ends) AS h
  WHERE s.reference AND s.arrival < h.ends AND s.departure >= h.starts%8$s
), %1$s_day AS (
  SELECT DISTINCT ON (t.pseudonym, t.bucket, t.day) t.pseudonym, t.person, t.bucket, t.day, t.place
  FROM (SELECT pseudonym, person, bucket, day, place, sum(seconds) AS seconds, sum(events) AS events
        FROM %1$s_time GROUP BY pseudonym, person, bucket, day, place) AS t
  ORDER BY t.pseudonym, t.bucket, t.day, t.seconds DESC, t.events DESC, t.place
), %1$s AS (
  SELECT DISTINCT ON (p.pseudonym, p.bucket) p.pseudonym, p.person, p.bucket, p.place, p.days
  FROM (SELECT pseudonym, person, bucket, place, count(*) AS days, sum(count(*)) OVER (PARTITION BY pseudonym, bucket) AS all_days
        FROM %1$s_day GROUP BY pseudonym, person, bucket, place) AS p
  WHERE p.days >= %9$s AND 100 * p.days >= %10$s * p.all_days
  ORDER BY p.pseudonym, p.bucket, p.days DESC, p.place
)$sql$, name, stays, time_zone, from_time, to_time,
	CASE WHEN to_time <= from_time THEN to_time::interval + interval '1 day' ELSE to_time::interval END, from_time::interval,
	CASE WHEN weekend THEN '' ELSE ' AND extract(isodow FROM d.day) < 6' END, days, share);
COMMENT ON FUNCTION mobanon.usual_place_cte(text, text, text, time, time, boolean, int, int) IS
'For the mobility room: the common table expressions that find where each pseudonym usually is at a time of the day.';

-- Where each person lives: (bucket, person, place).
CREATE FUNCTION mobanon.home_cte(stays text, time_zone text, min_nights int DEFAULT 3, night_share int DEFAULT 50) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN usual_place_cte('night', stays, time_zone, '18:00', '08:00', true, min_nights, night_share)
	|| E', home AS (\n  SELECT DISTINCT ON (bucket, person) bucket, person, place FROM night ORDER BY bucket, person, days DESC, place\n)';
COMMENT ON FUNCTION mobanon.home_cte(text, text, int, int) IS
'For the mobility room: the common table expressions, ending in home, that find where each person lives; of several phones, the one that was there most nights tells.';

CREATE FUNCTION mobanon.homes_query(stays text, time_zone text, min_nights int DEFAULT 3, night_share int DEFAULT 50) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
RETURN format(E'WITH stay AS (\n  %s\n), %s SELECT bucket, person, place FROM home', stays, home_cte('stay', time_zone, min_nights, night_share));
COMMENT ON FUNCTION mobanon.homes_query(text, text, int, int) IS
'The query for where each person lives (bucket, person, place): of stays as home_stays_query() writes them, the place of at least min_nights nights (18:00 to 08:00) and of night_share per cent of those observed. One person each: only for the inside of a pipeline.';

-- The visits: stays in one area that follow each other, with no stay elsewhere in between.
CREATE FUNCTION mobanon.visits_cte(stays text, time_zone text, gap interval, way interval, diverse boolean DEFAULT false) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
SET intervalstyle = 'postgres'
RETURN format($sql$step AS (
  SELECT s.*, CASE WHEN s.place IS NOT DISTINCT FROM lag(s.place) OVER w AND s.arrival - lag(s.departure) OVER w <= %2$L THEN 0 ELSE 1 END AS begins
  FROM %1$s AS s
  WHERE NOT s.reference
  WINDOW w AS (PARTITION BY s.pseudonym, s.bucket ORDER BY s.arrival)
), run AS (
  SELECT n.pseudonym, n.person, n.bucket, n.place, min(n.arrival) AS arrival, max(n.departure) AS departure, sum(n.events)::bigint AS events%5$s
  FROM (SELECT step.*, sum(begins) OVER (PARTITION BY pseudonym, bucket ORDER BY arrival) AS number FROM step) AS n
  GROUP BY n.pseudonym, n.person, n.bucket, n.place, n.number
), visit AS (
  SELECT l.pseudonym, l.person, l.bucket, l.place AS area, l.arrival, l.departure, l.events, l.came_from, l.went_to,%6$s
         (l.arrival AT TIME ZONE %3$L)::date AS day, floor(extract(epoch FROM l.departure - l.arrival) / 60)::bigint AS minutes
  FROM (SELECT run.*,
               CASE WHEN arrival - lag(departure) OVER w <= %4$L THEN lag(place) OVER w END AS came_from,
               CASE WHEN lead(arrival) OVER w - departure <= %4$L THEN lead(place) OVER w END AS went_to
        FROM run WINDOW w AS (PARTITION BY pseudonym, bucket ORDER BY arrival)) AS l
  WHERE l.place IS NOT NULL
)$sql$, stays, gap, time_zone, way, CASE WHEN diverse THEN ', min(n.diverse) AS diverse' END, CASE WHEN diverse THEN ' l.diverse,' END);
COMMENT ON FUNCTION mobanon.visits_cte(text, text, interval, interval, boolean) IS
'For the mobility room: the common table expressions that make visits of stays; diverse: the stays have a column diverse, one value for each pseudonym and bucket, and so have the visits.';

CREATE FUNCTION mobanon.places_query(stays text, k int, bucket interval, time_zone text, homes text DEFAULT NULL,
	gap interval DEFAULT '2 hours', diversity int DEFAULT 2, way interval DEFAULT '4 hours',
	min_nights int DEFAULT 3, night_share int DEFAULT 50,
	visits_bound bigint DEFAULT 20, events_bound bigint DEFAULT 1000, minutes_bound bigint DEFAULT 1440,
	l int DEFAULT NULL, enough int DEFAULT NULL, share int DEFAULT 90, by_home boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	persons	text := CASE WHEN l IS NULL THEN format('mobanon.kanon_suppress(%%1$sperson, %s)', k)
		ELSE format('mobanon.kanon_diverse(%%1$sperson, %%1$sdiverse, %s, %s, %s, %s)', k, l, COALESCE(enough, k), share) END;
BEGIN
	PERFORM check_rule(min_nights, night_share);
	PERFORM check_figures(k, diversity, bucket, CASE WHEN homes IS NOT NULL THEN min_nights END, time_zone);
	RETURN format($sql$WITH stay AS MATERIALIZED (
  SELECT * FROM %11$s
), %2$s, visit_day AS (
  SELECT visit.*, sum(minutes) OVER (PARTITION BY bucket, area, person, day) AS minutes_of_day FROM visit
), visitor AS (
  -- one row per person: each counts once, whatever it did; who is there for four hours on three days works or lives there
  SELECT v.bucket, v.area, v.person, count(*) AS visits,
         CASE WHEN count(DISTINCT v.day) FILTER (WHERE v.minutes_of_day >= 240) >= 3 THEN 3 WHEN count(DISTINCT v.day) > 1 THEN 2 ELSE 1 END AS days,
         sum(v.events)::bigint AS events, sum(v.minutes)::bigint / count(*) AS minutes, max(v.minutes) AS longest,
         (array_agg(v.came_from ORDER BY v.arrival, v.pseudonym))[1] AS came_from,
         (array_agg(v.went_to ORDER BY v.departure DESC, v.pseudonym))[1] AS went_to%12$s
  FROM visit_day AS v
  GROUP BY v.bucket, v.area, v.person
), hour AS (
  SELECT v.bucket, v.area, h.hour, %13$s AS persons
  FROM (SELECT visit.*, date_trunc('hour', arrival AT TIME ZONE %3$L) AS first, departure AT TIME ZONE %3$L AS last FROM visit) AS v
  CROSS JOIN LATERAL (SELECT extract(hour FROM g)::bigint FROM generate_series(v.first, LEAST(v.last, v.first + interval '23 hours'), interval '1 hour') AS g) AS h (hour)
  GROUP BY v.bucket, v.area, h.hour
), peak AS (
  SELECT DISTINCT ON (bucket, area) bucket, area, hour FROM hour WHERE persons IS NOT NULL ORDER BY bucket, area, persons DESC, hour
), figure AS (
  -- Nobody has fewer visits than days, nor (where stays last) fewer than two events a visit: what
  -- sums say is said by what is beyond that, so that is at least k persons'.
  SELECT bucket, area, %14$s AS visitors, sum(days)::bigint AS least,
         mobanon.kanon_sum(person, visits - days, %1$s, %4$s) AS more_visits,
         mobanon.kanon_sum(person, events - days, %1$s, %5$s) AS more_events,
         mobanon.kanon_sum(person, GREATEST(events - 2 * visits, 0), %1$s, %5$s) AS beyond,
         mobanon.kanon_quantile(person, minutes, 0.25, %1$s, %6$s) AS quarter,
         mobanon.kanon_quantile(person, minutes, 0.5, %1$s, %6$s) AS half,
         mobanon.kanon_quantile(person, minutes, 0.75, %1$s, %6$s) AS three_quarters
  FROM visitor GROUP BY bucket, area
), link AS (
  -- Who went from one area to another was in both, so there are k others in the other.
  SELECT l.bucket, l.area, l.measure, l.other
  FROM (SELECT v.bucket, v.area, m.measure, m.other, count(*) AS persons
        FROM visitor AS v CROSS JOIN LATERAL (VALUES ('from', v.came_from), ('to', v.went_to)) AS m (measure, other)
        GROUP BY v.bucket, v.area, m.measure, m.other) AS l
  JOIN (SELECT bucket, area, count(*) AS persons FROM visitor GROUP BY bucket, area) AS o ON o.bucket = l.bucket AND o.area = l.other
  WHERE o.persons - l.persons >= %1$s
)%7$s, label AS (
  SELECT v.bucket, v.area, m.measure, NULL::date AS day, v.person,%15$s m.value COLLATE "C" AS value
  FROM visitor AS v
  LEFT JOIN link AS f ON f.bucket = v.bucket AND f.area = v.area AND f.measure = 'from' AND f.other = v.came_from
  LEFT JOIN link AS t ON t.bucket = v.bucket AND t.area = v.area AND t.measure = 'to' AND t.other = v.went_to%8$s
  CROSS JOIN LATERAL (VALUES
    ('from', f.other),
    ('to', t.other),
    ('return', CASE v.days WHEN 1 THEN 'once' WHEN 2 THEN 'again' ELSE 'regular' END),
    ('stayed', CASE WHEN v.longest < 30 THEN 'under 30 minutes' WHEN v.longest < 120 THEN '30 minutes to 2 hours' ELSE '2 hours and more' END)%9$s) AS m (measure, value)
), breakdown AS (
%10$s
)
SELECT f.bucket, f.area, m.measure, m.value COLLATE "C" AS value, f.visitors AS subjects, m.amount
FROM figure AS f
LEFT JOIN peak AS p ON p.bucket = f.bucket AND p.area = f.area
CROSS JOIN LATERAL (VALUES
  ('visitors', NULL, NULL::bigint),
  ('visits', NULL, f.least + f.more_visits),
  ('events', NULL, CASE WHEN f.beyond IS NOT NULL THEN f.least + f.more_events END),
  ('dwell', '0.25', f.quarter),
  ('dwell', '0.5', f.half),
  ('dwell', '0.75', f.three_quarters),
  ('peak hour', NULL, p.hour)) AS m (measure, value, amount)
WHERE f.visitors IS NOT NULL AND (m.measure = 'visitors' OR m.amount IS NOT NULL)
UNION ALL
SELECT b.bucket, b.area, b.measure, b.value, b.subjects, NULL
FROM breakdown AS b%16$s$sql$,
		k, visits_cte('stay', time_zone, gap, way, l IS NOT NULL), time_zone, visits_bound, events_bound, minutes_bound,
		CASE WHEN homes IS NULL THEN '' ELSE ', ' || home_cte('stay', time_zone, min_nights, night_share) END,
		CASE WHEN homes IS NULL THEN '' ELSE E'\n  LEFT JOIN home AS h ON h.bucket = v.bucket AND h.person = v.person' END,
		CASE WHEN homes IS NULL THEN '' ELSE E',\n    (''home'', h.place)' END,
		breakdown_query('label', k, diversity, CASE WHEN l IS NULL THEN ''
			ELSE format('(%s%s IS NOT NULL)', CASE WHEN by_home THEN 'r.measure = ''home'' OR ' END, format(persons, 'r.')) END), stays,
		CASE WHEN l IS NOT NULL THEN E',\n         CASE WHEN min(v.diverse) = max(v.diverse) THEN min(v.diverse) END AS diverse' END,
		format(persons, 'v.'), format(persons, ''),
		CASE WHEN l IS NOT NULL THEN ' v.diverse,' END,
		CASE WHEN l IS NOT NULL THEN E'\nJOIN figure AS f ON f.bucket = b.bucket AND f.area = b.area AND f.visitors IS NOT NULL' END);
END
$$;
COMMENT ON FUNCTION mobanon.places_query(text, int, interval, text, text, interval, int, interval, int, int, bigint, bigint, bigint, int, int, int, boolean) IS
'The query for stage 3 of places over stage 2 (place_stays_query): per bucket and area visitors, visits, events, dwell (minutes of a visitor''s average visit at 0.25, 0.5 and 0.75), peak hour, and breakdowns of the visitors by home, from, to, return (once; again: on two days or more; regular: on three days for four hours, as who works or lives there) and stayed. Each count is at least k, and each breakdown adds up to the visitors or is withheld. homes: as given to place_stays_query; gap: what does not end a visit; way: what a way to the next area may take; bounds: what one person adds at most. l, enough and share: as in kanon_diverse() over a column diverse of the stays; areas and breakdowns whose counts are not all diverse are withheld, but with by_home (what differs are the homes) not the breakdown by home for its own.';
