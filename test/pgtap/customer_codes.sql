-- Codes and tokens: who is asking?  Attacks are at the end.
-- pgTAP functions run as the front end: what it may not do, the test would notice.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(53);
CREATE ROLE tap_front;
CREATE ROLE tap_gateway;
CREATE ROLE tap_codes_nobody;
GRANT mobanon_frontend TO tap_front;
GRANT mobanon_gateway TO tap_gateway;
SELECT mobanon.create_purpose('tap_codes', 'test');
SELECT count(mobanon.grant_consent(i::text, 'tap_codes', 'app', '2026-01-01')) FROM generate_series(1000, 1999) AS i;
-- what arrives on the telephone; what the gateway took, as psql variables cannot be had in functions
CREATE TABLE phone (message_id bigint, subject text, code text, expires_at timestamptz);
GRANT INSERT, SELECT ON phone TO tap_gateway;
CREATE FUNCTION deliver() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ WITH m AS (INSERT INTO phone SELECT * FROM mobanon.take_messages() RETURNING 1) SELECT count(*) FROM m $$;
ALTER FUNCTION deliver() OWNER TO tap_gateway;
GRANT SELECT ON phone TO PUBLIC;
CREATE FUNCTION code_of(s text) RETURNS text LANGUAGE sql AS $$ SELECT code FROM phone WHERE subject = s ORDER BY message_id DESC LIMIT 1 $$;
-- Whose token it is, or NULL.
CREATE FUNCTION whose(token text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = mobanon, public AS
$$ BEGIN RETURN mobanon.token_subject(token); EXCEPTION WHEN invalid_authorization_specification THEN RETURN NULL; END $$;
CREATE FUNCTION wrong(c text) RETURNS text LANGUAGE sql AS $$ SELECT lpad(((c::int + 1) % 1000000)::text, 6, '0') $$;

-- the way it goes
SET ROLE tap_front;
SELECT mobanon.request_code('1000') AS known \gset
SELECT mobanon.request_code('5000') AS unknown \gset
SELECT is(:'unknown'::text, :'known'::text, 'an unknown number is answered as a known one');
SELECT matches(:'known'::text, 'code is on its way', 'and this is the answer');
SELECT is(deliver(), 2::bigint, 'the gateway gets both');
SELECT is(deliver(), 0::bigint, 'once');
SELECT matches(code_of('1000'), '^[0-9]{6}$', 'six digits');
SELECT mobanon.redeem_code('1000', code_of('1000')) AS token \gset
SELECT is(whose(:'token'), '1000', 'the right code gives a token that holds');
SELECT matches(:'token'::text, '^[0-9a-f]{64}$', 'of 64 hexadecimal digits');
SELECT mobanon.redeem_code('1000', code_of('1000')) AS again \gset
SELECT matches(:'again'::text, '^[0-9a-f]{64}$', 'a used code gives one that looks the same');
SELECT is(whose(:'again'), NULL, 'replay: and does not hold');
SELECT mobanon.redeem_code('5000', wrong(code_of('5000'))) AS mistyped \gset
SELECT is(whose(:'mistyped'), NULL, 'neither does one for a wrong code');
SELECT mobanon.redeem_code('5000', code_of('5000')) AS second \gset
SELECT is(whose(:'second'), '5000', 'a second try with the right one does');
SELECT mobanon.redeem_code('6000', '123456') AS never_asked \gset
SELECT is(whose(:'never_asked'), NULL, 'nor does one for a number that no code was sent to');
SELECT mobanon.redeem_code('6000', NULL) AS no_code \gset
SELECT mobanon.redeem_code('6000', '') AS empty_code \gset
SELECT ok(whose(:'no_code') IS NULL AND whose(:'empty_code') IS NULL, 'nor for no code');
SELECT ok(whose(NULL) IS NULL AND whose('') IS NULL AND whose(repeat('0', 64)) IS NULL, 'what is no token does not hold');
SELECT mobanon.end_token(:'token');
SELECT is(whose(:'token'), NULL, 'a token is ended by signing out');
SELECT throws_ok($$SELECT mobanon.request_code(' 1')$$, '22023', 'a subject identifier has 1 to 255 characters and no space around it', 'what cannot be a number is refused, and not quoted');
SELECT throws_ok($$SELECT mobanon.redeem_code(NULL, '1')$$, '22023', NULL, 'nor is no number taken');

-- a new code ends the one before
SELECT mobanon.request_code('1001'), deliver(), mobanon.request_code('1001');
SELECT code_of('1001') AS older \gset
SELECT deliver();
SELECT mobanon.redeem_code('1001', :'older') AS token \gset
SELECT is(whose(:'token'), CASE WHEN :'older' = code_of('1001') THEN '1001' END, 'the older code does not count any more');
SELECT mobanon.redeem_code('1001', code_of('1001')) AS token \gset
SELECT is(whose(:'token'), '1001', 'the newer one does');
-- a number is handed on
RESET ROLE;
SELECT mobanon.end_subject('1001', '2026-06-01');
SELECT is(whose(:'token'), NULL, 'a token ends with end_subject()');
SET ROLE tap_front;
SELECT mobanon.request_code('1001'), deliver();
SELECT mobanon.redeem_code('1001', code_of('1001')) AS token \gset
RESET ROLE;
SELECT mobanon.create_purpose('tap_later', 'made after the number was handed on');
SELECT is(whose(:'token'), '1001', 'and the next holder''s does not end with a purpose that is made then');

-- A's token is A's
SET ROLE tap_front;
SELECT mobanon.request_code('1002'), mobanon.request_code('1003'), deliver();
SELECT mobanon.redeem_code('1003', code_of('1002')) AS crossed \gset
SELECT is(whose(:'crossed'), CASE WHEN code_of('1002') = code_of('1003') THEN '1003' END, 'the code of one number does not open another');

-- expiry: of codes, of tokens
SELECT mobanon.redeem_code('1002', code_of('1002')) AS token \gset
RESET ROLE;
UPDATE mobanon.access_token SET expires_at = clock_timestamp() WHERE subject = '1002';
SELECT is(whose(:'token'), NULL, 'a token expires');
SET ROLE tap_front;
SELECT mobanon.request_code('1004'), deliver();
RESET ROLE;
SELECT ok((SELECT expires_at BETWEEN clock_timestamp() + interval '9 minutes' AND clock_timestamp() + interval '10 minutes' FROM mobanon.access_code WHERE subject = '1004'), 'a code holds for ten minutes');
UPDATE mobanon.access_code SET expires_at = clock_timestamp() WHERE subject = '1004';
SET ROLE tap_front;
SELECT mobanon.redeem_code('1004', code_of('1004')) AS token \gset
SELECT is(whose(:'token'), NULL, 'a code expires');

-- what is stored
RESET ROLE;
SELECT is((SELECT count(*) FROM mobanon.access_code AS a, phone AS p WHERE a::text LIKE '%' || p.code || '%' AND p.code <> ''
	-- a hash in hexadecimal can hold six digits by chance
	AND position(convert_to(p.code, 'UTF8') IN a.code_hash) > 0), 0::bigint, 'codes are not stored as they are');
SELECT is((SELECT count(*) FROM mobanon.access_code AS a JOIN phone AS p USING (subject) WHERE a.code_hash = sha256(convert_to(p.code, 'UTF8'))), 0::bigint, 'nor hashed without salt');
SELECT is((SELECT count(*) FROM mobanon.access_code AS a JOIN phone AS p USING (subject) WHERE a.code_hash = mobanon.code_hash(p.code, a.salt)) > 0, true, 'but with');
SELECT is((SELECT count(*) FROM mobanon.access_token WHERE token_hash::text LIKE '%' || :'token' || '%'), 0::bigint, 'tokens are not stored as they are');
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'mobanon'::regnamespace AND relpersistence = 'u' AND relkind = 'r'), 4::bigint, 'and are in no WAL');
SELECT is((SELECT count(*) FROM pg_class WHERE oid = ANY ((SELECT extconfig FROM pg_extension WHERE extname = 'mobanon')::oid[]) AND relpersistence = 'u'), 0::bigint, 'and in no dump');

