#!/usr/bin/env bash
# A dump takes the release, its register and its pipeline along: restored, the
# audit passes and publishing goes on where it was.  Prints TAP.
set -euo pipefail
n=0 failed=0
ok() { # ok CONDITION-STATUS WHAT
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}
is() { # is GOT EXPECTED WHAT
	if [ "$1" = "$2" ]; then ok 0 "$3"; else ok 1 "$3"; printf '# got: %s\n# expected: %s\n' "$1" "$2"; fi
}
sql() { psql -qXAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"; dropdb --if-exists -f release_dump_a; dropdb --if-exists -f release_dump_b; psql -qX -d postgres -c "DROP ROLE IF EXISTS t_dump_dba, t_dump_processing, t_dump_analyst" >/dev/null' EXIT

createdb release_dump_a
psql -qX -v ON_ERROR_STOP=1 -d release_dump_a >/dev/null <<'SQL'
CREATE EXTENSION mobanon;
CREATE ROLE t_dump_dba; CREATE ROLE t_dump_processing; CREATE ROLE t_dump_analyst;
GRANT mobanon_admin, t_dump_processing TO t_dump_dba;
CREATE SCHEMA town AUTHORIZATION t_dump_dba;
SET ROLE t_dump_dba;
CREATE TABLE town.events (subject text, at timestamptz, latitude float8, longitude float8, quarter text);
SELECT mobanon.create_purpose('t_dump', 'test'), mobanon.add_category('t_dump', 'quarter');
SELECT mobanon.create_recipient('city', 'the city');
SELECT mobanon.bind_purpose('t_dump', 't_dump_processing');
SELECT mobanon.protect('town.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 't_dump', 'app', '2024-06-01 00:00+00')), count(mobanon.grant_consent(i::text, 't_dump', 'app', '2024-06-01 00:00+00', category => 'quarter')) FROM generate_series(1, 40) AS i;
INSERT INTO town.events SELECT i::text, '2024-06-10 12:00+00'::timestamptz + h * interval '1 hour', 52.5 + (i % 2) * 0.02, 13.4, 'quarter ' || i % 4 / 2
FROM generate_series(1, 40) AS i, generate_series(0, 30) AS h;
-- a pipeline per kind of bucket: views print their times in UTC, whatever the session's zone
SELECT mobanon.create_domain('town', '1 year', '2024-01-01 00:00+00');
SELECT mobanon.create_pipeline('town.hourly', 'town.events', 't_dump', starts_at => '2024-06-10 00:00+00', domain => 'town',
	time_zone => 'Asia/Kolkata', recipients => '{city}', readers => '{t_dump_analyst}');
SELECT mobanon.create_pipeline('town.daily', 'town.events', 't_dump', starts_at => '2024-06-09 22:00+00', domain => 'town',
	bucket => '1 day', time_zone => 'Europe/Berlin', k => 10);
SELECT mobanon.create_pipeline('town.diverse', 'town.events', 't_dump', starts_at => '2024-06-09 22:00+00', domain => 'town',
	bucket => '1 day', time_zone => 'Europe/Berlin', k => 10, resolutions => '{1km,10km}', diversity => mobanon.diversity('quarter', enough => 5));
RESET ROLE;
-- as on the evening of that day
UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - '2024-06-10 22:00+00') * interval '1 second';
SELECT mobanon.publish('town.hourly'), mobanon.publish('town.daily'), mobanon.publish('town.diverse');
SQL
is "$(sql release_dump_a "SELECT (SELECT count(*) FROM town.hourly), (SELECT count(*) FROM town.daily), (SELECT count(*) FROM town.diverse), count(*) FROM mobanon.publication")" '20|2|2|3' 'three releases are out'
# two releases of one table, which had another name then; and one of a table that is gone
psql -qX -v ON_ERROR_STOP=1 -d release_dump_a >/dev/null <<'SQL'
SET ROLE t_dump_dba;
CREATE TABLE town.walks (LIKE town.events);
SELECT mobanon.protect('town.walks', 'subject', 'at');
SELECT mobanon.create_pipeline('town.walked', 'town.walks', 't_dump', starts_at => '2024-06-10 00:00+00', domain => 'town', readers => '{t_dump_analyst}');
SELECT mobanon.publish('town.walked', '2024-06-11 00:00+00');
SELECT mobanon.drop_pipeline('town.walked');
ALTER TABLE town.walks RENAME TO strolls;
SELECT mobanon.create_pipeline('town.strolled', 'town.strolls', 't_dump', starts_at => '2024-06-10 00:00+00', domain => 'town', readers => '{t_dump_analyst}');
CREATE TABLE town.lost (LIKE town.events);
SELECT mobanon.protect('town.lost', 'subject', 'at');
SELECT mobanon.create_pipeline('town.loser', 'town.lost', 't_dump', domain => 'town');
SELECT mobanon.drop_pipeline('town.loser');
DROP TABLE town.lost;
SQL

contents="SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (SELECT r::text FROM town.hourly AS r UNION ALL SELECT r::text FROM town.daily AS r UNION ALL SELECT r::text FROM town.diverse AS r) AS x"
register="SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (SELECT to_jsonb(p)::text AS x FROM mobanon.pipeline AS p UNION ALL SELECT to_jsonb(b)::text FROM mobanon.publication AS b UNION ALL SELECT to_jsonb(w)::text FROM mobanon.publication_window AS w UNION ALL SELECT to_jsonb(h)::text FROM mobanon.publication_withheld AS h) AS y"
for format in plain custom parallel; do
	dropdb --if-exists -f release_dump_b
	createdb release_dump_b
	# a session of another zone and style dumps and restores the same
	if [ $format = plain ]; then
		PGTZ=America/New_York PGOPTIONS='-c intervalstyle=iso_8601 -c datestyle=german' pg_dump release_dump_a >"$dir/dump"
		rc=0; psql -qX -v ON_ERROR_STOP=1 -d release_dump_b -f "$dir/dump" >/dev/null 2>"$dir/errors" || rc=$?
	else
		pg_dump -Fc -f "$dir/dump" release_dump_a
		# -e: the first error ends it
		rc=0; pg_restore -e -j $([ $format = parallel ] && echo 2 || echo 1) -d release_dump_b "$dir/dump" >/dev/null 2>"$dir/errors" || rc=$?
	fi
	is "$rc $(grep -cE 'ERROR|error:|WARNING|warning:' "$dir/errors")" '0 0' "$format: restored without an error"
	sed 's/^/# /' "$dir/errors"
	is "$(sql release_dump_b "$contents")" "$(sql release_dump_a "$contents")" "$format: the releases are the same"
	is "$(sql release_dump_b "$register")" "$(sql release_dump_a "$register")" "$format: and so is the register"
	is "$(sql release_dump_b "SET timezone = 'Asia/Tokyo'; SELECT string_agg(a.check_name, ', ') FROM unnest('{town.hourly,town.daily,town.diverse}'::text[]) AS p, mobanon.audit(p) AS a WHERE NOT ok")" '' "$format: all pass the audit"
	is "$(sql release_dump_b "SELECT string_agg(DISTINCT used || ' ' || split_part(reason, ':', 1), ', ') FROM mobanon.publications_using('7') WHERE pipeline <> 'town.walked'")" 'not known an event with consent was written after the publication' "$format: loaded again, events do not tell when they came"
	is "$(sql release_dump_b "SELECT detail FROM mobanon.audit('town.strolled') WHERE check_name LIKE 'nobody%'")" 't_dump_analyst also reads town.walked (footfall of t_dump, 1km, 01:00:00, k = 20)' "$format: a release of the same table under its earlier name is still one"
	is "$(sql release_dump_b "SELECT string_agg(use || ' ' || relation, ', ' ORDER BY use) FROM mobanon.pipeline_relation JOIN mobanon.pipeline USING (pipeline_id) WHERE pipeline IN ('town.walked', 'town.loser')")" 'release town.walked, source town.strolls' "$format: tables that were gone stand for no other"
	is "$(sql release_dump_b "SET ROLE t_dump_analyst; SELECT count(*) FROM town.hourly")" 20 "$format: the analyst reads"
	is "$(sql release_dump_b "SELECT (diversity).column_name, (diversity).l, (diversity).enough, (diversity).share FROM mobanon.pipeline WHERE pipeline = 'town.diverse'")" 'quarter|2|5|90' "$format: and in what persons must differ"
	rc=0; sql release_dump_b "UPDATE town.hourly SET subjects = 99" 2>"$dir/errors" || rc=$?
	is "$rc $(grep -c 'never changed' "$dir/errors")" '1 1' "$format: and nobody writes"
	rc=0; sql release_dump_b "INSERT INTO town.hourly SELECT bucket + interval '1 minute', cell, subjects, publication FROM town.hourly" 2>"$dir/errors" || rc=$?
	is "$rc $(grep -c 'publish() only' "$dir/errors")" '1 1' "$format: or adds"
done
sql release_dump_b "UPDATE mobanon.pipeline SET watermark = '1 day'"
is "$(sql release_dump_b "SELECT publication, window_from = '2024-06-10 21:30+00', rows FROM mobanon.publish('town.hourly')")" '2|t|42' 'publishing goes on where it was'
is "$(sql release_dump_b "SELECT count(*) FROM mobanon.audit('town.hourly') WHERE NOT ok")" 0 'and passes the audit'
echo "1..$n"
exit $failed
