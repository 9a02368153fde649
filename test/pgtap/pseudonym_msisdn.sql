-- normalize_msisdn() on the example numbers of libphonenumber 8.12.57 (Debian's
-- python3-phonenumbers: example_number_for_type, and its NATIONAL,
-- INTERNATIONAL and E164 formats): a mobile and a fixed line of every country
-- whose numbering plan we know.
\set QUIET 1
SET search_path = mobanon, public;
SELECT * FROM no_plan();
CREATE TEMP TABLE example (country text, kind text, national text, international text, e164 text);
INSERT INTO example VALUES
('AD', 'fixed', '712 345', '+376 712 345', '376712345'),
('AD', 'mobile', '312 345', '+376 312 345', '376312345'),
('AL', 'fixed', '022 345 678', '+355 22 345 678', '35522345678'),
('AL', 'mobile', '067 212 3456', '+355 67 212 3456', '355672123456'),
('AT', 'fixed', '01 234567890', '+43 1 234567890', '431234567890'),
('AT', 'mobile', '0664 123456', '+43 664 123456', '43664123456'),
('AU', 'fixed', '(02) 1234 5678', '+61 2 1234 5678', '61212345678'),
('AU', 'mobile', '0412 345 678', '+61 412 345 678', '61412345678'),
('BA', 'fixed', '030 212-345', '+387 30 212-345', '38730212345'),
('BA', 'mobile', '061 123 456', '+387 61 123 456', '38761123456'),
('BE', 'fixed', '012 34 56 78', '+32 12 34 56 78', '3212345678'),
('BE', 'mobile', '0470 12 34 56', '+32 470 12 34 56', '32470123456'),
('BG', 'fixed', '02 123 456', '+359 2 123 456', '3592123456'),
('BG', 'mobile', '043 012 345', '+359 43 012 345', '35943012345'),
('CA', 'fixed', '(506) 234-5678', '+1 506-234-5678', '15062345678'),
('CA', 'mobile', '(506) 234-5678', '+1 506-234-5678', '15062345678'),
('CH', 'fixed', '021 234 56 78', '+41 21 234 56 78', '41212345678'),
('CH', 'mobile', '078 123 45 67', '+41 78 123 45 67', '41781234567'),
('CY', 'fixed', '22 345678', '+357 22 345678', '35722345678'),
('CY', 'mobile', '96 123456', '+357 96 123456', '35796123456'),
('CZ', 'fixed', '212 345 678', '+420 212 345 678', '420212345678'),
('CZ', 'mobile', '601 123 456', '+420 601 123 456', '420601123456'),
('DE', 'fixed', '030 123456', '+49 30 123456', '4930123456'),
('DE', 'mobile', '01512 3456789', '+49 1512 3456789', '4915123456789'),
('DK', 'fixed', '32 12 34 56', '+45 32 12 34 56', '4532123456'),
('DK', 'mobile', '32 12 34 56', '+45 32 12 34 56', '4532123456'),
('EE', 'fixed', '321 2345', '+372 321 2345', '3723212345'),
('EE', 'mobile', '5123 4567', '+372 5123 4567', '37251234567'),
('ES', 'fixed', '810 12 34 56', '+34 810 12 34 56', '34810123456'),
('ES', 'mobile', '612 34 56 78', '+34 612 34 56 78', '34612345678'),
('FI', 'fixed', '013 1234567', '+358 13 1234567', '358131234567'),
('FI', 'mobile', '041 2345678', '+358 41 2345678', '358412345678'),
('FR', 'fixed', '01 23 45 67 89', '+33 1 23 45 67 89', '33123456789'),
('FR', 'mobile', '06 12 34 56 78', '+33 6 12 34 56 78', '33612345678'),
('GB', 'fixed', '0121 234 5678', '+44 121 234 5678', '441212345678'),
('GB', 'mobile', '07400 123456', '+44 7400 123456', '447400123456'),
('GR', 'fixed', '21 2345 6789', '+30 21 2345 6789', '302123456789'),
('GR', 'mobile', '691 234 5678', '+30 691 234 5678', '306912345678'),
('HR', 'fixed', '01 2345 678', '+385 1 2345 678', '38512345678'),
('HR', 'mobile', '092 123 4567', '+385 92 123 4567', '385921234567'),
('HU', 'fixed', '(06 1) 234 5678', '+36 1 234 5678', '3612345678'),
('HU', 'mobile', '06 20 123 4567', '+36 20 123 4567', '36201234567'),
('IE', 'fixed', '(022) 12345', '+353 22 12345', '3532212345'),
('IE', 'mobile', '085 012 3456', '+353 85 012 3456', '353850123456'),
('IL', 'fixed', '02-123-4567', '+972 2-123-4567', '97221234567'),
('IL', 'mobile', '050-234-5678', '+972 50-234-5678', '972502345678'),
('IN', 'fixed', '074104 10123', '+91 74104 10123', '917410410123'),
('IN', 'mobile', '081234 56789', '+91 81234 56789', '918123456789'),
('IS', 'fixed', '410 1234', '+354 410 1234', '3544101234'),
('IS', 'mobile', '611 1234', '+354 611 1234', '3546111234'),
('IT', 'fixed', '02 1234 5678', '+39 02 1234 5678', '390212345678'),
('IT', 'mobile', '312 345 6789', '+39 312 345 6789', '393123456789'),
('JP', 'fixed', '03-1234-5678', '+81 3-1234-5678', '81312345678'),
('JP', 'mobile', '090-1234-5678', '+81 90-1234-5678', '819012345678'),
('LI', 'fixed', '234 56 78', '+423 234 56 78', '4232345678'),
('LI', 'mobile', '660 234 567', '+423 660 234 567', '423660234567'),
('LT', 'fixed', '(8-312) 34567', '+370 312 34567', '37031234567'),
('LT', 'mobile', '(8-612) 34567', '+370 612 34567', '37061234567'),
('LU', 'fixed', '27 12 34 56', '+352 27 12 34 56', '35227123456'),
('LU', 'mobile', '628 123 456', '+352 628 123 456', '352628123456'),
('LV', 'fixed', '63 123 456', '+371 63 123 456', '37163123456'),
('LV', 'mobile', '21 234 567', '+371 21 234 567', '37121234567'),
('MC', 'fixed', '99 12 34 56', '+377 99 12 34 56', '37799123456'),
('MC', 'mobile', '06 12 34 56 78', '+377 6 12 34 56 78', '377612345678'),
('MD', 'fixed', '022 212 345', '+373 22 212 345', '37322212345'),
('MD', 'mobile', '0621 12 345', '+373 621 12 345', '37362112345'),
('ME', 'fixed', '030 234 567', '+382 30 234 567', '38230234567'),
('ME', 'mobile', '067 622 901', '+382 67 622 901', '38267622901'),
('MK', 'fixed', '02 201 2345', '+389 2 201 2345', '38922012345'),
('MK', 'mobile', '072 345 678', '+389 72 345 678', '38972345678'),
('MT', 'fixed', '2100 1234', '+356 2100 1234', '35621001234'),
('MT', 'mobile', '9696 1234', '+356 9696 1234', '35696961234'),
('NL', 'fixed', '010 123 4567', '+31 10 123 4567', '31101234567'),
('NL', 'mobile', '06 12345678', '+31 6 12345678', '31612345678'),
('NO', 'fixed', '21 23 45 67', '+47 21 23 45 67', '4721234567'),
('NO', 'mobile', '406 12 345', '+47 406 12 345', '4740612345'),
('NZ', 'fixed', '03 234 5678', '+64 3 234 5678', '6432345678'),
('NZ', 'mobile', '021 123 4567', '+64 21 123 4567', '64211234567'),
('PL', 'fixed', '12 345 67 89', '+48 12 345 67 89', '48123456789'),
('PL', 'mobile', '512 345 678', '+48 512 345 678', '48512345678'),
('PT', 'fixed', '21 234 5678', '+351 21 234 5678', '351212345678'),
('PT', 'mobile', '912 345 678', '+351 912 345 678', '351912345678'),
('RO', 'fixed', '021 123 4567', '+40 21 123 4567', '40211234567'),
('RO', 'mobile', '0712 034 567', '+40 712 034 567', '40712034567'),
('RS', 'fixed', '010 234567', '+381 10 234567', '38110234567'),
('RS', 'mobile', '060 1234567', '+381 60 1234567', '381601234567'),
('RU', 'fixed', '8 (301) 123-45-67', '+7 301 123-45-67', '73011234567'),
('RU', 'mobile', '8 (912) 345-67-89', '+7 912 345-67-89', '79123456789'),
('SE', 'fixed', '08-12 34 56', '+46 8 12 34 56', '468123456'),
('SE', 'mobile', '070-123 45 67', '+46 70 123 45 67', '46701234567'),
('SI', 'fixed', '(01) 234 56 78', '+386 1 234 56 78', '38612345678'),
('SI', 'mobile', '031 234 567', '+386 31 234 567', '38631234567'),
('SK', 'fixed', '02/212 345 67', '+421 2/212 345 67', '421221234567'),
('SK', 'mobile', '0912 123 456', '+421 912 123 456', '421912123456'),
('SM', 'fixed', '0549 886377', '+378 0549 886377', '3780549886377'),
('SM', 'mobile', '66 66 12 12', '+378 66 66 12 12', '37866661212'),
('TR', 'fixed', '(0212) 345 67 89', '+90 212 345 67 89', '902123456789'),
('TR', 'mobile', '0501 234 56 78', '+90 501 234 56 78', '905012345678'),
('UA', 'fixed', '03112 34567', '+380 3112 34567', '380311234567'),
('UA', 'mobile', '050 123 4567', '+380 50 123 4567', '380501234567'),
('US', 'fixed', '(201) 555-0123', '+1 201-555-0123', '12015550123'),
('US', 'mobile', '(201) 555-0123', '+1 201-555-0123', '12015550123'),
('XK', 'fixed', '028 012 345', '+383 28 012 345', '38328012345'),
('XK', 'mobile', '043 201 234', '+383 43 201 234', '38343201234'),
('ZA', 'fixed', '010 123 4567', '+27 10 123 4567', '27101234567'),
('ZA', 'mobile', '071 123 4567', '+27 71 123 4567', '27711234567');

