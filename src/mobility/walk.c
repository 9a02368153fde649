/*
 * walk.c
 *		From a subject's rows to its stays, in one pass: the last step first.
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
add_to_stay(Walk *walk, const Stay *run)
{
	Stay	   *open = &walk->open;

	if (open->events > 0 && open->cell == run->cell &&
		elapsed(open->departure, run->arrival) <= walk->rules.gap)
	{
		open->departure = run->departure;
		open->events += run->events;
		return;
	}
	close_stay(walk);
	*open = *run;
}

static void
put_event(Walk *walk, const WalkEvent *event)
{
	Stay		single = {event->cell, event->at, event->at, event->rows};

	if (walk->rules.keep_events)
		walk->stays[walk->n_stays++] = single;
	else
		add_to_stay(walk, &single);
}

/* ---- ping-pong ----------------------------------------------------------- */

/* The events that waited, as events in that cell.  Where events come out, they have already. */
static void
put_away(Walk *walk, Cell cell)
{
	Stay	   *away = &walk->away;

	if (away->cell != cell)
		walk->counts.ping_pong += away->events;
	if (!walk->rules.keep_events)
	{
		away->cell = cell;
		add_to_stay(walk, away);
	}
	else if (away->cell != cell)
	{
		for (size_t i = walk->n_stays; i-- > 0 && walk->stays[i].arrival >= away->arrival;)
			walk->stays[i].cell = cell;
	}
	walk->home.cell = cell;
	walk->home.at = away->departure;
	away->events = 0;
}

static void
wait_away(Walk *walk, const WalkEvent *event)
{
	Stay	   *away = &walk->away;

	if (away->events == 0)
		*away = (Stay) {event->cell, event->at, event->at, 0};
	away->departure = event->at;
	away->events += event->rows;
	if (walk->rules.keep_events)
		put_event(walk, event);
}

/*
 * home is the last event in A, away what waits in B.  After put_away() home may
 * have moved to B, so that the event is looked at anew.
 */
static void
remove_ping_pong(Walk *walk, const WalkEvent *event)
{
	WalkEvent  *home = &walk->home;
	Stay	   *away = &walk->away;

	if (away->events > 0)
	{
		bool		soon = elapsed(home->at, event->at) <= walk->rules.ping_pong_window;

		if (soon && event->cell == away->cell &&
			elapsed(away->arrival, event->at) < walk->rules.ping_pong_dwell)
		{
			wait_away(walk, event);
			return;
		}
		put_away(walk, soon && event->cell == home->cell ? home->cell : away->cell);
	}
	if (home->rows > 0 && event->cell != home->cell)
	{
		wait_away(walk, event);
		return;
	}
	put_event(walk, event);
	*home = *event;
}

/* ---- jumps --------------------------------------------------------------- */

static void
keep_event(Walk *walk, const WalkEvent *event)
{
	walk->counts.events += event->rows;
	if (walk->rules.ping_pong)
		remove_ping_pong(walk, event);
	else
		put_event(walk, event);
}

/* Too far in too short a time? */
static bool
too_fast(Walk *walk, const WalkEvent *from, const WalkEvent *to)
{
	double		reach;

	if (from->cell == to->cell)
		return false;
	reach = walk->rules.jump_speed * ((double) elapsed(from->at, to->at) / 1e6);
	if (reach < walk->rules.jump_distance)
		reach = walk->rules.jump_distance;
	return cells_apart(walk->places, from->cell, to->cell, reach);
}

/*
 * Of two events kept one after the other, with too fast a way between them, both
 * are suspicious.  None is counted twice: an event with two such ways is dropped.
 */
static void
keep_waiting(Walk *walk)
{
	if (walk->came_fast)
		walk->counts.suspicious += walk->kept.rows + walk->waiting.rows;
	keep_event(walk, &walk->waiting);
	walk->kept = walk->waiting;
}

static void
remove_jumps(Walk *walk, const WalkEvent *event)
{
	if (walk->waiting.rows > 0)
	{
		bool		fast = too_fast(walk, &walk->waiting, event);

		if (fast && walk->came_fast)
		{
			walk->counts.jumps += walk->waiting.rows;
			fast = too_fast(walk, &walk->kept, event);
		}
		else
			keep_waiting(walk);
		walk->came_fast = fast;
	}
	walk->waiting = *event;
}

/* ---- instants ------------------------------------------------------------ */

/* All rows of the instant were seen: they are one event. */
static void
settle_instant(Walk *walk)
{
	WalkInstant *now = &walk->now;
	bool		stays_there = now->n_before > 0;
	int64_t		same = stays_there ? now->n_before : now->n_least;
	WalkEvent	event = {stays_there ? now->before : now->least, now->at, same};

	walk->counts.rows += now->rows;
	walk->counts.same_time += now->rows - same;
	if (walk->rules.duplicates)
	{
		walk->counts.duplicates += same - 1;
		event.rows = 1;
	}
	now->before = event.cell;
	now->rows = 0;
	if (walk->rules.jumps)
		remove_jumps(walk, &event);
	else
		keep_event(walk, &event);
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
walk_start(Walk *walk, const WalkRules *rules, CellPlaces *places)
{
	memset(walk, 0, sizeof(*walk));
	walk->rules = *rules;
	walk->places = places;
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
	if (walk->waiting.rows > 0)
		keep_waiting(walk);
	walk->waiting.rows = 0;
	if (walk->away.events > 0)
		put_away(walk, walk->away.cell);
	close_stay(walk);
	walk->open.events = 0;
}
