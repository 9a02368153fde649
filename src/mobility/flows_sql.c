/*
 * flows_sql.c
 *		The aggregates kanon_flows() and kanon_chains().
 *
 * Transition: number the trip's subject and cells, append it.  Final: divide.
 * Both aggregates have a short form and one with bound and loss; the transition
 * tells them apart by the number of its arguments.
 */
#include "mobility/mobility.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "cell/cell_sql.h"
#include "funcapi.h"
#include "kanon/kanon.h"
#include "miscadmin.h"
#include "mobility/flow.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(flows_add_uuid);
PG_FUNCTION_INFO_V1(flows_add_bigint);
PG_FUNCTION_INFO_V1(flows_add_text);
PG_FUNCTION_INFO_V1(chains_add_uuid);
PG_FUNCTION_INFO_V1(chains_add_bigint);
PG_FUNCTION_INFO_V1(chains_add_text);
PG_FUNCTION_INFO_V1(flows_final);

/* Of the short forms. */
#define DEFAULT_BOUND 4
#define DEFAULT_LOSS  5
#define LOSS_MAX	  50

typedef struct FlowState
{
	FlowTrips	trips;
	ArrayType  *resolutions;	/* as given, to see that they stay the same */
} FlowState;

/* Where the arguments behind the cells stand. */
#define K_ARG(ends)			  (2 + (ends))
#define RESOLUTIONS_ARG(ends) (3 + (ends))
#define BOUND_ARG(ends)		  (4 + (ends))
#define LOSS_ARG(ends)		  (5 + (ends))

/* ---- arguments ----------------------------------------------------------- */

static void
check_bound_and_loss(FunctionCallInfo fcinfo, int ends, int32 k)
{
	int32		bound = PG_GETARG_INT32(BOUND_ARG(ends));
	int32		loss = PG_GETARG_INT32(LOSS_ARG(ends));

	if (PG_ARGISNULL(BOUND_ARG(ends)) || bound < 1 || bound > k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bound must be between 1 and k"),
				 errhint("It is how many trips of one subject count in a row; with more than k, one subject could make up most of it.")));
	if (PG_ARGISNULL(LOSS_ARG(ends)) || loss < 0 || loss > LOSS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("loss must be between 0 and %d", LOSS_MAX),
				 errhint("It is the per cent of a row's subjects that may be withheld to show the others in finer areas.")));
}

static void
rules_from_arguments(FunctionCallInfo fcinfo, int ends, FlowRules *rules)
{
	int32		k = PG_GETARG_INT32(K_ARG(ends));

	check_k(PG_ARGISNULL(K_ARG(ends)), k);
	memset(rules, 0, sizeof(*rules));
	rules->ends = ends;
	rules->k = k;
	rules->bound = Min(DEFAULT_BOUND, k);
	rules->loss = DEFAULT_LOSS;
	if (PG_NARGS() > BOUND_ARG(ends))
	{
		check_bound_and_loss(fcinfo, ends, k);
		rules->bound = PG_GETARG_INT32(BOUND_ARG(ends));
		rules->loss = PG_GETARG_INT32(LOSS_ARG(ends));
	}
	if (PG_ARGISNULL(RESOLUTIONS_ARG(ends)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("resolutions must not be null"),
				 errhint("Give them from fine to coarse, such as '{500m,1km,5km,10km}'.")));
	rules->levels = resolutions_read(PG_GETARG_ARRAYTYPE_P(RESOLUTIONS_ARG(ends)), rules->ladder);
}

static pg_noinline void
report_changed(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("k, resolutions, bound and loss must be constant within a group"),
			 errhint("Pass constants, or group by the columns that they come from.")));
}

static void
check_constant(FunctionCallInfo fcinfo, int ends, const FlowState *state)
{
	const FlowRules *rules = &state->trips.rules;
	ArrayType  *resolutions;

	if (PG_ARGISNULL(K_ARG(ends)) || PG_ARGISNULL(RESOLUTIONS_ARG(ends)) ||
		PG_GETARG_INT32(K_ARG(ends)) != rules->k)
		report_changed();
	if (PG_NARGS() > BOUND_ARG(ends) &&
		(PG_ARGISNULL(BOUND_ARG(ends)) || PG_ARGISNULL(LOSS_ARG(ends)) ||
		 PG_GETARG_INT32(BOUND_ARG(ends)) != rules->bound || PG_GETARG_INT32(LOSS_ARG(ends)) != rules->loss))
		report_changed();
	resolutions = PG_GETARG_ARRAYTYPE_P(RESOLUTIONS_ARG(ends));
	if (VARSIZE(resolutions) != VARSIZE(state->resolutions) ||
		memcmp(resolutions, state->resolutions, VARSIZE(resolutions)) != 0)
		report_changed();
	PG_FREE_IF_COPY(resolutions, RESOLUTIONS_ARG(ends));
}

