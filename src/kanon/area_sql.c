/*
 * area_sql.c
 *		kanon_partition(), kanon_partition_rest(): the aggregates around area_input.c.
 */
#include "kanon/area.h"

#include "access/htup_details.h"
#include "cell/cell_sql.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(kanon_partition_uuid);
PG_FUNCTION_INFO_V1(kanon_partition_bigint);
PG_FUNCTION_INFO_V1(kanon_partition_text);
PG_FUNCTION_INFO_V1(kanon_partition_final);
PG_FUNCTION_INFO_V1(kanon_partition_rest_final);

/* Arguments of the transition functions; the last two may be missing. */
enum
{
	ARG_STATE, ARG_SUBJECT, ARG_CELL, ARG_AT, ARG_K, ARG_RESOLUTIONS, ARG_BUCKETS, ARG_TIME_ZONE, N_ARGS
};

/* Of a group. */
typedef struct AreaState
{
	AreaInput  *input;
	struct varlena *ladder[N_ARGS]; /* its arguments as they came first; NULL: they cannot change */
} AreaState;

/* ---- arguments ------------------------------------------------------------- */

static void
check_ladder_nulls(FunctionCallInfo fcinfo)
{
	for (int i = ARG_RESOLUTIONS; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("resolutions, buckets and time zone must not be null"),
					 errhint("To partition space only, leave buckets and time zone out.")));
	}
}

/* Does an argument have one value for the whole statement? */
static bool
is_constant(FunctionCallInfo fcinfo, int argument)
{
	Aggref	   *aggref = AggGetAggref(fcinfo);
	Expr	   *expr;

	if (aggref == NULL || argument > list_length(aggref->args))
		return false;
	/* the state is not among the aggregate's own arguments */
	expr = ((TargetEntry *) list_nth(aggref->args, argument - 1))->expr;
	return IsA(expr, Const) ||
		(IsA(expr, Param) && ((Param *) expr)->paramkind == PARAM_EXTERN);
}

/* Compares arguments that are no constants with those of the group's first row. */
static void
check_same_ladder(FunctionCallInfo fcinfo, const AreaState *state)
{
	for (int i = ARG_RESOLUTIONS; i < PG_NARGS(); i++)
	{
		struct varlena *first = state->ladder[i];
		struct varlena *now;

		if (first == NULL)
			continue;
		now = PG_DETOAST_DATUM(PG_GETARG_DATUM(i));
		if (VARSIZE(now) != VARSIZE(first) || memcmp(now, first, VARSIZE(first)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("resolutions, buckets and time zone must be constant within a group"),
					 errhint("Pass constants, or group by the columns that they come from.")));
	}
}

/* ---- transition ------------------------------------------------------------ */

/* The statement ends, or this group: a temporary file is closed. */
static void
close_state(Datum arg)
{
	AreaState  *state = (AreaState *) DatumGetPointer(arg);

	if (state->input)
		area_input_destroy(state->input);
	state->input = NULL;
}

static AreaState *
create_state(FunctionCallInfo fcinfo, MemoryContext context, SubjectKind kind)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	AreaState  *state = palloc0(sizeof(AreaState));
	bool		time = PG_NARGS() > ARG_BUCKETS;
	Ladder	   *ladder;

	check_ladder_nulls(fcinfo);
	check_k(PG_ARGISNULL(ARG_K), PG_GETARG_INT32(ARG_K));
	ladder = ladder_create(PG_GETARG_ARRAYTYPE_P(ARG_RESOLUTIONS),
						   time ? PG_GETARG_ARRAYTYPE_P(ARG_BUCKETS) : NULL,
						   time ? PG_GETARG_TEXT_PP(ARG_TIME_ZONE) : NULL);
	for (int i = ARG_RESOLUTIONS; i < PG_NARGS(); i++)
	{
		if (!is_constant(fcinfo, i))
			state->ladder[i] = PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(i));
	}
	state->input = area_input_create(context, ladder, PG_GETARG_INT32(ARG_K), kind);
	AggRegisterCallback(fcinfo, close_state, PointerGetDatum(state));
	MemoryContextSwitchTo(old);
	return state;
}

/* The state of this call, its parameters compared with this row's. */
static inline AreaState *
state_arg(FunctionCallInfo fcinfo, SubjectKind kind)
{
	MemoryContext context;
	AreaState  *state;

	if (unlikely(!AggCheckCallContext(fcinfo, &context)))
		report_no_aggregate();
	if (unlikely(PG_ARGISNULL(ARG_STATE)))
		return create_state(fcinfo, context, kind);
	state = (AreaState *) PG_GETARG_POINTER(ARG_STATE);
	if (unlikely(PG_ARGISNULL(ARG_K)))
		check_k(true, 0);
	check_same_k(state->input->k, PG_GETARG_INT32(ARG_K));
	check_ladder_nulls(fcinfo);
	check_same_ladder(fcinfo, state);
	return state;
}

static inline bool
row_is_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(ARG_SUBJECT) || PG_ARGISNULL(ARG_CELL) || PG_ARGISNULL(ARG_AT);
}