-- codes are even: chi-square over 1000 classes, 999 degrees of freedom: beyond 1150 once in 2,000
SELECT ok((SELECT sum((n - 100) ^ 2 / 100.0) < 1180 FROM (SELECT count(*) AS n FROM (SELECT mobanon.random_code() AS c FROM generate_series(1, 100000)) AS d GROUP BY left(c, 3)) AS k), 'the first digits are even');
SELECT ok((SELECT sum((n - 100) ^ 2 / 100.0) < 1180 FROM (SELECT count(*) AS n FROM (SELECT mobanon.random_code() AS c FROM generate_series(1, 100000)) AS d GROUP BY right(c, 3)) AS k), 'and the last');

-- limits: of codes for one number, silently
SET ROLE tap_front;
SELECT bool_and(mobanon.request_code('1100') = :'known') AS alike FROM generate_series(1, 20) \gset
SELECT ok(:'alike', 'the 20th request is answered as the first');
SELECT deliver() AS delivered \gset
SELECT is(:delivered::int, 3, 'three codes an hour are sent');
SELECT mobanon.redeem_code('1100', code_of('1100')) AS token \gset
SELECT is(whose(:'token'), '1100', 'the last that was sent holds on');
RESET ROLE;
SELECT is((SELECT count(*) FROM mobanon.outbox WHERE subject = '1100'), 17::bigint, 'those over the limit leave the same rows');
UPDATE mobanon.code_event SET at = at - interval '61 minutes' WHERE subject = '1100';
SET ROLE tap_front;
SELECT count(mobanon.request_code('1100')) FROM generate_series(1, 20);
SELECT deliver() AS delivered \gset
SELECT is(:delivered::int, 3, 'three more an hour later');
RESET ROLE;
UPDATE mobanon.code_event SET at = at - interval '61 minutes' WHERE subject = '1100';
SELECT mobanon.set_code_limits(codes_per_day => 7);
SELECT count(mobanon.request_code('1100')) FROM generate_series(1, 20);
SELECT deliver() AS delivered \gset
SELECT is(:delivered::int, 1, 'up to the limit of the day');
SELECT throws_ok($$SELECT mobanon.set_code_limits(tries_per_code => 1000000)$$, '23514', NULL, 'a limit has a limit');

