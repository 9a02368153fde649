/*
 * As the processor.  Half way through, the front end (role app) records that
 * one customer withdraws; this session does nothing but ask again.
 */
SET jit = off;
-- somebody with many events, whose identifier stays out of the picture
SELECT subject FROM events GROUP BY subject ORDER BY count(*) DESC, subject LIMIT 1 \gset
SELECT count(*) AS events_before FROM events WHERE subject = :'subject' \gset
\setenv SUBJECT :subject
\set ECHO queries
SELECT count(*) AS events, mobanon.kanon_suppress(subject, :k) AS subjects FROM events;
\set ECHO none
\echo 'Now a customer with' :events_before 'events taps "no" in the app.  The role app:'
\echo
\echo '    SELECT mobanon.withdraw_consent(''...'', ''retail_footfall'', ''app'');'
\! echo "SELECT mobanon.withdraw_consent(:'subject', 'retail_footfall', 'app')" | psql -qXAt -v ON_ERROR_STOP=1 -U app -d demo -v subject="$SUBJECT" >/dev/null
\echo
\echo 'The next statement of the same session:'
\echo
\set ECHO queries
SELECT count(*) AS events, mobanon.kanon_suppress(subject, :k) AS subjects FROM events;
\set ECHO none
SELECT count(*) = 0 AS gone FROM events WHERE subject = :'subject' \gset
\if :gone
\else
	\warn 'the customer still counts'
	SELECT 1/0;
\endif
