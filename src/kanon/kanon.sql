CREATE TYPE mobanon.subject_set;

CREATE FUNCTION mobanon.subject_set_in(cstring) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_in(cstring) IS
	'input function of subject_set: its own text form, checked; anything else is an error';
CREATE FUNCTION mobanon.subject_set_out(mobanon.subject_set) RETURNS cstring
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_out(mobanon.subject_set) IS
	'output function of subject_set: lossless text; confidential, it lists every subject';
CREATE FUNCTION mobanon.subject_set_recv(internal) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_recv(internal) IS
	'binary input of subject_set: big-endian, sorted, checked';
CREATE FUNCTION mobanon.subject_set_send(mobanon.subject_set) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_send(mobanon.subject_set) IS
	'binary output of subject_set: lossless; confidential, it lists every subject';

CREATE TYPE mobanon.subject_set (
	INPUT = mobanon.subject_set_in,
	OUTPUT = mobanon.subject_set_out,
	RECEIVE = mobanon.subject_set_recv,
	SEND = mobanon.subject_set_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mobanon.subject_set IS
	'the distinct subjects of a group, exact and mergeable; confidential: as sensitive as the rows it was made from';

-- Comparing and uniting stored sets.

CREATE FUNCTION mobanon.cardinality(mobanon.subject_set) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'subject_set_cardinality';
COMMENT ON FUNCTION mobanon.cardinality(mobanon.subject_set) IS
	'number of subjects in a set: exact and not suppressed, so not for analysts; null for null';

CREATE FUNCTION mobanon.subject_set_union(mobanon.subject_set, mobanon.subject_set) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'subject_set_union_sets';
COMMENT ON FUNCTION mobanon.subject_set_union(mobanon.subject_set, mobanon.subject_set) IS
	'the subjects of both sets, each once; an error when one holds uuid, the other bigint or text; null for null';

CREATE FUNCTION mobanon.subject_set_eq(mobanon.subject_set, mobanon.subject_set) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_eq(mobanon.subject_set, mobanon.subject_set) IS
	'implementation of = : same kind of subject and same subjects';
CREATE FUNCTION mobanon.subject_set_ne(mobanon.subject_set, mobanon.subject_set) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_ne(mobanon.subject_set, mobanon.subject_set) IS
	'implementation of <> : not the same subjects';
CREATE FUNCTION mobanon.subject_set_hash(mobanon.subject_set) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_hash(mobanon.subject_set) IS
	'hash of a set, for DISTINCT, GROUP BY and hash joins';

CREATE OPERATOR mobanon.= (
	LEFTARG = mobanon.subject_set, RIGHTARG = mobanon.subject_set,
	FUNCTION = mobanon.subject_set_eq,
	COMMUTATOR = OPERATOR(mobanon.=), NEGATOR = OPERATOR(mobanon.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR mobanon.<> (
	LEFTARG = mobanon.subject_set, RIGHTARG = mobanon.subject_set,
	FUNCTION = mobanon.subject_set_ne,
	COMMUTATOR = OPERATOR(mobanon.<>), NEGATOR = OPERATOR(mobanon.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS mobanon.subject_set_ops
	DEFAULT FOR TYPE mobanon.subject_set USING hash AS
	OPERATOR 1 mobanon.=,
	FUNCTION 1 mobanon.subject_set_hash(mobanon.subject_set);

-- Transition functions: add one subject (or one set) to the state of a group.
-- COST as measured beside count(*), whose transition costs 1; text is hashed.

CREATE FUNCTION mobanon.kanon_suppress_uuid(mobanon.subject_set, uuid, integer) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_suppress_uuid(mobanon.subject_set, uuid, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_suppress_bigint(mobanon.subject_set, bigint, integer) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_suppress_bigint(mobanon.subject_set, bigint, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_suppress_text(mobanon.subject_set, text, integer) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_suppress_text(mobanon.subject_set, text, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_suppress_set(mobanon.subject_set, mobanon.subject_set, integer) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_suppress_set(mobanon.subject_set, mobanon.subject_set, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.subject_set_agg_uuid(mobanon.subject_set, uuid) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_agg_uuid(mobanon.subject_set, uuid) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.subject_set_agg_bigint(mobanon.subject_set, bigint) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_agg_bigint(mobanon.subject_set, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.subject_set_agg_text(mobanon.subject_set, text) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_agg_text(mobanon.subject_set, text) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.subject_set_agg_set(mobanon.subject_set, mobanon.subject_set) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_agg_set(mobanon.subject_set, mobanon.subject_set) IS
	'transition function; part of an aggregate, not to be called by itself';

CREATE FUNCTION mobanon.kanon_combine(mobanon.subject_set, mobanon.subject_set) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_combine(mobanon.subject_set, mobanon.subject_set) IS
	'combine function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_final(mobanon.subject_set) RETURNS bigint
	LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_final(mobanon.subject_set) IS
	'final function of kanon_suppress: applies the threshold; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.subject_set_final(mobanon.subject_set) RETURNS mobanon.subject_set
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.subject_set_final(mobanon.subject_set) IS
	'final function of subject_set_agg and subject_set_union; part of an aggregate, not to be called by itself';

-- The aggregates.  SSPACE: a header and three subjects; half of all groups hold one.

CREATE AGGREGATE mobanon.kanon_suppress(subject uuid, k integer) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.kanon_suppress_uuid, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.kanon_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_suppress(uuid, integer) IS
	'number of distinct subjects of the group (uuid pseudonyms), exact; null when fewer than k. Null subjects are not counted. An error when k is null, below mobanon.k_floor, or not constant within the group.';
CREATE AGGREGATE mobanon.kanon_suppress(subject bigint, k integer) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.kanon_suppress_bigint, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.kanon_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_suppress(bigint, integer) IS
	'number of distinct subjects of the group (bigint subjects), exact; null when fewer than k. Null subjects are not counted. An error when k is null, below mobanon.k_floor, or not constant within the group.';
CREATE AGGREGATE mobanon.kanon_suppress(subject text, k integer) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.kanon_suppress_text, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.kanon_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_suppress(text, integer) IS
	'number of distinct subjects of the group (text subjects, compared byte by byte), exact; null when fewer than k. Null subjects are not counted. An error when k is null, below mobanon.k_floor, or not constant within the group.';
CREATE AGGREGATE mobanon.kanon_suppress(subjects mobanon.subject_set, k integer) (
	STYPE = mobanon.subject_set, SSPACE = 1024,
	SFUNC = mobanon.kanon_suppress_set, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.kanon_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_suppress(mobanon.subject_set, integer) IS
	'number of distinct subjects in the union of stored sets, exact; null when fewer than k. Null sets are not counted. Errors as for single subjects.';

CREATE AGGREGATE mobanon.subject_set_agg(subject uuid) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.subject_set_agg_uuid, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.subject_set_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.subject_set_agg(uuid) IS
	'the distinct subjects of the group as a set to be stored and merged (uuid pseudonyms); null subjects are left out. Confidential.';
CREATE AGGREGATE mobanon.subject_set_agg(subject bigint) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.subject_set_agg_bigint, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.subject_set_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.subject_set_agg(bigint) IS
	'the distinct subjects of the group as a set to be stored and merged (bigint subjects); null subjects are left out. Confidential.';
CREATE AGGREGATE mobanon.subject_set_agg(subject text) (
	STYPE = mobanon.subject_set, SSPACE = 64,
	SFUNC = mobanon.subject_set_agg_text, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.subject_set_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.subject_set_agg(text) IS
	'the distinct subjects of the group as a set to be stored and merged (text subjects, compared byte by byte); null subjects are left out. Confidential.';
CREATE AGGREGATE mobanon.subject_set_union(subjects mobanon.subject_set) (
	STYPE = mobanon.subject_set, SSPACE = 1024,
	SFUNC = mobanon.subject_set_agg_set, COMBINEFUNC = mobanon.kanon_combine,
	FINALFUNC = mobanon.subject_set_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.subject_set_union(mobanon.subject_set) IS
	'the union of stored sets; null sets are left out. Confidential.';
