/*
 * walk.h
 *		One subject's events in order of time, cleaned and made into stays in one
 *		pass.  Pure, no Datum.
 *
 *		rows -> instants -> jumps -> ping-pong -> stays
 *
 * Instants: a subject is in one cell at a time.  Rows of one instant wait until a
 * later one is seen; of several cells the one of the event before stands, if it
 * is among them, else the smallest.  So the order of rows with equal times, which
 * a sort leaves open, does not matter.
 *
 * Jumps: an event waits for the next one.  It is dropped when nobody can have
 * come to it from the last event kept, nor gone on from it to the next one: both
 * ways are long and too fast.  A fast way to somewhere and on at leisure is a
 * flight: it stays, counted as suspicious.
 *
 * Ping-pong: between two events in a cell A, no farther apart than the window,
 * events in one other cell B are taken for A if the first and the last of them
 * are nearer than the dwell.  They wait until it is clear.
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

#include "mobility/distance.h"

/* Microseconds, as PostgreSQL counts them. */
typedef int64_t Instant;

/* What comes out: a stay, or a single event (arrival = departure). */
typedef struct Stay
{
	Cell		cell;
	Instant		arrival;
	Instant		departure;		/* of the last event, not of the next one */
	int64_t		events;
} Stay;

/* All times in microseconds. */
typedef struct WalkRules
{
	bool		duplicates;		/* equal rows are one event */
	bool		jumps;
	bool		ping_pong;
	bool		keep_events;	/* events come out, not stays */
	double		jump_distance;	/* metres */
	double		jump_speed;		/* metres a second */
	uint64_t	ping_pong_window;
	uint64_t	ping_pong_dwell;
	uint64_t	minimum;		/* of a stay that counts */
	uint64_t	gap;			/* longest within a stay */
} WalkRules;

/* rows = unusable + duplicates + same_time + jumps + events */
typedef struct WalkCounts
{
	int64_t		rows;
	int64_t		unusable;		/* without cell or time; the caller counts these */
	int64_t		duplicates;		/* same time, same cell */
	int64_t		same_time;		/* same time, another cell */
	int64_t		jumps;			/* dropped */
	int64_t		suspicious;		/* kept, with too fast a way from or to another one kept */
	int64_t		ping_pong;		/* kept in another cell */
	int64_t		events;			/* kept */
} WalkCounts;

/* Rows of one instant: how many there are of the two cells that may stand. */
typedef struct WalkInstant
{
	Instant		at;
	Cell		before;			/* the cell of the event before; 0 for none */
	Cell		least;
	int64_t		n_before;
	int64_t		n_least;
	int64_t		rows;			/* 0: no event yet */
} WalkInstant;

typedef struct WalkEvent
{
	Cell		cell;
	Instant		at;
	int64_t		rows;			/* 0: no event */
} WalkEvent;

typedef struct Walk
{
	WalkRules	rules;
	WalkCounts	counts;
	WalkInstant now;
	WalkEvent	kept;			/* jumps: the last event that was kept ... */
	WalkEvent	waiting;		/* ... and the one that waits */
	bool		came_fast;		/* from kept to waiting */
	WalkEvent	home;			/* ping-pong: the last event in A ... */
	Stay		away;			/* ... and the events in B that wait */
	Stay		open;			/* events = 0: none */
	CellPlaces *places;			/* the caller's */
	Stay	   *stays;			/* the caller's */
	size_t		n_stays;
} Walk;

/* More than one call can put out. */
#define WALK_ROOM 8

extern void walk_start(Walk *walk, const WalkRules *rules, CellPlaces *places);
/* One more row; false, and nothing done, when it is earlier than the one before. */
extern bool walk_add(Walk *walk, Cell cell, Instant at);
/* No more rows: what is open is closed. */
extern void walk_finish(Walk *walk);

#endif							/* MOBILITY_WALK_H */
