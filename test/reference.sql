-- test/reference.sql: doc/reference.md, from the catalogs of a database with
-- mobanon.  test/reference runs it; place holds room and name of every object.
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog, mobanon;
SET quote_all_identifiers = off;

-- What a purpose role may call, bind_purpose() says: ask it about one.
CREATE ROLE reference_purpose NOLOGIN NOINHERIT;
DO $$ BEGIN PERFORM mobanon.grant_processing('reference_purpose'); END $$;

-- A list of arguments or columns in short words, and one to a line where it is long.
CREATE FUNCTION pg_temp.wrapped(before text, list text, after text) RETURNS text LANGUAGE sql
AS $$
	SELECT before || CASE WHEN length(w) > 120 THEN E'\n        ' || regexp_replace(w, ', (?=(OUT )?[a-z_0-9]+ [a-z])', E',\n        ', 'g') ELSE w END || after
	FROM regexp_replace(replace(replace(list, 'timestamp with time zone', 'timestamptz'), 'double precision', 'float8'),
		$r$(DEFAULT (NULL|'[^']*'))::[a-z_.]+(\[\])?$r$, '\1', 'g') AS w
$$;

CREATE TEMP VIEW routine AS
SELECT p.oid, p.proname AS name, p.prokind AS kind, pl.room, obj_description(p.oid, 'pg_proc') AS comment,
	pg_temp.wrapped(p.proname || '(', pg_get_function_arguments(p.oid), ')') AS signature,
	CASE WHEN pg_get_function_result(p.oid) LIKE 'TABLE(%' THEN pg_temp.wrapped('TABLE(', substr(pg_get_function_result(p.oid), 7), '')
		ELSE pg_temp.wrapped('', pg_get_function_result(p.oid), '') END AS result,
	ARRAY(SELECT CASE a.grantee WHEN 0 THEN 'everybody' WHEN to_regrole('reference_purpose') THEN 'purpose roles' ELSE a.grantee::regrole::text END
		FROM aclexplode(p.proacl) AS a WHERE a.grantee <> p.proowner ORDER BY 1) AS callers
FROM pg_proc AS p LEFT JOIN place AS pl ON pl.kind = 'routine' AND pl.name = p.proname
WHERE p.pronamespace = 'mobanon'::regnamespace;

-- Parts of types, operators, aggregates and triggers are called by these.
CREATE TEMP VIEW part AS
SELECT p.oid FROM pg_proc AS p
WHERE p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
OR 'internal'::regtype = ANY (p.proargtypes::oid[]) AND p.prokind = 'f'
UNION ALL SELECT f.oid FROM pg_type AS t, LATERAL (VALUES (t.typinput::oid), (t.typoutput), (t.typreceive), (t.typsend)) AS f (oid)
UNION ALL SELECT f.oid FROM pg_aggregate AS a, LATERAL (VALUES (a.aggtransfn::oid), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn), (a.aggdeserialfn)) AS f (oid)
UNION ALL SELECT o.oprcode FROM pg_operator AS o
UNION ALL SELECT a.amproc FROM pg_amproc AS a;

CREATE TEMP VIEW listed AS
SELECT r.*, CASE
	WHEN r.callers = '{}' THEN 'nobody, until you grant it'
	WHEN 'everybody' = ANY (r.callers) THEN 'everybody'
	ELSE array_to_string(r.callers, ', ') END AS who
FROM routine AS r
WHERE r.oid NOT IN (SELECT p.oid FROM part AS p WHERE p.oid IS NOT NULL)
AND (r.callers <> '{}' OR r.name = 'blur_time')
AND r.comment !~ '^For ((the )?[a-z_]+(\(\))?(, [a-z_]+\(\))*( and [a-z_]+\(\))?|the [a-z]+ room|the event triggers?|the view [a-z_]+|maps of a release): '
OR r.comment ~ '^For (a token|monitoring|the access report): ' AND r.callers <> '{}';

SELECT format('%s has no place: is it made in a room''s SQL?', r.name) FROM listed AS r WHERE r.room IS NULL;

\o :out
SELECT $text$# Reference

Every function, aggregate, type, operator, table and view that is meant for users, room by room, in the words of its COMMENT. `make reference`
writes this page, and `make test` fails when it is out of date; `\df+ mobanon.*` and `\dt+ mobanon.*` show the same in psql. The guides say what
to do with it all: [consent](consent.md), [customers](customers.md), [keys](keys.md), [cells](cells.md), [k-anonymity](kanon.md), [movement](mobility.md), [releases](releases.md), [operating](operating.md).

What is listed: what somebody other than mobanon_owner may call or read, after CREATE EXTENSION or as a purpose role. Left out are the parts of types, operators, aggregates and triggers, and what is
there for another function or room and says so in its comment ("For protect(): ...", "For the release room: ..."): those change without notice.
$text$;

SELECT line FROM (
	SELECT n, 0 AS part, '' AS name, 0::bigint AS i, format(E'## %s\n', title) AS line
	FROM (VALUES (1, 'Consent'), (2, 'Pseudonyms'), (3, 'Cells'), (4, 'k-anonymity'), (5, 'Movement'), (6, 'Releases')) AS rooms (n, title)
UNION ALL
	-- types: base types, and those that a listed function takes or gives
	SELECT array_position('{consent,pseudonym,cell,kanon,mobility,release}', pl.room), 1, t.typname, 1,
		format(E'### type %s\n\n%s%s\n', t.typname,
			(SELECT pg_temp.wrapped('    (', string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum), E')\n\n')
			 FROM pg_attribute AS a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
			obj_description(t.oid, 'pg_type'))
	FROM pg_type AS t LEFT JOIN place AS pl ON pl.kind = 'type' AND pl.name = t.typname
	WHERE t.typnamespace = 'mobanon'::regnamespace
	AND (t.typtype = 'b' AND t.typelem = 0
		OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c')
		AND EXISTS (SELECT FROM listed AS l JOIN pg_proc AS p ON p.oid = l.oid
			WHERE ARRAY[t.oid, t.typarray] && (ARRAY[p.prorettype] || p.proargtypes::oid[] || coalesce(p.proallargtypes, '{}'))))
UNION ALL
	SELECT array_position('{consent,pseudonym,cell,kanon,mobility,release}', pl.room), 2, '', row_number() OVER w,
		format('%s- `%s %s %s`%s', CASE row_number() OVER w WHEN 1 THEN E'### operators\n\n' END, l.typname, o.oprname, r.typname,
			coalesce(': ' || substring(obj_description(o.oprcode, 'pg_proc') FROM '^implementation of \S+ : (.*)$'), ''))
			|| CASE row_number() OVER w WHEN count(*) OVER (PARTITION BY pl.room) THEN E'\n' ELSE '' END
	FROM pg_operator AS o JOIN pg_type AS l ON l.oid = o.oprleft JOIN pg_type AS r ON r.oid = o.oprright
	LEFT JOIN place AS pl ON pl.kind = 'type' AND pl.name = l.typname
	WHERE o.oprnamespace = 'mobanon'::regnamespace
	WINDOW w AS (PARTITION BY pl.room ORDER BY o.oprname, l.typname, r.typname)
UNION ALL
	-- overloads stand together; those with one comment share it
	SELECT array_position('{consent,pseudonym,cell,kanon,mobility,release}', room), 3, name, row_number() OVER (PARTITION BY name ORDER BY comment ~* '^(the same|as )', min(signature)),
		format(E'%s%s\n\n%s\n\nMay be called by: %s\n',
			CASE row_number() OVER (PARTITION BY name ORDER BY comment ~* '^(the same|as )', min(signature)) WHEN 1 THEN format(E'### %s\n\n', name) END,
			string_agg(CASE kind WHEN 'a' THEN '    aggregate ' WHEN 'w' THEN '    window function ' WHEN 'p' THEN '    procedure ' ELSE '    ' END
				|| signature || coalesce(' → ' || result, ''), E'\n' ORDER BY signature), comment, who)
	FROM listed
	GROUP BY room, name, comment, who
UNION ALL
	SELECT array_position('{consent,pseudonym,cell,kanon,mobility,release}', pl.room), 4, c.relname, 1,
		format(E'### %s %s\n\n%s\n\n%s\n\nMay be read by: %s\n', CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, c.relname,
			(SELECT pg_temp.wrapped('    (', string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum), ')')
			 FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
			obj_description(c.oid, 'pg_class'),
			(SELECT CASE WHEN bool_or(a.grantee = 0) THEN 'everybody' ELSE string_agg(a.grantee::regrole::text, ', ' ORDER BY a.grantee::regrole::text) END
			 FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner AND a.privilege_type = 'SELECT'))
	FROM pg_class AS c LEFT JOIN place AS pl ON pl.kind = 'relation' AND pl.name = c.relname
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
	AND EXISTS (SELECT FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner AND a.privilege_type = 'SELECT')
) AS lines
ORDER BY n NULLS FIRST, part, name, i;
\o
