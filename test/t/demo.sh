#!/usr/bin/env bash
# make demo: the story on a small city, what a bad file of events gets, and that
# an interruption leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
HERE=$(mktemp -d "${TMPDIR:-/tmp}/mobanon.demo.XXXXXX")
chmod 755 "$HERE"
trap 'rm -rf "$HERE"' EXIT
export MOBANON_ROOT=$ROOT
N=0
ok() { N=$((N + 1)); if [ "$1" = "$2" ]; then echo "ok $N - $3"; else echo "not ok $N - $3"; echo "# got: $1"; echo "# expected: $2"; fi; }
has() { N=$((N + 1)); if grep -qE -- "$2" "$1"; then echo "ok $N - $3"; else echo "not ok $N - $3"; echo "# not found: $2"; tail -20 "$1" | sed 's/^/# /'; fi; }
# demo [NAME=VALUE...]: in a directory of its own, as somebody would type it
demo() { (unset PGHOST PGPORT PGUSER; mkdir -p "$HERE/tmp"; env TMPDIR="$HERE/tmp" OUT="$HERE/out" "$@" demo/run) >"$HERE/output" 2>&1; }
left_behind() { # files, and processes that have to do with them
	ls -A "$HERE/tmp" "$HERE/out" 2>/dev/null | grep -v ':$' | tr -d '\n'
	grep -ls "$HERE[/]tmp/" /proc/[0-9]*/cmdline || true
}

# ---- the story --------------------------------------------------------------
rc=0; demo CITY_SUBJECTS=400 K=5 || rc=$?
ok $rc 0 'the demo runs on a small city'
has "$HERE/output" '^CREATE EXTENSION mobanon' 'the superuser does one act'
has "$HERE/output" "^SELECT mobanon.protect\\('events'" "the DBA's statements are shown as typed"
has "$HERE/output" 'without consent$' 'who did not consent is left out and counted'
has "$HERE/output" '│ +40 │ without a subject' 'rows without a subject are counted'
has "$HERE/output" 'unusable position' 'unusable positions are counted'
has "$HERE/output" 'time out of range' 'times in the future are counted'
has "$HERE/output" 'in groups of fewer than k = 5' 'what is below k is counted'
has "$HERE/output" '^ERROR:  permission denied for table events' 'the analyst is refused the raw table'
has "$HERE/output" 'peak memory of that backend: [0-9]+ MB' 'memory is measured'
read -r before after < <(awk '/^9\. /{on=1} on && /^ +[0-9]+ │ +[0-9]+$/{printf "%d ", $3}' "$HERE/output"; echo)
ok "$((before - after))" 1 'the statement after a withdrawal counts one subject less'
peak=$(sed -n 's/.*peak memory of that backend: \([0-9]*\) MB.*/\1/p' "$HERE/output")
ok "$([ "${peak:-999}" -lt 500 ] && echo below)" below 'the backend stays below 500 MB'
ok "$(python3 - "$HERE/out" <<'PY'
import json, sys
release = json.load(open(sys.argv[1] + "/release.geojson"))["features"]
page = open(sys.argv[1] + "/map.html").read()
layers = json.loads(page.split('type="application/json">')[1].split("</script>")[0])["layers"]
data = layers[0]
flows = json.load(open(sys.argv[1] + "/flows.geojson"))["features"]
print(len(release) == len(data["rows"]) > 0, min(f["properties"]["subjects"] for f in release) >= 5,
    all(f["geometry"]["coordinates"][0][0] == f["geometry"]["coordinates"][0][-1] for f in release),
    "http" in page.replace("http://www.w3.org/2000/svg", ""))
print(*[l["kind"] for l in layers], all(r[1] >= 5 for l in layers for r in l["rows"]), len(layers[-1]["rows"]) == len(flows) > 0,
    *{f["geometry"]["type"] for f in flows})
PY
)" 'True True True False
footfall dwell flows True True LineString' 'GeoJSON and map hold the same rows, none below k, and the map asks no network for anything'
rm -r "$HERE/out"
ok "$(left_behind)" '' 'the demo leaves nothing behind but what it says it writes'

