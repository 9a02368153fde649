#!/usr/bin/env bash
# What a publication costs: one day after 1, 10 and 100 published days (must
# not grow with history), and a whole backlog beside reading the events.
# ROWS events over 101 days.
ROWS=${ROWS:-2000000}
SUBJECTS=${SUBJECTS:-20000}
source "$(dirname "$0")/lib.sh"
bench_init
say "bench: $ROWS events of $SUBJECTS subjects on 101 days"
bench_sql -v rows="$ROWS" -v subjects="$SUBJECTS" >/dev/null <<'SQL'
CREATE ROLE bench_processing;
SELECT mobanon.create_purpose('bench', 'bench');
SELECT mobanon.bind_purpose('bench', 'bench_processing');
CREATE TABLE events (subject text, at timestamptz, latitude float8, longitude float8);
INSERT INTO events
SELECT (4915100000000 + (:subjects * power((h1 & 1048575) / 1048576.0, 2.0))::bigint)::text,
	'2024-06-01 00:00+00'::timestamptz + (i::float8 / :rows * 101 * 86400) * interval '1 second',
	52.4 + 0.2 * power((h2 & 65535) / 65536.0, 1.7), 13.2 + 0.3 * power((h2 >> 16 & 65535) / 65536.0, 1.7)
FROM (SELECT i, abs(hashint8extended(i, 1)) AS h1, abs(hashint8extended(i, 2)) AS h2 FROM generate_series(1, :rows) AS i) AS h;
CREATE INDEX ON events (at);
SELECT mobanon.protect('events', 'subject', 'at');
INSERT INTO mobanon.consent_import (subject, purpose, channel, decided_at)
SELECT (4915100000000 + i)::text, 'bench', 'app', '2024-01-01 00:00+00' FROM generate_series(0, :subjects) AS i WHERE i % 10 < 6;
SELECT mobanon.import_consents();
SELECT mobanon.create_domain('bench', '1 day', '2024-06-01 00:00+00');
SELECT mobanon.create_pipeline('public.d' || n, 'events', 'bench', k => 10, starts_at => '2024-06-01 00:00+00', domain => 'bench') FROM unnest('{0, 1, 10, 100}'::int[]) AS n;
UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - '2024-09-10 00:00+00') * interval '1 second';
VACUUM ANALYZE events;
SQL
for n in 1 10 100; do
	# day by day, as in life
	bench_sql >/dev/null 2>&1 <<SQL
SELECT mobanon.drop_pipeline('public.d$n', true);
SELECT mobanon.create_pipeline('public.e$n', 'events', 'bench', k => 10, starts_at => timestamptz '2024-06-01 00:00+00' + (100 - $n) * interval '1 day', domain => 'bench');
UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - '2024-09-09 00:00+00') * interval '1 second' WHERE pipeline = 'public.e$n';
CALL mobanon.publish_backlog('e$n', '1 day');
UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - '2024-09-10 00:00+00') * interval '1 second' WHERE pipeline = 'public.e$n';
SQL
	[ "$(bench_sql -Atc "SELECT count(*) FROM mobanon.publication WHERE pipeline = 'public.e$n'")" = $n ] || die "e$n was not published day by day"
done
bench_sql -c 'VACUUM ANALYZE'
for n in 1 10 100; do
	variant "publish one day after $n" "BEGIN;;SELECT mobanon.publish('e$n')"
done
compare 'one more day'
target 'one more day' 'publish one day after 100' '<' 1.3
variant 'count(*), no policy' "SELECT count(*) FROM events"
variant 'REFRESH' "REFRESH MATERIALIZED VIEW d0_candidate"
variant 'publish' "BEGIN;;SELECT mobanon.publish('d0')"
compare "101 days at once: $ROWS events"
variant 'audit of 100 publications' "SELECT * FROM mobanon.audit('e100')"
variant 'verify_release' "SELECT * FROM mobanon.verify_release('e100')"
compare "looking back: $(bench_sql -Atc 'SELECT count(*) FROM e100') rows"
bench_sql -Atc "SELECT 'bytes of the register per published row: ' || round(sum(pg_column_size(w.*))::numeric / sum(w.rows), 1) FROM mobanon.publication_window AS w" | tee -a "$RESULTS/$BENCH.md"
