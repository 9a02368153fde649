-- Stays: where a subject was for a while.

CREATE TYPE mobanon.stay AS (
	cell		mobanon.cell,
	arrival		timestamptz,
	departure	timestamptz,
	events		bigint
);
COMMENT ON TYPE mobanon.stay IS
	'a time that a subject spent in a cell, from its first to its last event there; confidential: it is one person''s';

CREATE FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.stays_final(internal) RETURNS mobanon.stay[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.stays_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';

CREATE AGGREGATE mobanon.stays(cell mobanon.cell, at timestamptz, minimum interval, gap interval) (
	SFUNC = mobanon.stays_add, STYPE = internal, SSPACE = 512,
	FINALFUNC = mobanon.stays_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.stays(mobanon.cell, timestamptz, interval, interval) IS
	'the stays of one subject, in order of time: runs of events in one cell with no more than gap between two, kept when at least minimum passes from the first to the last; call it with ORDER BY at and GROUP BY the subject; rows without cell or finite time are ignored; an error for events out of order';
