-- Trips: from one stay to the next.

CREATE TYPE mobanon.trip AS (
	origin		mobanon.cell,
	destination	mobanon.cell,
	departure	timestamptz,
	arrival		timestamptz
);
COMMENT ON TYPE mobanon.trip IS
	'a way from one stay to the next, in another cell: from the last event there to the first event here; confidential: it is one person''s';

CREATE TYPE mobanon.trip_chain AS (
	origin		mobanon.cell,
	via			mobanon.cell,
	destination	mobanon.cell,
	departure	timestamptz,
	arrival		timestamptz
);
COMMENT ON TYPE mobanon.trip_chain IS
	'two trips in a row, over the stay in between; departure from origin, arrival at destination; confidential: it is one person''s';

CREATE FUNCTION mobanon.trips(stays mobanon.stay[], longest interval DEFAULT '2 hours', per_day integer DEFAULT NULL,
	subject uuid DEFAULT NULL, time_zone text DEFAULT 'UTC') RETURNS mobanon.trip[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.trips(mobanon.stay[], interval, integer, uuid, text) IS
	'the trips between one subject''s stays: from each to the next one in another cell, when no more than longest passes between leaving and arriving; with per_day at most that many trips a day (of departure, in time_zone), drawn by lot with the pseudonym subject, so that the choice is uniform and reproducible; no trip is an empty array, null for null stays; errors for stays out of order, a longest with months, and a per_day without subject';

CREATE FUNCTION mobanon.trip_chains(stays mobanon.stay[], longest interval DEFAULT '2 hours', per_day integer DEFAULT NULL,
	subject uuid DEFAULT NULL, time_zone text DEFAULT 'UTC') RETURNS mobanon.trip_chain[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.trip_chains(mobanon.stay[], interval, integer, uuid, text) IS
	'two consecutive trips each, over the stay in between; longest holds for both; per_day counts chains, by the day of the first departure; otherwise as trips()';
