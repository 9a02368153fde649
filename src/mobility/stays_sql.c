/*
 * stays_sql.c
 *		The aggregates over the events of one subject: stays(), clean_events(),
 *		cleaning_counts().
 */
#include "mobility/mobility.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "cell/cell_sql.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(stays_add);
PG_FUNCTION_INFO_V1(stays_add_cleaned);
PG_FUNCTION_INFO_V1(stays_final);
PG_FUNCTION_INFO_V1(clean_events_add);
PG_FUNCTION_INFO_V1(clean_events_final);
PG_FUNCTION_INFO_V1(cleaning_counts_final);
PG_FUNCTION_INFO_V1(cell_distance);

/* ---- transitions --------------------------------------------------------- */

static pg_noinline void
report_null_argument(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("minimum, gap and cleaning must not be null"),
			 errhint("Pass intervals, such as '15 minutes' and '2 hours', and mobanon.cleaning().")));
}

/* stays_add(internal, cell, at, minimum, gap): transition of stays(). */
Datum
stays_add(PG_FUNCTION_ARGS)
{
	WalkArguments arguments = {0};

	if (unlikely(PG_ARGISNULL(3) || PG_ARGISNULL(4)))
		report_null_argument();
	arguments.minimum = PG_GETARG_INTERVAL_P(3);
	arguments.gap = PG_GETARG_INTERVAL_P(4);
	PG_RETURN_POINTER(walk_transition(fcinfo, &arguments, false));
}

/* stays_add(internal, cell, at, minimum, gap, cleaning): the same with cleaning. */
Datum
stays_add_cleaned(PG_FUNCTION_ARGS)
{
	WalkArguments arguments;

	if (unlikely(PG_ARGISNULL(3) || PG_ARGISNULL(4) || PG_ARGISNULL(5)))
		report_null_argument();
	arguments.minimum = PG_GETARG_INTERVAL_P(3);
	arguments.gap = PG_GETARG_INTERVAL_P(4);
	arguments.cleaning = PG_GETARG_HEAPTUPLEHEADER(5);
	PG_RETURN_POINTER(walk_transition(fcinfo, &arguments, false));
}

/* clean_events_add(internal, cell, at, cleaning): transition of clean_events() and cleaning_counts(). */
Datum
clean_events_add(PG_FUNCTION_ARGS)
{
	WalkArguments arguments = {0};

	if (unlikely(PG_ARGISNULL(3)))
		report_null_argument();
	arguments.cleaning = PG_GETARG_HEAPTUPLEHEADER(3);
	PG_RETURN_POINTER(walk_transition(fcinfo, &arguments, true));
}

/* ---- results ------------------------------------------------------------- */

/* The row type of the result, or of its elements, looked up once in a query. */
TupleDesc
element_row_type(FunctionCallInfo fcinfo)
{
	TupleDesc	descriptor = fcinfo->flinfo->fn_extra;

	if (descriptor == NULL)
	{
		Oid			result = get_fn_expr_rettype(fcinfo->flinfo);
		Oid			element = get_element_type(result);
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		descriptor = lookup_rowtype_tupdesc_copy(OidIsValid(element) ? element : result, -1);
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = descriptor;
	}
	return descriptor;
}

static Datum
make_row(TupleDesc descriptor, Datum *values)
{
	static bool nulls[8] = {false};

	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

static Datum
stay_row(TupleDesc descriptor, const Stay *stay)
{
	Datum		values[] = {
		CellGetDatum(stay->cell), TimestampTzGetDatum(stay->arrival),
		TimestampTzGetDatum(stay->departure), Int64GetDatum(stay->events)
	};

	Assert(descriptor->natts == lengthof(values));
	return make_row(descriptor, values);
}

static Datum
event_row(TupleDesc descriptor, const Stay *event)
{
	Datum		values[] = {
		CellGetDatum(event->cell), TimestampTzGetDatum(event->arrival), Int64GetDatum(event->events)
	};

	Assert(descriptor->natts == lengthof(values));
	return make_row(descriptor, values);
}

/* All that came out of the walk as an array of rows; NULL without any row in. */
static Datum
walk_array(FunctionCallInfo fcinfo, Datum (*row) (TupleDesc, const Stay *))
{
	TupleDesc	descriptor;
	Walk		walk;
	Datum	   *rows;

	(void) walk_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	descriptor = element_row_type(fcinfo);
	walk = walk_ended((WalkState *) PG_GETARG_POINTER(0));
	rows = MemoryContextAllocHuge(CurrentMemoryContext, (walk.n_stays + 1) * sizeof(Datum));
	for (size_t i = 0; i < walk.n_stays; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		rows[i] = row(descriptor, &walk.stays[i]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(rows, (int) walk.n_stays, descriptor->tdtypeid, -1, false, TYPALIGN_DOUBLE));
}

/* stays_final(internal) returns stay[] */
Datum
stays_final(PG_FUNCTION_ARGS)
{
	return walk_array(fcinfo, stay_row);
}

/* clean_events_final(internal) returns clean_event[] */
Datum
clean_events_final(PG_FUNCTION_ARGS)
{
	return walk_array(fcinfo, event_row);
}

/* cleaning_counts_final(internal) returns cleaning_count */
Datum
cleaning_counts_final(PG_FUNCTION_ARGS)
{
	WalkCounts	counts;

	(void) walk_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	counts = walk_ended((WalkState *) PG_GETARG_POINTER(0)).counts;
	{
		Datum		values[] = {
			Int64GetDatum(counts.rows), Int64GetDatum(counts.unusable), Int64GetDatum(counts.duplicates),
			Int64GetDatum(counts.same_time), Int64GetDatum(counts.jumps), Int64GetDatum(counts.suspicious),
			Int64GetDatum(counts.ping_pong), Int64GetDatum(counts.events)
		};

		return make_row(element_row_type(fcinfo), values);
	}
}

/*
 * cell_distance(cell, cell) returns float8
 *
 * Metres between the middles of two cells, of any resolutions and grids, on a
 * sphere; to a millimetre, so that the last bits of a machine's libm do not show.
 */
Datum
cell_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(rint(cell_distance_metres(PG_GETARG_CELL(0), PG_GETARG_CELL(1)) * 1e3) / 1e3);
}
