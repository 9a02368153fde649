/*
 * trip.c
 *		Trips between stays, and the choice of those that count.
 */
#include "mobility/trip.h"

#include <stdlib.h>

static bool
is_leg(const Stay *from, const Stay *to, uint64_t longest)
{
	return from->cell != to->cell &&
		(uint64_t) to->arrival - (uint64_t) from->departure <= longest;
}

size_t
find_trips(const Stay *stays, size_t n, int legs, uint64_t longest, Trip *trips)
{
	size_t		found = 0;
	int			run = 0;		/* legs in a row up to stay i */

	for (size_t i = 1; i < n; i++)
	{
		run = is_leg(&stays[i - 1], &stays[i], longest) ? run + 1 : 0;
		if (run >= legs)
		{
			Trip	   *trip = &trips[found++];

			for (int c = 0; c <= legs; c++)
				trip->cells[c] = stays[i - legs + c].cell;
			trip->departure = stays[i - legs].departure;
			trip->arrival = stays[i].arrival;
		}
	}
	return found;
}

/* ---- contribution bound -------------------------------------------------- */

/* Mixed twice: a subject's departures differ in a few bits only. */
static uint64_t
draw_of(SubjectKey subject, Instant departure)
{
	SubjectKey	key = {subject.high, subject.low ^ subject_key_hash((SubjectKey) {(uint64_t) departure, 0})};

	key.high ^= subject_key_hash(key);
	return subject_key_hash(key);
}

static int
compare_draws(const void *a, const void *b)
{
	const Trip *x = a;
	const Trip *y = b;

	if (x->draw != y->draw)
		return x->draw < y->draw ? -1 : 1;
	return x->departure < y->departure ? -1 : x->departure > y->departure;
}

static int
compare_departures(const void *a, const void *b)
{
	const Trip *x = a;
	const Trip *y = b;

	return x->departure < y->departure ? -1 : x->departure > y->departure;
}

/* Moves the trips of one day that stay to the front of it, in order of time. */
static void
choose(Trip *trips, size_t n, size_t per_day, SubjectKey subject)
{
	for (size_t i = 0; i < n; i++)
		trips[i].draw = draw_of(subject, trips[i].departure);
	qsort(trips, n, sizeof(Trip), compare_draws);
	qsort(trips, per_day, sizeof(Trip), compare_departures);
}

size_t
bound_trips(Trip *trips, size_t n, size_t per_day, SubjectKey subject)
{
	size_t		kept = 0;

	/* Departures grow, so the trips of a day are neighbours. */
	for (size_t begin = 0, end; begin < n; begin = end)
	{
		size_t		take;

		for (end = begin + 1; end < n && trips[end].day == trips[begin].day; end++)
			;
		take = end - begin;
		if (take > per_day)
		{
			choose(trips + begin, take, per_day, subject);
			take = per_day;
		}
		for (size_t i = 0; i < take; i++)
			trips[kept++] = trips[begin + i];
	}
	return kept;
}
