-- Numbers that lie close together are answered from pages, two bits each, and what the answers stand on is not
-- compared for every row: neither may show.  12,000 numbers, beside what consent_state says.
\set QUIET 1
SET search_path = public, mobanon;
SET client_min_messages = error;
SET timezone = 'UTC';
SELECT plan(31);
SELECT create_purpose('p', 'test'), create_purpose('earlier', 'test', use_earlier_events => true), create_purpose('short', 'test', validity => '1 year') \g /dev/null
-- Blocks of 65,536 begin at 491500044288 and 491500109824: some 5,000 of the first consent, a page takes 4,096; few of the others, some far away, and names.
CREATE TABLE subject AS
	SELECT s::text AS s FROM generate_series(491500044288, 491500054287) AS s
	UNION ALL SELECT s::text FROM generate_series(491500109000, 491500110023) AS s
	UNION ALL SELECT (s * bigint '1000000007')::text FROM generate_series(1, 200) AS s
	UNION ALL SELECT 'name-' || s FROM generate_series(1, 200) AS s
	UNION ALL SELECT '0' || s FROM generate_series(491500044288, 491500044388) AS s
	UNION ALL SELECT unnest(ARRAY['491500044288 ', '49150004428', '+491500044288', '4915000442881', '491500044288a', '1e11', '000000000000', '999999999999999999', '9999999999999999999']);
-- Of ten: four consent since a day of two years, one withdrew, one withdrew and consents again, one refused; a few consent since yesterday, or from in four minutes on.
INSERT INTO consent_import (subject, purpose, channel, state, decided_at)
SELECT btrim(s), p, 'app', d.state, d.at
FROM subject, unnest(ARRAY['p', 'earlier', 'short']) AS p, LATERAL (SELECT abs(hashtext(s || p)) AS h) AS h,
	LATERAL (SELECT timestamptz '2024-01-01' + h / 10 % 700 * interval '1 day' AS day) AS day,
	LATERAL (VALUES
		(CASE WHEN h % 10 < 4 THEN 'granted' END, day), (CASE WHEN h % 200 = 4 THEN 'granted' END, now() - interval '1 day'),
		(CASE WHEN h % 10 = 5 THEN 'granted' END, day), (CASE WHEN h % 10 = 5 THEN 'withdrawn' END, day + interval '3 days'),
		(CASE WHEN h % 10 = 6 THEN 'granted' END, day), (CASE WHEN h % 10 = 6 THEN 'withdrawn' END, day + interval '3 days'), (CASE WHEN h % 10 = 6 THEN 'granted' END, day + interval '30 days'),
		(CASE WHEN h % 1000 = 7 THEN 'granted' END, now() + interval '4 minutes'), (CASE WHEN h % 10 = 8 THEN 'refused' END, day)) AS d (state, at)
WHERE d.state IS NOT NULL;
SELECT import_consents() \g /dev/null
ANALYZE consent_state;
CREATE TABLE moment AS SELECT unnest(ARRAY['-infinity', '2023-12-31', '2024-06-15', '2025-06-15', '2025-11-20']::timestamptz[] || ARRAY[now() - interval '2 days', now(), now() + interval '1 hour']) AS at;
ANALYZE moment;
-- What consent_state says, read as it is documented: consent in force now, and at the time of the event.
CREATE FUNCTION state_of(p text, OUT s text, OUT spans tstzmultirange) RETURNS SETOF record LANGUAGE sql STABLE AS $$
	SELECT t.subject, CASE WHEN c.use_earlier_events THEN tstzmultirange(tstzrange(consent_floor(t.decisions), upper(range_merge(i.spans)))) ELSE i.spans END
	FROM consent_scope AS c JOIN consent_state AS t USING (scope_id), LATERAL (SELECT consent_intervals(t.decisions) AS spans OFFSET 0) AS i
	WHERE c.purpose = p AND consent_open(t.decisions) AND i.spans @> statement_timestamp() $$;
