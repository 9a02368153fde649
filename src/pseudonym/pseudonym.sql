CREATE FUNCTION mobanon.pseudonymize(subject text, domain text, at timestamptz) RETURNS uuid
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'pseudonymize_text';
COMMENT ON FUNCTION mobanon.pseudonymize(text, text, timestamptz) IS
'The pseudonym of a subject in a domain, with the key of the epoch that contains "at".';

CREATE FUNCTION mobanon.pseudonymize(subject bigint, domain text, at timestamptz) RETURNS uuid
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'pseudonymize_bigint';
COMMENT ON FUNCTION mobanon.pseudonymize(bigint, text, timestamptz) IS
'The pseudonym of a subject given as a number; the same as of its decimal digits as text.';

CREATE FUNCTION mobanon.pseudonymize(pseudonym uuid, domain text, at timestamptz) RETURNS uuid
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'pseudonymize_uuid';
COMMENT ON FUNCTION mobanon.pseudonymize(uuid, text, timestamptz) IS
'A pseudonym of a pseudonym: from one that lives long, such as a month, another that lives short, such as a day, without the subject. Unrelated to the pseudonym of any subject in that domain.';

CREATE FUNCTION mobanon.hmac_sha256(key bytea, message bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'hmac_sha256';
COMMENT ON FUNCTION mobanon.hmac_sha256(bytea, bytea) IS
'For tests: HMAC-SHA-256 as pseudonymize() computes it, with a key of the caller''s. Granted to nobody.';
