-- Radio cells: identities, the table of sites, and the cell that a site was in at a time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
-- One form for each identity; MCC and MNC keep their digits.
SELECT i, site_identity(i) FROM unnest(ARRAY['cgi:262-03-4711-12345', 'cgi:262-03-0x1267-0x3039', 'utran:248-01-7-196901', 'ecgi:310-026-0xABCDE12', 'ncgi:262-03-0x14001', 'ncgi:262-03-68719476735', 'cgi:262-03-04711-012345']) AS i;
SELECT site_identity('GSM', '651', '01', 117, 11201), site_identity('UMTS', '248', '01', 7, 196901), site_identity('LTE', '262', '03', 0, 19349265), site_identity('NR', '262', '03', 0, 81921);
-- NCI from gNB and cell: 22 bits, gNB 5, cell 1; 28 bits, gNB 51234, cell 15.
SELECT to_hex(nci(5, 22, 1)), to_hex(nci(51234, 28, 15)), eci(75582, 17) = 75582 * 256 + 17 AS eci;
SELECT nci(5, 21, 1);
SELECT nci(4194304, 22, 1);
SELECT nci(5, 32, 16);
SELECT eci(1048576, 0);
-- What is no identity.
SELECT site_identity('262-03-4711-12345');
CREATE FUNCTION refusal(text) RETURNS TABLE (message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mobanon.site_identity($1);
	message := 'accepted';
	RETURN NEXT;
EXCEPTION WHEN invalid_text_representation THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN NEXT;
END $$;
SELECT i, refusal.* FROM unnest(ARRAY['', 'cgi', 'cgi:', 'CGI:262-03-1-1', 'cgi:26-03-1-1', 'cgi:2620-3-1-1', 'cgi:262', 'cgi:262-3-1-1', 'cgi:262-0003-1-1', 'cgi:262-03-1', 'cgi:262-03-1-', 'cgi:262-03-1-1-1', 'cgi:262-03--1-1',
	'cgi:262-03-65536-1', 'cgi:262-03-1-65536', 'cgi:262-03-0-1', 'cgi:262-03-65534-1', 'utran:262-03-1-268435456', 'ecgi:262-03-268435456', 'ncgi:262-03-68719476736', 'ncgi:262-03-0x', 'ncgi:262-03-99999999999999999999', 'ecgi:262-03-1x']) AS i, refusal(i);
SELECT site_identity('CDMA', '262', '03', 1, 1);
SELECT site_identity('GSM', '262', '3', 1, 1);
SELECT site_identity('GSM', '26200', '03', 1, 1);
SELECT site_identity('GSM', '262', '03', 1, -1);
SELECT try_site_identity('262-03-1-1') IS NULL AS text, try_site_identity('GSM', '262', '03', 1, 65536) IS NULL AS parts, try_site_identity('ecgi:262-03-1') AS good;
-- Both layouts of OpenCelliD files: the table takes lines as they are.
CREATE TEMP TABLE file (n bigint GENERATED ALWAYS AS IDENTITY, line text);
\copy file (line) FROM pstdin WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
radio,mcc,mnc,area,cell,unit,lon,lat,range_m,samples,created,updated
GSM,651,1,117,11201,0,26.953123,-29.841163,27324,7,1369925573,1443966345
GSM,651,1,117,11202,0,26.999908,-29.819307,14303,4,1369925762,1427057060
UMTS,651,2,504,268435455,0,27.025681,-29.831314,,3,1374475962,1375075586
GSM,651,1,117,99999,0,27.0,-29.8,1000,3,1374475962,1375075586
CDMA,651,1,117,1,0,27.0,-29.8,1000,3,1374475962,1375075586
LTE,651,1,117,1,0,0,0,1000,3,1374475962,1375075586
LTE,655,1,117,2,0,27,-29.5,1000,3,1374475962,1375075586
GSM,651,1,117,11202,0,27.1,-29.9,14303,4,1369925762,1427057060
\.
SELECT * FROM load_sites('file', 2, only_mcc => '651');
SELECT site_identity, mcc, mnc, latitude, longitude, range_m, valid_from, valid_to FROM site ORDER BY site_identity;
-- The same again changes nothing.
SELECT * FROM load_sites('file', 2, only_mcc => '651');
TRUNCATE file;
\copy file (line) FROM pstdin WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
radio,mcc,net,area,cell,lat,lon,range
GSM,651,1,117,11201,-29.9,27.0,27324
NR,651,1,0,81921,-29.5,27.5,300
\.
SELECT * FROM load_sites('file', 2, valid_from => '2024-06-01');
-- A line that cannot be read: an error that names it, and nothing loaded.
INSERT INTO file (line) VALUES ('NR,651,1,0,81922,-29.5,27.5');
SELECT * FROM load_sites('file', 2);
UPDATE file SET line = 'NR,651,1,0,abc,-29.5,27.5,1' WHERE line LIKE '%81922%';
SELECT * FROM load_sites('file', 2);
UPDATE file SET line = 'radio;mcc' WHERE line LIKE 'radio%';
SELECT * FROM load_sites('file', 2);
SELECT * FROM load_sites('file', 1);
TRUNCATE file;
SELECT * FROM load_sites('file', 2);
-- Where a site was at a time.
UPDATE site SET valid_to = '2024-09-01' WHERE site_identity = 'cgi:651-01-117-11201' AND valid_from = '2024-06-01';
SELECT at, try_coarsen_site('cgi:651-01-117-11201', at, 'z12') AS cell, try_coarsen_site('cgi:651-01-117-11201', at, 'z12') = coarsen_cell(latitude, longitude, 'z12') AS ok
FROM (VALUES (timestamptz '2020-01-01', -29.841163, 26.953123), ('2024-05-31 23:59:59.999999', -29.841163, 26.953123), ('2024-06-01', -29.9, 27.0), ('2024-08-31 23:59:59.999999', -29.9, 27.0), ('2024-09-01', NULL, NULL)) AS v(at, latitude, longitude);
SELECT coarsen_site('cgi:651-01-0x75-0x2BC2', '2024-01-01', 'z12') = coarsen_cell(-29.9, 27.1, 'z12') AS other_spelling;
SELECT coarsen_site('cgi:651-01-117-11201', '2024-09-01', 'z12');
SELECT coarsen_site('cgi:651-1-117-11201', '2024-01-01', 'z12');
SELECT coarsen_site('cgi:651-01-117-11201', '2024-01-01', '1km');
SELECT try_coarsen_site('cgi:651-01-117-11201', '2024-01-01', '1km') IS NULL AS outside, try_coarsen_site('no identity', '2024-01-01', 'z12') IS NULL AS malformed, try_coarsen_site('ncgi:651-01-81921', '2024-01-01', 'z12') IS NULL AS too_early;
SELECT try_coarsen_site('cgi:651-01-117-11201', '2024-01-01', 'z99');
-- The table takes nothing that is wrong.
INSERT INTO site (site_identity, latitude, longitude) VALUES ('cgi:262-03-04711-1', 52, 13);
INSERT INTO site (site_identity, latitude, longitude) VALUES ('cgi:262-03-4711-1', 91, 13);
INSERT INTO site (site_identity, latitude, longitude) VALUES ('cgi:262-03-4711-1', 'NaN', 13);
INSERT INTO site (site_identity, latitude, longitude, valid_from, valid_to) VALUES ('cgi:262-03-4711-1', 52, 13, '2024-01-01', '2024-01-01');
-- Names are quoted on their way into the loader's statements.
CREATE TABLE public."a"" FROM (SELECT pg_sleep(9)) x --" (n bigint, line text);
INSERT INTO "a"" FROM (SELECT pg_sleep(9)) x --" VALUES (1, 'radio,mcc,mnc,area,cell,lat,lon'), (2, 'GSM,262,3,1,1,52,13');
SELECT * FROM load_sites('"a"" FROM (SELECT pg_sleep(9)) x --"', 2);
DROP TABLE "a"" FROM (SELECT pg_sleep(9)) x --";
-- Nobody but who is granted it sees where sites are.
CREATE ROLE site_nobody;
SET ROLE site_nobody;
SELECT count(*) FROM site;
SELECT coarsen_site('cgi:651-01-117-11201', '2024-01-01', 'z12');
SELECT site_identity('ecgi:262-03-1'), '213'::cell <@ '21'::cell AS inside, coarsen_cell(52, 13, '1km');
RESET ROLE;
DROP ROLE site_nobody;
DROP FUNCTION refusal;
DELETE FROM site;
