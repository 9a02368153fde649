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
area_tree_init(AreaTree *tree, MemoryContext context, int64 k, AreaRule rule, Ladder *ladder)
{
	memset(tree, 0, sizeof(AreaTree));
	tree->context = context;
	tree->k = k;
	tree->rule = rule;
	tree->n_levels = ladder->n_levels;
	tree->ladder = ladder;
	tree->seen_mask = FIRST_SEEN - 1;
	tree->seen = MemoryContextAllocZero(context, FIRST_SEEN * sizeof(LastSeen));
	tree->max_areas = FIRST_AREAS;
	tree->areas = MemoryContextAlloc(context, FIRST_AREAS * sizeof(Area));
}

/* ---- areas ---------------------------------------------------------------- */

static void
add_area(AreaTree *tree, int level, int64 subjects)
{
	Area	   *area;

	if (tree->n_areas == tree->max_areas)
	{
		tree->max_areas *= 2;
		tree->areas = repalloc_huge(tree->areas, tree->max_areas * sizeof(Area));
	}
	area = &tree->areas[tree->n_areas++];
	area->cell = tree->cell;
	area->bucket = tree->bucket;
	area->subjects = subjects;
	area->level = level;
}

/* All of a box becomes an area, instead of those found inside it. */
static void
add_whole(AreaTree *tree, int level)
{
	tree->n_areas = tree->open[level].first_area;
	add_area(tree, level, tree->open[level].subjects);
}

/* ---- rests ----------------------------------------------------------------- */

static void
add_to_rest(AreaTree *tree, OpenBox *box, const SubjectKey *subjects, Size n)
{
	if (box->n_rest + n > box->max_rest)
	{
		box->max_rest = Max(box->max_rest * 2, Max(box->n_rest + n, 64));
		if (box->rest)
			box->rest = repalloc_huge(box->rest, box->max_rest * sizeof(SubjectKey));
		else
			box->rest = MemoryContextAllocHuge(tree->context, box->max_rest * sizeof(SubjectKey));
	}
	memcpy(box->rest + box->n_rest, subjects, n * sizeof(SubjectKey));
	box->n_rest += n;
}

/* Each subject once. */
static void
sort_rest(OpenBox *box)
{
	Size		n = 0;

	if (box->n_rest < 2)
		return;
	subject_key_sort(box->rest, box->n_rest);
	for (Size i = 0; i < box->n_rest; i++)
	{
		if (n == 0 || box->rest[n - 1].high != box->rest[i].high || box->rest[n - 1].low != box->rest[i].low)
			box->rest[n++] = box->rest[i];
	}
	box->n_rest = n;
}

/* Children of the grid, of a box of that level, that are neither areas nor full of areas. */
static int64
children_with_room(AreaTree *tree, int level)
{
	return ladder_children(tree->ladder, level, tree->bucket) - tree->open[level].closed;
}

/* Is the rest of a box an area?  See area.h. */
static bool
rest_is_area(AreaTree *tree, int level)
{
	const OpenBox *box = &tree->open[level];
	int64		fewest;			/* children that such a rest needs to be hidden in */

	if (level == 0)
		return box->subjects >= tree->k;
	if ((int64) box->n_rest < tree->k || tree->k < 2)
		return false;
	fewest = ((int64) box->n_rest + tree->k - 2) / (tree->k - 1);
	return fewest <= box->failed - 1 && fewest <= children_with_room(tree, level) - 2;
}

/*
 * A box is complete.  Its rest is an area if it is large enough, and not so large
 * that it says something of its parts; else it is part of the parent's.  Is it?
 */
static bool
close_with_rest(AreaTree *tree, int level)
{
	OpenBox    *box = &tree->open[level];
	bool		has_parent = level + 1 < tree->n_levels;

	if (level > 0)
		sort_rest(box);
	if (rest_is_area(tree, level))
	{
		add_area(tree, level, level == 0 ? box->subjects : (int64) box->n_rest);
		if (has_parent)
			box[1].closed++;
		return false;
	}
	if (box->n_rest == 0)
	{
		if (has_parent && box->closed > 0 && children_with_room(tree, level) == 0)
			box[1].closed++;
		return false;
	}
	if (has_parent)
		add_to_rest(tree, &box[1], box->rest, box->n_rest);
	return true;
}

/* The same without rests: does it have too few? */
static bool
close_whole(AreaTree *tree, int level)
{
	OpenBox    *box = &tree->open[level];

	if (box->subjects < tree->k)
		return true;
	if (level == 0 || box->failed > 0)
		add_whole(tree, level);
	return false;
}

static void
close_box(AreaTree *tree, int level)
{
	OpenBox    *box = &tree->open[level];
	bool		failed = tree->rule == AREA_REST ? close_with_rest(tree, level) : close_whole(tree, level);

	if (level + 1 < tree->n_levels)
	{
		box[1].subjects += box->subjects;
		box[1].failed += failed;
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
		box->failed = 0;
		box->closed = 0;
		box->n_rest = 0;
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
	if (tree->rule == AREA_REST && tree->open[0].subjects < tree->k)
		add_to_rest(tree, &tree->open[0], &subject, 1);
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
