-- subject_access() and consent_receipt(): complete, and about one person only.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT * FROM no_plan();
CREATE ROLE tap_report_job;
CREATE ROLE tap_report_dba;
CREATE ROLE tap_report_front;
GRANT mobanon_admin, tap_report_job TO tap_report_dba;
GRANT mobanon_frontend TO tap_report_front;
CREATE SCHEMA acc AUTHORIZATION tap_report_dba;
CREATE FUNCTION open_door(whose text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = mobanon, public AS $$
	INSERT INTO access_token VALUES (sha256(convert_to('door of ' || whose, 'UTF8')), whose, true, '3', clock_timestamp(), clock_timestamp() + interval '1 hour')
	ON CONFLICT (token_hash) DO UPDATE SET issued_at = clock_timestamp() RETURNING 'door of ' || whose $$;
SET ROLE tap_report_dba;
SET search_path = public, mobanon;
CREATE TABLE acc.events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT create_purpose('tap_acc', 'How many people come by', notice => 'We count people.', validity => '1 year'), create_purpose('tap_never', 'Never asked');
SELECT add_category('tap_acc', 'age_band', 'ten years of age');
SELECT bind_purpose('tap_acc', 'tap_report_job');
SELECT protect('acc.events', 'subject', 'at');
SELECT create_recipient('mall', 'The mall, Main Street 1');
SELECT count(grant_consent(i::text, 'tap_acc', 'app', now() - interval '60 days', evidence => 'proof-of-' || i)) FROM generate_series(49100, 49139) AS i;
INSERT INTO acc.events SELECT i::text, date_trunc('day', now()) - interval '10 days' + interval '12 hours', 52.516, 13.377 FROM generate_series(49100, 49160) AS i;
SELECT create_pipeline('acc.footfall', 'acc.events', 'tap_acc', starts_at => date_trunc('day', now()) - interval '20 days', recipients => '{mall}');
SELECT create_reward_plan('tap_acc', 2.50, 'EUR', '1 month', now() - interval '45 days') > 0;
RESET ROLE;
SELECT publish('acc.footfall') IS NOT NULL;
SELECT withdraw_consent('49100', 'tap_acc', 'phone', now() - interval '5 days', actor => 'clerk 7', evidence => 'call 12');
SELECT grant_consent('49100', 'tap_acc', 'web', now() - interval '1 day'), refuse_consent('49100', 'tap_acc', 'web', now() - interval '1 day', category => 'age_band');
SELECT publish('acc.footfall', date_trunc('hour', now())) IS NULL;
INSERT INTO consent_import (subject, purpose, state, decided_at) VALUES ('49100', 'tap_acc', 'withdrawn', now()), ('49101', 'tap_acc', 'granted', now());

SET ROLE tap_report_front;
SELECT open_door('49100') AS a, open_door('49101') AS b, open_door('49150') AS n, open_door('no one') AS stranger \gset
SELECT throws_like(format('SELECT consent_receipt(%L)', :'a'), 'a receipt cannot be written yet%', 'a receipt waits for what only the controller knows');
RESET ROLE;
SET ROLE tap_report_dba;
SELECT set_controller('DE HRB 4711', 'Mobile Example AG', 'Main Street 1, 10115 Berlin', 'dpo@example.com', 'DE', 'BfDI', 'https://example.com/rights', '{Berlin, Frankfurt}');
SELECT throws_ok($$SELECT set_purpose_terms('no_such', 'P30D', 'x', 'y')$$, '42704', NULL, 'terms of an unknown purpose');
RESET ROLE;
SET ROLE tap_report_front;
SELECT throws_like(format('SELECT consent_receipt(%L)', :'a'), 'a receipt cannot be written yet%', 'and for the terms of the purpose');
RESET ROLE;
SET ROLE tap_report_dba;
SELECT set_purpose_terms('tap_acc', 'P30D', 'position of the SIM in the network', 'https://example.com/consent');
RESET ROLE;
SET ROLE tap_report_front;
CREATE TEMP TABLE doc AS SELECT consent_receipt(:'a') AS receipt, subject_access(:'a') AS report;

-- ISO/IEC TS 27560 as mapped by the DPVCG's guide (w3c/dpv, guides/consent-27560): each mandatory field is there, and not empty.
SELECT ok(jsonb_path_exists(receipt, ('$.' || path)::jsonpath) AND NOT jsonb_path_exists(receipt, ('$.' || path || ' ? (@ == null || @ == "" )')::jsonpath), 'receipt: ' || field)
FROM doc, (VALUES ('schema version', '"dct:conformsTo"'), ('receipt id', '"dct:identifier"'), ('pii principal id', '"dpv:hasDataSubject"."dct:identifier"')) AS f (field, path);
SELECT ok((SELECT count(*) = 1 FROM jsonb_path_query(receipt, ('$."dct:hasPart"[*].' || path)::jsonpath) AS v) AND
	NOT jsonb_path_exists(receipt, ('$."dct:hasPart"[*].' || path || ' ? (@ == null || @ == "")')::jsonpath), 'record: ' || field)
FROM doc, (VALUES ('schema version', '"dct:conformsTo"'), ('record id', '"dct:identifier"'), ('pii principal id', '"dpv:hasDataSubject"."dct:identifier"'),
	('privacy notice', '"dpv:hasNotice"[0]."dct:description"'), ('language', '"dct:language"'), ('purpose', '"dpv:hasPurpose"."dct:description"'),
	('pii information', '"dpv:hasPersonalData"[0]."dct:identifier"'), ('pii type', '"dpv:hasPersonalData"[0]."@type"'), ('pii controllers', '"dpv:hasDataController"."@type"[0]'),
	('storage locations', '"dpv:hasStorageCondition"[*] ? (@."@type" == "dpv:StorageLocation")."dpv:hasLocation"'),
	('retention period', '"dpv:hasStorageCondition"[*] ? (@."@type" == "dpv:StorageDuration")."dpv:hasDuration"'),
	('jurisdiction', '"dpv:hasJurisdiction"'), ('recipient third parties', '"dpv:hasRecipient"[0]."dpv:hasName"'), ('withdrawal method', '"dpv:hasConsentControl"."dct:description"'),
	('party id', '"dpv:hasDataController"."dct:identifier"'), ('party address', '"dpv:hasDataController"."dpv:hasAddress"'), ('party name', '"dpv:hasDataController"."dpv:hasName"'),
	('party contact', '"dpv:hasDataController"."dpv:hasContact"'), ('party type', '"dpv:hasDataController"."@type"[1]'),
	('GDPR: lawful basis', '"dpv:hasLegalBasis"."@id"'), ('GDPR: collection method', '"dpv:hasDataSource"."dct:description"'), ('GDPR: processing method', '"dpv:hasProcessing"[0]."@id"'),
	('GDPR: processing location', '"dpv:hasLocation"[0]'), ('GDPR: geographic restrictions', '"dpv:hasRule"."dct:description"'), ('GDPR: privacy rights', '"dpv:hasRight"."dct:description"'),
	('GDPR: authority', '"dpv:hasAuthority"."dpv:hasName"')) AS f (field, path);
SELECT is((SELECT count(*) FROM doc, jsonb_path_query(receipt, ('$."dct:hasPart"[0]."dct:hasPart"[*].' || path)::jsonpath) AS v WHERE v <> 'null' AND v <> '""'), 4::bigint, 'each event: ' || field)
FROM (VALUES ('event time', '"dct:date"'), ('validity duration', '"dct:valid"'), ('entity id', '"dpv:isImplementedByEntity"."dct:identifier"'),
	('event type', '"dpv:hasLegalBasis"."@id"'), ('event state', '"dpv:hasConsentStatus"."@id"')) AS f (field, path);
SELECT results_eq($$SELECT v ->> '@id' FROM doc, jsonb_path_query(receipt, '$."dct:hasPart"[0]."dct:hasPart"[*]."dpv:hasConsentStatus"') AS v$$,
	$$VALUES ('dpv:ConsentGiven'), ('dpv:ConsentWithdrawn'), ('dpv:ConsentGiven'), ('dpv:ConsentRefused')$$, 'in DPV''s words, in order');
SELECT is((SELECT jsonb_path_query_first(receipt, '$."dct:hasPart"[0]."dct:hasPart"[1]."dpv:isImplementedByEntity"."@type"') #>> '{}' FROM doc), 'dpv:DataController', 'what a clerk entered is not said to be the subject''s act');
SELECT is((SELECT jsonb_array_length(receipt -> 'dct:hasPart') FROM doc), 1, 'a record for each purpose that something was decided about');
SELECT isnt(consent_receipt(:'a') ->> 'dct:identifier', (SELECT receipt ->> 'dct:identifier' FROM doc), 'every receipt has a number of its own');
SELECT is(jsonb_path_query_first(consent_receipt(:'a'), '$."dct:hasPart"[0]."dct:identifier"'), (SELECT jsonb_path_query_first(receipt, '$."dct:hasPart"[0]."dct:identifier"') FROM doc), 'the record keeps its own');
SELECT is(consent_receipt(:'n') -> 'dct:hasPart', '[]'::jsonb, 'nothing decided, nothing recorded');

-- Art. 15
SELECT is((SELECT report ->> 'subject' FROM doc), '49100', 'the report is about the subject');
SELECT is((SELECT string_agg(concat_ws(' ', d ->> 'state', d ->> 'channel', d ->> 'evidence'), ', ') FROM doc, jsonb_array_elements(report -> 'decisions') AS d),
	'granted app proof-of-49100, withdrawn phone call 12, granted web, refused web', 'every decision, with its evidence');
SELECT is((SELECT count(*) FROM doc, jsonb_array_elements(report -> 'consent_in_force') AS i), 2::bigint, 'two times of consent');
SELECT is((SELECT count(*) FROM doc, jsonb_array_elements(report -> 'publications') AS u WHERE u ->> 'release' = 'acc.footfall' AND u -> 'recipients' = '["mall"]'), 1::bigint, 'the publication that could use the data, and for whom');
SELECT is((SELECT report #>> '{purposes,0,retention}' FROM doc), 'P30D', 'how long events are kept');
SELECT is((SELECT report #>> '{purposes,0,recipients,0}' FROM doc), 'mall', 'recipients');
SELECT is((SELECT sum((r ->> 'credit')::numeric) FROM doc, jsonb_array_elements(report -> 'rewards') AS r), 5.00, 'rewards');
SELECT is((SELECT report #>> '{waiting_decisions,0,state}' FROM doc), 'withdrawn', 'a decision that was loaded and not imported yet');
SELECT ok((SELECT report -> 'controller' ->> 'contact' = 'dpo@example.com' AND report #>> '{statements,automated_decisions}' <> '' AND report #>> '{statements,rights}' ~ 'complain' FROM doc), 'controller, automated decisions, rights');
-- one person only
SELECT is((SELECT count(*) FROM doc, generate_series(49101, 49160) AS o WHERE report::text LIKE '%' || o || '%' OR receipt::text LIKE '%' || o || '%'), 0::bigint, 'nobody else''s number is in it');
SELECT unalike(subject_access(:'b')::text, '%proof-of-49100%', 'nor anybody''s evidence in another''s');
SELECT is((subject_access(:'n') - 'subject' - 'generated_at')::text, (subject_access(:'stranger') - 'subject' - 'generated_at')::text, 'who is in the source and never decided reads what a stranger reads');
SELECT throws_ok('SELECT subject_publications(''49100'')', '42501', NULL, 'no way around the token');
RESET ROLE;
-- a number that was handed on
SELECT end_subject('49101');
SET ROLE tap_report_front;
SELECT open_door('49101') AS b \gset
SELECT unalike(subject_access(:'b')::text, '%proof-of-49101%', 'the next person does not read the evidence of the one before');
SELECT is(subject_access(:'b') -> 'publications', '[]'::jsonb, 'nor the publications');
SELECT is(subject_access(:'b') -> 'decisions', '[]'::jsonb, 'nor the decisions');
SELECT is(subject_access(:'b') -> 'waiting_decisions' -> 0 ->> 'state', NULL, 'nor what waits from before');
SELECT is(consent_receipt(:'b') -> 'dct:hasPart', '[]'::jsonb, 'nor the records');
RESET ROLE;
-- complete: every table of mobanon with a column "subject" is looked at, but for the token itself
SELECT bag_eq($$SELECT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'subject' AND a.attnum > 0
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'p', 'm')$$,
	ARRAY['consent_ledger', 'consent_state', 'consent_import', 'access_code', 'code_event', 'access_token', 'outbox'],
	'a new table about subjects has to be put into the report');
-- erasure
SELECT count(*) > 0 FROM erase_subject('49100', 'asked for it');
SELECT is((SELECT count(*) FROM consent_ledger AS l, (SELECT 1) AS o WHERE l::text LIKE '%49100%'), 0::bigint, 'erased from the ledger');
SELECT is((SELECT sum(n) FROM (SELECT count(*) AS n FROM access_code WHERE subject = '49100' UNION ALL SELECT count(*) FROM access_token WHERE subject = '49100' UNION ALL SELECT count(*) FROM code_event WHERE subject = '49100'
	UNION ALL SELECT count(*) FROM outbox WHERE subject = '49100' UNION ALL SELECT count(*) FROM consent_import WHERE subject = '49100' UNION ALL SELECT count(*) FROM consent_state WHERE subject = '49100') AS t), 0::numeric, 'and from everywhere else');
SELECT throws_ok(format('SELECT subject_access(%L)', :'a'), '28000', NULL, 'the token is gone with it');
SELECT * FROM finish();
