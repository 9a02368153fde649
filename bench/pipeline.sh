#!/usr/bin/env bash
# The whole way from raw events to k-anonymous counts per cell and hour: what an
# analyst would write with PostGIS, pgcrypto and count(DISTINCT), beside the
# three stages, as a query and as a pipeline's REFRESH under a policy, and publish().
source "$(dirname "$0")/lib.sh"
EXTRA_PACKAGES="postgresql-contrib"
bench_init "max_worker_processes = 8"
bench_sql -c 'CREATE EXTENSION pgcrypto'
POSTGIS=
! peer PostGIS postgresql-@MAJOR@-postgis-3 postgis || POSTGIS=1
events_table "$ROWS" "$SUBJECTS"
bench_sql >/dev/null <<'SQL'
CREATE ROLE bench_processing;
SELECT mobanon.create_purpose('bench', 'bench', unproven_channels => '{import}');
SELECT mobanon.bind_purpose('bench', 'bench_processing');
SELECT mobanon.create_domain('bench', '1 day', '2026-03-01 00:00+00', '2026-12-31 00:00+00');
CREATE UNLOGGED TABLE open_events AS TABLE events;
VACUUM ANALYZE open_events;
-- everybody consents: the same rows on both sides
INSERT INTO mobanon.consent_import (subject, purpose, decided_at) SELECT DISTINCT subject, 'bench', timestamptz '2026-01-01' FROM events;
SELECT mobanon.import_consents();
VACUUM ANALYZE mobanon.consent_state;
SELECT mobanon.protect('events', 'subject', 'at');
SELECT mobanon.create_pipeline('public.p', 'events', 'bench', starts_at => '2026-03-02 00:00+00', domain => 'bench');
GRANT SELECT ON open_events TO bench_processing;
SQL
key="'\\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'"
hand="SELECT count(*), sum(n) FROM (SELECT ST_SnapToGrid(ST_Transform(ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), 3035), 1000) AS cell, date_trunc('hour', at) AS bucket,
	count(DISTINCT hmac(subject::bytea, $key, 'sha256')) AS n FROM open_events GROUP BY 1, 2 HAVING count(DISTINCT hmac(subject::bytea, $key, 'sha256')) >= 20 OFFSET 0) AS g"
ours="SELECT count(*), sum(n) FROM (SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, date_trunc('hour', at) AS bucket,
	mobanon.kanon_suppress(mobanon.pseudonymize(subject, 'bench', at), 20) AS n FROM open_events GROUP BY 1, 2 OFFSET 0) AS g"
for workers in 0 2; do
	set="SET max_parallel_workers_per_gather = $workers"
	[ -z "$POSTGIS" ] || variant 'PostGIS + pgcrypto + count(DISTINCT)' "$set;;$hand"
	variant 'three stages, HashAggregate' "$set; SET mobanon.enable_kanon_scan = off;;$ours"
	variant 'three stages, KanonScan' "$set;;$ours"
	variant 'REFRESH of a pipeline, under the policy' "$set;;REFRESH MATERIALIZED VIEW p_candidate"
	variant 'publish: refresh, count what is withheld, release' "$set; BEGIN;;SELECT mobanon.publish('p')"
	variant 'count(*) per cell and hour, position only' "$set;;SELECT count(*) FROM (SELECT mobanon.coarsen_cell(latitude, longitude, '1km') AS cell, date_trunc('hour', at) AS bucket, count(*) AS n FROM open_events GROUP BY 1, 2 OFFSET 0) AS g"
	variant 'scan' "$set;;SELECT count(latitude) FROM open_events"
	title="$ROWS events to counts per cell and hour, $workers workers"
	ROUNDS=${PIPELINE_ROUNDS:-$ROUNDS} compare "$title" 'three stages, KanonScan'
	target "$title" 'REFRESH of a pipeline, under the policy' '<' 1.7
	if [ -n "$POSTGIS" ]; then
		target "$title" 'PostGIS + pgcrypto + count(DISTINCT)' '>' 3.5
		target "$title" 'PostGIS + pgcrypto + count(DISTINCT)' '>' 8
	fi
done
