-- What makes no sense is refused by name, with what to do.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
SELECT plan(33);

CREATE ROLE tap_no_processing;
CREATE SCHEMA no;
CREATE TABLE no.events (subject int, at timestamptz, latitude float8, longitude float8);
SELECT create_purpose('tap_no', 'test'), bind_purpose('tap_no', 'tap_no_processing'), protect('no.events', 'subject', 'at');
SELECT create_recipient('tap_no_city', 'the city');
SELECT create_pipeline('no.made', 'no.events', 'tap_no', starts_at => now() - interval '3 days');
SELECT create_recipient_release('no.part', 'no.made', 'tap_no_city');
CREATE FUNCTION pg_temp.refused(statement text, message text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	hint	text;
	said	text := 'nothing';
BEGIN
	BEGIN
		EXECUTE statement;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, said = MESSAGE_TEXT;
	END;
	RETURN NEXT matches(said, message, what);
	RETURN NEXT isnt(COALESCE(hint, ''), '', what || ': with a hint');
END
$$;
SELECT pg_temp.refused(format('SELECT pipeline_sql(%s, %L, %L%s)', COALESCE(name, quote_literal('no.new')), 'no.events', 'tap_no', arguments), message, what)
FROM (VALUES
	('NULL', '', 'a pipeline needs a name', 'no name'),
	('''nowhere.new''', '', 'schema "nowhere" does not exist', 'a schema that there is not'),
	(NULL, $$, starts_at => '4713-01-01 BC'$$, 'starts_at must be a time in the years 1 to 9999', 'a start before all time'),
	(NULL, $$, starts_at => '294276-01-01'$$, 'starts_at must be a time in the years 1 to 9999', 'one after it'),
	(NULL, $$, starts_at => '0044-03-15'$$, 'it would need more than 10000 keys from 0044-03-15 00:00:00\+00 on', 'one that takes too many keys'),
	(NULL, $$, measures => ARRAY[NULL]::measure[]$$, 'a measure is sum, avg or quantile of a column', 'a measure that is null'),
	(NULL, $$, measures => ARRAY[measure(NULL, NULL, NULL)]$$, 'a measure is sum, avg or quantile of a column', 'a measure of nulls'),
	(NULL, $$, breakdowns => ARRAY[NULL]::name[]$$, 'recipients and breakdowns must not hold nulls', 'a breakdown that is null'),
	(NULL, $$, recipients => ARRAY[NULL]::text[]$$, 'recipients and breakdowns must not hold nulls', 'a recipient that is null'),
	(NULL, $$, readers => ARRAY[NULL]::regrole[]$$, 'readers must not be null, nor one of them', 'a reader that is null'),
	(NULL, $$, breakdowns => '{band}'$$, 'has no column "band" to break down by', 'a breakdown that is no column')) AS v (name, arguments, message, what);
SELECT pg_temp.refused(statement, message, what) FROM (VALUES
	($$SELECT accept_definition('no.part')$$, 'no.part is a part of the release no.made and has no stages', 'the stages of a part'),
	($$SELECT drop_windows('no.made', 'infinity')$$, 'windows can be dropped up to', 'windows to come'),
	($$CALL publish_backlog('no.made', '-1 day')$$, 'a step must be longer than nothing', 'a step back'),
	($$SELECT set_release_reader('no.new', 'tap_no_processing', true)$$, 'does not exist', 'a reader of nothing')) AS v (statement, message, what);
SELECT is(publish('no.made', '-infinity') IS NULL, true, 'until the beginning of time: nothing is published');
SELECT is(publish('no.made', 'infinity') IS NULL, false, 'until its end: what is closed');
SELECT lives_ok($$SELECT create_pipeline('no.largest', 'no.events', 'tap_no', kind => 'dwell', k => 2147483647)$$, 'the largest k there is');
SELECT * FROM finish();