# ---- the city is the same everywhere ----------------------------------------
createdb demo_city
psql -qX -d demo_city -v ON_ERROR_STOP=1 -v subjects=400 -f demo/city.sql
# as on PostgreSQL 15, x86-64: a fingerprint, so that other majors and machines show a difference
ok "$(psql -qXAt -d demo_city -c "SELECT count(*), md5(string_agg(md5(concat_ws(' ', subject, extract(epoch FROM event_time)::bigint,
	latitude, longitude)), '' ORDER BY subject, event_time, latitude, longitude)) FROM events")" \
	'40076|297ef45f1e76ed8cd126190105db802e' 'the same rows on every run, machine and major version'
dropdb demo_city

# ---- bad files, and what is said about them ----------------------------------
mkdir "$HERE/files"
H='subject,time,lat,lon'
GOOD='491511,2025-09-01T08:00:00Z,52.5,13.4'
file() { printf '%b' "$2" >"$HERE/files/$1"; }
say() { printf '%s\n' "$*" >&2; }
TOP=$PWD WORK=$HERE TIME_ZONE=UTC
source demo/load.sh
createdb demo_load
psql -qX -d demo_load -c 'CREATE ROLE dba LOGIN' -c 'GRANT CREATE ON SCHEMA public TO dba'
# refused FILE MESSAGE: by one line that names the file, and with exit status 1
refused() {
	local rc=0 said
	said=$(cd "$HERE/files" && (file_check "$1"; file_load demo_load) 2>&1) || rc=$?
	ok "$rc $said" "1 mobanon: $1: $2" "$1"
	ok "$(psql -qXAt -d demo_load -c "SELECT to_regclass('events')")" '' "$1: no table of events is left half-built"
	psql -qX -d demo_load -c 'SET client_min_messages = warning' -c 'DROP TABLE IF EXISTS staging'
}
refused missing.csv 'there is no such file'
refused . 'this is a directory, not a file of events'
file empty.csv ''
refused empty.csv 'the file is empty'
file header.csv "$H\n"
refused header.csv 'line 1: there is a header, but no event below it'
file blank.csv "\n$GOOD\n"
refused blank.csv 'line 1: there is no header line; it names the columns: subject, time, latitude, longitude'
file column.csv "subject,time,lat\n491511,2025-09-01T08:00:00Z,52.5\n"
refused column.csv 'line 1: no column for the longitude; it may be called: longitude, lon, lng, long, start_lon, start_lng, start_longitude'
file twice.csv "lat,subject,time,LAT,lon\n"
refused twice.csv 'line 1: two columns are called "lat"'
file not.csv.gz "$H\n$GOOD\n"
refused not.csv.gz 'named .gz, but not in gzip format'
printf '%b' "$H\n$GOOD\n" | gzip >"$HERE/files/short.csv.gz"
truncate -s 40 "$HERE/files/short.csv.gz"
refused short.csv.gz 'the gzip file is damaged or incomplete'
head -c 4000 "$BIN/psql" >"$HERE/files/binary.csv"
refused binary.csv 'line 1: this is not text; events come as CSV, plain or packed with gzip'
file few.csv "$H\n$GOOD\n491512,2025-09-01T08:00:00Z,52.5\n"
refused few.csv 'line 3: fewer fields than the 4 of the header'
file many.csv "$H\n$GOOD,7\n"
refused many.csv 'line 2: more fields than the 4 of the header'
file gap.csv "$H\n$GOOD\n\n$GOOD\n"
refused gap.csv 'line 3: fewer fields than the 4 of the header'
file dot.csv "$H\n$GOOD\n\\\\.\n$GOOD\n"
refused dot.csv 'line 3: fewer fields than the 4 of the header'
file quote.csv "$H\n$GOOD\n\"491511,2025-09-01T08:00:00Z,52.5,13.4\n"
refused quote.csv 'line 4: a quoted field does not end'
file latin.csv "$H\n$GOOD\nM\\xfcller,2025-09-01T08:00:00Z,52.5,13.4\n"
refused latin.csv 'line 3: not in UTF-8'
file north.csv "$H\n$GOOD\n$GOOD\n491512,2025-09-01T08:00:00Z,north,13.4\n"
refused north.csv 'line 4: the latitude is not a number'
file huge.csv "$H\n491512,2025-09-01T08:00:00Z,52.5,1e999\n"
refused huge.csv 'line 2: the longitude is not a number'
file now.csv "$H\n$GOOD\n491512,now,52.5,13.4\n"
refused now.csv 'line 3: the time is not a time as in 2025-09-01T08:30:00Z or 2025-09-01 08:30'
file february.csv "$H\n491512,2025-02-30 08:00,52.5,13.4\n"
refused february.csv 'line 2: the time is not a time as in 2025-09-01T08:30:00Z or 2025-09-01 08:30'
# the line in the file, also below a field of two lines and Windows line ends
file lines.csv "\\xef\\xbb\\xbflat,note,lon,time,subject\r\n52.5,\"a\r\nb\",13.4,2025-09-01 08:00,491511\r\n52.5,,x,2025-09-01 08:00,491511\r\n"
refused lines.csv 'line 4: the longitude is not a number'
if [ "$(id -u)" = 0 ]; then
	file secret.csv "$H\n$GOOD\n"
	chmod 600 "$HERE/files/secret.csv"
	ok "$(runuser -u postgres -- bash -c "say() { echo \"\$*\"; }; source demo/load.sh; cd '$HERE/files'; file_check secret.csv" 2>&1)" \
		'mobanon: secret.csv: permission denied' 'a file that may not be read'
