#!/usr/bin/env bash
# A release as files: GeoJSON, a page with a map, CSV; made by a reader of the
# release.  Prints TAP.
set -euo pipefail
n=0 failed=0
is() { # is GOT EXPECTED WHAT
	n=$((n + 1))
	if [ "$1" = "$2" ]; then echo "ok $n - $3"; else echo "not ok $n - $3"; printf '# got: %s\n# expected: %s\n' "$1" "$2"; failed=1; fi
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"; export PGUSER=postgres; dropdb --if-exists -f release_output; psql -qX -d postgres -c "DROP ROLE IF EXISTS t_output_processing, t_output_reader" >/dev/null' EXIT
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d release_output "$@"; }
createdb release_output
sql >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
CREATE ROLE t_output_processing; CREATE ROLE t_output_reader LOGIN;
CREATE SCHEMA town;
CREATE TABLE town.events (subject text, at timestamptz, latitude float8, longitude float8, age_band text);
SELECT mobanon.create_purpose('t_output', 'test');
SELECT mobanon.add_category('t_output', 'age_band');
SELECT mobanon.bind_purpose('t_output', 't_output_processing');
SELECT mobanon.protect('town.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 't_output', 'app', '2024-06-01 00:00+00')),
	count(mobanon.grant_consent(i::text, 't_output', 'app', '2024-06-01 00:00+00', category => 'age_band')) FROM generate_series(1, 60) AS i;
INSERT INTO town.events SELECT i::text, '2024-06-10 12:00+00'::timestamptz + h * interval '3 hours', 52.5 + (i % 2) * 0.02, 13.4,
	CASE WHEN i % 3 = 0 THEN '</script>"' ELSE 'old' END
FROM generate_series(1, 60) AS i, generate_series(0, 3) AS h;
SELECT mobanon.create_domain('town', '1 year', '2024-01-01 00:00+00');
SELECT mobanon.create_pipeline('town.footfall', 'town.events', 't_output', starts_at => '2024-06-10 00:00+00', domain => 'town', readers => '{t_output_reader}');
SELECT mobanon.create_pipeline('town.by_age', 'town.events', 't_output', starts_at => '2024-06-09 22:00+00', domain => 'town', k => 5,
	bucket => '1 day', time_zone => 'Europe/Berlin', breakdowns => '{age_band}', readers => '{t_output_reader}');
SELECT mobanon.publish('town.footfall'), mobanon.publish('town.by_age');
SQL
export PGUSER=t_output_reader
sql -c "SELECT mobanon.release_geojson('town.footfall')" >"$dir/footfall.geojson"
sql -c "SELECT mobanon.release_geojson('town.by_age')" >"$dir/by_age.geojson"
psql -qXAt -d release_output -v release=town.footfall -v title='Who is </script> where' -f demo/release_map.sql >"$dir/map.html"
psql -qXAt -d release_output -v release=town.by_age -f demo/release_map.sql >"$dir/by_age.html"
sql -c "COPY (TABLE town.footfall) TO STDOUT (FORMAT csv, HEADER)" >"$dir/footfall.csv"
check() { python3 - "$@"; }
is "$(check "$dir/footfall.geojson" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
f = d['features']
ring = f[0]['geometry']['coordinates'][0]
print(d['type'], len(f), f[0]['geometry']['type'], ring[0] == ring[-1], sorted(f[0]['properties']), f[0]['properties']['from'], f[0]['properties']['to'], f[0]['properties']['subjects'], d['about']['k'])
PY
)" "FeatureCollection 8 Polygon True ['cell', 'from', 'subjects', 'to'] 2024-06-10T12:00:00Z 2024-06-10T13:00:00Z 30 20" "a release as GeoJSON"
is "$(check "$dir/by_age.geojson" <<'PY'
import json, sys
f = json.load(open(sys.argv[1]))['features']
print(len(f), [(p['age_band'], p['subjects'], p['from'], p['to']) for p in (x['properties'] for x in f)][:2])
PY
)" "4 [('</script>\"', 10, '2024-06-09T22:00:00Z', '2024-06-10T22:00:00Z'), ('old', 20, '2024-06-09T22:00:00Z', '2024-06-10T22:00:00Z')]" "with its breakdowns, and days of a time zone"
page() { check "$1" <<'PY'
import json, re, sys
page = open(sys.argv[1]).read()
assert '__DATA__' not in page.split('<script')[1] and not re.search(r'(src|href)="?(https?:)?//', page), 'needs a network'
data = json.loads(re.search(r'<script[^>]*application/json[^>]*>\s*(.*?)\s*</script>', page, re.S).group(1))
print(data['title'], data['k'], len(data['cells']), len(data['buckets']), len(data['rows']), data['buckets'][0], data['buckets'][-1])
PY
}
is "$(page "$dir/map.html")" 'Who is </script> where 20 2 10 8 2024-06-10T12:00Z 2024-06-10T21:00Z' "and as a page with a map: every hour, also those without a row"
is "$(page "$dir/by_age.html")" 'Release town.by_age 5 2 1 2 2024-06-09T22:00Z 2024-06-09T22:00Z' "with one figure per cell where there are breakdowns"
is "$(wc -l <"$dir/footfall.csv") $(head -1 "$dir/footfall.csv")" '9 bucket,cell,subjects,publication' "and as CSV"
# The hash of a publication can be computed outside: cut, sort as the cells sort, sha256sum.
window=$(sql -c "SET timezone = 'UTC'" -c "SELECT to_char(bucket, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') || ',' || cell || ',' || subjects FROM town.footfall WHERE bucket = '2024-06-10 12:00+00' ORDER BY cell")
is "$(printf '%s\n' "$window" | sha256sum | cut -d' ' -f1)" "$(PGUSER=postgres sql -c "SELECT encode(w.sha256, 'hex') FROM mobanon.publication_window AS w JOIN mobanon.pipeline AS p USING (pipeline_id) WHERE p.pipeline = 'town.footfall' AND w.bucket = '2024-06-10 12:00+00'")" "sha256sum finds the hash that is in the register"
is "$(sql -c "SELECT mobanon.release_geojson('town.events')" 2>&1 | grep -c 'is not a release')" 1 "a table that is no release is refused"
is "$(PGUSER=postgres sql -c "CREATE ROLE t_output_nobody; GRANT USAGE ON SCHEMA town TO t_output_nobody; SET ROLE t_output_nobody; SELECT mobanon.release_geojson('town.footfall')" 2>&1 | grep -c 'is not a release that t_output_nobody may read')" 1 "who may not read the release gets no file"
echo "1..$n"
exit $failed
