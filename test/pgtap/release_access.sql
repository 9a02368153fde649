-- Which publications used somebody's events?  Beside each publication stands what the role read at that very time;
-- later, nothing but ledger and source says the same, for every subject.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(27);

CREATE ROLE tap_acc_dba;
CREATE ROLE tap_acc_admin IN ROLE mobanon_admin;
CREATE ROLE tap_acc_dpo BYPASSRLS IN ROLE mobanon_admin;
CREATE ROLE tap_acc_processing;
CREATE ROLE tap_acc_analyst;
GRANT mobanon_admin, tap_acc_processing TO tap_acc_dba;
CREATE SCHEMA acc AUTHORIZATION tap_acc_dba;
SET ROLE tap_acc_dba;
SET search_path = public, mobanon;
CREATE TABLE acc.events (subject varchar(20), at timestamptz, latitude float8, longitude float8);
GRANT USAGE ON SCHEMA acc TO tap_acc_dpo, tap_acc_processing;
GRANT SELECT ON acc.events TO tap_acc_dpo;
SELECT mobanon.create_purpose('tap_acc', 'test');
SELECT mobanon.create_recipient('city'), mobanon.create_recipient('mall'), mobanon.create_recipient('later');
SELECT mobanon.create_channel('rumour', false);
SELECT mobanon.bind_purpose('tap_acc', 'tap_acc_processing');
SELECT mobanon.protect('acc.events', 'subject', 'at');
SELECT mobanon.create_domain('acc', '1 year', '2024-01-01 00:00+00');
SELECT count(mobanon.grant_consent(i::text, 'tap_acc', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 50) AS i WHERE i NOT IN (32, 36, 38);
INSERT INTO acc.events SELECT i::text, '2024-06-10 12:00+00'::timestamptz + h * interval '1 hour' + i * interval '1 minute', 52.516, 13.377
FROM generate_series(1, 50) AS i, generate_series(0, 3) AS h WHERE i <> 33 AND (h < 2 OR i <> 5);
SELECT mobanon.create_pipeline('acc.footfall', 'acc.events', 'tap_acc', starts_at => '2024-06-10 12:00+00', domain => 'acc',
	recipients => '{city}', readers => '{tap_acc_analyst}');
SELECT mobanon.create_recipient_release('acc.mall', 'acc.footfall', 'mall');
RESET ROLE;

CREATE TABLE truth (publication int, subject text);
GRANT ALL ON truth TO tap_acc_processing;
-- What the role reads of the windows up to a time, and the publication of them.
CREATE FUNCTION pg_temp.note(number int, window_from timestamptz, window_to timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO truth SELECT DISTINCT number, e.subject FROM acc.events AS e WHERE e.at >= window_from AND e.at < window_to $$;
GRANT EXECUTE ON FUNCTION pg_temp.note(int, timestamptz, timestamptz) TO tap_acc_processing;
CREATE FUNCTION pg_temp.using(subject text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT u.publication || ' ' || u.used FROM mobanon.publications_using(subject) AS u ORDER BY u.publication $$;

-- Before the first publication.
SELECT mobanon.withdraw_consent('31', 'tap_acc', 'app');
SELECT mobanon.withdraw_consent('37', 'tap_acc', 'app', '2024-06-10 12:30+00'), mobanon.grant_consent('37', 'tap_acc', 'app', '2024-06-10 13:30+00');
SELECT mobanon.grant_consent('36', 'tap_acc', 'rumour', '2024-06-01 00:00+00');
SET ROLE tap_acc_processing;
SELECT pg_temp.note(1, '2024-06-10 12:00+00', '2024-06-10 13:00+00');
RESET ROLE;
SELECT is((mobanon.publish('acc.footfall', '2024-06-10 13:00+00')).publication, 1, 'a first publication');

-- After it: withdrawn; granted, dated back; late; the number handed on.
SELECT mobanon.withdraw_consent('2', 'tap_acc', 'app', '2024-06-02 00:00+00');
SELECT mobanon.invalidate_consent('3', 'tap_acc', 'app');
SELECT mobanon.grant_consent('32', 'tap_acc', 'app', '2024-06-01 00:00+00');
INSERT INTO acc.events VALUES ('33', '2024-06-10 12:59+00', 52.516, 13.377);
SELECT mobanon.end_subject('34', '2024-06-10 13:00+00'), mobanon.grant_consent('34', 'tap_acc', 'app', '2024-06-10 13:10+00');
SELECT mobanon.end_subject('35', '2024-06-10 13:00+00');
SET ROLE tap_acc_processing;
SELECT pg_temp.note(2, '2024-06-10 13:00+00', '2024-06-10 14:00+00');
RESET ROLE;
SELECT is((mobanon.publish('acc.footfall', '2024-06-10 14:00+00')).publication, 2, 'a second one');

-- In one transaction with decisions before and after it.
BEGIN;
SELECT mobanon.withdraw_consent('6', 'tap_acc', 'app');
SET LOCAL ROLE tap_acc_processing;
SELECT pg_temp.note(3, '2024-06-10 14:00+00', '2024-06-10 15:00+00');
RESET ROLE;
SELECT (mobanon.publish('acc.footfall', '2024-06-10 15:00+00')).rows;
SELECT mobanon.withdraw_consent('7', 'tap_acc', 'app'), mobanon.grant_consent('38', 'tap_acc', 'app', '2024-06-01 00:00+00');
COMMIT;
SET ROLE tap_acc_processing;
SELECT pg_temp.note(4, '2024-06-10 15:00+00', '2024-06-10 16:00+00');
RESET ROLE;
SELECT (mobanon.publish('acc.footfall', '2024-06-10 16:00+00')).rows;
SELECT results_eq('SELECT count(*) FROM truth GROUP BY publication ORDER BY publication', 'VALUES (44::bigint), (43), (41), (41)', 'what was used, as it was read then');

CREATE TEMP TABLE answer AS
SELECT i::text AS subject, u.* FROM generate_series(1, 50) AS i, mobanon.publications_using(i::text) AS u;
SELECT bag_eq($$SELECT a.publication, a.subject FROM answer AS a WHERE a.used = 'yes'$$,
	$$SELECT t.publication, t.subject FROM truth AS t WHERE (t.publication, t.subject) NOT IN ((1, '34'), (1, '35'))$$,
	'yes for each that was read then, whatever they decided since, but for former holders of a number');
SELECT results_eq($$SELECT subject, publication FROM answer WHERE used = 'not known'$$, $$VALUES ('33', 1)$$, 'a late event: not known');
SELECT is((SELECT count(*) FROM answer WHERE used = 'no' AND (publication, subject) IN (SELECT t.publication, t.subject FROM truth AS t)), 0::bigint,
	'no for none of them');
SELECT results_eq($$SELECT pg_temp.using('2')$$, $$VALUES ('1 yes'), ('2 no'), ('3 no'), ('4 no')$$, 'withdrawn after the first, dated back: the first used it');
SELECT results_eq($$SELECT pg_temp.using('3')$$, $$VALUES ('1 yes'), ('2 no'), ('3 no'), ('4 no')$$, 'declared invalid after it: it had used it all the same');
SELECT results_eq($$SELECT pg_temp.using('31')$$, $$VALUES ('1 no'), ('2 no'), ('3 no'), ('4 no')$$, 'withdrawn before: none');
SELECT results_eq($$SELECT pg_temp.using('32')$$, $$VALUES ('1 no'), ('2 yes'), ('3 yes'), ('4 yes')$$, 'granted after the first, dated back: not the first');
SELECT results_eq($$SELECT pg_temp.using('37')$$, $$VALUES ('1 no'), ('2 yes'), ('3 yes'), ('4 yes')$$, 'only what happened under consent: 12:37 did not');
SELECT results_eq($$SELECT pg_temp.using('6')$$, $$VALUES ('1 yes'), ('2 yes'), ('3 no'), ('4 no')$$, 'withdrawn in the same transaction, before');
SELECT results_eq($$SELECT pg_temp.using('7')$$, $$VALUES ('1 yes'), ('2 yes'), ('3 yes'), ('4 no')$$, 'and after');
SELECT results_eq($$SELECT pg_temp.using('5')$$, $$VALUES ('1 yes'), ('2 yes'), ('3 no'), ('4 no')$$, 'consent, but no event');
SELECT is_empty($$SELECT pg_temp.using('36')$$, 'a grant without proof is none');
SELECT is_empty($$SELECT pg_temp.using('nobody')$$, 'of whom the ledger does not know there is nothing to say');
SELECT results_eq($$SELECT pg_temp.using('34')$$, $$VALUES ('2 yes'), ('3 yes'), ('4 yes')$$, 'a number handed on: its holder of today');
SELECT results_eq($$SELECT publication, used FROM mobanon.publications_using('34', '2024-06-10 12:30+00')$$, $$VALUES (1, 'yes')$$, 'and the one before');
SELECT results_eq($$SELECT DISTINCT pipeline, purpose, recipients FROM answer$$, $$VALUES ('acc.footfall', 'tap_acc', '{city,mall}'::text[])$$,
	'who received it, with those who got a part');

-- Whoever asks, the source is read with their own rights.
SET ROLE tap_acc_dpo;
SELECT results_eq($$SELECT publication, used FROM mobanon.publications_using('2')$$, $$VALUES (1, 'yes'), (2, 'no'), (3, 'no'), (4, 'no')$$,
	'a data protection officer who reads around the policies gets all of it');
SET ROLE tap_acc_dba;
SELECT results_eq($$SELECT publication, used FROM mobanon.publications_using('2')$$, $$VALUES (1, 'not known'), (2, 'no'), (3, 'no'), (4, 'no')$$,
	'the owner is not shown events of a subject who withdrew');
SELECT results_eq($$SELECT publication, used FROM mobanon.publications_using('5')$$, $$VALUES (1, 'yes'), (2, 'yes'), (3, 'no'), (4, 'no')$$,
	'of one who consents, all');
SET ROLE tap_acc_admin;
SELECT results_eq($$SELECT DISTINCT used, reason FROM mobanon.publications_using('5')$$,
	$$VALUES ('not known', 'the caller may not read the source')$$, 'who may not read the source, nothing');
SET ROLE tap_acc_analyst;
SELECT throws_ok($$SELECT * FROM mobanon.publications_using('5')$$, '42501', NULL, 'analysts may not ask');
SET ROLE tap_acc_processing;
SELECT throws_ok($$SELECT * FROM mobanon.publications_using('5')$$, '42501', NULL, 'nor may the role that processes');
RESET ROLE;

-- Old events are removed, a person is erased.
DELETE FROM acc.events WHERE at < '2024-06-10 14:00+00';
SELECT results_eq($$SELECT publication, used FROM mobanon.publications_using('32')$$, $$VALUES (1, 'no'), (2, 'not known'), (3, 'yes'), (4, 'yes')$$,
	'of what the source no longer has, it is said');
SELECT count(*) > 0 FROM mobanon.erase_subject('32', 'asked for');
SELECT is_empty($$SELECT pg_temp.using('32')$$, 'who was erased is not known');
SELECT * FROM finish();
