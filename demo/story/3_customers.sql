-- Decisions that the customers took in the app come in as one batch.  Who says
-- yes is made up here: a hash of the subject decides.
\o /dev/null
INSERT INTO mobanon.consent_import (subject, purpose, channel, state, decided_at)
SELECT subject, 'retail_footfall', 'app',
	CASE WHEN (hashtextextended(subject, 17) & 1048575) < :consent_share * 1048576 THEN 'granted' ELSE 'refused' END,
	timestamptz :'starts_at' - interval '1 day'
FROM customer;
\o
\set ECHO queries
SELECT * FROM mobanon.import_consents();
