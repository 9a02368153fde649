CREATE FUNCTION mobanon.normalize_msisdn(number text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'normalize_msisdn';
COMMENT ON FUNCTION mobanon.normalize_msisdn(text) IS
'A telephone number with + and country code as E.164 digits, the form of a subject: +49 (0)171 39200-12 becomes 491713920012. Anything else is refused: no country is ever guessed.';

CREATE FUNCTION mobanon.normalize_msisdn(number text, default_country text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'normalize_msisdn';
COMMENT ON FUNCTION mobanon.normalize_msisdn(text, text) IS
'The same, with the country (ISO 3166-1 alpha-2) in which numbers without + were written: for DE, 0171..., 0049171... and 49171... are one subject. What has more than one reading is refused (MP007), and what is no number (MP006).';

CREATE FUNCTION mobanon.try_normalize_msisdn(number text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_normalize_msisdn';
COMMENT ON FUNCTION mobanon.try_normalize_msisdn(text) IS
'As normalize_msisdn(), but NULL for a number that it refuses.';

CREATE FUNCTION mobanon.try_normalize_msisdn(number text, default_country text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'try_normalize_msisdn';
COMMENT ON FUNCTION mobanon.try_normalize_msisdn(text, text) IS
'As normalize_msisdn(), but NULL for a number that it refuses. An unknown country is an error all the same.';
