-- withdrawal_status() and customer_alarms(): what takes effect when, and rows only when something is wrong.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(39);
CREATE ROLE tap_wd_job;
CREATE ROLE tap_wd_dba;
CREATE ROLE tap_wd_monitor;
CREATE ROLE tap_wd_front;
GRANT mobanon_admin, tap_wd_job TO tap_wd_dba;
GRANT pg_monitor TO tap_wd_monitor;
GRANT mobanon_frontend TO tap_wd_front;
CREATE SCHEMA wd AUTHORIZATION tap_wd_dba;
SET ROLE tap_wd_dba;
SET search_path = public, mobanon;
CREATE TABLE wd.events (subject text, at timestamptz, latitude float8, longitude float8, age_band text);
SELECT create_purpose('tap_wd', 'test'), create_purpose('tap_wd_none', 'without a pipeline'), add_category('tap_wd', 'age_band');
SELECT bind_purpose('tap_wd', 'tap_wd_job');
SELECT protect('wd.events', 'subject', 'at');
SELECT count(grant_consent('49' || i, 'tap_wd', 'app', now() - interval '60 days')) FROM generate_series(1, 40) AS i;
INSERT INTO wd.events SELECT '49' || i, date_trunc('day', now()) - interval '10 days' + interval '12 hours', 52.516, 13.377, '30' FROM generate_series(1, 40) AS i;
SELECT create_pipeline('wd.plain', 'wd.events', 'tap_wd', starts_at => date_trunc('day', now()) - interval '20 days');
SELECT create_pipeline('wd.ages', 'wd.events', 'tap_wd', starts_at => date_trunc('day', now()) - interval '20 days', resolution => '10km', breakdowns => '{age_band}');
SELECT publish('wd.plain', date_trunc('day', now()) - interval '9 days') IS NOT NULL;
SELECT is_empty('SELECT * FROM withdrawal_status()', 'no withdrawal yet');
SELECT is_empty('SELECT * FROM customer_alarms()', 'nothing is wrong');

SELECT withdraw_consent('491', 'tap_wd', 'app') AS entry \gset
SELECT results_eq(format('SELECT pipeline COLLATE "default", entry_id, took < interval ''1 minute'', status FROM withdrawal_status()', 0),
	format($$VALUES ('wd.plain', %s::bigint, true, 'in effect'), ('wd.ages', %1$s, true, 'in effect')$$, :entry), 'a withdrawal, for each pipeline');
SELECT is((SELECT effective_at FROM withdrawal_status() WHERE pipeline = 'wd.plain'), (SELECT recorded_at FROM withdrawal_status() WHERE pipeline = 'wd.plain'), 'in effect when it was recorded');
SELECT ok((SELECT last_publication_before < recorded_at AND first_publication_after IS NULL FROM withdrawal_status() WHERE pipeline = 'wd.plain'), 'after the last publication, and no other since');
SELECT publish('wd.plain', date_trunc('day', now()) - interval '8 days') IS NOT NULL;
SELECT ok((SELECT last_publication_before < recorded_at AND first_publication_after > recorded_at FROM withdrawal_status() WHERE pipeline = 'wd.plain'), 'the first publication without the subject');
SELECT withdraw_consent('492', 'tap_wd', 'app', category => 'age_band');
SELECT results_eq($$SELECT pipeline COLLATE "default" FROM withdrawal_status() WHERE category = 'age_band'$$, $$VALUES ('wd.ages')$$, 'of a category: the pipelines that use it');
SELECT refuse_consent('493', 'tap_wd_none', 'app');
SELECT results_eq($$SELECT pipeline COLLATE "default", state, status FROM withdrawal_status() WHERE purpose = 'tap_wd_none'$$, $$VALUES (NULL, 'refused', 'in effect')$$, 'a purpose without a pipeline');
SELECT is_empty('SELECT * FROM customer_alarms()', 'nothing is wrong');
-- the withdrawal of somebody who granted again
SELECT grant_consent('491', 'tap_wd', 'app');
SELECT is((SELECT status FROM withdrawal_status() WHERE pipeline = 'wd.plain' AND entry_id = :entry), 'in effect', 'a later grant leaves it as it was');

-- late: a letter that lay about
SELECT withdraw_consent('494', 'tap_wd', 'paper', now() - interval '30 hours') AS late \gset
SELECT results_eq(format('SELECT DISTINCT status, took > interval ''29 hours'' FROM withdrawal_status() WHERE entry_id = %s', :late), $$VALUES ('late', true)$$, 'recorded 30 hours after its decision: late');
SELECT results_eq('SELECT alarm FROM customer_alarms()', $$VALUES ('withdrawal late')$$, 'one alarm, for both pipelines');
SELECT set_withdrawal_limit('tap_wd', '48 hours');
SELECT is_empty('SELECT * FROM customer_alarms()', 'within another limit all is well');
SELECT throws_ok($$SELECT set_withdrawal_limit('no_such', '1 day')$$, '42704', NULL, 'a limit of an unknown purpose');
SELECT throws_ok($$SELECT set_withdrawal_limit('tap_wd', '0')$$, '22023', NULL, 'a limit of nothing');
SELECT set_withdrawal_limit('tap_wd', '24 hours');
RESET ROLE;
ALTER TABLE consent_ledger DISABLE TRIGGER append_only;
UPDATE consent_ledger SET recorded_at = recorded_at - interval '25 hours' WHERE entry_id = :late;
ALTER TABLE consent_ledger ENABLE ALWAYS TRIGGER append_only;
SELECT is_empty('SELECT * FROM customer_alarms()', 'a day later it is history');

