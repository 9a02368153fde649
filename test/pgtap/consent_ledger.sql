-- The ledger: every state and transition, what counts, expiry, seals, erasure.
\set QUIET 1
SET search_path = mobanon, public;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(56);
SELECT create_purpose('base', 'until withdrawn');
SELECT create_purpose('month', 'a month at a time', validity => '1 month');
SELECT create_purpose('early', 'events from before the grant, too', use_earlier_events => true);
SELECT create_purpose('staff', 'clerks may enter it', unproven_channels => '{shop}');
CREATE FUNCTION pg_temp.at(subject text, event text, purpose text DEFAULT 'base') RETURNS boolean
LANGUAGE sql AS $$ SELECT consented(subject, event::timestamptz, purpose) $$;

-- never asked, refused, granted, withdrawn, granted again
SELECT ok(NOT pg_temp.at('a', '2026-01-15'), 'never asked: no');
SELECT refuse_consent('a', 'base', 'app', '2026-01-01');
SELECT ok(NOT pg_temp.at('a', '2026-01-15'), 'refused: no');
SELECT grant_consent('a', 'base', 'app', '2026-01-10');
SELECT ok(pg_temp.at('a', '2026-01-10'), 'granted: from the instant of the grant');
SELECT ok(NOT pg_temp.at('a', '2026-01-09 23:59:59.999999'), 'granted: not before');
SELECT withdraw_consent('a', 'base', 'app', '2026-02-01');
SELECT ok(NOT pg_temp.at('a', '2026-01-15'), 'withdrawn: no event at all, also of the time of consent');
SELECT grant_consent('a', 'base', 'app', '2026-03-01');
SELECT ok(pg_temp.at('a', '2026-01-15'), 'granted again: the first time of consent counts again');
SELECT ok(NOT pg_temp.at('a', '2026-02-01'), 'granted again: the gap between does not, from its first instant');
SELECT ok(NOT pg_temp.at('a', '2026-02-28 23:59'), 'granted again: nor its end');
SELECT ok(pg_temp.at('a', '2026-03-01'), 'granted again: from then on');
SELECT invalidate_consent('a', 'base', 'shop', '2026-03-05', evidence => 'complaint 12');
SELECT ok(NOT pg_temp.at('a', '2026-03-02'), 'invalidated: no');
SELECT grant_consent('a', 'base', 'app', '2026-04-01');
SELECT ok(NOT pg_temp.at('a', '2026-03-02'), 'the invalidated time never counts');
SELECT ok(pg_temp.at('a', '2026-01-15') AND pg_temp.at('a', '2026-04-02'), 'the other times do');
-- out of order: a withdrawal that was decided earlier arrives later
SELECT withdraw_consent('a', 'base', 'paper', '2026-03-20');
SELECT ok(pg_temp.at('a', '2026-04-02'), 'a late withdrawal from before the latest grant does not undo that');
-- the same instant: the more protective one counts
SELECT grant_consent('b', 'base', 'app', '2026-01-01'), withdraw_consent('b', 'base', 'app', '2026-01-01');
SELECT ok(NOT pg_temp.at('b', '2026-01-01'), 'granted and withdrawn in one instant: withdrawn');
-- a refusal after a grant ends it
SELECT grant_consent('b', 'base', 'app', '2026-01-02'), refuse_consent('b', 'base', 'app', '2026-01-03');
SELECT ok(NOT pg_temp.at('b', '2026-01-02'), 'refused when asked again: no');

-- validity
SELECT grant_consent('c', 'month', 'app', now() - interval '10 days');
SELECT ok(consented('c', now() - interval '5 days', 'month'), 'within its validity: yes');
SELECT grant_consent('d', 'month', 'app', now() - interval '2 months');
SELECT ok(NOT consented('d', now() - interval '2 months', 'month'), 'lapsed: no');
SELECT is(note_expired(), 1::bigint, 'one lapse is noted');
SELECT is(note_expired(), 0::bigint, 'once');
SELECT results_eq($$ SELECT state, counts, channel COLLATE "default" FROM consent_ledger WHERE subject = 'd' ORDER BY entry_id $$,
	$$ VALUES ('granted', true, 'app'), ('expired', false, 'system') $$, 'the note counts for nothing by itself');
SELECT grant_consent('d', 'month', 'app', now() - interval '40 days'), grant_consent('d', 'month', 'app', now() - interval '12 days');
SELECT ok(consented('d', now() - interval '45 days', 'month') AND consented('d', now() - interval '1 day', 'month'),
	'renewals that arrive late make one time of consent');
