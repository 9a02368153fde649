-- Flows: from where to where, in areas as fine as k allows.

CREATE TYPE mobanon.flow AS (
	origin		mobanon.cell,
	destination	mobanon.cell,
	subjects	bigint,
	trips		bigint
);
COMMENT ON TYPE mobanon.flow IS
	'a row of kanon_flows: k distinct subjects or more went from the one area to the other; trips is null where it would tell of fewer';

CREATE TYPE mobanon.chain_flow AS (
	origin		mobanon.cell,
	via			mobanon.cell,
	destination	mobanon.cell,
	subjects	bigint,
	trips		bigint
);
COMMENT ON TYPE mobanon.chain_flow IS
	'a row of kanon_chains: k distinct subjects or more went from the first area over the second to the third; trips is null where it would tell of fewer';

CREATE FUNCTION mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_add_uuid';
COMMENT ON FUNCTION mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_add_uuid';
COMMENT ON FUNCTION mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_add_bigint';
COMMENT ON FUNCTION mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_add_bigint';
COMMENT ON FUNCTION mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'flows_add_text';
COMMENT ON FUNCTION mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'flows_add_text';
COMMENT ON FUNCTION mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.flows_final(internal) RETURNS mobanon.flow[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_final';
COMMENT ON FUNCTION mobanon.flows_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';

CREATE AGGREGATE mobanon.kanon_flows(subject uuid, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.flows_add_uuid, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(uuid, mobanon.cell, mobanon.cell, integer, text[]) IS
	'flows between areas that never overlap, each with k distinct subjects or more: origin and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_flows(subject uuid, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.flows_add_uuid, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(uuid, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';
CREATE AGGREGATE mobanon.kanon_flows(subject bigint, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.flows_add_bigint, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(bigint, mobanon.cell, mobanon.cell, integer, text[]) IS
	'flows between areas that never overlap, each with k distinct subjects or more: origin and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_flows(subject bigint, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.flows_add_bigint, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(bigint, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';
CREATE AGGREGATE mobanon.kanon_flows(subject text, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.flows_add_text, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(text, mobanon.cell, mobanon.cell, integer, text[]) IS
	'flows between areas that never overlap, each with k distinct subjects or more: origin and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_flows(subject text, origin mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.flows_add_text, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.flows_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_flows(text, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';

CREATE FUNCTION mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'chains_add_uuid';
COMMENT ON FUNCTION mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'chains_add_uuid';
COMMENT ON FUNCTION mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'chains_add_bigint';
COMMENT ON FUNCTION mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'chains_add_bigint';
COMMENT ON FUNCTION mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'chains_add_text';
COMMENT ON FUNCTION mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'chains_add_text';
COMMENT ON FUNCTION mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.chains_final(internal) RETURNS mobanon.chain_flow[]
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'flows_final';
COMMENT ON FUNCTION mobanon.chains_final(internal) IS
	'final function; part of an aggregate, not to be called by itself';

CREATE AGGREGATE mobanon.kanon_chains(subject uuid, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.chains_add_uuid, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'chains of two trips between areas that never overlap, each with k distinct subjects or more: origin, via and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_chains(subject uuid, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.chains_add_uuid, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';
CREATE AGGREGATE mobanon.kanon_chains(subject bigint, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.chains_add_bigint, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'chains of two trips between areas that never overlap, each with k distinct subjects or more: origin, via and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_chains(subject bigint, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.chains_add_bigint, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';
CREATE AGGREGATE mobanon.kanon_chains(subject text, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[]) (
	SFUNC = mobanon.chains_add_text, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]) IS
	'chains of two trips between areas that never overlap, each with k distinct subjects or more: origin, via and destination as fine as k allows, on a ladder of resolutions from fine to coarse; a subject counts at most 4 times in the trips of a row, and trips is null where fewer than k subjects count more than once, or fewer than k less than 4 times; up to 5 per cent of the subjects of an area are withheld, in each step, where that shows the others in finer areas; rows without subject or cell are ignored; what has fewer than k subjects between the coarsest areas is withheld';
CREATE AGGREGATE mobanon.kanon_chains(subject text, origin mobanon.cell, via mobanon.cell, destination mobanon.cell, k integer, resolutions text[], bound integer, loss integer) (
	SFUNC = mobanon.chains_add_text, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mobanon.chains_final, FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_chains(text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) IS
	'the same with the limits given: a subject counts at most bound times in the trips of a row (1 to k), and trips is null where, with a bound above 1, fewer than k subjects count more than once, or fewer than k less than bound times; up to loss per cent (0 to 50) of the subjects of an area are withheld, in each step, where that shows the others in finer areas; with 0 all trips between coarsest areas with k subjects are in a row';
