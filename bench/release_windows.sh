#!/usr/bin/env bash
# A release of many windows: what publishing, auditing and retention cost then.
# WINDOWS buckets of a minute with three rows each, in publications of a day.
WINDOWS=${WINDOWS:-1000000}
source "$(dirname "$0")/lib.sh"
bench_init
bench_sql -v windows="$WINDOWS" >/dev/null <<'SQL'
CREATE ROLE bench_processing;
SELECT mobanon.create_purpose('bench', 'bench');
SELECT mobanon.bind_purpose('bench', 'bench_processing');
CREATE TABLE events (subject bigint, at timestamptz, latitude float8, longitude float8);
CREATE INDEX ON events (at);
SELECT mobanon.protect('events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'bench', 'app', '2020-01-01 00:00+00')) FROM generate_series(1, 50) AS i;
SELECT mobanon.create_domain('bench', '10 years', '2020-01-01 00:00+00');
SELECT mobanon.create_pipeline(n, 'events', 'bench', bucket => '1 minute', starts_at => '2020-01-01 00:00+00', domain => 'bench') FROM unnest('{few, many}'::text[]) AS n;
-- as publish() brings them out, but for the events
CREATE PROCEDURE fill(name text, days int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. days LOOP
		PERFORM mobanon.bring_out(p, p.published_until + interval '1 day', format(
			'SELECT b AS bucket, mobanon.coarsen_cell(52.5 + c * 0.02, 13.4, ''1km'') AS cell, 20 + c AS subjects
			 FROM generate_series(%L::timestamptz, %L, ''1 minute'') AS b, generate_series(0, 2) AS c', p.published_until, p.published_until + interval '1439 minutes'))
		FROM mobanon.pipeline AS p WHERE p.pipeline = name;
		COMMIT;
	END LOOP;
END $$;
\timing on
CALL fill('public.few', 1);
CALL fill('public.many', (:windows + 1439) / 1440);
INSERT INTO events SELECT 1 + i % 50, p.published_until + i * interval '1 second', 52.5, 13.4 FROM mobanon.pipeline AS p, generate_series(0, 3599) AS i;
VACUUM ANALYZE;
SQL
for n in few many; do
	variant "publish an hour, $n" "BEGIN;;SELECT mobanon.publish('$n', (SELECT published_until + interval '1 hour' FROM mobanon.pipeline WHERE pipeline = 'public.$n'))"
done
compare "an hour after a day, and after $WINDOWS windows"
target "an hour after a day, and after $WINDOWS windows" 'publish an hour, many' '<' 1.5
variant 'count(*)' "SELECT count(*) FROM many"
variant 'audit' "SELECT * FROM mobanon.audit('many')"
variant 'verify_release' "SELECT * FROM mobanon.verify_release('many')"
variant 'drop_windows of half' "BEGIN;;SELECT mobanon.drop_windows('many', '2020-01-01'::timestamptz + interval '1 minute' * $WINDOWS / 2)"
compare "$WINDOWS windows, 3 rows each"
bench_sql -Atc "SELECT format('bytes of the register per window: %s, per row of the release: %s', pg_total_relation_size('mobanon.publication_window') / (SELECT count(*) FROM mobanon.publication_window), pg_total_relation_size('many') / (SELECT count(*) FROM many))" | tee -a "$RESULTS/$BENCH.md"
[ "$(bench_sql -Atc "SELECT count(*) FROM mobanon.audit('many') WHERE NOT ok")" = 0 ] || die "the audit does not pass"
