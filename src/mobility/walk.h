/*
 * walk.h
 *		One subject's events in order of time, cleaned and made into stays in one
 *		pass.  Pure, no Datum.
 *
 *		rows -> instants -> stays
 *
 * Instants: a subject is in one cell at a time.  Rows of one instant wait until a
 * later one is seen; of several cells the one of the event before stands, if it
 * is among them, else the smallest.  So the order of rows with equal times, which
 * a sort leaves open, does not matter.
 *
 * Stays: an event in the cell of the open stay, no later than the gap after its
 * last event, extends it; anything else closes it.  A closed stay counts when
 * from its first to its last event at least the minimum has passed.
 *
 * Each step holds a few numbers, whatever the number of events.  What comes out
 * goes into an array of the caller's, who keeps WALK_ROOM places free in it
 * before each call; nothing here allocates.
 */
#ifndef MOBILITY_WALK_H
#define MOBILITY_WALK_H

#include "cell/cell.h"

/* Microseconds, as PostgreSQL counts them. */
typedef int64_t Instant;

typedef struct Stay
{
	Cell		cell;
	Instant		arrival;
	Instant		departure;		/* of the last event, not of the next one */
	int64_t		events;
} Stay;

typedef struct WalkRules
{
	uint64_t	minimum;		/* microseconds; of a stay that counts */
	uint64_t	gap;			/* microseconds; longest within a stay */
} WalkRules;

/* Rows of one instant: how many there are of the two cells that may stand. */
typedef struct WalkInstant
{
	Instant		at;
	Cell		before;			/* the cell of the event before; 0 for none */
	Cell		least;
	int64_t		n_before;
	int64_t		n_least;
	int64_t		rows;
} WalkInstant;

typedef struct Walk
{
	WalkRules	rules;
	WalkInstant now;			/* rows = 0: no event yet */
	Stay		open;			/* events = 0: none */
	Stay	   *stays;
	size_t		n_stays;
} Walk;

/* At most so many stays come out of one call. */
#define WALK_ROOM 4

extern void walk_start(Walk *walk, const WalkRules *rules);
/* One more row; false, and nothing done, when it is earlier than the one before. */
extern bool walk_add(Walk *walk, Cell cell, Instant at);
/* No more rows: what is open is closed. */
extern void walk_finish(Walk *walk);

#endif							/* MOBILITY_WALK_H */