fi

# ---- odd files that are good --------------------------------------------------
loads() { # loads FILE EXPECTED
	(cd "$HERE/files" && file_check "$1" && file_load demo_load)
	ok "$(psql -qXAt -d demo_load -c "SET timezone = 'UTC'" -c 'SELECT * FROM events ORDER BY event_time, latitude' -c 'DROP TABLE events' | tr '\n' ' ')" "$2 " "$1"
}
file odd.csv "\\xef\\xbb\\xbf\"Lon\",extra,LAT,Event_Time,MSISDN\r\n13.4,\"a\r\nb\",52.5,2025-09-01 08:00,4917\r\n13.4,\"a\"\"b\",NaN,2025-09-02 08:00:00.5+02,\r\n,,91,2225-09-01T08:00Z,4918\r\n\r\n"
loads odd.csv '4917|2025-09-01 08:00:00+00|52.5|13.4 |2025-09-02 06:00:00.5+00|NaN|13.4 4918|2225-09-01 08:00:00+00|91|'
printf '%b' 'user;timestamp;latitude;longitude\nu 1;2025-09-01;-1.5;1e1\n' | gzip >"$HERE/files/packed"
loads packed 'u 1|2025-09-01 00:00:00+00|-1.5|10'
dropdb demo_load
psql -qX -d postgres -c 'DROP ROLE dba'

# ---- the whole demo on a bad file, on a good one, and interrupted -----------------
rc=0; demo EVENTS="$HERE/files/north.csv" || rc=$?
ok "$rc $(tail -1 "$HERE/output")" "1 mobanon: $HERE/files/north.csv: line 4: the latitude is not a number" 'the demo stops at a malformed line'
ok "$(left_behind)" '' 'and leaves nothing behind'
awk 'BEGIN { print "device_id,ts,lat,lng"; for (i = 0; i < 3000; i++)
	printf "d%d,2024-05-%02dT%02d:00:00Z,%.4f,%.4f\n", i % 100, 1 + i % 28, i % 24, -33.86 + i % 7 * 0.001, 151.2 + i % 5 * 0.001 }' >"$HERE/files/sydney events.csv"
rc=0; demo EVENTS="$HERE/files/sydney events.csv" || rc=$?
ok "$rc" 0 'the demo runs on a file from outside Europe, its name with a space'
has "$HERE/output" 'world-wide grid of map tiles' 'and says which grid it takes'
has "$HERE/output" '<- taken' 'and which resolution and bucket'
ok "$([ -s "$HERE/out/map.html" ] && echo written)" written 'and writes the map'
rm -r "$HERE/out"
for n in 0 x; do
	rc=0; demo K=$n || rc=$?
	ok "$rc $(tail -1 "$HERE/output")" "1 mobanon: K=$n: not a whole number of subjects; 20 is the default" "K=$n is refused"
done

mkdir -p "$HERE/tmp"
(unset PGHOST PGPORT PGUSER; TMPDIR=$HERE/tmp OUT=$HERE/out exec setsid env --default-signal=INT demo/run) >"$HERE/output" 2>&1 &
for _ in $(seq 100); do ! grep -q 'making the events' "$HERE/output" || break; sleep 0.2; done
sleep 1
has "$HERE/output" 'making the events' 'the demo is at work when it is interrupted'
# as the terminal does it: to the whole group, whose leader setsid became
kill -INT -- "-$!"
rc=0; wait $! || rc=$?
ok $rc 130 'Ctrl-C ends the demo'
ok "$(left_behind)" '' 'and leaves no process, no cluster and no file behind'
echo "1..$N"