CREATE FUNCTION wrong(p text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint; BEGIN
	EXECUTE format('SELECT count(*) FROM subject AS u LEFT JOIN state_of(%1$L) AS t ON t.s = u.s, moment AS m
		WHERE consented(u.s, m.at, %1$L) <> COALESCE(t.spans @> m.at, false)', p) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION wrong_numbers(p text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint; BEGIN
	EXECUTE format('SELECT count(*) FROM number AS u LEFT JOIN state_of(%1$L) AS t ON t.s = u.s::text, moment AS m
		WHERE consented(u.s, m.at, %1$L) <> COALESCE(t.spans @> m.at, false)', p) INTO n;
	RETURN n;
END $$;
CREATE TABLE number AS SELECT s::bigint AS s FROM subject WHERE s ~ '^[1-9][0-9]{0,17}$'
	UNION ALL SELECT unnest(ARRAY[0, -1, -491500044288, 9223372036854775807, 999999999999999999, 1000000000000000000]);
ANALYZE subject; ANALYZE number;
CREATE FUNCTION check_all(what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT is((SELECT sum(wrong(p)) FROM unnest(ARRAY['p', 'earlier', 'short']) AS p), 0::numeric, what || ': texts');
	RETURN NEXT is((SELECT sum(wrong_numbers(p)) FROM unnest(ARRAY['p', 'earlier', 'short']) AS p), 0::numeric, what || ': numbers');
END $$;
SELECT check_all('read');
SELECT is((SELECT count(*) FROM subject WHERE consented(s, 'infinity', 'p')), 0::bigint, 'an event at no time is nobody''s');
-- what changes after the set was read
SELECT FROM subject, LATERAL withdraw_consent(s, 'p', 'app') WHERE s ~ '^4915000450' \g /dev/null
SELECT check_all('withdrawn since');
SELECT FROM subject, LATERAL grant_consent(s, 'p', 'app') WHERE s ~ '^4915000451' \g /dev/null
SELECT check_all('granted since');
SELECT is((SELECT count(*) FROM subject WHERE s ~ '^4915000450' AND consented(s, now(), 'p')), 0::bigint, 'who withdrew is out');
-- our own transaction, and a part of it that is rolled back
BEGIN;
SELECT FROM subject, LATERAL withdraw_consent(s, 'p', 'app') WHERE s ~ '^4915000452' \g /dev/null
SELECT check_all('withdrawn by our own transaction');
SAVEPOINT a;
SELECT FROM subject, LATERAL withdraw_consent(s, 'p', 'app') WHERE s ~ '^4915000453' \g /dev/null
SELECT check_all('and in a savepoint');
ROLLBACK TO a;
SELECT check_all('which is rolled back');
ROLLBACK;
\set QUIET 1

-- One statement sees one thing, whatever runs within it; what runs within it sees what is then.
CREATE FUNCTION withdraw_within(victim text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM withdraw_consent(victim, 'p', 'app');
	RETURN (SELECT count(*) FROM subject WHERE s ~ '^4915' AND consented(s, '2025-12-01', 'p'));
END $$;
CREATE TABLE seen AS SELECT count(*) AS n, max(s) FILTER (WHERE s < '491500050000') AS victim, max(s) FILTER (WHERE s < '491500054000') AS last FROM subject WHERE s ~ '^4915' AND consented(s, '2025-12-01', 'p');
CREATE FUNCTION within_a_scan(OUT outer_rows bigint, OUT inner_rows bigint) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	SELECT count(*), max(w) INTO outer_rows, inner_rows
	FROM (SELECT s, CASE WHEN s = (SELECT victim FROM seen) THEN withdraw_within((SELECT last FROM seen)) END AS w
		  FROM (SELECT s FROM subject WHERE s ~ '^4915' ORDER BY s OFFSET 0) AS u WHERE consented(s, '2025-12-01', 'p') OFFSET 0) AS v;
END $$;
CREATE TABLE within AS SELECT * FROM within_a_scan();
SELECT is(w.outer_rows, s.n, 'a statement within which consent is withdrawn goes on as it began') FROM seen AS s, within AS w;
SELECT is(w.inner_rows, s.n - 1, 'and what runs within it sees the withdrawal') FROM seen AS s, within AS w;
-- expressions of functions, which are part of no plan, between the rows of a scan: they see what is then, the scan does not
CREATE FUNCTION withdraw_last() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM withdraw_consent((SELECT last FROM seen_again), 'p', 'app');
	RETURN true;
END $$;
CREATE FUNCTION still(s text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN consented(s, '2025-12-01', 'p'); END $$;
CREATE TABLE seen_again AS SELECT count(*) AS n, max(s) FILTER (WHERE s < '491500050000') AS victim, max(s) FILTER (WHERE s < '491500054000') AS last FROM subject WHERE s ~ '^4915' AND consented(s, '2025-12-01', 'p');
CREATE TABLE scanned AS SELECT s, CASE WHEN s < g.victim THEN true WHEN s = g.victim THEN withdraw_last() ELSE still(s) END AS still
	FROM (SELECT s, g.* FROM seen_again AS g, subject WHERE s ~ '^4915' ORDER BY s OFFSET 0) AS g WHERE consented(s, '2025-12-01', 'p');
SELECT is((SELECT count(*) FROM scanned), (SELECT n FROM seen_again), 'a scan goes on as it began, whatever a function asks in between');
SELECT is((SELECT s FROM scanned WHERE NOT still), (SELECT last FROM seen_again), 'and the function sees the withdrawal');
-- a cursor that is read on after a withdrawal, and by another role
CREATE ROLE pages_job;
CREATE ROLE pages_other;
SELECT bind_purpose('p', 'pages_job'), bind_purpose('short', 'pages_other') \g /dev/null
GRANT SELECT ON subject, seen TO pages_job, pages_other;
CREATE TABLE seen_now AS SELECT count(*) AS n FROM subject WHERE consented(s, '2025-12-01', 'p');
CREATE FUNCTION fetch_on() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	c CURSOR FOR SELECT s FROM subject WHERE consented(s, '2025-12-01', 'p');
	one text; n bigint := 0;
BEGIN
	OPEN c;
	LOOP
		FETCH c INTO one;
		EXIT WHEN NOT FOUND;
		n := n + 1;
		IF n IN (1, 500, 2000) THEN
			PERFORM FROM (SELECT s FROM subject WHERE s > one AND s ~ '^4915' ORDER BY s LIMIT 50) AS next, LATERAL withdraw_consent(btrim(next.s), 'p', 'app');
		END IF;
	END LOOP;
	RETURN n;
END $$;
SELECT is(fetch_on(), (SELECT n FROM seen_now), 'a cursor reads on as it was opened');
BEGIN;
SET LOCAL ROLE pages_job;
DECLARE c CURSOR FOR SELECT s FROM public.subject WHERE mobanon.consented(s, '2025-12-01', 'p');
MOVE 1000 IN c;
RESET ROLE;
CREATE FUNCTION pg_temp.fetch_as(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE c refcursor := 'c'; one text;
BEGIN
	PERFORM set_config('role', who, true);
	FETCH c INTO one;
	PERFORM set_config('role', 'none', true);
	RETURN 'read';
EXCEPTION WHEN insufficient_privilege THEN RETURN 'refused';
END $$;
SELECT is(pg_temp.fetch_as('pages_job'), 'read', 'a cursor is read on by its role');
SELECT is(pg_temp.fetch_as('pages_other'), 'refused', 'and not by a role that does not process for the purpose');
ROLLBACK;
-- two roles in one statement: a function with another's rights
CREATE FUNCTION as_other() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN mobanon.consented('491500044288', '2025-12-01', 'p');
END $$;
ALTER FUNCTION as_other() OWNER TO pages_other;
CREATE FUNCTION as_other_through_still() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN public.still('491500044288'); END $$;
ALTER FUNCTION as_other_through_still() OWNER TO pages_other;
GRANT EXECUTE ON FUNCTION still(text) TO pages_other;
SELECT throws_ok($$SELECT count(*) FROM subject WHERE consented(s, '2025-12-01', 'p') AND CASE WHEN s > '4915' THEN as_other() END$$, '42501', NULL,
	'a role that does not process for the purpose gets no answer in a statement of one that does');
SELECT throws_ok($$SELECT count(*) FROM generate_series(1, 3) WHERE still('491500044288') IS NOT NULL AND as_other_through_still() IS NOT NULL$$, '42501', NULL,
	'nor through a function that answered the other just before');
-- constants, parameters, columns as purpose
CREATE TABLE expected AS SELECT p, count(*) FILTER (WHERE t.spans @> timestamptz '2025-12-01') AS n
	FROM unnest(ARRAY['p', 'earlier', 'short']) AS p, state_of(p) AS t JOIN subject AS u ON u.s = t.s GROUP BY p;
SELECT results_eq($$SELECT p, count(*) FILTER (WHERE consented(s, '2025-12-01', p)) FROM subject, unnest(ARRAY['p', 'earlier', 'short']) AS p GROUP BY p ORDER BY p$$,
	'SELECT p, n FROM expected ORDER BY p', 'a purpose that changes from row to row');
SELECT results_eq($$SELECT count(*) FILTER (WHERE consented(s, '2025-12-01', 'p')), count(*) FILTER (WHERE consented(s, '2025-12-01', 'earlier')), count(*) FILTER (WHERE consented(s, '2025-12-01', 'short')) FROM subject$$,
	$$SELECT max(n) FILTER (WHERE p = 'p'), max(n) FILTER (WHERE p = 'earlier'), max(n) FILTER (WHERE p = 'short') FROM expected$$, 'three purposes in one statement');
SET plan_cache_mode = force_generic_plan;
PREPARE by_parameter(text) AS SELECT count(*) FROM subject WHERE consented(s, '2025-12-01', $1);
SELECT results_eq('EXECUTE by_parameter(''p'')', 'SELECT n FROM expected WHERE p = ''p''', 'a parameter');
SELECT results_eq('EXECUTE by_parameter(''short'')', 'SELECT n FROM expected WHERE p = ''short''', 'and another');
SELECT throws_ok('EXECUTE by_parameter(''no'')', '42704', NULL, 'and one that is no purpose');
SELECT is((SELECT count(*) FROM (SELECT CASE WHEN s ~ '7$' THEN NULL ELSE s END AS s FROM subject OFFSET 0) AS u WHERE consented(u.s, '2025-12-01', 'p') IS NULL OR u.s IS NULL AND consented(u.s, '2025-12-01', 'p')), 0::bigint, 'NULL is no, within a scan');
SELECT is((SELECT count(*) FROM (SELECT CASE WHEN s ~ '7$' THEN NULL::timestamptz ELSE '2025-12-01' END AS at, s FROM subject OFFSET 0) AS u WHERE consented(u.s, u.at, 'p') AND u.at IS NULL), 0::bigint, 'also as a time');
SELECT is((SELECT count(*) FROM (SELECT repeat(s, 1) AS s FROM subject OFFSET 0) AS u WHERE consented(s, '2025-12-01', 'p')), (SELECT n FROM expected WHERE p = 'p'), 'texts with a long header');
SELECT * FROM finish();
