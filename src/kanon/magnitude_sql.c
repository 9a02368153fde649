/*
 * magnitude_sql.c
 *		kanon_sum, kanon_avg, kanon_quantile and kanon_reason (subject, value,
 *		[fraction,] k, bound [, p, n, share]): the aggregates' functions.
 *
 * Transition: add to the subject's contribution.  Combine: add contributions.
 * Final: judge, then tell.  The state is ours (internal): contributions are of
 * no use beyond the statement, and nobody should keep them.
 *
 * A value of NULL is no contribution, but its subject is one of the group: so
 * the average is per subject of kanon_suppress(subject, k), and no two counts
 * of one group differ by those without a value.
 */
#include "kanon/magnitude.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(magnitude_uuid);
PG_FUNCTION_INFO_V1(magnitude_bigint);
PG_FUNCTION_INFO_V1(magnitude_text);
PG_FUNCTION_INFO_V1(magnitude_quantile_uuid);
PG_FUNCTION_INFO_V1(magnitude_quantile_bigint);
PG_FUNCTION_INFO_V1(magnitude_quantile_text);
PG_FUNCTION_INFO_V1(magnitude_combine);
PG_FUNCTION_INFO_V1(magnitude_serialize);
PG_FUNCTION_INFO_V1(magnitude_deserialize);
PG_FUNCTION_INFO_V1(magnitude_sum_final);
PG_FUNCTION_INFO_V1(magnitude_avg_final);
PG_FUNCTION_INFO_V1(magnitude_quantile_final);
PG_FUNCTION_INFO_V1(magnitude_reason_final);

typedef struct MagnitudeState
{
	SubjectKind kind;
	MagnitudeRules rules;
	SubjectMap	contributions;
} MagnitudeState;

/* ---- the rules as arguments ----------------------------------------------- */

static void
check_bound(int64 bound)
{
	if (bound < 1 || bound > MAGNITUDE_MAX_BOUND)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bound must be between 1 and " INT64_FORMAT, MAGNITUDE_MAX_BOUND),
				 errhint("Pass the most that one subject may contribute to a group, in the unit of the values.")));
}

static void
check_p(int32 p)
{
	if (p < 1 || p > MAGNITUDE_MAX_P)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("p must be between 1 and %d percent, or null", MAGNITUDE_MAX_P),
				 errhint("The p%% rule withholds a group in which one subject's contribution could be estimated within p percent.")));
}

static void
check_dominance(int32 n, int32 share)
{
	if (n < 1 || n > MAGNITUDE_MAX_N || share < 1 || share > 99)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("n must be between 1 and %d, and share between 1 and 99 percent, or both null", MAGNITUDE_MAX_N),
				 errhint("The dominance rule withholds a group in which n subjects contribute more than share percent.")));
}

static void
check_fraction(double fraction)
{
	/* NaN is refused, too. */
	if (!(fraction > 0 && fraction < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fraction must be greater than 0 and less than 1"),
				 errhint("0.5 is the median. The smallest and the largest value are one subject's each, and never told.")));
}

/* Thousandths; what rounds to an end is moved next to it, where it is refused by the group's size. */
static int32
fraction_in_thousandths(double fraction)
{
	int32		thousandths = (int32) rint(fraction * FRACTION_ONE);

	return Max(1, Min(thousandths, FRACTION_ONE - 1));
}

