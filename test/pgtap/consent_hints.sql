-- Every refusal of consent and keyring says what to do: a HINT.  The list below, and the sources of these functions.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
CREATE ROLE tap_hi_dba;
CREATE ROLE tap_hi_job;
CREATE ROLE tap_hi_other;
GRANT mobanon_admin TO tap_hi_dba;
CREATE SCHEMA hi AUTHORIZATION tap_hi_dba;
CREATE TABLE hi.others (subject text, at timestamptz);
GRANT USAGE ON SCHEMA hi TO PUBLIC;
SELECT create_purpose('tap_hi', 'test');
CREATE TEMP TABLE said (n int GENERATED ALWAYS AS IDENTITY, command text, hint text);
GRANT ALL ON said TO PUBLIC;
CREATE FUNCTION pg_temp.refused(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint	text;
BEGIN
	EXECUTE command;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN hint;
END
$$;
SET ROLE tap_hi_dba;
SET search_path = hi, public, mobanon;
CREATE TABLE events (msisdn text, seen_at timestamptz, weight float8);
CREATE TABLE open (subject text, at timestamptz);
SELECT protect('events', 'msisdn', 'seen_at'), bind_purpose('tap_hi', 'tap_hi_job');
CREATE TEMP TABLE passing (subject text, at timestamptz);
COPY said (command, hint) FROM stdin WITH (DELIMITER '|');
SELECT protect('open', 'subjekt', 'at')|The second argument is the column with the subject. Columns that could be: "subject".
SELECT protect('open', 'subject', 'subject_at')|The third argument is the column with the time of the event. Columns that could be: "at".
SELECT protect('open', 'subject', NULL)|SELECT mobanon.protect(%
SELECT protect('hi.others', 'subject', 'at')|SET ROLE to its owner, postgres.
SELECT protect('passing', 'subject', 'at')|%permanent table.
SELECT unprotect('open')|mobanon.protected_table lists %
SELECT bind_purpose('tap_hi', NULL)|SELECT mobanon.bind_purpose(%
SELECT bind_purpose('tap_hi', 4711)|Give the role's name.
SELECT bind_purpose('tap_hi', 'tap_hi_job')|It reads already %
SELECT unbind_purpose('tap_hi', 'tap_hi_other')|mobanon.purpose_role lists %
SELECT create_purpose('tap_hi', 'again')|It is changed by mobanon.set_notice(), set_validity(), %
SELECT create_purpose('Tap Hi', 'test')|For example %
SELECT create_purpose('tap_hi_2', NULL)|Customers read %
SELECT create_purpose('tap_hi_2', 'test', validity => '0')|NULL is for %
SELECT add_category('tap_hi', 'location')|mobanon.consent_scope lists %
SELECT add_category('tap_hi', 'Age')|Name it as the column %
SELECT set_notice('tap_hi', '2', NULL)|The version is %
SELECT create_channel('', true)|For example %
SELECT create_channel('app', true)|See mobanon.channel.%
SELECT create_recipient('')|Customers read %
SELECT grant_consent('491', 'tap_hi', NULL)|Leave an argument out %
SELECT grant_consent('491 ', 'tap_hi', 'app')|%mobanon.normalize_msisdn().
SELECT erase_subject('491', NULL)|The reason is kept, %
SELECT erase_subject('491', 'test', '-1 day')|Leave keep_proof out %
SELECT create_reward_plan('tap_hi', 0, 'EUR')|It is what each %
SELECT create_reward_plan('tap_hi', 1, 'EUR', '1 hour')|For example %
SELECT create_reward_plan('tap_hi', 1, 'EUR', ends_at => '2020-01-01')|Leave ends_at out %
SELECT shred_epoch('proof of consent', 1)|mobanon.erase_subject() makes it %
SELECT create_domain('', '1 day')|Take a shorter name%
SELECT create_domain('tap_hi', NULL)|SELECT mobanon.create_domain(%
SELECT create_domain('tap_hi', '0')|For how long %
SELECT create_domain('tap_hi', '1 day', 'infinity')|Make them %
SELECT create_domain('tap_hi', '1 day', '2026-01-01', '2025-01-01')|starts_at is the third %
\.
SELECT plan((SELECT count(*)::int FROM said) + 2);
SELECT alike(COALESCE(pg_temp.refused(s.command), '(no hint)'), s.hint, s.command) FROM said AS s ORDER BY s.n;
RESET ROLE;
SELECT request_code('491') IS NOT NULL;
SELECT code AS code FROM take_messages() \gset
SELECT redeem_code('491', :'code') AS token \gset
SELECT alike(pg_temp.refused(format('SELECT mobanon.decide(%L, ''tap_hi'', ''granted'')', :'token')), 'What can be decided now %', 'a decision by another word');
-- a hint for every error that these write; the ones of triggers say what the command was
SELECT is_empty($$
	SELECT p.oid::regprocedure, m[1] FROM pg_proc AS p, regexp_matches(p.prosrc, '(RAISE EXCEPTION[^;]*;)', 'g') AS m
	WHERE p.pronamespace = 'mobanon'::regnamespace AND m[1] !~ 'HINT' AND p.proname IN ('create_purpose', 'check_unproven_channels', 'check_validity',
		'add_category', 'set_notice', 'set_validity', 'set_unproven_channels', 'create_channel', 'create_recipient', 'record_decision', 'decide',
		'protect', 'unprotect', 'bind_role', 'unbind_role', 'purpose_policies', 'erase_subject', 'create_reward_plan', 'end_reward_plan',
		'request_code', 'redeem_code', 'token_subject', 'check_subject', 'create_domain', 'make_domain', 'add_epochs', 'lock_domain', 'rotate_key',
		'shred_epoch', 'refuse_seal_change', 'refuse_ledger_change', 'check_no_gap', 'check_protected_table', 'close_new_partitions', 'guard_rewrite')$$,
	'every error has a hint');
SELECT * FROM finish();
