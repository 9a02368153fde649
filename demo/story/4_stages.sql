/*
 * As the processor, the role that processes for the purpose: what each stage
 * holds, and what was left out on the way.  Totals before protect() are the
 * loader's.  Subjects are counted on the table, since pseudonyms change with
 * each epoch.
 */
SET jit = off;
SET work_mem = '64MB';
-- the candidate is small: hashed, and so in parallel
SET enable_mergejoin = off;
SELECT mobanon.published_until('public.footfall') AS from, mobanon.closed_until('public.footfall') AS until \gset
CREATE TEMP TABLE stage AS
WITH readable AS (
	SELECT subject, event_time >= :'from' AND event_time < :'until' AS in_time,
		mobanon.try_coarsen_cell(latitude, longitude, :'resolution') AS cell,
		CASE WHEN isfinite(event_time) THEN mobanon.bucket_start(event_time, :'bucket', :'time_zone') END AS bucket
	FROM events
), counted AS (
	SELECT e.subject, e.in_time, e.in_time AND e.cell IS NOT NULL AS placed, e.in_time AND c.cell IS NOT NULL AS released,
		count(*) AS events
	FROM readable AS e LEFT JOIN footfall_candidate AS c ON c.cell = e.cell AND c.bucket = e.bucket
	GROUP BY 1, 2, 3, 4
)
SELECT sum(events)::bigint AS consenting, count(DISTINCT subject) AS consenting_subjects,
	COALESCE(sum(events) FILTER (WHERE in_time), 0)::bigint AS pseudonymized, count(DISTINCT subject) FILTER (WHERE in_time) AS pseudonymized_subjects,
	COALESCE(sum(events) FILTER (WHERE placed), 0)::bigint AS coarsened, count(DISTINCT subject) FILTER (WHERE placed) AS coarsened_subjects,
	COALESCE(sum(events) FILTER (WHERE released), 0)::bigint AS released, count(DISTINCT subject) FILTER (WHERE released) AS released_subjects,
	(SELECT count(*) FROM footfall_candidate) AS groups
FROM counted;
-- the views must agree with what was counted on the table
SELECT pseudonymized = in_view_1 AND coarsened = in_view_2 AS agree
FROM stage, (SELECT count(*) AS in_view_1, count(cell) AS in_view_2 FROM footfall_coarsened) AS v \gset

SELECT stage, rows, subjects, NULLIF(dropped, 0) AS "left out", CASE WHEN dropped > 0 THEN why ELSE '' END AS why
FROM stage AS s, LATERAL (VALUES
	(1, 'events, as loaded', :loaded::bigint, :loaded_subjects::bigint, 0, ''),
	(2, 'with consent (row-level security)', consenting, consenting_subjects,
		:loaded - :no_subject - :no_time - consenting, 'without consent'),
	(3, '', NULL, NULL, :no_subject, 'without a subject'),
	(4, '', NULL, NULL, :no_time, 'without a time'),
	(5, 'footfall_pseudonymized', pseudonymized, pseudonymized_subjects,
		consenting - pseudonymized, 'time out of range: in the future, or period not closed'),
	(6, 'footfall_coarsened', coarsened, coarsened_subjects,
		pseudonymized - coarsened, 'unusable position: none, NaN, or off the grid'),
	(7, 'footfall_candidate', released, released_subjects,
		coarsened - released, 'in groups of fewer than k = ' || :k)
) AS v (place, stage, rows, subjects, dropped, why)
WHERE stage <> '' OR dropped > 0
ORDER BY place;
SELECT groups FROM stage \gset
\echo 'The last line counts what went into' :groups 'groups (cell and period) of at least' :k 'subjects: the rows of the'
\echo 'candidate.  Exact duplicates need no rule of their own: a subject counts once in a group.'
\if :agree
\else
	\warn 'the stages do not hold what was counted on the table'
	SELECT 1/0;
\endif
