-- As the shop, which may read how long people stay, and nothing else.
\set ECHO queries
SELECT cell, max(subjects) AS most_people, round(avg(average_minutes)) AS average_minutes, round(avg(median_minutes)) AS median_minutes
FROM dwell GROUP BY cell ORDER BY most_people DESC, cell LIMIT 6;
