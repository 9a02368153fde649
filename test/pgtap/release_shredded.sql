-- A key is shredded before its windows are published: who is affected is said, and there is a way on.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(36);

CREATE ROLE tap_shred_dba;
CREATE ROLE tap_shred_processing;
GRANT mobanon_admin, tap_shred_processing TO tap_shred_dba;
CREATE SCHEMA shred AUTHORIZATION tap_shred_dba;
SET ROLE tap_shred_dba;
SET search_path = public, mobanon;
CREATE TABLE shred.events (subject text, at timestamptz, latitude float8, longitude float8);
SELECT mobanon.create_purpose('tap_shred', 'test');
SELECT mobanon.create_recipient('mall');
SELECT mobanon.bind_purpose('tap_shred', 'tap_shred_processing');
SELECT mobanon.protect('shred.events', 'subject', 'at');
SELECT count(mobanon.grant_consent(i::text, 'tap_shred', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 30) AS i;
-- 30 people every six hours, for ten days
INSERT INTO shred.events SELECT i::text, '2024-06-10 00:00+00'::timestamptz + h * interval '6 hours', 52.516, 13.377
FROM generate_series(1, 30) AS i, generate_series(0, 39) AS h;
SELECT mobanon.create_pipeline('shred.town', 'shred.events', 'tap_shred', starts_at => '2024-06-10 00:00+00');
SELECT mobanon.create_pipeline('shred.other', 'shred.events', 'tap_shred', starts_at => '2024-06-10 00:00+00', domain => 'shred.town');
SELECT mobanon.create_recipient_release('shred.for_mall', 'shred.town', 'mall');
CREATE FUNCTION pg_temp.audited(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(check_name || ': ' || detail, ', ') FROM mobanon.audit(name) WHERE NOT ok $$;
CREATE FUNCTION pg_temp.said(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || message || ' HINT ' || hint;
END
$$;

/* ---- whose windows need a key ---- */
RESET ROLE;
SELECT results_eq($$SELECT mobanon.pipelines_waiting_for('shred.town', 3)$$, $$VALUES ('shred.other'), ('shred.town')$$, 'nothing is published: both need the key of the third day');
SELECT mobanon.publish('shred.other', '2024-06-12 18:00+00');
SELECT results_eq($$SELECT mobanon.pipelines_waiting_for('shred.town', 3)$$, $$VALUES ('shred.other'), ('shred.town')$$, 'a day half published still does');
SELECT mobanon.publish('shred.other', '2024-06-13 00:00+00');
SELECT results_eq($$SELECT mobanon.pipelines_waiting_for('shred.town', 3)$$, $$VALUES ('shred.town')$$, 'a day that is out does not');
SELECT is_empty($$SELECT mobanon.pipelines_waiting_for('shred.other', 3)$$, 'nor does another domain');

/* ---- shredded: nothing is lost before its windows, and publishing stops at them ---- */
SET ROLE tap_shred_dba;
SET search_path = public, mobanon;
SELECT is(pg_temp.audited('shred.town'), NULL, 'all keys are there');
SELECT is(mobanon.shred_epoch('shred.town', 3), true, 'the third day''s key is shredded');
SELECT is(mobanon.shred_epoch('shred.town', 4), true, 'and the fourth''s');
SELECT is(mobanon.shred_epoch('shred.town', 6), true, 'and the sixth''s');
SELECT is(pg_temp.audited('shred.town'),
	'keys of the windows to come are there: the key of epoch 3 was shredded: windows from 2024-06-12 00:00:00+00 up to 2024-06-13 00:00:00+00 cannot be computed, see mobanon.skip_windows()',
	'the audit says so, before it comes to that');
SELECT is(pg_temp.audited('shred.for_mall'), NULL, 'a recipient''s release computes nothing');
SELECT is((mobanon.publish('shred.town')).window_to, '2024-06-12 00:00+00'::timestamptz, 'what is before is published');
SELECT is((SELECT count(*) FROM shred.town), 8::bigint, 'two days, four windows with people each');
SELECT is(pg_temp.said(call),
	'MP002 pipeline shred.town: the next window, 2024-06-12 00:00:00+00, needs the key of epoch 3 of pseudonym domain "shred.town", which was shredded '
	'HINT It can never be computed. SELECT mobanon.skip_windows(''shred.town'') passes over the windows of this key; those after them can be published then.', call)
FROM unnest('{"SELECT mobanon.publish(''shred.town'')","SELECT mobanon.publish(''shred.town'', ''2024-06-12 12:00+00'')"}'::text[]) AS call;
SELECT is((mobanon.publish('shred.town', '2024-06-12 00:30+00')) IS NULL, true, 'no window is asked for: nothing to say');
SELECT matches(pg_temp.said($$CALL mobanon.publish_backlog('shred.town')$$), '^MP002 .*skip_windows', 'a backlog stops there, too');
SELECT matches(pg_temp.said($$SELECT * FROM shred.town_pseudonymized$$), '^MP002 .* HINT .*skip_windows', 'and whoever reads a stage is told how to go on');

/* ---- passed over ---- */
RESET ROLE;
SELECT mobanon.create_pipeline('shred.closed', 'shred.events', 'tap_shred', starts_at => '2024-06-12 00:00+00', domain => 'shred.town');
UPDATE pipeline SET watermark = date_trunc('hour', now() - '2024-06-12 06:00+00') WHERE pipeline = 'shred.closed';
SET ROLE tap_shred_dba;
SET search_path = public, mobanon;
SELECT is((mobanon.skip_windows('shred.closed')).window_to <= '2024-06-12 07:00+00', true, 'only windows that are closed');
SELECT is((mobanon.skip_windows('shred.closed')) IS NULL, true, 'and no more');
SELECT mobanon.drop_pipeline('shred.closed', true);
SELECT throws_ok($$SELECT mobanon.skip_windows('shred.for_mall')$$, '42809', NULL, 'a part is passed over with the whole');
SELECT results_eq($$SELECT (s).window_from, (s).window_to, (s).rows FROM mobanon.skip_windows('shred.town') AS s$$,
	$$VALUES ('2024-06-12 00:00+00'::timestamptz, '2024-06-14 00:00+00'::timestamptz, 0::bigint)$$, 'two days are passed over');
SELECT is((mobanon.skip_windows('shred.town')) IS NULL, true, 'once: what can be computed is not passed over');
RESET ROLE;
SELECT results_eq($$SELECT reason, number, unit FROM publication_withheld JOIN pipeline USING (pipeline_id) WHERE pipeline = 'shred.town' AND publication = 2$$,
	$$VALUES ('key shredded', 48::bigint, 'windows')$$, 'the register says why, and how many windows');
SET ROLE tap_shred_dba;
SET search_path = public, mobanon;
SELECT is((mobanon.publish('shred.town')).window_to, '2024-06-15 00:00+00'::timestamptz, 'publishing goes on, up to the next one');
SELECT is((mobanon.skip_windows('shred.town')).window_to, '2024-06-16 00:00+00'::timestamptz, 'which is passed over');
RESET ROLE;
SELECT is((SELECT last_used FROM mobanon.subject_use('7', 'tap_shred', 'location')),
	(SELECT b.published_at FROM publication AS b JOIN pipeline AS p USING (pipeline_id) WHERE p.pipeline = 'shred.town' AND b.publication = 3), 'passing over is no use of anybody''s data');
SET ROLE tap_shred_dba;
SET search_path = public, mobanon;
SELECT is((SELECT count(*) FROM (SELECT mobanon.publish('shred.town') AS p) AS s WHERE (s.p).rows = 16), 1::bigint, 'and the rest comes out');
SELECT bag_eq('SELECT bucket, subjects FROM shred.town',
	$$SELECT at, count(DISTINCT subject) FROM shred.events WHERE at::date NOT IN ('2024-06-12', '2024-06-13', '2024-06-15') GROUP BY at$$, 'all but three days');
SELECT bag_eq('SELECT bucket, cell, subjects FROM shred.for_mall', 'SELECT bucket, cell, subjects FROM shred.town', 'a recipient has the same');
SELECT is(pg_temp.audited(name), NULL, name || ' passes the audit') FROM unnest('{shred.town,shred.for_mall}'::text[]) AS name;
RESET ROLE;
SELECT is((SELECT string_agg(DISTINCT used || ' ' || reason, ', ') FROM mobanon.publications_using('7') WHERE pipeline = 'shred.town' AND publication IN (2, 4)),
	'no its windows were passed over: their key was shredded', 'a person is told that nothing was used');
SELECT is((SELECT count(*) FROM mobanon.publications_using('7') WHERE pipeline = 'shred.town' AND used = 'yes'), 3::bigint, 'and what was');

/* ---- rotating leaves what was shredded ahead on record ---- */
SELECT mobanon.create_domain('tap shred ahead', '1 day', ends_at => now() + interval '5 days');
SELECT mobanon.shred_epoch('tap shred ahead', 3);
SELECT mobanon.rotate_key('tap shred ahead');
SELECT is((SELECT string_agg(epoch || ' ' || state, ', ' ORDER BY epoch) FROM keyring WHERE domain = 'tap shred ahead' AND epoch <= 3),
	'1 past, 3 shredded', 'the shredded epoch keeps its number');
SELECT is((SELECT count(*) FROM keyring AS e JOIN keyring AS n ON n.domain = e.domain AND n.starts_at = e.ends_at WHERE e.domain = 'tap shred ahead'),
	(SELECT count(*) - 1 FROM keyring WHERE domain = 'tap shred ahead'), 'there is no gap');
SELECT is((SELECT count(*) FROM keyring AS e WHERE domain = 'tap shred ahead' AND state = 'future' AND epoch > 6), 4::bigint, 'the others that were ahead are replaced');
SELECT * FROM finish();
