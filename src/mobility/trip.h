/*
 * trip.h
 *		From one subject's stays to its trips, and to chains of two trips.  Pure,
 *		no Datum.
 *
 * A trip leads from a stay to the next one, in another cell, when no more than
 * the longest allowed time passes between leaving and arriving.  Two stays in a
 * row in one cell are no trip: nobody saw the subject elsewhere.  A chain is two
 * trips in a row, over the stay in between.
 *
 * Contribution bound: of a subject's trips of one day only so many stay, those
 * with the smallest draws.  A draw is a hash of the pseudonym and of the time of
 * departure, so a choice is uniform over the day, the same on every machine, the
 * same whatever else is in the table, and nobody can tell it in advance who does
 * not know the pseudonym.
 */
#ifndef MOBILITY_TRIP_H
#define MOBILITY_TRIP_H

#include "kanon/subject_set.h"
#include "mobility/walk.h"

#define TRIP_CELLS_MAX 3

typedef struct Trip
{
	Cell		cells[TRIP_CELLS_MAX];	/* two of a trip, three of a chain */
	Instant		departure;
	Instant		arrival;		/* at the last cell */
	int64_t		day;			/* of departure; the caller says which */
	uint64_t	draw;
} Trip;

/*
 * The trips (legs = 1) or chains (legs = 2) over stays in order of time, into
 * room for one per stay.  How many there are.
 */
extern size_t find_trips(const Stay *stays, size_t n, int legs, uint64_t longest,
						 Trip *trips);

/* Keeps at most per_day trips of each day, in place.  How many are left. */
extern size_t bound_trips(Trip *trips, size_t n, size_t per_day, SubjectKey subject);

#endif							/* MOBILITY_TRIP_H */
