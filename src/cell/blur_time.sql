CREATE FUNCTION mobanon.blur_time(at timestamptz, pseudonym uuid, spread interval, domain text) RETURNS timestamptz
	LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.blur_time(timestamptz, uuid, interval, text) IS
	'the time of an event, shifted by less than half the spread either way, always the same for the same event, with the key of the pseudonym domain; null for null';
