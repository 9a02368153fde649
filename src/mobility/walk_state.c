/*
 * walk_state.c
 *		The state of an aggregate over the events of one subject.
 *
 * It is internal: it lives in the aggregate's memory and holds the few numbers
 * of a walk, and what came out of it so far.
 */
#include "mobility/mobility.h"

#include "access/htup_details.h"
#include "cell/cell_sql.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * Bytes of a row in the result: a header and four columns of eight bytes.
 * Results beyond MaxAllocSize cannot be made.
 */
#define ROW_BYTES 56
#define MOST_ROWS ((MaxAllocSize - 64) / ROW_BYTES)

MemoryContext
walk_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (unlikely(!AggCheckCallContext(fcinfo, &context)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function is part of an aggregate and cannot be called by itself"),
				 errhint("Use mobanon.stays, mobanon.clean_events or mobanon.cleaning_counts.")));
	return context;
}

/* ---- arguments ----------------------------------------------------------- */

static inline bool
same_interval(const Interval *a, const Interval *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->time == b->time && a->day == b->day && a->month == b->month;
}

static inline bool
same_cleaning(HeapTupleHeader a, HeapTupleHeader b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return HeapTupleHeaderGetDatumLength(a) == HeapTupleHeaderGetDatumLength(b) &&
		memcmp(a, b, HeapTupleHeaderGetDatumLength(a)) == 0;
}

static const Interval *
copy_interval(const Interval *interval)
{
	return interval ? memcpy(palloc(sizeof(Interval)), interval, sizeof(Interval)) : NULL;
}

static WalkArguments
copy_arguments(const WalkArguments *arguments)
{
	WalkArguments copy = {copy_interval(arguments->minimum), copy_interval(arguments->gap)};

	if (arguments->cleaning)
	{
		Size		length = HeapTupleHeaderGetDatumLength(arguments->cleaning);

		copy.cleaning = memcpy(palloc(length), arguments->cleaning, length);
	}
	return copy;
}

static void
free_arguments(WalkArguments *arguments)
{
	if (arguments->minimum)
		pfree(unconstify(Interval *, arguments->minimum));
	if (arguments->gap)
		pfree(unconstify(Interval *, arguments->gap));
	if (arguments->cleaning)
		pfree(arguments->cleaning);
}

/* Other bytes than the group began with may still mean the same: 1 day, 24 hours. */
static pg_noinline void
check_same_meaning(const WalkArguments *arguments, const WalkState *state)
{
	WalkRules	rules;

	walk_rules_read(arguments, &rules);
	if (!same_rules(&rules, &state->walk.rules))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minimum, gap and cleaning must be constant within a group"),
				 errhint("Pass constants, or group by the columns that they come from.")));
}

/* ---- transition ---------------------------------------------------------- */

/* What is found once in a query: the rules of the group before, and where cells are. */
typedef struct WalkCache
{
	WalkArguments arguments;
	WalkRules	rules;
	CellPlaces	places;
} WalkCache;

static WalkCache *
walk_cache(FunctionCallInfo fcinfo, const WalkArguments *arguments)
{
	WalkCache  *cache = fcinfo->flinfo->fn_extra;

	if (cache == NULL ||
		!same_interval(arguments->minimum, cache->arguments.minimum) ||
		!same_interval(arguments->gap, cache->arguments.gap) ||
		!same_cleaning(arguments->cleaning, cache->arguments.cleaning))
	{
		WalkRules	rules;
		MemoryContext old;

		walk_rules_read(arguments, &rules);
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		if (cache == NULL)
			cache = fcinfo->flinfo->fn_extra = palloc0(sizeof(WalkCache));
		free_arguments(&cache->arguments);
		cache->arguments = copy_arguments(arguments);
		cache->rules = rules;
		MemoryContextSwitchTo(old);
	}
	return cache;
}

static WalkState *
walk_create(FunctionCallInfo fcinfo, MemoryContext context,
			const WalkArguments *arguments, bool keep_events)
{
	WalkCache  *cache = walk_cache(fcinfo, arguments);
	WalkRules	rules = cache->rules;
	MemoryContext old = MemoryContextSwitchTo(context);
	WalkState  *state = palloc(sizeof(WalkState));

	rules.keep_events = keep_events;
	state->arguments = copy_arguments(arguments);
	walk_start(&state->walk, &rules, &cache->places);
	state->capacity = 2 * WALK_ROOM;
	state->walk.stays = palloc(state->capacity * sizeof(Stay));
	MemoryContextSwitchTo(old);
	return state;
}

/* Room for what one call may put out. */
static pg_noinline void
walk_grow(WalkState *state)
{
	if (state->walk.n_stays + 2 * WALK_ROOM > MOST_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many stays or events in one group"),
				 errdetail("A group holds at most %zu.", (size_t) MOST_ROWS),
				 errhint("Group by the subject, and by a period of time.")));
	state->capacity = Min(state->capacity * 2, MOST_ROWS);
	state->walk.stays = repalloc_huge(state->walk.stays, state->capacity * sizeof(Stay));
}

static pg_noinline void
report_disorder(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("events are not in order of time"),
			 errhint("Group by the subject, and write ORDER BY at behind the last argument, or aggregate over a subquery that is sorted by subject and time.")));
}

/*
 * The state after one more row, whose cell and time are arguments 1 and 2.  A row
 * without cell, or without a finite time, is no event, but counted.
 */
WalkState *
walk_transition(FunctionCallInfo fcinfo, const WalkArguments *arguments, bool keep_events)
{
	MemoryContext context = walk_context(fcinfo);
	WalkState  *state;

	if (unlikely(PG_ARGISNULL(0)))
		state = walk_create(fcinfo, context, arguments, keep_events);
	else
	{
		state = (WalkState *) PG_GETARG_POINTER(0);
		if (unlikely(!same_interval(arguments->minimum, state->arguments.minimum) ||
					 !same_interval(arguments->gap, state->arguments.gap) ||
					 !same_cleaning(arguments->cleaning, state->arguments.cleaning)))
			check_same_meaning(arguments, state);
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(2)))
	{
		state->walk.counts.rows++;
		state->walk.counts.unusable++;
		return state;
	}
	if (unlikely(state->walk.n_stays + WALK_ROOM > state->capacity))
		walk_grow(state);
	if (unlikely(!walk_add(&state->walk, PG_GETARG_CELL(1), PG_GETARG_TIMESTAMPTZ(2))))
		report_disorder();
	return state;
}

/*
 * The walk as it is when no more rows come.  A copy: a final function may be
 * called again and again while rows go on coming.
 */
Walk
walk_ended(const WalkState *state)
{
	Walk		walk = state->walk;

	walk.stays = MemoryContextAllocHuge(CurrentMemoryContext, (walk.n_stays + WALK_ROOM) * sizeof(Stay));
	memcpy(walk.stays, state->walk.stays, walk.n_stays * sizeof(Stay));
	walk_finish(&walk);
	return walk;
}
