/*
 * From the text in table staging (row_number, c1, c2, ...) to the table events.
 * What is no number or no time is an error that names the line; what is one, but
 * of no use (latitude 91, NaN, the year 2225, an empty field), is loaded: the
 * pipeline leaves it out and counts it under its reason.
 */
SET timezone = :'time_zone';
SET jit = off;

BEGIN;
CREATE VIEW pg_temp.incoming AS
SELECT row_number, NULLIF(:subject, '') AS subject, NULLIF(:time, '') AS time,
	NULLIF(:latitude, '') AS latitude, NULLIF(:longitude, '') AS longitude,
	-- a quoted field may hold line ends: the line of the file is not the number of the row
	length(concat(:columns)) - length(replace(concat(:columns), E'\n', '')) AS line_ends
FROM staging;

-- ISO 8601, as the Internet writes it (RFC 3339), the zone left out where it is
-- the data's own.  Not "now", "tomorrow", or 3/4/2025, which is March or April.
CREATE FUNCTION pg_temp.is_time(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT $1 ~ '^\s*\d{4,6}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d+)?)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)?)?\s*$' $$;

-- Where the first row is that cannot be taken, and why.
CREATE FUNCTION pg_temp.first_complaint() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r	record;
	wrong	text;
BEGIN
	FOR r IN SELECT * FROM pg_temp.incoming ORDER BY row_number LOOP
		BEGIN
			wrong := 'the latitude is not a number';
			PERFORM r.latitude::float8;
			wrong := 'the longitude is not a number';
			PERFORM r.longitude::float8;
			wrong := 'the time is not a time as in 2025-09-01T08:30:00Z or 2025-09-01 08:30';
			PERFORM r.time::timestamptz WHERE pg_temp.is_time(r.time);
			IF NOT pg_temp.is_time(r.time) THEN
				RETURN format('line %s: %s', pg_temp.line_of(r.row_number), wrong);
			END IF;
		EXCEPTION WHEN data_exception THEN
			RETURN format('line %s: %s', pg_temp.line_of(r.row_number), wrong);
		END;
	END LOOP;
	RETURN NULL;
END $$;
CREATE FUNCTION pg_temp.line_of(bigint) RETURNS bigint LANGUAGE sql AS
$$ SELECT 1 + $1 + COALESCE(sum(line_ends), 0)::bigint FROM pg_temp.incoming WHERE row_number < $1 $$;

CREATE TABLE events (subject text, event_time timestamptz, latitude float8, longitude float8);
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM staging) THEN
		RAISE EXCEPTION 'line 1: there is a header, but no event below it';
	END IF;
	INSERT INTO events
	SELECT subject, CASE WHEN pg_temp.is_time(time) THEN time::timestamptz ELSE ('no time' || time)::timestamptz END,
		latitude::float8, longitude::float8
	FROM pg_temp.incoming ORDER BY row_number;
EXCEPTION WHEN data_exception THEN
	RAISE EXCEPTION '%', COALESCE(pg_temp.first_complaint(), 'the file could not be read');
END $$;
DROP TABLE staging CASCADE;
COMMIT;
