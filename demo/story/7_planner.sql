-- As the planner, who may read where people go, and nothing else.
\set ECHO queries
SELECT origin, destination, max(subjects) AS most_people, count(*) AS weeks
FROM flows GROUP BY origin, destination ORDER BY most_people DESC, origin, destination LIMIT 6;
\set ECHO none
\set ON_ERROR_STOP off
\set ECHO queries
SELECT * FROM dwell LIMIT 1;
\set a :SQLSTATE
\set ECHO none
\set ON_ERROR_STOP on
SELECT :'a' = '42501' AS refused \gset
\if :refused
\else
	\warn 'the planner was not refused'
	SELECT 1/0;
\endif
