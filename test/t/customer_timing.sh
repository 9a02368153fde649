#!/usr/bin/env bash
# Does the time that request_code() and redeem_code() take tell who is a customer?  Calls (CALLS=10000 for the long form)
# for numbers with and without consents, in random order: a two-sample Kolmogorov-Smirnov test, and the same test on two
# halves of one kind.  That it can tell: with a look at the ledger in the way, it does.  Whether it tells that a number
# asked before is measured and told, too.
source "$(dirname "$0")/../tap.sh"
CALLS=${CALLS:-4000}
cluster_start timing "shared_preload_libraries = 'mobanon'"
createdb customer_timing
export PGDATABASE=customer_timing
sql -c 'CREATE EXTENSION mobanon' -c "SELECT mobanon.create_purpose('p', 'timing')" \
	-c "SELECT mobanon.set_code_limits(all_codes_per_hour => 1000000, all_tries_per_hour => 1000000)" \
	-c "INSERT INTO mobanon.consent_import (subject, purpose, channel, decided_at) SELECT (491500000000 + 2 * i)::text, 'p', 'app', '2026-01-01' FROM generate_series(1, 100000) AS i" \
	-c 'SELECT FROM mobanon.import_consents()' -c 'VACUUM ANALYZE' >/dev/null
# An even number is a customer's, an odd one is not.
sql <<SQL
SET client_min_messages = error;
CREATE TABLE timing (call text, number bigint, known boolean, seconds float8);
CREATE FUNCTION leaky_request(subject text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	IF EXISTS (SELECT FROM mobanon.consent_ledger AS l WHERE l.subject = leaky_request.subject) THEN RETURN mobanon.request_code(subject); END IF;
	RETURN 'If';
END \$\$;
CREATE PROCEDURE measure(call text, calls int) LANGUAGE plpgsql AS \$\$
DECLARE
	n bigint; started timestamptz; statement text := format('SELECT %s', call);
BEGIN
	SET LOCAL synchronous_commit = off;
	FOR n IN SELECT 491500000002 + i FROM generate_series(1, calls) AS i ORDER BY random() LOOP
		started := clock_timestamp();
		EXECUTE statement USING n::text;
		INSERT INTO timing VALUES (measure.call, n, n % 2 = 0, extract(epoch FROM clock_timestamp() - started));
		IF n % 50 = 0 THEN COMMIT; END IF;
	END LOOP;
END \$\$;
CALL measure('mobanon.request_code(\$1)', $CALLS);
CALL measure('mobanon.redeem_code(\$1, ''123456'')', $CALLS);
CALL measure('leaky_request(\$1)', 400);
-- "known" is a number here that asked before
CREATE PROCEDURE measure_again(label text, call text, calls int) LANGUAGE plpgsql AS \$\$
DECLARE
	n bigint; before boolean; started timestamptz; statement text := format('SELECT %s', call);
BEGIN
	SET LOCAL synchronous_commit = off;
	FOR n, before IN SELECT CASE WHEN b THEN 491500000002 + i ELSE 491600000000 + i END, b FROM generate_series(1, calls) AS i, LATERAL (SELECT i % 2 = 0) AS x (b) ORDER BY random() LOOP
		started := clock_timestamp();
		EXECUTE statement USING n::text;
		INSERT INTO timing VALUES (label, n, before, extract(epoch FROM clock_timestamp() - started));
		IF n % 50 = 0 THEN COMMIT; END IF;
	END LOOP;
END \$\$;
-- what was asked for in this hour is counted by every call
UPDATE mobanon.code_event SET at = at - interval '61 minutes';
VACUUM ANALYZE mobanon.code_event;
VACUUM ANALYZE mobanon.access_code;
VACUUM ANALYZE mobanon.outbox;
CALL measure_again('request_code, asked before', 'mobanon.request_code(\$1)', $((CALLS / 3)));
-- The statistic: the largest distance of the two distribution functions, by sqrt(nm / (n + m)): above 2.7 once in a million.
CREATE FUNCTION ks(call text, by_half boolean DEFAULT false) RETURNS numeric LANGUAGE sql AS \$\$
	WITH t AS (SELECT CASE WHEN by_half THEN hashint8(t.number) % 2 = 0 ELSE known END AS a, seconds FROM timing AS t
			   WHERE t.call = ks.call AND (known OR NOT by_half)),
	size AS (SELECT count(*) FILTER (WHERE a)::float8 AS n, count(*) FILTER (WHERE NOT a)::float8 AS m FROM t),
	walk AS (SELECT count(*) FILTER (WHERE a) OVER w AS i, count(*) FILTER (WHERE NOT a) OVER w AS j FROM t WINDOW w AS (ORDER BY seconds))
	SELECT round((max(abs(i / n - j / m)) * sqrt(max(n) * max(m) / (max(n) + max(m))))::numeric, 2) FROM walk, size
\$\$;
SQL
for call in 'mobanon.request_code($1)' "mobanon.redeem_code(\$1, '123456')"; do
	d=$(sql -c "SELECT ks(\$x\$$call\$x\$)")
	note "$(sql -c "SELECT format('%s: %s calls, median known %s us, unknown %s us, KS %s (two halves of the known: %s)', call, count(*),
		round(1e6 * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE known)), round(1e6 * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE NOT known)),
		ks(call), ks(call, true)) FROM timing WHERE call = \$x\$$call\$x\$ GROUP BY call")"
	ok "$call: known and unknown numbers take the same time (KS $d)" awk "BEGIN {exit !($d < 2.7)}"
done
d=$(sql -c "SELECT ks('request_code, asked before')")
note "request_code, numbers that asked in the day before and did not (told, not judged): KS $d, medians $(sql -c "SELECT string_agg(m, ' and ') FROM (SELECT round(1e6 * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)) || ' us' AS m FROM timing WHERE call = 'request_code, asked before' GROUP BY known ORDER BY known DESC) AS t")"
d=$(sql -c "SELECT ks('leaky_request(\$1)')")
ok "the test tells a function that does not treat them alike (KS $d)" awk "BEGIN {exit !($d > 2.7)}"
done_testing
