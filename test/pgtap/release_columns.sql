-- Columns have names that the stages' own queries use, too: whatever a data category may be named, a pipeline is made,
-- published, audited and exported with it, or refused with a hint.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;

CREATE ROLE tap_col_dba;
CREATE ROLE tap_col_processing;
GRANT mobanon_admin, tap_col_processing TO tap_col_dba;
CREATE SCHEMA col AUTHORIZATION tap_col_dba;
SET ROLE tap_col_dba;
SET search_path = public, mobanon;
-- columns and aliases of the queries that the release room writes
CREATE TABLE col.name AS SELECT name, place FROM unnest('{line,events,released,row,resolution,width,start,window_start,draw,stays,minutes,flows,areas,
	kanon_suppress,r}'::text[]) WITH ORDINALITY AS u (name, place);
SELECT create_purpose('tap_col', 'test');
SELECT add_category('tap_col', name) FROM col.name;
SELECT add_category('tap_col', name) FROM unnest('{home_area, bytes, from, to, pseudonym, bucket, at, cell, subjects}'::text[]) AS name;
SELECT create_domain('tap_col', '1 year', '2024-01-01 00:00+00');
SELECT bind_purpose('tap_col', 'tap_col_processing');
SELECT format('CREATE TABLE col.events (who int, at timestamptz, latitude float8, longitude float8, home_area text, bytes int, "from" text, "to" text, pseudonym text, bucket text, cell text, subjects text, "AgeBand" int, %s)',
	string_agg(format('%I text', name), ', ')) FROM col.name \gexec
SELECT format('CREATE TABLE col.numbers (who int, at timestamptz, latitude float8, longitude float8, home_area text, %s)', string_agg(format('%I int', name), ', ')) FROM col.name \gexec
SELECT protect('col.events', 'who', 'at'), protect('col.numbers', 'who', 'at');
RESET ROLE;
SELECT count(grant_consent(i::text, 'tap_col', 'app', '2024-06-01 00:00+00')),
	count(grant_consent(i::text, 'tap_col', 'app', '2024-06-01 00:00+00', category => c.category)) FROM generate_series(1, 30) AS i,
	(SELECT s.category FROM consent_scope AS s WHERE s.purpose = 'tap_col' AND s.category <> 'location') AS c;
-- thirty people from one quarter to the other and back; their columns say their own names
SELECT format('INSERT INTO col.events (who, at, latitude, longitude, home_area, bytes, %s)
	SELECT i, %L::timestamptz + h * interval %L, 52.5 + (h / 4 %% 2) * 0.05, 13.4, i %% 2, i, %s FROM generate_series(1, 30) AS i, generate_series(0, 11) AS h',
	string_agg(quote_ident(name), ', '), '2024-06-10 08:00+00', '20 minutes', string_agg(quote_literal('is ' || name), ', ')) FROM col.name \gexec
SELECT format('INSERT INTO col.numbers (who, at, latitude, longitude, home_area, %s) SELECT e.who, e.at, e.latitude, e.longitude, e.home_area, %s FROM col.events AS e',
	string_agg(quote_ident(name), ', '), string_agg(place::text, ', ')) FROM col.name \gexec
ANALYZE col.events;

