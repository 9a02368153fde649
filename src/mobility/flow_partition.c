/*
 * flow_partition.c
 *		Divides the trips of a group into boxes of k subjects or more, see flow.h.
 *
 * Trips are kept in order of their subject, through every division, so that the
 * subjects of each part are counted by comparing with the last one seen there.
 * A trip is moved once for each division of its box, between two buffers.
 */
#include "mobility/flow.h"

#include "miscadmin.h"

/* A trip is its subject, how many times it was made, and the cell of each end. */
#define SUBJECT 0
#define COUNT	1
#define CELL(e) (2 + (e))

/* Long loops look for interrupts every so many trips. */
#define POLL_MASK 0xFFFF

typedef struct Division
{
	FlowRules	rules;
	int			stride;			/* words of a trip */
	FlowLadder *ladder;
	FlowBox    *boxes;
	size_t		n_boxes;
	size_t		capacity;
} Division;

/* Trips of one box, and as much room beside them. */
typedef struct Box
{
	uint32	   *words;
	uint32	   *room;
	uint32		n;
	int			level[FLOW_ENDS_MAX];
	uint32		area[FLOW_ENDS_MAX];
} Box;

/* What a box would be divided into, along one end. */
typedef struct Parts
{
	int			end;
	uint32		n;
	uint32		first;			/* number of the first area */
	uint32	   *subjects;
	uint32	   *trips;
	uint32	   *last;			/* subject seen last */
} Parts;

/* ---- trips in order of their subject ------------------------------------- */

