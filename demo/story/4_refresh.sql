/*
 * As the DBA: from the protected table to the materialized view, and the same
 * query with bare count(*) beside it; each twice, in turns, the faster one counts.
 */
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid
\set ECHO queries
REFRESH MATERIALIZED VIEW footfall_candidate;
\set ECHO none
\timing on
\echo refresh
REFRESH MATERIALIZED VIEW footfall_candidate;
\echo count
CREATE TEMP TABLE bare AS SELECT bucket, cell, count(*) AS events FROM footfall_coarsened GROUP BY bucket, cell HAVING count(*) >= :k;
\echo refresh
REFRESH MATERIALIZED VIEW footfall_candidate;
\echo count
CREATE TEMP TABLE again AS SELECT bucket, cell, count(*) AS events FROM footfall_coarsened GROUP BY bucket, cell HAVING count(*) >= :k;
\timing off
\! sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/peak \1/p' /proc/$BACKEND/status
