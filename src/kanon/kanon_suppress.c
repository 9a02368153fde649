/*
 * kanon_suppress.c
 *		kanon_suppress(subject, k): the number of distinct subjects of a group,
 *		NULL when there are fewer than k.
 *
 * Transition: add the subject, remember k.  Combine: union.  Final: the count,
 * or NULL; the threshold is applied here and nowhere else, so that parts of a
 * group (of a parallel worker, a partition, a stored roll-up, another node) are
 * never suppressed before they are whole.
 *
 * The state is a subject_set in its growing form, changed in place: returning
 * the pointer that came in spares PostgreSQL a copy per row.
 */
#include "kanon/kanon.h"
#include "kanon/kanon_scan.h"

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(kanon_suppress_uuid);
PG_FUNCTION_INFO_V1(kanon_suppress_bigint);
PG_FUNCTION_INFO_V1(kanon_suppress_text);
PG_FUNCTION_INFO_V1(kanon_suppress_set);
PG_FUNCTION_INFO_V1(kanon_combine);
PG_FUNCTION_INFO_V1(kanon_final);
PG_FUNCTION_INFO_V1(subject_set_agg_uuid);
PG_FUNCTION_INFO_V1(subject_set_agg_bigint);
PG_FUNCTION_INFO_V1(subject_set_agg_text);
PG_FUNCTION_INFO_V1(subject_set_agg_set);
PG_FUNCTION_INFO_V1(subject_set_final);

int			kanon_k_floor = 5;

static void
poll_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
kanon_init(void)
{
	subject_set_poll = poll_interrupts;

	DefineCustomIntVariable("mobanon.k_floor",
							"Smallest k that kanon_suppress accepts, in subjects.",
							"A smaller k is an error. Only a superuser may lower it.",
							&kanon_k_floor,
							5, 1, PG_INT32_MAX,
							PGC_SUSET, 0, NULL, NULL, NULL);
	kanon_scan_init();
}

/* ---- the set as a state -------------------------------------------------- */

static void
check_kinds(SubjectKind a, SubjectKind b)
{
	if (a != b)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("subject sets of different kinds of subject cannot be combined"),
				 errhint("Collect uuid, bigint and text subjects in sets of their own.")));
}

/* k of one row and of another of its group. */
void
check_same_k(int32 a, int32 b)
{
	if (unlikely(a != b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be constant within a group"),
				 errhint("Pass a constant, or group by the column that k comes from.")));
}

/* k as the caller of an aggregate gave it. */
void
check_k(bool isnull, int32 k)
{
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("k must not be null"),
				 errhint("Pass the smallest number of subjects that a group may show.")));
	if (k < kanon_k_floor)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k = %d is below the floor of %d", k, kanon_k_floor),
				 errhint("Use k >= %d; the floor is the setting mobanon.k_floor, which only a superuser may change.",
						 kanon_k_floor)));
}

/* An empty growing set in the current memory context. */
SubjectSet *
set_create(SubjectKind kind, int32 k, uint32 capacity)
{
	SubjectSet *set = palloc(subject_set_size(capacity));

	SET_VARSIZE(set, subject_set_size(capacity));
	subject_set_init(set, kind, k, capacity);
	return set;
}

/* No set is larger. */
pg_noinline void
report_full(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many distinct subjects in one group"),
			 errdetail("A group holds at most %u subjects.",
					   SUBJECT_SET_MAX_CAPACITY / 8 * 7),
			 errhint("Group by smaller cells or shorter buckets.")));
}

/* A copy with room for that many; more than a set can hold is left to fail later. */
static SubjectSet *
set_grow(const SubjectSet *set, uint32 capacity, uint64 count)
{
	uint32		larger = subject_set_capacity_for(count);
	SubjectSet *result;

	if (larger == 0)
		larger = SUBJECT_SET_MAX_CAPACITY;
	result = set_create((SubjectKind) set->kind, set->k, larger);
	if (!subject_set_merge(result, larger, set, capacity))
		report_full();
	return result;
}

/*
 * Adds a subject in place, or to the larger copy that is returned instead
 * (nodeAgg then copies that into its own context and frees the old one).
 */
SubjectSet *
set_add(SubjectSet *set, SubjectKey key)
{
	uint32		capacity = subject_set_capacity(VARSIZE(set));

	if (likely(subject_set_add(set, capacity, key) != SUBJECT_SET_FULL))
		return set;
	set = set_grow(set, capacity, (uint64) set->count + 1);
	capacity = subject_set_capacity(VARSIZE(set));
	if (subject_set_add(set, capacity, key) == SUBJECT_SET_FULL)
		report_full();
	return set;
}

