/*
 * flow.h
 *		Flows: how many subjects went from where to where, in areas as fine as k
 *		allows.  No Datum.
 *
 * A trip is a point with one coordinate for each end: origin and destination, or
 * origin, via and destination of a chain.  A box is one area for each end.  All
 * boxes come from one tree: the root has the coarsest area of the ladder at each
 * end, and a box is divided along one end at a time, into the areas of the next
 * finer resolution there.
 *
 *		origin 10km x destination 10km
 *			origin 5km x destination 10km		the coarser end first,
 *				origin 5km x destination 5km	the other where that one cannot be
 *
 * A box may be divided along an end when each finer box with anybody in it has k
 * subjects; or when those that have not hold no more than loss per cent of its
 * subjects, who are withheld then.  Boxes that are not divided are the result.
 * So each trip is in at most one row, rows never overlap, no total of a divided
 * box comes out, and what can be computed from rows are sums of whole rows.
 *
 * Why loss: between many areas there is always somebody who went where nobody
 * else went, and without it he would decide how coarse the others are shown.
 *
 * flow_trips.c collects the trips, flow_ladder.c numbers the areas of each
 * resolution, flow_partition.c divides.
 */
#ifndef MOBILITY_FLOW_H
#define MOBILITY_FLOW_H

#include "mobanon.h"

#include "cell/cell.h"
#include "kanon/area.h"
#include "kanon/subject_set.h"

#define FLOW_ENDS_MAX	3
#define FLOW_LEVELS_MAX MAX_RESOLUTIONS

typedef struct FlowRules
{
	int			ends;			/* 2: flows, 3: chains */
	int			levels;
	Resolution	ladder[FLOW_LEVELS_MAX];	/* from fine to coarse, each divides the next */
	uint32		k;
	uint32		bound;			/* trips of one subject that count in a row */
	uint32		loss;			/* per cent of a box that may be withheld */
} FlowRules;

/* ---- flow_trips.c -------------------------------------------------------- */

struct flow_subjects_hash;
struct flow_cells_hash;

/*
 * The trips of a group as the aggregate sees them: subjects and cells numbered
 * as they first come, a trip is 1 + ends numbers.
 */
typedef struct FlowTrips
{
	FlowRules	rules;
	MemoryContext context;
	struct flow_subjects_hash *subjects;
	struct flow_cells_hash *cells;
	uint32		n_subjects;
	uint32		n_cells;
	uint32		n_trips;
	size_t		capacity;		/* of words, in trips */
	uint32	   *words;			/* subject, cell of each end */
} FlowTrips;

#define FLOW_TRIPS_MAX (PG_UINT32_MAX / 2)

extern void flow_trips_init(FlowTrips *trips, const FlowRules *rules, MemoryContext context);
/* False when a cell is not of the ladder's finest resolution, nor finer. */
extern bool flow_trips_add(FlowTrips *trips, SubjectKey subject, const Cell *cells);
/* The cells, in order of their numbers. */
extern Cell *flow_trips_cells(const FlowTrips *trips);

/* ---- flow_ladder.c ------------------------------------------------------- */

/*
 * The areas of each resolution, numbered so that those within one area of the
 * next coarser resolution follow each other.
 */
typedef struct FlowLadder
{
	int			levels;
	uint32		n_cells;
	uint32	   *rank;			/* number of a cell in FlowTrips -> number at level 0 */
	uint32		n_areas[FLOW_LEVELS_MAX];
	uint32	   *area[FLOW_LEVELS_MAX];	/* number at level 0 -> number at the level */
	uint32	   *first[FLOW_LEVELS_MAX]; /* area -> its first area of the level below; one more at the end */
	Cell	   *cell[FLOW_LEVELS_MAX];	/* area -> cell */
} FlowLadder;

extern FlowLadder *flow_ladder_create(const FlowRules *rules, const Cell *cells, uint32 n_cells);

/* ---- flow_partition.c ---------------------------------------------------- */

typedef struct FlowBox
{
	Cell		cells[FLOW_ENDS_MAX];
	uint64		subjects;		/* at least k */
	uint64		trips;			/* each subject counted at most bound times */
	bool		trips_shown;	/* or would they tell of fewer than k subjects */
} FlowBox;

/* The boxes of the result, in order of their cells; in the current memory context. */
extern FlowBox *flow_partition(const FlowTrips *trips, size_t *n_boxes);

#endif							/* MOBILITY_FLOW_H */
