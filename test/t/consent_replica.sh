#!/usr/bin/env bash
# A second database that gets the consent ledger by logical replication (a node of its own for events): decisions and
# erasures hold there, also in sessions that are open, as they do where they were made.
source "$(dirname "$0")/../tap.sh"
cluster_start source "shared_preload_libraries = 'mobanon'" "wal_level = logical"
from="host=$PGHOST port=$PGPORT user=postgres dbname=source"
createdb source
ledger='mobanon.purpose, mobanon.purpose_notice, mobanon.channel, mobanon.consent_scope, mobanon.consent_ledger'
# in turns: a set is made for look-ups of many different subjects
events="CREATE TABLE events AS SELECT i::text AS subject, now() + interval '1 day' AS at FROM generate_series(1, 300) AS turn, generate_series(1, 200) AS i ORDER BY turn, i"
at_source() { PGHOST=$WORK/source psql -qXAt -v ON_ERROR_STOP=1 -d source "$@"; }
at_source -c 'CREATE EXTENSION mobanon' -c "SELECT FROM mobanon.create_purpose('retail', 'test')" -c 'CREATE PUBLICATION decisions' -c "$events" \
	-c "ALTER PUBLICATION decisions ADD TABLE $ledger" -c "CREATE PUBLICATION states FOR TABLE mobanon.purpose, mobanon.consent_scope, mobanon.consent_state" \
	-c "SELECT FROM generate_series(1, 100) AS i, LATERAL mobanon.grant_consent(i::text, 'retail', 'app')"
cluster_start replica "shared_preload_libraries = 'mobanon'" "wal_retrieve_retry_interval = 100ms"
for way in decisions states; do
	createdb $way
	psql -qXAt -v ON_ERROR_STOP=1 -d $way -c 'CREATE EXTENSION mobanon' -c 'DELETE FROM mobanon.channel' \
		-c "$events"
	psql -qXAt -v ON_ERROR_STOP=1 -d $way -c "CREATE SUBSCRIPTION $way CONNECTION '$from' PUBLICATION $way"
	# further transactions than at the source, whose numbers then look old here
	psql -qXAt -d $way -c 'DO $$ BEGIN FOR i IN 1 .. 3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$'
	# a session that stays open and keeps its set
	coproc SESSION { psql -qXAt -d $way 2>&1; }
	ask() { echo "$1;" >&"${SESSION[1]}"; read -r answer <&"${SESSION[0]}"; echo "$answer"; }
	consenting="SELECT count(*) / 300 FROM events WHERE mobanon.consented(subject, at, 'retail')"
	# until ANSWER NAME: the open session and a new one come to it
	until_is() {
		local i got
		for ((i = 0; i < 300; i++)); do
			got=$(ask "$consenting")
			[ "$got" != "$1" ] || break
			sleep 0.1
		done
		is "$got $(psql -qXAt -d $way -c "$consenting")" "$1 $1" "$way: $2"
	}
	until_is $(at_source -c "$consenting") 'what was decided before'
	# decide STATEMENT NAME
	decide() { at_source -c "$1"; until_is "$(at_source -c "$consenting")" "$2"; }
	decide "SELECT FROM mobanon.withdraw_consent('7', 'retail', 'app')" 'a withdrawal'
	decide "SELECT FROM generate_series(101, 150) AS i, LATERAL mobanon.grant_consent(i::text, 'retail', 'app') UNION ALL SELECT FROM mobanon.grant_consent('7', 'retail', 'app') UNION ALL SELECT FROM mobanon.grant_consent('8', 'retail', 'app')" 'grants, of new and of old'
	for subject in 7 8 9; do decide "SELECT FROM mobanon.erase_subject('$subject', 'test')" 'an erasure'; done
	if [ $way = decisions ]; then
		# the generation that a set is read in: counted here twice, it is what it will be at the source
		psql -qXAt -d $way -c 'SELECT FROM mobanon.rebuild_consent_state()' -c 'SELECT FROM mobanon.rebuild_consent_state()'
		until_is "$(at_source -c "$consenting")" 'states made anew'
	fi
	decide "SELECT FROM mobanon.erase_subject('10', 'test')" 'one more'
	decide "SELECT FROM generate_series(7, 10) AS i, LATERAL mobanon.grant_consent(i::text, 'retail', 'app')" 'the numbers, granted again'
	is "$(psql -qXAt -d $way -c "SELECT count(*), sum(cardinality(decisions)) FROM mobanon.consent_state")" "$(at_source -c "SELECT count(*), sum(cardinality(decisions)) FROM mobanon.consent_state")" "$way: the states are those of the source"
	psql -qX -d $way -c "DROP SUBSCRIPTION $way"
	echo '\q' >&"${SESSION[1]}"; wait "$SESSION_PID" || true
done
done_testing
