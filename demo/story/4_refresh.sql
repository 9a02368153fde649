/*
 * As the DBA: from the protected table to the materialized view, and beside it
 * the same query with bare count(*) in place of kanon_suppress(): as it is, where
 * the planner saves the pseudonyms that nobody asks for, and with a pseudonym of
 * each event.  In turns; the fastest of each counts.
 */
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid
REFRESH MATERIALIZED VIEW footfall_candidate;
\timing on
\echo refresh
REFRESH MATERIALIZED VIEW footfall_candidate;
\echo count
CREATE TEMP TABLE count_1 AS SELECT bucket, cell, count(*) FROM footfall_coarsened GROUP BY bucket, cell HAVING count(*) >= :k;
\echo pseudonyms
CREATE TEMP TABLE pseudonyms_1 AS SELECT bucket, cell, count(pseudonym) FROM footfall_coarsened GROUP BY bucket, cell HAVING count(pseudonym) >= :k;
\echo refresh
REFRESH MATERIALIZED VIEW footfall_candidate;
\echo count
CREATE TEMP TABLE count_2 AS SELECT bucket, cell, count(*) FROM footfall_coarsened GROUP BY bucket, cell HAVING count(*) >= :k;
\echo pseudonyms
CREATE TEMP TABLE pseudonyms_2 AS SELECT bucket, cell, count(pseudonym) FROM footfall_coarsened GROUP BY bucket, cell HAVING count(pseudonym) >= :k;
\timing off
\! sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/peak \1/p' /proc/$BACKEND/status
