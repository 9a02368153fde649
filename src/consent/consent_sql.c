/*
 * consent_sql.c
 *		What SQL needs of histories: merging decisions, and reading them.
 */
#include "consent.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/multirangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(decision_code);
PG_FUNCTION_INFO_V1(merge_decisions);
PG_FUNCTION_INFO_V1(consent_intervals);
PG_FUNCTION_INFO_V1(consent_open);
PG_FUNCTION_INFO_V1(consent_floor);
PG_FUNCTION_INFO_V1(ledger_era);

/*
 * decision_code(state text, valid_until timestamptz) returns timestamptz
 *
 * How a state array writes a decision of the ledger: a grant by the end of its
 * validity (NULL: infinity), the others by a time that no grant can have.
 */
Datum
decision_code(PG_FUNCTION_ARGS)
{
	char	   *state = text_to_cstring(PG_GETARG_TEXT_PP(0));

	if (strcmp(state, "granted") == 0)
		PG_RETURN_TIMESTAMPTZ(PG_ARGISNULL(1) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(1));
	if (strcmp(state, "invalidated") == 0)
		PG_RETURN_TIMESTAMPTZ(DECISION_INVALIDATED);
	if (strcmp(state, "ended") == 0)
		PG_RETURN_TIMESTAMPTZ(DECISION_ENDED);
	PG_RETURN_TIMESTAMPTZ(DECISION_STOPPED);
}

/* The decisions of an array, sorted; arrays that SQL made may be in any order. */
static Decision *
decisions_from_array(ArrayType *array, int *n)
{
	int			items = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	Decision   *decisions;

	if (ARR_HASNULL(array) || items % 2 != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decisions are pairs of timestamps without nulls")));
	decisions = palloc(Max(items, 1) * sizeof(TimestampTz));
	memcpy(decisions, ARR_DATA_PTR(array), items * sizeof(TimestampTz));
	*n = decisions_normalize(decisions, items / 2);
	return decisions;
}

/*
 * merge_decisions(a timestamptz[], b timestamptz[]) returns timestamptz[]
 *
 * The decisions of both, each once, sorted: commutative, associative and
 * idempotent, so states converge whatever the order of arrival.
 */
Datum
merge_decisions(PG_FUNCTION_ARGS)
{
	int			na;
	int			nb;
	Decision   *a = decisions_from_array(PG_GETARG_ARRAYTYPE_P(0), &na);
	Decision   *b = decisions_from_array(PG_GETARG_ARRAYTYPE_P(1), &nb);
	Decision   *merged = palloc((na + nb + 1) * sizeof(Decision));
	int			n = decisions_merge(a, na, b, nb, merged);
	Datum	   *items = palloc((2 * n + 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
	{
		items[2 * i] = TimestampTzGetDatum(merged[i].decided);
		items[2 * i + 1] = TimestampTzGetDatum(merged[i].code);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(items, 2 * n, TIMESTAMPTZOID, sizeof(TimestampTz),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static History
history_arg(FunctionCallInfo fcinfo)
{
	History		history;
	int			n;
	Decision   *decisions = decisions_from_array(PG_GETARG_ARRAYTYPE_P(0), &n);

	history.spans = palloc((n + 1) * sizeof(Span));
	history_of(decisions, n, &history);
	return history;
}

/*
 * consent_intervals(decisions timestamptz[]) returns tstzmultirange
 *
 * When consent was, is or (a grant with an end) will be in force.
 */
Datum
consent_intervals(PG_FUNCTION_ARGS)
{
	History		history = history_arg(fcinfo);
	TypeCacheEntry *type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	RangeType **ranges = palloc((history.n + 1) * sizeof(RangeType *));

	for (int i = 0; i < history.n; i++)
	{
		RangeBound	lower = {TimestampTzGetDatum(history.spans[i].from), false, true, true};
		RangeBound	upper = {TimestampTzGetDatum(history.spans[i].until), false, false, false};

		upper.infinite = history.spans[i].until == DT_NOEND;
		ranges[i] = mobanon_make_range(type, &lower, &upper);
	}
	PG_RETURN_MULTIRANGE_P(make_multirange(TSTZMULTIRANGEOID, type, history.n, ranges));
}

/*
 * consent_open(decisions timestamptz[]) returns boolean
 *
 * Is the latest decision a grant?  (It may have lapsed: see consent_intervals.)
 */
Datum
consent_open(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(history_arg(fcinfo).open);
}

/*
 * consent_floor(decisions timestamptz[]) returns timestamptz
 *
 * The time from which on the subject is the person it is now; -infinity when
 * the identifier was never handed on.
 */
Datum
consent_floor(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(history_arg(fcinfo).floor);
}

/*
 * ledger_era() returns bigint
 *
 * The identifier of this cluster: transaction ids are compared only within one.
 */
Datum
ledger_era(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) GetSystemIdentifier());
}

void
consent_init(void)
{
	consented_init();
	guard_init();
}
