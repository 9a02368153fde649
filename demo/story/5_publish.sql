-- As the DBA: the release, once and for all.
\pset expanded on
\set ECHO queries
SELECT publication, window_from, window_to, rows, left(encode(content_sha256, 'hex'), 16) AS content_sha256, version
FROM mobanon.publish('footfall');
\pset expanded off
SELECT reason, number, unit FROM mobanon.publication_withheld ORDER BY reason;
SELECT check_name, ok, detail FROM mobanon.audit('footfall');