-- makes, publishes, audits and exports; what does not fit, or nothing
CREATE FUNCTION pg_temp.went(name text, arguments text, columns name[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint	text;
	found	text;
BEGIN
	EXECUTE format('SELECT mobanon.create_pipeline(%L, domain => %L, starts_at => %L, %s)', name, 'tap_col', '2024-06-10 00:00+00', arguments);
	EXECUTE format('SELECT FROM mobanon.publish(%L, %L)', name, '2024-06-11 00:00+00');
	SELECT string_agg(a.check_name, ', ') INTO found FROM mobanon.audit(name) AS a WHERE NOT a.ok;
	IF found IS NOT NULL THEN
		RETURN found;
	END IF;
	-- each column with its own value
	SELECT string_agg(DISTINCT c, ', ') INTO found
	FROM (SELECT rtrim(g, ',')::jsonb -> 'properties' AS row FROM mobanon.release_geojson(name) AS g WHERE g LIKE '%"properties"%') AS g
	RIGHT JOIN unnest(columns) AS c ON true WHERE g.row ->> c IS DISTINCT FROM 'is ' || c;
	RETURN 'not in the file: ' || found;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLERRM || ' HINT: ' || hint;
END
$$;
CREATE TEMP TABLE variant (what text, arguments text, fixed name[], measured boolean);
INSERT INTO variant VALUES
	('footfall', $$bucket => '1 day'$$, '{cell, subjects}', false),
	('footfall of some cells', $$bucket => '1 day', cells_per_day => 2$$, '{cell, subjects}', false),
	('footfall as fine as k allows', $$bucket => '1 day', resolutions => '{1km,5km}', buckets => '{1 hour,1 day}'$$, '{cell, width, subjects}', false),
	('diverse footfall as fine as k allows', $$bucket => '1 day', resolutions => '{1km,5km}', buckets => '{1 hour,1 day}', diversity => mobanon.diversity('home_area', enough => 5)$$, '{cell, width, subjects}', false),
	('dwell', $$kind => 'dwell', diversity => mobanon.diversity('home_area', enough => 5)$$, '{cell, subjects, average_minutes, quarter_minutes, median_minutes, three_quarter_minutes}', false),
	('diverse flows', $$kind => 'flows', k => 20, resolutions => '{1km,5km}', diversity => mobanon.diversity('home_area', enough => 5)$$, '{origin, destination, subjects, trips}', false),
	('measures', $$bucket => '1 day', cells_per_day => 3$$, '{cell, subjects}', true),
	('measures in areas', $$bucket => '1 day', resolutions => '{1km,5km}', buckets => '{1 hour}'$$, '{cell, subjects}', true);
SELECT plan((SELECT count(*)::int FROM variant) + 17);

SELECT is(pg_temp.went(format('col.%I', v.what), CASE WHEN v.measured THEN format($$source => 'col.numbers', purpose => 'tap_col', %s, measures => ARRAY[%s]$$, v.arguments,
			(SELECT string_agg(format('mobanon.measure(''sum'', %1$L, bound => 1000, name => %1$L)', n.name), ', ')
			 FROM col.name AS n WHERE n.name <> ALL (v.fixed)))
		ELSE format($$source => 'col.events', purpose => 'tap_col', %s, breakdowns => %L$$, v.arguments, n.names) END,
		CASE WHEN v.measured THEN '{}' ELSE n.names END),
	NULL, v.what)
FROM variant AS v, LATERAL (SELECT array_agg(n.name::name ORDER BY n.place) AS names FROM col.name AS n WHERE n.name <> ALL (v.fixed)) AS n;
-- what no category can be named says so, and not to make one
SELECT matches(pg_temp.went('col.refused', $$source => 'col.events', purpose => 'tap_col', $$ || arguments, '{}'),
	'column "AgeBand" cannot be a data category HINT: .*rename the column', what)
FROM (VALUES ('a breakdown', $$breakdowns => '{AgeBand}'$$), ('a measure', $$measures => ARRAY[mobanon.measure('sum', 'AgeBand', bound => 9)]$$),
	('diversity', $$diversity => mobanon.diversity('AgeBand')$$)) AS v (what, arguments);
-- refused: columns of stage 1, and what a file says of a row
SELECT matches(pg_temp.went('col.refused', format($$source => 'col.events', purpose => 'tap_col', breakdowns => '{%s}'$$, name), '{}'),
	'cannot be a breakdown HINT: The release, or a stage, has a column of this name', 'no breakdown: ' || name)
FROM unnest('{from, to, pseudonym, bucket, at, cell, subjects}'::text[]) AS name;
SELECT matches(pg_temp.went('col.refused', format($$source => 'col.events', purpose => 'tap_col', measures => ARRAY[mobanon.measure('sum', 'bytes', bound => 1000, name => %L)]$$, name), '{}'),
	'cannot be a measure HINT: The release, or a stage, has a column of this name', 'no measure: ' || name)
FROM unnest('{from, to, pseudonym, bucket, xmin, cell, subjects}'::text[]) AS name;
SELECT * FROM finish();
