-- As the DBA, who owns the table events and is no superuser.
-- the pipeline starts with a whole bucket: that of the first event
SELECT mobanon.bucket_start(:'starts_at', :'bucket', :'time_zone') AT TIME ZONE :'time_zone' || ' ' || :'time_zone' AS starts_at \gset
\o /dev/null
\set ECHO queries
CREATE ROLE processor LOGIN;
CREATE ROLE analyst LOGIN;
CREATE ROLE app LOGIN;
GRANT processor TO dba;
GRANT mobanon_frontend TO app;

SELECT mobanon.create_purpose('retail_footfall', 'How many people come by, where and when');
SELECT mobanon.protect('events', 'subject', 'event_time');
SELECT mobanon.bind_purpose('retail_footfall', 'processor');
\set ECHO none
-- what create_pipeline() is going to run
SELECT '    ' || replace(replace(statement, E'\n', E'\n    '), E'\t', '    ')
FROM mobanon.pipeline_sql('footfall', source => 'events', purpose => 'retail_footfall',
	resolution => :'resolution', bucket => :'bucket', k => :k, time_zone => :'time_zone',
	starts_at => :'starts_at', readers => '{analyst}') AS statement
\g (format=unaligned tuples_only=on) :printed
\set ECHO queries
SELECT mobanon.create_pipeline('footfall', source => 'events', purpose => 'retail_footfall',
	resolution => :'resolution', bucket => :'bucket', k => :k, time_zone => :'time_zone',
	starts_at => :'starts_at', readers => '{analyst}');
\set ECHO none
\o
\echo
\echo 'From now on the table shows rows to who processes for a purpose, and to nobody else.  Its owner:'
\echo
\set ECHO queries
SELECT count(*) FROM events;
