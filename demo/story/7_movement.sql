-- As the DBA: two more recipients, each with a release of its own kind, and with no other.
\o /dev/null
\set ECHO queries
CREATE ROLE shop LOGIN;
CREATE ROLE planner LOGIN;
SELECT mobanon.create_pipeline('dwell', source => 'events', purpose => 'retail_footfall', kind => 'dwell',
	resolution => :'resolution', k => :k, maximum_gap => '4 hours',
	bucket => :'day', time_zone => :'time_zone', starts_at => :'starts_at', readers => '{shop}');
SELECT mobanon.create_pipeline('flows', source => 'events', purpose => 'retail_footfall', kind => 'flows',
	resolutions => :'resolutions', k => :k_flows, maximum_gap => '4 hours',
	bucket => :'day', time_zone => :'time_zone', starts_at => :'starts_at', readers => '{planner}');
\o
SELECT pipeline, rows FROM mobanon.publish('dwell') UNION ALL SELECT pipeline, rows FROM mobanon.publish('flows');
\set ECHO none
SELECT count(*) = 0 AS sound FROM mobanon.audit('dwell'), mobanon.audit('flows') AS f WHERE NOT audit.ok OR NOT f.ok \gset
\if :sound
\else
	\warn 'the audit of dwell or flows has a complaint'
	SELECT 1/0;
\endif