/* Not null, for k is checked elsewhere. */
static void
check_given(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/* Arguments after the value: [fraction,] k, bound [, p, n, share]; checked when a group begins. */
static void
check_rules(FunctionCallInfo fcinfo, bool quantile)
{
	int			at = quantile ? 4 : 3;

	if (quantile)
	{
		check_given(fcinfo, 3, "fraction");
		check_fraction(PG_GETARG_FLOAT8(3));
	}
	check_k(PG_ARGISNULL(at), PG_GETARG_INT32(at));
	check_given(fcinfo, at + 1, "bound");
	check_bound(PG_GETARG_INT64(at + 1));
	if (PG_NARGS() == at + 2)
		return;
	if (PG_ARGISNULL(at + 2) && PG_ARGISNULL(at + 3) && PG_ARGISNULL(at + 4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("p, n and share must not all be null"),
				 errhint("Pass p for the p%% rule, or n and share for the dominance rule, or all three for both.")));
	if (!PG_ARGISNULL(at + 2))
		check_p(PG_GETARG_INT32(at + 2));
	if (PG_ARGISNULL(at + 3) != PG_ARGISNULL(at + 4))
		check_dominance(0, 0);
	if (!PG_ARGISNULL(at + 3))
		check_dominance(PG_GETARG_INT32(at + 3), PG_GETARG_INT32(at + 4));
}

static inline int32
int32_or_zero(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT32(argument);
}

/* The rules of this row; what is null is 0, which no rule that was checked is. */
static inline void
get_rules(FunctionCallInfo fcinfo, bool quantile, MagnitudeRules *rules)
{
	int			at = quantile ? 4 : 3;

	rules->k = int32_or_zero(fcinfo, at);
	rules->bound = PG_ARGISNULL(at + 1) ? 0 : PG_GETARG_INT64(at + 1);
	if (PG_NARGS() == at + 2)
	{
		rules->p = MAGNITUDE_DEFAULT_P;
		rules->n = rules->share = 0;
	}
	else
	{
		rules->p = int32_or_zero(fcinfo, at + 2);
		rules->n = int32_or_zero(fcinfo, at + 3);
		rules->share = int32_or_zero(fcinfo, at + 4);
	}
	rules->fraction = 0;
	if (quantile && !PG_ARGISNULL(3))
		rules->fraction = fraction_in_thousandths(PG_GETARG_FLOAT8(3));
}

static inline void
check_same_rules(const MagnitudeRules *a, const MagnitudeRules *b)
{
	if (unlikely(a->bound != b->bound || a->k != b->k || a->p != b->p ||
				 a->n != b->n || a->share != b->share || a->fraction != b->fraction))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k, bound and the other parameters must be constant within a group"),
				 errhint("Pass constants, or group by the columns that they come from.")));
}

/* ---- transition ------------------------------------------------------------ */

static MagnitudeState *
create_state(MemoryContext context, SubjectKind kind, const MagnitudeRules *rules)
{
	MagnitudeState *state = MemoryContextAlloc(context, sizeof(MagnitudeState));

	state->kind = kind;
	state->rules = *rules;
	subject_map_init(&state->contributions, kind, context);
	return state;
}

static inline void
add_value(MagnitudeState *state, SubjectKey subject, int64 value)
{
	uint64	   *contribution = subject_map_word(&state->contributions, subject);

	if (unlikely(value < 0))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a value must not be negative"),
				 errdetail("Whether one subject dominates a sum can only be told of amounts."),
				 errhint("Leave such rows out, or pass greatest(value, 0).")));
	*contribution = magnitude_add(*contribution, (uint64) value, state->rules.bound);
}

/* One row: state, subject, value, [fraction,] k, bound [, p, n, share]. */
static inline Datum
magnitude_step(FunctionCallInfo fcinfo, SubjectKind kind, bool quantile)
{
	MemoryContext context = aggregate_context(fcinfo);
	MagnitudeState *state;
	MagnitudeRules rules = {0};

	if (unlikely(PG_ARGISNULL(0)))
	{
		check_rules(fcinfo, quantile);
		get_rules(fcinfo, quantile, &rules);
		state = create_state(context, kind, &rules);
	}
	else
	{
		state = (MagnitudeState *) PG_GETARG_POINTER(0);
		get_rules(fcinfo, quantile, &rules);
		check_same_rules(&state->rules, &rules);
	}
	/* A null subject is no subject; a null value is none, and its subject is there. */
	if (!PG_ARGISNULL(1))
		add_value(state, subject_key_arg(fcinfo, 1, kind),
				  PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2));
	PG_RETURN_POINTER(state);
}

/* Transitions of kanon_sum, kanon_avg and kanon_reason. */
Datum
magnitude_uuid(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_UUID, false);
}

Datum
magnitude_bigint(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_BIGINT, false);
}

Datum
magnitude_text(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_TEXT, false);
}

/* Transitions of kanon_quantile. */
Datum
magnitude_quantile_uuid(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_UUID, true);
}

Datum
magnitude_quantile_bigint(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_BIGINT, true);
}

Datum
magnitude_quantile_text(PG_FUNCTION_ARGS)
{
	return magnitude_step(fcinfo, SUBJECT_KIND_TEXT, true);
}

/* ---- combine ---------------------------------------------------------------- */

/* Adds all contributions of source. */
static void
add_contributions(MagnitudeState *target, const MagnitudeState *source)
{
	SubjectMapEntry entry = {0};

	check_same_rules(&target->rules, &source->rules);
	subject_map_reserve(&target->contributions,
						subject_map_count(&target->contributions) +
						subject_map_count(&source->contributions));
	while (subject_map_next(&source->contributions, &entry))
	{
		uint64	   *contribution = subject_map_word(&target->contributions, entry.key);

		*contribution = magnitude_add(*contribution, entry.word, target->rules.bound);
	}
}