-- loaded and not imported
SET ROLE tap_wd_dba;
INSERT INTO consent_import (subject, purpose, state, channel, decided_at) VALUES ('495', 'tap_wd', 'withdrawn', 'import', now() - interval '2 hours'), ('496', 'tap_wd', 'granted', 'import', now() - interval '20 days');
SELECT results_eq($$SELECT DISTINCT status, effective_at FROM withdrawal_status() WHERE entry_id IS NULL$$, $$VALUES ('waiting', NULL::timestamptz)$$, 'loaded two hours ago: waiting');
SELECT is_empty('SELECT * FROM customer_alarms()', 'which is no alarm');
UPDATE consent_import SET decided_at = now() - interval '25 hours' WHERE subject = '495';
SELECT results_eq('SELECT alarm, remedy FROM customer_alarms()', $$VALUES ('withdrawal overdue', 'SELECT * FROM mobanon.import_consents()')$$, 'after 25 hours it is one');
SELECT unalike((SELECT string_agg(a::text, '') FROM customer_alarms() AS a), '%495%', 'which names nobody');
-- refused by the import: still overdue, for somebody has to look
INSERT INTO consent_import (subject, purpose, state, channel, decided_at) VALUES ('497', 'tap_wdd', 'withdrawn', 'import', now() - interval '25 hours');
SELECT count(*) FROM import_consents();
SELECT results_eq($$SELECT alarm FROM customer_alarms() WHERE alarm <> 'withdrawal late'$$, $$VALUES ('withdrawal overdue')$$, 'one that the import refused stays overdue');
SELECT is((SELECT remedy FROM customer_alarms() WHERE alarm = 'withdrawal overdue'),
	'correct or delete the row in mobanon.consent_import (refused IS NOT NULL), then SELECT * FROM mobanon.import_consents()', 'with a remedy that is not just the import again');
SELECT is((SELECT regexp_replace(detail, ', decided.*', '') FROM customer_alarms() WHERE alarm = 'withdrawal overdue'),
	'withdrawn of an unknown purpose: refused by the import: no such purpose', 'and says why it was refused');
SELECT results_eq('SELECT DISTINCT refused FROM withdrawal_status() WHERE entry_id IS NULL', $$VALUES ('no such purpose')$$, 'as the status does');
-- columns in disorder: the number stands where the state should
INSERT INTO consent_import (subject, purpose, state, channel, decided_at) VALUES ('withdrawn', '4977', '49777', 'import', now() - interval '25 hours');
SELECT count(*) FROM import_consents();
SELECT unalike((SELECT string_agg(a::text, '') FROM customer_alarms() AS a), '%4977%', 'a number in the wrong column is not shown');
DELETE FROM consent_import WHERE state = '49777';
UPDATE consent_import SET purpose = 'tap_wd';
SELECT results_eq('SELECT * FROM import_consents()', $$VALUES ('recorded', 1::bigint)$$, 'the remedy: corrected and imported');
SELECT is_empty($$SELECT * FROM customer_alarms() WHERE alarm <> 'withdrawal late'$$, 'it is no longer overdue');

-- a state that does not follow the ledger
RESET ROLE;
ALTER TABLE consent_ledger DISABLE TRIGGER apply_decisions;
SELECT withdraw_consent('4910', 'tap_wd', 'app', now() - interval '23 hours') AS lost \gset
ALTER TABLE consent_ledger ENABLE ALWAYS TRIGGER apply_decisions;
SELECT ok(consented('4910', now() - interval '2 days', 'tap_wd'), 'a withdrawal that did not reach the state');
SELECT results_eq(format('SELECT DISTINCT status, effective_at FROM withdrawal_status() WHERE entry_id = %s', :lost), $$VALUES ('waiting', NULL::timestamptz)$$, 'is not said to be in effect');
SELECT set_withdrawal_limit('tap_wd', '1 hour');
SELECT results_eq($$SELECT alarm, remedy FROM customer_alarms() WHERE alarm <> 'withdrawal late'$$, $$VALUES ('withdrawal overdue', 'SELECT mobanon.rebuild_consent_state()')$$, 'and is an alarm, with a remedy');
SELECT rebuild_consent_state() > 0;
SELECT is_empty($$SELECT * FROM customer_alarms() WHERE alarm = 'withdrawal overdue'$$, 'that helps');
SELECT ok(NOT consented('4910', now() - interval '2 days', 'tap_wd'), 'really');
SELECT set_withdrawal_limit('tap_wd', '48 hours');

-- codes
SELECT request_code('491');
SELECT is_empty('SELECT * FROM customer_alarms()', 'a code that was just asked for');
UPDATE outbox SET written_at = written_at - interval '5 minutes';
SELECT results_eq('SELECT alarm FROM customer_alarms()', $$VALUES ('codes are not sent')$$, 'the gateway is down');
SELECT count(*) FROM take_messages();
SELECT set_code_limits(all_codes_per_hour => 1);
SELECT results_eq('SELECT alarm FROM customer_alarms()', $$VALUES ('limit of codes reached')$$, 'a limit is reached');
SELECT set_code_limits(all_codes_per_hour => 100);
UPDATE code_event SET at = at - interval '3 days';
SELECT results_eq('SELECT alarm FROM customer_alarms()', $$VALUES ('codes are not forgotten')$$, 'nobody cleans up');
SELECT forget_codes() > 0;
-- by whom
SET ROLE tap_wd_monitor;
SELECT is_empty('SELECT * FROM mobanon.customer_alarms()', 'the monitoring reads alarms');
SELECT throws_ok('SELECT * FROM mobanon.withdrawal_status()', '42501', NULL, 'and no more');
RESET ROLE;
SET ROLE tap_wd_front;
SELECT throws_ok('SELECT * FROM mobanon.customer_alarms()', '42501', NULL, 'the front end reads neither');
SELECT * FROM finish();