SELECT is((SELECT count(*) FROM consent_state AS s, unnest(consent_intervals(s.decisions)) WHERE s.subject = 'd'), 1::bigint, 'one interval');

-- events from before the grant
SELECT grant_consent('e', 'early', 'app', '2026-02-01');
SELECT ok(pg_temp.at('e', '2020-01-01', 'early'), 'use_earlier_events: an event from before the grant is used');
SELECT end_subject('e', '2026-03-01');
SELECT ok(NOT pg_temp.at('e', '2026-02-10', 'early'), 'the number was handed on: nothing');
SELECT grant_consent('e', 'early', 'app', '2026-03-02');
SELECT ok(NOT pg_temp.at('e', '2026-02-10', 'early'), 'the new person''s consent does not open the former person''s events');
SELECT ok(pg_temp.at('e', '2026-03-01', 'early'), 'it opens its own');
SELECT grant_consent('e', 'early', 'app', '2026-02-20');
SELECT ok(NOT pg_temp.at('e', '2026-02-25', 'early'), 'nor does a grant of the former person that arrives late');
SELECT end_subject('f', '2026-03-01');
SELECT grant_consent('f', 'base', 'app', '2026-02-20');
SELECT ok(NOT pg_temp.at('f', '2026-02-25'), 'not even where nothing was decided before the number was handed on');
-- a number was handed on for every purpose: also for one that is made later, and where only one was told
SELECT create_purpose('later', 'made after numbers were handed on', use_earlier_events => true);
SELECT grant_consent('e', 'later', 'app', '2026-03-05');
SELECT ok(NOT pg_temp.at('e', '2026-02-10', 'later') AND pg_temp.at('e', '2026-03-02', 'later'), 'a purpose made later opens no event of the former holder');
SELECT add_category('later', 'age_band', 'made later still');
SELECT grant_consent('e', 'later', 'app', '2026-03-05', category => 'age_band');
SELECT ok(NOT consented('e', '2026-02-10', 'later', 'age_band') AND consented('e', '2026-03-02', 'later', 'age_band'), 'nor does a category');
INSERT INTO consent_import (subject, purpose, state, channel, decided_at) VALUES ('i', 'base', 'ended', 'import', '2026-03-01'), ('i', 'later', 'granted', 'app', '2026-03-05');
SELECT import_consents();
SELECT ok(NOT pg_temp.at('i', '2026-02-10', 'later') AND pg_temp.at('i', '2026-03-02', 'later'), 'an end imported for one purpose holds for all');
SELECT is((SELECT count(*) FROM consent_ledger AS l WHERE l.subject = 'i' AND l.state = 'ended'), (SELECT count(*) FROM consent_scope), 'noted once in each');
SELECT carry_ends();
SELECT is((SELECT count(*) FROM consent_ledger AS l WHERE l.subject = 'i' AND l.state = 'ended'), (SELECT count(*) FROM consent_scope), 'and never again');
SELECT is((SELECT count(*) FROM withdrawal_status() AS w WHERE w.state = 'ended' AND w.purpose = 'later'), 0::bigint, 'what is only said again is no late withdrawal');

-- channels and proof
SELECT grant_consent('g', 'base', 'shop', '2026-01-01');
SELECT ok(NOT pg_temp.at('g', '2026-01-02'), 'a grant without proof does not count');
SELECT grant_consent('g', 'staff', 'shop', '2026-01-01');
SELECT ok(pg_temp.at('g', '2026-01-02', 'staff'), 'but where the purpose allows the channel');
SELECT grant_consent('g', 'base', 'app', '2026-01-05'), withdraw_consent('g', 'base', 'shop', '2026-02-01');
SELECT ok(NOT pg_temp.at('g', '2026-01-06'), 'a withdrawal counts through every channel');
SELECT results_eq($$ SELECT channel COLLATE "default", counts, actor, notice_version FROM consent_ledger WHERE subject = 'g' AND state = 'granted' ORDER BY entry_id LIMIT 1 $$,
	$$ VALUES ('shop', false, session_user::text COLLATE "default", '1') $$, 'what does not count is recorded all the same');
SELECT set_notice('base', '2', 'a new text');
SELECT grant_consent('g', 'base', 'app', '2026-05-01', actor => 'self', evidence => 'session 77');
SELECT results_eq($$ SELECT notice_version, actor, evidence FROM consent_ledger WHERE subject = 'g' ORDER BY entry_id DESC LIMIT 1 $$,
	$$ VALUES ('2', 'self', 'session 77') $$, 'the notice that was current, the actor and the evidence are recorded');