/* Combines two states; either may be NULL, the second is only borrowed. */
Datum
magnitude_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	MagnitudeState *state = PG_ARGISNULL(0) ? NULL : (MagnitudeState *) PG_GETARG_POINTER(0);
	MagnitudeState *other = PG_ARGISNULL(1) ? NULL : (MagnitudeState *) PG_GETARG_POINTER(1);

	if (other == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = create_state(context, other->kind, &other->rules);
	add_contributions(state, other);
	PG_RETURN_POINTER(state);
}

/* A state for the leader of a parallel plan. */
Datum
magnitude_serialize(PG_FUNCTION_ARGS)
{
	MagnitudeState *state = (MagnitudeState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	(void) aggregate_context(fcinfo);
	pq_begintypsend(&message);
	appendBinaryStringInfo(&message, (char *) &state->kind, sizeof(state->kind));
	appendBinaryStringInfo(&message, (char *) &state->rules, sizeof(state->rules));
	subject_map_write(&state->contributions, &message);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* The state again, in the current context. */
Datum
magnitude_deserialize(PG_FUNCTION_ARGS)
{
	StringInfoData message = bytea_message(PG_GETARG_BYTEA_PP(0));
	MagnitudeState *state = palloc(sizeof(MagnitudeState));

	(void) aggregate_context(fcinfo);
	pq_copymsgbytes(&message, (char *) &state->kind, sizeof(state->kind));
	pq_copymsgbytes(&message, (char *) &state->rules, sizeof(state->rules));
	subject_map_read(&state->contributions, state->kind, &message, CurrentMemoryContext);
	pq_getmsgend(&message);
	PG_RETURN_POINTER(state);
}

/* ---- final ------------------------------------------------------------------ */

/* What the group comes to; changes nothing, so it may be asked again. */
static MagnitudeVerdict
judge(FunctionCallInfo fcinfo, MagnitudeState **state, MagnitudeTotals *totals)
{
	(void) aggregate_context(fcinfo);
	*state = (MagnitudeState *) PG_GETARG_POINTER(0);
	magnitude_add_up(&(*state)->contributions, &(*state)->rules, totals);
	return magnitude_judge(totals, &(*state)->rules);
}

/* Final function of kanon_sum. */
Datum
magnitude_sum_final(PG_FUNCTION_ARGS)
{
	MagnitudeState *state;
	MagnitudeTotals totals;

	if (judge(fcinfo, &state, &totals) != MAGNITUDE_SAFE)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) totals.x.sum);
}

/* Final function of kanon_avg: per subject of the group, with or without a value. */
Datum
magnitude_avg_final(PG_FUNCTION_ARGS)
{
	MagnitudeState *state;
	MagnitudeTotals totals;

	if (judge(fcinfo, &state, &totals) != MAGNITUDE_SAFE)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_div,
										NumericGetDatum(int64_to_numeric((int64) totals.x.sum)),
										NumericGetDatum(int64_to_numeric((int64) totals.subjects))));
}

/* Final function of kanon_quantile: never told where the sum may not be. */
Datum
magnitude_quantile_final(PG_FUNCTION_ARGS)
{
	MagnitudeState *state;
	MagnitudeTotals totals;
	uint64	   *scratch;
	int64		quantile;
	bool		told;

	if (judge(fcinfo, &state, &totals) != MAGNITUDE_SAFE)
		PG_RETURN_NULL();
	scratch = palloc_extended(totals.subjects * sizeof(uint64), MCXT_ALLOC_HUGE);
	told = magnitude_quantile(&state->contributions, &state->rules, scratch, &quantile);
	pfree(scratch);
	if (!told)
		PG_RETURN_NULL();
	PG_RETURN_INT64(quantile);
}

/* Final function of kanon_reason: which rule withholds the sum; NULL: none does. */
Datum
magnitude_reason_final(PG_FUNCTION_ARGS)
{
	static const char *const reasons[] = {
		[MAGNITUDE_FEW_SUBJECTS] = "fewer than k subjects",
		[MAGNITUDE_FEW_CONTRIBUTE] = "fewer than k subjects contribute more than nothing",
		[MAGNITUDE_FEW_BELOW_BOUND] = "fewer than k subjects contribute less than the bound",
		[MAGNITUDE_P_RULE] = "p% rule",
		[MAGNITUDE_DOMINANCE] = "dominance rule",
	};
	MagnitudeState *state;
	MagnitudeTotals totals;
	MagnitudeVerdict verdict = judge(fcinfo, &state, &totals);

	if (verdict == MAGNITUDE_SAFE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reasons[verdict]));
}
