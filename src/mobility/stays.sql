-- Cleaning and stays: aggregates over the events of one subject, in order of time.

CREATE TYPE mobanon.cleaning AS (
	duplicates			boolean,
	jumps				boolean,
	ping_pong			boolean,
	jump_distance		integer,
	jump_speed			integer,
	ping_pong_window	interval,
	ping_pong_dwell		interval
);
COMMENT ON TYPE mobanon.cleaning IS 'rules by which events are cleaned, and their parameters: see the function cleaning()';

CREATE FUNCTION mobanon.cleaning(duplicates boolean DEFAULT true, jumps boolean DEFAULT true, ping_pong boolean DEFAULT true,
	jump_distance integer DEFAULT 10000, jump_speed integer DEFAULT 55,
	ping_pong_window interval DEFAULT '5 minutes', ping_pong_dwell interval DEFAULT '2 minutes') RETURNS mobanon.cleaning
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW(duplicates, jumps, ping_pong, jump_distance, jump_speed, ping_pong_window, ping_pong_dwell)::mobanon.cleaning;
COMMENT ON FUNCTION mobanon.cleaning(boolean, boolean, boolean, integer, integer, interval, interval) IS
	'rules by which events are cleaned: duplicates (equal rows are one event), jumps (an event is dropped when both the way to it and the way from it are at least jump_distance metres and jump_speed metres a second), ping_pong (events in one other cell, nearer to each other than ping_pong_dwell, between two events in a cell at most ping_pong_window apart, are taken for that cell)';

CREATE TYPE mobanon.stay AS (
	cell		mobanon.cell,
	arrival		timestamptz,
	departure	timestamptz,
	events		bigint
);
COMMENT ON TYPE mobanon.stay IS
	'a time that a subject spent in a cell, from its first to its last event there; confidential: it is one person''s';
CREATE TYPE mobanon.clean_event AS (
	cell		mobanon.cell,
	at			timestamptz,
	events		bigint
);
COMMENT ON TYPE mobanon.clean_event IS
	'an event after cleaning: its cell, its time, and how many rows it stands for; confidential: it is one person''s';
CREATE TYPE mobanon.cleaning_count AS (
	row_count	bigint,
	unusable	bigint,
	duplicates	bigint,
	same_time	bigint,
	jumps		bigint,
	suspicious	bigint,
	ping_pong	bigint,
	events		bigint
);
COMMENT ON TYPE mobanon.cleaning_count IS
	'what cleaning did: rows seen; dropped as unusable (no cell or no finite time), as duplicates, as in another cell at the same time, as jumps; events kept; and of those, how many are suspicious (too fast a way from or to another one that was kept) and how many were taken for another cell (ping_pong); confidential: it is one person''s';

-- Transition and final functions.

CREATE FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval, mobanon.cleaning) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'stays_add_cleaned';
COMMENT ON FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval, mobanon.cleaning) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.clean_events_add(internal, mobanon.cell, timestamptz, mobanon.cleaning) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.clean_events_add(internal, mobanon.cell, timestamptz, mobanon.cleaning) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.stays_final(internal) RETURNS mobanon.stay[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.stays_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.clean_events_final(internal) RETURNS mobanon.clean_event[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.clean_events_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.cleaning_counts_final(internal) RETURNS mobanon.cleaning_count
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cleaning_counts_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';

-- The aggregates.

CREATE AGGREGATE mobanon.stays(cell mobanon.cell, at timestamptz, minimum interval, gap interval) (
	SFUNC = mobanon.stays_add, STYPE = internal, SSPACE = 1536,
	FINALFUNC = mobanon.stays_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.stays(mobanon.cell, timestamptz, interval, interval) IS
	'the stays of one subject, in order of time: runs of events in one cell with no more than gap between two, kept when at least minimum passes from the first to the last; call it with ORDER BY at and GROUP BY the subject; rows without cell or finite time are ignored; an error for events out of order';
CREATE AGGREGATE mobanon.stays(cell mobanon.cell, at timestamptz, minimum interval, gap interval, cleaning mobanon.cleaning) (
	SFUNC = mobanon.stays_add, STYPE = internal, SSPACE = 1536,
	FINALFUNC = mobanon.stays_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.stays(mobanon.cell, timestamptz, interval, interval, mobanon.cleaning) IS
	'the stays of one subject after its events were cleaned: stays(cell, at, minimum, gap, cleaning() ORDER BY at); an error when gap is shorter than the ping-pong window';
CREATE AGGREGATE mobanon.clean_events(cell mobanon.cell, at timestamptz, cleaning mobanon.cleaning) (
	SFUNC = mobanon.clean_events_add, STYPE = internal, SSPACE = 1536,
	FINALFUNC = mobanon.clean_events_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.clean_events(mobanon.cell, timestamptz, mobanon.cleaning) IS
	'the events of one subject that cleaning leaves, in order of time: clean_events(cell, at, cleaning() ORDER BY at); an error for events out of order';
CREATE AGGREGATE mobanon.cleaning_counts(cell mobanon.cell, at timestamptz, cleaning mobanon.cleaning) (
	SFUNC = mobanon.clean_events_add, STYPE = internal, SSPACE = 1536,
	FINALFUNC = mobanon.cleaning_counts_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.cleaning_counts(mobanon.cell, timestamptz, mobanon.cleaning) IS
	'how many rows of one subject each rule of cleaning dropped or changed: cleaning_counts(cell, at, cleaning() ORDER BY at); an error for events out of order';

CREATE FUNCTION mobanon.cell_distance(mobanon.cell, mobanon.cell) RETURNS double precision
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.cell_distance(mobanon.cell, mobanon.cell) IS
	'metres between the middles of two cells, of any grids and resolutions, along a great circle; null for null';