/*
 * The same for a row of an aggregate: groups alternate, so a large set is not in
 * the cache when its next row comes, and the row only asks for its slot.
 */
static inline SubjectSet *
set_add_row(SubjectSet *set, SubjectKey key)
{
	uint32		capacity = subject_set_capacity(VARSIZE(set));

	if (capacity < SUBJECT_SET_WAIT_MIN)
		return set_add(set, key);
	if (likely(subject_set_add_soon(set, capacity, key) != SUBJECT_SET_FULL))
		return set;
	return set_add(set, key);
}

/* A growing copy of any set. */
SubjectSet *
set_thaw(const SetValue *value)
{
	uint32		capacity;
	SubjectSet *result;

	if (value->growing)
		return set_grow(value->growing, value->capacity, value->count);
	capacity = subject_set_capacity_for(value->count);
	if (capacity == 0)
		report_full();
	result = set_create(value->kind, value->k, capacity);
	(void) subject_set_merge_view(result, capacity, &value->stored);
	return result;
}

/*
 * target with all subjects of source: in place where there is room.  Of two
 * growing sets the one with the larger table takes the other's subjects, so a
 * combine costs as much as its smaller part.
 */
SubjectSet *
set_union(SubjectSet *target, const SetValue *source)
{
	uint32		capacity = subject_set_capacity(VARSIZE(target));
	uint64		sum;
	bool		fits;

	subject_set_settle(target, capacity);
	sum = (uint64) target->count + source->count;
	check_kinds((SubjectKind) target->kind, source->kind);
	check_same_k(target->k, source->k);

	if (source->growing && source->capacity > capacity)
	{
		SubjectSet *larger = palloc(VARSIZE(source->growing));
		SetValue	smaller = {.growing = target, .capacity = capacity,
			.kind = source->kind, .k = target->k, .count = target->count};

		memcpy(larger, source->growing, VARSIZE(source->growing));
		return set_union(larger, &smaller);
	}
	if (capacity < SUBJECT_SET_MAX_CAPACITY &&
		(subject_set_capacity_for(sum) > capacity ||
		 subject_set_capacity_for(sum) == 0))
	{
		target = set_grow(target, capacity, sum);
		capacity = subject_set_capacity(VARSIZE(target));
	}
	if (source->growing)
		fits = subject_set_merge(target, capacity, source->growing,
								 source->capacity);
	else
		fits = subject_set_merge_view(target, capacity, &source->stored);
	if (!fits)
		report_full();
	return target;
}

/* ---- transition ---------------------------------------------------------- */

/* A part of an aggregate was called as a function. */
pg_noinline void
report_no_aggregate(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("function is part of an aggregate and cannot be called by itself"),
			 errhint("Use kanon_suppress, kanon_partition, subject_set_agg or subject_set_union.")));
}

/* The context of the aggregate that calls; an error when none does. */
MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (unlikely(!AggCheckCallContext(fcinfo, &context)))
		report_no_aggregate();
	return context;
}

/*
 * The state of this call: NULL before the first row.  A state that came through
 * a tuple (from a parallel worker) may have lost its alignment or its room.
 */
static SubjectSet *
state_arg(FunctionCallInfo fcinfo)
{
	struct varlena *state;
	SetValue	value;

	if (PG_ARGISNULL(0))
		return NULL;
	state = (struct varlena *) PG_GETARG_POINTER(0);
	if (likely(VARATT_IS_4B_U(state) &&
			   subject_set_is_growing((const uint8 *) VARDATA(state))))
		return (SubjectSet *) state;
	value = set_value(PointerGetDatum(state));
	return set_thaw(&value);
}

/* The state after its k was compared with this row's; made on the first row. */
static inline SubjectSet *
state_for(FunctionCallInfo fcinfo, SubjectKind kind, int32 k)
{
	SubjectSet *state;

	(void) aggregate_context(fcinfo);
	state = state_arg(fcinfo);
	if (state == NULL)
		return set_create(kind, k, 1);
	check_kinds((SubjectKind) state->kind, kind);
	check_same_k(state->k, k);
	return state;
}