static inline void
add_row(FunctionCallInfo fcinfo, AreaState *state, SubjectKey subject)
{
	area_input_add(state->input, PG_GETARG_CELL(ARG_CELL), PG_GETARG_TIMESTAMPTZ(ARG_AT), subject);
}

/*
 * Transitions of kanon_partition and kanon_partition_rest(subject, cell, at timestamptz, k integer,
 * resolutions text[] [, buckets interval[], time_zone text]).  A row without
 * subject, cell or time counts nowhere.
 */
Datum
kanon_partition_uuid(PG_FUNCTION_ARGS)
{
	AreaState  *state = state_arg(fcinfo, SUBJECT_KIND_UUID);

	if (!row_is_null(fcinfo))
		add_row(fcinfo, state, subject_key_from_bytes(PG_GETARG_UUID_P(ARG_SUBJECT)->data));
	PG_RETURN_POINTER(state);
}

Datum
kanon_partition_bigint(PG_FUNCTION_ARGS)
{
	AreaState  *state = state_arg(fcinfo, SUBJECT_KIND_BIGINT);

	if (!row_is_null(fcinfo))
		add_row(fcinfo, state, subject_key_from_int64(PG_GETARG_INT64(ARG_SUBJECT)));
	PG_RETURN_POINTER(state);
}

Datum
kanon_partition_text(PG_FUNCTION_ARGS)
{
	AreaState  *state = state_arg(fcinfo, SUBJECT_KIND_TEXT);

	if (!row_is_null(fcinfo))
		add_row(fcinfo, state, subject_key_from_text(PG_GETARG_TEXT_PP(ARG_SUBJECT)));
	PG_RETURN_POINTER(state);
}

/* ---- final ------------------------------------------------------------------ */

/* An area as it is published: its own cell and bucket, instead of one inside it. */
static void
finish_areas(Ladder *ladder, Area *areas, Size n)
{
	for (Size i = 0; i < n; i++)
	{
		Resolution	resolution = ladder->resolution[ladder_resolution_at(ladder, areas[i].level)];
		int			bucket = ladder_bucket_at(ladder, areas[i].level);

		/* the ladder was checked: there is an ancestor */
		(void) cell_ancestor(areas[i].cell, resolution, &areas[i].cell);
		if (bucket > 0)
			areas[i].bucket = ladder_bucket(ladder, areas[i].bucket)->start[bucket];
	}
}

static int
compare_areas(const void *a, const void *b)
{
	const Area *x = a;
	const Area *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	/* a shorter bucket and, AREA_REST, the rest of a longer one */
	return x->level - y->level;
}

static Datum
area_row(TupleDesc desc, Ladder *ladder, const Area *area)
{
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = CellGetDatum(area->cell);
	values[1] = TimestampTzGetDatum(area->bucket);
	values[2] = IntervalPGetDatum(&ladder->width[ladder_bucket_at(ladder, area->level)]);
	nulls[2] = ladder->n_buckets == 0;
	values[3] = Int64GetDatum(area->subjects);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/* kanon_area[] of areas. */
static Datum
area_array(FunctionCallInfo fcinfo, Ladder *ladder, const Area *areas, Size n)
{
	Oid			type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	Datum	   *rows;
	ArrayType  *result;

	if (n > MaxAllocSize / 128)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many areas in one result"),
				 errdetail("A result holds at most %d.", (int) (MaxAllocSize / 128)),
				 errhint("Group by the longest bucket, so that each has a result of its own.")));
	rows = palloc(n * sizeof(Datum));
	for (Size i = 0; i < n; i++)
	{
		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		rows[i] = area_row(desc, ladder, &areas[i]);
	}
	result = construct_array(rows, (int) n, type, -1, false, TYPALIGN_DOUBLE);
	ReleaseTupleDesc(desc);
	return PointerGetDatum(result);
}

/* The areas in the order of bucket, cell and width, or NULL when there are none.  Uses the state up. */
static Datum
finish_state(FunctionCallInfo fcinfo, AreaRule rule)
{
	AreaState  *state = (AreaState *) PG_GETARG_POINTER(0);
	Ladder	   *ladder;
	Area	   *areas;
	Size		n;
	Datum		result = (Datum) 0;

	if (!AggCheckCallContext(fcinfo, NULL))
		report_no_aggregate();
	check_k(false, state->input->k);
	ladder = state->input->ladder;
	areas = area_input_finish(state->input, rule, &n);
	if (n > 0)
	{
		finish_areas(ladder, areas, n);
		qsort(areas, n, sizeof(Area), compare_areas);
		result = area_array(fcinfo, ladder, areas, n);
	}
	close_state(PointerGetDatum(state));
	if (n == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}

/* Final function of kanon_partition. */
Datum
kanon_partition_final(PG_FUNCTION_ARGS)
{
	return finish_state(fcinfo, AREA_WHOLE);
}

/* Final function of kanon_partition_rest. */
Datum
kanon_partition_rest_final(PG_FUNCTION_ARGS)
{
	return finish_state(fcinfo, AREA_REST);
}