-- categories
SELECT add_category('base', 'age_band');
SELECT ok(NOT consented('g', '2026-05-02', 'base', 'age_band') AND consented('g', '2026-05-02', 'base'), 'a category has a consent of its own');
SELECT grant_consent('g', 'base', 'app', '2026-05-01', category => 'age_band');
SELECT ok(consented('g', '2026-05-02', 'base', 'age_band'), 'and is granted by itself');

-- many rows in one statement, among them look-ups and the set: both say the same
CREATE TEMP TABLE many AS SELECT (400000 + i)::text AS s FROM generate_series(1, 5000) AS i;
INSERT INTO consent_import (subject, purpose, channel, decided_at) SELECT s, 'base', 'app', '2026-01-01' FROM many WHERE s::int % 3 = 0;
SELECT import_consents();
SELECT is((SELECT count(*) FILTER (WHERE consented(s, now(), 'base')) FROM many), (SELECT count(*) FROM many WHERE s::int % 3 = 0), 'a statement of many rows, by text');
SELECT is((SELECT count(*) FILTER (WHERE consented(s::bigint, now(), 'base')) FROM many), (SELECT count(*) FROM many WHERE s::int % 3 = 0), 'and by number');
SELECT is((SELECT count(*) FROM many WHERE consented(s, now(), 'base') <> consented('x' || s, now(), 'base')), (SELECT count(*) FROM many WHERE s::int % 3 = 0), 'names are not numbers');

-- identifiers of every length and shape are told apart, and found again
CREATE TEMP TABLE shape AS SELECT DISTINCT s FROM (
	SELECT left('918273645546372819', n) AS s FROM generate_series(1, 18) AS n
	UNION ALL SELECT overlay(left('91827364554637281900', n) PLACING x FROM p) FROM generate_series(1, 20) AS n,
		generate_series(1, 20) AS p, unnest(ARRAY['0', ':', '/', 'z', '-', ' ', 'ä']) AS x WHERE p <= n) AS q (s) WHERE btrim(s) = s;
INSERT INTO consent_import (subject, purpose, channel, decided_at) SELECT s, 'base', 'app', '2026-01-01' FROM shape WHERE hashtext(s) % 2 = 0;
SELECT import_consents();
SELECT is((SELECT count(*) FROM shape WHERE consented(s, now(), 'base') <> (hashtext(s) % 2 = 0)), 0::bigint, 'by look-up and by set, whatever the identifier looks like');

-- damage, erasure, rebuilding
SELECT is((SELECT count(*) FROM verify_ledger()), 0::bigint, 'nothing sealed, nothing wrong');
SELECT is(seal_ledger(), (SELECT count(*) FROM consent_ledger), 'a seal covers all that is committed or our own');
SELECT is(seal_ledger(), 0::bigint, 'a second one finds nothing');
SELECT lives_ok($$ SELECT erase_subject('g', 'asked for it') $$, 'a person is erased');
SELECT ok(NOT EXISTS (SELECT FROM consent_ledger AS l WHERE l::text LIKE '%,g,%') AND NOT consented('g', '2026-05-02', 'base'), 'and is nowhere any more');
SELECT is((SELECT count(*) FROM verify_ledger()), 0::bigint, 'the seals still fit');
CREATE TEMP TABLE before AS SELECT scope_id, subject, decisions FROM consent_state;
SELECT rebuild_consent_state();
SELECT results_eq('SELECT scope_id, subject, decisions FROM consent_state ORDER BY 1, 2', 'SELECT * FROM before ORDER BY 1, 2', 'the state can be rebuilt from the ledger');
ALTER TABLE consent_ledger DISABLE TRIGGER append_only;
SET LOCAL session_replication_role = replica;
DELETE FROM consent_ledger WHERE subject = 'c';
SELECT is((SELECT problem FROM verify_ledger() LIMIT 1), 'the entry is missing', 'a removed entry is found');
SELECT throws_ok('UPDATE ledger_seal SET entries = 0', '42501', NULL, 'seals are not changed, also in replica mode');
SELECT is((SELECT count(*) FROM verify_ledger('no such seal') WHERE problem LIKE '%kept outside%'), 1::bigint, 'a seal that was kept outside must be there');
SELECT is((SELECT count(*) FROM verify_ledger((SELECT seal FROM ledger_head())) WHERE problem LIKE '%kept outside%'), 0::bigint, 'and is');
SELECT * FROM finish();
