-- Amounts of groups: sum, average and quantiles of what subjects contribute.
-- Transition functions: add one row to the contributions of a group. COST as measured beside count(*).

CREATE FUNCTION mobanon.magnitude_uuid(internal, uuid, bigint, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_uuid(internal, uuid, bigint, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_uuid(internal, uuid, bigint, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_uuid(internal, uuid, bigint, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_bigint(internal, bigint, bigint, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_bigint(internal, bigint, bigint, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_bigint(internal, bigint, bigint, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_bigint(internal, bigint, bigint, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_text(internal, text, bigint, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_text(internal, text, bigint, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_text(internal, text, bigint, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_text(internal, text, bigint, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_uuid(internal, uuid, bigint, double precision, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_uuid(internal, uuid, bigint, double precision, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_uuid(internal, uuid, bigint, double precision, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_uuid(internal, uuid, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_bigint(internal, bigint, bigint, double precision, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_bigint(internal, bigint, bigint, double precision, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_bigint(internal, bigint, bigint, double precision, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_bigint(internal, bigint, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_text(internal, text, bigint, double precision, integer, bigint) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_text(internal, text, bigint, double precision, integer, bigint) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_text(internal, text, bigint, double precision, integer, bigint, integer, integer, integer) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE COST 12 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_text(internal, text, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'transition function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_combine(internal, internal) RETURNS internal
	LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_combine(internal, internal) IS
	'combine function; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_serialize(internal) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_serialize(internal) IS
	'the state of a parallel worker for its leader; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_deserialize(bytea, internal) RETURNS internal
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_deserialize(bytea, internal) IS
	'the state of a parallel worker for its leader; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_sum_final(internal) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_sum_final(internal) IS
	'final function of kanon_sum: applies the rules; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_avg_final(internal) RETURNS numeric
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_avg_final(internal) IS
	'final function of kanon_avg: applies the rules; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_quantile_final(internal) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_quantile_final(internal) IS
	'final function of kanon_quantile: applies the rules; part of an aggregate, not to be called by itself';
CREATE FUNCTION mobanon.magnitude_reason_final(internal) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.magnitude_reason_final(internal) IS
	'final function of kanon_reason: applies the rules; part of an aggregate, not to be called by itself';

-- The aggregates.  SSPACE: the state and room for three subjects.

CREATE AGGREGATE mobanon.kanon_sum(subject uuid, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(uuid, bigint, integer, bigint) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_sum(subject bigint, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(bigint, bigint, integer, bigint) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_sum(subject text, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(text, bigint, integer, bigint) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_sum(subject uuid, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(uuid, bigint, integer, bigint, integer, integer, integer) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_sum(subject bigint, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(bigint, bigint, integer, bigint, integer, integer, integer) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_sum(subject text, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_sum_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_sum(text, bigint, integer, bigint, integer, integer, integer) IS
	'sum of the subjects'' contributions (whole units) in the group; a contribution is the sum of the subject''s values, at most bound. Null unless at least k subjects contribute more than 0 and at least k less than bound, and where one or two subjects dominate: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_avg(subject uuid, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(uuid, bigint, integer, bigint) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_avg(subject bigint, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(bigint, bigint, integer, bigint) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_avg(subject text, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(text, bigint, integer, bigint) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_avg(subject uuid, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(uuid, bigint, integer, bigint, integer, integer, integer) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_avg(subject bigint, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(bigint, bigint, integer, bigint, integer, integer, integer) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_avg(subject text, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_avg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_avg(text, bigint, integer, bigint, integer, integer, integer) IS
	'kanon_sum divided by the number of distinct subjects, with or without a value: the average contribution of a subject. Null whenever kanon_sum is: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_quantile(subject uuid, value bigint, fraction double precision, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(uuid, bigint, double precision, integer, bigint) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_quantile(subject bigint, value bigint, fraction double precision, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(bigint, bigint, double precision, integer, bigint) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_quantile(subject text, value bigint, fraction double precision, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(text, bigint, double precision, integer, bigint) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_quantile(subject uuid, value bigint, fraction double precision, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(uuid, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_quantile(subject bigint, value bigint, fraction double precision, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(bigint, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_quantile(subject text, value bigint, fraction double precision, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_quantile_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_quantile_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_quantile(text, bigint, double precision, integer, bigint, integer, integer, integer) IS
	'quantile of the subjects'' contributions, in whole units, at a fraction between 0 and 1 (thousandths; 0.5 is the median), on a line through means of blocks of at least k subjects. Null whenever kanon_sum is, with fewer than 3k subjects, where all quantiles would be one number, and for fractions beyond the middles of the outermost blocks: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_reason(subject uuid, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(uuid, bigint, integer, bigint) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_reason(subject bigint, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(bigint, bigint, integer, bigint) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_reason(subject text, value bigint, k integer, bound bigint) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(text, bigint, integer, bigint) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with p = 10.';
CREATE AGGREGATE mobanon.kanon_reason(subject uuid, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_uuid, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(uuid, bigint, integer, bigint, integer, integer, integer) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_reason(subject bigint, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_bigint, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(bigint, bigint, integer, bigint, integer, integer, integer) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
CREATE AGGREGATE mobanon.kanon_reason(subject text, value bigint, k integer, bound bigint, p integer, n integer, share integer) (
	STYPE = internal, SSPACE = 192,
	SFUNC = mobanon.magnitude_text, COMBINEFUNC = mobanon.magnitude_combine,
	SERIALFUNC = mobanon.magnitude_serialize, DESERIALFUNC = mobanon.magnitude_deserialize,
	FINALFUNC = mobanon.magnitude_reason_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mobanon.kanon_reason(text, bigint, integer, bigint, integer, integer, integer) IS
	'why kanon_sum with the same arguments withholds the group; null when it does not. For administrators: which rule withholds is a hint at what is withheld: p% rule with the given p, or (n, share) dominance rule, or both; what is null is not applied.';
