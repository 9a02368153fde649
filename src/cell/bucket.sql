CREATE FUNCTION mobanon.bucket_start(at timestamptz, bucket interval, time_zone text) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.bucket_start(timestamptz, interval, text) IS
'The start of the bucket that contains "at", on the clock of the time zone, counted from Monday, 1 January 2001, 0:00. Lengths: what divides an hour, whole hours that divide a day, whole days (of 23 to 25 hours). Buckets follow each other without gap or overlap, also where the clock is set back.';

CREATE FUNCTION mobanon.bucket_end(at timestamptz, bucket interval, time_zone text) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.bucket_end(timestamptz, interval, text) IS
'The end of the bucket that contains "at"; it belongs to the next one.';
