/*
 * As the DBA, before the table is protected: who is in it, and its sums.  The
 * pipeline starts with the first event; one of more than 25 years before the
 * middle one is a broken clock.
 */
CREATE TABLE customer AS SELECT subject FROM events WHERE subject IS NOT NULL GROUP BY subject;
ANALYZE events, customer;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY event_time) - interval '25 years' AS earliest
FROM events TABLESAMPLE SYSTEM (10) REPEATABLE (1) WHERE isfinite(event_time) \gset
SELECT count(*), (SELECT count(*) FROM customer), count(*) - count(subject), count(subject) - count(event_time) FILTER (WHERE subject IS NOT NULL),
	min(event_time) FILTER (WHERE event_time >= COALESCE(NULLIF(:'earliest', '')::timestamptz, '-infinity')) AT TIME ZONE 'UTC' || '+00'
FROM events
;
