/*
 * flow_ladder.c
 *		Numbers the areas of each resolution of a ladder.
 *
 * Cells are sorted by their coarsest area, within it by the next finer one, and
 * so on: then the cells of any area, and its areas of the next finer resolution,
 * are neighbours, and "which part of the box is this trip in" is a subtraction.
 */
#include "mobility/flow.h"

#include "miscadmin.h"

/* A cell and its ancestors: level 0 is itself. */
typedef struct Lineage
{
	uint32		number;
	Cell	   *ancestors;
} Lineage;

static int
compare_lineages(const void *a, const void *b, void *levels)
{
	const Cell *x = ((const Lineage *) a)->ancestors;
	const Cell *y = ((const Lineage *) b)->ancestors;

	for (int level = *(int *) levels - 1; level >= 0; level--)
	{
		if (x[level] != y[level])
			return x[level] < y[level] ? -1 : 1;
	}
	return 0;
}

/* The cells with their ancestors, sorted; the ladder's steps divide each other. */
static Lineage *
sorted_lineages(const FlowRules *rules, const Cell *cells, uint32 n)
{
	Lineage    *lineages = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(Lineage));
	Cell	   *ancestors = MemoryContextAllocHuge(CurrentMemoryContext,
												   (Size) Max(n, 1) * rules->levels * sizeof(Cell));
	int			levels = rules->levels;

	for (uint32 i = 0; i < n; i++)
	{
		lineages[i].number = i;
		lineages[i].ancestors = ancestors + (size_t) i * levels;
		for (int level = 0; level < levels; level++)
		{
			if (!cell_ancestor(cells[i], rules->ladder[level], &lineages[i].ancestors[level]))
				elog(ERROR, "cell has no ancestor in the ladder");
		}
	}
	CHECK_FOR_INTERRUPTS();
	qsort_arg(lineages, n, sizeof(Lineage), compare_lineages, &levels);
	return lineages;
}

/* Where the areas of one level begin, and what lies below them. */
static void
number_level(FlowLadder *ladder, int level, const Lineage *lineages)
{
	uint32		n = ladder->n_cells;
	uint32	   *area = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(uint32));
	uint32	   *first = MemoryContextAllocHuge(CurrentMemoryContext, ((Size) n + 1) * sizeof(uint32));
	Cell	   *cell = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(Cell));
	uint32		count = 0;

	for (uint32 i = 0; i < n; i++)
	{
		Cell		ancestor = lineages[i].ancestors[level];

		if (i == 0 || ancestor != cell[count - 1])
		{
			cell[count] = ancestor;
			first[count] = level == 0 ? i : ladder->area[level - 1][i];
			count++;
		}
		area[i] = count - 1;
	}
	first[count] = level == 0 ? n : ladder->n_areas[level - 1];
	ladder->area[level] = area;
	ladder->first[level] = first;
	ladder->cell[level] = cell;
	ladder->n_areas[level] = count;
}

FlowLadder *
flow_ladder_create(const FlowRules *rules, const Cell *cells, uint32 n_cells)
{
	FlowLadder *ladder = palloc0(sizeof(FlowLadder));
	Lineage    *lineages = sorted_lineages(rules, cells, n_cells);

	ladder->levels = rules->levels;
	ladder->n_cells = n_cells;
	ladder->rank = MemoryContextAllocHuge(CurrentMemoryContext, Max(n_cells, 1) * sizeof(uint32));
	for (uint32 i = 0; i < n_cells; i++)
		ladder->rank[lineages[i].number] = i;
	for (int level = 0; level < rules->levels; level++)
	{
		CHECK_FOR_INTERRUPTS();
		number_level(ladder, level, lineages);
	}
	pfree(lineages);
	return ladder;
}
