-- decision() and decide(): what customers see and change, with releases and rewards; and whose it is.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(41);
CREATE ROLE tap_cust_dba;
CREATE ROLE tap_cust_job;
CREATE ROLE tap_cust_front;
GRANT mobanon_admin, tap_cust_job TO tap_cust_dba;
GRANT mobanon_frontend TO tap_cust_front;
CREATE SCHEMA cust AUTHORIZATION tap_cust_dba;
GRANT USAGE ON SCHEMA cust TO PUBLIC;
-- A token without the way through a code, which customer_codes.sql walks.
CREATE FUNCTION open_door(whose text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = mobanon, public AS $$
	INSERT INTO access_token VALUES (sha256(convert_to('door of ' || whose, 'UTF8')), whose, true, '3', clock_timestamp(), clock_timestamp() + interval '1 hour')
	ON CONFLICT (token_hash) DO UPDATE SET issued_at = clock_timestamp() RETURNING 'door of ' || whose $$;

SET ROLE tap_cust_dba;
SET search_path = public, mobanon;
CREATE TABLE cust.events (subject text, at timestamptz, latitude float8, longitude float8, age_band text);
SELECT mobanon.create_purpose('tap_footfall', 'How many people come by', validity => '1 year');
SELECT mobanon.create_purpose('tap_other', 'Something else', use_earlier_events => true);
SELECT mobanon.add_category('tap_footfall', 'age_band', 'ten years of age');
SELECT mobanon.bind_purpose('tap_footfall', 'tap_cust_job');
SELECT mobanon.protect('cust.events', 'subject', 'at');
SELECT mobanon.create_recipient('mall'), mobanon.create_recipient('town hall');
SELECT count(mobanon.grant_consent(i::text, 'tap_footfall', 'app', now() - interval '60 days')) FROM generate_series(100, 139) AS i;
INSERT INTO cust.events SELECT i::text, date_trunc('day', now()) - interval '10 days' + interval '12 hours', 52.516, 13.377, '30' FROM generate_series(100, 160) AS i;
SELECT mobanon.create_pipeline('cust.footfall', 'cust.events', 'tap_footfall', starts_at => date_trunc('day', now()) - interval '20 days',
	recipients => '{mall, town hall}');
SELECT mobanon.create_reward_plan('tap_footfall', 2.50, 'EUR', '1 month', now() - interval '45 days') > 0;
RESET ROLE;
SELECT mobanon.publish('cust.footfall');

SET ROLE tap_cust_front;
SELECT open_door('100') AS a, open_door('150') AS b, open_door('9999') AS stranger \gset
SELECT is((SELECT count(*) FROM decision(:'a')), 3::bigint, 'a row for each purpose and category');
SELECT results_eq(format('SELECT purpose, category, state, in_force, change FROM decision(%L)', :'a'),
	$$VALUES ('tap_footfall', 'location', 'granted', true, 'withdraw'), ('tap_footfall', 'age_band', 'never asked', false, 'grant'), ('tap_other', 'location', 'never asked', false, 'grant')$$,
	'what was decided, and can be');
SELECT results_eq(format($$SELECT decided_at::date, effective_since::date, valid_until::date, channel, notice_version FROM decision(%L) WHERE state = 'granted'$$, :'a'),
	$$VALUES (current_date - 60, current_date - 60, (current_date - 60 + interval '1 year')::date, 'app', '1')$$, 'since when, until when, how');
SELECT results_eq(format($$SELECT used, last_used IS NOT NULL, recipients FROM decision(%L) ORDER BY purpose, category DESC$$, :'a'),
	$$VALUES (true, true, '{mall,town hall}'::text[]), (false, false, NULL), (false, false, NULL)$$, 'used in a release, and who received it');
SELECT results_eq(format($$SELECT earned, currency FROM decision(%L) ORDER BY purpose, category DESC$$, :'a'),
	$$VALUES (5.00, 'EUR'), (0, NULL), (0, NULL)$$, 'two months have started under the plan');
SELECT matches((SELECT change_effect FROM decision(:'a') WHERE in_force), 'at once.*what was earned stays yours', 'what a withdrawal would do');
SELECT matches((SELECT change_effect FROM decision(:'a') WHERE category = 'age_band'), 'for 1 year: your data from now on may be used', 'what a grant would do');
SELECT matches((SELECT change_effect FROM decision(:'a') WHERE purpose = 'tap_other'), 'from now on and from before', 'also with earlier events');
SELECT results_eq(format($$SELECT change_applies_from FROM decision(%L) WHERE in_force$$, :'a'), $$SELECT date_trunc('hour', now() - interval '24 hours')$$, 'and from which window on');
-- somebody else, a stranger
SELECT is((SELECT count(*) FROM decision(:'b') WHERE state = 'never asked' AND NOT used AND earned = 0 AND recipients IS NULL), 3::bigint, 'who never decided sees just that, with an event in the source, too');
SELECT results_eq(format('SELECT d::text FROM decision(%L) AS d', :'b'), format('SELECT d::text FROM decision(%L) AS d', :'stranger'), 'a number that nobody knows sees the same');

-- decide
SELECT ok(decide(:'a', 'tap_footfall', 'withdraw') > 0, 'a customer withdraws');
SELECT results_eq(format($$SELECT state, in_force, change, used, earned FROM decision(%L) WHERE purpose = 'tap_footfall' AND category = 'location'$$, :'a'),
	$$VALUES ('withdrawn', false, 'grant', true, 5.00)$$, 'sees it, what was used before, and keeps what was earned');
RESET ROLE;
SELECT ok(NOT consented('100', now() - interval '1 day', 'tap_footfall'), 'the next statement goes by it');
SELECT results_eq($$SELECT state, channel COLLATE "default", actor, notice_version, evidence ~ '^one-time code redeemed at 20..-..-..T..:..:..Z$' FROM consent_ledger WHERE subject = '100' ORDER BY entry_id DESC LIMIT 1$$,
	$$VALUES ('withdrawn', 'web', 'subject', '1', true)$$, 'the ledger says who decided, and how that is known');
SET ROLE tap_cust_front;
SELECT decide(:'a', 'tap_footfall', 'grant', channel => 'app');
SELECT results_eq(format($$SELECT state, in_force, effective_since > now() - interval '1 minute', earned FROM decision(%L) WHERE purpose = 'tap_footfall' AND category = 'location'$$, :'a'),
	$$VALUES ('granted', true, true, 5.00)$$, 'granting again is as easy, and earns nothing extra in the same month');
SELECT decide(:'a', 'tap_footfall', 'grant', 'age_band');
SELECT results_eq(format($$SELECT category, state FROM decision(%L) WHERE purpose = 'tap_footfall'$$, :'a'), $$VALUES ('location', 'granted'), ('age_band', 'granted')$$, 'a category of its own');
SELECT decide(:'a', 'tap_other', 'refuse');
SELECT is((SELECT state FROM decision(:'a') WHERE purpose = 'tap_other'), 'refused', 'a refusal');
BEGIN;
SELECT decide(:'b', 'tap_footfall', 'grant');
SELECT is((SELECT state FROM decision(:'b') WHERE purpose = 'tap_footfall' AND category = 'location'), 'granted', 'seen in the same transaction');
SELECT decide(:'b', 'tap_footfall', 'withdraw');
SELECT is((SELECT state FROM decision(:'b') WHERE purpose = 'tap_footfall' AND category = 'location'), 'withdrawn', 'in the order of deciding');
ROLLBACK;
SELECT throws_ok(format('SELECT decide(%L, ''tap_footfall'', ''maybe'')', :'a'), '22023', NULL, 'other decisions are refused');
SELECT throws_ok(format('SELECT decide(%L, NULL, ''grant'')', :'a'), '22004', NULL, 'no purpose');
SELECT throws_ok(format('SELECT decide(%L, ''no_such'', ''grant'')', :'a'), '42704', NULL, 'an unknown purpose');
SELECT throws_ok(format('SELECT decide(%L, ''tap_footfall'', ''grant'', ''no_such'')', :'a'), '42704', NULL, 'an unknown category');
SELECT throws_ok(format('SELECT decide(%L, ''tap_footfall'', ''grant'', channel => ''shop'')', :'a'), '22023', NULL, 'a channel of the staff');
SELECT throws_ok(format('SELECT decide(%L, ''tap_footfall'', ''grant'', channel => NULL)', :'a'), '22023', NULL, 'no channel');

-- without a token nothing: every function that takes one, from the catalog
RESET ROLE;
CREATE TABLE token_function AS SELECT p.oid::regprocedure AS function, format('SELECT mobanon.%I(%s)', p.proname,
		(SELECT string_agg(CASE WHEN n = 1 THEN '$1' ELSE format('NULL::%s', format_type(p.proargtypes[n - 1], NULL)) END, ', ' ORDER BY n) FROM generate_series(1, p.pronargs) AS n)) AS call
	FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proargnames[1] = 'token' AND p.proname NOT IN ('token_subject', 'end_token');
GRANT SELECT ON token_function TO PUBLIC;
CREATE FUNCTION refused(call text, token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text; BEGIN EXECUTE call USING token; RETURN 'answered'; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS said = MESSAGE_TEXT; RETURN SQLSTATE || ' ' || said; END $$;
SELECT cmp_ok((SELECT count(*) FROM token_function), '>=', 4::bigint, 'functions that take a token');
SELECT ok(NOT has_function_privilege('tap_cust_job', function, 'EXECUTE') AND NOT has_function_privilege('tap_cust_dba', function, 'EXECUTE')
	AND has_function_privilege('tap_cust_front', function, 'EXECUTE'), function::text || ' is the front end''s alone') FROM token_function WHERE function::text ~ '^(decision|decide|reward_statement|reward_balance)\(' ORDER BY function::text;
SET ROLE tap_cust_front;
SELECT is_empty($$SELECT * FROM token_function, unnest(ARRAY['', 'x', '100', repeat('0', 64), NULL]) AS t WHERE refused(call, t) <> '28000 the token does not hold'$$,
	'every one refuses what is no token in the same words');
SELECT throws_ok('SELECT * FROM mobanon.subject_use(''100'', ''tap_footfall'', ''location'')', '42501', NULL, 'the front end has no way around the token');
SELECT throws_ok('SELECT * FROM mobanon.token_subject(''x'')', '42501', NULL, 'nor asks whose a token is');
SELECT throws_ok('SELECT * FROM mobanon.billing_balance', '42501', NULL, 'nor reads the billing');
SELECT throws_ok('SELECT * FROM mobanon.consent_ledger', '42501', NULL, 'nor the ledger');
RESET ROLE;

-- a number that was handed on: nothing of the person before
SELECT end_subject('101');
SET ROLE tap_cust_front;
SELECT open_door('101') AS c \gset
SELECT is((SELECT count(*) FROM decision(:'c') WHERE state = 'never asked' AND NOT used AND earned = 0 AND decided_at IS NULL AND effective_since IS NULL), 3::bigint, 'the next person sees nothing of the one before');
SELECT decide(:'c', 'tap_footfall', 'grant');
SELECT is((SELECT state FROM decision(:'c') WHERE purpose = 'tap_footfall' AND category = 'location'), 'granted', 'and decides for itself');
RESET ROLE;
-- used: as the ledger was known at the publication
SELECT grant_consent('150', 'tap_footfall', 'app', now() - interval '50 days');
SET ROLE tap_cust_front;
SELECT is((SELECT used FROM decision(:'b') WHERE category = 'location' AND purpose = 'tap_footfall'), false, 'a grant that arrived after the publication was not used in it');
RESET ROLE;
SELECT grant_consent('102', 'tap_other', 'app', now() - interval '400 days');
SELECT set_notice('tap_footfall', '2', 'new');
SELECT grant_consent('160', 'tap_footfall', 'app', now() - interval '400 days');
SET ROLE tap_cust_front;
SELECT open_door('160') AS d \gset
SELECT results_eq(format($$SELECT state, in_force, effective_since::date, earned FROM decision(%L) WHERE category = 'location' AND purpose = 'tap_footfall'$$, :'d'),
	$$VALUES ('expired', false, (now() - interval '400 days' + interval '1 year')::date, 2.50)$$, 'a consent that has lapsed, ten days into the plan');
-- no sequential scan over the ledger or the states
RESET ROLE;
INSERT INTO consent_import (subject, purpose, channel, decided_at) SELECT (7000000 + i)::text, 'tap_footfall', 'app', '2026-01-01' FROM generate_series(1, 30000) AS i;
SELECT import_consents();
ANALYZE consent_ledger, consent_state;
SELECT open_door('7000001') AS e \gset
SELECT pg_stat_force_next_flush();
SELECT sum(seq_scan) AS scans FROM pg_stat_user_tables WHERE schemaname = 'mobanon' AND relname IN ('consent_ledger', 'consent_state') \gset
SELECT count(*) AS n FROM decision(:'e') \gset
SELECT pg_stat_force_next_flush();
SELECT is((SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE schemaname = 'mobanon' AND relname IN ('consent_ledger', 'consent_state')), :scans::numeric, 'decision() scans no table of subjects');
SELECT * FROM finish();
