-- Groups that are not too uniform in what is sensitive.
-- Transition functions: note what a subject holds.

CREATE FUNCTION mobanon.kanon_diverse_uuid_text(internal, uuid, text, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 15 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_text(internal, uuid, text, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_uuid_text(internal, uuid, text, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 15 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_text(internal, uuid, text, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_uuid_bigint(internal, uuid, bigint, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_bigint(internal, uuid, bigint, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_uuid_bigint(internal, uuid, bigint, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_bigint(internal, uuid, bigint, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_uuid_cell(internal, uuid, mobanon.cell, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME', 'kanon_diverse_uuid_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_cell(internal, uuid, mobanon.cell, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_uuid_cell(internal, uuid, mobanon.cell, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME', 'kanon_diverse_uuid_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_uuid_cell(internal, uuid, mobanon.cell, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_text(internal, bigint, text, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 15 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_text(internal, bigint, text, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_text(internal, bigint, text, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 15 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_text(internal, bigint, text, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_bigint(internal, bigint, bigint, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_bigint(internal, bigint, bigint, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_bigint(internal, bigint, bigint, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_bigint(internal, bigint, bigint, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_cell(internal, bigint, mobanon.cell, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME', 'kanon_diverse_bigint_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_cell(internal, bigint, mobanon.cell, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_bigint_cell(internal, bigint, mobanon.cell, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 9 AS 'MODULE_PATHNAME', 'kanon_diverse_bigint_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_bigint_cell(internal, bigint, mobanon.cell, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_text(internal, text, text, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 22 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_text(internal, text, text, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_text(internal, text, text, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 22 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_text(internal, text, text, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_bigint(internal, text, bigint, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 16 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_bigint(internal, text, bigint, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_bigint(internal, text, bigint, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 16 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_bigint(internal, text, bigint, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_cell(internal, text, mobanon.cell, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 16 AS 'MODULE_PATHNAME', 'kanon_diverse_text_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_cell(internal, text, mobanon.cell, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_text_cell(internal, text, mobanon.cell, integer, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 16 AS 'MODULE_PATHNAME', 'kanon_diverse_text_bigint';
COMMENT ON FUNCTION mobanon.kanon_diverse_text_cell(internal, text, mobanon.cell, integer, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_combine(internal, internal) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_combine(internal, internal) IS
	'combine function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_serialize(internal) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_serialize(internal) IS
	'the state of a parallel worker for its leader; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_deserialize(bytea, internal) RETURNS internal
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_deserialize(bytea, internal) IS
	'the state of a parallel worker for its leader; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.kanon_diverse_final(internal) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.kanon_diverse_final(internal) IS
	'final function of kanon_diverse: applies the rules; part of an aggregate, not to be called by itself';

-- The aggregates.

CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive text, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, text, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive bigint, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, bigint, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive mobanon.cell, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, mobanon.cell, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive text, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, text, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive bigint, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, bigint, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive mobanon.cell, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, mobanon.cell, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive text, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, text, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive bigint, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, bigint, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive mobanon.cell, k integer, l integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, mobanon.cell, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by k subjects, or when one value may be held by more than 90 percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive text, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, text, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive bigint, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, bigint, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject uuid, sensitive mobanon.cell, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_uuid_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(uuid, mobanon.cell, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive text, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, text, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive bigint, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, bigint, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject bigint, sensitive mobanon.cell, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_bigint_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(bigint, mobanon.cell, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive text, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_text, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, text, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive bigint, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_bigint, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, bigint, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
CREATE AGGREGATE mobanon.kanon_diverse(subject text, sensitive mobanon.cell, k integer, l integer, enough integer, share integer) (
	STYPE = internal, SSPACE = 320,
	SFUNC = mobanon.kanon_diverse_text_cell, COMBINEFUNC = mobanon.kanon_diverse_combine,
	SERIALFUNC = mobanon.kanon_diverse_serialize, DESERIALFUNC = mobanon.kanon_diverse_deserialize,
	FINALFUNC = mobanon.kanon_diverse_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_diverse(text, mobanon.cell, integer, integer, integer, integer) IS
	'number of distinct subjects of the group, exact; null when fewer than k, when fewer than l values of sensitive are each held by enough subjects, or when one value may be held by more than share percent of them. A subject with several values, or with null only, holds none, and may be thought to hold any.';
