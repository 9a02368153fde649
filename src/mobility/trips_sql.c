/*
 * trips_sql.c
 *		trips() and trip_chains(): what lies between the stays of one subject.
 */
#include "mobility/mobility.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "cell/cell_sql.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mobility/trip.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(trips);
PG_FUNCTION_INFO_V1(trip_chains);

/* ---- arguments ----------------------------------------------------------- */

static pg_noinline void
report_not_stays(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("stays are not in order of time, or not complete"),
			 errhint("Pass the array that mobanon.stays() gives for one subject, as it is.")));
}

/* One row of the array; columns as the type stay has them. */
static Stay
stay_of_row(Datum row, TupleDesc descriptor)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(row);
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};
	Datum		values[4];
	bool		nulls[4];
	Stay		stay;

	heap_deform_tuple(&tuple, descriptor, values, nulls);
	if (nulls[0] || nulls[1] || nulls[2])
		report_not_stays();
	stay.cell = DatumGetCell(values[0]);
	stay.arrival = DatumGetTimestampTz(values[1]);
	stay.departure = DatumGetTimestampTz(values[2]);
	stay.events = 0;
	if (TIMESTAMP_NOT_FINITE(stay.arrival) || TIMESTAMP_NOT_FINITE(stay.departure) || stay.departure < stay.arrival)
		report_not_stays();
	return stay;
}

/* The stays of an array, in order of time. */
static Stay *
stays_of_array(ArrayType *array, int *n)
{
	TupleDesc	descriptor = lookup_rowtype_tupdesc(ARR_ELEMTYPE(array), -1);
	Datum	   *rows;
	bool	   *nulls;
	Stay	   *stays;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &rows, &nulls, n);
	stays = MemoryContextAllocHuge(CurrentMemoryContext, Max(*n, 1) * sizeof(Stay));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			report_not_stays();
		stays[i] = stay_of_row(rows[i], descriptor);
		if (i > 0 && stays[i].arrival < stays[i - 1].departure)
			report_not_stays();
	}
	ReleaseTupleDesc(descriptor);
	return stays;
}

static int64
longest_arg(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("longest must not be null"),
				 errhint("Pass the longest time between leaving and arriving, such as '2 hours'.")));
	return fixed_interval(PG_GETARG_INTERVAL_P(1), "longest");
}

/* ---- contribution bound -------------------------------------------------- */

/* Which day of the local calendar each trip begins on. */
static void
set_days(Trip *trips, size_t n, text *time_zone)
{
	for (size_t i = 0; i < n; i++)
	{
		Timestamp	local = DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, PointerGetDatum(time_zone),
																  TimestampTzGetDatum(trips[i].departure)));

		trips[i].day = local / USECS_PER_DAY - (local % USECS_PER_DAY < 0);
	}
}

/* per_day, subject and time_zone, as arguments 2, 3 and 4: what is left of the trips. */
static size_t
bound(FunctionCallInfo fcinfo, Trip *trips, size_t n)
{
	if (PG_ARGISNULL(2))
		return n;
	if (PG_GETARG_INT32(2) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("per_day must be at least 1"),
				 errhint("per_day is how many trips of one subject count on one day; null for all.")));
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("with per_day, subject and time_zone must not be null"),
				 errhint("The pseudonym decides by lot which trips of a day count: trips(stays, '2 hours', 4, pseudonym, 'Europe/Berlin').")));
	set_days(trips, n, PG_GETARG_TEXT_PP(4));
	return bound_trips(trips, n, PG_GETARG_INT32(2), subject_key_from_bytes(PG_GETARG_UUID_P(3)->data));
}

/* ---- result -------------------------------------------------------------- */

static Datum
trip_row(TupleDesc descriptor, const Trip *trip, int cells)
{
	Datum		values[TRIP_CELLS_MAX + 2];
	bool		nulls[TRIP_CELLS_MAX + 2] = {false};

	for (int c = 0; c < cells; c++)
		values[c] = CellGetDatum(trip->cells[c]);
	values[cells] = TimestampTzGetDatum(trip->departure);
	values[cells + 1] = TimestampTzGetDatum(trip->arrival);
	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

static Datum
trips_of(FunctionCallInfo fcinfo, int legs)
{
	TupleDesc	descriptor = element_row_type(fcinfo);
	uint64		longest = longest_arg(fcinfo);
	int			n_stays;
	Stay	   *stays;
	Trip	   *trips;
	size_t		n;
	Datum	   *rows;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	stays = stays_of_array(PG_GETARG_ARRAYTYPE_P(0), &n_stays);
	trips = MemoryContextAllocHuge(CurrentMemoryContext, Max(n_stays, 1) * sizeof(Trip));
	n = bound(fcinfo, trips, find_trips(stays, n_stays, legs, longest, trips));

	rows = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(Datum));
	for (size_t i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		rows[i] = trip_row(descriptor, &trips[i], legs + 1);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(rows, (int) n, descriptor->tdtypeid, -1, false, TYPALIGN_DOUBLE));
}

/*
 * trips(stays stay[], longest interval, per_day integer, subject uuid, time_zone text)
 *		returns trip[]
 *
 * The trips between one subject's stays: from each stay to the next one when that
 * is in another cell and no more than longest passes in between.  With per_day at
 * most that many trips of each day of departure (days of the time zone), drawn by
 * lot with the subject's pseudonym.  No trip is an empty array, NULL stays are
 * NULL.  Errors: null_value_not_allowed for longest, and for subject and
 * time_zone with per_day; invalid_parameter_value for stays out of order, an
 * interval with months or below nothing, and per_day below 1.
 */
Datum
trips(PG_FUNCTION_ARGS)
{
	return trips_of(fcinfo, 1);
}

/*
 * trip_chains(the same) returns trip_chain[]
 *
 * Two trips in a row, over the stay in between; departure from the first cell and
 * arrival at the last.  per_day counts chains, by the day of the first departure.
 */
Datum
trip_chains(PG_FUNCTION_ARGS)
{
	return trips_of(fcinfo, 2);
}