/* The same with the k of argument 2, checked when a group begins. */
static inline SubjectSet *
state_with_k(FunctionCallInfo fcinfo, SubjectKind kind)
{
	if (unlikely(PG_ARGISNULL(0) || PG_ARGISNULL(2)))
		check_k(PG_ARGISNULL(2), PG_GETARG_INT32(2));
	return state_for(fcinfo, kind, PG_GETARG_INT32(2));
}

/* A null subject is no subject; the group and its k exist all the same. */
#define ADD_AND_RETURN(state, kind) \
	do { \
		SubjectSet *state_ = (state); \
		if (!PG_ARGISNULL(1)) \
			state_ = set_add_row(state_, subject_key_arg(fcinfo, 1, kind)); \
		PG_RETURN_POINTER(state_); \
	} while (0)

/* Transition of kanon_suppress(uuid, integer). */
Datum
kanon_suppress_uuid(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_with_k(fcinfo, SUBJECT_KIND_UUID), SUBJECT_KIND_UUID);
}

/* Transition of kanon_suppress(bigint, integer). */
Datum
kanon_suppress_bigint(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_with_k(fcinfo, SUBJECT_KIND_BIGINT), SUBJECT_KIND_BIGINT);
}

/* Transition of kanon_suppress(text, integer). */
Datum
kanon_suppress_text(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_with_k(fcinfo, SUBJECT_KIND_TEXT), SUBJECT_KIND_TEXT);
}

/* Transitions of subject_set_agg: the same without a threshold. */
Datum
subject_set_agg_uuid(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_for(fcinfo, SUBJECT_KIND_UUID, K_NONE), SUBJECT_KIND_UUID);
}

Datum
subject_set_agg_bigint(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_for(fcinfo, SUBJECT_KIND_BIGINT, K_NONE), SUBJECT_KIND_BIGINT);
}

Datum
subject_set_agg_text(PG_FUNCTION_ARGS)
{
	ADD_AND_RETURN(state_for(fcinfo, SUBJECT_KIND_TEXT, K_NONE), SUBJECT_KIND_TEXT);
}

/*
 * Adds the set of argument 1.  A stored set carries the k of its own making,
 * which says nothing about this group: it is read as if it had this group's.
 */
static Datum
add_set(FunctionCallInfo fcinfo, int32 k)
{
	SubjectSet *state;
	SetValue	source;

	(void) aggregate_context(fcinfo);
	state = state_arg(fcinfo);
	if (state)
		check_same_k(state->k, k);
	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	source = set_value(PG_GETARG_DATUM(1));
	source.k = k;
	if (state == NULL)
	{
		state = set_thaw(&source);
		state->k = k;
		PG_RETURN_POINTER(state);
	}
	PG_RETURN_POINTER(set_union(state, &source));
}

/* Transition of kanon_suppress(subject_set, integer). */
Datum
kanon_suppress_set(PG_FUNCTION_ARGS)
{
	check_k(PG_ARGISNULL(2), PG_GETARG_INT32(2));
	return add_set(fcinfo, PG_GETARG_INT32(2));
}

/* Transition of subject_set_union(subject_set). */
Datum
subject_set_agg_set(PG_FUNCTION_ARGS)
{
	return add_set(fcinfo, K_NONE);
}

/* ---- combine and final --------------------------------------------------- */

/* Combines two states of any of the aggregates; either may be NULL. */
Datum
kanon_combine(PG_FUNCTION_ARGS)
{
	SubjectSet *state;
	SetValue	other;

	(void) aggregate_context(fcinfo);
	state = state_arg(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	other = set_value(PG_GETARG_DATUM(1));
	if (state)
		PG_RETURN_POINTER(set_union(state, &other));
	if (other.growing == NULL)
		PG_RETURN_POINTER(set_thaw(&other));
	/* Adopted as it is: one copy of memory, no subject is hashed again. */
	PG_RETURN_POINTER(other.growing);
}

/*
 * Final function of kanon_suppress: the count, or NULL below k.  Changes
 * nothing, so it may be called for every row of a window.
 */
Datum
kanon_final(PG_FUNCTION_ARGS)
{
	SetValue	state;

	(void) aggregate_context(fcinfo);
	state = set_value(PG_GETARG_DATUM(0));
	check_k(false, state.k);
	if (state.count < (uint64) state.k)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) state.count);
}

/* Final function of subject_set_agg and subject_set_union: the stored form. */
Datum
subject_set_final(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	PG_RETURN_POINTER(set_freeze(PG_GETARG_DATUM(0)));
}
