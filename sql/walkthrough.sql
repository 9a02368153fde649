-- The walk-through of README.md is what stands here between "README from here" and "README to here".
SET client_min_messages = warning;
CREATE DATABASE mobanon_walkthrough;
\c mobanon_walkthrough
SET client_min_messages = warning;
SET datestyle = 'ISO, YMD';
\set SHOW_CONTEXT never
\set VERBOSITY terse
-- README from here
CREATE EXTENSION mobanon;
CREATE ROLE city_dba;        -- owns the table and builds pipelines
CREATE ROLE city_processor;  -- processes for a purpose, reads what is consented to
CREATE ROLE city_analyst;    -- reads releases
CREATE ROLE city_app;        -- records what customers decide
GRANT mobanon_admin, city_processor TO city_dba;
GRANT mobanon_frontend TO city_app;
GRANT CREATE ON SCHEMA public TO city_dba WITH GRANT OPTION;
SET search_path = public, mobanon;
SET timezone = 'Europe/Berlin';

SET ROLE city_dba;
CREATE TABLE events (msisdn text, seen_at timestamptz, latitude float8, longitude float8);
-- from noon on, 40 people are in the market square, 12 in a side street
INSERT INTO events
SELECT (491760000000 + i)::text, timestamptz '2025-09-06 12:00' + i * interval '1 minute',
       CASE WHEN i <= 40 THEN 52.5163 ELSE 52.5401 END, 13.3777
FROM generate_series(1, 52) AS i;

SELECT mobanon.create_purpose('retail_footfall', 'How many people come by');
SELECT mobanon.protect('events', 'msisdn', 'seen_at');
SELECT mobanon.bind_purpose('retail_footfall', 'city_processor');
SELECT mobanon.create_pipeline('footfall', source => 'events', purpose => 'retail_footfall',
    resolution => '1km', bucket => '1 hour', k => 20, time_zone => 'Europe/Berlin',
    starts_at => '2025-09-06 00:00', readers => '{city_analyst}');
SELECT count(*) FROM events;

SET ROLE city_app;
SELECT count(mobanon.grant_consent(msisdn::text, 'retail_footfall', 'app', decided_at => '2025-09-01'))
FROM generate_series(491760000001, 491760000046) AS msisdn;
SET ROLE city_processor;
SELECT count(*) FROM events;

SET ROLE city_dba;
REFRESH MATERIALIZED VIEW footfall_candidate;
SELECT * FROM footfall_candidate;

SET ROLE city_app;
SELECT mobanon.withdraw_consent('491760000007', 'retail_footfall', 'app') IS NOT NULL AS recorded;
SET ROLE city_processor;
SELECT count(*) FROM events;

SET ROLE city_dba;
SELECT publication, rows FROM mobanon.publish('footfall');
SELECT bool_and(ok) AS passed FROM mobanon.audit('footfall');

SET ROLE city_analyst;
SELECT bucket, cell, subjects FROM footfall;
SELECT * FROM events;
SELECT * FROM footfall_coarsened;

RESET ROLE;
UPDATE footfall SET subjects = subjects + 1;
-- README to here
\c postgres
DROP DATABASE mobanon_walkthrough;
DROP ROLE city_dba, city_processor, city_analyst, city_app;