/* ---- transition ---------------------------------------------------------- */

static FlowState *
flow_state(FunctionCallInfo fcinfo, int ends)
{
	MemoryContext context = aggregate_context(fcinfo);
	MemoryContext old;
	FlowState  *state;
	FlowRules	rules;

	if (likely(!PG_ARGISNULL(0)))
	{
		state = (FlowState *) PG_GETARG_POINTER(0);
		check_constant(fcinfo, ends, state);
		return state;
	}
	rules_from_arguments(fcinfo, ends, &rules);
	old = MemoryContextSwitchTo(context);
	state = palloc(sizeof(FlowState));
	state->resolutions = PG_GETARG_ARRAYTYPE_P_COPY(RESOLUTIONS_ARG(ends));
	MemoryContextSwitchTo(old);
	flow_trips_init(&state->trips, &rules, context);
	return state;
}

static pg_noinline void
report_cell(const FlowState *state)
{
	const char *finest = resolution_name(state->trips.rules.ladder[0]);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cells must be of resolution %s, or finer", finest),
			 errhint("%s is the finest of the resolutions given; its size must be a multiple of the cells'.", finest)));
}

/* Whether the row is a trip: who, and all the cells. */
static inline bool
is_trip(FunctionCallInfo fcinfo, int ends)
{
	for (int i = 1; i <= 1 + ends; i++)
		if (PG_ARGISNULL(i))
			return false;
	return true;
}

/* A row without subject or without one of the cells is no trip; the group exists all the same. */
static inline Datum
flow_add(FunctionCallInfo fcinfo, int ends, SubjectKind kind)
{
	FlowState  *state = flow_state(fcinfo, ends);
	Cell		cells[FLOW_ENDS_MAX];

	if (!is_trip(fcinfo, ends))
		PG_RETURN_POINTER(state);
	for (int e = 0; e < ends; e++)
		cells[e] = PG_GETARG_CELL(2 + e);
	if (unlikely(!flow_trips_add(&state->trips, subject_key_arg(fcinfo, 1, kind), cells)))
		report_cell(state);
	PG_RETURN_POINTER(state);
}

/* Transitions of kanon_flows(subject, origin, destination, k, resolutions [, bound, loss]). */
Datum
flows_add_uuid(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 2, SUBJECT_KIND_UUID);
}

Datum
flows_add_bigint(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 2, SUBJECT_KIND_BIGINT);
}

Datum
flows_add_text(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 2, SUBJECT_KIND_TEXT);
}

/* Transitions of kanon_chains(subject, origin, via, destination, k, resolutions [, bound, loss]). */
Datum
chains_add_uuid(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 3, SUBJECT_KIND_UUID);
}

Datum
chains_add_bigint(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 3, SUBJECT_KIND_BIGINT);
}

Datum
chains_add_text(PG_FUNCTION_ARGS)
{
	return flow_add(fcinfo, 3, SUBJECT_KIND_TEXT);
}

/* ---- final --------------------------------------------------------------- */

static Datum
box_row(TupleDesc descriptor, const FlowBox *box, int ends)
{
	Datum		values[FLOW_ENDS_MAX + 2];
	bool		nulls[FLOW_ENDS_MAX + 2] = {false};

	for (int e = 0; e < ends; e++)
		values[e] = CellGetDatum(box->cells[e]);
	values[ends] = Int64GetDatum((int64) box->subjects);
	values[ends + 1] = Int64GetDatum((int64) box->trips);
	nulls[ends + 1] = !box->trips_shown;
	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

/*
 * flows_final(internal) returns flow[], chains_final(internal) returns chain_flow[]
 *
 * The boxes of k subjects or more, in order of their cells; an empty array when
 * there is none, NULL for no row at all.  Changes nothing in the state.
 */
Datum
flows_final(PG_FUNCTION_ARGS)
{
	FlowState  *state;
	TupleDesc	descriptor;
	MemoryContext work,
				old;
	FlowBox    *boxes;
	size_t		n;
	Datum	   *rows;
	ArrayType  *result;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (FlowState *) PG_GETARG_POINTER(0);
	descriptor = element_row_type(fcinfo);

	work = AllocSetContextCreate(CurrentMemoryContext, "mobanon flows", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	boxes = flow_partition(&state->trips, &n);
	rows = MemoryContextAllocHuge(work, Max(n, 1) * sizeof(Datum));
	for (size_t i = 0; i < n; i++)
		rows[i] = box_row(descriptor, &boxes[i], state->trips.rules.ends);
	MemoryContextSwitchTo(old);
	result = construct_array(rows, (int) n, descriptor->tdtypeid, -1, false, TYPALIGN_DOUBLE);
	MemoryContextDelete(work);
	PG_RETURN_ARRAYTYPE_P(result);
}
