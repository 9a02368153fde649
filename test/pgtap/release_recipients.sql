-- Breakdowns, recipients with releases of their own, verification, retention.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(56);

CREATE ROLE tap_rec_dba;
CREATE ROLE tap_rec_processing;
CREATE ROLE tap_rec_city;
CREATE ROLE tap_rec_shop;
GRANT mobanon_admin, tap_rec_processing TO tap_rec_dba;
CREATE SCHEMA rec AUTHORIZATION tap_rec_dba;
SET ROLE tap_rec_dba;
SET search_path = public, mobanon;
CREATE TYPE rec.band AS ENUM ('18-29', '30-59', '60"+,');
CREATE TABLE rec.events (id int, subject text, at timestamptz, latitude float8, longitude float8, age_band rec.band, home int, secret text);
SELECT mobanon.create_purpose('tap_rec', 'test');
SELECT mobanon.add_category('tap_rec', 'age_band');
SELECT mobanon.add_category('tap_rec', 'home');
SELECT mobanon.create_recipient('city'), mobanon.create_recipient('shop');
SELECT mobanon.bind_purpose('tap_rec', 'tap_rec_processing');
SELECT mobanon.protect('rec.events', 'subject', 'at');
SELECT mobanon.create_domain('rec', '1 year', '2024-01-01 00:00+00');
SELECT count(mobanon.grant_consent(i::text, 'tap_rec', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 200) AS i;
-- every second subject lets its age band be used, too
SELECT count(mobanon.grant_consent(i::text, 'tap_rec', 'app', '2024-06-01 00:00+00', category => 'age_band')) FROM generate_series(1, 200, 2) AS i;
INSERT INTO rec.events
SELECT h * 1000 + i, i::text, '2024-06-10 10:00+00'::timestamptz + h * interval '1 hour', 52.45 + (i % 2) * 0.02, 13.3 + (i % 2) * 0.02,
	(enum_range(NULL::rec.band))[1 + (i / 4) % 4], i % 3, 'x'
FROM generate_series(1, 220) AS i, generate_series(0, 5) AS h;

/* ---- breakdowns ---- */
SELECT throws_ok($$SELECT mobanon.create_pipeline('rec.x', 'rec.events', 'tap_rec', breakdowns => '{secret}')$$, '42704', NULL, 'a breakdown is a data category of the purpose');
SELECT throws_ok($$SELECT mobanon.create_pipeline('rec.x', 'rec.events', 'tap_rec', breakdowns => '{nothing}')$$, '42703', NULL, 'and a column');
SELECT throws_ok($$SELECT mobanon.create_pipeline('rec.x', 'rec.events', 'tap_rec', breakdowns => '{age_band, age_band}')$$, '42701', NULL, 'once');
SELECT throws_ok($$SELECT mobanon.create_pipeline('rec.x', 'rec.events', 'tap_rec', breakdowns => '{at}')$$, '42701', NULL, 'and not what the release has already');
SELECT lives_ok($$SELECT mobanon.create_pipeline('rec.all_town', 'rec.events', 'tap_rec', starts_at => '2024-06-10 00:00+00', domain => 'rec',
	k => 5, breakdowns => '{age_band}', recipients => '{city}', readers => '{tap_rec_city}')$$, 'a pipeline with a breakdown');
RESET ROLE;
CREATE FUNCTION pg_temp.it_is(at timestamptz) RETURNS void LANGUAGE sql AS $$
	UPDATE mobanon.pipeline SET watermark = extract(epoch FROM now() - at) * interval '1 second' $$;
CREATE FUNCTION pg_temp.oracle(h_from int, h_to int) RETURNS TABLE (bucket timestamptz, cell text, age_band text, subjects bigint) LANGUAGE sql AS $$
	SELECT date_trunc('hour', e.at), coarsen_cell(e.latitude, e.longitude, '1km')::text,
		CASE WHEN e.subject::int % 2 = 1 THEN e.age_band::text END, count(DISTINCT e.subject)
	FROM rec.events AS e WHERE e.subject::int <= 200 AND e.id / 1000 BETWEEN h_from AND h_to GROUP BY 1, 2, 3 HAVING count(DISTINCT e.subject) >= 5 $$;
SELECT pg_temp.it_is('2024-06-10 12:00+00');
SELECT is((mobanon.publish('rec.all_town')).rows, 2 * (SELECT count(*) FROM pg_temp.oracle(0, 0)), 'published by age band');
SELECT bag_eq('SELECT bucket, cell::text, age_band, subjects FROM rec.all_town', 'SELECT * FROM pg_temp.oracle(0, 1)',
	'as plain SQL counts: unknown where a subject does not let it be used');
SELECT is((SELECT count(*) > 0 FROM rec.all_town WHERE age_band IS NULL), true, 'the unknown are a group of their own');
SELECT is((SELECT count(*) FROM mobanon.audit('rec.all_town') WHERE NOT ok), 0::bigint, 'and passes the audit');
SELECT is((SELECT w.sha256 FROM publication_window AS w WHERE w.bucket = '2024-06-10 10:00+00'),
	(SELECT sha256(convert_to(string_agg(concat_ws(',', to_char(bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), cell,
		coalesce('"' || replace(age_band, '"', '""') || '"', ''), subjects) || E'\n', '' ORDER BY cell, age_band COLLATE "C"), 'UTF8'))
	FROM rec.all_town WHERE bucket = '2024-06-10 10:00+00'), 'its hash is over CSV');

/* ---- recipients ---- */
SET ROLE tap_rec_dba;
SET search_path = public, mobanon;
SELECT mobanon.coarsen_cell(52.45, 13.3, '1km') AS cell, mobanon.coarsen_cell(52.45, 13.3, '10km') AS larger \gset
SELECT throws_ok($$SELECT mobanon.create_recipient_release('rec.shop', 'rec.all_town', 'nobody')$$, '42704', NULL, 'a recipient is known');
SELECT throws_ok($$SELECT mobanon.create_recipient_release('rec.shop', 'rec.all_town', 'shop', ARRAY[mobanon.coarsen_cell(52.45, 13.3, '100m')])$$, '22023', NULL, 'an area is no part of a cell');
SELECT throws_ok($$SELECT mobanon.create_recipient_release('rec.shop', 'rec.all_town', 'shop', ARRAY[mobanon.coarsen_cell(52.45, 13.3, 'z10')])$$, '22023', NULL, 'and not of another grid');
SELECT throws_ok($$SELECT mobanon.create_recipient_release('rec.all_town', 'rec.all_town', 'shop')$$, '42710', NULL, 'its name is its own');
SELECT lives_ok(format('SELECT mobanon.create_recipient_release(%L, %L, %L, ARRAY[%L]::mobanon.cell[], %L)', 'rec.shop', 'rec.all_town', 'shop', :'cell', '{tap_rec_shop}'),
	'a shop gets its cell, from now on');
SELECT lives_ok(format('SELECT mobanon.create_recipient_release(%L, %L, %L, ARRAY[%L]::mobanon.cell[], history => true)', 'rec.district', 'rec.all_town', 'city', :'larger'),
	'the city gets a district, with what was published before');
SELECT throws_ok($$SELECT mobanon.publish('rec.shop')$$, '42809', NULL, 'a part is published with the whole');
SELECT throws_ok($$SELECT mobanon.create_recipient_release('rec.y', 'rec.shop', 'shop')$$, '42809', NULL, 'and has no parts');
RESET ROLE;
SELECT is((SELECT count(*) FROM rec.shop), 0::bigint, 'the shop has nothing yet');
SELECT bag_eq('SELECT bucket, cell, age_band, subjects FROM rec.district', 'SELECT bucket, cell, age_band, subjects FROM rec.all_town', 'the city has all of it');
SELECT pg_temp.it_is('2024-06-10 14:00+00');
SELECT mobanon.withdraw_consent('4', 'tap_rec', 'app');
SELECT mobanon.publish('rec.all_town');
SELECT bag_eq('SELECT bucket, cell, age_band, subjects FROM rec.shop',
	format('SELECT bucket, cell, age_band, subjects FROM rec.all_town WHERE bucket >= %L AND cell OPERATOR(mobanon.=) %L', '2024-06-10 12:00+00', :'cell'),
	'the shop gets what is in its cell, with the same numbers');
SELECT bag_eq('SELECT bucket, cell, age_band, subjects FROM rec.district', 'SELECT bucket, cell, age_band, subjects FROM rec.all_town', 'the city the whole district');
SELECT is((SELECT count(*) > 0 FROM rec.shop), true, 'that is something');
SELECT is((SELECT count(*) FROM mobanon.audit(name) WHERE NOT ok), 0::bigint, name || ' passes the audit')
FROM unnest('{rec.all_town, rec.shop, rec.district}'::text[]) AS name;
SELECT results_eq($$SELECT recipient, pipeline COLLATE "default", publication, window_from, window_to, areas IS NOT NULL FROM received ORDER BY pipeline COLLATE "C", publication$$,
	$$VALUES ('city', 'rec.all_town', 1, '2024-06-10 00:00+00'::timestamptz, '2024-06-10 12:00+00'::timestamptz, false),
		('city', 'rec.all_town', 2, '2024-06-10 12:00+00', '2024-06-10 14:00+00', false),
		('city', 'rec.district', 1, '2024-06-10 00:00+00', '2024-06-10 12:00+00', true),
		('city', 'rec.district', 2, '2024-06-10 12:00+00', '2024-06-10 14:00+00', true),
		('shop', 'rec.shop', 1, '2024-06-10 12:00+00', '2024-06-10 14:00+00', true)$$, 'what each ever got is one query');
SET ROLE tap_rec_shop;
SELECT lives_ok('SELECT * FROM rec.shop', 'the shop reads its own');
SELECT throws_ok('SELECT * FROM ' || r, '42501', NULL, 'and not ' || r)
FROM unnest('{rec.all_town, rec.district, rec.all_town_candidate, mobanon.publication, mobanon.received, mobanon.pipeline}'::text[]) AS r;
RESET ROLE;
SELECT throws_like('UPDATE rec.shop SET subjects = 99', '%never changed%', 'nobody changes it');
SELECT throws_like('INSERT INTO rec.shop SELECT * FROM rec.shop', '%publish() only%', 'or adds to it');

/* ---- verification ---- */
SELECT is_empty($$SELECT * FROM mobanon.verify_release('rec.all_town')$$, 'every row is what was published');
CREATE FUNCTION pg_temp.found(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
	ALTER TABLE rec.all_town DISABLE TRIGGER USER;
	EXECUTE change;
	SELECT concat_ws(' ', v.bucket, v.cell, v.problem) INTO found FROM mobanon.verify_release('rec.all_town') AS v;
	RAISE EXCEPTION USING ERRCODE = 'MRZZZ', MESSAGE = found;
EXCEPTION WHEN SQLSTATE 'MRZZZ' THEN RETURN SQLERRM;
END
$$;
CREATE TEMP TABLE was AS SELECT * FROM rec.all_town;
CREATE TEMP TABLE third AS SELECT * FROM was WHERE bucket = '2024-06-10 11:00+00' ORDER BY cell, age_band COLLATE "C" OFFSET 2 LIMIT 1;
SELECT is(pg_temp.found('UPDATE rec.all_town AS r SET subjects = 33 FROM third AS t WHERE (r.bucket, r.cell) = (t.bucket, t.cell) AND r.age_band IS NOT DISTINCT FROM t.age_band'),
	(SELECT format('2024-06-10 11:00:00+00 %s row 3 of %s (33 subjects) is not what was published', t.cell, (SELECT count(*) FROM was AS r WHERE r.bucket = t.bucket)) FROM third AS t),
	'a changed row is named');
SELECT is(pg_temp.found('UPDATE rec.all_town SET subjects = 33'),
	(SELECT format('2024-06-10 10:00:00+00 %s row 1 of %s (33 subjects) is not what was published', min(cell::text), count(*)) FROM was WHERE bucket = '2024-06-10 10:00+00'),
	'the first of several');
SELECT matches(pg_temp.found('DELETE FROM rec.all_town AS r USING third AS t WHERE (r.bucket, r.cell) = (t.bucket, t.cell) AND r.age_band IS NOT DISTINCT FROM t.age_band'),
	'^2024-06-10 11:00:00.00 .*1 of \d+ rows are missing, the first before this one$', 'a missing row');
SELECT matches(pg_temp.found('DELETE FROM rec.all_town WHERE bucket = ''2024-06-10 11:00+00'''), '^2024-06-10 11:00:00.00 the bucket has no rows, and \d+ were published$', 'a missing bucket');
SELECT matches(pg_temp.found('INSERT INTO rec.all_town SELECT bucket, cell, ''x'', 99, 1 FROM third'), '^2024-06-10 11:00:00.00 .*1 rows too many, this is the first$', 'a row too many');
SELECT matches(pg_temp.found('INSERT INTO rec.all_town SELECT bucket - interval ''5 hours'', cell, ''x'', 99, 1 FROM third'), '^2024-06-10 06:00:00.00 .*nothing was published for it', 'a bucket too many');
SELECT matches(pg_temp.found('UPDATE rec.all_town SET publication = 2 WHERE bucket = ''2024-06-10 11:00+00'''), '^2024-06-10 11:00:00.00', 'a row of another publication');

/* ---- retention ---- */
SET ROLE tap_rec_dba;
SET search_path = public, mobanon;
SELECT throws_ok($$SELECT mobanon.drop_windows('rec.all_town', '2024-06-10 15:00+00')$$, '22023', NULL, 'what is not published cannot be dropped');
SELECT throws_ok($$SELECT mobanon.drop_windows('rec.all_town', NULL)$$, '22023', NULL, 'nor what is unknown');
SELECT is(mobanon.drop_windows('rec.all_town', '2024-06-10 11:59+00'), (SELECT count(*) FROM rec.district WHERE bucket < '2024-06-10 11:00+00'), 'whole buckets are dropped');
SELECT is(mobanon.drop_windows('rec.all_town', '2024-06-10 11:00+00'), 0::bigint, 'once');
SELECT is((SELECT min(bucket) FROM rec.all_town), '2024-06-10 11:00+00'::timestamptz, 'the others stay');
SELECT is((SELECT count(*) FROM mobanon.audit('rec.all_town') WHERE NOT ok), 0::bigint, 'the audit knows of it');
RESET ROLE;
SELECT is((SELECT count(*) FROM publication_window AS w, pipeline AS p WHERE w.pipeline_id = p.pipeline_id AND p.pipeline = 'rec.all_town' AND w.bucket < '2024-06-10 11:00+00'), 1::bigint, 'the register stays');
SELECT throws_like('DELETE FROM rec.all_town', '%never changed%', 'and the door is closed again');
SELECT pg_temp.it_is('2024-06-10 15:00+00');
SELECT is((mobanon.publish('rec.all_town')).window_from, '2024-06-10 14:00+00'::timestamptz, 'what was dropped is not published again');

/* ---- the end ---- */
SET ROLE tap_rec_dba;
SET search_path = public, mobanon;
SELECT lives_ok($$SELECT mobanon.drop_pipeline('rec.shop')$$, 'a part is dropped alone');
SELECT lives_ok($$SELECT mobanon.drop_pipeline('rec.all_town')$$, 'the whole with its parts');
SELECT is((SELECT count(*) FROM pipeline WHERE dropped_at IS NULL), 0::bigint, 'nothing lives on');
SELECT * FROM finish();
