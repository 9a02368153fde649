-- As the DBA: two more recipients, each with a release of its own kind, and with no other.
-- both start with a whole bucket, too
SELECT mobanon.bucket_start(:'starts_at', :'day', :'time_zone') AT TIME ZONE :'time_zone' || ' ' || :'time_zone' AS day_from,
	mobanon.bucket_start(:'starts_at', :'week', :'time_zone') AT TIME ZONE :'time_zone' || ' ' || :'time_zone' AS week_from \gset
\o /dev/null
\set ECHO queries
CREATE ROLE shop LOGIN;
CREATE ROLE planner LOGIN;
SELECT mobanon.create_pipeline('dwell', source => 'events', purpose => 'retail_footfall', kind => 'dwell',
	resolution => :'resolution', k => :k, maximum_gap => '4 hours',
	bucket => :'day', time_zone => :'time_zone', starts_at => :'day_from', readers => '{shop}');
SELECT mobanon.create_pipeline('flows', source => 'events', purpose => 'retail_footfall', kind => 'flows',
	resolutions => :'resolutions', k => :k_flows, minimum_stay => '0', maximum_gap => '6 hours',
	bucket => :'week', time_zone => :'time_zone', starts_at => :'week_from', readers => '{planner}');
\o
SELECT pipeline, rows FROM mobanon.publish('dwell') UNION ALL SELECT pipeline, rows FROM mobanon.publish('flows');
\set ECHO none
SELECT count(*) = 0 AS sound FROM mobanon.audit('dwell'), mobanon.audit('flows') AS f WHERE NOT audit.ok OR NOT f.ok \gset
\if :sound
\else
	\warn 'the audit of dwell or flows has a complaint'
	SELECT 1/0;
\endif
