/*
 * Progress of publications: see progress.c.
 */
CREATE FUNCTION mobanon.report_progress(pipeline_id int, phase text, windows_done bigint DEFAULT NULL, windows_total bigint DEFAULT NULL,
	rows bigint DEFAULT NULL) RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.report_progress(int, text, bigint, bigint, bigint) IS
'For publish(): how far it is, for mobanon.publish_progress. Null leaves a number as it was; a null phase ends it.';

CREATE FUNCTION mobanon.publications_running(OUT pid int, OUT pipeline_id int, OUT phase text, OUT windows_done bigint, OUT windows_total bigint,
	OUT rows bigint, OUT started_at timestamptz, OUT phase_started_at timestamptz) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.publications_running() IS
'For the view publish_progress: the publications that run now in this database.';

CREATE VIEW mobanon.publish_progress AS
SELECT r.pid, p.pipeline, r.phase, r.windows_done, r.windows_total, r.rows, r.started_at, r.phase_started_at
FROM mobanon.publications_running() AS r JOIN mobanon.pipeline AS p USING (pipeline_id);
COMMENT ON VIEW mobanon.publish_progress IS
'Publications that run now: waiting (for another one), refreshing, counting, checking, releasing, copying (to recipients). windows_done and windows_total: of a backlog, also those of the parts before; rows: released by it so far. Empty unless mobanon is in shared_preload_libraries.';

CREATE FUNCTION mobanon.windows_between(p mobanon.pipeline, window_from timestamptz, window_to timestamptz) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
RETURN round(extract(epoch FROM timezone(p.time_zone, window_to) - timezone(p.time_zone, window_from)) / extract(epoch FROM p.bucket))::bigint;
COMMENT ON FUNCTION mobanon.windows_between(mobanon.pipeline, timestamptz, timestamptz) IS
'For the release room: the number of buckets of a pipeline from one start up to another.';
