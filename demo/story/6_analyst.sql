-- As the analyst, who may read the release and nothing else.
SET timezone = :'time_zone';
\echo 'The busiest cells:'
\echo
\set ECHO queries
SELECT cell, max(subjects) AS most, round(avg(subjects)) AS mean, count(*) AS periods
FROM footfall GROUP BY cell ORDER BY most DESC, cell LIMIT 8;
\set ECHO none
\echo 'The busiest times:'
\echo
\set ECHO queries
SELECT to_char(bucket, :'time_format') AS "when", count(*) AS cells, max(subjects) AS busiest_cell,
	sum(subjects) AS all_cells
FROM footfall GROUP BY bucket ORDER BY all_cells DESC, bucket LIMIT 8;
