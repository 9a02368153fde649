-- A purpose whose rules change: which grants count, and how long a consent lasts.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(26);
CREATE ROLE tap_pu_dba;
CREATE ROLE tap_pu_front;
GRANT mobanon_admin TO tap_pu_dba;
GRANT mobanon_frontend TO tap_pu_front;
SELECT create_purpose('tap_pu', 'test'), create_purpose('tap_pu_other', 'test'), add_category('tap_pu', 'age_band');

-- who has consent in force now
CREATE FUNCTION pg_temp.consenting(purpose text DEFAULT 'tap_pu') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(s.subject || CASE c.category WHEN 'location' THEN '' ELSE ':' || c.category END, ' ' ORDER BY s.subject, c.scope_id)
	FROM mobanon.consent_state AS s JOIN mobanon.consent_scope AS c USING (scope_id)
	WHERE c.purpose = consenting.purpose AND mobanon.consent_intervals(s.decisions) @> now()
$$;

SET ROLE tap_pu_dba;
SET search_path = public, mobanon;
CREATE FUNCTION pg_temp.load() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mobanon.consent_import (subject, purpose, decided_at, evidence)
	SELECT '49' || i, 'tap_pu', '2026-01-01', 'list of 2026' FROM generate_series(1, 4) AS i;
	INSERT INTO mobanon.consent_import (subject, purpose, category, decided_at) VALUES ('491', 'tap_pu', 'age_band', '2026-01-01');
	INSERT INTO mobanon.consent_import (subject, purpose, decided_at) VALUES ('491', 'tap_pu_other', '2026-01-01');
	RETURN QUERY SELECT outcome || ' ' || decisions FROM mobanon.import_consents();
END
$$;
SELECT results_eq('SELECT pg_temp.load()', $$VALUES ('recorded 0'), ('recorded, does not count: no proof from the subject 6')$$, 'an import by the defaults: nothing counts');
SELECT results_eq('SELECT pg_temp.load()', $$VALUES ('recorded 0'), ('known already 6')$$, 'again: nothing new');
RESET ROLE;
SELECT is(pg_temp.consenting(), NULL, 'nobody consents');
SET ROLE tap_pu_dba;
-- one withdraws, one number is handed on, before it is noticed
SELECT withdraw_consent('492', 'tap_pu', 'app', '2026-03-01');
SELECT end_subject('493', '2026-03-01');
-- and one whose decision came with proof meanwhile
SELECT grant_consent('494', 'tap_pu', 'app', '2026-02-01');

-- the purpose allows the channel: for what comes
SELECT is(set_unproven_channels('tap_pu', '{import}'), 0::bigint, 'without recount nothing recorded is touched');
RESET ROLE;
SELECT is(pg_temp.consenting(), '494', 'as before');
CREATE TEMP TABLE before AS SELECT * FROM consent_ledger;
SET ROLE tap_pu_dba;
SELECT seal_ledger() > 0;
SELECT is(set_unproven_channels('tap_pu', '{import,shop}', recount => true), 5::bigint, 'with it: the grants once more');
SELECT is(set_unproven_channels('tap_pu', '{import,shop}', recount => true), 0::bigint, 'which happens once');
RESET ROLE;
SELECT is(pg_temp.consenting(), '491 491:age_band 494', 'who withdrew, and whose number is somebody else''s, does not consent');
SELECT is(pg_temp.consenting('tap_pu_other'), NULL, 'nor does anybody for another purpose');
SELECT results_eq($$SELECT DISTINCT decided_at, channel COLLATE "default", actor = session_user, evidence ~ '^(list of 2026; )?recorded as entry \d+,' FROM consent_ledger WHERE entry_id NOT IN (SELECT entry_id FROM before)$$,
	$$VALUES ('2026-01-01'::timestamptz, 'import', true, true)$$, 'from the same time on, with a note where they come from');
SELECT is_empty('SELECT * FROM before EXCEPT SELECT * FROM consent_ledger', 'no entry of the ledger was changed');
SELECT seal_ledger() > 0;
SELECT is_empty('SELECT * FROM verify_ledger()', 'and the seals fit');
SELECT rebuild_consent_state() > 0;
SELECT is(pg_temp.consenting(), '491 491:age_band 494', 'the same state from the ledger alone');

-- by importing again, without recount
SET ROLE tap_pu_dba;
SELECT set_unproven_channels('tap_pu_other', '{import}');
SELECT results_eq('SELECT pg_temp.load()', $$VALUES ('recorded 1'), ('known already 5')$$, 'imported again, what did not count then counts now');
SELECT results_eq('SELECT pg_temp.load()', $$VALUES ('recorded 0'), ('known already 6')$$, 'once');
RESET ROLE;
SELECT is(pg_temp.consenting('tap_pu_other'), '491', 'and is in force');
SET ROLE tap_pu_dba;
-- taken off the list: what counted goes on
SELECT set_unproven_channels('tap_pu_other', '{}');
RESET ROLE;
SELECT is(pg_temp.consenting('tap_pu_other'), '491', 'a grant that counted goes on counting');
SET ROLE tap_pu_dba;
SELECT grant_consent('495', 'tap_pu_other', 'import');
RESET ROLE;
SELECT is(pg_temp.consenting('tap_pu_other'), '491', 'a new one does not');

-- validity
SET ROLE tap_pu_dba;
SELECT grant_consent('496', 'tap_pu', 'app', '2026-01-01');
SELECT set_validity('tap_pu', '1 year');
SELECT grant_consent('497', 'tap_pu', 'app', '2026-01-01');
SELECT set_validity('tap_pu', NULL);
SELECT grant_consent('498', 'tap_pu', 'app', '2026-01-01');
RESET ROLE;
SELECT results_eq($$SELECT subject COLLATE "default", valid_until FROM consent_ledger WHERE subject IN ('496', '497', '498') ORDER BY subject$$,
	$$VALUES ('496', NULL::timestamptz), ('497', '2027-01-01'), ('498', NULL)$$, 'a validity holds for grants recorded from then on');
SET ROLE tap_pu_dba;

-- what is refused
SELECT throws_ok($$SELECT set_validity('tap_pu', '-1 day')$$, '22023', NULL, 'a validity that is not positive');
SELECT throws_ok($$SELECT set_validity('no_such', '1 day')$$, '42704', NULL, 'of an unknown purpose');
SELECT throws_ok($$SELECT set_unproven_channels('no_such', '{}')$$, '42704', NULL, 'channels of an unknown purpose');
SELECT throws_ok($$SELECT set_unproven_channels('tap_pu', '{pigeon}')$$, '42704', 'channel "pigeon" does not exist', 'unknown channels');
SELECT throws_ok($$SELECT set_unproven_channels('tap_pu', '{NULL}')$$, '42704', NULL, 'a channel that is NULL');
SELECT throws_ok($$SELECT set_unproven_channels('tap_pu', NULL)$$, '22004', NULL, 'no list');
SET ROLE tap_pu_front;
SELECT throws_ok($$SELECT mobanon.set_unproven_channels('tap_pu', '{import}', true)$$, '42501', NULL, 'the front end changes no purpose');
SELECT * FROM finish();