/* The trips, each with a count of one, by subject: a counting sort. */
static uint32 *
trips_by_subject(const Division *division, const FlowTrips *trips)
{
	int			ends = trips->rules.ends;
	uint32	   *place = MemoryContextAllocExtended(CurrentMemoryContext, ((Size) trips->n_subjects + 1) * sizeof(uint32),
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	uint32	   *sorted = MemoryContextAllocHuge(CurrentMemoryContext,
												(Size) trips->n_trips * division->stride * sizeof(uint32));
	const uint32 *from;

	from = trips->words;
	for (uint32 i = 0; i < trips->n_trips; i++, from += 1 + ends)
		place[from[0] + 1]++;
	for (uint32 s = 0; s < trips->n_subjects; s++)
		place[s + 1] += place[s];
	from = trips->words;
	for (uint32 i = 0; i < trips->n_trips; i++, from += 1 + ends)
	{
		uint32	   *to = sorted + (Size) place[from[0]]++ * division->stride;

		if ((i & POLL_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		to[SUBJECT] = from[0];
		to[COUNT] = 1;
		for (int e = 0; e < ends; e++)
			to[CELL(e)] = division->ladder->rank[from[1 + e]];
	}
	pfree(place);
	return sorted;
}

static int
compare_cells(const void *a, const void *b, void *ends)
{
	const uint32 *x = a;
	const uint32 *y = b;

	for (int e = 0; e < *(int *) ends; e++)
	{
		if (x[CELL(e)] != y[CELL(e)])
			return x[CELL(e)] < y[CELL(e)] ? -1 : 1;
	}
	return 0;
}

/* Equal trips of a subject become one, with their count.  How many are left. */
static uint32
merge_equal(const Division *division, uint32 *words, uint32 n)
{
	int			stride = division->stride;
	int			ends = division->rules.ends;
	uint32		kept = 0;

	for (uint32 begin = 0, end; begin < n; begin = end)
	{
		uint32	   *run = words + (Size) begin * stride;

		for (end = begin + 1; end < n && words[(Size) end * stride + SUBJECT] == run[SUBJECT]; end++)
			;
		CHECK_FOR_INTERRUPTS();
		if (end - begin > 1)
			qsort_arg(run, end - begin, stride * sizeof(uint32), compare_cells, &ends);
		for (uint32 i = begin; i < end; i++)
		{
			uint32	   *trip = words + (Size) i * stride;
			uint32	   *next = words + (Size) kept * stride;

			if (i > begin && compare_cells(trip, next - stride, &ends) == 0)
				next[COUNT - stride]++;
			else
			{
				memmove(next, trip, stride * sizeof(uint32));
				kept++;
			}
		}
	}
	return kept;
}

/* ---- dividing ------------------------------------------------------------ */

/* The number of the part that a trip belongs to. */
static inline uint32
part_of(const Parts *parts, const uint32 *areas, const uint32 *trip)
{
	return areas[trip[CELL(parts->end)]] - parts->first;
}

static void
parts_count(const Division *division, const Box *box, int end, Parts *parts)
{
	int			level = box->level[end];
	const uint32 *first = division->ladder->first[level] + box->area[end];
	const uint32 *areas = division->ladder->area[level - 1];
	const uint32 *trip = box->words;

	parts->end = end;
	parts->first = first[0];
	parts->n = first[1] - first[0];
	parts->subjects = MemoryContextAllocExtended(CurrentMemoryContext, (Size) parts->n * 3 * sizeof(uint32),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	parts->trips = parts->subjects + parts->n;
	parts->last = parts->trips + parts->n;
	for (uint32 i = 0; i < box->n; i++, trip += division->stride)
	{
		uint32		part = part_of(parts, areas, trip);

		if ((i & POLL_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		parts->trips[part]++;
		/* no subject is number -1, so that 0 stands for none */
		if (parts->last[part] != trip[SUBJECT] + 1)
		{
			parts->last[part] = trip[SUBJECT] + 1;
			parts->subjects[part]++;
		}
	}
}

/* Whether all parts with anybody in them have k subjects, or those that have not hold few. */
static bool
parts_pass(const Division *division, const Parts *parts)
{
	uint64		all = 0;
	uint64		withheld = 0;

	for (uint32 p = 0; p < parts->n; p++)
	{
		all += parts->subjects[p];
		if (parts->subjects[p] < division->rules.k)
			withheld += parts->subjects[p];
	}
	return withheld < all && withheld * 100 <= all * division->rules.loss;
}

/*
 * The ends at which a box can still be divided, in the order in which it is
 * tried: coarser areas first, of equal ones the earlier end.
 */
static int
ends_to_try(const Division *division, const Box *box, int order[FLOW_ENDS_MAX])
{
	int			n = 0;

	for (int level = division->rules.levels - 1; level > 0; level--)
	{
		for (int e = 0; e < division->rules.ends; e++)
		{
			if (box->level[e] == level)
				order[n++] = e;
		}
	}
	return n;
}

/* What the trips of a row's subjects add up to. */
typedef struct Sum
{
	uint64		subjects;
	uint64		trips;
	uint64		repeated;		/* subjects who count more than once */
	uint64		below;			/* subjects who count less often than they could */
} Sum;

static void
add_subject(Sum *sum, uint64 times, uint32 bound)
{
	times = Min(times, bound);
	sum->subjects++;
	sum->trips += times;
	sum->repeated += times > 1;
	sum->below += times < bound;
}

static Sum
sum_up(const Division *division, const Box *box)
{
	Sum			sum = {0};
	const uint32 *trip = box->words;
	uint64		times = 0;

	for (uint32 i = 0; i < box->n; i++, trip += division->stride)
	{
		if (i > 0 && trip[SUBJECT] != trip[SUBJECT - division->stride])
		{
			add_subject(&sum, times, division->rules.bound);
			times = 0;
		}
		times += trip[COUNT];
	}
	add_subject(&sum, times, division->rules.bound);
	return sum;
}

/*
 * A box that is not divided any further is a row.  Its trips less its subjects
 * tell of those who went more than once, and bound times its subjects less its
 * trips of those who went less often than that; both have to be k or more.
 */
static void
emit(Division *division, const Box *box)
{
	const FlowRules *rules = &division->rules;
	Sum			sum = sum_up(division, box);
	FlowBox    *row;

	if (division->n_boxes == division->capacity)
	{
		division->capacity *= 2;
		division->boxes = repalloc_huge(division->boxes, division->capacity * sizeof(FlowBox));
	}
	row = &division->boxes[division->n_boxes++];
	memset(row, 0, sizeof(*row));
	for (int e = 0; e < rules->ends; e++)
		row->cells[e] = division->ladder->cell[box->level[e]][box->area[e]];
	row->subjects = sum.subjects;
	row->trips = sum.trips;
	row->trips_shown = rules->bound == 1 || (sum.repeated >= rules->k && sum.below >= rules->k);
}

static void divide(Division *division, const Box *box);

/* Moves the trips of each part that passes into the box's room, and goes on there. */
static void
divide_into(Division *division, const Box *box, Parts *parts)
{
	int			stride = division->stride;
	int			level = box->level[parts->end] - 1;
	const uint32 *areas = division->ladder->area[level];
	const uint32 *trip = box->words;
	uint32	   *place = parts->last;	/* not needed any more */
	uint32		used = 0;

	for (uint32 p = 0; p < parts->n; p++)
	{
		place[p] = used;
		if (parts->subjects[p] >= division->rules.k)
			used += parts->trips[p];
	}
	for (uint32 i = 0; i < box->n; i++, trip += stride)
	{
		uint32		part = part_of(parts, areas, trip);

		if ((i & POLL_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (parts->subjects[part] >= division->rules.k)
			memcpy(box->room + (Size) place[part]++ * stride, trip, stride * sizeof(uint32));
	}
	for (uint32 p = 0; p < parts->n; p++)
	{
		Box			finer = *box;
		Size		offset;

		if (parts->subjects[p] < division->rules.k)
			continue;
		offset = ((Size) place[p] - parts->trips[p]) * stride;
		finer.words = box->room + offset;
		finer.room = box->words + offset;
		finer.n = parts->trips[p];
		finer.level[parts->end] = level;
		finer.area[parts->end] = parts->first + p;
		divide(division, &finer);
	}
}

/* Divides a box of k subjects as far as it goes. */
static void
divide(Division *division, const Box *box)
{
	int			order[FLOW_ENDS_MAX];
	int			n = ends_to_try(division, box, order);

	for (int i = 0; i < n; i++)
	{
		Parts		parts;
		bool		passes;

		parts_count(division, box, order[i], &parts);
		passes = parts_pass(division, &parts);
		if (passes)
			divide_into(division, box, &parts);
		pfree(parts.subjects);
		if (passes)
			return;
	}
	emit(division, box);
}

/* ---- roots --------------------------------------------------------------- */

/* By the coarsest area of one end, keeping the order within; the buffers change places. */
static void
sort_by_root(const Division *division, int end, uint32 **words, uint32 **room, uint32 n)
{
	const FlowLadder *ladder = division->ladder;
	int			top = ladder->levels - 1;
	int			stride = division->stride;
	const uint32 *trip = *words;
	uint32	   *place;
	uint32	   *swap;

	if (ladder->n_areas[top] == 1)
		return;
	place = MemoryContextAllocExtended(CurrentMemoryContext, ((Size) ladder->n_areas[top] + 1) * sizeof(uint32),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < n; i++, trip += stride)
		place[ladder->area[top][trip[CELL(end)]] + 1]++;
	for (uint32 a = 0; a < ladder->n_areas[top]; a++)
		place[a + 1] += place[a];
	trip = *words;
	for (uint32 i = 0; i < n; i++, trip += stride)
		memcpy(*room + (Size) place[ladder->area[top][trip[CELL(end)]]]++ * stride, trip, stride * sizeof(uint32));
	pfree(place);
	CHECK_FOR_INTERRUPTS();
	swap = *words;
	*words = *room;
	*room = swap;
}

/* The root of a trip into box, and whether it is another one than the box's. */
static bool
enter_root(const Division *division, const uint32 *trip, Box *box)
{
	int			top = division->ladder->levels - 1;
	bool		other = false;

	for (int e = 0; e < division->rules.ends; e++)
	{
		uint32		area = division->ladder->area[top][trip[CELL(e)]];

		other |= area != box->area[e];
		box->area[e] = area;
		box->level[e] = top;
	}
	return other;
}

/* Divides each root of k subjects; trips are in order of root and subject. */
static void
divide_roots(Division *division, uint32 *words, uint32 *room, uint32 n)
{
	int			stride = division->stride;
	uint32		begin = 0;

	while (begin < n)
	{
		Box			box,
					next;
		uint32		end,
					subjects = 1;

		box.words = words + (Size) begin * stride;
		box.room = room + (Size) begin * stride;
		(void) enter_root(division, box.words, &box);
		next = box;
		for (end = begin + 1; end < n; end++)
		{
			const uint32 *trip = words + (Size) end * stride;

			if (enter_root(division, trip, &next))
				break;
			subjects += trip[SUBJECT] != trip[SUBJECT - stride];
		}
		box.n = end - begin;
		if (subjects >= division->rules.k)
			divide(division, &box);
		CHECK_FOR_INTERRUPTS();
		begin = end;
	}
}

static int
compare_boxes(const void *a, const void *b)
{
	const FlowBox *x = a;
	const FlowBox *y = b;

	for (int e = 0; e < FLOW_ENDS_MAX; e++)
	{
		if (x->cells[e] != y->cells[e])
			return x->cells[e] < y->cells[e] ? -1 : 1;
	}
	return 0;
}

FlowBox *
flow_partition(const FlowTrips *trips, size_t *n_boxes)
{
	Division	division = {.rules = trips->rules, .stride = 2 + trips->rules.ends, .capacity = 8};
	uint32	   *words;
	uint32	   *room;
	uint32		n;

	division.boxes = palloc(division.capacity * sizeof(FlowBox));
	if (trips->n_subjects >= trips->rules.k)
	{
		division.ladder = flow_ladder_create(&trips->rules, flow_trips_cells(trips), trips->n_cells);
		words = trips_by_subject(&division, trips);
		n = merge_equal(&division, words, trips->n_trips);
		room = MemoryContextAllocHuge(CurrentMemoryContext, (Size) n * division.stride * sizeof(uint32));
		for (int e = trips->rules.ends - 1; e >= 0; e--)
			sort_by_root(&division, e, &words, &room, n);
		divide_roots(&division, words, room, n);
		qsort(division.boxes, division.n_boxes, sizeof(FlowBox), compare_boxes);
	}
	*n_boxes = division.n_boxes;
	return division.boxes;
}
