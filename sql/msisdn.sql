-- Telephone numbers as subjects: one person, one string of digits.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
\set SHOW_CONTEXT never
SET search_path = mobanon, public;
-- A number that the German regulator reserves for films, in the ways people write it.
SELECT written, normalize_msisdn(written, 'DE')
FROM (VALUES ('+49 (0)171 39200-12'), ('+49 171 3920012'), ('0049 171 3920012'), ('0049 (0)171 3920012'), ('0171/3920012'),
	('(0171) 39200-12'), ('(0)171 3920012'), ('0171.392.00.12'), ('491713920012'), ('49 (0)171 3920012'), ('(+49) 171 3920012')) AS v (written);
-- So it is one subject, whichever way it came.
SELECT normalize_msisdn('0171 3920012', 'DE')::bigint = 491713920012 AS same_subject;
-- With + the country is known, and no default is needed; with one it does not matter.
SELECT normalize_msisdn('+44 7700 900123'), normalize_msisdn('+44 7700 900123', 'DE'), normalize_msisdn('00 44 7700 900123', 'de');
-- The films of other countries (Ofcom, ARCEP, NANPA, ACMA, PTS, ComReg).
SELECT country, normalize_msisdn(written, country)
FROM (VALUES ('GB', '07700 900123'), ('GB', '020 7946 0123'), ('FR', '06 39 98 12 34'), ('US', '(202) 555-0123'), ('US', '1-202-555-0123'),
	('AU', '0491 570 006'), ('SE', '070-174 06 05'), ('IE', '020 912 3456')) AS v (country, written);
-- In Italy the 0 belongs to the number, in Germany it does not.
SELECT normalize_msisdn('06 5555 1234', 'IT'), normalize_msisdn('+39 06 5555 1234'), normalize_msisdn('030 23125 123', 'DE');
-- What could be two things is refused; the message does not show the number.
SELECT normalize_msisdn('0171 3920012');
SELECT normalize_msisdn('1713920012', 'DE');
SELECT normalize_msisdn('33639981234', 'DE');
SELECT normalize_msisdn('+49 0171 3920012', 'DE');
SELECT normalize_msisdn('+39 (0)6 5555 1234', 'IT');
SELECT normalize_msisdn('393 123 4567', 'IT');
-- So is what is no number.
SELECT normalize_msisdn('+49 171 39200x2');
SELECT normalize_msisdn('+49 171 3920012 ext. 5');
SELECT normalize_msisdn('+49 1234');
SELECT normalize_msisdn('+49 171 392001234567890');
SELECT normalize_msisdn('+210 171 3920012');
SELECT normalize_msisdn('0171', 'DE');
SELECT normalize_msisdn('', 'DE');
-- Nor is a country guessed that is not known; arguments in the wrong order show nothing.
SELECT normalize_msisdn('0171 3920012', 'ZZ');
SELECT normalize_msisdn('DE', '0171 3920012');
\set VERBOSITY sqlstate
SELECT normalize_msisdn('0171 3920012');
SELECT normalize_msisdn('+49 1234');
SELECT normalize_msisdn('0171 3920012', 'ZZ');
\set VERBOSITY default
-- In a pipeline one bad number must not stop the others.
SELECT written, try_normalize_msisdn(written, 'DE') FROM (VALUES ('0171 3920012'), ('unknown'), ('anonymous'), ('1713920012'), (NULL)) AS v (written);
SELECT try_normalize_msisdn('0171 3920012') IS NULL, normalize_msisdn(NULL, 'DE') IS NULL, normalize_msisdn('+49 171 3920012', NULL) IS NULL;
