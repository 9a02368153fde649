/*
 * walk.c
 *		From a subject's rows to its stays, in one pass.
 */
#include "mobility/walk.h"

#include <string.h>

/* From the earliest to the latest timestamp is more than an int64 holds. */
static inline uint64_t
elapsed(Instant from, Instant to)
{
	return (uint64_t) to - (uint64_t) from;
}

/* ---- stays --------------------------------------------------------------- */

static void
close_stay(Walk *walk)
{
	if (walk->open.events > 0 &&
		elapsed(walk->open.arrival, walk->open.departure) >= walk->rules.minimum)
		walk->stays[walk->n_stays++] = walk->open;
}

/* Events in one cell, from first to last, with no gap between them that ends a stay. */
static void
add_to_stay(Walk *walk, Cell cell, Instant first, Instant last, int64_t events)
{
	Stay	   *open = &walk->open;

	if (open->events > 0 && open->cell == cell &&
		elapsed(open->departure, first) <= walk->rules.gap)
	{
		open->departure = last;
		open->events += events;
		return;
	}
	close_stay(walk);
	*open = (Stay) {cell, first, last, events};
}

/* ---- instants ------------------------------------------------------------ */

/* All rows of the instant were seen: they are one event. */
static void
settle_instant(Walk *walk)
{
	WalkInstant *now = &walk->now;
	Cell		cell = now->n_before > 0 ? now->before : now->least;

	add_to_stay(walk, cell, now->at, now->at, 1);
	now->before = cell;
}

static inline void
begin_instant(WalkInstant *now, Cell cell, Instant at)
{
	now->at = at;
	now->least = cell;
	now->n_before = cell == now->before;
	now->n_least = 1;
	now->rows = 1;
}

static inline void
add_to_instant(WalkInstant *now, Cell cell)
{
	now->rows++;
	now->n_before += cell == now->before;
	if (cell == now->least)
		now->n_least++;
	else if (cell < now->least)
	{
		now->least = cell;
		now->n_least = 1;
	}
}

/* ---- the walk ------------------------------------------------------------ */

void
walk_start(Walk *walk, const WalkRules *rules)
{
	memset(walk, 0, sizeof(*walk));
	walk->rules = *rules;
}

bool
walk_add(Walk *walk, Cell cell, Instant at)
{
	WalkInstant *now = &walk->now;

	if (now->rows > 0)
	{
		if (at == now->at)
		{
			add_to_instant(now, cell);
			return true;
		}
		if (at < now->at)
			return false;
		settle_instant(walk);
	}
	begin_instant(now, cell, at);
	return true;
}

void
walk_finish(Walk *walk)
{
	if (walk->now.rows > 0)
		settle_instant(walk);
	walk->now.rows = 0;
	close_stay(walk);
	walk->open.events = 0;
}
