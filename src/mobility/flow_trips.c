/*
 * flow_trips.c
 *		Collects the trips of a group: twelve bytes a trip, besides each subject
 *		and each cell once.
 */
#include "mobility/flow.h"

#include "utils/memutils.h"

typedef struct FlowSubject
{
	SubjectKey	key;
	uint32		number;
	char		status;
} FlowSubject;

#define SH_PREFIX flow_subjects
#define SH_ELEMENT_TYPE FlowSubject
#define SH_KEY_TYPE SubjectKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) ((uint32) subject_key_hash(key))
#define SH_EQUAL(table, a, b) ((a).high == (b).high && (a).low == (b).low)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct FlowCell
{
	Cell		key;
	uint32		number;
	char		status;
} FlowCell;

#define SH_PREFIX flow_cells
#define SH_ELEMENT_TYPE FlowCell
#define SH_KEY_TYPE Cell
#define SH_KEY key
#define SH_HASH_KEY(table, key) ((uint32) subject_key_hash((SubjectKey) {(key), 0}))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

void
flow_trips_init(FlowTrips *trips, const FlowRules *rules, MemoryContext context)
{
	memset(trips, 0, sizeof(*trips));
	trips->rules = *rules;
	trips->context = context;
	trips->subjects = flow_subjects_create(context, 8, NULL);
	trips->cells = flow_cells_create(context, 8, NULL);
	trips->capacity = 8;
	trips->words = MemoryContextAlloc(context, trips->capacity * (1 + rules->ends) * sizeof(uint32));
}

static uint32
subject_number(FlowTrips *trips, SubjectKey key)
{
	bool		found;
	FlowSubject *subject = flow_subjects_insert(trips->subjects, key, &found);

	if (!found)
		subject->number = trips->n_subjects++;
	return subject->number;
}

static uint32
cell_number(FlowTrips *trips, Cell cell)
{
	bool		found;
	FlowCell   *entry = flow_cells_insert(trips->cells, cell, &found);

	if (!found)
		entry->number = trips->n_cells++;
	return entry->number;
}

static pg_noinline void
grow(FlowTrips *trips)
{
	trips->capacity *= 2;
	trips->words = repalloc_huge(trips->words, trips->capacity * (1 + trips->rules.ends) * sizeof(uint32));
}

bool
flow_trips_add(FlowTrips *trips, SubjectKey subject, const Cell *cells)
{
	Resolution	finest = trips->rules.ladder[0];
	Cell		coarse[FLOW_ENDS_MAX];
	uint32	   *words;

	for (int e = 0; e < trips->rules.ends; e++)
	{
		coarse[e] = cells[e];
		if (unlikely(cell_resolution_of(cells[e]) != finest) &&
			!cell_ancestor(cells[e], finest, &coarse[e]))
			return false;
	}
	if (unlikely(trips->n_trips == FLOW_TRIPS_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many trips in one group"),
				 errdetail("A group holds at most %u trips.", FLOW_TRIPS_MAX),
				 errhint("Group by bucket and by the coarsest cells of the ladder at both ends.")));
	if (unlikely(trips->n_trips == trips->capacity))
		grow(trips);
	words = trips->words + (size_t) trips->n_trips * (1 + trips->rules.ends);
	words[0] = subject_number(trips, subject);
	for (int e = 0; e < trips->rules.ends; e++)
		words[1 + e] = cell_number(trips, coarse[e]);
	trips->n_trips++;
	return true;
}

Cell *
flow_trips_cells(const FlowTrips *trips)
{
	Cell	   *cells = MemoryContextAllocHuge(CurrentMemoryContext, Max(trips->n_cells, 1) * sizeof(Cell));
	flow_cells_iterator iterator;
	FlowCell   *entry;

	flow_cells_start_iterate(trips->cells, &iterator);
	while ((entry = flow_cells_iterate(trips->cells, &iterator)) != NULL)
		cells[entry->number] = entry->key;
	return cells;
}