-- limits: of all together
SELECT mobanon.set_code_limits(all_codes_per_hour => (SELECT count(*)::int FROM mobanon.code_event WHERE event = 'sent' AND at > now() - interval '1 hour') + 1);
SET ROLE tap_front;
SELECT matches(mobanon.request_code('7000'), 'code is on its way', 'within the limit for all');
SELECT throws_ok($$SELECT mobanon.request_code('1000')$$, '53400', 'too many codes are asked for at the moment', 'beyond it no number gets one');
SELECT throws_ok($$SELECT mobanon.request_code('7001')$$, '53400', 'too many codes are asked for at the moment', 'known or not');
RESET ROLE;
SELECT mobanon.set_code_limits(all_codes_per_hour => 1000000, all_tries_per_hour => 1000000, codes_per_day => 10);

-- attack: 10,000 tries for one code
SELECT mobanon.request_code('1200'), deliver();
SET ROLE tap_front;
CREATE TEMP TABLE attempt (code text, token text);
DO $$ BEGIN
	FOR n IN 1 .. 9999 LOOP
		INSERT INTO attempt SELECT c, mobanon.redeem_code('1200', c) FROM (SELECT lpad(((code_of('1200')::int + n) % 1000000)::text, 6, '0')) AS t (c);
		COMMIT;
	END LOOP;
END $$;
SELECT mobanon.redeem_code('1200', code_of('1200')) AS token \gset
SELECT is((SELECT count(*) FROM attempt WHERE whose(token) IS NOT NULL), 0::bigint, '9,999 wrong codes open nothing');
SELECT is(whose(:'token'), NULL, 'and then the right one does not any more');

-- attack: tries that are rolled back tell nothing, whatever is right
SELECT mobanon.request_code('1201'), deliver();
BEGIN;
SELECT mobanon.redeem_code('1201', wrong(code_of('1201'))) AS a \gset
SELECT mobanon.redeem_code('1201', code_of('1201')) AS b \gset
SELECT (whose(:'a') IS NULL AND whose(:'b') IS NULL) AS both_silent \gset
ROLLBACK;
SELECT whose(:'b') IS NULL AS rolled_back \gset
CREATE FUNCTION pg_temp.writes(OUT relname text, OUT ins bigint, OUT upd bigint, OUT hot bigint, OUT del bigint) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del FROM pg_stat_xact_user_tables WHERE schemaname = 'mobanon' $$;
CREATE FUNCTION pg_temp.work(code text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE before ON COMMIT DROP AS SELECT * FROM pg_temp.writes();
	PERFORM mobanon.redeem_code('1201', code);
	RETURN (SELECT string_agg(concat_ws(' ', relname, a.ins - b.ins, a.upd - b.upd, a.del - b.del), ', ' ORDER BY relname)
			FROM pg_temp.writes() AS a JOIN before AS b USING (relname) WHERE (a.ins, a.upd, a.del) <> (b.ins, b.upd, b.del));
END $$;
BEGIN; SELECT pg_temp.work(wrong(code_of('1201'))) AS work_wrong \gset
ROLLBACK;
BEGIN; SELECT pg_temp.work(code_of('1201')) AS work_right \gset
ROLLBACK;
SELECT ok(:'both_silent' AND :'rolled_back', 'a token does not hold before its transaction has committed, nor after it was rolled back');
SELECT matches(:'work_right'::text, 'access_code.*access_token.*code_event', 'a try writes three rows');
SELECT is(:'work_right'::text, :'work_wrong'::text, 'right and wrong write the same, to look at from inside of the transaction');
SELECT mobanon.redeem_code('1201', code_of('1201')) AS token \gset
SELECT is(whose(:'token'), '1201', 'the code is still good');

-- by whom
SELECT throws_ok('SELECT * FROM mobanon.take_messages()', '42501', NULL, 'the front end does not read codes');
RESET ROLE;
SET ROLE tap_gateway;
SELECT throws_ok($$SELECT mobanon.redeem_code('1', '1')$$, '42501', NULL, 'nor does the gateway redeem them');
RESET ROLE;
SET ROLE tap_codes_nobody;
SELECT throws_ok($$SELECT mobanon.request_code('1')$$, '42501', NULL, 'others ask for none');
RESET ROLE;
UPDATE mobanon.code_event SET at = at - interval '2 days';
SELECT ok(mobanon.forget_codes() > 10000, 'what is past is removed');
SELECT * FROM finish();
