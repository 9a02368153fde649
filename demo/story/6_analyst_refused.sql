-- As the analyst: everything before the release is refused.  These must fail.
\set ON_ERROR_STOP off
\set ECHO queries
SELECT * FROM events LIMIT 1;
\set a :SQLSTATE
SELECT * FROM footfall_coarsened LIMIT 1;
\set b :SQLSTATE
SELECT * FROM mobanon.consent_ledger LIMIT 1;
\set c :SQLSTATE
\set ECHO none
\set ON_ERROR_STOP on
SELECT :'a' = '42501' AND :'b' = '42501' AND :'c' = '42501' AS refused \gset
\if :refused
\else
	\warn 'the analyst was not refused'
	SELECT 1/0;
\endif