SELECT is(try_normalize_msisdn(national, country), e164, country || ' ' || kind || ', as written at home') FROM example
-- Lithuania changed its trunk prefix from 8, which stands here, to 0
WHERE country <> 'LT';
SELECT is(normalize_msisdn('0' || substr(e164, 4), country), e164, 'Lithuania''s new trunk prefix') FROM example WHERE country = 'LT';
SELECT is(try_normalize_msisdn(international, country), e164, country || ' ' || kind || ', as written abroad') FROM example;
-- + needs no country, and no other country changes it
SELECT is(try_normalize_msisdn(international), e164, country || ' ' || kind || ', without a country') FROM example;
SELECT is_empty($$
	SELECT e.country, other.country FROM example AS e, example AS other
	WHERE try_normalize_msisdn('+' || e.e164, other.country) IS DISTINCT FROM e.e164
$$, '+ counts for more than the default country');
-- the prefix for abroad, and without + where the country is our own
SELECT is_empty($$
	SELECT country, e164 FROM example
	WHERE try_normalize_msisdn(CASE country WHEN 'US' THEN '011' WHEN 'CA' THEN '011' WHEN 'JP' THEN '010'
		WHEN 'AU' THEN '0011' WHEN 'RU' THEN '810' ELSE '00' END || e164, country) IS DISTINCT FROM e164
$$, 'the prefix for calls abroad stands for +');
SELECT is_empty($$
	SELECT country, e164, try_normalize_msisdn(e164, country) FROM example
	WHERE try_normalize_msisdn(e164, country) IS DISTINCT FROM e164
	-- these have the length of a national number, too
	AND e164 NOT LIKE '376______' AND e164 NOT LIKE '352________'
$$, 'the country''s own code needs no +');
SELECT throws_ok(format('SELECT normalize_msisdn(%L, %L)', e164, country), 'MP007', NULL, country || ' ' || kind || ', with two readings')
FROM example WHERE e164 LIKE '376______' OR e164 LIKE '352________';
-- nobody becomes somebody else: a number without + is read in its own country, or refused, or another number there
SELECT is_empty($$
	SELECT e.country, other.country, e.national FROM example AS e, example AS other
	WHERE substr(other.e164, 1, 1) <> substr(e.e164, 1, 1)
	AND try_normalize_msisdn(e.national, other.country) = e.e164
$$, 'a national number read in another country is not the number it was at home');
-- what is normal stays
SELECT is_empty($$
	SELECT e164 FROM example WHERE normalize_msisdn('+' || normalize_msisdn('+' || e164)) <> e164
$$, 'normalizing twice is normalizing once');
SELECT * FROM finish();
