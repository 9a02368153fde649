/*
 * area_tree.c
 *		From boxes of level 0, in the order of the tree, to areas; see area.h.
 */
#include "kanon/area.h"

#include "utils/memutils.h"

#define FIRST_SEEN 1024
#define FIRST_AREAS 64

/* An empty tree. */
void
area_tree_init(AreaTree *tree, MemoryContext context, int64 k, int n_levels)
{
	memset(tree, 0, sizeof(AreaTree));
	tree->context = context;
	tree->k = k;
	tree->n_levels = n_levels;
	tree->seen_mask = FIRST_SEEN - 1;
	tree->seen = MemoryContextAllocZero(context, FIRST_SEEN * sizeof(LastSeen));
	tree->max_areas = FIRST_AREAS;
	tree->areas = MemoryContextAlloc(context, FIRST_AREAS * sizeof(Area));
}

/* ---- areas ---------------------------------------------------------------- */

/* The box of that level becomes an area, instead of those found inside it. */
static void
publish(AreaTree *tree, int level)
{
	Area	   *area;

	tree->n_areas = tree->open[level].first_area;
	if (tree->n_areas == tree->max_areas)
	{
		tree->max_areas *= 2;
		tree->areas = repalloc_huge(tree->areas, tree->max_areas * sizeof(Area));
	}
	area = &tree->areas[tree->n_areas++];
	area->cell = tree->cell;
	area->bucket = tree->bucket;
	area->subjects = tree->open[level].subjects;
	area->level = level;
}

/* A box is complete. */
static void
close_box(AreaTree *tree, int level)
{
	OpenBox    *box = &tree->open[level];
	bool		failed = box->subjects < tree->k;

	if (!failed && (level == 0 || box->child_failed))
		publish(tree, level);
	if (level + 1 < tree->n_levels)
	{
		box[1].subjects += box->subjects;
		box[1].child_failed |= failed;
	}
}

/*
 * The next box of level 0, which has its boxes from that level up in common with
 * the one before; n_levels: none.
 */
void
area_tree_leaf(AreaTree *tree, int level, Cell cell, TimestampTz bucket)
{
	if (tree->leaf > 0)
	{
		for (int i = 0; i < level; i++)
			close_box(tree, i);
	}
	tree->leaf++;
	for (int i = 0; i < level; i++)
	{
		OpenBox    *box = &tree->open[i];

		box->subjects = 0;
		box->first_leaf = tree->leaf;
		box->first_area = tree->n_areas;
		box->child_failed = false;
	}
	tree->cell = cell;
	tree->bucket = bucket;
}

/* No more boxes; tree->areas is what there is.  Another one may begin then. */
void
area_tree_finish(AreaTree *tree)
{
	if (tree->leaf == 0)
		return;
	for (int i = 0; i < tree->n_levels; i++)
		close_box(tree, i);
}

/* ---- subjects ------------------------------------------------------------- */

static inline LastSeen *
find_seen(LastSeen *seen, uint64 mask, SubjectKey subject)
{
	uint64		at = subject_key_hash(subject) & mask;

	while (seen[at].leaf != 0 &&
		   (seen[at].subject.high != subject.high || seen[at].subject.low != subject.low))
		at = (at + 1) & mask;
	return &seen[at];
}

/*
 * Forgets who was not yet seen in this root, and makes room where that is not
 * enough.  So the table is as large as the root with most subjects needs.
 */
static void
renew_seen(AreaTree *tree)
{
	uint64		first = tree->open[tree->n_levels - 1].first_leaf;
	uint64		n_slots = tree->seen_mask + 1;
	uint64		n_live = 0;
	LastSeen   *old = tree->seen;

	for (uint64 i = 0; i < n_slots; i++)
		n_live += old[i].leaf >= first;
	if (n_live >= (uint64) SUBJECT_SET_MAX_CAPACITY / 8 * 7)
		report_full();
	if (n_live > n_slots / 4)
		n_slots *= 2;
	tree->seen = MemoryContextAllocExtended(tree->context, n_slots * sizeof(LastSeen),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint64 i = 0; i <= tree->seen_mask; i++)
	{
		if (old[i].leaf >= first)
			*find_seen(tree->seen, n_slots - 1, old[i].subject) = old[i];
	}
	tree->seen_mask = n_slots - 1;
	tree->n_seen = n_live;
	pfree(old);
}

/* A subject in the box at hand; again is no more than once. */
void
area_tree_add(AreaTree *tree, SubjectKey subject)
{
	LastSeen   *last = find_seen(tree->seen, tree->seen_mask, subject);
	uint64		before = last->leaf;

	if (before == tree->leaf)
		return;
	tree->open[0].subjects++;
	last->leaf = tree->leaf;
	if (before == 0)
	{
		last->subject = subject;
		if (++tree->n_seen > tree->seen_mask / 4 * 3)
			renew_seen(tree);
		return;
	}
	/* A box holds the row before if it began before it.  Level 0 does not. */
	for (int level = 1; level < tree->n_levels; level++)
	{
		if (tree->open[level].first_leaf <= before)
		{
			tree->open[level].subjects--;
			return;
		}
	}
}
