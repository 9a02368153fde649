/*
 * stays_sql.c
 *		The aggregate stays(cell, at, minimum, gap): the stays of one subject.
 *
 * The state is internal: it lives in the aggregate's memory and holds one open
 * stay and the stays found so far.
 */
#include "mobility/mobility.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "cell/cell_sql.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mobility/walk.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(stays_add);
PG_FUNCTION_INFO_V1(stays_final);

/* Bytes of a stay in the result: header of a row, four columns of eight bytes. */
#define STAY_ROW_BYTES 56
#define MOST_STAYS ((MaxAllocSize - 64) / STAY_ROW_BYTES)

typedef struct StaysState
{
	Interval	minimum;		/* as given */
	Interval	gap;
	Walk		walk;
	size_t		capacity;		/* of walk.stays */
	MemoryContext context;
} StaysState;

/* ---- arguments ----------------------------------------------------------- */

/*
 * An interval in microseconds, days of 24 hours.  Errors: months, whose length
 * varies; a negative length; out of range.
 */
int64
fixed_interval(const Interval *interval, const char *name)
{
	int64		microseconds;

	if (interval->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain months", name),
				 errhint("Months differ in length: give days, hours or minutes.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &microseconds) ||
		pg_add_s64_overflow(microseconds, interval->time, &microseconds))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", name),
				 errhint("Give a shorter interval.")));
	if (microseconds < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name),
				 errhint("Give an interval such as '15 minutes'.")));
	return microseconds;
}

static bool
same_interval(const Interval *a, const Interval *b)
{
	return a->time == b->time && a->day == b->day && a->month == b->month;
}

static pg_noinline void
report_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", name),
			 errhint("Pass minimum and gap as intervals, such as '15 minutes' and '2 hours'.")));
}

static pg_noinline void
report_changed(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("minimum and gap must be constant within a group"),
			 errhint("Pass constants, or group by the columns that they come from.")));
}

static pg_noinline void
report_disorder(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("events are not in order of time"),
			 errhint("Write ORDER BY at behind the last argument, or aggregate over a subquery that is sorted by subject and time; and group by the subject.")));
}

/* ---- transition ---------------------------------------------------------- */

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (unlikely(!AggCheckCallContext(fcinfo, &context)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function is part of an aggregate and cannot be called by itself"),
				 errhint("Use mobanon.stays.")));
	return context;
}

static StaysState *
stays_create(FunctionCallInfo fcinfo, MemoryContext context)
{
	StaysState *state;
	WalkRules	rules;

	for (int i = 3; i <= 4; i++)
		if (PG_ARGISNULL(i))
			report_null(i == 3 ? "minimum" : "gap");
	rules.minimum = fixed_interval(PG_GETARG_INTERVAL_P(3), "minimum");
	rules.gap = fixed_interval(PG_GETARG_INTERVAL_P(4), "gap");

	state = MemoryContextAlloc(context, sizeof(StaysState));
	state->minimum = *PG_GETARG_INTERVAL_P(3);
	state->gap = *PG_GETARG_INTERVAL_P(4);
	state->context = context;
	walk_start(&state->walk, &rules);
	state->capacity = 2 * WALK_ROOM;
	state->walk.stays = MemoryContextAlloc(context, state->capacity * sizeof(Stay));
	return state;
}

static inline void
check_constant(FunctionCallInfo fcinfo, const StaysState *state)
{
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4) ||
		!same_interval(PG_GETARG_INTERVAL_P(3), &state->minimum) ||
		!same_interval(PG_GETARG_INTERVAL_P(4), &state->gap))
		report_changed();
}

/* Room for what one call may add. */
static pg_noinline void
stays_grow(StaysState *state)
{
	if (state->walk.n_stays + WALK_ROOM > MOST_STAYS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many stays in one group"),
				 errdetail("A group holds at most %zu stays.", (size_t) MOST_STAYS),
				 errhint("Group by the subject, and by a period of time.")));
	state->capacity *= 2;
	state->walk.stays = repalloc_huge(state->walk.stays, state->capacity * sizeof(Stay));
}

/*
 * stays_add(internal, cell, at, minimum, gap): transition.
 *
 * A row without cell, or without a finite time, is no event.
 */
Datum
stays_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	StaysState *state;

	if (unlikely(PG_ARGISNULL(0)))
		state = stays_create(fcinfo, context);
	else
	{
		state = (StaysState *) PG_GETARG_POINTER(0);
		check_constant(fcinfo, state);
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(2)))
		PG_RETURN_POINTER(state);
	if (unlikely(state->walk.n_stays + WALK_ROOM > state->capacity))
		stays_grow(state);
	if (unlikely(!walk_add(&state->walk, PG_GETARG_CELL(1), PG_GETARG_TIMESTAMPTZ(2))))
		report_disorder();
	PG_RETURN_POINTER(state);
}

/* ---- final --------------------------------------------------------------- */

/* The row type of the elements of the result, looked up once in a query. */
TupleDesc
element_row_type(FunctionCallInfo fcinfo)
{
	TupleDesc	descriptor = fcinfo->flinfo->fn_extra;

	if (descriptor == NULL)
	{
		Oid			element = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (!OidIsValid(element))
			elog(ERROR, "return type must be an array of rows");
		descriptor = lookup_rowtype_tupdesc_copy(element, -1);
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = descriptor;
	}
	return descriptor;
}

static Datum
stay_row(TupleDesc descriptor, const Stay *stay)
{
	Datum		values[4] = {
		CellGetDatum(stay->cell), TimestampTzGetDatum(stay->arrival),
		TimestampTzGetDatum(stay->departure), Int64GetDatum(stay->events)
	};
	bool		nulls[4] = {false, false, false, false};

	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

/*
 * stays_final(internal, ...) returns stay[]
 *
 * Changes nothing in the state, so it may be called for every row of a window:
 * the end of the walk is walked on a copy.
 */
Datum
stays_final(PG_FUNCTION_ARGS)
{
	StaysState *state;
	TupleDesc	descriptor;
	Walk		end;
	Stay		last[WALK_ROOM];
	Datum	   *rows;
	size_t		before,
				n;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (StaysState *) PG_GETARG_POINTER(0);
	descriptor = element_row_type(fcinfo);

	end = state->walk;
	before = end.n_stays;
	end.stays = last;
	end.n_stays = 0;
	walk_finish(&end);
	n = before + end.n_stays;
	if (n == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(descriptor->tdtypeid));

	rows = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(Datum));
	for (size_t i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		rows[i] = stay_row(descriptor, i < before ? &state->walk.stays[i] : &last[i - before]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(rows, (int) n, descriptor->tdtypeid, -1, false, TYPALIGN_DOUBLE));
}
