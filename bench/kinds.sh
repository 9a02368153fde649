#!/usr/bin/env bash
# What each kind of pipeline costs on the generated city (demo/city.sql), everybody consenting: REFRESH of the candidate, and publish(), which
# refreshes, counts what is withheld, and releases.  Then places and residents beside plain SQL that gives a part of their figures.  ROWS events, about.
ROWS=${ROWS:-1000000}
source "$(dirname "$0")/lib.sh"
bench_init
say "bench: a city of about $ROWS events"
bench_sql -v subjects="$((ROWS / 96))" -f "$TOP/demo/city.sql" >/dev/null
bench_sql >/dev/null <<'SQL'
DELETE FROM events WHERE subject IS NULL OR event_time IS NULL;
CREATE ROLE bench_processing;
SELECT mobanon.create_purpose('bench', 'bench', unproven_channels => '{import}');
SELECT mobanon.bind_purpose('bench', 'bench_processing');
SELECT mobanon.create_domain('bench', '7 days', '2025-08-25 00:00+00', now() + interval '30 days');
INSERT INTO mobanon.consent_import (subject, purpose, decided_at) SELECT DISTINCT subject, 'bench', timestamptz '2025-01-01' FROM events;
SELECT mobanon.import_consents();
SELECT mobanon.protect('events', 'subject', 'event_time');
SELECT mobanon.create_pipeline('public.' || name, 'events', 'bench', starts_at => '2025-09-01 00:00+00', domain => 'bench', kind => kind, bucket => bucket, k => 20,
	resolutions => resolutions, buckets => buckets, places => places, homes => homes)
FROM (VALUES ('footfall', 'footfall', NULL::interval, NULL::text[], NULL::interval[], NULL, NULL),
	('adaptive', 'footfall', '1 day', '{100m,500m,1km,5km,10km}', '{1 hour,6 hours,1 day}', NULL, NULL),
	('dwell', 'dwell', NULL, NULL, NULL, NULL, NULL),
	('flows', 'flows', NULL, '{1km,5km,10km}', NULL, NULL, NULL),
	('chains', 'chains', NULL, '{1km,5km,10km}', NULL, NULL, NULL),
	('places', 'places', '7 days', NULL, NULL, '5km', '5km'),
	('residents', 'residents', '7 days', NULL, NULL, '5km', NULL)) AS v (name, kind, bucket, resolutions, buckets, places, homes);
-- what the stages make of it, for the plain SQL
CREATE UNLOGGED TABLE ev AS
SELECT md5(subject)::uuid AS pseudonym, mobanon.try_coarsen_cell(latitude, longitude, '1km') AS cell, event_time AS at, mobanon.bucket_start(event_time, '7 days', 'UTC') AS bucket FROM events;
SELECT format('CREATE VIEW places_of_ev AS %s', mobanon.place_stays_query('ev', '5km', '5km')) \gexec
SELECT format('CREATE VIEW residents_of_ev AS %s', mobanon.home_stays_query('ev', '5km')) \gexec
SELECT format('CREATE VIEW places_figures AS %s', mobanon.places_query('places_of_ev', 20, '7 days', 'UTC', '5km')) \gexec
SELECT format('CREATE VIEW residents_figures AS %s', mobanon.residents_query('residents_of_ev', 20, '7 days', 'UTC')) \gexec
VACUUM ANALYZE;
SQL
rows=$(bench_sql -Atc 'SELECT count(*) FROM events')

for kind in footfall adaptive dwell flows chains places residents; do
	variant 'count(*), no policy' "SELECT count(latitude) FROM events"
	variant 'REFRESH' "REFRESH MATERIALIZED VIEW ${kind}_candidate"
	variant 'publish' "BEGIN;;SELECT mobanon.publish('$kind')"
	title="$kind of $rows events"
	ROUNDS=${KINDS_ROUNDS:-3} compare "$title" REFRESH
	# what is withheld is counted from the stages again; for adaptive, groups of the finest cells, of which there are far more than areas
	target "$title" publish '<' "$([ $kind = adaptive ] && echo 4 || echo 2.5)"
done

stays="SELECT pseudonym, bucket, place, min(at) AS arrival, max(at) AS departure, count(*) AS events
	FROM (SELECT *, count(*) FILTER (WHERE starts) OVER (PARTITION BY pseudonym, bucket ORDER BY at) AS island
		FROM (SELECT *, (place OPERATOR(mobanon.=) lag(place) OVER w AND at - lag(at) OVER w <= '2 hours') IS NOT TRUE AS starts
			FROM (SELECT ev.*, mobanon.coarsen_cell(cell, '5km') AS place FROM ev WHERE cell IS NOT NULL) AS e WINDOW w AS (PARTITION BY pseudonym, bucket ORDER BY at)) AS c) AS i
	GROUP BY pseudonym, bucket, island, place"
variant 'plain SQL: visitors, visits, events, dwell, returning' "SELECT count(*), sum(visitors) FROM (SELECT bucket, place, count(DISTINCT pseudonym) AS visitors, sum(visits) AS visits, sum(events) AS events,
		percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY minutes) AS dwell, count(DISTINCT pseudonym) FILTER (WHERE days > 1) AS again
	FROM (SELECT bucket, place, pseudonym, count(*) AS visits, sum(events) AS events, avg(extract(epoch FROM departure - arrival) / 60) AS minutes, count(DISTINCT arrival::date) AS days
		FROM ($stays HAVING max(at) - min(at) >= '15 minutes') AS s GROUP BY bucket, place, pseudonym) AS v
	GROUP BY bucket, place HAVING count(DISTINCT pseudonym) >= 20 OFFSET 0) AS g"
variant 'places: all figures, with homes' "SELECT count(*), sum(subjects) FROM places_figures"
variant 'places: stays alone' "SELECT count(*), sum(events) FROM places_of_ev"
compare "places of $rows events"
target "places of $rows events" 'places: all figures, with homes' '<' 4

variant 'plain SQL: residents' "SELECT count(*), sum(residents) FROM (SELECT bucket, place, count(DISTINCT pseudonym) AS residents
	FROM (SELECT DISTINCT ON (bucket, pseudonym) bucket, pseudonym, place FROM (SELECT bucket, pseudonym, place, count(DISTINCT (arrival - interval '8 hours')::date) AS nights
			FROM ($stays) AS s WHERE extract(hour FROM arrival) >= 18 OR extract(hour FROM arrival) < 8 GROUP BY bucket, pseudonym, place) AS n
		WHERE nights >= 3 ORDER BY bucket, pseudonym, nights DESC, place) AS h
	GROUP BY bucket, place HAVING count(DISTINCT pseudonym) >= 20 OFFSET 0) AS g"
variant 'residents: all figures' "SELECT count(*), sum(subjects) FROM residents_figures"
variant 'residents: stays alone' "SELECT count(*), sum(events) FROM residents_of_ev"
compare "residents of $rows events"
target "residents of $rows events" 'residents: all figures' '<' 4
